"""Asks a Triton server with NVIDIA's own clients, several at once; runs where `tritonclient` is, without the package.

triton_client.py HTTP_ADDRESS GRPC_ADDRESS CLIENTS FOLDER: each FOLDER/<number>_<protocol>_<model>.npz is a request; its
answer becomes FOLDER/<number>.answer.npz, or FOLDER/<number>.refused with what the server says.
"""

import concurrent.futures
import pathlib
import sys

import numpy as np
import tritonclient.grpc
import tritonclient.http

KINDS = {"http": tritonclient.http, "grpc": tritonclient.grpc}


def asked(path: pathlib.Path, addresses: dict[str, str]) -> None:
    """Sends one request by a connection of its own."""
    number, protocol, model = path.stem.split("_", 2)
    kind, inputs = KINDS[protocol], []
    for name, array in np.load(path, allow_pickle=True).items():
        datatype = "BYTES" if array.dtype == object else tritonclient.http.np_to_triton_dtype(array.dtype)
        inputs.append(kind.InferInput(name, list(array.shape), datatype))
        inputs[-1].set_data_from_numpy(array)
    with kind.InferenceServerClient(addresses[protocol]) as client:
        outputs = [output["name"] for output in metadata(client, protocol, model)["outputs"]]
        try:
            answer = client.infer(model, inputs)
        except (tritonclient.http.InferenceServerException, tritonclient.grpc.InferenceServerException) as error:
            path.with_name(f"{number}.refused").write_text(str(error))
        else:
            np.savez(path.with_name(f"{number}.answer.npz"), **{name: answer.as_numpy(name) for name in outputs})


def metadata(client, protocol: str, model: str) -> dict:
    """What the server says of a model."""
    return client.get_model_metadata(model, **({"as_json": True} if protocol == "grpc" else {}))


def main() -> None:
    http, grpc, clients, folder = sys.argv[1:]
    addresses = {"http": http, "grpc": grpc}
    with concurrent.futures.ThreadPoolExecutor(int(clients)) as pool:
        list(pool.map(lambda path: asked(path, addresses), sorted(pathlib.Path(folder).glob("*_*.npz"))))


if __name__ == "__main__":
    main()
