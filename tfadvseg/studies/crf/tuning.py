"""Choosing a CRF's parameters on clean images, one at a time."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.crf.parameters import CrfParameters
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.engine.jobs import Shards
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.models.saved_model import LoadedModel

VALUES = {
    "bilateral_weight": (1, 2, 4, 8),
    "spatial_weight": (0.5, 1, 3, 6),
    "theta_beta": (3, 5, 10, 20),
    "theta_alpha": (5, 20, 60, 160),
    "theta_gamma": (1, 2, 3),
}
"""Tried in this order."""


def tune(
    model: LoadedModel,
    shards: Shards,
    start: CrfParameters,
    values: Mapping[str, Sequence[float]] = VALUES,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[CrfParameters, float, float]:
    """(best parameters, their IoU, the network's own IoU) on the clean images, by coordinate search from `start`.

    Each parameter in turn takes the best of its values, the others as they are; again, until a round changes nothing.
    """
    batches = [(b["image"], model(b["image"]), b["labels"].numpy()) for b in shards.readable(model.spec)]
    known: dict[CrfParameters, float] = {}

    def score(refine: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]) -> float:
        found = []
        for images, logits, labels in batches:
            predictions = tf.argmax(refine(logits, images), -1, tf.int32)
            found.append(class_counts(labels, predictions.numpy(), model.classes))
        return float(mean_iou(Counts(*map(np.concatenate, zip(*found, strict=True))).total()))

    def score_of(parameters: CrfParameters) -> float:
        return score(tf.function(DenseCrfRefinement(parameters)))

    own, best = score(lambda logits, images: logits), start
    known[best] = score_of(best)
    say(f"{'IoU':>6}  without CRF {own:.2f}, at first {known[best]:.2f}")
    while True:
        before = best
        for name, value in [(name, value) for name, tried in values.items() for value in tried]:
            move: dict[str, Any] = {name: value}
            candidate = dataclasses.replace(best, **move)
            if candidate not in known:
                known[candidate] = score_of(candidate)
                say(f"{known[candidate]:6.2f}  {name}={value:g}{' *' if known[candidate] > known[best] else ''}")
            best = max(best, candidate, key=known.__getitem__)
        if best == before:
            return best, known[best], own
