"""Attacked example images and their file examples.npz, from which picture sheets are drawn without running anything.

examples.npz, for E examples numbered j = 0..E-1 (read it with `allow_pickle=False`):

    class_names [C] text, palette [C, 3] uint8             the label space
    models, images, transforms [E] text                    network, image id and input transform of each example
    <j>/image [H, W, 3] uint8                              clean RGB, rounded
    <j>/truth [H, W] uint8, <j>/prediction [H, W] uint8    ground truth (255: void), prediction on the clean image
    <j>/attacks [K] text, <j>/epsilons [K] float64         what was done to it
    <j>/perturbations [K, H, W, 3] float16, or float32 where float16 would change a value
    <j>/predictions [K, H, W] uint8                        prediction on image + perturbation
"""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from tfadvseg.atomic import write_atomically
from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs.archive import opened


@dataclasses.dataclass(frozen=True, eq=False)
class Attacked:
    """perturbation: float [H, W, 3] in grey levels. prediction: labels [H, W] on image + perturbation."""

    attack: str
    epsilon: float | None
    perturbation: np.ndarray
    prediction: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """One image before one network. name: image id. image: RGB [H, W, 3] in 0..255. truth, prediction: [H, W].

    transform: what stood before the network, if anything; then image and perturbations are what it let through.
    """

    model: str
    name: str
    image: np.ndarray
    truth: np.ndarray
    prediction: np.ndarray
    attacked: tuple[Attacked, ...]
    transform: str = ""

    def __post_init__(self) -> None:
        size = self.image.shape[:2]
        maps = [self.truth, self.prediction]
        maps += [array for one in self.attacked for array in (one.perturbation[..., 0], one.prediction)]
        wrong = [array.shape for array in maps if array.shape != size]
        if wrong:
            raise ValueError(f"Example {self.name} is {size[0]} x {size[1]}, but one of its arrays is {wrong[0]}.")

    def under(self, attack: str) -> tuple[Attacked, ...]:
        """What one attack did, by ascending epsilon."""
        return tuple(sorted((one for one in self.attacked if one.attack == attack), key=lambda one: one.epsilon or 0.0))

    @property
    def attacks(self) -> tuple[str, ...]:
        """Attacks in order of first appearance."""
        return tuple(dict.fromkeys(one.attack for one in self.attacked))


def save_examples(path: str | pathlib.Path, label_space: LabelSpace, examples: Sequence[Example]) -> None:
    """Writes examples.npz; the same examples give the same bytes."""
    write_atomically(path, lambda file: write_examples(file, label_space, examples))


def write_examples(file: IO[bytes], label_space: LabelSpace, examples: Sequence[Example]) -> None:
    """The same, into an open file."""
    arrays: dict[str, Any] = {
        "class_names": np.array(label_space.names, str),
        "palette": np.array(label_space.palette, np.uint8),
        "models": np.array([example.model for example in examples], str),
        "images": np.array([example.name for example in examples], str),
        "transforms": np.array([example.transform for example in examples], str),
    }
    for j, example in enumerate(examples):
        size = example.image.shape[:2]
        perturbations = np.reshape([one.perturbation for one in example.attacked], (-1, *size, 3))
        arrays |= {
            f"{j}/image": pixels(example.image),
            f"{j}/truth": example.truth.astype(np.uint8),
            f"{j}/prediction": example.prediction.astype(np.uint8),
            f"{j}/attacks": np.array([one.attack for one in example.attacked], str),
            f"{j}/epsilons": np.array([one.epsilon for one in example.attacked], np.float64),
            f"{j}/perturbations": _half_where_exact(perturbations),
            f"{j}/predictions": np.reshape([one.prediction for one in example.attacked], (-1, *size)).astype(np.uint8),
        }
    np.savez_compressed(file, **arrays)


def load_examples(path: str | pathlib.Path) -> tuple[LabelSpace, tuple[Example, ...]]:
    """What `save_examples` wrote: the label space and the examples, perturbations as float32."""
    with open(path, "rb") as packed, opened(packed) as file:
        palette = tuple((int(red), int(green), int(blue)) for red, green, blue in file["palette"])
        label_space = LabelSpace(tuple(map(str, file["class_names"])), palette)
        names = zip(file["models"], file["images"], file["transforms"], strict=True)
        found = tuple(_example(file, j, *map(str, those)) for j, those in enumerate(names))
    told = [word for one in found for word in (one.model, one.name, one.transform, *one.attacks)]
    "".join([*label_space.names, *told]).encode()  # a name that no text holds is damaged
    return label_space, found


def pixels(image: np.ndarray) -> np.ndarray:
    """An image as it can be shown: clipped to 0..255 and rounded to uint8."""
    return np.rint(np.clip(image, 0, 255)).astype(np.uint8)


def _example(file: np.lib.npyio.NpzFile, j: int, model: str, name: str, transform: str) -> Example:
    parts = (file[f"{j}/{key}"] for key in ("attacks", "epsilons", "perturbations", "predictions"))
    attacked = tuple(
        Attacked(str(attack), None if np.isnan(epsilon) else float(epsilon), change.astype(np.float32), prediction)
        for attack, epsilon, change, prediction in zip(*parts, strict=True)
    )
    image, truth, prediction = (file[f"{j}/{key}"] for key in ("image", "truth", "prediction"))
    return Example(model, name, image, truth, prediction, attacked, transform)


def _half_where_exact(values: np.ndarray) -> np.ndarray:
    """float16 where that changes nothing (as for a step size of 1 and epsilons in quarters), else float32."""
    values = values.astype(np.float32)
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), values) else values
