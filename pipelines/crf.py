"""What does a dense CRF do to a network's robustness, and does it only mask the gradient? (Figures 9, 10, 19 to 23.)

    python -m pipelines.crf --models=enet_scenes --limit=8
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --split=val --sweep
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --split=train --tune
    python -m pipelines.crf --models=fcn8s_scenes --crf_models=crf_rnn_scenes

Attacks the network, the network with the CRF, and that by the gradients of the network alone and on scaled logits. With
--sweep also variants of the CRF. With --tune it only looks for parameters that suit the network. With --crf_models it
takes networks that were trained with a CRF in place of one added afterwards. Ends with a table on stdout and a run
folder, as pipelines.robustness does.
"""

import dataclasses
import json
import sys
from collections.abc import Sequence

from absl import flags

from pipelines import setting
from pipelines.conduct import conclude, conduct, load_shards, write_claims
from pipelines.setting import FLAGS
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.crf.parameters import CrfParameters
from tfadvseg.experiments.crf import (
    measure_starts,
    pair,
    sweep,
    trained_with_crf,
    variants,
    with_crf,
    with_scaled,
)
from tfadvseg.experiments.crf_claims import Pair, pair_claims, sweep_claims
from tfadvseg.experiments.crf_tuning import tune
from tfadvseg.experiments.evidence import Evidence
from tfadvseg.experiments.masking import masking
from tfadvseg.models.refined import Network
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.reports.crf import moved

setting.define_data()
setting.define_models(default="enet_scenes")
setting.define_attacks(ATTACKS, EPSILONS)
setting.define_crf()
flags.DEFINE_list(
    "crf_models", [], "SavedModels with a CRF of their own, one for each of --models, in place of a CRF added to these."
)
flags.DEFINE_float("temperature", 20.0, "What scaled logits are divided by.", lower_bound=1e-3)
flags.DEFINE_bool("tune", False, "Only look for parameters by the IoU on clean images, and end.")
flags.DEFINE_bool("sweep", False, "Also attack variants of the CRF.")
flags.DEFINE_list("theta_alphas", ["1", "5", "20", "80", "160", "240"], "theta_alpha of the variants.")
flags.DEFINE_list("theta_betas", ["1", "2", "3", "5", "10", "20"], "theta_beta of the variants.")
flags.DEFINE_list("theta_gammas", ["1", "3", "5", "10"], "theta_gamma of the variants.")
flags.DEFINE_list("spatial_weights", ["1", "3", "5", "10"], "Spatial weights of the variants.")
setting.define_run()
setting.define_output()


def main() -> None:
    parameters, protocol = setting.crf_parameters(), setting.protocol(ATTACKS)
    models = setting.models()
    if FLAGS.crf_models and (FLAGS.tune or FLAGS.sweep):
        raise ValueError("--tune and --sweep vary a CRF that is added to --models; leave --crf_models out.")
    parts = [name for name in ("crf", *dataclasses.asdict(parameters)) if FLAGS[name].present]
    if FLAGS.crf_models and parts:
        raise ValueError(f"--crf_models bring their own CRF; leave --{parts[0]} out.")
    if FLAGS.tune:
        for model in models:
            print_tuned(model, parameters)
        return
    named = variants(parameters, sweep_values()) if FLAGS.sweep else {}
    if named and "fgsm" not in FLAGS.attacks:
        raise ValueError("--sweep attacks by FGSM; name fgsm in --attacks.")
    encounters, networks = [], with_crfs(models, parameters)
    for model, crf in networks.items():
        encounters += pair(model, crf, with_scaled(protocol, FLAGS.temperature))
        encounters += sweep(model, named, protocol)
    folder, found, results = conduct("crf", encounters)

    evidence, judged, verdicts = Evidence(found), [], {}
    epsilons = sorted(setting.numbers("epsilons"))
    for model, crf in networks.items():
        both = Pair(evidence, model.name, crf.name, list(results.attack.unique()), epsilons)
        starts = measure_starts([model, crf], load_shards(), FLAGS.temperature, folder)
        claims = pair_claims(both, starts)
        if named:
            claims += sweep_claims(both, {crf.name + name: moved(name) for name in named})
        judged += [{"model": model.name, "attack": ""} | dataclasses.asdict(claim) for claim in claims]
        verdicts[model.name] = masking(both, starts)
    (folder.path / "masking.json").write_text(json.dumps(verdicts, indent=1))
    write_claims(folder, judged)
    conclude(folder, found, results)
    for name, verdict in verdicts.items():
        print(f"\n{name}: {verdict}")


def with_crfs(models: Sequence[LoadedModel], parameters: CrfParameters) -> dict[LoadedModel, Network]:
    """{model: the same with a CRF}: one added to it, or the one of --crf_models."""
    if not FLAGS.crf_models:
        return {model: with_crf(model, parameters) for model in models}
    trained = setting.models(flag="crf_models")
    if len(trained) != len(models):
        raise ValueError(
            f"--crf_models takes one for each of --models; got {len(trained)} for {len(models)}: "
            f"{', '.join(FLAGS.crf_models)} for {', '.join(FLAGS.models)}."
        )
    return {model: trained_with_crf(model, crf) for model, crf in zip(models, trained, strict=True)}


def sweep_values() -> dict[str, list[float]]:
    """{parameter: its values} of the variants."""
    names = {"theta_alpha": "theta_alphas", "theta_beta": "theta_betas", "theta_gamma": "theta_gammas",
             "spatial_weight": "spatial_weights"}  # fmt: skip
    for flag in names.values():
        if not FLAGS[flag].value:
            raise ValueError(f"--sweep needs values to try; --{flag} is empty.")
    return {name: setting.numbers(flag) for name, flag in names.items()}


def print_tuned(model, parameters) -> None:
    """The parameters that suit a network best, as flags."""
    best, iou, own = tune(model, load_shards(), parameters, say=lambda line: print(line, file=sys.stderr, flush=True))
    values = dataclasses.asdict(best).items()
    chosen = " ".join(f"--{name}={value if isinstance(value, str) else f'{value:g}'}" for name, value in values)
    print(f"{model.name}: IoU {own:.2f} % without and {iou:.2f} % with\n{chosen}")


if __name__ == "__main__":
    setting.start(main)
