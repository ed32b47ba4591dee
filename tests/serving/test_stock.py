"""What this package writes needs no more than a stock server; what needs more is found wherever a graph hides it."""

import pathlib
import shutil

import pytest
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.models.strangers import images_of, save
from tfadvseg.models import safety
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.servable import export_servable
from tfadvseg.serving.stock import check_stock
from tfadvseg.transforms import DEFENSES, named

ROOT = pathlib.Path(__file__).parents[2]
SPEC = images_of(None, 16, 24, 3)


@pytest.mark.parametrize("folder", sorted((ROOT / "saved_models").glob("*/1")), ids=lambda folder: folder.parent.name)
def test_what_lies_in_saved_models_is_stock(folder):
    check_stock(folder)


def test_what_is_exported_is_stock(served_folder, enet_folder, conv_model, tmp_path):
    check_stock(served_folder)
    check_stock(enet_folder)
    every = "+".join(DEFENSES)
    check_stock(export_servable(randomised(conv_model, named(every)), "conv", {"transform": every}, tmp_path))


FORBIDDEN = {
    "EagerPyFunc, which runs Python code": lambda x: tf.py_function(lambda y: y, [x], tf.float32),
    "PyFunc, which runs Python code": lambda x: tf.numpy_function(lambda y: y, [x], tf.float32),
    "ReadFile, which reads files": lambda x: tf.strings.length(tf.io.read_file("/etc/hostname")),
    "WriteFile, which writes to files": lambda x: tf.io.write_file("out", "text"),
    "XlaSort, which wants XLA": xla.sort,
    "wants XLA .jit_compile.": tf.function(tf.abs, jit_compile=True),
    "CudnnRNNParamsSize, which does not run on a CPU": lambda x: tf.raw_ops.CudnnRNNParamsSize(
        num_layers=1, num_units=1, input_size=1, T=tf.float32, S=tf.int32
    ),
}


def beside(side_effect, images):
    """The images, after a side effect."""
    with tf.control_dependencies(tf.nest.flatten([side_effect(images)])):
        return tf.identity(images)


def in_a_function(side_effect, images):
    inner = tf.function(lambda x: beside(side_effect, x))
    return tf.function(lambda x: inner(x) + 1)(images)


def in_a_branch_of_a_loop(side_effect, images):
    def body(n, x):
        return n + 1, tf.cond(n > 0, lambda: in_a_function(side_effect, x), lambda: x)

    return tf.while_loop(lambda n, x: n < 2, body, [0, images])[1]


def in_a_map(side_effect, images):
    return tf.map_fn(lambda image: beside(side_effect, image), images)


@pytest.mark.parametrize("place", [in_a_function, in_a_branch_of_a_loop, in_a_map])
@pytest.mark.parametrize("found", FORBIDDEN)
def test_what_a_stock_server_lacks_is_found_at_any_depth(tmp_path, place, found):
    save(tmp_path / "net", lambda net, images: net(place(FORBIDDEN[found], images)), SPEC)
    with pytest.raises(ValueError, match=rf"net cannot be served by every TensorFlow server: its .*{found}") as caught:
        check_stock(tmp_path / "net")
    assert "\n" not in str(caught.value)


def loop_bodies(graph):
    """Names of functions that are the body of a loop."""
    return {node.attr["body"].func.name for _, node in safety.operations(graph) if "body" in node.attr}


@pytest.fixture
def changed(served_folder, tmp_path):
    """(change) -> the served model with its graph changed."""

    def make(change):
        folder = tmp_path / "changed"
        shutil.copytree(served_folder, folder)
        file = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
        change(file.meta_graphs[0])
        (folder / "saved_model.pb").write_bytes(file.SerializeToString())
        return folder

    return make


MUTANTS = {
    "XlaCallModule": "wants XLA",
    "_XlaRun": "runs foreign code",
    "_FusedConv2D": "is no op of TensorFlow alone",
    "WordpieceTokenizeWithOffsets": "is no op of TensorFlow,",
    "NcclAllReduce": "talks to other",
    "EagerPyFunc": "runs Python",
    "RpcCall": "talks to other",
    "CudnnRNN": "does not run on a CPU",
}


@pytest.mark.parametrize("op", MUTANTS)
@pytest.mark.parametrize("place", ["graph", "loop"])
def test_one_foreign_node_is_enough(changed, place, op):
    def change(graph):
        bodies = [f for f in graph.graph_def.library.function if f.signature.name in loop_bodies(graph)]
        assert len(bodies) > 3  # the attack's, the draws' and the decoder's among them
        (graph.graph_def.node if place == "graph" else bodies[-1].node_def).add(name="mutant", op=op)

    where = "its graph" if place == "graph" else r"its function \S+"
    with pytest.raises(ValueError, match=f"{where} holds {op}, which {MUTANTS[op]}"):
        check_stock(changed(change))


def test_what_wants_xla_is_told_how_to_be_served(tmp_path):
    save(tmp_path / "net", lambda net, images: tf.function(net, jit_compile=True)(images), SPEC)
    with pytest.raises(ValueError, match="; on a CPU TensorFlow Serving has XLA with --xla_cpu_compilation_enabled.$"):
        check_stock(tmp_path / "net")


@pytest.mark.parametrize("attribute", ["_XlaMustCompile", "_XlaCompile"])
@pytest.mark.parametrize("on", ["function", "node"])
@pytest.mark.parametrize("value", [True, False])
def test_a_compiler_is_asked_for_by_functions_and_by_calls(changed, on, attribute, value):
    def change(graph):
        function = graph.graph_def.library.function[-1]
        (function if on == "function" else function.node_def[0]).attr[attribute].b = value

    folder = changed(change)
    if not value:
        check_stock(folder)
        return
    with pytest.raises(ValueError, match=r"its function \S+ (holds \w+, which )?wants XLA \(jit_compile\)"):
        check_stock(folder)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff")
    with pytest.raises(ValueError, match="it may be damaged"):
        check_stock(tmp_path)
