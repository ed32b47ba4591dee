"""A C program on TensorFlow's C API answers every signature, bit by bit as this process does."""

import pathlib
import shutil
import struct
import subprocess
import sysconfig

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.serving import served

SOURCE = pathlib.Path(__file__).with_name("serve.c")
COMPILER = shutil.which("gcc") or shutil.which("cc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler; gcc or cc makes the program of this proof")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """serve.c, linked with the libraries and by the headers in TensorFlow's wheel."""
    libraries = pathlib.Path(tf.sysconfig.get_lib())
    made = tmp_path_factory.mktemp("c") / "serve"
    found = [sorted(libraries.glob(f"libtensorflow_{part}.so.*"))[0] for part in ("cc", "framework")]
    call = [
        COMPILER,
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{tf.sysconfig.get_include()}",
        SOURCE,
        "-o",
        made,
        f"-Wl,-rpath,{libraries}",
        *found,
    ]
    subprocess.run(list(map(str, call)), check=True)
    return made


def packed(array):
    """An array as serve.c reads it."""
    if array.dtype == object:
        return b"".join(struct.pack("<Q", len(text)) + text for text in array.ravel())
    return array.tobytes()


def unpacked(data, expected):
    """What serve.c wrote, in the shape and type of an array."""
    if expected.dtype != object:
        return np.frombuffer(data, expected.dtype).reshape(expected.shape)
    texts = []
    while data:
        end = 8 + struct.unpack("<Q", data[:8])[0]
        texts.append(data[8:end])
        data = data[end:]
    return np.array(texts, object).reshape(expected.shape)


def answers(program, folder, name, scratch, expected):
    """{output: array} of a signature, in the types and shapes of those expected."""
    graph = SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0]
    signature, lines = graph.signature_def[name], []
    for key, array in served.inputs(folder, name).items():
        (scratch / key).write_bytes(packed(array))
        node, _, index = signature.inputs[key].name.partition(":")
        sides = " ".join(map(str, array.shape))
        lines.append(f"feed {node} {index} {signature.inputs[key].dtype} {scratch / key} {sides}")
    for key in expected:
        node, _, index = signature.outputs[key].name.partition(":")
        lines.append(f"fetch {node} {index} {scratch / key}.out")
    told = "\n".join(lines) + "\n"
    done = subprocess.run([program, folder], input=told, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {key: unpacked((scratch / f"{key}.out").read_bytes(), array) for key, array in expected.items()}


def test_it_has_no_python(program):
    """Neither in what it links, nor in the library's own."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    assert "libtensorflow_cc" in linked and "python" not in linked.replace(sysconfig.get_paths()["purelib"], "").lower()


def test_every_signature_answers_bit_by_bit_as_in_python(program, served_folder, served_answers, tmp_path):
    for name, expected in served_answers.items():
        found = answers(program, served_folder, name, tmp_path, expected)
        if name == served.DRAWN:
            assert (found["labels"] != expected["labels"]).any()
            continue
        for key, array in expected.items():
            np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")


def test_a_damaged_file_is_told_and_not_answered(program, served_folder, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(served_folder, broken)
    (broken / "variables" / "variables.index").write_bytes(b"nothing")
    done = subprocess.run([program, broken], input="", capture_output=True, text=True)
    assert done.returncode == 1 and str(broken) in done.stderr
