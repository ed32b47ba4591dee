"""Answers of served networks, of every protocol, and the label maps in them."""

import json
import pathlib
import random
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, bytes_of, content_of, names
from tests.fuzz.targets import images, saved_models
from tfadvseg.endpoints import kserve_messages, kserve_rest, segmentation, tfserving_messages
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings
from tfadvseg.endpoints.http import Answer, said
from tfadvseg.endpoints.kserve_grpc import KserveGrpc
from tfadvseg.endpoints.kserve_rest import HEADER, KserveRest
from tfadvseg.endpoints.tfserving_grpc import TfServingGrpc
from tfadvseg.endpoints.tfserving_rest import TfServingRest

ADDRESS = Address.of("http://localhost:1")
SETTINGS = Settings(ADDRESS, "net", retries=0)
LABELS = {"labels": np.arange(12, dtype=np.int64).reshape(1, 3, 4)}
SHAPE = (9, 13)


def target() -> Target:
    return Target(seeds, [_rest, _kserve_rest, _tfserving_grpc, _kserve_grpc, _png, _refusal], changed)


def seeds() -> list[Files]:
    text = np.array([b"ab", b"\xff"], object)
    arrays = LABELS | {"scores": np.ones((1, 2), np.float32), "texts": text}
    predicted = tfserving_messages.MESSAGES["PredictResponse"]()
    tfserving_messages.add_tensors(predicted.outputs, arrays)
    predicted.model_spec.version.value = 3
    inferred = kserve_messages.MESSAGES["ModelInferResponse"](model_name="net", model_version="3")
    kserve_messages.add_tensors(inferred.outputs, inferred.raw_output_contents, arrays)
    typed = kserve_messages.MESSAGES["ModelInferResponse"]()
    typed.outputs.add(name="labels", datatype="INT64", shape=(1, 3, 4)).contents.int64_contents.extend(range(12))
    head, values = kserve_rest.body(arrays, "outputs", {"model_version": "3"})
    described = {"name": "labels", "datatype": "INT64", "shape": [1, 3, 4], "data": LABELS["labels"].tolist()}
    metadata = {
        "metadata": {
            "signature_def": {
                "signature_def": {
                    "logits": {
                        "inputs": {"images": {"dtype": "DT_UINT8"}},
                        "outputs": {"labels": {"dtype": "DT_INT64"}},
                    }
                }
            }
        }
    }
    png = images.contents()[0]
    common: Files = {
        "columns.json": json.dumps({"outputs": LABELS["labels"].tolist()}).encode(),
        "rows.json": json.dumps({"predictions": [{"labels": [[1]], "texts": {"b64": "YWI="}}]}).encode(),
        "metadata.json": json.dumps(metadata).encode(),
        "length": str(len(head)).encode(),
        "kserve.json": head,
        "values": values,
        "predicted": predicted.SerializeToString(),
        "inferred": inferred.SerializeToString(),
        "labels.png": png,
        "refusal.json": json.dumps({"error": "no such model"}).encode(),
    }
    plain = {"length": b"", "kserve.json": json.dumps({"outputs": [described]}).encode(), "values": b""}
    return [common, common | plain | {"inferred": typed.SerializeToString()}]


def changed(files: Files, rng: random.Random) -> Files:
    found = dict(files)
    for name in files:
        content = found[name]
        assert isinstance(content, bytes)
        if name in ("predicted", "inferred") and rng.random() < 0.6:
            kinds = {
                "predicted": (tfserving_messages, "PredictResponse"),
                "inferred": (kserve_messages, "ModelInferResponse"),
            }
            module, kind = kinds[name]
            message = module.MESSAGES[kind].FromString(content)
            if name == "predicted" and rng.random() < 0.7:
                _change_tensor(rng.choice(message.outputs), rng)
            else:
                saved_models.change(message, rng)
            found[name] = message.SerializeToString()
        elif name == "length" and rng.random() < 0.3:
            found[name] = rng.choice(("\u00b2", "-1", "9" * 5000, "0", "1e3", " 5", names(rng))).encode(
                "utf-8", "replace"
            )
        elif rng.random() < 0.7:
            found[name] = bytes_of(content, rng) if name == "values" else content_of(name, content, rng)
    return found


def _change_tensor(entry: object, rng: random.Random) -> None:
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    tensor = TensorProto.FromString(entry.value)
    if rng.random() < 0.5:
        for side in tensor.tensor_shape.dim:
            side.size = rng.choice((0, 1, -1, 3, 2**20, 2**31, 2**62))
    if rng.random() < 0.5:
        tensor.tensor_content = b""
        tensor.int64_val.append(7)
    saved_models.change(tensor, rng)
    entry.value = tensor.SerializeToString()


def _rest(folder: pathlib.Path) -> None:
    """As rows where an answer has rows; the metadata is what says of which types."""
    for name in ("columns", "rows"):
        client = TfServingRest(SETTINGS)
        bodies = iter([(folder / "metadata.json").read_bytes(), (folder / f"{name}.json").read_bytes()])
        client._http = lambda *_, bodies=bodies: Answer(200, {}, next(bodies))
        client("logits", {"images": np.zeros((1, 2, 2, 3), np.uint8)})


def _kserve_rest(folder: pathlib.Path) -> None:
    client = KserveRest(SETTINGS)
    length = (folder / "length").read_bytes().decode("latin1")  # as http.client has it
    body = (folder / "kserve.json").read_bytes() + (folder / "values").read_bytes()
    client._http = lambda *_: Answer(200, {HEADER.lower(): length}, body)
    client("serving_default", {"images": np.zeros((1, 2, 2, 3), np.uint8)})


def _tfserving_grpc(folder: pathlib.Path) -> None:
    client = TfServingGrpc(SETTINGS)
    client._call.close()
    client._call = lambda *_: _message(tfserving_messages.MESSAGES["PredictResponse"], folder / "predicted")
    client("logits", {"images": np.zeros((1, 2, 2, 3), np.uint8)})


def _kserve_grpc(folder: pathlib.Path) -> None:
    client = KserveGrpc(SETTINGS)
    client._call.close()
    client._call = lambda *_: _message(kserve_messages.MESSAGES["ModelInferResponse"], folder / "inferred")
    client("logits", {"images": np.zeros((1, 2, 2, 3), np.uint8)})


def _message(kind: Any, path: pathlib.Path) -> Any:
    try:
        return kind.FromString(path.read_bytes())
    except DecodeError:  # gRPC refuses it
        return kind()


def _png(folder: pathlib.Path) -> None:
    answer = np.empty(1, object)
    answer[0] = (folder / "labels.png").read_bytes()
    labels = segmentation.labels_of_file(lambda *_: {"labels_bytes": answer}, b"", SHAPE)
    assert labels.shape == SHAPE


def _refusal(folder: pathlib.Path) -> None:
    said(Answer(500, {}, (folder / "refusal.json").read_bytes()))
