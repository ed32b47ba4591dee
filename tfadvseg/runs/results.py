"""From per-image confusion matrices to the one tidy table of an experiment."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tfadvseg.metrics.intervals import iou_interval, iou_ratio_interval
from tfadvseg.metrics.scores import iou_ratio, mean_iou, pixel_accuracy

COLUMNS = (
    "dataset", "split", "model", "source_model", "attack", "epsilon", "attack_transform", "inference_transform",
    "trial", "iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high", "pixel_accuracy",
    "mean_confidence", "mean_entropy", "images", "gradients", "seconds",
)  # fmt: skip
"""One row a cell. IoU, ratio and accuracy with their 95 % intervals in per cent, epsilon in grey levels, entropy in
nats; gradients and seconds are what the cell cost beyond the cells before it."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a row is about."""

    dataset: str
    split: str
    model: str
    source_model: str
    attack: str
    epsilon: float
    attack_transform: str = "none"
    inference_transform: str = "none"
    trial: int = 0


def rows(
    cells: Sequence[Cell], matrices: Sequence[np.ndarray], confidence: Sequence[np.ndarray],
    entropy: Sequence[np.ndarray], pixels: np.ndarray, gradients: Sequence[int], seconds: Sequence[float],
) -> list[dict]:  # fmt: skip
    """Rows of results.csv for cells of the same images.

    matrices: [N, C, C] each; confidence, entropy: sums over an image's pixels [N] each; pixels: [N]. A ratio refers to
    the clean images before the same network and input transform in the same trial.
    """
    clean = {_who(cell): found for cell, found in zip(cells, matrices, strict=True) if cell.attack == "clean"}
    found = []
    for i, cell in enumerate(cells):
        total, untouched = matrices[i].sum(0), clean[_who(cell)]
        iou, low, high = float(mean_iou(total)), *iou_interval(matrices[i])
        ratio_low, ratio_high = iou_ratio_interval(matrices[i], untouched)
        found.append(dataclasses.asdict(cell) | {
            "iou": iou, "iou_low": low, "iou_high": high,
            "iou_ratio": float(iou_ratio(iou, mean_iou(untouched.sum(0)))),
            "iou_ratio_low": ratio_low, "iou_ratio_high": ratio_high, "pixel_accuracy": float(pixel_accuracy(total)),
            "mean_confidence": float(confidence[i].sum() / pixels.sum()),
            "mean_entropy": float(entropy[i].sum() / pixels.sum()),
            "images": len(matrices[i]), "gradients": int(gradients[i]), "seconds": round(float(seconds[i]), 3),
        })  # fmt: skip
    return found


def _who(cell: Cell) -> tuple[str, str, int]:
    return cell.model, cell.inference_transform, cell.trial


def table(found: Sequence[dict]) -> pd.DataFrame:
    """The rows as a frame with the columns of results.csv."""
    return pd.DataFrame(found, columns=list(COLUMNS))
