"""Makes a SavedModel of a network and a defense: behind a random input transform, or followed by a dense CRF.

    python -m pipelines.export --models=enet_scenes --transform=jpeg
    python -m pipelines.export --models=enet_scenes --crf=deeplab_vgg --theta_alpha=20

The new SavedModel lies beside the network's and is attacked and served like any other. Behind a transform its signature
`logits` draws anew in each call; `logits_of_seeds` also takes seeds int32 [N, 2], so that a test can repeat it.
"""

import dataclasses

from absl import flags as absl_flags

from pipelines.common import flags, main, objects
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.models.spec import ModelSpec
from tfadvseg.serving.defended import Servable, export_defended, postprocessed, randomised
from tfadvseg.transforms import DEFENSES, named

FLAGS = absl_flags.FLAGS

flags.define_models(default="enet_scenes")
flags.define_crf(default=None)
absl_flags.DEFINE_string(
    "transform",
    None,
    f"Input transform, of {', '.join(DEFENSES)}, or several with +.",
)
absl_flags.DEFINE_string("name", None, "Name of the new SavedModel; by default <model>_<transform> or <model>_crf.")
absl_flags.DEFINE_string("models_folder", "saved_models", "Where the SavedModel goes, as <name>/<version>.")
flags.group("Defense", "transform")
flags.group("Output", "name", "models_folder")


def run() -> None:
    if (FLAGS.transform is None) == (FLAGS.crf is None):
        raise ValueError("Say either --transform=... or --crf=..., one of the two.")
    if FLAGS.name and len(FLAGS.models) > 1:
        raise ValueError(f"--name={FLAGS.name} can name one SavedModel; got {len(FLAGS.models)} --models.")
    for model in objects.models(any_classes=True):
        servable, kind, defense = defended(model)
        name = FLAGS.name or f"{model.name}_{kind}"
        print(f"SavedModel: {export_defended(servable, name, defense, FLAGS.models_folder)}")


def defended(model: ModelSpec) -> tuple[Servable, str, dict]:
    """(the model with its defense, a word for that, what was added)."""
    if FLAGS.transform:
        transform = named(FLAGS.transform)
        return randomised(model.open(), transform), FLAGS.transform, {"transform": FLAGS.transform}
    parameters = objects.crf_parameters()
    opened = dataclasses.replace(model, refinement=DenseCrfRefinement(parameters)).open()
    return postprocessed(opened), "crf", {"crf": dataclasses.asdict(parameters)}


if __name__ == "__main__":
    main.start(run)
