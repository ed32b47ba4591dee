"""A server of signatures on this machine: TensorFlow Serving's and KServe v2's forms, by REST and by gRPC, with faults
on demand.

    python tests/loopback.py <SavedModel> <name> <port of gRPC> <port of REST>

As a program it serves until it is ended.
"""

import base64
import collections
import contextlib
import dataclasses
import http.server
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent import futures

import grpc
import numpy as np

from tfadvseg.endpoints import kserve_messages, kserve_rest, tfserving_json, tfserving_messages
from tfadvseg.endpoints.tfserving_json import DTYPES

TENSORFLOW = {np.dtype(kind): name for name, kind in DTYPES.items()}


@dataclasses.dataclass(frozen=True)
class Signature:
    """call: arrays by name -> arrays by name. inputs, outputs: their types."""

    call: Callable
    inputs: dict[str, np.dtype]
    outputs: dict[str, np.dtype]


def of_saved_model(folder):
    """{name: Signature} of a SavedModel."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))

    def types(specs):
        return {name: np.dtype(spec.dtype.as_numpy_dtype) for name, spec in specs.items()}

    def signature(function):
        def call(inputs, kept=loaded):
            answer = function(**{name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()})
            return {name: value.numpy() for name, value in answer.items()}

        specs = function.structured_input_signature[1]
        return Signature(call, types(specs), types(function.structured_outputs))

    return {name: signature(function) for name, function in loaded.signatures.items()}


class Refusal(Exception):
    """What the server answers in place of arrays. status: of HTTP."""

    def __init__(self, status, code, text):
        super().__init__(text)
        self.status, self.code = status, code


class Loopback:
    """Serves signatures as the model `name`, as `version`, which its answers say; for KServe also as name_<signature>
    each.

    Faults: `drops`, requests to come whose connection is cut; `busy`, those that are told to come again; `delay`,
    seconds before an answer; `change`, (signature, answer) -> another one. `asked` counts requests by signature,
    `at_once` is how many were worked on at the same time, at most. limit: bytes of a gRPC message that it takes.
    """

    def __init__(self, signatures, name="net", limit=None, rest_like=None):
        self.signatures, self.name, self.limit = dict(signatures), name, limit
        self.drops = self.busy = self.delay = 0
        self.version = "1"
        self.change = lambda signature, answer: answer
        self.before = lambda signature: None
        self.rest_like = rest_like
        self.asked, self.at_once, self._working = collections.Counter(), 0, 0
        self._lock, self.ports = threading.Lock(), {"http": free_port(), "grpc": free_port()}
        self._http = self._grpc = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def address(self, scheme):
        return f"{scheme}://localhost:{self.ports[scheme]}"

    def start(self):
        """Begins to listen, on the same ports as before."""
        self._http = Listener(("localhost", self.ports["http"]), Handler)
        self._http.loopback = self
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        options = [("grpc.so_reuseport", 0)]
        options += [] if self.limit is None else [("grpc.max_receive_message_length", self.limit)]
        options += [("grpc.max_receive_message_length", -1)] if self.limit is None else []
        self._grpc = grpc.server(
            futures.ThreadPoolExecutor(16), options=[*options, ("grpc.max_send_message_length", -1)]
        )
        self._grpc.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler(
                    "tensorflow.serving.PredictionService", {"Predict": self._predict()}
                ),
                grpc.method_handlers_generic_handler("inference.GRPCInferenceService", {"ModelInfer": self._infer()}),
            )
        )
        self._grpc.add_insecure_port(f"localhost:{self.ports['grpc']}")
        self._grpc.start()

    def stop(self):
        """Cuts all connections and listens no more."""
        self._http.shutdown()
        self._http.cut()
        self._http.server_close()
        self._grpc.stop(0).wait()

    def answer(self, signature, inputs):
        """Of one request, faults and all."""
        self.before(signature)
        with self._lock:
            self.asked[signature] += 1
            self._working += 1
            self.at_once = max(self.at_once, self._working)
            drop, self.drops = self.drops > 0, max(0, self.drops - 1)
            busy, self.busy = not drop and self.busy > 0, self.busy if drop else max(0, self.busy - 1)
        try:
            time.sleep(self.delay)
            if drop:
                raise ConnectionAbortedError
            if busy:
                raise Refusal(503, grpc.StatusCode.UNAVAILABLE, "the server is starting")
            if signature not in self.signatures:
                text = f'Serving signature key "{signature}" not found.'
                raise Refusal(400, grpc.StatusCode.INVALID_ARGUMENT, text)
            wanted = self.signatures[signature]
            if inputs.keys() != wanted.inputs.keys():
                text = f"input size does not match signature: {sorted(inputs)} != {sorted(wanted.inputs)}"
                raise Refusal(400, grpc.StatusCode.INVALID_ARGUMENT, text)
            for name, array in inputs.items():
                if array.dtype != wanted.inputs[name]:
                    text = f"Expects arg[0] to be {wanted.inputs[name]} but {array.dtype} is provided"
                    raise Refusal(400, grpc.StatusCode.INVALID_ARGUMENT, text)
            try:
                found = wanted.call(inputs)
            except Exception as error:
                text = f"2 root error(s) found.\n  (0) {type(error).__name__}: {error}\n" + 30 * "[[{{node x}}]] "
                raise Refusal(500, grpc.StatusCode.INTERNAL, text) from error
            return self.change(signature, found)
        finally:
            with self._lock:
                self._working -= 1

    def of_model(self, name):
        """The signature of a model of KServe's."""
        signature = "serving_default" if name == self.name else name.removeprefix(f"{self.name}_")
        if name != self.name and not (name.startswith(f"{self.name}_") and signature in self.signatures):
            raise Refusal(404, grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{name}' is not found")
        return signature

    def of_servable(self, name, version):
        """Refuses others."""
        if name != self.name or version not in ("", self.version):
            wanted = f"Specific({name}, {version})" if version else f"Latest({name})"
            raise Refusal(404, grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {wanted}")

    def _method(self, request, work):
        def handle(message, context):
            try:
                return work(message)
            except ConnectionAbortedError:
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            except Refusal as refusal:
                context.abort(refusal.code, str(refusal))

        return grpc.unary_unary_rpc_method_handler(
            handle, request.FromString, lambda answer: answer.SerializeToString()
        )

    def _predict(self):
        messages = tfserving_messages.MESSAGES

        def work(message):
            spec, answer = message.model_spec, messages["PredictResponse"]()
            self.of_servable(spec.name, str(spec.version.value) if spec.HasField("version") else "")
            found = self.answer(spec.signature_name, tfserving_messages.tensors(message.inputs))
            tfserving_messages.add_tensors(answer.outputs, found)
            answer.model_spec.name = spec.name
            if self.version:
                answer.model_spec.version.value = int(self.version)
            return answer

        return self._method(messages["PredictRequest"], work)

    def _infer(self):
        messages = kserve_messages.MESSAGES

        def work(message):
            inputs = kserve_messages.tensors(message.inputs, message.raw_input_contents)
            found = self.answer(self.of_model(message.model_name), inputs)
            answer = messages["ModelInferResponse"](model_name=message.model_name, model_version=self.version)
            kserve_messages.add_tensors(answer.outputs, answer.raw_output_contents, found)
            return answer

        return self._method(messages["ModelInferRequest"], work)

    def metadata(self):
        """As GET .../metadata has it."""

        def side(types):
            return {name: {"dtype": TENSORFLOW[kind], "name": f"{name}:0"} for name, kind in types.items()}

        found = {
            name: {"inputs": side(one.inputs), "outputs": side(one.outputs), "method_name": "predict"}
            for name, one in self.signatures.items()
        }
        found["__saved_model_init_op"] = {"inputs": {}, "outputs": {"__saved_model_init_op": {"dtype": "DT_INVALID"}}}
        return {"model_spec": {"name": self.name}, "metadata": {"signature_def": {"signature_def": found}}}


class Listener(http.server.ThreadingHTTPServer):
    """Keeps its connections, to cut them."""

    daemon_threads, block_on_close = True, False
    request_queue_size = 64

    def __init__(self, *arguments):
        self.open = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass

    def cut(self):
        for request in list(self.open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._guarded(self._get)

    def do_POST(self):
        self._guarded(self._post)

    def _guarded(self, work):
        try:
            status, headers, body = work()
        except ConnectionAbortedError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except Refusal as refusal:
            status, headers, body = refusal.status, {}, json.dumps({"error": str(refusal)}).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def loopback(self):
        return self.server.loopback

    def _get(self):
        if not (found := re.fullmatch(r"/v1/models/([^/]+)(?:/versions/(\d+))?/metadata", self.path)):
            return 404, {}, b"Not Found"
        self.loopback.of_servable(found[1], found[2] or "")
        return 200, {}, json.dumps(self.loopback.metadata()).encode()

    def _post(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if found := re.fullmatch(r"/v1/models/([^/]+)(?:/versions/(\d+))?:predict", self.path):
            self.loopback.of_servable(found[1], found[2] or "")
            return 200, {}, self._predicted(json.loads(body))
        if found := re.fullmatch(r"/v2/models/([^/]+)(?:/versions/(\d+))?/infer", self.path):
            return self._inferred(found[1], body)
        return 404, {}, b"Not Found"

    def _predicted(self, asked):
        """TensorFlow Serving: a single array goes without its name, and each row has all of them."""
        name = asked.get("signature_name", "serving_default")
        signature = self.loopback.signatures.get(name)
        if signature is None:
            self.loopback.answer(name, {})
        rows = "instances" in asked
        if rows:
            named = all(isinstance(row, dict) and row.keys() == signature.inputs.keys() for row in asked["instances"])
            single = next(iter(signature.inputs))
            columns = {
                key: [row[key] if named else row for row in asked["instances"]]
                for key in (signature.inputs if named else [single])
            }
        else:
            columns = asked["inputs"]
        inputs = {key: of_json(value, signature.inputs[key]) for key, value in columns.items()}
        found = {key: to_json(key, value) for key, value in self.loopback.answer(name, inputs).items()}
        if not rows:
            return json.dumps({"outputs": found if len(found) > 1 else next(iter(found.values()))}).encode()
        listed = [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]
        if len(found) == 1:
            listed = [next(iter(row.values())) for row in listed]
        return json.dumps({"predictions": listed}).encode()

    def _inferred(self, name, body):
        length = int(self.headers.get(kserve_rest.HEADER, len(body)))
        asked = json.loads(body[:length])
        signature = self.loopback.of_model(name)
        found = self.loopback.answer(signature, kserve_rest.tensors(asked["inputs"], memoryview(body)[length:]))
        if self.loopback.rest_like == "json":  # a server without the extension
            outputs = [
                {
                    "name": key,
                    "datatype": kserve_rest.datatype(value),
                    "shape": list(value.shape),
                    "data": [one.decode() if isinstance(one, bytes) else one for one in value.ravel().tolist()],
                }
                for key, value in found.items()
            ]
            told = {"model_name": name, "model_version": self.loopback.version, "outputs": outputs}
            return 200, {}, json.dumps(told).encode()
        assert asked["parameters"]["binary_data_output"] is True
        head, values = kserve_rest.body(found, "outputs", {"model_name": name, "model_version": self.loopback.version})
        return 200, {kserve_rest.HEADER: str(len(head))}, head + values


def of_json(value, dtype):
    """What TensorFlow Serving makes of JSON for an input of this type."""
    if dtype.kind == "O":
        shaped = np.array(value, object)
        found = np.empty(shaped.shape, object)
        for place in np.ndindex(*shaped.shape):
            found[place] = base64.b64decode(shaped[place]["b64"])
        return found
    return np.array(value, dtype)


def to_json(name, array):
    """What it makes of an output: strings of a name that ends in _bytes as b64, others as text."""
    if array.dtype != object:
        return array.tolist()
    if name.endswith("_bytes"):
        return tfserving_json._plain(array)
    return np.vectorize(lambda one: one.decode(), otypes=[object])(array).tolist() if array.size else array.tolist()


def free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    folder, name, *ports = sys.argv[1:]
    loopback = Loopback(of_saved_model(folder), name)
    loopback.ports = dict(zip(("grpc", "http"), map(int, ports), strict=True))
    with loopback:
        print(f"{name} at {loopback.address('grpc')} and {loopback.address('http')}", flush=True)
        threading.Event().wait()
