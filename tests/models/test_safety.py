"""A SavedModel whose graph does more than compute is not loaded, and the sentence names the op and its function."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.models.strangers import IMAGES, Net, images_of, network, save
from tfadvseg.models import load
from tfadvseg.models.safety import KINDS, check, suspicions

SPEC = images_of(None, 16, 24, 3)


def through(side_effect):
    """A network that does something beside."""

    def serve(net, images):
        with tf.control_dependencies([side_effect(images)]):
            return net(images)

    return serve


def python(images):
    return tf.py_function(lambda x: x, [images], tf.float32)


BESIDE = {
    "WriteFile": lambda images: tf.io.write_file("out", tf.strings.as_string(images[0, 0, 0, 0])),
    "ReadFile": lambda images: tf.io.read_file("/etc/hostname"),
    "MatchingFiles": lambda images: tf.io.matching_files("/etc/*"),
    "EagerPyFunc": python,
    "PyFunc": lambda images: tf.numpy_function(lambda x: x, [images], tf.float32),
    "PrintV2": lambda images: tf.print(images[0, 0, 0, 0], output_stream="file:///dev/null"),
    "SaveV2": lambda images: tf.raw_ops.SaveV2(
        prefix="out", tensor_names=["x"], shape_and_slices=[""], tensors=[images]
    ),
    "RestoreV2": lambda images: tf.raw_ops.RestoreV2(
        prefix="out", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0],
    "TextLineDataset": lambda images: tf.data.TextLineDataset("/etc/hostname").reduce(0, lambda n, _: n + 1),
    "DebugIdentityV3": lambda images: tf.raw_ops.DebugIdentityV3(input=images, debug_urls=["file:///dev/null"]),
}


@pytest.mark.parametrize("op", BESIDE)
def test_an_op_that_does_more_than_compute_is_named_with_its_function(tmp_path, op):
    save(tmp_path / "net", through(BESIDE[op]), SPEC)
    with pytest.raises(ValueError, match=rf"net is not loaded: its function \S+ holds {op}, which .*--trust") as caught:
        load(tmp_path / "net")
    assert "\n" not in str(caught.value)


def test_who_trusts_it_loads_it(tmp_path):
    save(tmp_path / "net", through(lambda images: tf.io.read_file("/etc/hostname")), SPEC)
    model = load(tmp_path / "net", trusted=True)
    np.testing.assert_allclose(model(IMAGES), network(IMAGES), atol=1e-4)
    assert model.spec.digest == load(tmp_path / "net", trusted=True).spec.digest


@pytest.mark.parametrize("beside", [lambda images: tf.print(images[0, 0, 0, 0]), lambda images: tf.shape(images)])
def test_what_only_computes_or_tells_is_loaded(tmp_path, beside):
    save(tmp_path / "net", through(beside), SPEC)
    check(tmp_path / "net")


def changed(folder, change):
    """Rewrites the graph of a SavedModel."""
    file = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    change(file.meta_graphs[0])
    (folder / "saved_model.pb").write_bytes(file.SerializeToString())


def nodes(meta):
    yield from meta.graph_def.node
    for function in meta.graph_def.library.function:
        yield from function.node_def


@pytest.fixture
def plain(tmp_path):
    save(tmp_path / "net", lambda net, images: net(images), SPEC)
    check(tmp_path / "net")
    return tmp_path / "net"


def test_an_op_that_tensorflow_does_not_know_is_of_a_library_of_its_own(plain):
    def change(meta):
        next(node for node in nodes(meta) if node.op == "Conv2D").op = "FasterConv2D"

    changed(plain, change)
    with pytest.raises(ValueError, match="FasterConv2D, which is no op of TensorFlow, so comes from a library of its"):
        check(plain)


def test_a_saver_that_chooses_its_file_is_refused(plain):
    """By a path that leads up, and by one that has nothing of the caller's."""

    def up(meta):
        for node in nodes(meta):
            values = node.attr["value"].tensor.string_val if node.op == "Const" else []
            if any(value.endswith(b"part") for value in values):
                values[0] = b"/../../../tmp/part"

    def elsewhere(meta):
        """Merges what was told into a file of its own."""
        function = next(f for f in meta.graph_def.library.function if any(n.op == "SaveV2" for n in f.node_def))
        prefix = function.node_def.add(name="mine", op="Const")
        prefix.attr["value"].tensor.string_val.append(b"/tmp/weights")
        next(node for node in function.node_def if node.op == "MergeV2Checkpoints").input[1] = "mine:output:0"

    def joined(meta):
        """Its own path, with nothing of what was told behind it."""
        function = next(f for f in meta.graph_def.library.function if any(n.op == "RestoreV2" for n in f.node_def))
        mine = function.node_def.add(name="mine", op="Const")
        mine.attr["value"].tensor.string_val.append(b"/etc/x")
        both = function.node_def.add(name="both", op="StringJoin", input=["mine:output:0", "file_prefix"])
        assert both is not None
        next(node for node in function.node_def if node.op == "RestoreV2").input[0] = "both:output:0"

    def called(meta):
        """The saver's own function, told another file by the graph."""
        mine = meta.graph_def.node.add(name="mine", op="Const")
        mine.attr["value"].tensor.string_val.append(b"/tmp/weights")
        name = meta.saver_def.save_tensor_name.partition(":")[0]
        next(node for node in meta.graph_def.node if node.name == name).input[0] = "mine"

    def own(meta):
        function = next(f for f in meta.graph_def.library.function if any(n.op == "RestoreV2" for n in f.node_def))
        prefix = function.node_def.add(name="mine", op="Const")
        prefix.attr["value"].tensor.string_val.append(b"/tmp/weights")
        for node in function.node_def:
            if node.op == "RestoreV2":
                node.input[0] = "mine:output:0"

    text = (plain / "saved_model.pb").read_bytes()
    changes = {
        up: "(SaveV2|MergeV2Checkpoints)",
        own: "RestoreV2",
        elsewhere: "MergeV2Checkpoints",
        joined: "RestoreV2",
        called: "StatefulPartitionedCall",
    }
    for change, op in changes.items():
        (plain / "saved_model.pb").write_bytes(text)
        changed(plain, change)
        with pytest.raises(ValueError, match=f"holds {op} for a file of its own choice"):
            check(plain)


def test_what_the_saver_may_do_a_signature_may_not(plain):
    """Calls the saver's own function behind a signature's answer."""

    def change(meta):
        graph = {node.name: node for node in meta.graph_def.node}
        answer = next(iter(meta.signature_def["serving_default"].outputs.values())).name.partition(":")[0]
        graph[answer].input.append(f"^{meta.saver_def.restore_op_name.partition(':')[0]}")

    changed(plain, change)
    with pytest.raises(ValueError, match="RestoreV2, which reads or writes files, outside of its saver"):
        check(plain)


def test_a_loader_may_not_be_led_into_the_saver(plain):
    """By a function that is listed among the file's objects, as the initialisation of a table is, and calls it."""

    def change(meta):
        save = next(f for f in meta.graph_def.library.function if any(n.op == "SaveV2" for n in f.node_def))
        function = meta.graph_def.library.function.add()
        function.signature.name = "start"
        prefix = function.node_def.add(name="mine", op="Const")
        prefix.attr["value"].tensor.string_val.append(b"/tmp/weights")
        call = function.node_def.add(name="call", op="StatefulPartitionedCall", input=["mine:output:0"])
        call.attr["f"].func.name = save.signature.name
        meta.object_graph_def.concrete_functions["start"].SetInParent()

    changed(plain, change)
    with pytest.raises(ValueError, match="which reads or writes files, outside of its saver"):
        check(plain)


def test_what_is_read_again_may_not_be_written_then(plain):
    def change(meta):
        graph = {node.name: node for node in meta.graph_def.node}
        restore = meta.saver_def.restore_op_name.partition(":")[0]
        graph[restore].input.append(f"^{meta.saver_def.save_tensor_name.partition(':')[0]}")

    changed(plain, change)
    with pytest.raises(ValueError, match="it writes files when it is loaded, by SaveV2 behind its restore operation"):
        check(plain)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd"])
def test_an_asset_outside_of_its_folder_is_refused(plain, name):
    changed(plain, lambda meta: setattr(meta.asset_file_def.add(), "filename", name))
    with pytest.raises(ValueError, match="its asset '.*' lies outside of its folder"):
        check(plain)


def test_a_graph_of_tensorflow_1_with_its_saver_is_loaded_and_one_that_writes_at_start_is_not(tmp_path):
    v1 = tf.compat.v1
    for name, at_start in (("good", False), ("bad", True)):
        with v1.Graph().as_default(), v1.Session() as session:
            images = v1.placeholder(tf.float32, (None, 16, 24, 3), "x")
            kernel = v1.get_variable("kernel", (3, 3, 3, 4), use_resource=True)
            scores = tf.nn.conv2d(images, kernel, 1, "SAME")
            session.run(v1.global_variables_initializer())
            builder = v1.saved_model.Builder(str(tmp_path / name))
            signature = v1.saved_model.predict_signature_def({"x": images}, {"scores": scores})
            start = tf.raw_ops.SaveV2(prefix="x", tensor_names=["k"], shape_and_slices=[""], tensors=[kernel])
            builder.add_meta_graph_and_variables(
                session, ["serve"], {"serving_default": signature}, main_op=start if at_start else None
            )
            builder.save()
    with pytest.raises(ValueError, match="holds SaveV2, which reads or writes files, outside of its saver"):
        check(tmp_path / "bad")
    check_of_rest = tmp_path / "good"

    def without_the_stray_save(meta):
        stray = [node for node in meta.graph_def.node if node.op == "SaveV2" and not node.name.startswith("save/")]
        for node in stray:
            meta.graph_def.node.remove(node)

    changed(check_of_rest, without_the_stray_save)
    check(check_of_rest)


def test_the_names_are_those_of_tensorflow_and_leave_out_what_networks_are_made_of():
    found = {what: [op.name for op in every_op() if names.fullmatch(op.name)] for what, names in KINDS.items()}
    assert all(found.values())
    refused = {name for names in found.values() for name in names}
    harmless = {
        "Conv2D", "MaxPoolWithArgmax", "ResizeBilinear", "StatefulPartitionedCall", "ReadVariableOp", "While", "If",
        "TensorArrayWriteV3", "DecodeJpeg", "XlaCallModule", "Assert", "Print", "StatelessRandomUniformV2", "Cast",
        "MergeSummary", "HashTableV2", "TensorListSetItem", "FusedBatchNormV3", "HostConst", "TensorDataset",
    }  # fmt: skip
    assert not refused & harmless
    files = {
        "ReadFile",
        "WholeFileReaderV2",
        "TFRecordDatasetV2",
        "ExperimentalCSVDataset",
        "LMDBReader",
        "RecordInput",
    }
    assert files <= set(found["reads files"])
    assert {"Send", "_Recv", "RpcCall", "CollectiveReduceV2"} <= set(found["talks to other programs or machines"])


def test_a_net_of_the_package_is_its_own_module(tmp_path):
    """A module with variables and no signature beside: its saver is known."""
    tf.saved_model.save(Net(), str(tmp_path / "net"))
    check(tmp_path / "net")


def every_op():
    from tensorflow.core.framework.op_def_pb2 import OpList
    from tensorflow.python.client import pywrap_tf_session

    return OpList.FromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())).op


def nested(tmp_path):
    """A network with a branch in a loop in a function."""

    def serve(net, images):
        def body(n, x):
            return n + 1, tf.cond(n > 0, lambda: tf.map_fn(tf.abs, x), lambda: x)

        return tf.function(lambda x: net(tf.while_loop(lambda n, _: n < 2, body, [0, x])[1]))(images)

    save(tmp_path / "net", serve, SPEC)
    return tmp_path / "net"


def inner_functions(meta):
    """The functions that the bodies of loops, and branches, are."""
    names = {node.attr[key].func.name for node in nodes(meta) for key in ("body", "then_branch") if key in node.attr}
    return [function for function in meta.graph_def.library.function if function.signature.name in names]


@pytest.mark.parametrize("place", ["the graph", "a body or a branch"])
def test_every_op_that_does_more_than_compute_is_found_in_the_graph_and_deep_in_it(tmp_path, place):
    """All that TensorFlow has of the kinds, one a graph, and the two of a saver's that read and write."""
    folder = nested(tmp_path)
    text = (folder / "saved_model.pb").read_bytes()
    refused = [op.name for op in every_op() if any(kind.fullmatch(op.name) for kind in KINDS.values())]
    assert len(refused) > 200
    for op in (*refused, "SaveV2", "RestoreV2"):
        file = SavedModel.FromString(text)
        (meta,) = file.meta_graphs
        inner = inner_functions(meta)
        assert len(inner) >= 3
        (meta.graph_def.node if place == "the graph" else inner[len(op) % len(inner)].node_def).add(
            name="mutant", op=op
        )
        where = "its graph" if place == "the graph" else "its function "
        found = list(suspicions(meta))
        assert len(found) == 1 and found[0].startswith(where) and f" holds {op}, which " in found[0], (op, found)


def test_no_op_that_only_computes_is_refused_in_a_loop(tmp_path):
    folder = nested(tmp_path)
    text = (folder / "saved_model.pb").read_bytes()
    for op in ("Conv2D", "DecodeImage", "EncodePng", "StatelessRandomUniformV2", "While", "LookupTableFindV2", "Abs"):
        (meta,) = SavedModel.FromString(text).meta_graphs
        inner_functions(meta)[0].node_def.add(name="fine", op=op)
        assert not list(suspicions(meta)), op


@pytest.mark.parametrize("where", ["in a loop", "in a table"])
def test_files_that_a_signature_reads_by_a_table_or_in_a_loop_are_refused(tmp_path, where):
    """A table of a text file is an asset, which the loader fills before anybody calls anything."""
    (tmp_path / "names.txt").write_text("road\ncar\n")

    class Named(tf.Module):
        def __init__(self):
            super().__init__()
            if where == "in a table":
                kinds = tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
                initial = tf.lookup.TextFileInitializer(str(tmp_path / "names.txt"), *kinds)
                self.table = tf.lookup.StaticHashTable(initial, -1)

        @tf.function(input_signature=[SPEC])
        def serve(self, images):
            if where == "in a table":
                return {"logits": images + tf.cast(self.table.lookup(tf.constant("car")), tf.float32)}
            for _ in tf.range(2):
                images += tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)
            return {"logits": images}

    net = Named()
    tf.saved_model.save(net, str(tmp_path / "net"), signatures=net.serve)
    op = "InitializeTableFromTextFileV2" if where == "in a table" else "ReadFile"
    with pytest.raises(ValueError, match=rf"its function \S+ holds {op}, which reads files"):
        check(tmp_path / "net")


def test_a_table_without_a_file_is_let_pass(tmp_path):
    net = tf.Module()
    net.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["car"], [1]), -1)
    serve = tf.function(lambda x: {"logits": x + tf.cast(net.table.lookup(tf.constant("car")), tf.float32)})
    tf.saved_model.save(net, str(tmp_path / "net"), serve.get_concrete_function(SPEC))
    check(tmp_path / "net")


@pytest.mark.parametrize("prefix", [b"/etc/x", b"../x", b"variables/variables"])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_restore_of_a_foreign_prefix_is_refused_however_deep(plain, prefix, depth):
    """The saver's function hands a prefix of its own to one that restores what it is told, or to one that hands it on;
    even the file's own variables are restored from where the loader says."""

    def change(meta):
        library = meta.graph_def.library.function
        restore = next(f for f in library if any(node.op == "RestoreV2" for node in f.node_def))
        callee = restore.signature.name
        for level in range(depth):
            function = library.add()
            function.signature.name = f"level_{level}"
            function.signature.input_arg.add(name="file_prefix", type=7)
            given = "file_prefix"
            if level == depth - 1:
                mine = function.node_def.add(name="mine", op="Const")
                mine.attr["value"].tensor.string_val.append(prefix)
                given = "mine:output:0"
            call = function.node_def.add(name="call", op="StatefulPartitionedCall", input=[given])
            call.attr["f"].func.name = callee
            callee = function.signature.name
        name = meta.saver_def.restore_op_name.partition(":")[0]
        next(node for node in meta.graph_def.node if node.name == name).attr["f"].func.name = callee

    changed(plain, change)
    with pytest.raises(
        ValueError, match=r"its function level_\d holds StatefulPartitionedCall for a file of its own ch"
    ):
        check(plain)
