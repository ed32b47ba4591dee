"""The training step's loss by hand, and gradients that reach the network."""

import keras
import numpy as np

from tfadvseg.training.on_views import OnViews
from tfadvseg.training.views import Draw

WEIGHTS = np.array([2.0, 3.0, 5.0])


def batch(labels, image=None, **change):
    """Views that are the photographs."""
    image = np.full((*labels.shape, 3), 7, np.uint8) if image is None else image
    draws = np.array([Draw(1.0, 0.0, 0.0, 0.0, *labels.shape[1:])._replace(**change)] * len(labels), np.float32)
    return {"images": image, "labels": labels, "draws": draws}


def channels(size):
    """Its logits are the channels in tenths."""
    return keras.Sequential([keras.Input((*size, 3)), keras.layers.Rescaling(0.1)])


def test_the_loss_is_the_mean_of_the_pixels_that_count_weighted_by_their_class():
    rng = np.random.default_rng(0)
    image, labels = rng.integers(0, 60, (2, 3, 4, 3), np.uint8), rng.integers(0, 3, (2, 3, 4)).astype(np.uint8)
    labels[0, 0, :2] = labels[1, 2] = 255
    trained = OnViews(channels((3, 4)), (3, 4), WEIGHTS)
    found = trained(batch(labels, image), training=True)
    total = weight = 0.0
    for n, i, j in zip(*np.nonzero(labels != 255), strict=True):
        logits, label = image[n, i, j] / 10.0, labels[n, i, j]
        total += WEIGHTS[label] * (np.log(np.exp(logits).sum()) - logits[label])
        weight += WEIGHTS[label]
    np.testing.assert_allclose(float(trained.compute_loss(y_pred=found)), total / weight, rtol=1e-5)


def test_a_network_is_shown_the_view_and_not_the_photograph():
    image = np.random.default_rng(0).integers(0, 256, (1, 2, 4, 3), np.uint8)
    labels = np.arange(8, dtype=np.uint8).reshape(1, 2, 4)
    trained = OnViews(channels((2, 4)), (2, 4), WEIGHTS)
    logits, seen = map(keras.ops.convert_to_numpy, trained(batch(labels, image, flip=1.0)))
    np.testing.assert_allclose(logits, image[:, :, ::-1] * 0.1, rtol=1e-5)
    np.testing.assert_array_equal(seen, labels[:, :, ::-1])


def test_views_are_float32_whatever_the_network_computes_in():
    network = keras.Sequential([keras.Input((2, 4, 3)), keras.layers.Conv2D(3, 1, dtype="mixed_bfloat16")])
    trained = OnViews(network, (2, 4), WEIGHTS)
    seen = []
    network.call, call = lambda images, **settings: seen.append(images.dtype) or call(images, **settings), network.call
    logits, _ = trained(batch(np.zeros((1, 2, 4), np.uint8)))
    assert keras.backend.standardize_dtype(logits.dtype) == "bfloat16"
    assert [keras.backend.standardize_dtype(dtype) for dtype in seen] == ["float32"]


def test_the_weights_are_those_of_the_network_and_a_step_moves_them():
    network = keras.Sequential([keras.Input((2, 4, 3)), keras.layers.Conv2D(3, 1)])
    trained = OnViews(network, (2, 4), WEIGHTS)
    before = network.get_weights()
    assert [weight.path for weight in trained.weights] == [weight.path for weight in network.weights]
    trained.compile(keras.optimizers.SGD(0.01))
    trained.train_on_batch(batch(np.zeros((1, 2, 4), np.uint8)))
    assert all((one != other).any() for one, other in zip(before, network.get_weights(), strict=True))
