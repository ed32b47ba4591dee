"""A network that answers the same whatever it is shown is found out, by the first layer that is to blame."""

import keras
import numpy as np
import pytest
from keras import layers

from tfadvseg.caffe.alive import check_alive, squares

CLASSES = 3


def network(size=(16, 24)):
    images = keras.Input((*size, 3))
    x = layers.Conv2D(4, 3, padding="same", name="first")(images)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="second")(x)
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name="pooled")(x)
    x = layers.Add(name="sum")([x, layers.UpSampling2D(size, name="everywhere")(pooled)])
    return keras.Model(images, layers.Conv2D(CLASSES, 1, name="scores")(x))


def shown():
    """The first pair of images."""
    return np.stack([squares(grain, (16, 24)) for grain in (8, 64)])


def answer(net, threshold):
    """Class 1 where the first feature is larger than that, else class 0."""
    head = np.zeros((1, 1, 4, CLASSES), np.float32)
    head[0, 0, 0, 1] = 1
    net.get_layer("scores").set_weights([head, np.array([0, -threshold, -1e6], np.float32)])


def first_feature(net):
    """What the scores are made of, on the images that are shown."""
    features = keras.Model(net.input, net.get_layer("sum").output)(shown(), training=False)
    return keras.ops.convert_to_numpy(features)[..., 0]


@pytest.fixture
def alive():
    """One of its branches is the same at all pixels of an image, though not of all images."""
    keras.utils.set_random_seed(0)
    net = network()
    answer(net, np.median(first_feature(net)))
    return net


def set_to(net, name, **values):
    """Fills variables of a layer."""
    for variable in net.get_layer(name).weights:
        if variable.name in values:
            variable.assign(np.full(variable.shape, values[variable.name], np.float32))


def test_a_network_that_is_alive_passes(alive):
    check_alive(alive)


@pytest.mark.parametrize(
    ("layer", "values", "sentence"),
    [
        ("norm", {"gamma": 0}, "layer 'norm' is dead"),
        ("norm", {"gamma": 0, "beta": 5}, "layer 'norm' is dead"),
        ("first", {"kernel": 0}, "layer 'first' is dead"),
        ("second", {"bias": -1e6}, "layer 'second' is dead, its output is the same on two random images"),
        ("scores", {"kernel": 0}, "layer 'scores' is dead"),
        ("scores", {"bias": np.nan}, "it answers a random image with scores that are not finite"),
        ("scores", {"kernel": 0.01}, "it answers class 0 at every pixel of four random images"),
    ],
)
def test_the_first_dead_layer_is_named(alive, layer, values, sentence):
    set_to(alive, layer, **values)
    with pytest.raises(ValueError, match=sentence):
        check_alive(alive)


def test_a_dead_layer_is_named_also_within_what_several_scales_share():
    """And where a connection around it keeps what the sub-model leads to alive."""
    keras.utils.set_random_seed(0)
    part = keras.Input((None, None, 3))
    trunk = layers.Conv2D(4, 3, padding="same", name="trunk")(part)
    branch = layers.BatchNormalization(name="branch")(layers.Conv2D(4, 1, name="conv")(trunk))
    shared = keras.Model(part, layers.Conv2D(CLASSES, 1, name="head")(layers.Add()([trunk, branch])), name="shared")
    images = keras.Input((16, 24, 3))
    small = layers.UpSampling2D(2)(shared(layers.AveragePooling2D(2)(images)))
    net = keras.Model(images, layers.Maximum(name="fused")([shared(layers.Rescaling(1 / 255)(images)), small]))
    check_alive(net)
    for name, values in (("branch", {"gamma": 0}), ("trunk", {"kernel": 0})):
        set_to(shared, name, **values)
        with pytest.raises(ValueError, match=f"layer '{name}' is dead"):
            check_alive(net)


def test_one_class_is_no_fault_of_a_network_that_is_to_be_trained(alive):
    set_to(alive, "scores", kernel=0.01)
    check_alive(alive, trained=False)
    set_to(alive, "norm", gamma=0)
    with pytest.raises(ValueError, match="layer 'norm' is dead"):
        check_alive(alive, trained=False)


def test_one_pixel_of_another_class_is_enough(alive):
    feature = first_feature(alive)
    *_, second, first = np.unique(feature)
    answer(alive, (first + second) / 2)
    assert (np.argmax(keras.ops.convert_to_numpy(alive(shown(), training=False)), -1) == (feature == first)).all()
    check_alive(alive)
    answer(alive, 1e6)
    with pytest.raises(ValueError, match="class 0 at every pixel"):
        check_alive(alive)


def test_images_are_squares_of_whole_levels():
    image = squares(8, (20, 24))
    assert image.shape == (20, 24, 3) and image.dtype == np.float32
    assert 0 <= image.min() < 50 and 200 < image.max() <= 255 and np.array_equal(image, np.round(image))
    assert (image[:8, 8:16] == image[0, 8]).all() and (image[:8, 7] != image[:8, 8]).any()
    np.testing.assert_array_equal(image, squares(8, (20, 24)))
