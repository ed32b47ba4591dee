"""Files that have normalisations merged into convolutions: as zeros, as nothing, and in halves."""

import keras
import numpy as np
import pytest
import wire
from keras import layers
from test_load import SIZE, answers, assert_close, file_of, merge, network

from tfadvseg.caffe.caffemodel import read
from tfadvseg.caffe.load import load
from tfadvseg.models.zoo.enet import enet

KEPT = ("bn0_1", "bn4_0_1", "bn5_0_1")
"""What the public E-Net has left."""
BOTH = ("bn1", "bn2")


def folded(file, norm, convolution, epsilon=1e-5):
    """The convolution's blobs with the normalisation in them, in float64; of all three layouts of a normalisation."""
    kernel, *bias = (np.float64(blob) for blob in file[convolution])
    first = [np.float64(blob) for blob in file[norm]]
    if len(first) == 3:
        mean, variance = first[0] / first[2], first[1] / first[2]
        gamma, beta = (np.float64(blob) for blob in file[norm.replace("bn", "scale")])
    else:
        gamma, beta, mean, variance = first if len(first) == 4 else [*first, 0, 1 - epsilon]
    scale = gamma / np.sqrt(variance + epsilon)
    across = scale[:, None, None] if convolution in ("up", "deconv") else scale[:, None, None, None]
    return [np.float32(kernel * across), np.float32(scale * ((bias[0] if bias else 0) - mean) + beta)]


def without(file, norms, how):
    """The file with merged normalisations as it holds them: as zeros, or not at all."""
    parts = [part for norm in norms for part in (norm, norm.replace("bn", "scale")) if part in file]
    if how == "absent":
        return {name: blobs for name, blobs in file.items() if name not in parts}
    return file | {part: [np.zeros_like(blob) for blob in file[part]] for part in parts}


def through_a_file(layers_of_file, path):
    path.write_bytes(wire.net(layers_of_file))
    return read(path)


@pytest.mark.parametrize("norm_blobs", [2, 3, 4])
@pytest.mark.parametrize(
    ("how", "norms"),
    [("zeros", ("bn1",)), ("zeros", ("bn2",)), ("zeros", BOTH), ("absent", ("bn1",)), ("absent", BOTH)],
)
def test_a_merged_file_computes_what_the_unmerged_one_does(tmp_path, how, norm_blobs, norms):
    """bn1 is behind a convolution whose bias the network lacks, bn2 behind a deconvolution whose bias it has.

    Where bn2 alone is absent, nothing says that it is merged, so it is missing.
    """
    plain, loaded = network(), network()
    file = file_of(plain, norm_blobs)
    load(plain, file)
    convolutions = {"bn1": "res1/conv", "bn2": "up"}
    merged = file | {convolutions[norm]: folded(file, norm, convolutions[norm]) for norm in norms}
    report = load(loaded, through_a_file(without(merged, norms, how), tmp_path / "merged.caffemodel"))
    assert_close(answers(loaded), answers(plain))
    assert report.merged == len(norms) and not report.missing and not report.left_over
    assert f"so identities here: {len(norms)} normalisations\n" in report.table()
    assert loaded.count_params() == plain.count_params()


def test_an_unmerged_file_reports_no_merged_layers():
    report = load(network(), file_of(network()))
    assert report.merged == 0 and "identities" not in report.table()


def test_a_file_with_no_normalisation_at_all_is_merged():
    """Also where all of its convolutions had biases before, as SegNet's have."""
    plain, loaded = network(bias=True), network(bias=True)
    file = file_of(plain, 2)
    load(plain, file)
    merged = file | {"res1/conv": folded(file, "bn1", "res1/conv"), "up": folded(file, "bn2", "up")}
    assert load(loaded, without(merged, ("bn1", "bn2"), "absent")).merged == 2
    assert_close(answers(loaded), answers(plain))


@pytest.mark.parametrize("how", ["zeros", "absent"])
def test_the_merged_enet_computes_what_the_unmerged_one_does(how):
    """As the public file: all convolutions have biases, three normalisations remain, factors of dropout are merged."""
    plain, loaded = (enet(5, SIZE, width=0.25) for _ in range(2))
    file = file_of(plain, 2)
    load(plain, file)
    scaled = dict(file)
    for name in [name for name in file if name.startswith("bn") and name.endswith("_2")]:
        scaled[name] = [blob / np.float32(0.99 if name.startswith("bn1") else 0.9) for blob in file[name]]
    norms = [name for name in file if name.startswith("bn") and name not in KEPT]
    merged = file | merge(scaled, [(name.replace("bn", "conv"), name) for name in norms])
    for name in [name for name in merged if name.endswith("_a")]:
        merged[name] = [*merged[name], np.zeros(len(merged[name][0]), np.float32)]
    report = load(loaded, without(merged, norms, how))
    assert_close(answers(loaded), answers(plain))
    assert report.merged == len(norms) == 83 and not report.left_over
    assert report.imported["bn2_3_1"] == "merged into conv2_3_1"  # that convolution has a bias of its own
    assert report.imported["bn2_3_0"] == "merged into conv2_3_0, its bias from conv2_3_0"
    assert report.imported["bn1_0_2"] == "merged into conv1_0_2, its bias from conv1_0_2"  # and no factor of a dropout
    assert {name for name, told in report.imported.items() if "bn" in name and "merged" not in told} == set(KEPT)


def zero(layer, *numbers):
    """Sets these blobs of a layer to zeros, all of them by default."""

    def damage(file):
        chosen = numbers or range(len(file[layer]))
        file[layer] = [np.zeros_like(b) if i in chosen else b for i, b in enumerate(file[layer])]

    return damage


HALF = "some of its blobs in the file are zeros and others are not, so it is half merged"
NOWHERE = "the file holds zeros alone for it, and no convolution with a bias before it"


@pytest.mark.parametrize(
    ("norm_blobs", "damages", "sentence"),
    [
        (4, [lambda file: file.pop("bn2")], "The file lacks 1 of the network's layers: 'bn2'"),
        (2, [zero("bn2", 0)], f"Layer 'bn2' does not fit: {HALF}"),
        (4, [zero("bn2", 0)], f"Layer 'bn2' does not fit: {HALF}"),
        (4, [zero("bn2", 0, 1)], f"Layer 'bn2' does not fit: {HALF}"),
        (4, [zero("bn2", 3)], f"Layer 'bn2' does not fit: {HALF}"),
        (3, [zero("scale2")], f"Layer 'bn2' does not fit: {HALF}"),
        (3, [zero("bn2")], f"Layer 'bn2' does not fit: {HALF}"),
        (3, [zero("bn2", 2)], f"Layer 'bn2' does not fit: {HALF}"),
        (
            2,
            [zero("bn1"), lambda file: file["res1/conv"].append(np.ones(4, np.float32)), zero("bn2", 1)],
            f"Layer 'bn2' does not fit: {HALF}",
        ),
        (2, [zero("bn1")], f"Layer 'bn1' does not fit: {NOWHERE}"),
        (3, [zero("bn1"), zero("scale1")], f"Layer 'bn1' does not fit: {NOWHERE}"),
        (3, [zero("bn2"), lambda file: file.pop("scale2")], "The file lacks 1 of the network's layers: 'scale2'"),
        (
            3,
            [lambda file: file["res1/conv"].append(np.ones(4, np.float32)), lambda file: file.pop("bn1")],
            "The file lacks 1 of the network's layers: 'bn1'",
        ),
    ],
)
def test_what_is_half_merged_is_refused_by_name(norm_blobs, damages, sentence):
    net = network()
    before, file = [weight.copy() for weight in net.get_weights()], file_of(net, norm_blobs)
    for damage in damages:
        damage(file)
    with pytest.raises(ValueError) as caught:
        load(net, file)
    assert str(caught.value).startswith(sentence)
    for weight, old in zip(net.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(("norm_blobs", "layer", "numbers"), [(2, "bn2", [1]), (4, "bn2", [1, 2]), (3, "scale2", [1])])
def test_a_shift_of_zero_is_no_sign_of_merging(norm_blobs, layer, numbers):
    net = network()
    file = file_of(net, norm_blobs)
    zero(layer, *numbers)(file)
    assert load(net, file).merged == 0
    assert not np.any(net.get_layer("bn2").beta) and np.all(net.get_layer("bn2").gamma)


def test_zeros_behind_something_else_than_a_convolution_are_refused():
    images = keras.Input((*SIZE, 3))
    x = layers.Conv2D(4, 3, name="conv")(images)
    net = keras.Model(images, layers.BatchNormalization(name="bn0")(layers.ReLU()(x)))
    file = file_of(net, 2) | {"bn0": [np.zeros(4, np.float32)] * 2}
    with pytest.raises(ValueError, match=f"Layer 'bn0' does not fit: {NOWHERE}"):
        load(net, file)
