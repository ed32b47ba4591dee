"""How well one number tells attacked images from clean ones: the area under the ROC curve (AUROC)."""

import numpy as np
from numpy.typing import NDArray


def auroc(attacked: np.ndarray, clean: np.ndarray, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """The share [R] of pairs of an attacked and a clean image in which the attacked one has the larger score.

    Equal scores count a half, so 0.5 is chance, and below it attacked images have the smaller scores: a detector that
    knows so is right in the rest. attacked, clean: scores [N] of the same images. weights: how often [R, N] each image
    counts on either side, as in resamples; by default once, [1, N]. A rank statistic (Mann and Whitney 1947): the
    clean scores are sorted once, and what lies below each attacked one is a cumulative sum of weights.
    """
    weights = np.ones((1, len(clean))) if weights is None else weights
    order = np.argsort(clean, kind="stable")
    up_to = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights[:, order], 1)], 1)
    below, no_larger = (up_to[:, np.searchsorted(clean[order], attacked, side)] for side in ("left", "right"))
    return (weights * (below + no_larger)).sum(1) / (2 * weights.sum(1) ** 2)
