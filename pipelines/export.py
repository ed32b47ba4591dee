"""Makes a SavedModel of a network behind a random transform, followed by a dense CRF, or over several scales.

    python -m pipelines.export --models=enet_scenes --transform=jpeg
    python -m pipelines.export --models=enet_scenes --crf=deeplab_vgg --theta_alpha=20
    python -m pipelines.export --models=fcn8s_scenes --scales=0.5,0.75,1 --fusion=max

The new SavedModel lies beside the network's and is attacked and served like any other. Behind a transform its signature
`logits` draws anew in each call; `logits_of_seeds` also takes seeds int32 [N, 2], so that a test can repeat it. Over
scales, `logits` is of all together and `logits_50` of 50 per cent; --models=fcn8s_scenes_multiscale@50 names that one.
"""

import dataclasses
import pathlib

from absl import flags as absl_flags

from pipelines.common import flags, main, objects
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.models.spec import ModelSpec
from tfadvseg.serving.defended import Servable, export_defended, postprocessed, randomised
from tfadvseg.serving.multiscale import FUSIONS, export_multiscale
from tfadvseg.transforms import DEFENSES, named

FLAGS = absl_flags.FLAGS

flags.define_models(default="enet_scenes")
flags.define_crf(default=None)
absl_flags.DEFINE_string(
    "transform",
    None,
    f"Input transform, of {', '.join(DEFENSES)}, or several with +.",
)
absl_flags.DEFINE_list(
    "scales", None, "Scales of the image's sides that a network sees with one set of weights, e.g. 0.5,0.75,1."
)
absl_flags.DEFINE_enum("fusion", "max", list(FUSIONS), "What becomes of the scores of --scales at each pixel.")
absl_flags.DEFINE_string(
    "name",
    None,
    "Name of the new SavedModel; by default <model>_<transform>, <model>_crf, <model>_multiscale or, of an average, "
    "<model>_average.",
)
absl_flags.DEFINE_string("models_folder", "saved_models", "Where the SavedModel goes, as <name>/<version>.")
flags.group("Defense", "transform", "scales", "fusion")
flags.group("Output", "name", "models_folder")


def run() -> None:
    if [FLAGS.transform, FLAGS.crf, FLAGS.scales].count(None) != 2:
        raise ValueError("Say --transform=..., --crf=... or --scales=..., one of the three.")
    if FLAGS.name and len(FLAGS.models) > 1:
        raise ValueError(f"--name={FLAGS.name} can name one SavedModel; got {len(FLAGS.models)} --models.")
    for model in objects.models(any_classes=True):
        print(f"SavedModel: {exported(model)}")


def exported(model: ModelSpec) -> pathlib.Path:
    """The folder of the new SavedModel of this one."""
    if FLAGS.scales is not None:
        name = FLAGS.name or f"{model.name}_{'average' if FLAGS.fusion == 'average' else 'multiscale'}"
        return export_multiscale(model, name, objects.numbers("scales"), FLAGS.fusion, FLAGS.models_folder)
    servable, kind, defense = defended(model)
    return export_defended(servable, FLAGS.name or f"{model.name}_{kind}", defense, FLAGS.models_folder)


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
