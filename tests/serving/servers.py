"""Real servers as processes of an environment of their own, .venv-serve, in which no code of the package is."""

import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = ROOT / ".venv-serve" / "bin" / "python"
TRITON = ROOT / "docs" / "examples" / "triton_server.py"
PATIENCE = 600
"""Seconds that a server may take to start, or to end, on a busy machine: Triton starts a process for each model."""


def free_ports(count):
    """Numbers of ports that nobody listens at now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def without_this_environment():
    """So that no module of the package can be found."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def model_of(signature):
    """Triton's model for a signature of the SavedModel `served`."""
    return "served" if signature == "serving_default" else f"served_{signature}"


class Server:
    """A program in .venv-serve; what it prints goes to `log`."""

    def __init__(self, log, *call):
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [PYTHON, *map(str, call)], stdout=output, stderr=output, env=without_this_environment()
            )

    def wait(self):
        end = time.monotonic() + PATIENCE
        while not self.ready():
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()[-3000:]
            time.sleep(0.5)

    def __enter__(self):
        try:
            self.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)


class TensorFlowServing(Server):
    """tfserving_server.py, at `grpc`, a port."""

    def __init__(self, folder, log):
        (self.grpc,) = free_ports(1)
        super().__init__(log, HERE / "tfserving_server.py", folder, "served", f"127.0.0.1:{self.grpc}")

    def ready(self):
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.grpc)) == 0


class Triton(Server):
    """docs/examples/triton_server.py at the ports `http`, `grpc` and `metrics_port`, a model for each signature."""

    def __init__(self, folder, log, signatures):
        self.http, self.grpc, self.metrics_port = free_ports(3)
        self.models = [model_of(name) for name in signatures]
        ports = [f"--http_port={self.http}", f"--grpc_port={self.grpc}", f"--metrics_port={self.metrics_port}"]
        super().__init__(log, TRITON, folder, *ports)

    def ready(self):
        try:
            return all(self.get(self.http, f"v2/models/{model}/ready") == "" for model in self.models)
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
        call = [PYTHON, HERE / "triton_client.py", *addresses, str(clients), folder]
        done = subprocess.run(call, capture_output=True, text=True, env=without_this_environment())
        assert done.returncode == 0, done.stderr
        found = []
        for number in range(len(requests)):
            refused = folder / f"{number:03d}.refused"
            answer = folder / f"{number:03d}.answer.npz"
            found.append(refused.read_text() if refused.exists() else dict(np.load(answer, allow_pickle=True)))
        return found
