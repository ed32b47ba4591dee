"""Trunks with the weights of keras.applications compute what keras.applications computes."""

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.models.backbones import load_backbone
from tfadvseg.models.zoo.enet import enet
from tfadvseg.models.zoo.fcn8s import fcn8s
from tfadvseg.models.zoo.resnet101 import resnet101
from tfadvseg.models.zoo.vgg16 import fully_connected, vgg16

MEAN = (103.939, 116.779, 123.68)


def trunk(size, features):
    images = keras.Input((*size, 3))
    return keras.Model(images, features(caffe_bgr(images, MEAN)))


def images(size):
    return np.random.default_rng(0).uniform(0, 255, (1, *size, 3)).astype(np.float32)


def close(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())


def shake(network):
    """Random biases and normalisation, so that no layer's numbers are trivial."""
    rng = np.random.default_rng(1)
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    rng.uniform(0.5, 1.5, gamma.shape),
                    rng.normal(0, 0.1, beta.shape),
                    rng.normal(0, 0.1, mean.shape),
                    rng.uniform(1e-6, 2, variance.shape),
                ]
            )
        elif len(layer.get_weights()) == 2:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.normal(0, 0.1, bias.shape)])
    return network


def save_legacy(network, path):
    """Weights in the layout of the files that keras.applications downloads, with names of Keras 1."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in network.layers]
        for layer in network.layers:
            group = file.create_group(layer.name)
            arrays = dict(zip((f"{layer.name}_W_1:0", f"{layer.name}_b_1:0"), layer.get_weights(), strict=False))
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array


@pytest.mark.parametrize("form", ["vgg16.weights.h5", "vgg16_notop.h5", "vgg16.keras"])
def test_vgg16_gives_the_features_of_keras_applications(tmp_path, form):
    theirs = shake(keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 64, 3)))
    path = tmp_path / form
    {"vgg16.weights.h5": theirs.save_weights, "vgg16.keras": theirs.save}.get(form, lambda p: save_legacy(theirs, p))(
        path
    )
    ours = trunk((32, 64), lambda x: vgg16(x)[-1])
    assert len(load_backbone(ours, path)) == 13
    x = images((32, 64))
    close(ours.predict_on_batch(x), theirs.predict_on_batch(keras.applications.vgg16.preprocess_input(x.copy())))


def test_a_trunk_that_is_called_at_several_scales_gets_its_weights_once(tmp_path):
    theirs = shake(keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 64, 3)))
    theirs.save(tmp_path / "vgg16.keras")
    single = trunk((None, None), lambda x: vgg16(x)[-1])
    pixels = keras.Input((32, 64, 3))
    scales = [pixels, layers.UpSampling2D(2)(pixels), layers.AveragePooling2D(1)(pixels)]
    network = keras.Model(pixels, [single(x) for x in scales])
    assert len(load_backbone(network, tmp_path / "vgg16.keras")) == 13
    x = images((32, 64))
    expected = theirs.predict_on_batch(keras.applications.vgg16.preprocess_input(x.copy()))
    found = network.predict_on_batch(x)
    close(found[0], expected)
    np.testing.assert_array_equal(found[2], found[0])
    for layer, other in zip(
        (layer for layer in single.layers if layer.weights),
        (layer for layer in theirs.layers if layer.weights),
        strict=True,
    ):
        np.testing.assert_array_equal(layer.kernel, other.kernel)


@pytest.mark.slow
def test_fc6_and_fc7_give_what_the_dense_layers_give(tmp_path):
    theirs = shake(keras.applications.VGG16(weights=None))
    save_legacy(theirs, tmp_path / "vgg16.h5")
    ours = trunk((224, 224), lambda x: fully_connected(vgg16(x)[-1]))
    assert len(load_backbone(ours, tmp_path / "vgg16.h5")) == 15
    x = images((224, 224))
    fc2 = keras.Model(theirs.input, theirs.get_layer("fc2").output)
    expected = fc2.predict_on_batch(keras.applications.vgg16.preprocess_input(x.copy()))
    close(ours.predict_on_batch(x)[:, 0, 0], expected)


@pytest.mark.slow
def test_resnet101_gives_the_features_of_keras_applications(tmp_path):
    """On a size of the form 32 k + 1, where the border of pool1 is the same in Caffe and in Keras."""
    theirs = shake(keras.applications.ResNet101(weights=None, include_top=False, input_shape=(65, 97, 3)))
    theirs.save_weights(tmp_path / "resnet101.weights.h5")
    ours = trunk((65, 97), resnet101)
    loaded = load_backbone(ours, tmp_path / "resnet101.weights.h5")
    assert set(loaded) == {layer.name for layer in ours.layers if layer.weights} and len(loaded) == 208
    x = images((65, 97))
    found = ours.predict_on_batch(x)
    preprocessed = keras.applications.resnet.preprocess_input(x.copy())
    outputs = [f"conv{stage}_block{blocks}_out" for stage, blocks in ((2, 3), (3, 4), (4, 23), (5, 3))]
    expected = keras.Model(theirs.input, [theirs.get_layer(name).output for name in outputs])
    for mine, other in zip(found, expected.predict_on_batch(preprocessed), strict=True):
        close(mine, other)


def test_a_thin_network_is_refused_and_left_as_it_was(tmp_path):
    theirs = keras.applications.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3))
    theirs.save(tmp_path / "vgg16.keras")
    network = fcn8s(3, (16, 16), width=0.05)
    before = network.get_layer("conv1_1").get_weights()[0].copy()
    with pytest.raises(ValueError, match=r"kernel of layer 'conv1_1' has the shape \(3, 3, 3, 4\), the weights have"):
        load_backbone(network, tmp_path / "vgg16.keras")
    np.testing.assert_array_equal(network.get_layer("conv1_1").get_weights()[0], before)


def test_what_cannot_be_loaded_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="enet has no trunk for which keras.applications has weights"):
        load_backbone(enet(3, (24, 24), width=0.25), "imagenet")
    network = trunk((32, 32), lambda x: vgg16(x)[-1])
    with pytest.raises(ValueError, match="nothing.h5 is not a file; give weights of keras.applications.VGG16 or imag"):
        load_backbone(network, tmp_path / "nothing.h5")
    small = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(2, 1, name="block1_conv1")])
    small.save(tmp_path / "small.keras")
    with pytest.raises(ValueError, match="have no layer 'block1_conv2'; are they of another network"):
        load_backbone(network, tmp_path / "small.keras")
    (tmp_path / "broken.keras").write_bytes(b"PK\3\4 and no more")
    with pytest.raises(
        ValueError, match="broken.keras holds no weights of keras.applications.VGG16 that Keras can read"
    ):
        load_backbone(network, tmp_path / "broken.keras")


def test_a_download_that_fails_is_told_in_a_sentence(monkeypatch):
    def VGG16(**settings):
        raise Exception("URL fetch failure on https://example.org:\nrefused")

    monkeypatch.setattr(keras.applications, "VGG16", VGG16)
    with pytest.raises(ValueError, match=r"applications.VGG16 could not be downloaded \(URL .* refused\); give a file"):
        load_backbone(fcn8s(3, (64, 64), width=0.05), "imagenet")


@pytest.mark.slow
def test_a_broken_weights_file_is_refused_in_one_sentence(tmp_path):
    """Tried with and without a classifier, which takes a moment."""
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF and no more")
    with pytest.raises(ValueError, match="broken.h5 holds no weights of keras.applications.VGG16 that Keras can read"):
        load_backbone(trunk((32, 32), lambda x: vgg16(x)[-1]), tmp_path / "broken.h5")
