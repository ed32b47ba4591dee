"""Measures a gradient of networks, as a process that ends then: `python -m tfadvseg.engine.speed THREADS KNOWN RUN...`.

RUN: run folders whose experiments are written down. KNOWN: digests of networks to pass over, separated by commas.
Prints {digest: seconds of an input gradient of one image} as JSON.
"""

import json
import sys
from collections.abc import Collection, Sequence

from tfadvseg.data.split import Split
from tfadvseg.doctor.timing import forward_and_gradient
from tfadvseg.engine.arithmetic import set_threads
from tfadvseg.engine.planned import planned
from tfadvseg.models.spec import ModelSpec


def speeds(folders: Sequence[str], known: Collection[str] = ()) -> dict[str, float]:
    """Of every network that is attacked in these runs; `known` digests are passed over."""
    found: dict[str, float] = {}
    for folder in folders:
        plan = planned(folder)
        if plan is None:
            raise ValueError(f"{folder} holds no experiment; start its command first.")
        for part in plan.experiment.parts:
            spec = part.source
            if isinstance(spec, ModelSpec) and spec.digest not in {*found, *known}:
                print(f"Measuring a gradient of {spec.name}.", file=sys.stderr, flush=True)
                found[spec.digest] = gradient_seconds(spec, plan.experiment.shards.split)
    return found


def gradient_seconds(spec: ModelSpec, split: Split) -> float:
    """Of one image of the network's own size, or of the first photograph where it takes any."""
    size = spec.frame.size or next(iter(split.readable())).image.shape[:2]
    return forward_and_gradient(spec.open(), (int(size[0]), int(size[1])), repeats=1)[1]


if __name__ == "__main__":
    threads, known, *folders = sys.argv[1:]
    set_threads(int(threads))
    print(json.dumps(speeds(folders, known.split(","))))
