"""Does what fools one network fool another? Each perturbation is made once and shown to all (section 6, Table 1).

    python -m pipelines.transfer --models=enet_scenes,fcn8s_scenes --limit=8
    python -m pipelines.transfer --sources=enet_scenes --limit=8 --keep_perturbations
    python -m pipelines.transfer --models=new --perturbations=runs/transfer/2026-01-31_12-00-00

Ends with matrices on stdout and a run folder, as pipelines.robustness does: rows are networks, columns what examples
were made on, a cell is the IoU ratio of the network. The second command keeps the perturbations, and the third shows
them to a network that did not exist then, without attacking anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags as absl_flags

from tfadvseg.engine.kept import kept_sources
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.printed import forms
from tfadvseg.studies.transfer.design import chosen_sources, kept_scenarios, reduced, scenarios

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS


def define_flags(models: str | None = "enet_scenes,fcn8s_scenes") -> None:
    """Those of this pipeline and of scale_transfer. models: the default of --models."""
    flags.define_data()
    flags.define_models(models)
    flags.define_transfer()
    flags.define_attacks()
    flags.define_inside()
    flags.define_region()
    flags.define_draws()
    flags.define_run()
    flags.define_machines()
    flags.define_dry_run()
    flags.define_curves()
    flags.define_output()


def run() -> None:
    run_matrix("transfer", objects.models())


def run_matrix(pipeline: str, models: Sequence[ModelSpec], scales: Sequence[Mapping[str, Any]] = ()) -> None:
    """Every source shown to every model. scales: which of them are one network at several scales."""
    design: dict[str, Any] = {"scales": list(scales), "reduced": reduced(models)}
    unused: list[str] = []
    if FLAGS.perturbations:
        why = "--perturbations holds attacks that were made"
        unused = flags.refuse_given("Attacks", "keep_perturbations", "samples", because=why)
        kept = kept_sources(FLAGS.perturbations, FLAGS.sources)
        made, sources = kept_scenarios(kept, models, FLAGS.seed, FLAGS.trials), [source.name for source in kept]
        design["kept"] = {source.name: source.told for source in kept}
    else:
        attacking.refuse_class_region()
        attacked = chosen_sources(models, FLAGS.sources)
        made = scenarios(attacked, models, attacking.protocol, FLAGS.trials, FLAGS.samples)
        sources = [model.name for model in attacked]
    design |= {"models": [model.name for model in models], "sources": sources, "printed": forms(models)}
    run_experiment(pipeline, "transfer", made, design, keep_perturbations=FLAGS.keep_perturbations, unused=unused)


if __name__ == "__main__":
    define_flags()
    main.start(run)
