"""What a local SavedModel itself answers by the signatures that a server is asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.endpoints.client import Arrays, Client
from tfadvseg.endpoints.segmentation import ATTACKED, DEFENDED_OF_SEEDS, labels_of_pixels
from tfadvseg.models.postprocessed import Model
from tfadvseg.registry import choose


class Counterpart:
    """Called as a `Client` is, and answered by the signatures of the file that a model was read from."""

    def __init__(self, model: Model):
        self.model = model

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """ValueError where the file has no such signature."""
        function = choose(self.model.trackable.signatures, signature, f"signature of {self.model.spec.path}")
        answer = function(**{name: tf.constant(array) for name, array in inputs.items()})
        return {name: array.numpy() for name, array in answer.items()}

    def close(self) -> None:
        """There is no connection."""


def defended(model: Model, image: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Labels uint8 [H, W] of an image uint8 [H, W, 3] behind the defense of a SavedModel, by the draws of seeds int32
    [1, 2]; ValueError where it was exported without one."""
    return labels_of_pixels(Counterpart(model), image, DEFENDED_OF_SEEDS, seeds)


def served_attack(
    client: Client, model: Model, image: np.ndarray, epsilons: Sequence[float]
) -> list[tuple[float, str]]:
    """(epsilon, difference) for each epsilon: how the answer of a server's signature `attacked` to an image uint8
    [H, W, 3] differs from that of the local SavedModel, whose attack is this package's; the difference is empty where
    all is equal bit by bit. ValueError where the file has no such signature."""
    found = []
    for epsilon in epsilons:
        inputs = {"images": image[np.newaxis], "epsilons": np.array([epsilon], np.float32)}
        here, there = Counterpart(model)(ATTACKED, inputs), client(ATTACKED, inputs)
        found.append((epsilon, difference(here, there)))
    return found


def difference(here: Arrays, there: Arrays) -> str:
    """In words, of the outputs of two `attacked`; empty where there is none."""
    if any(name not in there or _kind(there[name]) != _kind(array) for name, array in here.items()):
        return f"answers {_told(there)} in place of {_told(here)}"
    return ", ".join(_apart(name, array, there[name]) for name, array in here.items() if _differ(array, there[name]))


def _differ(here: np.ndarray, there: np.ndarray) -> bool:
    """In any bit, so that numbers that are none equal themselves."""
    return here.tobytes() != there.tobytes()


def _apart(name: str, here: np.ndarray, there: np.ndarray) -> str:
    """How far two arrays of an output are from each other; of labels it says nothing which number is the larger."""
    by = "" if name.startswith("labels") else f" by up to {np.abs(there.astype(np.float64) - here).max():.3g}"
    return f"{name} differs at {100 * np.mean(here != there):.3g} % of its values{by}"


def _kind(array: np.ndarray) -> tuple[np.dtype[Any], tuple[int, ...]]:
    return array.dtype, array.shape


def _told(arrays: Arrays) -> str:
    return ", ".join(f"{name} {array.dtype} {list(array.shape)}" for name, array in sorted(arrays.items())) or "nothing"
