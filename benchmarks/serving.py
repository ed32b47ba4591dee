"""How many requests a second a served network answers, and how late, beside the same calls in this process.

    python -m benchmarks.serving --saved_model served/enet_guarded/1 --endpoint grpc://localhost:8500

For each of --signatures and of --clients at once so many requests of one image as stand behind it, or none: requests a
second, and the median and the 99th percentile of the milliseconds until an answer, by the endpoint and by the loaded
SavedModel in as many threads. Then --requests are sent by the most clients to the first signature, each a different
image, and each answer is compared with what the SavedModel gives for that image here (of 1,000 labels one may differ,
by arithmetic): lost and mixed-up answers are counted, and there must be none. What `defended` draws is not ours to
repeat, so it is only timed; `defended_of_seeds` is compared.
"""

import argparse
import concurrent.futures
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfadvseg import data
from tfadvseg.endpoints import API, connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import DEFAULT, Settings

Arrays = Mapping[str, np.ndarray]
Call = Callable[[str, Arrays], Arrays]

COMPARED = {DEFAULT: "labels", "defended_of_seeds": "labels", "attacked": "labels_before"}
EPSILON = 4.0


def inputs(signature: str, number: int, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Of request number `number`: a piece of a drawn street in one of many tints, none like another."""
    streets = data.named("scenes").split(None, "validation")
    image = _street(streets, number % 16)
    rng = np.random.default_rng(number)
    top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(image.shape, size, strict=False))
    piece = image[top : top + size[0], left : left + size[1]].astype(int) + rng.integers(-60, 61, 3)
    found = {"images": np.clip(piece, 0, 255).astype(np.uint8)[None]}
    if signature == "attacked":
        found["epsilons"] = np.array([EPSILON], np.float32)
    if signature == "defended_of_seeds":
        found["seeds"] = np.array([[number, 7]], np.int32)
    return found


_STREETS: dict[int, np.ndarray] = {}


def _street(streets: data.Split, number: int) -> np.ndarray:
    if number not in _STREETS:
        _STREETS[number] = streets[number].image
    return _STREETS[number]


def in_process(folder: str) -> Call:
    """The signatures of a SavedModel."""
    loaded = tf.saved_model.load(folder)

    def call(signature: str, arrays: Arrays) -> Arrays:
        answer = loaded.signatures[signature](**{name: tf.constant(value) for name, value in arrays.items()})
        return {name: value.numpy() for name, value in answer.items()}

    return call


def late(call: Call, signature: str, requests: list[Arrays], clients: int) -> tuple[float, float, float]:
    """(requests a second, median and 99th percentile of the milliseconds until an answer)."""

    def timed(arrays: Arrays) -> float:
        started = time.perf_counter()
        call(signature, arrays)
        return 1e3 * (time.perf_counter() - started)

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        each = list(pool.map(timed, requests))
        rate = len(requests) / (time.perf_counter() - started)
    return rate, statistics.median(each), float(np.percentile(each, 99))


def compared(here: Call, there: Call, signature: str, count: int, clients: int, size: tuple[int, int]) -> str:
    """A sentence about `count` requests at once whose answers are compared."""
    key = COMPARED[signature]
    digests, wrong, lost = set(), 0, 0

    def both(number: int) -> tuple[np.ndarray, np.ndarray | None]:
        arrays = inputs(signature, number, size)
        try:
            found = there(signature, arrays).get(key)
        except ValueError as error:
            print(error)
            found = None
        return arrays["images"], found

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        for number, (images, found) in enumerate(pool.map(both, range(count))):
            digests.add(images.tobytes())
            lost += found is None
            if found is not None:
                expected = here(signature, inputs(signature, number, size))[key]
                wrong += found.shape != expected.shape or float(np.mean(found != expected)) > 0.001
    return (
        f"{signature}: {count} requests by {clients} clients, {len(digests)} different images; {lost} answers lost, "
        f"{wrong} not those of their image"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--saved_model", required=True)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--api", choices=list(API), default="tfserving")
    parser.add_argument("--name", help="Of the model there; by default of the folder.")
    parser.add_argument("--signatures", default="serving_default=200,defended=60,attacked=16")
    parser.add_argument("--clients", default="1,2,4,8")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--size", default="96x128")
    given = parser.parse_args()
    height, width = map(int, given.size.split("x"))
    name = given.name or given.saved_model.rstrip("/").split("/")[-2]
    here, there = in_process(given.saved_model), connect(given.api, Settings(Address.of(given.endpoint), name))
    signatures = {word: int(count) for word, count in (one.split("=") for one in given.signatures.split(","))}
    clients = list(map(int, given.clients.split(",")))
    print(
        f"{'signature':18} clients   {'served: a second':>16}  {'p50 ms':>7}  {'p99 ms':>7}   "
        f"{'here: a second':>16}  {'p50 ms':>7}  {'p99 ms':>7}"
    )
    for signature, timed in filter(lambda one: one[1], signatures.items()):
        requests = [inputs(signature, number, (height, width)) for number in range(timed)]
        for call in (there, here):
            late(call, signature, requests[:2], 2)  # traced, and warm
        for count in clients:
            found = [late(call, signature, requests, count) for call in (there, here)]
            told = "   ".join(f"{rate:16.1f}  {median:7.0f}  {last:7.0f}" for rate, median, last in found)
            print(f"{signature:18} {count:7}   {told}", flush=True)
    first = next(iter(signatures))
    if given.requests and first in COMPARED:
        print(compared(here, there, first, given.requests, max(clients), (height, width)))
    there.close()


if __name__ == "__main__":
    main()
