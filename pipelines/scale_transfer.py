"""Does what fools a network at one scale of the image fool it at another? (Section 6, Tables 1 and 15 to 20.)

    python -m pipelines.export --models=fcn8s_scenes --scales=0.5,0.75,1 --models_folder=models
    python -m pipelines.scale_transfer --models=models/fcn8s_scenes_multiscale,enet_scenes --limit=8

A model over scales comes in all its forms: each of its scales by itself, and all of them pooled. Models beside it are
shown what is made on these, and attacked themselves. Ends as pipelines.transfer does.
"""

from absl import flags as absl_flags

from tfadvseg.studies.transfer.design import refuse_other_average, scale_groups

from . import transfer
from .common import main, objects

FLAGS = absl_flags.FLAGS


def define_flags() -> None:
    """Those of transfer, and --average."""
    transfer.define_flags(models=None)
    absl_flags.DEFINE_list("average", None, "A model with the weights of the first one over scales that averages them.")


def run() -> None:
    if not FLAGS.models:
        raise ValueError("Name a model over scales in --models; pipelines.export makes one by --scales=0.5,0.75,1.")
    if len(FLAGS.average or []) > 1:
        raise ValueError(f"--average takes one model; got {','.join(FLAGS.average)}.")
    models, average = objects.models(branches=True), objects.models(flag="average")
    place = [model.name for model in models].index(scale_groups(models)[0]["ensemble"])
    for model in average:
        refuse_other_average(models[place], model)
    groups = scale_groups(models, *average)
    transfer.run_matrix("scale_transfer", [*models[: place + 1], *average, *models[place + 1 :]], groups)


if __name__ == "__main__":
    define_flags()
    main.start(run)
