"""Mean field with full kernel matrices in float64, by the formulas: what the fast one is checked against."""

import numpy as np

DIVISORS = {
    "symmetric": lambda sums: (sums**0.5, sums**0.5),
    "before": lambda sums: (sums, 1),
    "after": lambda sums: (1, sums),
    "none": lambda sums: (1, 1),
}


def gaussian(features):
    """exp(-|f_i - f_j|^2 / 2) [P, P] of features [P, d], i = j included."""
    features = np.asarray(features, float)
    squares = sum((column[:, None] - column) ** 2 for column in features.T)
    return np.exp(-squares / 2)


def positions(height, width):
    return np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), -1).reshape(-1, 2)


def normalised(kernel, normalisation):
    before, after = DIVISORS[normalisation](kernel.sum(1))
    return kernel / np.reshape(after, (-1, 1)) / before


def kernels(image, parameters, bilateral_kernel=gaussian):
    """The spatial and the bilateral kernel [P, P] of an image [H, W, 3], normalised.

    The latter may be another function of the features [P, 5], such as a lattice's approximation.
    """
    places = positions(*image.shape[:2])
    colours = np.reshape(image, (-1, 3))
    features = np.concatenate([places[:, ::-1] / parameters.theta_alpha, colours / parameters.theta_beta], 1)
    both = gaussian(places / parameters.theta_gamma), bilateral_kernel(features)
    return [normalised(kernel, parameters.normalisation) for kernel in both]


def softmax(logits):
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def mean_field(
    logits, image, parameters, spatial_weight=None, bilateral_weight=None, compatibility=-1.0, bilateral_kernel=gaussian
):
    """The last Q [H, W, C] of logits [H, W, C]; weights are numbers or [C, C], a row for each class that receives."""
    eye = np.eye(logits.shape[-1])
    own = parameters.spatial_weight, parameters.bilateral_weight
    given = spatial_weight, bilateral_weight
    weights = [eye * (o if w is None else w) if np.ndim(w) == 0 else w for w, o in zip(given, own, strict=True)]
    compatibility = eye * compatibility if np.ndim(compatibility) == 0 else compatibility
    unary = np.reshape(logits, (-1, logits.shape[-1])).astype(float)
    both = kernels(image, parameters, bilateral_kernel)
    beliefs = unary
    for _ in range(parameters.iterations):
        q = softmax(beliefs)
        messages = sum((kernel @ q) @ weight.T for kernel, weight in zip(both, weights, strict=True))
        beliefs = unary - messages @ compatibility.T
    return beliefs.reshape(logits.shape)
