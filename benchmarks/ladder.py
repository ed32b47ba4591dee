"""Whether SEA may begin where it ended at twice the epsilon: the descending ladder, beside SEA at each epsilon anew.

    python -m benchmarks.ladder enet_camvid fcn8s_resnet101_camvid --dataset camvid --data_dir /data/camvid [--images 4]
        [--steps 100] [--epsilons 8 4 2 1]

The ladder runs plain SEA (its part on masked cross-entropy) at the largest epsilon. At each further one, half the one
before, its stages at 1.5 and 1 epsilon begin where the run at 2 epsilon was best, in place of a stage of its own there.
Both take the same number of gradients at every epsilon: what the ladder saves goes into its other stages. Prints for
each network and epsilon the pixel accuracy and mean IoU in per cent that either leaves of the images, and on how many
of them the ladder leaves fewer, as many and more pixels right.
"""

import argparse
import dataclasses

import numpy as np
import tensorflow as tf

from pipelines.common.objects import model_path
from tfadvseg import data
from tfadvseg.attacks.apgd import SEA_STAGES
from tfadvseg.attacks.modern import sea_mce
from tfadvseg.data.batches import batches
from tfadvseg.engine.arithmetic import THREADS, set_threads
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy
from tfadvseg.models import load
from tfadvseg.seeds import image_seeds

FIRST, *LATER = SEA_STAGES
LADDER = tuple((radius, share / (1 - FIRST[1])) for radius, share in LATER)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--dataset", default="scenes")
    parser.add_argument("--data_dir")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--epsilons", type=float, nargs="+", default=[8, 4, 2, 1])
    options = parser.parse_args()
    set_threads(THREADS)
    dataset = data.named(options.dataset)
    split = dataset.split(options.data_dir, "validation").chosen(limit=options.images)
    print(f"{'network':24} {'epsilon':>7} {'plain: accuracy, IoU':>22} {'ladder: accuracy, IoU':>22}   ladder has less")
    for name in options.models:
        model = load(model_path(name))
        attacks = [sea_mce(epsilon, options.steps) for epsilon in options.epsilons]
        rungs = [attacks[0], *(dataclasses.replace(attack, stages=LADDER) for attack in attacks[1:])]
        found = [
            measure(model, batch, attacks, rungs, dataset.label_space.classes)
            for batch in batches(split, model.frame, 1)
        ]
        for k, epsilon in enumerate(options.epsilons):
            plain, ladder = (
                Counts(*map(np.concatenate, zip(*(one[k][which] for one in found), strict=True))) for which in (0, 1)
            )
            left = [f"{pixel_accuracy(c.total()):9.2f} {mean_iou(c.total()):8.2f}" for c in (plain, ladder)]
            right = np.sign(ladder.hits.sum(1) - plain.hits.sum(1))
            fewer = ", ".join(
                f"{(right == sign).sum()} {how}" for sign, how in ((-1, "yes"), (0, "as many"), (1, "no"))
            )
            print(f"{name:24} {epsilon:7g} {left[0]:>22} {left[1]:>22}   {fewer}", flush=True)


def measure(model, batch, attacks, rungs, classes):
    """[(counts under plain SEA, under the ladder)], one a epsilon; attacks and rungs: of each, traced once."""
    images, labels = batch["image"], batch["labels"]
    seeds = tf.constant(image_seeds(0, [name.decode() for name in batch["id"].numpy()]))
    predict = tf.function(lambda x: tf.argmax(model(x), -1))
    found, rung = [], None
    for attack, ladder in zip(attacks, rungs, strict=True):
        plain = attack(model, images, labels, seeds)
        rung = plain if rung is None else ladder(model, images, labels, seeds, None, rung)
        shown = [predict(images + perturbation).numpy() for perturbation in (plain, rung)]
        found.append([class_counts(labels.numpy(), one, classes) for one in shown])
    return found


if __name__ == "__main__":
    main()
