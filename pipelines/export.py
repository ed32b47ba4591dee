"""Makes a SavedModel of a network and a defense: behind a random input transform, or followed by a dense CRF.

    python -m pipelines.export --models=enet_scenes --transform=jpeg
    python -m pipelines.export --models=enet_scenes --crf=deeplab_vgg --theta_alpha=20

The new SavedModel lies beside the network's and is attacked and served like any other. Behind a transform its signature
`logits` draws anew in each call; `logits_of_seeds` also takes seeds int32 [N, 2], so that a test can repeat it.
"""

import dataclasses

from absl import flags

from pipelines import setting
from pipelines.setting import FLAGS
from tfadvseg.transforms import TRANSFORMS

setting.define_models(default="enet_scenes")
setting.define_crf(default=None)
flags.DEFINE_enum("transform", None, [name for name in TRANSFORMS if name != "none"], "Input transform.")
flags.DEFINE_string("name", None, "Name of the new SavedModel; by default <model>_<transform> or <model>_crf.")
flags.DEFINE_string("models_folder", "saved_models", "Where the SavedModel goes, as <name>/<version>.")


def main() -> None:
    from tfadvseg.serving.defended import export_around

    if (FLAGS.transform is None) == (FLAGS.crf is None):
        raise ValueError("Say either --transform=... or --crf=..., one of the two.")
    if FLAGS.name and len(FLAGS.models) > 1:
        raise ValueError(f"--name={FLAGS.name} can name one SavedModel; got {len(FLAGS.models)} --models.")
    for model in setting.models(any_classes=True):
        module, kind, what = defended(model)
        name = FLAGS.name or f"{model.name}_{kind}"
        print(f"SavedModel: {export_around(module, name, what, FLAGS.models_folder)}")


def defended(model):
    """(module, a word for it, what was added)."""
    from tfadvseg.crf.refinement import DenseCrfRefinement
    from tfadvseg.serving.defended import Behind, Refined

    if FLAGS.transform:
        return Behind(model, TRANSFORMS[FLAGS.transform]), FLAGS.transform, {"transform": FLAGS.transform}
    parameters = setting.crf_parameters()
    return Refined(model, DenseCrfRefinement(parameters)), "crf", {"crf": dataclasses.asdict(parameters)}


if __name__ == "__main__":
    setting.start(main)
