"""Every signature of an export by TensorFlow Serving's JSON: rows, columns, odd sizes, one image and three."""

import base64
import json
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from loopback import Loopback, of_saved_model

from tests.serving import served
from tfadvseg.endpoints import connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings

SIZES = [(32, 48), (33, 71), (7, 5)]


@pytest.fixture(scope="module")
def server(served_folder):
    with Loopback(of_saved_model(served_folder), name="served") as found:
        yield found


@pytest.fixture(scope="module")
def directly(served_folder):
    """(signature, arrays) -> arrays, by the SavedModel in this process."""
    loaded = tf.saved_model.load(str(served_folder))

    def call(name, inputs):
        found = loaded.signatures[name](**{key: tf.constant(array) for key, array in inputs.items()})
        return {key: value.numpy() for key, value in found.items()}

    return call


def given(name, count, size):
    """Inputs of a signature: `count` images of a size, each with numbers of its own."""
    images = served.photographs(count, *size)
    if name == "encoded":
        files = np.empty(count, object)
        files[:] = [tf.io.encode_png(image[: len(image) - i]).numpy() for i, image in enumerate(images)]
        return {"image_bytes": files}
    if name == "logits":
        return {"images": served.photographs(count, 32, 48).astype(np.float32) / 3}
    more = {
        "attacked": {"epsilons": np.array([2.5, 0, 0.8][:count], np.float32)},
        "defended_of_seeds": {"seeds": np.array([[1, -2], [2**31 - 1, 0], [-(2**31), 7]][:count], np.int32)},
    }
    return {"images": images, **more.get(name, {})}


@pytest.mark.parametrize("rows", [False, True], ids=["columns", "rows"])
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_signature_answers_bit_by_bit(server, directly, served_answers, rows, count, size):
    client = connect("tfserving", Settings(Address.of(server.address("http")), "served", rows=rows, retries=0))
    for name in served_answers:
        inputs = given(name, count, size)
        found, expected = client(name, inputs), directly(name, inputs)
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            assert found[key].shape == array.shape and found[key].dtype == array.dtype
            if name != served.DRAWN:
                np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")
    client.close()


def posted(server, body):
    """What is answered to JSON that somebody else wrote."""
    url = f"{server.address('http')}/v1/models/served:predict"
    return json.load(urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode())))


def test_json_as_people_write_it(server, directly):
    """By hand: a file as b64 with and without its name, an image with its epsilon, and no name for the default."""
    files = given("encoded", 2, (9, 11))["image_bytes"]
    expected = directly("encoded", {"image_bytes": files})
    written = [{"b64": base64.b64encode(file).decode()} for file in files]
    columns = posted(server, {"signature_name": "encoded", "inputs": {"image_bytes": written}})["outputs"]
    named = posted(server, {"signature_name": "encoded", "instances": [{"image_bytes": one} for one in written]})
    plain = posted(server, {"signature_name": "encoded", "instances": written})
    assert named == plain
    for i, row in enumerate(plain["predictions"]):
        for answered in (row["labels_bytes"], columns["labels_bytes"][i]):
            assert base64.b64decode(answered["b64"]) == expected["labels_bytes"][i]
        assert row["confidence"] == columns["confidence"][i] == expected["confidence"][i]

    image = served.photographs(1, 9, 11)
    attacked = {"signature_name": "attacked", "instances": [{"images": image[0].tolist(), "epsilons": 3}]}
    (row,) = posted(server, attacked)["predictions"]
    assert row["linf"] == 3
    np.testing.assert_array_equal(row["labels_before"], directly("serving_default", {"images": image})["labels"][0])
    (row,) = posted(server, {"instances": image.tolist()})["predictions"]
    np.testing.assert_array_equal(row["labels"], directly("serving_default", {"images": image})["labels"][0])
