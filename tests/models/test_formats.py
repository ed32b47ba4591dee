"""Files that are no SavedModel: what is said of them, and that the lines work when they are pasted."""

import shlex
import subprocess
import sys
import zipfile

import h5py
import keras
import pytest
import tensorflow as tf

from tests.models.strangers import IMAGES, KERNEL
from tfadvseg.models.formats import advice
from tfadvseg.models.frozen import to_saved_model


@pytest.fixture(scope="module")
def keras_model():
    images = keras.Input((None, None, 3))
    return keras.Model(images, keras.layers.Conv2D(4, 3, padding="same")(images))


@pytest.fixture
def pb(tmp_path):
    """A frozen graph from ImageTensor to SemanticPredictions."""
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.uint8, [1, None, None, 3], "ImageTensor")
        scores = tf.nn.conv2d(tf.cast(images, tf.float32), KERNEL, 1, "SAME")
        tf.argmax(scores, 3, name="SemanticPredictions")
    path = tmp_path / "frozen net.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def pasted(path):
    """Runs the last line of the advice as it stands."""
    line = advice(path).splitlines()[-1]
    assert line.startswith("python -c ")
    subprocess.run(line.replace("python", shlex.quote(sys.executable), 1), shell=True, check=True, capture_output=True)


def test_a_keras_file(tmp_path, keras_model):
    path = tmp_path / "my 'net'.keras"
    keras_model.save(path)
    assert f"is a file of Keras {keras.__version__}; this makes a SavedModel of it" in advice(path)
    pasted(path)
    served = tf.saved_model.load(str(path.with_suffix(""))).signatures["serving_default"]
    assert next(iter(served(IMAGES).values())).shape[-1] == 4


def test_a_frozen_graph_with_its_own_ends(pb):
    assert 'inputs=["ImageTensor:0"], outputs=["SemanticPredictions:0"]' in advice(pb)
    pasted(pb)
    served = tf.saved_model.load(str(pb.with_suffix(""))).signatures["serving_default"]
    assert served(ImageTensor=tf.zeros((1, 4, 6, 3), tf.uint8))["SemanticPredictions"].shape == (1, 4, 6)


def test_a_tensor_that_a_frozen_graph_has_not(pb, tmp_path):
    with pytest.raises(ValueError, match="its inputs are ImageTensor:0, it ends in SemanticPredictions:0"):
        to_saved_model(pb, tmp_path / "net", ["ImageTensor:0"], ["Predictions:0"])


@pytest.mark.parametrize(
    ("version", "told"),
    [("2.15.0", "venv-keras2/bin/python -c 'import tf_keras;"), ("3.15.1", "python -c 'import keras;")],
)
def test_whole_networks_of_both_kinds_of_keras_in_h5(tmp_path, version, told):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = version, "{}"
    assert f"is a file of Keras {version}" in advice(path)
    assert advice(path).splitlines()[-1].startswith(told)


@pytest.mark.parametrize("version", [[1.0, 2.0], b"\xff", "2 x", h5py.Empty("f")])
def test_a_network_whose_version_is_none_is_refused(tmp_path, version):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = version, "{}"
    with pytest.raises(ValueError, match=r"net\.h5 cannot be read as a file of Keras \((it names no version|'utf-8')"):
        advice(path)


def test_weights_alone_are_no_network(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
    assert "of weights alone; build the network in Python" in advice(path)


def test_the_graph_of_a_saved_model_is_not_a_frozen_one(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    assert advice(tmp_path / "saved_model.pb").endswith(f"name its folder, --saved_model={tmp_path}.")


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "net.pb"])
def test_damaged_files_are_refused_in_a_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(ValueError, match=f"{name} cannot be read as"):
        advice(tmp_path / name)


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ("[]", "it names no version"),
        ('{"keras_version": 3}x', "Extra data"),
        ("{}", "it names no version"),
        ('{"keras_version": "3 \\u001b[2J"}', "it names no version"),
        (" " * (1 << 20) + "{}", "1,048,578"),
        (None, "metadata.json"),
    ],
)
def test_a_whole_archive_with_other_things_in_it_is_refused(tmp_path, metadata, said):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json" if metadata is None else "metadata.json", metadata or "{}")
    with pytest.raises(ValueError, match=rf"net\.keras cannot be read as a file of Keras \(.*{said}"):
        advice(path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a net.onnx", "onnx2tf -i '{}/a net.onnx' -o '{}/a net' -osd"),
        ("net.pt", "onnx2tf -i net.onnx -o {}/net -osd"),
        ("net.tflite", "cannot be attacked"),
    ],
)
def test_others(tmp_path, name, told):
    (tmp_path / name).touch()
    assert told.format(tmp_path, tmp_path) in advice(tmp_path / name)


def test_folders_and_what_nobody_knows(tmp_path):
    (tmp_path / "net.xyz").touch()
    assert advice(tmp_path) is None and advice(tmp_path / "net.xyz") is None and advice(tmp_path / "no.onnx") is None
