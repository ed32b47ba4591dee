"""Does a model mask its gradient, so that it only looks robust? A verdict in words for each.

    python -m pipelines.masking --models=enet_scenes,fcn8s_scenes --limit=8
    python -m pipelines.masking --models=my_network --dataset=camvid --data_dir=/data/camvid

Attacks each model by Iterative FGSM at one epsilon, and doubts what that finds: by more steps, restarts and samples, on
scaled logits and another loss, at an epsilon that nothing withstands, by noise, and by what was made on the other
models. Ends with the verdicts on stdout and a run folder, as pipelines.robustness does.
"""

import sys
from collections.abc import Sequence

from absl import flags as absl_flags

from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.engine.initial_gradient import Starts
from tfadvseg.engine.scenario import Scenario
from tfadvseg.registry import choose
from tfadvseg.studies.masking.design import scenarios

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS

flags.define_data()
flags.define_models()
flags.define_attacks(default=("ifgsm",), epsilons=(8.0,))
absl_flags.DEFINE_float("large_epsilon", 64.0, "Grey levels that no honest network withstands.", 0.0, 255.0)
absl_flags.DEFINE_float("temperature", 20.0, "What scaled logits are divided by.", lower_bound=1e-3)
absl_flags.DEFINE_list("black_box", ["dla"], "Attacks that see label maps alone, by --queries, to be tried, too.")
flags.define_draws(samples=4)
flags.define_run()
flags.define_machines()
flags.define_dry_run()
flags.define_curves()
flags.define_output()


def run() -> None:
    models = objects.models()
    asking = {name: FLAGS.queries for name, one in ATTACKS.items() if one.has(Trait.QUERIES)}
    black_box = {name: choose(asking, name, "black box") for name in FLAGS.black_box}
    made, battery = scenarios(
        models, attacking.protocol, FLAGS.large_epsilon, FLAGS.temperature, black_box, FLAGS.trials, FLAGS.samples
    )
    announce(made, len(objects.split()))
    start = Starts(tuple(models), (("away", away_from_labels),), FLAGS.seed)
    run_experiment("masking", "masking", made, battery.as_json(), start)


def announce(made: Sequence[Scenario], images: int) -> None:
    """What it will cost, before it begins."""
    work = {scenario.name: scenario.work for scenario in made}
    each = ", ".join(f"{name} {gradients:,.0f}" for name, gradients in work.items())
    total = images * sum(work.values())
    print(
        f"Gradients an image, a forward pass counted as a half: {each}; {total:,.0f} for {images} images.",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main.start(run)
