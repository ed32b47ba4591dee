"""FSPGD (arXiv 2502.01262): ascent away from the features of the clean image in place of its labels, since networks
have features in common."""

import dataclasses

import tensorflow as tf

from tfadvseg.attacks.balls import Ball, LInf
from tfadvseg.attacks.base import Cost, Model
from tfadvseg.attacks.expectation import ExpectedGradient, through
from tfadvseg.attacks.gradient_ascent import LAST, GradientAscent
from tfadvseg.attacks.gradients import Estimator, plain_gradient
from tfadvseg.attacks.modern import ALPHA, STEPS
from tfadvseg.attacks.objectives import Objective, Progress, given

ALIKE = 0.5
"""Cosine, of 60 degrees, above which two places of the clean image count as alike."""

MOST_PLACES = 4096
"""Whose pairs are looked at: 64 MiB an image. Of more every second, third, ... one in the order of reading is taken."""


def apart(both: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """-lambda mean_i cos(f_i, f'_i) - (1 - lambda) mean_ij cos(f'_i, f'_j) / 2, lambda the progress, [N, 1, 1].

    both: features [N, h, w, 2 C] of the attacked image, f', and then of the clean one, f. The second mean is over the
    pairs of places, i other than j, that are alike in the clean image; 0 where there are none. Of the labels [N, 1, 1]
    nothing is needed.
    """
    attacked, clean = _directions(both)
    step = -(-tf.shape(clean)[1] // MOST_PLACES)
    within = _of_alike(attacked[:, ::step], clean[:, ::step])
    share = tf.cast(progress, both.dtype)
    return share * from_clean(both, labels) - ((1 - share) * within / 2)[:, tf.newaxis, tf.newaxis]


def from_clean(both: tf.Tensor, labels: tf.Tensor, progress: Progress = 0.0) -> tf.Tensor:
    """The first half of it, -mean_i cos(f_i, f'_i) [N, 1, 1]: how far the attack has got."""
    del labels, progress
    attacked, clean = _directions(both)
    return -tf.reduce_mean(tf.reduce_sum(attacked * clean, -1), 1)[:, tf.newaxis, tf.newaxis]


FROM_CLEAN = Objective(given, 1.0, apart, timed=True, watched=from_clean)


@dataclasses.dataclass(frozen=True)
class Fspgd:
    """Gradient ascent on features; the settings are those of `GradientAscent`.

    Its model has `features` beside its logits, a function from images [N, H, W, 3] to [N, h, w, C], such as an open
    SavedModel. keep: the last iterate or the best one by "loss", the distance from the clean features.
    """

    epsilon: float
    alpha: float = ALPHA
    steps: int = STEPS
    gradient: Estimator = plain_gradient
    in_range: bool = False
    whole_levels: bool = False
    ball: Ball = LInf()
    start: str = "uniform"
    restarts: int = 1
    keep: str = LAST
    black_box: bool = dataclasses.field(default=False, init=False)

    def __post_init__(self) -> None:
        if self.keep not in (LAST, "loss"):
            raise ValueError(
                f"FSPGD sees features and no labels, so it keeps the {LAST} iterate or the best one by loss; got "
                f"{self.keep}."
            )
        if isinstance(self.gradient, ExpectedGradient) and self.gradient.transform is None:
            raise ValueError("FSPGD moves features, which a network that draws at random shows none of; leave it out.")
        _ = self._ascent  # which refuses what no ascent takes

    @property
    def cost(self) -> Cost:
        """That of the ascent, and a look at the clean image."""
        own = self._ascent.cost
        return own._replace(forwards=own.forwards + 1)

    @tf.function
    def __call__(
        self,
        model: Model,
        images: tf.Tensor,
        labels: tf.Tensor,
        seeds: tf.Tensor | None = None,
        attackable: tf.Tensor | None = None,
        start: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Perturbation [N, H, W, 3]; the arguments are those of `base.Attack`, but for the model's features."""
        features = getattr(model, "features", None)
        if features is None:
            raise ValueError(
                "FSPGD moves features, and this model shows none, as one that draws at random; take another attack."
            )
        clean, ascent = features(images), self._ascent
        if isinstance(self.gradient, ExpectedGradient) and self.gradient.transform is not None:
            features = through(self.gradient.transform, features)  # and not the clean ones beside them
            ascent = dataclasses.replace(ascent, gradient=dataclasses.replace(self.gradient, transform=None))

        def both(*moved: tf.Tensor) -> tf.Tensor:
            """Features of a whole multiple of the batch, and the clean ones beside them, in place of logits."""
            found = features(*moved)
            copies = tf.shape(found)[0] // tf.shape(clean)[0]
            return tf.concat([found, tf.tile(clean, [copies, 1, 1, 1])], -1)

        return ascent(both, images, tf.zeros_like(labels[:, :1, :1]), seeds, attackable, start)

    @property
    def _ascent(self) -> GradientAscent:
        return GradientAscent(
            self.epsilon,
            self.alpha,
            self.steps,
            FROM_CLEAN,
            self.gradient,
            self.in_range,
            self.whole_levels,
            ball=self.ball,
            start=self.start,
            restarts=self.restarts,
            keep=self.keep,
        )


def _directions(both: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Features [N, h, w, 2 C] -> those of either image as vectors of length 1, [N, h w, C]; of zeros none."""
    channels = both.shape[-1] // 2
    flat = tf.reshape(both, [tf.shape(both)[0], -1, 2 * channels])
    return tf.math.l2_normalize(flat[..., :channels], -1), tf.math.l2_normalize(flat[..., channels:], -1)


def _of_alike(attacked: tf.Tensor, clean: tf.Tensor) -> tf.Tensor:
    """Mean cosine [N] of the attacked directions [N, P, C] over the pairs that the clean ones make."""
    pairs = tf.cast(tf.matmul(clean, clean, transpose_b=True) > ALIKE, clean.dtype)
    pairs = tf.linalg.set_diag(pairs, tf.zeros_like(pairs[..., 0]))
    total = tf.reduce_sum(attacked * tf.matmul(pairs, attacked), (1, 2))  # the pairs' own cosines are never held
    return tf.math.divide_no_nan(total, tf.reduce_sum(pairs, (1, 2)))
