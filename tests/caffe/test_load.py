"""Putting Caffe layers into networks: by name, all or nothing, with the traps of the public files."""

import keras
import numpy as np
import pytest
import wire
from keras import layers

from tfadvseg.caffe.caffemodel import read
from tfadvseg.caffe.load import LayersMissing, load
from tfadvseg.layers.bilinear import GroupedBilinear
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.models import zoo
from tfadvseg.models.zoo.enet import enet

SIZE = (24, 32)


def network(bias=False, size=SIZE):
    """Convolution, normalisation, PReLU, deconvolution with bias, normalisation, fixed upsampling."""
    images = keras.Input((*size, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=bias, name="res1.conv")(images)
    x = layers.BatchNormalization(epsilon=1e-5, name="bn1")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="slope")(x)
    x = layers.Conv2DTranspose(4, 2, 2, name="up")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name="bn2")(x)
    return keras.Model(images, GroupedBilinear(4, "same", name="fixed")(x))


def file_of(net, norm_blobs=3, seed=0):
    """Random Caffe layers {name: blobs} in the shapes of a Keras network, as its unmerged public file would hold."""
    rng = np.random.default_rng(seed)
    found = {}
    for layer in leaf_layers(net):
        name, shapes = layer.name.replace(".", "/"), {v.name: v.shape for v in layer.weights}
        if isinstance(layer, layers.BatchNormalization):
            channels = shapes["gamma"]
            statistics = [rng.normal(size=channels), rng.uniform(0.5, 2, channels)]
            affine = [rng.uniform(0.5, 2, channels), rng.normal(size=channels)]
            if norm_blobs == 3:
                found[name] = [*(5 * s for s in statistics), np.array([5.0])]
                found[name.replace("bn", "scale")] = affine
            else:
                found[name] = affine + (statistics if norm_blobs == 4 else [])
        elif isinstance(layer, layers.PReLU):
            found[name] = [rng.normal(size=shapes["alpha"][2:])]
        elif "compatibility" in shapes:
            found[name] = [rng.normal(size=(1, 1, *shapes["compatibility"])) for _ in range(3)]
        elif shapes:
            height, width, second, first = shapes["kernel"]
            grouped = isinstance(layer, GroupedBilinear)
            shape = (second, first, height, width) if grouped else (first, second, height, width)
            found[name] = [rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]))]
            found[name] += [rng.normal(size=shapes["bias"])] if "bias" in shapes else []
    return {name: [np.float32(blob) for blob in blobs] for name, blobs in found.items()}


def merge(file, pairs):
    """The file with the normalisation of each (convolution, normalisation) multiplied into the convolution's blobs."""
    file = dict(file)
    for convolution, norm in pairs:
        kernel, *bias = file[convolution]
        scale, shift = file.pop(norm)
        across = scale[:, None, None] if "deconv" in convolution else scale[:, None, None, None]
        file[convolution] = [kernel * across, scale * (bias[0] if bias else 0) + shift]
    return file


def answers(net, seed=1):
    """What the network makes of random images."""
    images = np.random.default_rng(seed).uniform(0, 255, (2, *net.input_shape[1:])).astype(np.float32)
    return keras.ops.convert_to_numpy(net(images, training=False))


def assert_close(some, others):
    np.testing.assert_allclose(some, others, rtol=1e-4, atol=1e-4 * np.abs(others).max())


def test_each_layer_gets_the_weights_of_its_name(tmp_path):
    net = network()
    file = file_of(net) | {"fc_res05": [np.ones((2, 3), np.float32)]}
    path = tmp_path / "net.caffemodel"
    path.write_bytes(wire.net(file, version=1, shape="legacy"))
    report = load(net, read(path))
    np.testing.assert_array_equal(net.get_layer("res1.conv").kernel, file["res1/conv"][0].transpose(2, 3, 1, 0))
    np.testing.assert_array_equal(net.get_layer("up").bias, file["up"][1])
    np.testing.assert_allclose(net.get_layer("bn2").moving_mean, file["bn2"][0] / 5, rtol=1e-6)
    np.testing.assert_array_equal(net.get_layer("bn1").gamma, file["scale1"][0])
    np.testing.assert_array_equal(net.get_layer("fixed").kernel[..., 0], file["fixed"][0][:, 0].transpose(1, 2, 0))
    assert list(report.imported) == ["res1.conv", "bn1", "slope", "up", "bn2", "fixed"]
    assert report.missing == () and report.left_over == {"fc_res05": "1x1x2x3"}
    table = report.table()
    assert "res1.conv  imported   4x3x3x3" in table and "fc_res05   left over  1x1x2x3" in table
    assert table.endswith("6 imported, 0 missing, 1 left over")


@pytest.mark.parametrize("norm_blobs", [2, 3, 4])
def test_the_kinds_of_normalisation_agree(norm_blobs):
    """Statistics are set such that all three mean the same."""
    net, file = network(), file_of(network(), 4)
    for name in ("bn1", "bn2"):
        gamma, beta, mean, variance = file[name]
        deviation = np.sqrt(variance + 1e-5)
        if norm_blobs == 2:
            file[name] = [gamma / deviation, beta - gamma * mean / deviation]
        if norm_blobs == 3:
            file |= {name: [mean * 7, variance * 7, np.float32([7])], name.replace("bn", "scale"): [gamma, beta]}
    load(net, file)
    expected = network()
    load(expected, file_of(network(), 4))
    assert_close(answers(net), answers(expected))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda file: file.pop("scale2"), "The file lacks 1 of the network's layers: 'scale2'; is it"),
        (lambda file: file.update({"a": file.pop("bn1")}), "lacks 1 of the network's layers: 'bn1'; is it"),
        (
            lambda file: file.update({"fixed": [np.ones((4, 4, 4, 4), np.float32)]}),
            "Layer 'fixed' does not fit: the file holds 4x4x4x4 where the network has 4x1x4x4",
        ),
        (lambda file: file["up"].pop(), "'up' does not fit: the file holds kernel, the network has bias and kernel"),
        (lambda file: file["bn2"].pop(), "Layer 'bn2' does not fit: the file holds 2 blobs where 3 b"),
        (lambda file: file.update({"data_sub1": [np.float32([1, 1, 2])]}), "'data_sub1' .* other factors than 1"),
    ],
)
def test_a_file_that_does_not_fit_leaves_the_network_as_it_was(damage, sentence):
    net = network()
    before = [weight.copy() for weight in net.get_weights()]
    file = file_of(net)
    damage(file)
    with pytest.raises(ValueError, match=sentence):
        load(net, file)
    for weight, old in zip(net.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_a_layer_may_be_missing_where_the_caller_says_so():
    net = network()
    before, file = net.get_layer("fixed").get_weights()[0].copy(), file_of(net)
    del file["fixed"]
    report = load(net, file, may_miss=["fixed"])
    np.testing.assert_array_equal(net.get_layer("fixed").kernel, before)
    assert report.missing == ("fixed",) and "fixed      missing    not in the file" in report.table()


def test_what_a_file_lacks_and_what_it_has_is_told_when_it_is_refused():
    net = network()
    file = file_of(net)
    del file["fixed"]
    with pytest.raises(LayersMissing, match="lacks 1 of the network's layers: 'fixed'") as caught:
        load(net, file | {"aux": [np.ones((2, 3), np.float32)]})
    report = caught.value.report
    assert report.missing == ("fixed",) and report.left_over == {"aux": "2x3"} and len(report.imported) > 3


def test_half_of_a_normalisation_is_left_over():
    net = network()
    file = file_of(net)
    del file["bn2"]
    report = load(net, file, may_miss=["bn2"])
    assert report.missing == ("bn2",) and "scale2" in report.left_over and "bn2" not in report.imported


def test_a_layer_that_may_be_missing_must_be_the_networks():
    net = network()
    with pytest.raises(ValueError, match="The network has no layer 'fixde', which the file may miss"):
        load(net, file_of(net), may_miss=["fixde"])


def test_a_layer_of_no_caffe_kind_is_refused():
    images = keras.Input((4, 4, 3))
    with pytest.raises(ValueError, match="'mix' is a Dense, for which no Caffe layer is known"):
        load(keras.Model(images, layers.Dense(2, name="mix")(images)), {"mix": [np.ones((2, 3), np.float32)]})


def test_a_bias_that_the_network_lacks_moves_into_the_normalisation_after_it():
    with_bias, without = network(bias=True), network()
    file = file_of(with_bias)
    load(with_bias, file)
    report = load(without, file)
    assert_close(answers(without), answers(with_bias))
    assert "its bias from res1.conv" in report.imported["bn1"]


def test_a_bias_with_no_normalisation_after_it_must_be_zero():
    images = keras.Input((4, 4, 3))
    net = keras.Model(images, layers.Conv2D(2, 1, use_bias=False, name="a")(images))
    kernel = np.ones((2, 3, 1, 1), np.float32)
    load(net, {"a": [kernel, np.zeros(2, np.float32)]})
    with pytest.raises(ValueError, match="'a' does not fit: the file holds a bias, and the network has nowhere to put"):
        load(net, {"a": [kernel, np.ones(2, np.float32)]})


def test_a_normalisation_that_is_missing_from_an_unmerged_file_is_missed():
    """Its convolution has a bias both in the file and in the network, and nothing says that it was merged."""
    net = network(bias=True)
    file = file_of(net, 4)
    del file["bn1"]
    with pytest.raises(ValueError, match="lacks 1 of the network's layers: 'bn1'"):
        load(net, file)


@pytest.fixture(scope="module")
def enets():
    """(unmerged E-Net as loaded, the file with two-blob normalisations that it was loaded from)."""
    net = enet(5, SIZE, width=0.25)
    file = file_of(net, 2)
    return net, file, load(net, file)


def test_the_unmerged_enet_gets_the_factors_of_its_dropout(enets):
    """The authors' layer multiplies by 1 / (1 - p) at test time, too; once for each of the 27 blocks."""
    net, file, report = enets
    for name, rate in (("bn1_0_2", 0.01), ("bn3_8_2", 0.1), ("bn5_1_2", 0.1)):
        np.testing.assert_allclose(net.get_layer(name).gamma, file[name][0] / (1 - rate), rtol=1e-6)
        np.testing.assert_allclose(net.get_layer(name).beta, file[name][1] / (1 - rate), rtol=1e-6)
    np.testing.assert_array_equal(net.get_layer("bn2_0_4").gamma, file["bn2_0_4"][0])
    blocks = [layer for layer in net.layers if layer.name.startswith("eltwise")]
    assert sum("as its dropout does" in detail for detail in report.imported.values()) == len(blocks) == 27
    assert not report.left_over


@pytest.mark.parametrize("name", sorted(zoo.MODELS))
def test_every_layer_of_every_network_has_its_caffe_layer(name):
    net = zoo.build(name, 5, (161, 161) if "icnet" in name else (192, 192), width=0.04)
    norm_blobs = 2 if name in ("segnet", "enet") else 4 if name.startswith(("pspnet", "icnet")) else 3
    file = file_of(net, norm_blobs)
    report = load(net, file)
    assert list(report.imported) == [layer.name for layer in leaf_layers(net) if layer.weights]
    assert not report.left_over and len(set(file)) >= len(report.imported)


def test_the_merged_icnet_fits_both_graphs():
    """Statistics multiplied into kernels and biases by hand: the graph with normalisation and the one without agree."""
    nets = [zoo.build(name, 5, (161, 161), width=0.04) for name in ("icnet", "icnet", "icnet_merged")]
    file = file_of(nets[0], 4)
    load(nets[0], file)
    for convolution in [name for name in file if f"{name}/bn" in file]:
        gamma, beta, mean, variance = file.pop(f"{convolution}/bn")
        scale = gamma / np.sqrt(variance + 1e-5)
        file[convolution] = [file[convolution][0] * scale[:, None, None, None], beta - mean * scale]
    for net in nets[1:]:
        load(net, file | {"data_sub1": [np.ones(3, np.float32)]})
        assert_close(answers(net), answers(nets[0]))


def multiscale(single, views):
    """The mean of what one model makes of several views of the images, each scaled to the first one's size."""
    images = keras.Input((*SIZE, 3))
    scores = [single(view(images)) for view in views]
    scores = [layers.Resizing(*scores[0].shape[1:3])(score) for score in scores]
    return keras.Model(images, layers.Average()(scores), name="multiscale")


def test_a_sub_model_called_at_several_scales_is_imported_once():
    """With a file whose convolutions have biases that the network lacks, and factors of a dropout."""
    file = file_of(network(bias=True), 4)
    plain, single = (network(size=size) for size in (SIZE, (None, None)))
    views = (lambda x: x, layers.AveragePooling2D(2), layers.UpSampling2D(2))
    expected, report = load(plain, file), load(multiscale(single, views), file)
    assert report == expected and "its bias from res1.conv" in report.imported["bn1"]
    for found, weight in zip(single.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


@pytest.mark.parametrize("merged", [False, True])
def test_an_enet_within_a_network_gets_the_bits_of_the_plain_one(enets, merged):
    """Dropout's factors, and normalisations merged into the convolutions before them, are found within it."""
    _, file, _ = enets
    if merged:
        file = merge(file, [("conv1_0_0", "bn1_0_0"), ("conv1_0_1", "bn1_0_1")])
    plain, single = (enet(5, SIZE, width=0.25) for _ in range(2))
    views = (lambda x: x, layers.Lambda(lambda x: x[:, :, ::-1], output_shape=(*SIZE, 3)))
    whole = keras.Sequential([keras.Input((*SIZE, 3)), multiscale(single, views), layers.Softmax()])
    expected, report = load(plain, file), load(whole, file)
    assert report == expected and report.left_over == {}
    assert ("merged into conv1_0_1" in report.imported["bn1_0_1"]) == merged
    assert sum("as its dropout does" in detail for detail in report.imported.values()) == 27
    for found, weight in zip(single.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(found, weight)


def test_two_layers_of_one_name_are_refused():
    images = keras.Input((*SIZE, 3))
    twins = keras.Model(images, layers.Add()([network()(images), network()(images)]), name="twins")
    with pytest.raises(ValueError, match="twins has two layers named 'res1.conv', so weights cannot be told apart"):
        load(twins, file_of(network()))


class Subclassed(keras.Model):
    """The convolution and the normalisation of `network`, which know nothing of each other before they are called."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(4, 3, name="res1.conv")
        self.second = layers.BatchNormalization(epsilon=1e-5, name="bn1")

    def call(self, images):
        return self.second(self.first(images))


def test_a_subclassed_model_takes_a_file_of_the_same_layers():
    file = {name: blobs for name, blobs in file_of(network(bias=True), 4).items() if name in ("res1/conv", "bn1")}
    net = Subclassed()
    net(np.zeros((1, *SIZE, 3), np.float32))
    assert list(load(net, file).imported) == ["res1.conv", "bn1"]
    np.testing.assert_array_equal(net.first.kernel, file["res1/conv"][0].transpose(2, 3, 1, 0))
    np.testing.assert_array_equal(net.second.gamma, file["bn1"][0])
