"""A SavedModel is a program: what in its graph does more than compute, found before anything of it is run.

TensorFlow runs whatever a graph holds, and a graph can read and write files, call Python and talk to other machines. A
network needs none of that. Its saver alone reads and writes, where it is told to.
"""

import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tfadvseg.models.signatures import damaged

SAVER = re.compile(r"(Save|Restore|DTensorRestore)(V2|Slices|Slice)?|MergeV2Checkpoints|DistributedSave")
"""Ops that a saver is made of."""

KINDS = {
    "runs Python code": re.compile(r"(Eager)?PyFunc(Stateless)?"),
    "writes to files": re.compile(
        r"WriteFile|DumpTensor|Debug\w+|\w*Summary(File|Db)?Writer\w*|Write\w*Summary|CalibrationStatisticsSaver|"
        r"(Experimental)?DatasetToTFRecord|SaveDataset\w*|DistributedSave"
    ),
    "reads files": re.compile(
        r"ReadFile|(Experimental)?MatchingFiles\w*|\w*Reader(V2)?|Reader[A-Z]\w*|RecordInput|LoadAndRemapMatrix|"
        r"InitializeTableFromTextFile\w*|\w*(TFRecord|TextLine|FixedLengthRecord|LMDB|Sql|CSV|Snapshot|SnapshotChunk)"
        r"Dataset\w*|LoadDataset|CacheDataset\w*|ListSnapshotChunksDataset"
    ),
    "talks to other programs or machines": re.compile(
        r"Rpc\w+|DeleteRpc\w+|(Register)?DataService\w*|RegisterDataset\w*|_?(Host)?(Send|Recv)|RemoteCall|"
        r"Collective\w+|_?Nccl\w+|WorkerHeartbeat|FileSystemSetConfiguration|\w*TPU[A-Z]\w*"
    ),
    "runs foreign machine code": re.compile(r"XlaCustomCall\w*|XlaHostCompute|_Xla\w*"),
}
"""What an op does beside computing, by its name; `PrintV2` depends on where it prints."""

PRINTS = ("stdout", "stderr", "log(info)", "log(warning)", "log(error)")
ADVICE = (
    "a SavedModel is a program, so load this one only if you know who made it, with --trust (in Python trusted=True)"
)


class _Part(NamedTuple):
    """A graph or a function of it. where: its name in words. arguments: names of its inputs."""

    where: str
    nodes: dict[str, Any]
    arguments: frozenset[str]


def check(folder: pathlib.Path) -> None:
    """ValueError, which names the op and the function that holds it, where a SavedModel's graph does more than compute,
    or needs an op that is not TensorFlow's."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    try:
        file = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    except DecodeError as error:
        raise damaged(folder, error) from error
    for graph in file.meta_graphs:
        for found in _suspicions(graph):
            raise ValueError(f"{folder} is not loaded: {found}; {ADVICE}.")


def _suspicions(meta: Any) -> Iterator[str]:
    """A phrase each."""
    for asset in meta.asset_file_def:
        path = pathlib.PurePosixPath(asset.filename)
        if path.is_absolute() or ".." in path.parts:
            yield f"its asset {asset.filename!r} lies outside of its folder"
    library = {f.signature.name: _function(f) for f in meta.graph_def.library.function}
    graph = _Part("its graph", {node.name: node for node in meta.graph_def.node}, frozenset())
    saver, saver_functions = _of_saver(meta, graph, library)
    for part, own in ((graph, saver), *((part, {}) for part in library.values())):
        saves = part is graph or part.where in saver_functions
        for node in part.nodes.values():
            if SAVER.fullmatch(node.op):
                if not (saves and (part is not graph or node.name in own)):
                    yield f"{part.where} holds {node.op}, which reads or writes files, outside of its saver"
                elif not _told_where(node, part):
                    yield f"{part.where} holds {node.op} for a file of its own choice"
            elif what := _does(node, library):
                yield f"{part.where} holds {node.op}, which {what}"


def _does(node: Any, library: dict[str, _Part]) -> str | None:
    """What an op does beside computing; None for one that only computes, and for a call of the graph's functions."""
    from tensorflow.python.framework import op_def_registry

    for what, names in KINDS.items():
        if names.fullmatch(node.op):
            return what
    if node.op == "PrintV2" and node.attr["output_stream"].s.decode() not in ("", *PRINTS):
        return "writes to files"
    if node.op not in library and op_def_registry.get(node.op) is None:
        return "is no op of TensorFlow, so comes from a library of its own"
    return None


def _function(definition: Any) -> _Part:
    arguments = frozenset(argument.name for argument in definition.signature.input_arg)
    return _Part(
        f"its function {definition.signature.name}", {node.name: node for node in definition.node_def}, arguments
    )


def _of_saver(meta: Any, graph: _Part, library: dict[str, _Part]) -> tuple[set[str], set[str]]:
    """(the graph's nodes that only its saver needs, the functions that only these call, as `_Part.where`)."""
    saver = meta.saver_def
    ends = [saver.save_tensor_name, saver.restore_op_name]
    run = [tensor.name for signature in meta.signature_def.values() for tensor in signature.outputs.values()]
    run += [name for collection in meta.collection_def.values() for name in collection.node_list.value]  # TensorFlow 1
    needed = _behind(run, graph)
    nodes = {name for name in _behind(ends, graph) if name not in needed}
    called = _called((graph.nodes[name] for name in nodes), library)
    others = _called((node for name, node in graph.nodes.items() if name not in nodes), library)
    return nodes, {library[name].where for name in called - others}


def _behind(names: Iterable[str], part: _Part) -> set[str]:
    """The nodes that these need."""
    found, waiting = set[str](), [_node(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in part.nodes and name not in found:
            found.add(name)
            waiting += [_node(given) for given in part.nodes[name].input]
    return found


def _node(tensor: str) -> str:
    """The node of a tensor, or of ^control."""
    return tensor.removeprefix("^").partition(":")[0]


def _called(nodes: Iterable[Any], library: dict[str, _Part]) -> set[str]:
    """The functions that nodes call, and those that these call."""
    found, waiting = set[str](), list(nodes)
    while waiting:
        node = waiting.pop()
        for name in _functions(node):
            if name in library and name not in found:
                found.add(name)
                waiting += library[name].nodes.values()
    return found


def _functions(node: Any) -> Iterator[str]:
    """Names of functions that a node may call."""
    yield node.op
    for attribute in node.attr.values():
        yield from (one.name for one in (attribute.func, *attribute.list.func) if one.name)


def _told_where(node: Any, part: _Part) -> bool:
    """Whether the file that an op of a saver takes is what its caller says, with no more than a plain ending."""
    waiting, told = [node.input[0]], False
    seen = set[str]()
    while waiting:
        name = _node(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        if name in part.arguments or (name in part.nodes and part.nodes[name].op.startswith("Placeholder")):
            told = True
        elif name in part.nodes and part.nodes[name].op == "Const":
            texts = part.nodes[name].attr["value"].tensor.string_val
            if any(".." in pathlib.PurePosixPath(text.decode(errors="replace")).parts for text in texts):
                return False
        elif name in part.nodes:
            waiting += part.nodes[name].input
    return told
