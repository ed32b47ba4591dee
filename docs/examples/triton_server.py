"""Serves SavedModels by a Triton Inference Server, over HTTP and gRPC (the KServe protocol, version 2).

    python3.11 -m venv venv-triton
    venv-triton/bin/pip install nvidia-pytriton==0.7.0 tensorflow-cpu==2.21.0 "numpy<2"
    venv-triton/bin/python docs/examples/triton_server.py saved_models/enet_scenes

Each signature is a model: NAME for `serving_default`, NAME_encoded for `encoded` and so on, in the file's own version.
Inputs and outputs have the names, types and shapes of the signature, with the number of images as their first side. The
server is of the wheel nvidia-pytriton, which has no TensorFlow of its own, so signatures run in this process. numpy 2
would make its answers empty.

A SavedModel is a program: serve only files of people you know. By default only this machine can reach the server;
--address=0.0.0.0 lets others in.
"""

import argparse
import os
import pathlib
import signal
import sys
import sysconfig
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from pytriton.exceptions import PyTritonInvalidOperationError
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig


def main() -> None:
    flags = parsed()
    tf.config.threading.set_intra_op_parallelism_threads(flags.threads)
    os.environ["LD_LIBRARY_PATH"] = libraries()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # else the server would outlive this process
    config = TritonConfig(
        http_address=flags.address,
        http_port=flags.http_port,
        grpc_address=flags.address,
        grpc_port=flags.grpc_port,
        metrics_address=flags.address,
        metrics_port=flags.metrics_port,
    )
    with Triton(config=config) as triton:
        for folder in flags.folders:
            for name, signature in signatures(folder):
                bind(triton, name, int(folder.name) if folder.name.isdigit() else 1, signature)
        triton.serve()


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=newest, help="SavedModels: folders of one, or of numbered versions.")
    parser.add_argument("--address", default="127.0.0.1", help="Where it listens.")
    parser.add_argument("--http_port", type=int, default=8000)
    parser.add_argument("--grpc_port", type=int, default=8001)
    parser.add_argument("--metrics_port", type=int, default=8002)
    parser.add_argument("--threads", type=int, default=2, help="Within an operation; they decide last digits.")
    return parser.parse_args()


def libraries() -> str:
    """Where libraries are looked for, this Python's own first: the server takes any libpython3.11 that it finds, and
    one of another patch level than the modules beside it does not start."""
    places = sysconfig.get_config_var("LIBDIR"), os.environ.get("LD_LIBRARY_PATH")
    return ":".join(filter(None, places))


def newest(text: str) -> pathlib.Path:
    """The folder of a SavedModel, or of the newest version in it."""
    folder = pathlib.Path(text).resolve()
    if (folder / "saved_model.pb").is_file():
        return folder
    versions = [path.parent for path in folder.glob("*/saved_model.pb") if path.parent.name.isdigit()]
    if not versions:
        raise argparse.ArgumentTypeError(f"{text} holds no SavedModel and no numbered version of one")
    return max(versions, key=lambda version: int(version.name))


def signatures(folder: pathlib.Path) -> Iterator[tuple[str, Callable]]:
    """(name of a model, its function) of each signature."""
    loaded = tf.saved_model.load(str(folder))
    name = folder.parent.name if folder.name.isdigit() else folder.name
    for key, signature in loaded.signatures.items():
        signature.of_file = loaded  # its variables die with it
        yield name if key == "serving_default" else f"{name}_{key}", signature


def bind(triton: Triton, name: str, version: int, signature: Callable) -> None:
    """Adds a model; requests are answered one by one, since their images may differ in size."""

    def infer(requests):
        return [answer(name, signature, request) for request in requests]

    triton.bind(
        name,
        infer,
        inputs=[tensor(key, spec) for key, spec in signature.structured_input_signature[1].items()],
        outputs=[tensor(key, spec) for key, spec in signature.structured_outputs.items()],
        model_version=version,
        config=ModelConfig(batching=False),
    )


def tensor(key: str, spec: tf.TensorSpec) -> Tensor:
    """Triton's word for a tensor of a signature; -1 is any number."""
    dtype = object if spec.dtype == tf.string else spec.dtype.as_numpy_dtype
    return Tensor(name=key, dtype=dtype, shape=tuple(-1 if side is None else side for side in spec.shape))


def answer(name: str, signature: Callable, request) -> dict[str, np.ndarray]:
    """What the signature says to one request; TensorFlow's reason, in one line, where it refuses."""
    try:
        found = signature(**{key: tf.constant(array) for key, array in request.data.items()})
    except (tf.errors.OpError, ValueError) as error:
        reason = " ".join(str(getattr(error, "message", error)).split())
        raise PyTritonInvalidOperationError(f"{name} cannot answer this: {reason}") from error
    return {key: value.numpy() for key, value in found.items()}


if __name__ == "__main__":
    main()
