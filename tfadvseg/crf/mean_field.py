"""Mean-field inference of the fully connected CRF (Kraehenbuehl and Koltun 2011), as in CRF-RNN (Zheng et al. 2015).

The energy of a labelling x is the sum of psi_i(x_i) over pixels and of mu(x_i, x_j) (ws ks_ij + wb kb_ij) over pairs of
pixels, with a spatial and a bilateral Gaussian kernel. Mean field approximates its Gibbs distribution by independent
marginals, which it improves all at once: every pixel receives what the kernels gather of all others' marginals.
"""

from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

from tfadvseg.crf.filtering import Filter, bilateral_filter, linear, normalised, spatial_filter
from tfadvseg.crf.parameters import CrfParameters

Weight: TypeAlias = float | tf.Tensor
"""A number or scalar, for that multiple of the identity, or a matrix [C, C] with a row for each class that receives."""


def mean_field(
    logits: tf.Tensor,
    images: tf.Tensor,
    parameters: CrfParameters,
    spatial_weight: Weight | None = None,
    bilateral_weight: Weight | None = None,
    compatibility: Weight = -1.0,
    image_gradient: bool = False,
) -> tf.Tensor:
    """Logits [N, H, W, C], whose softmax are the marginals, from the unary logits U = -psi [N, H, W, C].

    Q = U at first. An iteration is q = softmax(Q), Q = U - M (Ws s + Wb b), where s and b are q filtered by the spatial
    and the bilateral kernel of the images [N, H, W, 3]. Weights that are not given are those of the parameters. The
    compatibility M = -1 is Potts' model: its 1 - identity differs by the same amount for all classes of a pixel.

    Gradients go to the logits and to weights that are tensors. None goes to the images, whose kernels are constants to
    CRF-RNN, too. With image_gradient it goes there through the lattice's barycentric weights, at the price of much
    memory: the derivative of what is computed, which on a small crop had a cosine of 0.65 to that of full kernels.

    Call it within a tf.function, where the sparse products use several cores. Raises ValueError for shapes that do not
    fit, and InvalidArgumentError for images that are not finite or too rich for the thetas (`lattice`).
    """
    logits, images = tf.convert_to_tensor(logits), tf.convert_to_tensor(images)
    if logits.shape.rank != 4 or logits.shape[3] is None:
        raise ValueError(f"Logits must be [N, H, W, C] with a known number of classes; got {logits.shape}.")
    if not images.shape.is_compatible_with([*logits.shape[:3], 3]):
        raise ValueError(f"Images must be [N, H, W, 3] of the size of the logits {logits.shape}; got {images.shape}.")
    images = tf.cast(images if image_gradient else tf.stop_gradient(images), logits.dtype)
    spatial_weight = parameters.spatial_weight if spatial_weight is None else spatial_weight
    bilateral_weight = parameters.bilateral_weight if bilateral_weight is None else bilateral_weight

    def message(kernel: Filter, weight: Weight) -> Callable[[tf.Tensor], tf.Tensor]:
        coupling = _coupling(compatibility, weight, logits)
        constant = isinstance(coupling, float)
        kernel = normalised(kernel, images, parameters.normalisation, coupling if constant else 1.0)

        def gather(marginals: tf.Tensor) -> tf.Tensor:
            gathered = kernel(marginals) if image_gradient else linear(kernel, marginals)
            return gathered if constant else _mixed(coupling, gathered)

        return gather

    spatial = message(spatial_filter(images, parameters.theta_gamma), spatial_weight)
    bilateral = message(bilateral_filter(images, parameters.theta_alpha, parameters.theta_beta), bilateral_weight)
    beliefs = logits
    for _ in range(parameters.iterations):
        marginals = tf.nn.softmax(beliefs)
        beliefs = tf.add_n([logits, spatial(marginals), bilateral(marginals)])
    return beliefs


def _coupling(compatibility: Weight, weight: Weight, logits: tf.Tensor) -> float | tf.Tensor:
    """-M W: a float if both are numbers, else a scalar or a matrix."""
    if isinstance(compatibility, float | int) and isinstance(weight, float | int):
        return -float(compatibility * weight)
    factors = [tf.convert_to_tensor(factor, logits.dtype) for factor in (compatibility, weight)]
    for factor in factors:
        if not (factor.shape.rank == 0 or factor.shape.is_compatible_with([logits.shape[3]] * 2)):
            raise ValueError(f"Weights are scalars or [C, C] for {logits.shape[3]} classes; got {factor.shape}.")
    return -(tf.matmul(*factors) if all(factor.shape.rank for factor in factors) else tf.multiply(*factors))


def _mixed(coupling: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Values [N, H, W, C] after a scalar or a matrix on their classes."""
    return tf.tensordot(values, coupling, [[3], [1]]) if coupling.shape.rank else coupling * values
