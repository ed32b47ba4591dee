"""The VGG-16 trunk: sizes and names of the published networks, and dilation in place of stride."""

import keras
import numpy as np

from tfadvseg.models.zoo.vgg16 import fully_connected, thin, vgg16

NAMES = [f"conv{stage}_{i}" for stage, count in enumerate((2, 2, 3, 3, 3), 1) for i in range(1, count + 1)]


def trunk(size, **arguments):
    images = keras.Input((*size, 3))
    return keras.Model(images, vgg16(images, width=0.02, **arguments))


def rows(network):
    return [stage.shape[1] for stage in network.outputs]


def test_the_trunk_has_the_parameters_of_the_published_one(counted):
    def build():
        images = keras.Input((32, 32, 3))
        return keras.Model(images, fully_connected(vgg16(keras.layers.ZeroPadding2D(99)(images))[-1]))

    network = counted(build)
    assert sum(network.get_layer(name).count_params() for name in NAMES) == 14_714_688
    assert network.count_params() == 134_260_544
    assert [layer.name for layer in network.layers if layer.weights] == [*NAMES, "fc6", "fc7"]


def test_sizes_of_each_column_of_the_published_table():
    assert rows(trunk((711, 8))) == [356, 178, 89, 45, 23]
    deeplab = {"pools": ((3, 2), (3, 2), (3, 2), (3, 1), (3, 1)), "dilations": (1, 1, 1, 1, 2)}
    assert rows(trunk((513, 9), **deeplab)) == [257, 129, 65, 65, 65]
    dilated = {"padding": "valid", "pools": ((2, 2),) * 3 + (None, None), "dilations": (1, 1, 1, 1, 2)}
    assert rows(trunk((900, 240), **dilated)) == [448, 222, 108, 102, 90]


def test_dilation_gives_at_each_pixel_what_stride_gives_at_every_second():
    """Deeplab's fourth pool without stride and its dilated fifth stage against the original."""
    dense = trunk((65, 81), pools=((3, 2), (3, 2), (3, 2), (3, 1), None), dilations=(1, 1, 1, 1, 2))
    strided = trunk((65, 81), pools=((3, 2), (3, 2), (3, 2), (3, 2), None))
    strided.set_weights(dense.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (1, 65, 81, 3)).astype(np.float32)
    expected, found = (network.predict_on_batch(images)[-1] for network in (strided, dense))
    assert expected.shape[1:3] == (5, 6) and found.shape[1:3] == (9, 11) and expected.std() > 0
    np.testing.assert_allclose(found[:, ::2, ::2], expected, rtol=1e-4, atol=1e-4 * expected.max())


def test_thin_networks_keep_four_channels():
    assert [thin(64, width) for width in (1.0, 0.5, 0.11, 0.01)] == [64, 32, 7, 4]
