"""The object in a SavedModel's file, also of one that holds the state of an optimizer."""

import pathlib
import tempfile
from typing import Any

import tensorflow as tf


def load(folder: pathlib.Path) -> Any:
    """As `tf.saved_model.load`. Files of Keras 2 often hold an optimizer, whose slots (Adam's moments) only Keras 2 can
    make; no signature needs them, so they are left out."""
    try:
        return tf.saved_model.load(str(folder))
    except AttributeError as error:
        if "add_slot" not in str(error):
            raise
    with tempfile.TemporaryDirectory() as without:
        _copy_without_slots(folder, pathlib.Path(without))
        return tf.saved_model.load(without)


def _copy_without_slots(folder: pathlib.Path, target: pathlib.Path) -> None:
    """The graph is written anew, weights and assets are linked."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    for graph in file.meta_graphs:
        for node in graph.object_graph_def.nodes:
            del node.slot_variables[:]
    (target / "saved_model.pb").write_bytes(file.SerializeToString())
    for part in ("variables", "assets"):
        if (folder / part).is_dir():
            (target / part).symlink_to((folder / part).absolute(), target_is_directory=True)
