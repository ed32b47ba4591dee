"""What a SavedModel's file says of itself: its signatures with names, types and shapes, without loading it."""

import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

Shape = tuple[int | None, ...]


class Tensor(NamedTuple):
    """key: its name in the signature. dtype: as "float32". shape: None for an unknown rank."""

    key: str
    dtype: str
    shape: Shape | None

    def __str__(self) -> str:
        return f"{self.key} {self.dtype} {shape_text(self.shape)}"


class Signature(NamedTuple):
    """Both in the order of their keys."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def signatures(folder: pathlib.Path) -> dict[str, Signature]:
    """{name: signature} of the graph in the file; ValueError where it is damaged."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = SavedModel()
    try:
        file.ParseFromString((folder / "saved_model.pb").read_bytes())
        found = file.meta_graphs[0].signature_def
        return {
            name: Signature(_tensors(found[name].inputs), _tensors(found[name].outputs))
            for name in sorted(found)
            if name != "__saved_model_init_op"
        }
    except (DecodeError, IndexError, KeyError, TypeError) as error:  # the last two of a type that is none
        raise damaged(folder, error) from error


def _tensors(infos: Mapping[str, Any]) -> tuple[Tensor, ...]:
    import tensorflow as tf

    def shape(info: Any) -> Shape | None:
        if info.tensor_shape.unknown_rank:
            return None
        return tuple(side.size if side.size >= 0 else None for side in info.tensor_shape.dim)

    return tuple(Tensor(key, tf.dtypes.as_dtype(info.dtype).name, shape(info)) for key, info in sorted(infos.items()))


def damaged(folder: pathlib.Path, error: Exception) -> ValueError:
    """The sentence about a SavedModel that cannot be read."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return ValueError(f"{folder} cannot be loaded as a SavedModel; it may be damaged ({text}).")


def offer(found: Mapping[str, Signature]) -> str:
    """The signatures with their shapes, for an error."""

    def shapes(tensors: tuple[Tensor, ...]) -> str:
        return ", ".join(map(str, tensors))

    offered = (f"{name!r}: {shapes(s.inputs)} -> {shapes(s.outputs)}" for name, s in found.items())
    return "; ".join(offered) or "no signature at all"


def shape_text(shape: Shape | None) -> str:
    """A shape as [?, 192, 256, 3]."""
    return "[?]" if shape is None else str(["?" if side is None else side for side in shape]).replace("'", "")
