"""How long a gradient of the networks of experiments takes on this machine."""

import sys
from collections.abc import Collection, Sequence
from typing import Any

from tfadvseg.data.split import Split
from tfadvseg.doctor.timing import forward_and_gradient
from tfadvseg.engine.planned import planned
from tfadvseg.models.spec import ModelSpec


def speeds(folders: Sequence[str], known: Collection[str] = ()) -> dict[str, float]:
    """{digest: seconds of an input gradient of one image} of every network that is attacked in these runs, which are
    written down; `known` digests are passed over."""
    found: dict[str, float] = {}
    like: dict[tuple[Any, ...], float] = {}  # a network behind variants of a CRF is timed behind one of them
    for folder in folders:
        plan = planned(folder)
        if plan is None:
            raise ValueError(f"{folder} holds no experiment; start its command first.")
        for part in plan.experiment.parts:
            spec = part.source
            if not isinstance(spec, ModelSpec) or spec.digest in {*found, *known}:
                continue
            kind = spec.files, spec.interface, type(spec.refinement)
            if kind not in like:
                print(f"Timing a gradient of {spec.name}.", file=sys.stderr, flush=True)
                like[kind] = gradient_seconds(spec, plan.experiment.shards.split)
            found[spec.digest] = like[kind]
    return found


def gradient_seconds(spec: ModelSpec, split: Split) -> float:
    """Of one image of the network's own size, or of the first photograph where it takes any."""
    size = spec.frame.size or next(iter(split.readable())).image.shape[:2]
    return forward_and_gradient(spec.open(), (int(size[0]), int(size[1])), repeats=1)[1]
