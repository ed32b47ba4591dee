"""An attack that sees label maps alone, as of a network behind a web service: stripes whose signs are flipped where
that helps (DLA; Chen et al. 2024)."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost
from tfadvseg.conventions import IGNORED, LEFT_OUT

DRAWN = 5
"""One in so many queries, the first ones, tries a new random pattern."""


@dataclasses.dataclass(frozen=True)
class Dla:
    """Every value + or - epsilon, the same in a whole row or a whole column of the image.

    First patterns are drawn, one of rows and one of columns by turns. Then the signs of the best one are flipped, of
    all lines, of each half of them and so on down to each line, and from the start again; a flip stays where the mean
    IoU of the image with the labels falls. queries: how often an image is shown to the network, all told. in_range,
    whole_levels, ball: as of `GradientAscent`; in the Euclidean ball the pattern is as long as epsilon.
    """

    epsilon: float
    queries: int = 50
    in_range: bool = False
    whole_levels: bool = False
    ball: Ball = LInf()
    black_box: bool = dataclasses.field(default=True, init=False)

    def __post_init__(self) -> None:
        if not self.epsilon >= 0:
            raise ValueError(f"Epsilon must be 0 grey levels or more; got {self.epsilon}.")
        if self.queries < 1:
            raise ValueError(f"An attack by queries needs at least 1; got {self.queries}.")

    @property
    def cost(self) -> Cost:
        """Its queries and nothing else."""
        return Cost(queries=self.queries)

    def __call__(
        self,
        model: Callable[[np.ndarray], np.ndarray],
        images: np.ndarray,
        labels: np.ndarray,
        seeds: np.ndarray | None = None,
        attackable: np.ndarray | None = None,
        start: np.ndarray | None = None,
    ) -> np.ndarray:
        """Perturbation float32 [N, H, W, 3]; the arguments are those of `base.Attack`, or NumPy arrays like them.

        model: images [N, H, W, 3] -> labels [N, H, W], called `queries` times with the whole batch; a client of a
        service will do. What an image becomes depends on its own seed and answers alone. start means nothing here.
        """
        del start
        images, labels = np.asarray(images, np.float32), np.asarray(labels)
        seeds = np.zeros((len(images), 2), np.int32) if seeds is None else np.asarray(seeds)
        drawn = max(1, self.queries // DRAWN)
        best, lowest = [np.ones((1, 1, 1), np.float32)] * len(images), [np.inf] * len(images)
        for query in range(self.queries):
            if query < drawn:
                tried = [stripes(seed, query, *images.shape[1:3]) for seed in seeds]
            else:
                tried = [flipped(signs, query - drawn) for signs in best]
            answer = np.asarray(model(images + self._perturbation(tried, images, attackable)))
            for i, score in enumerate(map(mean_iou, labels, answer)):
                if score < lowest[i]:
                    best[i], lowest[i] = tried[i], score
        return self._perturbation(best, images, attackable)

    def _perturbation(self, signs: list[np.ndarray], images: np.ndarray, attackable: np.ndarray | None) -> np.ndarray:
        """What a query shows of an image's signs is what it would return."""
        spread = np.stack([np.broadcast_to(one, images.shape[1:]) for one in signs])
        spread = spread if attackable is None else spread * np.asarray(attackable, np.float32)
        made = self.epsilon * np.asarray(self.ball.steepest(spread))
        made = np.clip(made, -images, 255 - images) if self.in_range else made
        return np.trunc(made) if self.whole_levels else made


def stripes(seed: np.ndarray, number: int, height: int, width: int) -> np.ndarray:
    """Random signs float32 of each row [H, 1, 1] where the number is even, of each column [1, W, 1] where it is odd."""
    shape = (height, 1, 1) if number % 2 == 0 else (1, width, 1)
    rng = np.random.default_rng([*(int(part) % 2**32 for part in seed), number])
    return (2 * rng.integers(0, 2, shape) - 1).astype(np.float32)


def flipped(signs: np.ndarray, number: int) -> np.ndarray:
    """Signs of L lines with the `number`-th block of them turned round, counted on from the start after the last."""
    every, turned = blocks(signs.size), signs.copy()
    turned.reshape(-1)[every[number % len(every)]] *= -1
    return turned


def blocks(lines: int) -> list[slice]:
    """All lines, then blocks of half as many, and so on to each line by itself."""
    size, found = lines, []
    while size > 1:
        found += [slice(first, first + size) for first in range(0, lines, size)]
        size = -(-size // 2)
    return found + [slice(first, first + 1) for first in range(lines)]


def mean_iou(labels: np.ndarray, answer: np.ndarray) -> float:
    """Of one image's label maps [H, W], over the classes that either has; 0 where no label counts."""
    counted = (labels != IGNORED) & (labels != LEFT_OUT)
    truth, found = labels[counted], answer[counted]
    if not truth.size:
        return 0.0
    classes = 1 + max(truth.max(), found.max())
    hits, labelled, predicted = (np.bincount(one, minlength=classes) for one in (truth[truth == found], truth, found))
    union = labelled + predicted - hits
    return float(np.mean(hits[union > 0] / union[union > 0]))
