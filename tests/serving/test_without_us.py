"""Every signature in a process that can import neither Keras nor this package, by both of TensorFlow's loaders and by
its command line."""

import subprocess
import sys

import numpy as np
import pytest

from tests.serving import served

WITHOUT = """
import sys
OURS = "keras", "tf_keras", "tfadvseg", "pipelines"
sys.modules.update(dict.fromkeys(OURS))  # TensorFlow would import Keras by itself; now nobody can
"""
FRESH = (
    WITHOUT
    + """
import pathlib
import numpy as np, tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(2)
folder, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
loaded = tf.saved_model.load(folder)
v1 = tf.compat.v1
graph = v1.Graph()
session = v1.Session(graph=graph, config=v1.ConfigProto(intra_op_parallelism_threads=2))
with graph.as_default():
    told = v1.saved_model.loader.load(session, ["serve"], folder).signature_def
for path in scratch.glob("*.in.npz"):
    name, given = path.name.split(".")[0], dict(np.load(path, allow_pickle=True))
    found = loaded.signatures[name](**{key: tf.constant(array) for key, array in given.items()})
    np.savez(scratch / f"{name}.load.npz", **{key: value.numpy() for key, value in found.items()})
    fetched = {key: tensor.name for key, tensor in told[name].outputs.items()}
    values = session.run(fetched, {told[name].inputs[key].name: array for key, array in given.items()})
    np.savez(scratch / f"{name}.loader.npz", **values)
print([name for name, module in sys.modules.items() if module and name.partition(".")[0] in OURS])
"""
)
CLI = WITHOUT + "from tensorflow.python.tools.saved_model_cli import main; sys.argv[0] = 'saved_model_cli'; main()"


def without_us(code, *arguments):
    """What a process prints that can import neither Keras nor the package."""
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def fresh(served_folder, served_answers, tmp_path_factory):
    """{(signature, loader): {output: array}}."""
    scratch = tmp_path_factory.mktemp("fresh")
    for name in served_answers:
        np.savez(scratch / f"{name}.in.npz", **served.inputs(served_folder, name))
    assert without_us(FRESH, served_folder, scratch).splitlines()[-1] == "[]"
    return {
        (name, loader): dict(np.load(scratch / f"{name}.{loader}.npz", allow_pickle=True))
        for name in served_answers
        for loader in ("load", "loader")
    }


@pytest.mark.parametrize("loader", ["load", "loader"])
def test_every_signature_answers_bit_by_bit(fresh, served_answers, loader):
    for name, expected in served_answers.items():
        found = fresh[name, loader]
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            assert found[key].dtype == array.dtype and found[key].shape == array.shape
            if name != served.DRAWN:
                np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")


def test_the_command_line_shows_every_signature_with_its_tensors(served_folder, served_answers):
    shown = without_us(CLI, "show", "--dir", served_folder, "--all")
    for name, expected in served_answers.items():
        part = shown.partition(f"signature_def['{name}']:")[2].partition("signature_def[")[0]
        for key in (*expected, *served.inputs(served_folder, name)):
            assert f"['{key}'] tensor_info" in part


def test_the_command_line_runs_a_signature_on_an_array(served_folder, served_answers, tmp_path):
    np.save(tmp_path / "images.npy", served.inputs(served_folder, "serving_default")["images"])
    without_us(
        CLI,
        "run",
        "--dir",
        served_folder,
        "--tag_set",
        "serve",
        "--signature_def",
        "serving_default",
        "--inputs",
        f"images={tmp_path}/images.npy",
        "--outdir",
        tmp_path,
    )
    for key, array in served_answers["serving_default"].items():
        found = np.load(tmp_path / f"{key}.npy")
        if array.dtype.kind == "f":  # the command line sets no number of threads, and sums follow it
            np.testing.assert_allclose(found, array, rtol=1e-5)
        else:
            assert (found == array).mean() > 0.999


def test_the_command_line_finds_nothing_to_warn_of(served_folder):
    assert "does not contain the default denylisted ops" in without_us(
        CLI, "scan", "--dir", served_folder, "--tag_set", "serve"
    )
