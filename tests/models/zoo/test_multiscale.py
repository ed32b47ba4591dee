"""Networks over scales: sizes, what one scale and equal scales come to, whose gradient counts, and what is shared."""

import functools

import keras
import numpy as np
import pytest

from tfadvseg.layers.interpolation import resize
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.models import zoo
from tfadvseg.models.zoo.multiscale import FUSIONS, branches, percents, scaled, wrapped

SIZE, WIDTH = (49, 65), 0.03


def pictures(seed=0, size=SIZE):
    return np.random.default_rng(seed).uniform(0, 255, (2, *size, 3)).astype(np.float32)


def answers(network, images):
    return keras.ops.convert_to_numpy(network(images, training=False))


def single(name, network, size=SIZE):
    """The network of that name at one scale with the weights of an ensemble."""
    one = zoo.build(name, 3, size, WIDTH)
    one.set_weights(network.get_weights())
    return one


def test_scales_become_whole_per_cents_the_largest_first():
    assert percents([0.5, 1, 0.75]) == (100, 75, 50) and percents([0.07, 4]) == (400, 7)


@pytest.mark.parametrize("scales", [[], [0.5, 0.5], [0.333], [0], [-0.5, 1], [4.01]])
def test_other_scales_are_refused(scales):
    with pytest.raises(ValueError, match="Scales are different whole per cents from 0.01 to 4; got"):
        percents(scales)


@pytest.mark.parametrize(
    ("side", "percent", "form", "expected"),
    [
        (513, 50, (8, 1), 257),
        (513, 75, (8, 1), 385),
        (513, 100, (8, 1), 513),  # as Deeplab's release has them
        (361, 50, (8, 1), 185),
        (481, 75, (8, 1), 361),
        (9, 50, (8, 1), 9),
        (9, 49, (8, 1), 1),
        (256, 50, (1, 1), 129),
        (256, 75, (1, 1), 192),
        (360, 50, (8, 0), 184),
        (480, 75, (32, 0), 352),
    ],
)
def test_sides_at_a_scale(side, percent, form, expected):
    assert scaled(side, percent, *form) == expected


def test_a_scale_that_leaves_no_pixel_is_refused():
    with pytest.raises(ValueError, match="At 10 % nothing is left of 32 pixels; choose a larger scale"):
        scaled(32, 10, 32, 0)


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("name", ["fcn8s_vgg", "deeplab_v2_vgg"])
def test_one_scale_of_100_is_the_network_to_the_last_bit(name, fusion):
    network = zoo.build_multiscale(name, 3, SIZE, WIDTH, [1.0], fusion)
    expected = answers(single(name, network), pictures())
    assert np.ptp(expected) > 0
    np.testing.assert_array_equal(answers(network, pictures()), expected)
    np.testing.assert_array_equal(answers(branches(network)[100], pictures()), expected)


def test_a_branch_is_the_network_between_two_resizings():
    """FCN8s at the size of the image, Deeplab v2 of filled up images and before it enlarges its scores by 8."""
    images = pictures()
    network = zoo.build_multiscale("fcn8s_vgg", 3, SIZE, WIDTH)
    found = branches(network)
    assert list(found) == [100, 75, 50]
    for percent, size in ((75, (37, 49)), (50, (25, 33))):
        inside = answers(single("fcn8s_vgg", network, size), keras.ops.convert_to_numpy(resize(images, size)))
        np.testing.assert_allclose(answers(found[percent], images), resize(inside, SIZE), rtol=1e-4, atol=1e-4)
    maps = [answers(branch, images) for branch in found.values()]
    np.testing.assert_allclose(answers(network, images), np.max(maps, 0), rtol=1e-5, atol=1e-5)


def test_deeplab_fuses_at_stride_8():
    """Its maximum is taken before the enlargement by 8, which a maximum after it would change."""
    network = zoo.build_multiscale("deeplab_v2_vgg", 3, (65, 65), WIDTH)
    images = pictures(size=(65, 65))
    maps = np.stack([answers(branch, images) for branch in branches(network).values()])
    found = answers(network, images)
    np.testing.assert_allclose(found[:, ::8, ::8], maps.max(0)[:, ::8, ::8], rtol=1e-4, atol=1e-4)
    assert np.abs(found - maps.max(0)).max() > 1e-3 * np.abs(found).max()


def of_one_convolution(classes, input_size, width):
    """A convolution of 1 x 1 and a normalisation: the same at every scale of an image of one colour."""
    images = keras.Input((*input_size, 3))
    x = keras.layers.Conv2D(classes, 1, name="score")(images)
    return keras.Model(images, keras.layers.BatchNormalization(momentum=0.9, name="norm")(x), name="tiny")


def gradient(network, images, weights):
    import tensorflow as tf

    images = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = tf.reduce_sum(weights * network(images, training=False))
    return tape.gradient(loss, images).numpy()


def test_the_maximum_of_equal_branches_is_the_identity_and_the_largest_scale_has_its_gradient():
    keras.utils.set_random_seed(0)
    network = wrapped(of_one_convolution, 3, (9, 13), 1.0, (0.5, 0.75, 1), "max")
    one = branches(wrapped(of_one_convolution, 3, (9, 13), 1.0, (1,), "max"))[100]
    one.set_weights(network.get_weights())
    colour = np.broadcast_to(np.float32([64, 128, 32]), (1, 9, 13, 3)).copy()
    np.testing.assert_array_equal(answers(network, colour), answers(one, colour))
    weights = np.random.default_rng(0).normal(size=(1, 9, 13, 3)).astype(np.float32)
    np.testing.assert_allclose(gradient(network, colour, weights), gradient(one, colour, weights), atol=1e-6)


def test_the_gradient_of_a_maximum_goes_to_the_winner_and_that_of_an_average_to_all():
    import tensorflow as tf

    maps = [tf.constant(values) for values in ([3.0, 1.0, 2.0, 2.0], [1.0, 3.0, 2.0, 2.0], [2.0, 2.0, 1.0, 2.0])]
    for fusion, fused, expected in (
        ("max", [3, 3, 2, 2], [[1, 0, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0]]),
        ("average", [2, 2, 5 / 3, 2], 1 / 3),
    ):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            found = FUSIONS[fusion](maps)
        np.testing.assert_allclose(found, fused, rtol=1e-6)
        np.testing.assert_allclose(np.stack(tape.gradient(found, maps)), np.zeros((3, 4)) + expected, rtol=1e-6)


def test_the_images_gradient_is_the_sum_of_those_of_the_branches_where_they_win():
    keras.utils.set_random_seed(1)
    network = zoo.build_multiscale("fcn8s_vgg", 3, SIZE, WIDTH)
    images, parts = pictures(), branches(network).values()
    weights = np.random.default_rng(2).normal(size=(2, *SIZE, 3)).astype(np.float32)
    winner = np.argmax([answers(part, images) for part in parts], 0)
    slopes = [gradient(part, images, weights * (winner == number)) for number, part in enumerate(parts)]
    assert all(np.abs(slope).max() > 0 for slope in slopes)
    expected = np.sum(slopes, 0)
    np.testing.assert_allclose(
        gradient(network, images, weights), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max()
    )


def test_training_changes_the_shared_weights_and_keeps_the_statistics_of_all_scales():
    """Of an image of one colour each scale sees the same mean, which the moving one approaches by a tenth each time."""
    network = wrapped(of_one_convolution, 3, (9, 13), 1.0, (0.5, 0.75, 1), "average")
    norm, score = (next(layer for layer in leaf_layers(network) if layer.name == name) for name in ("norm", "score"))
    colour = np.broadcast_to(np.float32([64, 128, 32]), (2, 9, 13, 3))
    before = score.kernel.numpy()
    mean = colour[0, 0, 0] @ before[0, 0]
    network.compile(keras.optimizers.SGD(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.arange(2 * 9 * 13).reshape(2, 9, 13) % 3
    network.train_on_batch(colour, labels)
    np.testing.assert_allclose(norm.moving_mean, mean * (1 - 0.9**3), rtol=1e-4)
    varied = pictures(size=(9, 13))
    network.train_on_batch(varied, labels)
    assert np.abs(score.kernel.numpy() - before).max() > 0


EVERY = [
    name if name in ("segnet", "crf_rnn", "deeplab_v2_multiscale") else pytest.param(name, marks=pytest.mark.slow)
    for name in zoo.MODELS
]


@pytest.mark.parametrize("name", EVERY)
def test_every_network_has_at_any_scales_the_weights_of_one(name, counted):
    size = (513, 513) if "icnet" in name else (384, 384)
    network = counted(functools.partial(zoo.build_multiscale, name, 3, size, 0.04))
    one = counted(zoo.build, name, 3, size, 0.04)
    assert [(w.path, w.shape) for w in network.weights] == [(w.path, w.shape) for w in one.weights]
    assert network.output_shape == one.output_shape == (None, *size, 3)
    assert list(branches(network)) == [100, 75, 50] and not (name != "deeplab_v2_multiscale" and branches(one))


def test_weights_are_saved_once_and_read_again(tmp_path):
    network = zoo.build("deeplab_v2_multiscale", 3, (33, 41), WIDTH)
    network.save_weights(tmp_path / "best.weights.h5")
    other = zoo.build("deeplab_v2_multiscale", 3, (41, 33), WIDTH)
    other.load_weights(tmp_path / "best.weights.h5")
    for weight, expected in zip(other.weights, network.weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_an_unknown_fusion_is_refused():
    with pytest.raises(ValueError, match="Unknown fusion 'mean'; choose one of: .*average"):
        zoo.build_multiscale("fcn8s_vgg", 3, SIZE, WIDTH, fusion="mean")
