"""Leaves of networks within networks."""

import keras
import pytest
from keras import layers

from tfadvseg.layers.walk import leaf_layers, weighted_layers


def two_layers(first, second, name=None):
    """A functional model of open size on 3 channels."""
    images = keras.Input((None, None, 3))
    x = layers.Conv2D(3, 1, name=first)(images)
    return keras.Model(images, layers.BatchNormalization(name=second)(x), name=name)


class Branches(keras.Model):
    """A subclassed model around a layer, a Sequential and a model that it is given."""

    def __init__(self, shared):
        super().__init__()
        self.entry = layers.Conv2D(3, 1, name="entry")
        self.stack = keras.Sequential([layers.ReLU(name="relu"), layers.Conv2D(3, 1, name="stacked")])
        self.shared = shared

    def call(self, images):
        x = self.entry(images)
        return self.stack(x) + self.shared(x)


def names(network):
    return [layer.name for layer in leaf_layers(network) if not isinstance(layer, layers.InputLayer)]


def test_a_flat_networks_leaves_are_its_layers():
    network = two_layers("a", "b")
    assert leaf_layers(network) == network.layers and names(network) == ["a", "b"]


def test_leaves_come_in_the_order_of_the_graph_and_those_of_a_shared_model_once():
    single = two_layers("a", "b", name="single")
    images = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 255, name="scale")(images)
    half = layers.AveragePooling2D(2, name="half")(x)
    x = layers.Add(name="sum")([single(x), layers.UpSampling2D(2, name="up")(single(half))])
    network = keras.Model(images, layers.Conv2D(2, 1, name="scores")(x))
    assert names(network)[0] == "scale" and names(network)[-1] == "scores"
    assert sorted(names(network)) == ["a", "b", "half", "scale", "scores", "sum", "up"]
    assert names(network).index("a") + 1 == names(network).index("b")
    assert list(weighted_layers(network)) == ["a", "b", "scores"]
    assert weighted_layers(network)["a"] is single.get_layer("a")


def test_the_leaves_hold_all_weights_once_however_deep_models_lie():
    """Functional in Sequential in functional beside a subclassed one that shares the innermost."""
    shared = two_layers("a", "b", name="shared")
    images = keras.Input((4, 4, 3))
    sequential = keras.Sequential([layers.Conv2D(3, 1, name="first"), keras.Sequential([shared])])
    network = keras.Model(images, Branches(shared)(sequential(images)))
    assert names(network) == ["first", "a", "b", "entry", "relu", "stacked"]
    weights = [weight for layer in leaf_layers(network) for weight in layer.weights]
    assert {id(weight) for weight in weights} == {id(weight) for weight in network.weights}
    assert len(weights) == len({id(weight) for weight in weights})


def test_a_layer_around_others_is_a_leaf():
    frames = keras.Input((5, 4, 4, 3))
    x = layers.TimeDistributed(layers.Conv2D(2, 1), name="each")(frames)
    x = layers.Bidirectional(layers.SimpleRNN(2), name="both")(layers.Reshape((5, 32), name="flat")(x))
    assert names(keras.Model(frames, x)) == ["each", "flat", "both"]


def test_two_layers_of_one_name_are_refused_where_weights_go_by_name():
    images = keras.Input((4, 4, 3))
    x = two_layers("a", "b", name="one")(images) + two_layers("a", "c", name="other")(images)
    network = keras.Model(images, x, name="twins")
    assert names(network).count("a") == 2
    with pytest.raises(ValueError, match="twins has two layers named 'a', so weights cannot be told apart by name; re"):
        weighted_layers(network)
