"""Model files that are no SavedModel: whole networks of Keras, weights, and graphs of TensorFlow 1."""

import io
import json
import pathlib
import random
import zipfile

import h5py
import numpy as np
import tensorflow as tf

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, Link, archive_of, bytes_of, content_of, files_of, names
from tests.fuzz.targets import saved_models
from tfadvseg.models import formats, initial

NETWORK, WEIGHTS, GRAPH = "net.h5", "best.weights.h5", "net.pb"
OTHER_FILE = b"../secret/file"


def target() -> Target:
    return Target(seeds, [_told, _weights], changed)


def seeds() -> list[Files]:
    config = json.dumps({"class_name": "Functional", "config": {"name": "net"}})
    metadata = json.dumps({"keras_version": "3.15.0", "date_saved": "2026-01-31"})
    whole = {"metadata.json": metadata, "config.json": config, "model.weights.h5": ""}
    archive = archive_of({name: text.encode() for name, text in whole.items()})
    other = {"a net.onnx": b"\x08\x07", "net.pt": b"PK", "net.tflite": b"TFL3", "saved_model.pb": b""}
    networks = [
        _hdf5({"keras_version": "2.15.0", "model_config": config, "backend": b"tensorflow"}),
        _hdf5({"keras_version": b"3.15.0", "model_config": config}),
        _hdf5({"backend": "tensorflow"}, compression="gzip", chunks=(1, 2)),
    ]
    return [
        {"net.keras": archive, GRAPH: _graph(), NETWORK: network, WEIGHTS: _hdf5({}), **other} for network in networks
    ]


def _hdf5(attributes: dict[str, str | bytes], **options: object) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.attrs.update(attributes)
        group = made.create_group("layers/conv/vars")
        group.attrs["name"] = "conv"
        group.create_dataset("0", data=np.ones((2, 4), np.float32), **options)
        made["alias"] = h5py.SoftLink("/layers")
        group["same"] = group["0"]
    return file.getvalue()


def _graph() -> bytes:
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.uint8, [1, None, None, 3], "ImageTensor")
        scores = tf.nn.conv2d(tf.cast(images, tf.float32), tf.ones((1, 1, 3, 4)), 1, "SAME")
        tf.argmax(scores, 3, name="SemanticPredictions")
    return bytes(graph.as_graph_def().SerializeToString(deterministic=True))


def changed(files: Files, rng: random.Random) -> Files:
    """Also archives whose members say something else, graphs that stay graphs, and files that lead to others."""
    if rng.random() < 0.15:
        return files_of(files, rng)
    name = rng.choice(("net.keras", GRAPH, NETWORK, WEIGHTS))
    content = files[name]
    assert isinstance(content, bytes)
    if name == GRAPH and rng.random() < 0.7:
        graph = tf.compat.v1.GraphDef.FromString(content)
        for _ in range(rng.choice((1, 2, 5))):
            saved_models.change(graph, rng)
        return files | {name: graph.SerializeToString(deterministic=True)}
    if name == "net.keras" and rng.random() < 0.8:
        return files | {name: _other_archive(content, rng)}
    if name in (NETWORK, WEIGHTS) and rng.random() < 0.4:
        return files | {name: _other_hdf5(rng)}
    if rng.random() < 0.05:
        return files | {name: Link("nowhere")}
    return files | {name: bytes_of(content, rng)}


def _other_archive(content: bytes, rng: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    match rng.randrange(5):
        case 0:
            del members[rng.choice(sorted(members))]
        case 1:
            members["metadata.json"] = bytes(rng.choice((1 << 20, 10**8)))
        case 2:
            return bytes_of(archive_of(members), rng)
        case 3:  # said to be encrypted, of another version or packed in another way
            packed = bytearray(archive_of(members))
            at = packed.index(b"PK\x01\x02") + rng.choice((6, 8, 10))
            packed[at] = rng.choice((1, 9, 12, 14, 20, 93, 99, 255))
            return bytes(packed)
        case _:
            members["metadata.json"] = content_of("metadata.json", members["metadata.json"], rng)
    return archive_of(members)


def _other_hdf5(rng: random.Random) -> bytes:
    """What Keras does not write: attributes of other kinds, links and arrays that lie in other files, circles."""
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        kinds = (3, 2.5, np.ones(4), np.array([b"2.1", b"3"]), b"\xff\xfe", h5py.Empty("f"), names(rng)[:60_000])
        for key in ("keras_version", "model_config"):
            if rng.random() < 0.8:
                value = rng.choice((*kinds, "2.15.0"))
                made.attrs[key] = _written(value) if isinstance(value, str) else value
        inner = made.create_group("layers/conv/vars")
        match rng.randrange(6):
            case 0:
                inner["0"] = h5py.ExternalLink(OTHER_FILE.decode(), "/x")
            case 1:
                inner.create_dataset("0", (4,), "u1", external=[(OTHER_FILE, 0, 4)])
            case 2:
                layout = h5py.VirtualLayout((4,), "u1")
                layout[:] = h5py.VirtualSource(OTHER_FILE.decode(), "x", (4,))
                inner.create_virtual_dataset("0", layout)
            case 3:
                inner["circle"] = made["layers"]
            case 4:
                inner.create_dataset("0", (2**40, 2**20), "f4", chunks=(1024, 1024))
            case 5:
                for _ in range(rng.choice((10, 300))):
                    inner = inner.create_group("x")
    return file.getvalue()


def _written(text: str) -> str:
    """As HDF5 can have it."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _told(folder: pathlib.Path) -> None:
    wrong = None
    for path in sorted(folder.iterdir()):
        try:
            formats.advice(path)
        except ValueError as error:
            wrong = error
    if wrong:
        raise wrong


def _weights(folder: pathlib.Path) -> None:
    initial._refuse_other_files(folder / WEIGHTS)
