"""The identity as the gradient of what has none."""

from collections.abc import Callable

import tensorflow as tf

Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""Images float32 [N, H, W, 3] and seeds int32 [N, 2] -> images [N, H, W, 3]."""


def straight_through(transform: Transform) -> Transform:
    """The transform forwards, the identity backwards (BPDA; Athalye et al. 2018, section 4.1).

    The second argument gets no gradient. Write a SavedModel with `experimental_custom_gradients=True`, or what is
    loaded again has none.
    """

    @tf.custom_gradient
    def apply(images: tf.Tensor, seeds: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, None]]]:
        return transform(images, seeds), lambda upstream: (upstream, None)

    return apply
