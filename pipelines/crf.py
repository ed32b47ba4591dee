"""What does a dense CRF do to a network's robustness, and does it only mask the gradient? (Figures 9, 10, 19 to 23.)

    python -m pipelines.crf --models=enet_scenes --limit=8
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --split=val --sweep
    python -m pipelines.crf --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --split=train --tune

Attacks the network, the network with the CRF, and that by the gradients of the network alone and on scaled logits. With
--sweep also variants of the CRF. With --tune it only looks for parameters that suit the network. Ends with a table on
stdout and a run folder, as pipelines.robustness does.
"""

import dataclasses
import json
import sys

from absl import flags

from pipelines import setting
from pipelines.conduct import conclude, conduct, load_shards, write_claims
from pipelines.setting import FLAGS
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.experiments.crf import measure_starts, pair, scaled_attacks, sweep, variants, with_crf
from tfadvseg.experiments.crf_claims import Pair, masking, pair_claims, sweep_claims
from tfadvseg.experiments.crf_tuning import tune
from tfadvseg.experiments.evidence import Evidence
from tfadvseg.reports.crf import moved

setting.define_data()
setting.define_models(default="enet_scenes")
setting.define_attacks(ATTACKS, EPSILONS)
setting.define_crf()
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
    if FLAGS.tune:
        for model in models:
            print_tuned(model, parameters)
        return
    fgsm = dataclasses.replace(protocol, attacks=tuple(a for a in protocol.attacks if a[0] == "fgsm"))
    if FLAGS.sweep and not fgsm.attacks:
        raise ValueError("--sweep attacks by FGSM; name fgsm in --attacks.")
    named = variants(parameters, sweep_values()) if FLAGS.sweep else {}
    encounters, networks = [], {}
    for model in models:
        networks[model] = with_crf(model, parameters)
        encounters += pair(model, networks[model], protocol, scaled_attacks(protocol, FLAGS.temperature))
        encounters += sweep(model, named, fgsm)
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
        print(f"{name}: {verdict}")


def sweep_values() -> dict[str, list[float]]:
    """{parameter: its values} of the variants."""
    names = {"theta_alpha": "theta_alphas", "theta_beta": "theta_betas", "theta_gamma": "theta_gammas",
             "spatial_weight": "spatial_weights"}  # fmt: skip
    return {name: setting.numbers(flag) for name, flag in names.items()}


def print_tuned(model, parameters) -> None:
    """The parameters that suit a network best, as flags."""
    best, iou, own = tune(model, load_shards(), parameters, say=lambda line: print(line, file=sys.stderr, flush=True))
    values = dataclasses.asdict(best)
    values.pop("normalisation")
    chosen = " ".join(f"--{name}={value:g}" for name, value in values.items())
    print(f"{model.name}: IoU {own:.2f} % without and {iou:.2f} % with\n{chosen}")


if __name__ == "__main__":
    setting.start(main)
