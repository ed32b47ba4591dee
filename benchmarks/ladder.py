"""Whether SEA may begin where it ended at twice the epsilon: the descending ladder, beside SEA at each epsilon anew.

    python -m benchmarks.ladder enet_camvid fcn8s_resnet101_camvid --dataset camvid --data_dir /data/camvid [--images 4]
        [--part mce] [--steps 100] [--epsilons 8 4 2 1]

Runs one part of `sea` and the same part of `ladder`, which take as many gradients at every epsilon. Prints for each
network and epsilon the pixel accuracy and mean IoU in per cent that either leaves of the images, and on how many of
them the ladder leaves fewer, as many and more pixels right.
"""

import argparse

import numpy as np
import tensorflow as tf

from pipelines.common.objects import model_path
from tfadvseg import data
from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.plan import plan
from tfadvseg.data.batches import batches
from tfadvseg.engine.arithmetic import THREADS, set_threads
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy
from tfadvseg.models import load
from tfadvseg.seeds import image_seeds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--dataset", default="scenes")
    parser.add_argument("--data_dir")
    parser.add_argument("--images", type=int, default=4)
    parser.add_argument("--part", choices=("mce", "js"), default="mce")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--epsilons", type=float, nargs="+", default=[8, 4, 2, 1])
    options = parser.parse_args()
    set_threads(THREADS)
    dataset = data.named(options.dataset)
    split = dataset.split(options.data_dir, "validation").chosen(limit=options.images)
    print(f"{'network':24} {'epsilon':>7} {'plain: accuracy, IoU':>22} {'ladder: accuracy, IoU':>22}   ladder has less")
    for name in options.models:
        model = load(model_path(name))
        plans = [
            plan([ATTACKS[f"{kind}_{options.part}"](e, steps=options.steps) for e in options.epsilons])
            for kind in ("sea", "ladder")
        ]
        found = [measure(model, batch, plans, dataset.label_space.classes) for batch in batches(split, model.frame, 1)]
        for k, epsilon in enumerate(options.epsilons):
            plain, ladder = (
                Counts(*map(np.concatenate, zip(*(one[which][k] for one in found), strict=True))) for which in (0, 1)
            )
            left = [f"{pixel_accuracy(c.total()):9.2f} {mean_iou(c.total()):8.2f}" for c in (plain, ladder)]
            right = np.sign(ladder.hits.sum(1) - plain.hits.sum(1))
            fewer = ", ".join(
                f"{(right == sign).sum()} {how}" for sign, how in ((-1, "yes"), (0, "as many"), (1, "no"))
            )
            print(f"{name:24} {epsilon:7g} {left[0]:>22} {left[1]:>22}   {fewer}", flush=True)


def measure(model, batch, plans, classes):
    """For each plan of attacks the counts that each of them leaves; groups are traced once."""
    images, labels = batch["image"], batch["labels"]
    seeds = tf.constant(image_seeds(0, [name.decode() for name in batch["id"].numpy()]))
    predict = tf.function(lambda x: tf.argmax(model(x), -1))

    def left(places):
        of_each = {
            position: class_counts(labels.numpy(), predict(images + perturbation).numpy(), classes)
            for group, positions in places
            for position, perturbation in zip(positions, group(model, images, labels, seeds, None), strict=True)
        }
        return [of_each[position] for position in range(len(of_each))]

    return [left(places) for places in plans]


if __name__ == "__main__":
    main()
