"""Every client against a server on this machine: types, sizes, many at once, and each way to fail."""

import json
import threading
import time
from concurrent import futures
from http.client import HTTPConnection

import numpy as np
import pytest
from loopback import Loopback, Signature, free_port

from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings, connect
from tfadvseg.endpoints.failures import Refused, Unreachable, Unreadable
from tfadvseg.endpoints.kserve_tensors import DATATYPES


def values(kind, shape, seed=0):
    """The ends of a type's range, and draws between them."""
    rng, dtype = np.random.default_rng(seed), np.dtype(kind)
    if dtype.kind == "O":
        found = np.empty(np.prod(shape, dtype=int), object)
        found[:] = [rng.bytes(number % 5) + b"\x00\xff" for number in range(len(found))]
        return found.reshape(shape)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        return rng.normal(0, 100, shape).astype(dtype)
    ends = np.iinfo(dtype)
    found = rng.integers(ends.min, ends.max, shape, dtype, endpoint=True)
    found.flat[:2] = ends.min, ends.max
    return found


@pytest.mark.parametrize("kind", DATATYPES.values(), ids=DATATYPES)
@pytest.mark.parametrize("shape", [(3,), (2, 5, 7, 3)], ids=str)
def test_every_type_comes_back_to_the_bit(server, client_of, way, kind, shape):
    given = values(kind, shape)
    if way[1] == "http" and way[0] == "tfserving" and np.dtype(kind) == object:
        server.signatures["object"] = Signature(
            lambda inputs: {"x_bytes": inputs["x"][::-1]}, {"x": np.dtype(object)}, {"x_bytes": np.dtype(object)}
        )
    (found,) = client_of(server, way)(
        "object" if np.dtype(kind) == object else str(np.dtype(kind)), {"x": given}
    ).values()
    assert found.dtype == given.dtype
    np.testing.assert_array_equal(found, given[::-1])


def test_several_arrays_go_by_their_names(server, client_of, way):
    given = {"a": values(np.uint8, (2, 3, 5, 3)), "b": values(np.float32, (2,))}
    found = client_of(server, way)("two", given)
    assert found.keys() == {"a_turned", "b_turned"}
    for name, array in given.items():
        np.testing.assert_array_equal(found[f"{name}_turned"], array[::-1])


def test_numbers_that_are_none_survive(server, client_of, way):
    given = np.array([np.nan, np.inf, -np.inf, 0], np.float32)
    np.testing.assert_array_equal(client_of(server, way)("float32", {"x": given})["x_turned"], given[::-1])


def test_an_empty_batch_keeps_its_size_or_is_refused(server, client_of, way):
    client, empty = client_of(server, way), np.zeros((0, 4, 5, 3), np.uint8)
    if way[0] == "tfserving" and way[1] == "http":
        with pytest.raises(ValueError, match="JSON gives an empty batch no size, so REST cannot send one"):
            client("uint8", {"x": empty})
        assert not server.asked
    else:
        found = client("uint8", {"x": empty})["x_turned"]
        assert found.shape == empty.shape and found.dtype == np.uint8


def test_a_version_is_asked_for(server, client_of, way):
    given = {"x": np.arange(3, dtype=np.int32)}
    np.testing.assert_array_equal(client_of(server, way, version=1)("int32", given)["x_turned"], [2, 1, 0])
    if way[0] == "tfserving":
        with pytest.raises(
            Refused, match=r"does not serve the signature 'int32' of 'net'; it says: .*Specific\(net, 7"
        ):
            client_of(server, way, version=7)("int32", given)


def test_another_version_than_before_is_refused_where_a_server_says_which(server, client_of, way):
    """Each client remembers for itself, and each model for itself; TensorFlow Serving's REST says none."""
    given, client = {"x": np.arange(3, dtype=np.int32)}, client_of(server, way)

    def ask(client):
        np.testing.assert_array_equal(client("int32", given)["x_turned"], [2, 1, 0])

    ask(client)
    server.version = "12"
    if way[:2] == ("tfserving", "http"):
        ask(client)
    else:
        with pytest.raises(Refused, match=r"by version 1 of 'net.*' before and answers by version 12 now, .*`served_v"):
            client("int32", given)
    ask(client_of(server, way))
    server.version = "1"
    ask(client)
    server.version = ""
    ask(client)


def test_versions_are_of_each_model(server, client_of):
    """As KServe has one for each signature."""
    client = client_of(server, ("kserve_v2", "grpc", {}))
    client("int32", {"x": np.arange(3, dtype=np.int32)})
    server.version = "2"
    client("int64", {"x": np.arange(3, dtype=np.int64)})
    with pytest.raises(Refused, match="by version 1 of 'net_int32' before and answers by version 2 now"):
        client("int32", {"x": np.arange(3, dtype=np.int32)})


def test_a_model_may_stand_for_a_signature(server, client_of, way):
    """By a name of its own, where the convention is another."""
    server.name = "other"
    client = client_of(server, way, names={"int32": "other_int32" if way[0] == "kserve_v2" else "other"})
    np.testing.assert_array_equal(client("int32", {"x": np.array([1, 2], np.int32)})["x_turned"], [2, 1])


def test_answers_are_never_mixed_up(server, client_of, way):
    """Requests of many sizes, answered in another order than they were sent."""
    client, rng = client_of(server, way), np.random.default_rng(1)
    server.before = lambda signature: time.sleep(rng.random() * 0.02)

    def ask(number):
        given = np.full((1 + number % 3, 2, 2), number, np.int32)
        return number, client("int32", {"x": given})["x_turned"]

    with futures.ThreadPoolExecutor(8) as pool:
        for number, found in pool.map(ask, range(120)):
            assert found.shape == (1 + number % 3, 2, 2) and (found == number).all()
    assert server.asked["int32"] == 120 and 1 < server.at_once <= 8


@pytest.mark.parametrize("fault", ["drops", "busy"])
def test_a_request_is_repeated_where_nobody_answers(server, client_of, way, fault):
    given = {"x": np.arange(3, dtype=np.int32)}
    client = client_of(server, way, retries=3)
    setattr(server, fault, 2)
    np.testing.assert_array_equal(client("int32", given)["x_turned"], [2, 1, 0])
    setattr(server, fault, 3)
    with pytest.raises(Unreachable, match=r"cannot be reached \(.*\); is the server up, .* It was tried 2 times\."):
        client_of(server, way, retries=1)("int32", given)


def test_a_restart_on_the_same_port_is_waited_for(server, client_of, way):
    client, given = client_of(server, way, retries=6), {"x": np.arange(3, dtype=np.int32)}
    client("int32", given)
    server.stop()
    timer = threading.Timer(0.6, server.start)
    timer.start()
    np.testing.assert_array_equal(client("int32", given)["x_turned"], [2, 1, 0])
    timer.join()


def test_nobody_there(client_of, way):
    api, scheme, own = way
    address = Address.of(f"{scheme}://localhost:{free_port()}")
    client = connect(api, Settings(address, "net", retries=0, **own))
    with pytest.raises(
        Unreachable, match=rf"^{address} cannot be reached \(.*efused.*\); is the server up, and is this"
    ):
        client("int32", {"x": np.arange(3, dtype=np.int32)})
    client.close()


@pytest.mark.parametrize("api", ["tfserving", "kserve_v2"])
def test_who_accepts_no_connection_in_time_is_asked_again(server, client_of, monkeypatch, api):
    """Unlike who has the request and is late."""
    given, tries, connect = {"x": np.arange(3, dtype=np.int32)}, [], HTTPConnection.connect

    def late(self):
        tries.append(self)
        if len(tries) <= 2:
            raise TimeoutError
        connect(self)

    monkeypatch.setattr(HTTPConnection, "connect", late)
    with pytest.raises(Unreachable, match=r"cannot be reached \(no connection within 9 seconds\); is the server up"):
        client_of(server, (api, "http", {}), timeout=9.0)("int32", given)
    np.testing.assert_array_equal(
        client_of(server, (api, "http", {}), retries=1)("int32", given)["x_turned"], [2, 1, 0]
    )
    assert len(tries) == 3 and server.asked["int32"] == 1


def test_a_late_answer_is_not_waited_for(server, client_of, way):
    client = client_of(server, way, timeout=0.3, retries=5)
    given = {"x": np.arange(3, dtype=np.int32)}
    client("int32", given)
    server.delay = 1.5
    with pytest.raises(Refused, match=r"has not answered within 0\.3 seconds; give it more by `timeout`"):
        client("int32", given)
    assert server.asked["int32"] == 2


def test_a_model_that_is_not_there(server, client_of, way):
    client = client_of(server, way, name="nte")
    with pytest.raises(
        Refused, match="does not serve the signature 'int32' of 'nte.*'; it says: .*not found.*`served_"
    ):
        client("int32", {"x": np.arange(3, dtype=np.int32)})


def test_a_signature_that_is_not_there(server, client_of, way):
    with pytest.raises(Refused, match="does not serve the signature 'in32' of 'net.*'; it says: "):
        client_of(server, way)("in32", {"x": np.arange(3, dtype=np.int32)})


def test_rest_lists_the_signatures_that_are_there(server, client_of):
    with pytest.raises(Refused, match="it says: it has bool, float16, float32, .*, two, uint16"):
        client_of(server, ("tfserving", "http", {}))("in32", {"x": np.arange(3, dtype=np.int32)})


def test_what_a_server_says_is_shortened(server, client_of, way):
    def broken(inputs):
        raise ArithmeticError("weights are gone")

    server.signatures["broken"] = Signature(broken, {"x": np.dtype(np.uint8)}, {"y": np.dtype(np.uint8)})
    with pytest.raises(Refused) as told:
        client_of(server, way)("broken", {"x": np.zeros(2, np.uint8)})
    text = str(told.value)
    assert "cannot answer the signature 'broken' of 'net" in text and "ArithmeticError: weights are gone" in text
    assert text.endswith(" ....") and "\n" not in text and len(text) < 400


def test_another_type_than_the_signature_has(server, client_of):
    for way in (("tfserving", "grpc", {}), ("kserve_v2", "grpc", {}), ("kserve_v2", "http", {})):
        with pytest.raises(Refused, match=r"it says: .*Expects arg\[0\] to be int32 but float32 is provided"):
            client_of(server, way)("int32", {"x": np.zeros(2, np.float32)})


@pytest.mark.parametrize("api", ["tfserving", "kserve_v2"])
def test_a_message_beyond_the_servers_limit(client_of, api):
    """Of 4 MB, as servers have it that set none; the client's own side takes more."""
    big = np.zeros((1, 1200, 1200, 3), np.uint8)
    signature = Signature(turned_up, {"x": np.dtype(np.uint8)}, {"y": np.dtype(np.uint8)})
    with Loopback({"up": signature}, limit=4 * 2**20) as server:
        client = client_of(server, (api, "grpc", {}))
        with pytest.raises(Refused, match=r"takes no message of this size \(.*larger than max.*\); raise the server's"):
            client("up", {"x": big})
        assert client("up", {"x": big[:, :600, :600]})["y"].shape == (5, 600, 600, 3)


def turned_up(inputs):
    return {"y": np.concatenate([inputs["x"]] * 5)}


def test_an_answer_beyond_grpcs_own_limit_is_taken(client_of):
    signature = Signature(turned_up, {"x": np.dtype(np.uint8)}, {"y": np.dtype(np.uint8)})
    with Loopback({"up": signature}) as server:
        for api in ("tfserving", "kserve_v2"):
            found = client_of(server, (api, "grpc", {}))("up", {"x": np.ones((1, 1200, 1200, 3), np.uint8)})["y"]
            assert found.shape == (5, 1200, 1200, 3) and found.all()


def test_a_grpc_port_and_a_rest_port_are_told_apart(server):
    x = {"x": np.arange(3, dtype=np.int32)}
    crossed = Address("http", "localhost", server.ports["grpc"])
    for api in ("tfserving", "kserve_v2"):
        client = connect(api, Settings(crossed, "net", retries=0, timeout=5))
        with pytest.raises((Unreadable, Unreachable), match="it speaks no HTTP|cannot be reached"):
            client("int32", x)
        client.close()
        client = connect(api, Settings(Address("grpc", "localhost", server.ports["http"]), "net", retries=0, timeout=5))
        with pytest.raises((Unreachable, Refused), match="cannot be reached|has not answered"):
            client("int32", x)
        client.close()


def test_a_server_without_the_binary_extension(server, client_of):
    server.rest_like = "json"
    client = client_of(server, ("kserve_v2", "http", {}))
    for kind in ("uint8", "int64", "float32", "bool"):
        given = values(kind, (2, 3, 4))
        found = client(kind, {"x": given})["x_turned"]
        assert found.dtype == given.dtype
        np.testing.assert_array_equal(found, given[::-1])
    words = np.array([b"ab", b"c"], object)
    np.testing.assert_array_equal(client("object", {"x": words})["x_turned"], words[::-1])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>", "it is no JSON: <html>"),
        (b"[1]", "its JSON is no object"),
        (b"{}", "neither outputs nor predictions"),
        (b'{"outputs": {"a": [1]}}', "outputs a in place of labels, sure"),
        (b'{"outputs": [1]}', "outputs without names in place of labels, sure"),
        (b'{"predictions": [{"labels": 1}]}', "predictions with other names than labels, sure"),
        (b'{"outputs": {"labels": [[1], [2, 3]], "sure": [1.0]}}', "labels is no array of uint8"),
        (b'{"outputs": {"labels": [256], "sure": [1.0]}}', "labels is no array of uint8"),
        (b'{"outputs": {"labels": [1.5], "sure": [1.0]}}', "labels is no array of uint8 .float in place of uint8"),
        (b'{"outputs": {"labels": ["1"], "sure": [1.0]}}', "labels is no array of uint8 .str in place of uint8"),
        (b'{"outputs": {"labels": [1], "sure": ["1"]}}', "sure is no array of float32 .str in place"),
        (b'{"outputs": {"labels": [1], "sure": {}}}', "sure is no array of float32 .dict in place"),
    ],
)
def test_json_that_is_no_answer(server, client_of, monkeypatch, body, sentence):
    types = {"labels": np.dtype(np.uint8), "sure": np.dtype(np.float32)}
    server.signatures["net"] = Signature(lambda inputs: {}, {"x": np.dtype(np.uint8)}, types)
    monkeypatch.setattr("loopback.Handler._predicted", lambda self, asked: body)
    with pytest.raises(
        Unreadable, match=rf"gives an answer that cannot be read \(.*{sentence}.*\); is it this `api`\?"
    ):
        client_of(server, ("tfserving", "http", {}))("net", {"x": np.zeros(2, np.uint8)})


@pytest.mark.parametrize("found", ['[{"x": 1}]', '[{"b64": 1}]', '[{"b64": "a!"}]', '[["a"], "b"]', "[7]"])
def test_json_that_holds_no_strings(server, client_of, monkeypatch, found):
    server.signatures["net"] = Signature(lambda inputs: {}, {"x": np.dtype(np.uint8)}, {"words": np.dtype(object)})
    monkeypatch.setattr("loopback.Handler._predicted", lambda self, asked: f'{{"outputs": {found}}}'.encode())
    with pytest.raises(Unreadable, match="words is no array of object"):
        client_of(server, ("tfserving", "http", {}))("net", {"x": np.zeros(2, np.uint8)})


def outputs(**one):
    usual = {"name": "y", "datatype": "UINT8", "shape": [2], "parameters": {"binary_data_size": 2}}
    return json.dumps({"outputs": [usual | one]}).encode()


@pytest.mark.parametrize(
    ("head", "values", "sentence"),
    [
        (b"{}", b"", "KeyError 'outputs'"),
        (outputs(), b"a", r"ValueError 1 bytes for a tensor UINT8 \[2\]"),
        (outputs(), b"abc", "ValueError 3 bytes behind the JSON, of which 2 are described"),
        (outputs(datatype="UINT9"), b"ab", "ValueError a tensor of the type UINT9"),
        (outputs(shape=[-1]), b"ab", r"ValueError 2 bytes for a tensor UINT8 \[-1\]"),
        (outputs(datatype="BYTES", shape=[1]), b"\x09\x00", "ValueError a tensor of strings that ends within one"),
        (outputs(parameters={}, data=[1, 2, 3]), b"", r"ValueError 3 values for a tensor \[2\]"),
        (outputs(parameters={}), b"", "KeyError 'data'"),
        (outputs(parameters=None), b"", "KeyError 'data'"),
        (outputs(parameters=[]), b"", "KeyError 'data'"),
        (outputs(parameters=[1]), b"", "AttributeError"),
        (outputs(parameters=None, data=[1.9, "7"]), b"", "ValueError float, str in place of uint8"),
        (outputs(parameters=None, data=[1, 300]), b"", "ValueError a number beyond uint8"),
        (outputs(parameters=None, data=[[1], 2]), b"", "ValueError list in place of uint8"),
        (outputs(parameters=None, data=[1, 2], shape=[2.0]), b"", "TypeError"),
    ],
)
def test_binary_that_is_no_answer(server, client_of, monkeypatch, head, values, sentence):
    header = {"Inference-Header-Content-Length": str(len(head))}
    monkeypatch.setattr("loopback.Handler._inferred", lambda self, name, body: (200, header, head + values))
    with pytest.raises(Unreadable, match=rf"gives an answer that cannot be read \({sentence}"):
        client_of(server, ("kserve_v2", "http", {}))("uint8", {"x": np.zeros(2, np.uint8)})


@pytest.mark.parametrize(
    "text", ["localhost:8500", "grpc://localhost", "ftp://a:1", "http://", "http://a:b", "grpc://a:1/x", "http://a?x=1"]
)
def test_an_address_that_is_none(text):
    with pytest.raises(ValueError, match="An `endpoint` is grpc://host:port or http://host:port; got "):
        Address.of(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("grpc://host:8500", Address("grpc", "host", 8500)),
        ("http://host", Address("http", "host", 80)),
        ("https://host/gate/", Address("https", "host", 443, "/gate")),
        ("http://[::1]:8501", Address("http", "::1", 8501)),
    ],
)
def test_an_address(text, address):
    assert Address.of(text) == address


def test_addresses_as_they_are_told():
    assert str(Address.of("http://[::1]:8501/gate")) == "http://[::1]:8501/gate"


def test_an_unknown_api():
    with pytest.raises(ValueError, match="Unknown API 'triton'; choose one of: kserve_v2, tfserving"):
        connect("triton", Settings(Address.of("grpc://a:1"), "net"))
