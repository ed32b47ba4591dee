"""SavedModels: what is read of their graphs before anything of these is run."""

import json
import pathlib
import random
import tempfile
from typing import Any

import tensorflow as tf
from google.protobuf.descriptor import FieldDescriptor
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, bytes_of, files_of, names
from tfadvseg.models import safety, saved_model, spec
from tfadvseg.models.reading import Reading

GRAPH = "1/saved_model.pb"
HOSTILE_OPS = ("ReadFile", "WriteFile", "PyFunc", "SaveV2", "RestoreV2", "PrintV2", "NoSuchOp", "Const", "StringJoin")


def target() -> Target:
    saved_model.load = _not_loaded  # nothing of an input is run
    return Target(seeds, [_describe, _check, _scales], changed)


def _not_loaded(folder: pathlib.Path) -> Any:
    raise RuntimeError("nothing is loaded here")


def seeds() -> list[Files]:
    return [network(None), network((8, 8)), network((8, 8), saver=False)]


def network(size: tuple[int, int] | None, saver: bool = True) -> Files:
    """A SavedModel of one convolution with a variable, a branch and a loop."""

    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.ones((1, 1, 3, 4)))

        @tf.function(input_signature=[tf.TensorSpec((None, *(size or (None, None)), 3), tf.float32, name="images")])
        def logits(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
            found = tf.nn.conv2d(images, self.kernel, 1, "SAME")
            for _ in tf.range(2):
                found = tf.cond(tf.reduce_sum(found) > 0, lambda found=found: found + 1, lambda found=found: found)
            return {"logits": found}

    with tempfile.TemporaryDirectory() as folder:
        net = Net()
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(net, folder, signatures={"logits": net.logits, "logits_50": net.logits}, options=options)
        graph = pathlib.Path(folder, "saved_model.pb").read_bytes()
    reading = json.dumps({"preset": "imagenet", "classes": ["a", "b", "c", "d"]}).encode()
    return {GRAPH: graph, "1/variables/variables.index": b"index"} | ({} if saver else {"reading.json": reading})


def changed(files: Files, rng: random.Random) -> Files:
    if rng.random() < 0.2:
        return files_of(files, rng)
    content = files[GRAPH]
    assert isinstance(content, bytes)
    if rng.random() < 0.3:
        return files | {GRAPH: bytes_of(content, rng)}
    message = SavedModel.FromString(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        change(message, rng)
    return files | {GRAPH: message.SerializeToString(deterministic=True)}


def change(message: Any, rng: random.Random) -> None:
    """Another value in a field somewhere in a protobuf message, which stays one."""
    for _ in range(rng.randrange(12)):  # go down
        inner = [part for field, value in message.ListFields() for part in _messages(field, value)]
        if not inner:
            break
        message = rng.choice(inner)
    present = [field for field, _ in message.ListFields()]
    fields = present if present and rng.random() < 0.7 else list(message.DESCRIPTOR.fields)
    if not fields:
        return
    field = rng.choice(fields)
    if rng.random() < 0.1:
        message.ClearField(field.name)
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        if field.is_repeated and len(getattr(message, field.name)) and not _is_map(field):
            part = getattr(message, field.name)
            part.add().CopyFrom(rng.choice(part)) if rng.random() < 0.6 else part.pop(rng.randrange(len(part)))
    else:
        value = _value(field, rng)
        if field.is_repeated:
            part = getattr(message, field.name)
            part.extend([value] * rng.choice((1, 1, 100)))
        else:
            setattr(message, field.name, value)


def _messages(field: Any, value: Any) -> list[Any]:
    if field.type != FieldDescriptor.TYPE_MESSAGE:
        return []
    if _is_map(field):
        return [one for one in value.values() if hasattr(one, "DESCRIPTOR")]
    return list(value) if field.is_repeated else [value]


def _is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _value(field: Any, rng: random.Random) -> Any:
    kinds = {"int64": 63, "int32": 31, "uint64": 64, "uint32": 32, "sint32": 31, "sint64": 63}
    name = {number: name for name, number in vars(FieldDescriptor).items() if name.startswith("TYPE_")}[field.type]
    kind = name.removeprefix("TYPE_").lower()
    if kind == "string":
        return rng.choice((*HOSTILE_OPS, names(rng))).encode("utf-8", "replace").decode()
    if kind == "bytes":
        return rng.choice((b"", b"\xff\xfe", b"../x", b"a" * 1000, names(rng).encode("utf-8", "replace")))
    if kind == "bool":
        return bool(rng.randrange(2))
    if kind == "enum":
        return rng.choice((0, 1, 2, 99, 120, 2**31 - 1, -1)) if not field.enum_type.is_closed else 0
    if kind in ("float", "double"):
        return rng.choice((0.0, float("nan"), float("inf"), -1e30))
    bits = kinds.get(kind, 31)
    low = 0 if kind.startswith("u") else -(2**bits)
    return rng.choice((0, 1, -1 if low else 0, low, 2**bits - 1, 3, 4096))


def _describe(folder: pathlib.Path) -> None:
    spec.how_read(spec.describe(folder))
    spec.describe(folder / "1", Reading(signature="logits"))


def _check(folder: pathlib.Path) -> None:
    safety.check(folder / "1")


def _scales(folder: pathlib.Path) -> None:
    spec.scales(folder)
