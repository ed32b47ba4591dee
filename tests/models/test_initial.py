"""Starting a training from weights that are already there."""

import keras
import numpy as np
import pytest

from tfadvseg.models import zoo
from tfadvseg.models.initial import start_from
from tfadvseg.serving.export import export

SIZE, CLASSES, WIDTH = (40, 56), 4, 0.03


@pytest.fixture(scope="module")
def fcn8s():
    keras.utils.set_random_seed(1)
    return zoo.build("fcn8s_vgg", CLASSES, SIZE, WIDTH)


@pytest.fixture(scope="module")
def saved(fcn8s, make_card, tmp_path_factory):
    return str(export(fcn8s, make_card("fcn8s", fcn8s), tmp_path_factory.mktemp("models")))


def test_crf_rnn_starts_from_a_saved_fcn8s_and_keeps_its_own_matrices(fcn8s, saved):
    network = zoo.build("crf_rnn", CLASSES, SIZE, WIDTH)
    matrices = [f"inference1/{name}" for name in ("spatial_weight", "bilateral_weight", "compatibility")]
    before = {weight.path: weight.numpy() for weight in network.weights}
    assert start_from(network, saved) == matrices
    after = {weight.path: weight.numpy() for weight in network.weights}
    for weight in fcn8s.weights:
        np.testing.assert_array_equal(after[weight.path], weight)
    for name in matrices:
        np.testing.assert_array_equal(after[name], before[name])
    assert np.abs(after["conv1_1/kernel"] - before["conv1_1/kernel"]).max() > 0


def test_a_weights_file_gives_all_of_them(fcn8s, tmp_path):
    fcn8s.save_weights(tmp_path / "best.weights.h5")
    network = zoo.build("fcn8s_vgg", CLASSES, SIZE, WIDTH)
    assert start_from(network, str(tmp_path / "best.weights.h5")) == []
    for weight, expected in zip(network.weights, fcn8s.weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_a_source_that_does_not_exist_is_named(fcn8s):
    with pytest.raises(ValueError, match="There is no /nowhere.weights.h5 to start from; give a best.weights.h5 or"):
        start_from(fcn8s, "/nowhere.weights.h5")


@pytest.mark.parametrize(
    ("name", "width", "message"),
    [
        ("segnet", WIDTH, "holds fc6/bias, for which segnet has no place"),
        ("fcn8s_vgg", 0.06, "conv2_1/kernel of .* is 3x3x4x4, but fcn8s has 3x3x4x8: take the same `width`"),
    ],
)
def test_weights_of_another_network_are_refused(name, width, message, saved):
    with pytest.raises(ValueError, match=message):
        start_from(zoo.build(name, CLASSES, (64, 64), width), saved)
