"""The messages that are built by field number, byte for byte those of the published packages."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.endpoints import kserve_messages, tfserving_messages

IMAGES, SEEDS = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3), np.array([[5, -7]], np.int32)
WORDS = np.array([b"ab", b""], object)

PREDICT_REQUEST = bytes.fromhex(
    "0a1c0a036e6574120208031a11646566656e6465645f6f665f7365656473122c0a06696d6167657312220804121012020801120208021202"
    "080212020803220c000102030405060708090a0b121f0a0573656564731216080312081202080112020802220805000000f9ffffff"
)
PREDICT_RESPONSE = bytes.fromhex(
    "0a200a0a636f6e666964656e63651212080112041202080222080000003f0000803e0a200a066c6162656c7312160804120c120208021202"
    "080112020802220401020304120c0a036e6574120208031a0178"
)
INFER_REQUEST = bytes.fromhex(
    "0a0b6e65745f656e636f6465641201332a150a06696d61676573120555494e54381a04010202032a110a05776f726473120542595445531a"
    "01023a0c000102030405060708090a0b3a0a02000000616200000000"
)
INFER_RESPONSE = bytes.fromhex(
    "0a036e65741201331a01372a140a066c6162656c73120555494e54381a030101022a150a0a636f6e666964656e63651204465033321a0101"
    "3202010232040000003f"
)
TYPED_RESPONSE = bytes.fromhex(
    "0a036e65742a1a0a066c6162656c73120555494e54381a030101022a04220201022a1d0a0a636f6e666964656e63651204465033321a0101"
    "2a0632040000003f2a170a05776f726473120542595445531a01012a0442026162"
)
"""As tensorflow-serving-api 2.21.0 and tritonclient 2.73.0 write them, maps in the order of their keys."""


def test_requests_are_these_bytes():
    request = tfserving_messages.predict_request("net", 3, "defended_of_seeds", {"seeds": SEEDS, "images": IMAGES})
    assert request.SerializeToString() == PREDICT_REQUEST
    request = kserve_messages.infer_request("net_encoded", 3, {"words": WORDS, "images": IMAGES})
    assert request.SerializeToString() == INFER_REQUEST


def test_without_a_version_none_is_sent():
    given = {"images": IMAGES}
    request = tfserving_messages.predict_request("net", None, "x", given)
    assert not request.model_spec.HasField("version")
    assert not kserve_messages.infer_request("net", None, given).HasField("model_version")


def test_answers_are_read_from_these_bytes():
    answer = tfserving_messages.MESSAGES["PredictResponse"].FromString(PREDICT_RESPONSE)
    found = tfserving_messages.tensors(answer.outputs)
    assert tfserving_messages.version_of(answer) == "3"
    assert tfserving_messages.version_of(tfserving_messages.MESSAGES["PredictResponse"]()) == ""
    assert found.keys() == {"labels", "confidence"} and found["labels"].dtype == np.uint8
    np.testing.assert_array_equal(found["labels"], [[[1, 2]], [[3, 4]]])
    np.testing.assert_array_equal(found["confidence"], np.array([0.5, 0.25], np.float32))
    for text in (INFER_RESPONSE, TYPED_RESPONSE):
        answer = kserve_messages.MESSAGES["ModelInferResponse"].FromString(text)
        assert answer.model_version == ("3" if text == INFER_RESPONSE else "")
        found = kserve_messages.tensors(answer.outputs, answer.raw_output_contents)
        assert found["labels"].dtype == np.uint8 and found["confidence"].dtype == np.float32
        np.testing.assert_array_equal(found["labels"], [[[1, 2]]])
        np.testing.assert_array_equal(found["confidence"], np.array([0.5], np.float32))
    np.testing.assert_array_equal(found["words"], np.array([b"ab"], object))


def test_tensorflow_serving_writes_the_same():
    predict = pytest.importorskip("tensorflow_serving.apis.predict_pb2", reason="tensorflow-serving-api is elsewhere")
    request = predict.PredictRequest.FromString(PREDICT_REQUEST)
    np.testing.assert_array_equal(tf.make_ndarray(request.inputs["seeds"]), SEEDS)
    assert request.model_spec.signature_name == "defended_of_seeds" and request.model_spec.version.value == 3
    assert request.SerializeToString(deterministic=True) == PREDICT_REQUEST
    answer = predict.PredictResponse.FromString(PREDICT_RESPONSE)
    np.testing.assert_array_equal(tf.make_ndarray(answer.outputs["labels"]), [[[1, 2]], [[3, 4]]])
    assert answer.SerializeToString(deterministic=True) == PREDICT_RESPONSE
    for name, message in tfserving_messages.FIELDS.items():
        if name != "Entry":
            real = {"Version": predict.PredictRequest().model_spec.version}.get(name)
            real = real or getattr(predict, name, None) or type(predict.PredictRequest().model_spec)
            numbers = {field.name: field.number for field in real.DESCRIPTOR.fields}
            assert all(numbers[field] == number for field, number, _ in message)


def test_triton_writes_the_same():
    service = pytest.importorskip("tritonclient.grpc.service_pb2", reason="tritonclient is elsewhere")
    request = service.ModelInferRequest.FromString(INFER_REQUEST)
    assert [one.name for one in request.inputs] == ["images", "words"] and request.model_version == "3"
    assert request.SerializeToString(deterministic=True) == INFER_REQUEST
    for text in (INFER_RESPONSE, TYPED_RESPONSE):
        answer = service.ModelInferResponse.FromString(text)
        assert answer.outputs[0].name == "labels" and answer.SerializeToString(deterministic=True) == text
    real = {
        "Contents": service.InferTensorContents,
        "Tensor": service.ModelInferRequest.InferInputTensor,
        "ModelInferRequest": service.ModelInferRequest,
        "ModelInferResponse": service.ModelInferResponse,
    }
    for name, message in kserve_messages.FIELDS.items():
        numbers = {field.name: field.number for field in real[name].DESCRIPTOR.fields}
        assert all(numbers[field] == number for field, number, _ in message)
    typed = {field.name: field.number for field in service.ModelInferResponse.InferOutputTensor.DESCRIPTOR.fields}
    assert all(typed[field] == number for field, number, _ in kserve_messages.FIELDS["Tensor"])


@pytest.mark.parametrize("text", [b"\xff\xff", b"\x08\x04\x12\x04\x12\x02\x08\x05\x22\x01\x00"], ids=["noise", "short"])
def test_a_damaged_tensor_is_a_value_error(text):
    answer = tfserving_messages.MESSAGES["PredictResponse"]()
    answer.outputs.add(key="labels", value=text)
    with pytest.raises(ValueError, match="a damaged tensor"):
        tfserving_messages.tensors(answer.outputs)


def test_tensors_and_contents_that_do_not_fit():
    message = kserve_messages.MESSAGES["ModelInferResponse"]()
    message.outputs.add(name="y", datatype="UINT8", shape=[2])
    with pytest.raises(ValueError, match="1 tensors with the contents of 2"):
        kserve_messages.tensors(message.outputs, [b"ab", b"c"])
    with pytest.raises(ValueError, match=r"0 values for a tensor \[2\]"):
        kserve_messages.tensors(message.outputs, [])
    message.outputs[0].contents.uint_contents.extend([255, 256])
    with pytest.raises(ValueError, match="a number beyond uint8"):
        kserve_messages.tensors(message.outputs, [])
    message.outputs[0].datatype = "FP16"
    with pytest.raises(ValueError, match="a tensor of the type FP16 without raw contents"):
        kserve_messages.tensors(message.outputs, [])
