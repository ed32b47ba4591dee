"""Our clients at real servers: KServe v2 at Triton, TensorFlow Serving at the messages of its own package."""

import concurrent.futures
import contextlib

import numpy as np
import pytest

from tests.serving import served
from tfadvseg.endpoints import connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings
from tfadvseg.endpoints.failures import Refused

pytestmark = pytest.mark.serve
PLACES = [("kserve_v2", "grpc"), ("kserve_v2", "http"), ("tfserving", "grpc")]


@pytest.fixture(params=PLACES, ids=" ".join)
def client(request):
    """(**settings) -> a client of the model `served`."""
    api, scheme = request.param
    server = request.getfixturevalue({"kserve_v2": "triton", "tfserving": "tfserving"}[api])
    with contextlib.ExitStack() as stack:

        def make(**settings):
            address = Address.of(f"{scheme}://127.0.0.1:{getattr(server, scheme)}")
            return stack.enter_context(contextlib.closing(connect(api, Settings(address, **settings))))

        yield make


@pytest.mark.parametrize("version", [None, 1])
def test_every_signature_answers_bit_by_bit(client, served_folder, served_answers, version):
    asked = client(name="served", version=version)
    for name, expected in served_answers.items():
        found = asked(name, served.inputs(served_folder, name))
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            assert found[key].shape == array.shape and found[key].dtype == array.dtype
            if name != served.DRAWN:
                np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")


def test_many_threads_share_a_client(client):
    asked = client(name="served")
    sizes = [(1, 9, 300), (2, 31, 33), (1, 1, 1), (1, 257, 64)] * 4
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda size: asked("serving_default", {"images": served.photographs(*size)}), sizes))
    assert [answer["labels"].shape for answer in found] == sizes
    for number, answer in enumerate(found):
        np.testing.assert_array_equal(answer["labels"], found[number % 4]["labels"])


@pytest.mark.parametrize(
    ("settings", "signature"), [({"name": "other"}, "serving_default"), ({"name": "served"}, "upside_down")]
)
def test_what_is_not_there_is_refused(client, settings, signature):
    with pytest.raises(Refused):
        client(**settings)(signature, {"images": served.photographs(1, 8, 8)})


def test_a_file_that_is_no_picture_is_refused(client):
    with pytest.raises(Refused):
        client(name="served")("encoded", {"image_bytes": np.array([b"no picture"], object)})
