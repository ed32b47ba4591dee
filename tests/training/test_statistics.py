"""Statistics of batch normalisation, estimated again, against NumPy."""

import keras
import numpy as np
import pytest

from tfadvseg.training.statistics import estimate_again

SIZE = 6, 8


def photographs(count, size=SIZE):
    rng = np.random.default_rng(0)
    return [
        (str(i), rng.integers(0, rng.integers(20, 256), (*size, 3)).astype(np.uint8), np.zeros(size, np.uint8))
        for i in range(count)
    ]


def network(dropout=0.5):
    """Normalisation of the image, then of a convolution of it; dropout before each. All statistics are spoiled."""
    keras.utils.set_random_seed(0)
    images = keras.Input((*SIZE, 3))
    x = keras.layers.BatchNormalization(name="first", momentum=0.9)(keras.layers.Dropout(dropout)(images))
    x = keras.layers.Conv2D(4, 1, name="conv")(keras.layers.SpatialDropout2D(dropout)(x))
    made = keras.Model(images, keras.layers.BatchNormalization(name="second", momentum=0.95)(x))
    for name in ("first", "second"):
        norm = made.get_layer(name)
        norm.moving_mean.assign(norm.moving_mean + 100)
        norm.moving_variance.assign(norm.moving_variance * 7)
    return made


def statistics(made, name):
    norm = made.get_layer(name)
    return tuple(map(keras.ops.convert_to_numpy, (norm.moving_mean, norm.moving_variance)))


def by_hand(made, batches):
    """{name: (mean, variance)}: averages over the batches of each batch's own, which it is also normalised with."""
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in made.get_layer("conv").weights)
    found = {"first": [], "second": []}
    for images in batches:
        mean, variance = images.mean((0, 1, 2)), images.var((0, 1, 2))
        found["first"].append((mean, variance))
        x = (images - mean) / np.sqrt(variance + 1e-3) @ kernel[0, 0] + bias
        found["second"].append((x.mean((0, 1, 2)), x.var((0, 1, 2))))
    return {name: tuple(np.mean(part, axis=0) for part in zip(*rows, strict=True)) for name, rows in found.items()}


@pytest.mark.parametrize(("count", "shown"), [(3, 3), (4, 4), (11, 8), (70, 64)])
def test_they_are_the_plain_averages_of_the_batches(count, shown):
    made, photos = network(), photographs(count)
    order = np.random.default_rng(0).permutation(count)[:shown]
    images = np.stack([photos[i][1] for i in order]).astype(np.float64)
    assert estimate_again(made, photos) == 2
    expected = by_hand(made, [images[i : i + 4] for i in range(0, shown, 4)])
    for name, values in expected.items():
        for found, value in zip(statistics(made, name), values, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-3, atol=1e-3)


def test_calls_on_several_sizes_of_a_shared_normalisation_weigh_the_same():
    """As at the scales of an ensemble, whose images are smaller; one that is called once is not disturbed."""
    images = keras.Input((*SIZE, 3))
    shared, alone = (keras.layers.BatchNormalization(name=name, momentum=0.9) for name in ("shared", "alone"))
    maps = [shared(keras.layers.AveragePooling2D(size, padding="same")(2 * images)) for size in (1, 2, 6)]
    means = [keras.layers.GlobalAveragePooling2D(keepdims=True)(x) for x in maps]
    made = keras.Model(images, alone(images) + means[0] + means[1] + means[2])
    photos = photographs(8)
    assert estimate_again(made, photos) == 2
    order = np.random.default_rng(0).permutation(8)
    pool = keras.layers.AveragePooling2D
    found = []
    for start in (0, 4):
        batch = np.stack([photos[i][1] for i in order[start : start + 4]]).astype(np.float32)
        sizes = [keras.ops.convert_to_numpy(pool(size, padding="same")(2 * batch)) for size in (1, 2, 6)]
        found += [(x.mean((0, 1, 2)), x.var((0, 1, 2))) for x in sizes]
    for part, (mean, variance) in (("shared", np.mean(found, 0)), ("alone", np.mean(found[::3], 0) / [[2], [4]])):
        np.testing.assert_allclose(statistics(made, part)[0], mean, rtol=1e-4)
        np.testing.assert_allclose(statistics(made, part)[1], variance, rtol=1e-3)
    assert shared.momentum == alone.momentum == 0.9 and "call" not in vars(shared)


def test_nothing_else_changes_and_a_second_time_gives_the_same():
    made, photos = network(), photographs(8)
    rates = [layer.rate for layer in made.layers if hasattr(layer, "rate")]
    trained = [keras.ops.convert_to_numpy(weight) for weight in made.trainable_weights]
    estimate_again(made, photos)
    first = made.get_weights()
    assert [layer.rate for layer in made.layers if hasattr(layer, "rate")] == rates == [0.5, 0.5]
    assert made.get_layer("first").momentum == 0.9 and made.get_layer("second").momentum == 0.95
    for weight, value in zip(made.trainable_weights, trained, strict=True):
        np.testing.assert_array_equal(weight, value)
    estimate_again(made, photos)
    for one, other in zip(made.get_weights(), first, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_frozen_normalisation_keeps_its_own_and_is_used_with_them():
    made, photos = network(), photographs(4)
    made.get_layer("first").trainable = False
    before = statistics(made, "first")
    assert estimate_again(made, photos) == 1
    np.testing.assert_array_equal(statistics(made, "first"), before)
    images = np.stack([photo for _, photo, _ in photos]).astype(np.float64)
    kernel, bias = (keras.ops.convert_to_numpy(weight) for weight in made.get_layer("conv").weights)
    x = (images - before[0]) / np.sqrt(before[1] + 1e-3) @ kernel[0, 0] + bias
    np.testing.assert_allclose(statistics(made, "second")[0], x.mean((0, 1, 2)), rtol=1e-3)
    np.testing.assert_allclose(statistics(made, "second")[1], x.var((0, 1, 2)), rtol=1e-3)


def test_photographs_of_other_sizes_are_cut_and_filled_up_with_grey():
    made, (photo,) = network(), photographs(1, (4, 11))
    estimate_again(made, [photo])
    image = np.full((*SIZE, 3), 128.0)
    image[:4] = photo[1][:, :8]
    np.testing.assert_allclose(statistics(made, "first")[0], image.mean((0, 1)), rtol=1e-4)


def test_a_network_without_normalisation_is_not_run():
    made = keras.Sequential([keras.Input((*SIZE, 3)), keras.layers.Conv2D(2, 1)])
    assert estimate_again(made, []) == 0
