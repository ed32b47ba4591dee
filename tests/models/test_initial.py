"""Starting a training from weights that are already there."""

import h5py
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
    start = start_from(network, saved)
    assert start.lacking == ["inference1"] and start.left_out == []
    after = {weight.path: weight.numpy() for weight in network.weights}
    for weight in fcn8s.weights:
        np.testing.assert_array_equal(after[weight.path], weight)
    for name in matrices:
        np.testing.assert_array_equal(after[name], before[name])
    assert np.abs(after["conv1_1/kernel"] - before["conv1_1/kernel"]).max() > 0


def test_a_weights_file_gives_all_of_them(fcn8s, tmp_path):
    fcn8s.save_weights(tmp_path / "best.weights.h5")
    network = zoo.build("fcn8s_vgg", CLASSES, SIZE, WIDTH)
    start = start_from(network, str(tmp_path / "best.weights.h5"))
    assert start.lacking == start.left_out == [] and "score-fr" in start.taken
    for weight, expected in zip(network.weights, fcn8s.weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_a_source_that_does_not_exist_is_named(fcn8s):
    with pytest.raises(ValueError, match="There is no /nowhere.weights.h5 to start from; give a best.weights.h5 or"):
        start_from(fcn8s, "/nowhere.weights.h5")


@pytest.mark.parametrize(
    ("name", "width", "message"),
    [
        (
            "segnet",
            WIDTH,
            "holds fc6/bias, for which segnet has no place; choose another source, or take what fits with",
        ),
        ("fcn8s_vgg", 0.06, "conv2_1/kernel of .* is 3x3x4x4, but fcn8s has 3x3x4x8: take the same `width`"),
    ],
)
def test_weights_of_another_network_are_refused(name, width, message, saved):
    with pytest.raises(ValueError, match=message):
        start_from(zoo.build(name, CLASSES, (64, 64), width), saved)


@pytest.mark.parametrize("form", ["file", "SavedModel"])
def test_partly_the_layers_of_the_same_name_and_shapes_are_taken(form, fcn8s, saved, tmp_path):
    """Deeplab's trunk starts from an FCN8s; its classifiers have other names, and a trunk of another width other
    shapes."""
    source = saved
    if form == "file":
        source = str(tmp_path / "best.weights.h5")
        fcn8s.save_weights(source)
    network = zoo.build("deeplab_v2_vgg", CLASSES, SIZE, WIDTH)
    before = {weight.path: weight.numpy() for weight in network.weights}
    start = start_from(network, source, partly=True)
    trunk = [f"conv{stage}_{i}" for stage, count in enumerate((2, 2, 3, 3, 3), start=1) for i in range(1, count + 1)]
    assert start.taken == trunk
    assert start.lacking == [f"{name}_{i}" for name in ("fc6", "fc7", "fc8_voc12") for i in range(1, 5)]
    assert {"fc6", "fc7", "score-fr", "score-pool4", "upsample"} <= set(start.left_out)
    source_weights = {weight.path: weight.numpy() for weight in fcn8s.weights}
    for weight in network.weights:
        expected = source_weights if weight.path.split("/")[0] in trunk else before
        np.testing.assert_array_equal(weight, expected[weight.path])


def test_a_layer_of_which_one_weight_does_not_fit_is_left_out_whole(fcn8s, tmp_path):
    """Scores of another number of classes: the kernels differ, and so do the biases."""
    fcn8s.save_weights(tmp_path / "best.weights.h5")
    network = zoo.build("fcn8s_vgg", CLASSES + 1, SIZE, WIDTH)
    start = start_from(network, str(tmp_path / "best.weights.h5"), partly=True)
    assert set(start.lacking) == set(start.left_out) and {"score-fr", "score-pool3"} <= set(start.lacking)
    assert {"conv1_1", "fc7"} <= set(start.taken)


@pytest.mark.parametrize("form", ["file", "SavedModel"])
def test_a_source_without_a_layer_that_fits_is_refused(form, saved, fcn8s, tmp_path):
    source = saved
    if form == "file":
        source = str(tmp_path / "best.weights.h5")
        fcn8s.save_weights(source)
    with pytest.raises(ValueError, match="has no layer in common with enet; choose another source"):
        start_from(zoo.build("enet", CLASSES, (64, 64), WIDTH), source, partly=True)


@pytest.mark.parametrize("partly", [False, True])
@pytest.mark.parametrize("form", ["link", "link to a link", "group", "bytes", "view", "view by a second name"])
def test_weights_that_lie_in_another_file_are_refused(form, partly, fcn8s, tmp_path):
    source, other = tmp_path / "best.weights.h5", tmp_path / "other.h5"
    fcn8s.save_weights(source)
    with h5py.File(source, "a") as file, h5py.File(other, "w") as elsewhere:
        group = next(group for group in _groups(file) if group.attrs.get("name") == "conv1_1")
        elsewhere["kernel"] = values = group["0"][()]
        del group["0"]
        if form == "bytes":
            (tmp_path / "bytes").write_bytes(values.tobytes())
            group.create_dataset("0", values.shape, "f4", external=[(str(tmp_path / "bytes"), 0, values.nbytes)])
        elif form.startswith("view"):
            layout = h5py.VirtualLayout(values.shape, "f4")
            layout[...] = h5py.VirtualSource(str(other), "kernel", values.shape)
            if form == "view":
                group.create_virtual_dataset("0", layout)
            else:
                group["0"] = file.create_group("views").create_virtual_dataset("kernel", layout)
        elif form == "group":
            elsewhere["vars/0"] = values
            parent, name = group.parent, group.name.rpartition("/")[2]
            del parent[name]
            parent[name] = h5py.ExternalLink(str(other), "vars")
        else:
            file["elsewhere"] = h5py.ExternalLink(str(other), "kernel")
            group["0"] = (
                h5py.SoftLink("/elsewhere") if form == "link to a link" else file.get("elsewhere", getlink=True)
            )
    with pytest.raises(ValueError, match="in another file; save the weights anew, in one file"):
        start_from(fcn8s, str(source), partly)


@pytest.mark.parametrize("partly", [False, True])
@pytest.mark.parametrize("form", ["text", "nothing", "cut off", "cut at its end"])
def test_a_file_that_is_no_hdf5_is_refused_in_a_sentence(form, partly, fcn8s, tmp_path):
    source = tmp_path / "best.weights.h5"
    fcn8s.save_weights(source)
    whole = source.read_bytes()
    source.write_bytes({"text": b"weights", "nothing": b"", "cut off": whole[:200], "cut at its end": whole[:-8]}[form])
    with pytest.raises(ValueError, match="best.weights.h5 cannot be read as a file of weights .*; give a best") as told:
        start_from(fcn8s, str(source), partly)
    assert "\n" not in str(told.value)


def _groups(file):
    found = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Group) else None)
    return found


def test_the_state_of_an_optimizer_is_no_layer(tmp_path):
    network = zoo.build("enet", CLASSES, (24, 24), 0.1)
    network.compile("adam")
    network.optimizer.build(network.trainable_variables)
    network.save_weights(tmp_path / "state_0.weights.h5")
    start = start_from(zoo.build("enet", CLASSES, (24, 32), 0.1), str(tmp_path / "state_0.weights.h5"), partly=True)
    assert start.lacking == start.left_out == []
