"""Random zoom, and the way back: a network sees objects at another size, its answers return to where the labels are.

Dynamic scaling (Gu et al., arXiv 2111.11368) scales image and labels in each step of an attack, since networks differ
in the sizes at which they know objects. Here the input keeps its size, as most networks want it, and labels stay in
place. An image that is shrunk and enlarged again would not do: its objects keep their size and only lose detail.
"""

import dataclasses
import math

import tensorflow as tf

from tfadvseg.transforms.draws import uniform


def zoom(values: tf.Tensor, factors: tf.Tensor, centres: tf.Tensor, mirrored: bool = True) -> tf.Tensor:
    """Values [N, H, W, C] enlarged by factors [N] about the point that stays, centres [N, 2], of height and width.

    Interpolated linearly, over as many pixels as one of the result covers. What lies outside is the mirror image
    (d c b a | a b c d | d c b a), or 0. A factor of 1 changes no bit; a zoom by 1 / factor about the same point leads
    back.
    """
    factors, centres = tf.cast(factors, values.dtype), tf.cast(centres, values.dtype)
    rows = _weights(values.shape[1], factors, centres[:, 0], mirrored)
    columns = _weights(values.shape[2], factors, centres[:, 1], mirrored)
    found = tf.einsum("nvx,nuxc->nuvc", columns, tf.einsum("nuy,nyxc->nuxc", rows, values))
    return tf.ensure_shape(found, values.shape)


@dataclasses.dataclass(frozen=True)
class Rescale:
    """Zoom by a factor drawn log-uniformly from low..high about a point drawn uniformly from the image."""

    low: float = 0.5
    high: float = 1.5

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high < math.inf:
            raise ValueError(f"Factors of a zoom are 0 < low <= high; got low={self.low} and high={self.high}.")

    def __call__(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Images [N, H, W, 3], from images and seeds [N, 2]."""
        return zoom(images, *self.drawn(seeds))

    def back(self, answers: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """What a network says of the images that these seeds made, [N, h, w, C] at any stride, at the places of the
        untouched ones; 0, so without a gradient, where a place was not seen."""
        factors, centres = self.drawn(seeds)
        return zoom(answers, 1 / factors, centres, mirrored=False)

    def drawn(self, seeds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(factors [N], centres [N, 2]) of each image."""
        draws = uniform(seeds, (3,), 0.0, 1.0)
        return self.low * (self.high / self.low) ** draws[:, 0], draws[:, 1:]


rescale = Rescale()


def _weights(size: int, factors: tf.Tensor, centres: tf.Tensor, mirrored: bool) -> tf.Tensor:
    """[N, size, size]: what each place of the result takes of each of the values."""
    factors = factors[:, tf.newaxis]
    places = tf.range(size, dtype=factors.dtype) + 0.5  # middles of pixels
    sources = (places - (1 - factors) * centres[:, tf.newaxis] * size) / factors
    within = tf.logical_or(mirrored, tf.logical_and(sources >= 0, sources <= size))
    folded = size - tf.abs(size - tf.math.floormod(sources, 2 * size))
    reach = tf.minimum(factors, 1)[..., tf.newaxis]
    weights = tf.nn.relu(1 - reach * tf.abs(folded[..., tf.newaxis] - places))
    weights /= tf.reduce_sum(weights, -1, keepdims=True)
    return tf.where(within[..., tf.newaxis], weights, tf.zeros_like(weights))
