"""A real Triton Inference Server answers every signature as this process does, to many clients at once.

`make serve-test` makes the environment of server and clients, and runs this.
"""

import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import served

ROOT = pathlib.Path(__file__).parents[2]
PYTHON = ROOT / ".venv-serve" / "bin" / "python"
PROTOCOLS = "http", "grpc"
START = 180
"""Seconds that the server may take to start on a busy machine."""
pytestmark = pytest.mark.serve


def free_ports(count):
    """Numbers of ports that nobody listens at now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Server:
    """docs/examples/triton_server.py on three free ports, with its models ready."""

    def __init__(self, folder, log):
        self.http, self.grpc, self.metrics_port = free_ports(3)
        ports = [f"--http_port={self.http}", f"--grpc_port={self.grpc}", f"--metrics_port={self.metrics_port}"]
        call = [PYTHON, ROOT / "docs" / "examples" / "triton_server.py", folder, *ports]
        with open(log, "wb") as output:
            self.process = subprocess.Popen(call, stdout=output, stderr=output, env=without_this_environment())
        self.log = log

    def wait_for(self, models):
        end = time.monotonic() + START
        while not all(self.ready(model) for model in models):
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()[-3000:]
            time.sleep(0.5)

    def ready(self, model):
        try:
            return self.get(self.http, f"v2/models/{model}/ready") == ""
        except (urllib.error.URLError, ConnectionError):
            return False

    def get(self, port, path):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}").read().decode()

    def metrics(self):
        """{model: (requests answered, requests refused)}."""
        text = self.get(self.metrics_port, "metrics")
        counts = {}
        for outcome in ("success", "failure"):
            for model, count in re.findall(rf'nv_inference_request_{outcome}{{model="(\w+)",.*}} (\d+)', text):
                found = counts.setdefault(model, {"success": 0, "failure": 0})
                found[outcome] += int(count)
        return {model: tuple(found.values()) for model, found in counts.items()}

    def ask(self, requests, folder, clients=4):
        """Answers to [(protocol, model, {input: array})]: {output: array} or, as text, why the server refused."""
        folder.mkdir()
        for number, (protocol, model, inputs) in enumerate(requests):
            np.savez(folder / f"{number:03d}_{protocol}_{model}.npz", **inputs)
        addresses = [f"127.0.0.1:{port}" for port in (self.http, self.grpc)]
        call = [PYTHON, pathlib.Path(__file__).with_name("triton_client.py"), *addresses, str(clients), folder]
        done = subprocess.run(call, capture_output=True, text=True, env=without_this_environment())
        assert done.returncode == 0, done.stderr
        found = []
        for number in range(len(requests)):
            refused = folder / f"{number:03d}.refused"
            answer = folder / f"{number:03d}.answer.npz"
            found.append(refused.read_text() if refused.exists() else dict(np.load(answer, allow_pickle=True)))
        return found


def without_this_environment():
    """So that no module of the package can be found."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def model_of(signature):
    return "served" if signature == "serving_default" else f"served_{signature}"


@pytest.fixture(scope="module")
def server(served_folder, served_answers, tmp_path_factory):
    started = Server(served_folder.parent, tmp_path_factory.mktemp("triton") / "log")
    try:
        started.wait_for([model_of(name) for name in served_answers])
        yield started
    finally:
        started.process.send_signal(signal.SIGINT)
        started.process.wait(60)


def test_server_and_clients_have_no_code_of_the_package(server):
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('tfadvseg', 'pipelines')])"
    call = [PYTHON, "-I", "-c", code]
    assert subprocess.run(call, capture_output=True, text=True).stdout == "[None, None]\n"


def test_every_signature_answers_over_http_and_grpc(server, served_folder, served_answers, tmp_path):
    cases = list(itertools.product(PROTOCOLS, served_answers))
    requests = [(protocol, model_of(name), served.inputs(served_folder, name)) for protocol, name in cases]
    for (_, name), found in zip(cases, server.ask(requests, tmp_path / "all"), strict=True):
        expected = served_answers[name]
        assert not isinstance(found, str), found
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            assert found[key].shape == array.shape and found[key].dtype == array.dtype
            if name != served.DRAWN:
                np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")


def test_a_random_defense_draws_anew_for_each_request(server, served_folder, tmp_path):
    given = served.inputs(served_folder, served.DRAWN)
    one, other = server.ask([("http", model_of(served.DRAWN), given)] * 2, tmp_path / "twice")
    assert (one["entropy"] != other["entropy"]).all()


def test_many_clients_at_once_get_each_their_own_answer(server, served_folder, served_answers, tmp_path):
    """Photographs of other and odd sizes, in turns by both protocols; and the server counts them."""
    loaded = tf.saved_model.load(str(served_folder))
    sizes = [(1, 1, 1), (1, 7, 301), (3, 31, 33), (2, 64, 48), (1, 299, 5), (1, 128, 97)] * 4
    photographs = [served.photographs(*size) for size in sizes]
    before = server.metrics()["served"]
    requests = [(PROTOCOLS[n % 2], "served", {"images": images}) for n, images in enumerate(photographs)]
    found = server.ask(requests, tmp_path / "many", clients=8)
    for images, answer in zip(photographs, found, strict=True):
        for key, expected in loaded.signatures["serving_default"](images=tf.constant(images)).items():
            np.testing.assert_array_equal(answer[key], expected)
    after = server.metrics()["served"]
    assert (after[0] - before[0], after[1] - before[1]) == (len(requests), 0)


def test_what_the_signature_refuses_is_told_and_counted_and_does_no_harm(server, served_folder, tmp_path):
    noise, wrong = np.array([b"\x00no picture\x00"], object), np.zeros((1, 8, 8, 1), np.uint8)
    good = served.inputs(served_folder, "encoded")
    before = server.metrics()
    requests = [("http", "served_encoded", {"image_bytes": noise}), ("grpc", "served_encoded", {"image_bytes": noise})]
    requests += [("grpc", "served", {"images": wrong}), ("http", "served_encoded", good)]
    *refused, answer = server.ask(requests, tmp_path / "bad", clients=1)
    assert all("served_encoded cannot answer this: " in text and "Unknown image" in text for text in refused[:2])
    assert "[-1,-1,-1,3]" in refused[2]
    assert answer["labels_bytes"].shape == (2,)
    after = server.metrics()
    assert after["served_encoded"] == (before["served_encoded"][0] + 1, before["served_encoded"][1] + 2)


def test_a_folder_without_a_savedmodel_is_refused_in_a_line(tmp_path):
    call = [PYTHON, ROOT / "docs" / "examples" / "triton_server.py", tmp_path]
    done = subprocess.run(call, capture_output=True, text=True, env=without_this_environment())
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(f"{tmp_path} holds no SavedModel and no numbered version of one")
