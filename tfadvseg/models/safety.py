"""A SavedModel is a program: what in its graph does more than compute, found before anything of it is run.

TensorFlow runs whatever a graph holds, and a graph can read and write files, call Python and talk to other machines. A
network needs none of that. Its saver alone reads and writes, where it is told to.
"""

import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tfadvseg.confined import refuse_endless
from tfadvseg.models.signatures import damaged

SAVER = re.compile(r"(Save|Restore)(V2|Slices|Slice)?|DTensorRestoreV2|MergeV2Checkpoints")
"""Ops that a saver is made of."""
SAVING = re.compile(r"Save(V2|Slices)?|MergeV2Checkpoints")
"""Those that write."""
FILES_OF_SAVER = {"MergeV2Checkpoints": 2}
"""How many of an op's first inputs name files, where it is not one."""
JOINING = ("Identity", "StringJoin", "ShardedFilename", "Pack")
"""Ops through which a saver may hand on the name that it is told."""
DEEPEST = 8
"""Steps from a file's name to what the saver was told; who takes more, or goes in circles, is not followed."""
ENDING = re.compile(rb"[\w.-]*(/[\w.-]+)*")
"""What a saver adds to it: a file of its own, never one above it."""

KINDS = {
    "runs Python code": re.compile(r"(Eager)?PyFunc(Stateless)?"),
    "writes to files": re.compile(
        r"WriteFile|DumpTensor|Debug\w+|\w*Summary(File|Db)?Writer\w*|Write\w*Summary|CalibrationStatisticsSaver|"
        r"(Experimental)?DatasetToTFRecord|SaveDataset\w*|DistributedSave"
    ),
    "reads files": re.compile(
        r"ReadFile|(Experimental)?MatchingFiles\w*|\w*Reader(V2)?|Reader[A-Z]\w*|RecordInput|LoadAndRemapMatrix|"
        r"InitializeTableFromTextFile\w*|\w*(TFRecord|TextLine|FixedLengthRecord|LMDB|Sql|CSV|Snapshot|SnapshotChunk)"
        r"Dataset\w*|LoadDataset|CacheDataset\w*|ListSnapshotChunksDataset|GenerateVocabRemapping|(De|En)code\w*Proto\w*"
    ),
    "talks to other programs or machines": re.compile(
        r"Rpc\w+|DeleteRpc\w+|(Register)?DataService\w*|RegisterDataset\w*|_?(Host)?(Send|Recv)|RemoteCall|"
        r"Collective\w+|_?Nccl\w+|WorkerHeartbeat|FileSystemSetConfiguration|\w*TPU[A-Z]\w*"
    ),
    "runs foreign code": re.compile(r"XlaCustomCall\w*|XlaHostCompute|_Xla\w*|DatasetFromGraph"),
    "ends the process": re.compile(r"Abort"),
}
"""What an op does beside computing, by its name; `PrintV2` depends on where it prints. XlaCallModule, which JAX writes,
is let pass: what its program calls of the host cannot be seen here."""

PRINTS = ("stdout", "stderr", "log(info)", "log(warning)", "log(error)")
ADVICE = (
    "a SavedModel is a program, so load this one only if you know who made it, with --trust (in Python trusted=True)"
)


class _Part(NamedTuple):
    """A graph or a function of it. where: its name in words. told: the name of what its caller says of files, where it
    has a saver: the first argument of a function."""

    where: str
    nodes: dict[str, Any]
    told: str


def check(folder: pathlib.Path) -> None:
    """ValueError, which names the op and the function that holds it, where a SavedModel's graph does more than compute,
    or needs an op that is not TensorFlow's."""
    for graph in graphs(folder):
        for found in suspicions(graph):
            raise ValueError(f"{folder} is not loaded: {found}; {ADVICE}.")


def graphs(folder: pathlib.Path) -> Iterator[Any]:
    """The MetaGraphDefs of a SavedModel's file; ValueError where it is damaged."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    refuse_endless(folder / "saved_model.pb")
    try:
        yield from SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs
    except DecodeError as error:
        raise damaged(folder, error) from error


def operations(meta: Any) -> Iterator[tuple[str, Any]]:
    """(where it is, in words; the node) of every operation of a graph and of all its functions, which loops and
    branches call."""
    yield from (("its graph", node) for node in meta.graph_def.node)
    for function in meta.graph_def.library.function:
        yield from ((f"its function {function.signature.name}", node) for node in function.node_def)


def suspicions(meta: Any) -> Iterator[str]:
    """What a graph does more than compute, a phrase each."""
    for asset in meta.asset_file_def:
        path = pathlib.PurePosixPath(asset.filename)
        if path.is_absolute() or ".." in path.parts:
            yield f"its asset {asset.filename!r} lies outside of its folder"
    library = {f.signature.name: _function(f) for f in meta.graph_def.library.function}
    told = _node(meta.saver_def.filename_tensor_name)
    graph = _Part("its graph", {node.name: node for node in meta.graph_def.node}, told)
    saver, saver_functions = _of_saver(meta, graph, library)
    for name, part in (("", graph), *library.items()):
        for node in part.nodes.values():
            if SAVER.fullmatch(node.op) or saver_functions & set(_functions(node)):
                if not (node.name in saver if part is graph else name in saver_functions):
                    yield f"{part.where} holds {node.op}, which reads or writes files, outside of its saver"
                elif not _told_where(node, part):
                    yield f"{part.where} holds {node.op} for a file of its own choice"
            elif what := _does(node, library):
                yield f"{part.where} holds {node.op}, which {what}"
    restoring = [graph.nodes[name] for name in _behind([meta.saver_def.restore_op_name], graph)]
    restoring += [node for name in _called(restoring, library) for node in library[name].nodes.values()]
    for node in restoring:
        if SAVING.fullmatch(node.op):
            yield f"it writes files when it is loaded, by {node.op} behind its restore operation"


def _does(node: Any, library: dict[str, _Part]) -> str | None:
    """What an op does beside computing; None for one that only computes, and for a call of the graph's functions."""
    from tensorflow.python.framework import op_def_registry

    for what, names in KINDS.items():
        if names.fullmatch(node.op):
            return what
    if node.op == "PrintV2" and node.attr["output_stream"].s.decode(errors="replace") not in ("", *PRINTS):
        return "writes to files"
    if node.op not in library and op_def_registry.get(node.op) is None:
        return "is no op of TensorFlow, so comes from a library of its own"
    return None


def _function(definition: Any) -> _Part:
    arguments = [argument.name for argument in definition.signature.input_arg]
    nodes = {node.name: node for node in definition.node_def}
    return _Part(f"its function {definition.signature.name}", nodes, arguments[0] if arguments else "")


def _of_saver(meta: Any, graph: _Part, library: dict[str, _Part]) -> tuple[set[str], set[str]]:
    """(the graph's nodes that only its saver needs, the functions that only these call)."""
    saver = meta.saver_def
    ends = [saver.save_tensor_name, saver.restore_op_name]
    run = [tensor.name for signature in meta.signature_def.values() for tensor in signature.outputs.values()]
    run += [name for collection in meta.collection_def.values() for name in collection.node_list.value]  # TensorFlow 1
    needed = _behind(run, graph)
    nodes = {name for name in _behind(ends, graph) if name not in needed}
    called = _called((graph.nodes[name] for name in nodes), library)
    others = _called((node for name, node in graph.nodes.items() if name not in nodes), library)
    others |= _called(
        (node for name in library if name not in called for node in library[name].nodes.values()), library
    )
    objects = set(meta.object_graph_def.concrete_functions)  # which a loader may call: those of resources at once
    objects |= _called((node for name in objects & set(library) for node in library[name].nodes.values()), library)
    return nodes, called - others - objects


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
    """Whether the files that an op of a saver takes, or a call of a function of it, are what the caller says, with no
    more than a plain ending behind that."""
    return all(_told(_node(given), part) for given in node.input[: FILES_OF_SAVER.get(node.op, 1)])


def _told(name: str, part: _Part, depth: int = 0) -> bool:
    if name and name == part.told:
        return True
    node = part.nodes.get(name)
    given_to = [_node(given) for given in node.input if not given.startswith("^")] if node is not None else []
    if node is None or node.op not in JOINING or depth > DEEPEST or not given_to:
        return False
    first, rest = given_to[0], dict.fromkeys(given_to[1:])
    if node.op == "Pack":  # several names
        return all(_told(given, part, depth + 1) for given in (first, *rest))
    return _told(first, part, depth + 1) and all(_ends(given, part) for given in rest)


def _ends(name: str, part: _Part, depth: int = 0) -> bool:
    """Whether it is a plain ending, or a choice between plain ones, or a number of shards."""
    node = part.nodes.get(name)
    if node is None or depth > DEEPEST:
        return False
    if node.op == "Const":
        texts = node.attr["value"].tensor.string_val
        return all(ENDING.fullmatch(text) and b".." not in text.split(b"/") for text in texts)
    return node.op in ("Select", "SelectV2") and all(
        _ends(given, part, depth + 1) for given in dict.fromkeys(map(_node, node.input[1:]))
    )
