"""The requests that a server replays first: messages of its own interface, which the written file answers."""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.pace import single_step
from tfadvseg.models import load
from tfadvseg.serving.attacked import ServedAttack
from tfadvseg.serving.servable import of_file
from tfadvseg.serving.served import FILE as SERVING
from tfadvseg.serving.served import Served, export_served
from tfadvseg.serving.warmup import FILE, PredictionLog, replay, requests, write_requests

MADE_BY = {"revision": "abc", "versions": {"python": "3"}}


@pytest.fixture(scope="module")
def folder(conv_model, tmp_path_factory):
    attack = ServedAttack("fgsm", ATTACKS["fgsm"](1.0), single_step, protocol="One step.")
    served = Served("blur", 2, attack)
    return export_served(of_file(conv_model), served, "warm", {}, tmp_path_factory.mktemp("warm"), MADE_BY)


def test_each_signature_has_a_request_that_it_answers(folder):
    loaded = tf.saved_model.load(str(folder))
    found = dict(requests(folder))
    assert (
        set(found)
        == set(loaded.signatures)
        == {
            "logits",
            "serving_default",
            "encoded",
            "defended",
            "defended_of_seeds",
            "attacked",
        }
    )
    for name, inputs in found.items():
        takes = loaded.signatures[name].structured_input_signature[1]
        assert {key: value.dtype for key, value in inputs.items()} == {
            key: one.dtype.as_numpy_dtype for key, one in takes.items()
        }
    replay(folder)
    assert (folder / FILE).stat().st_size < 200_000


def test_the_messages_are_those_of_tensorflow_serving(folder):
    """Read by its own package they say the same, and what it writes is read here."""
    log = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    ours = list(requests(folder))
    records = list(tf.data.TFRecordDataset(str(folder / FILE)).as_numpy_iterator())
    for record, (name, inputs) in zip(records, ours, strict=True):
        theirs = log.PredictionLog.FromString(record)
        assert theirs.WhichOneof("log_type") == "predict_log"
        request = theirs.predict_log.request
        assert (request.model_spec.name, request.model_spec.signature_name) == ("warm", name)
        assert set(request.inputs) == set(inputs)
        theirs.DiscardUnknownFields()
        assert theirs.ByteSize() == len(record)  # there are no others
        for key, value in inputs.items():
            np.testing.assert_array_equal(tf.make_ndarray(request.inputs[key]), value)
        again = PredictionLog.FromString(theirs.SerializeToString())
        assert again.predict_log.request.model_spec.signature_name == name


def test_serving_json_says_what_was_exported(folder, conv_model):
    found = json.loads((folder / SERVING).read_text())
    assert (found["defense"], found["trials"], found["attack"], found["protocol"]) == ("blur", 2, "fgsm", "One step.")
    assert found["network"] == {"name": "conv", "digest": conv_model.digest} and found["revision"] == "abc"
    assert found["versions"] == {"python": "3"} and load(folder).card.provenance["exported"] == MADE_BY
    assert "attacked" in found["signatures"] and found["attacked"] == "the network without the defense"


def test_bytes_by_hand():
    """model_spec {name: "m", signature_name: "s"} in request 1 of predict_log 6, by the rules of the wire format."""
    log = PredictionLog()
    log.predict_log.request.model_spec.name, log.predict_log.request.model_spec.signature_name = "m", "s"
    assert log.SerializeToString() == b"\x32\x0a\x0a\x08\x0a\x06\x0a\x01m\x1a\x01s"


def test_a_request_that_fails_exports_nothing(conv_model, tmp_path):
    def broken(images):
        with tf.control_dependencies([tf.debugging.Assert(tf.shape(images)[0] > 9, ["Nine are needed."])]):
            return {"logits": conv_model(images)}

    servable = of_file(conv_model)
    servable = servable.with_signatures({"broken": (broken, servable.signatures["logits"][1])})
    with pytest.raises(ValueError, match="'broken' fails on its first request, so nothing was exported: .*Nine are"):
        export_served(servable, Served(), "broken", {}, tmp_path)
    assert list((tmp_path / "broken").iterdir()) == []


def test_an_answer_that_is_no_number_exports_nothing(conv_model, tmp_path):
    servable = of_file(conv_model)
    nothing = {"nothing": (lambda images: {"x": images * np.nan}, servable.signatures["logits"][1])}
    with pytest.raises(ValueError, match="'nothing' answers its first request with a x that is no finite number"):
        export_served(servable.with_signatures(nothing), Served(), "nothing", {}, tmp_path)


def test_requests_can_be_written_for_any_network(tmp_path):
    write_requests("m", {"logits": [tf.TensorSpec((None, None, None, 3), tf.float32, "images")]}, tmp_path)
    ((name, inputs),) = requests(tmp_path)
    assert name == "logits" and inputs["images"].shape == (1, 64, 96, 3)


def test_the_file_lies_where_a_server_looks_for_it():
    assert FILE == pathlib.Path("assets.extra/tf_serving_warmup_requests")


def test_it_stays_the_file_that_pipelines_attack(folder):
    assert load(folder).spec.interface.signature == "logits"
