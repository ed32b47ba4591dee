"""The best of an attack's iterates so far, image by image."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf


class Best(NamedTuple):
    """perturbation: [N, H, W, 3]. merit: [N], -infinity before the first. Both have another first axis
    where they are of several runs."""

    perturbation: tf.Tensor
    merit: tf.Tensor

    @classmethod
    def none(cls, images: tf.Tensor) -> Best:
        """Before there is any."""
        lowest = tf.fill(tf.shape(images)[:1], tf.constant(float("-inf"), images.dtype))
        return cls(tf.zeros_like(images), tf.ensure_shape(lowest, images.shape[:1]))

    def repeated(self, runs: int) -> Best:
        """The same for each of so many runs."""
        return Best(*(tf.repeat(part[tf.newaxis], runs, 0) for part in self))

    def or_better(self, perturbation: tf.Tensor, merit: tf.Tensor) -> Best:
        """The newer one where it is no worse. One whose merit is no number is none."""
        newer = merit >= self.merit
        return Best(
            tf.where(newer[..., tf.newaxis, tf.newaxis, tf.newaxis], perturbation, self.perturbation),
            tf.where(newer, merit, self.merit),
        )
