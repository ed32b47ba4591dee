"""What an attack by queries did to an endpoint: the rows of served.csv.

Units hold, of K images shown (the clean one first): counts [K, 3, C] of `metrics.counts`, by the endpoint; changed [K],
pixels with another served label than the clean image, of `pixels`; linf, l2 [K] of what was added.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import iou_interval
from tfadvseg.metrics.scores import iou_ratio, mean_iou
from tfadvseg.runs.results import CLEAN
from tfadvseg.runs.verified import Units

COLUMNS = (
    "attack",
    "epsilon",
    "queries",
    "images",
    "iou",
    "iou_low",
    "iou_high",
    "iou_ratio",
    "changed",
    "linf",
    "l2",
)
"""One row an image shown. queries: that the attack asked about an image. IoU of the served label maps with its 95 %
interval, ratio to that of the clean images and changed pixels in per cent; linf, l2: the largest change of any value,
and the mean length of all of an image, in grey levels."""


def rows(units: Units, attacks: Sequence[tuple[str, float, int]], groups: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of served.csv. attacks: (name, epsilon, queries), without the clean images. groups: of the photographs."""
    found, each = [], list(units.values())
    pixels = sum(int(unit["pixels"]) for unit in each)
    clean = float("nan")
    for k, (name, epsilon, queries) in enumerate([(CLEAN, 0.0, 0), *attacks]):
        whole = np.stack([unit["counts"][k] for unit in each])
        counts = Counts(*(whole[:, part] for part in range(3)))
        iou, (low, high) = float(mean_iou(counts.total())), iou_interval(counts, groups)
        clean = iou if k == 0 else clean
        found.append(
            {
                "attack": name,
                "epsilon": epsilon,
                "queries": queries,
                "images": len(each),
                "iou": iou,
                "iou_low": low,
                "iou_high": high,
                "iou_ratio": float(iou_ratio(iou, clean)),
                "changed": 100 * sum(int(unit["changed"][k]) for unit in each) / pixels,
                "linf": int(max(unit["linf"][k] for unit in each)),
                "l2": float(np.mean([unit["l2"][k] for unit in each])),
            }
        )
    return found
