"""What does a dense CRF do to a network's robustness, and does it only mask the gradient? (Figures 9, 10, 19 to 23.)

    python -m pipelines.crf --models=enet_scenes --limit=8
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --sweep
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --tune
    python -m pipelines.crf --models=fcn8s_scenes --crf_models=crf_rnn_scenes

Attacks the network, the network with the CRF, and that by the gradients of the network alone and on scaled logits. With
--sweep also variants of the CRF. With --tune it only looks for parameters that suit the network. With --crf_models it
takes networks that were trained with a CRF in place of one added afterwards. Ends with a table on stdout and a run
folder, as pipelines.robustness does.
"""

import dataclasses
import sys

from absl import flags as absl_flags

from tfadvseg.crf.parameters import CrfParameters
from tfadvseg.engine.initial_gradient import Starts
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.crf.design import (
    objectives,
    pair_scenarios,
    sweep_scenarios,
    trained_together,
    trained_with_crf,
    variants,
    with_crf,
    with_scaled,
)
from tfadvseg.studies.crf.names import CrfDesign, CrfPair
from tfadvseg.studies.crf.tuning import tune
from tfadvseg.studies.printed import forms

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS
SWEPT = {
    "theta_alpha": "theta_alphas",
    "theta_beta": "theta_betas",
    "theta_gamma": "theta_gammas",
    "spatial_weight": "spatial_weights",
}
"""{parameter: the flag with its values in a sweep}."""

flags.define_data()
flags.define_models(default="enet_scenes")
flags.define_attacks()
flags.define_crf()
absl_flags.DEFINE_list(
    "crf_models", [], "SavedModels with a CRF of their own, one for each of --models, in place of a CRF added to these."
)
flags.decides_no_number("crf_models")
absl_flags.DEFINE_float("temperature", 20.0, "What scaled logits are divided by.", lower_bound=1e-3)
absl_flags.DEFINE_bool("tune", False, "Only look for parameters by the IoU on clean images, and end.")
absl_flags.DEFINE_bool("sweep", False, "Also attack variants of the CRF.")
absl_flags.DEFINE_list("theta_alphas", ["1", "5", "20", "80", "160", "240"], "theta_alpha of the variants.")
absl_flags.DEFINE_list("theta_betas", ["1", "2", "3", "5", "10", "20"], "theta_beta of the variants.")
absl_flags.DEFINE_list("theta_gammas", ["1", "3", "5", "10"], "theta_gamma of the variants.")
absl_flags.DEFINE_list("spatial_weights", ["1", "3", "5", "10"], "Spatial weights of the variants.")
flags.define_run()
flags.define_machines()
flags.define_dry_run()
flags.define_curves()
flags.define_output()


def run() -> None:
    parameters = objects.crf_parameters()
    refuse_contradictions()
    models = objects.models(random=False)
    if FLAGS.tune:
        for model in models:
            print_tuned(model, parameters)
        return
    protocol, scaled = with_scaled(attacking.protocol(), FLAGS.temperature)
    scenarios, pairs = [], []
    for model, crf in with_crfs(models, parameters).items():
        changed = variants(crf.name, sweep_values()) if FLAGS.sweep else {}
        pairs.append(CrfPair(model.name, crf.name, changed, trained_together(crf)))
        scenarios += pair_scenarios(model, crf, protocol)
        scenarios += sweep_scenarios(model, parameters, changed, attacking.protocol()) if changed else []
    design = CrfDesign(tuple(pairs), scaled, FLAGS.temperature)
    both = [spec for model, crf in with_crfs(models, parameters).items() for spec in (model, crf)]
    start = Starts(tuple(both), tuple(objectives(FLAGS.temperature).items()), FLAGS.seed)
    written = design.as_json() | {"printed": forms(models)}
    run_experiment("crf", "crf", scenarios, written, start)


def refuse_contradictions() -> None:
    """ValueError where flags exclude each other."""
    parts = [name for name in ("crf", *(field.name for field in dataclasses.fields(CrfParameters)))]
    given = [name for name in parts if FLAGS[name].present]
    if FLAGS.crf_models and (FLAGS.tune or FLAGS.sweep):
        raise ValueError("--tune and --sweep vary a CRF that is added to --models; leave --crf_models out.")
    if FLAGS.crf_models and given:
        raise ValueError(f"--crf_models bring their own CRF; leave --{given[0]} out.")
    if FLAGS.sweep and not FLAGS.tune and "fgsm" not in FLAGS.attacks:
        raise ValueError("--sweep attacks by FGSM; name fgsm in --attacks.")
    if FLAGS.sweep:
        sweep_values()


def with_crfs(models: list[ModelSpec], parameters: CrfParameters) -> dict[ModelSpec, ModelSpec]:
    """{model: the same with a CRF}: one added to it, or the one of --crf_models."""
    if not FLAGS.crf_models:
        return {model: with_crf(model, parameters) for model in models}
    trained = objects.models(flag="crf_models", random=False)
    if len(trained) != len(models):
        raise ValueError(
            f"--crf_models takes one for each of --models; got {len(trained)} for {len(models)}: "
            f"{', '.join(FLAGS.crf_models)} for {', '.join(FLAGS.models)}."
        )
    return {model: trained_with_crf(model, crf) for model, crf in zip(models, trained, strict=True)}


def sweep_values() -> dict[str, list[float]]:
    """{parameter: its values} of the variants."""
    for flag in SWEPT.values():
        if not FLAGS[flag].value:
            raise ValueError(f"--sweep needs values to try; --{flag} is empty.")
    return {name: objects.numbers(flag) for name, flag in SWEPT.items()}


def print_tuned(model: ModelSpec, parameters: CrfParameters) -> None:
    """The parameters that suit a network best, as flags."""
    best, iou, own = tune(
        model.open(), objects.shards(), parameters, say=lambda line: print(line, file=sys.stderr, flush=True)
    )
    values = dataclasses.asdict(best).items()
    chosen = " ".join(f"--{name}={value if isinstance(value, str) else f'{value:g}'}" for name, value in values)
    print(f"{model.name}: IoU {own:.2f} % without and {iou:.2f} % with\n{chosen}")


if __name__ == "__main__":
    main.start(run)
