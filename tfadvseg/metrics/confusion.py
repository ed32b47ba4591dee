"""Confusion matrices, one per image: the only thing that scores are computed from."""

import numpy as np

from tfadvseg.conventions import IGNORED


def confusion(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Counts [N, C, C] (int64; rows: ground truth, columns: prediction) from integer maps [N, H, W].

    Pixels labelled IGNORED are left out, whatever is predicted there. Raises ValueError where the two differ in shape,
    hold fractions, or name a class outside 0..classes-1.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.ndim != 3 or labels.shape != predictions.shape:
        raise ValueError(
            f"Labels and predictions are both [N, H, W]; got {list(labels.shape)} and {list(predictions.shape)}."
        )
    for name, values in (("Labels", labels), ("Predictions", predictions)):
        if not np.issubdtype(values.dtype, np.integer):
            raise ValueError(f"{name} are class numbers of an integer type; got {values.dtype}.")
    counted = labels != IGNORED
    _check_range(labels[counted], classes, "Labels")
    _check_range(predictions, classes, "Predictions")
    matrices = np.zeros((len(labels), classes, classes), np.int64)
    for matrix, label, prediction, kept in zip(matrices, labels, predictions, counted, strict=True):
        pairs = label[kept].astype(np.int64) * classes + prediction[kept]
        matrix[:] = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
    return matrices


def _check_range(values: np.ndarray, classes: int, name: str) -> None:
    wrong = values[(values < 0) | (values >= classes)]
    if wrong.size:
        raise ValueError(f"{name} hold {wrong[0]}, which is none of the {classes} classes (0 to {classes - 1}).")
