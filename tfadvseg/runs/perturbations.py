"""The perturbations of one photograph as a file, exactly: whole steps of 8 or 16 bits wherever these hold every value.

<digest of the id>.npz, of A attacks (read it with `allow_pickle=False`):

    id, photograph, model text                     the photograph's id, its digest, that of the model attacked
    attacks [A] text, epsilons [A], steps [A]      NaN for an attack that finds its own norm; steps in grey levels
    0, 1, ... [H, W, 3] int8, int16 or float32     perturbation / step of each attack, on the network's input
    digest text                                    of all of this
"""

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tfadvseg.runs.folder import DAMAGED, arrays_of
from tfadvseg.runs.store import Place, Store, store_of

STEPS = tuple(2.0**-power for power in range(8))
"""Grey levels: attacks take steps of 1, and epsilons are quarters for the most part."""


PACKED = (np.int8, np.int16, np.float32)
"""Types of what is packed."""


class Packed(NamedTuple):
    """A perturbation is values * step. values: int8 or int16; float32, and the step 1, where no step fits."""

    values: np.ndarray
    step: float


def pack(perturbation: np.ndarray) -> Packed:
    """The smallest form of float32 values from which `unpack` has each of them back (-0 as 0, which adds the same)."""
    exact = np.asarray(perturbation, np.float32)
    largest = float(np.abs(exact).max(initial=0.0))
    if math.isfinite(largest):
        for dtype in (np.int8, np.int16):
            for step in (*STEPS, largest):  # the largest is what single steps are made of
                if largest / step > np.iinfo(dtype).max:
                    continue
                packed = Packed(np.rint(exact / np.float32(step)).astype(dtype), step)
                if np.array_equal(unpack(packed), exact):
                    return packed
    return Packed(exact, 1.0)


def unpack(packed: Packed) -> np.ndarray:
    """float32, as it was packed."""
    return packed.values.astype(np.float32) * np.float32(packed.step)


@dataclasses.dataclass(frozen=True, eq=False)
class Perturbations:
    """Of one photograph under A attacks on one model. id, photograph: its id and digest. model: the model's digest.
    attacks: (name, epsilon) pairs. values: float32 [A, H, W, 3] on the model's input, in grey levels."""

    id: str
    photograph: str
    model: str
    attacks: tuple[tuple[str, float | None], ...]
    values: np.ndarray


def photograph_digest(photograph: np.ndarray) -> str:
    """SHA-256 in hex over the kind, size and values of a photograph [H, W, 3]."""
    about = f"{photograph.dtype} {photograph.shape} ".encode()
    return hashlib.sha256(about + np.ascontiguousarray(photograph).tobytes()).hexdigest()


def file_of(name: str) -> str:
    """The file with the perturbations of a photograph, whatever characters its id has."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.npz"


def save_perturbations(folder: Place | Store, kept: Perturbations) -> None:
    """Writes the file, whole or not at all; the same perturbations give the same bytes."""
    packed = [pack(values) for values in kept.values]
    arrays: dict[str, Any] = {
        "id": np.array(kept.id),
        "photograph": np.array(kept.photograph),
        "model": np.array(kept.model),
        "attacks": np.array([name for name, _ in kept.attacks], str),
        "epsilons": np.array([np.nan if epsilon is None else epsilon for _, epsilon in kept.attacks]),
        "steps": np.array([one.step for one in packed]),
    } | {str(number): one.values for number, one in enumerate(packed)}
    arrays["digest"] = np.array(_digest(arrays))
    store_of(folder).write(file_of(kept.id), lambda file: np.savez_compressed(file, **arrays))


def load_perturbations(folder: Place | Store, name: str) -> Perturbations:
    """Of the photograph of that id; ValueError where there are none, or the file is not as it was written."""
    store = store_of(folder)
    path = f"{store}/{file_of(name)}"
    try:
        arrays = arrays_of(store.read(file_of(name)))
        if str(arrays.pop("digest")) != _digest(arrays):
            raise ValueError("The digest is another.")
        return _unpacked(arrays)
    except FileNotFoundError as error:
        raise ValueError(
            f"{store} holds no perturbations of the photograph {name}; choose photographs that it has."
        ) from error
    except DAMAGED as error:
        raise ValueError(
            f"{path} is not as it was written; make the perturbations anew in another run folder, or bring back a copy."
        ) from error


def _unpacked(arrays: Mapping[str, np.ndarray]) -> Perturbations:
    """What an archive holds; one of DAMAGED where it is none of perturbations."""
    epsilons = [None if math.isnan(epsilon) else epsilon for epsilon in arrays["epsilons"].tolist()]
    steps, packed = arrays["steps"].tolist(), [arrays[str(number)] for number in range(len(arrays["steps"]))]
    if any(one.dtype not in PACKED or one.ndim != 3 or one.shape[2] != 3 for one in packed):
        raise ValueError("An array is no packed perturbation [H, W, 3].")
    values = np.stack([unpack(Packed(one, step)) for one, step in zip(packed, steps, strict=True)])
    if not np.isfinite(values).all():
        raise ValueError("A value is not finite.")
    attacks = tuple(zip(map(str, arrays["attacks"]), epsilons, strict=True))
    if len(attacks) != len(values):
        raise ValueError("There is not one perturbation an attack.")
    return Perturbations(str(arrays["id"]), str(arrays["photograph"]), str(arrays["model"]), attacks, values)


def _digest(arrays: dict[str, np.ndarray]) -> str:
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        total.update(f"{name} {array.dtype} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
    return total.hexdigest()
