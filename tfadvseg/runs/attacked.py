"""An attacked photograph: its files, from which everything that is said of it is read back, and its row of a table."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
from PIL import Image

from tfadvseg.atomic import write_atomically
from tfadvseg.data.files import read_photograph
from tfadvseg.data.labels import LabelSpace

LOST = "lost_"
"""Before a class's name, in the table: the share in per cent of its pixels that have another label now."""

COLUMNS = (
    "image",
    "file",
    "model",
    "attack",
    "epsilon",
    "height",
    "width",
    "linf",
    "l2",
    "changed",
    "changed_float",
    "changed_input",
    "fools_less",
    "confidence_before",
    "confidence_after",
    "seconds",
)
"""One row a model and photograph. linf, l2: largest change of any value and Euclidean length of all, in grey levels, of
the file as it was read back. changed: share in per cent of the photograph's pixels whose label changed, as the model
sees that file; changed_float: before it was rounded to whole levels; changed_input: on the model's own input, before it
was resized. fools_less: whether the file fools much less than that. Confidence: mean largest softmax probability.
seconds: of everything, the first photograph's with the tracing of its graph. Behind them, for each class that occurs,
its LOST share."""

SURVIVES, LEAST_LOSS = 0.75, 1.0
"""Share of an attack's changed labels that a saved file must still change, and points lost below which it does not
matter."""


@dataclasses.dataclass(frozen=True, eq=False)
class AttackedPhotograph:
    """photograph, saved: uint8 [H, W, 3], the latter as it was read back from its file. before, after: labels uint8
    [H, W] that the model gives to the one and the other. epsilon, perturbation in grey levels."""

    name: str
    model: str
    attack: str
    epsilon: float
    photograph: np.ndarray
    saved: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @property
    def perturbation(self) -> np.ndarray:
        """What the file adds to the photograph, int16 [H, W, 3]."""
        return self.saved.astype(np.int16) - self.photograph

    def row(self, space: LabelSpace, **known: Any) -> dict[str, Any]:
        """A row of the table; `known`: the columns that cannot be computed from the files."""
        own: dict[str, Any] = {
            "image": self.name,
            "model": self.model,
            "attack": self.attack,
            "epsilon": self.epsilon,
            "height": self.photograph.shape[0],
            "width": self.photograph.shape[1],
            "linf": int(np.abs(self.perturbation).max()),
            "l2": float(np.sqrt(np.square(self.perturbation, dtype=np.float64).sum())),
            "changed": share_changed(self.before, self.after),
        }
        own["fools_less"] = fools_less(known["changed_input"], own["changed"])
        lost = {f"{LOST}{name}": share for name, share in lost_by_class(self.before, self.after, space).items()}
        return {column: (own | known)[column] for column in COLUMNS} | lost


def fools_less(made: float, saved: float) -> bool:
    """Whether a file fools much less than the attack that was made; shares in per cent of the pixels whose label
    changed."""
    return saved < SURVIVES * made and made - saved >= LEAST_LOSS


def share_changed(before: np.ndarray, after: np.ndarray) -> float:
    """Share in per cent of the pixels that have another label."""
    return float(100 * np.mean(before != after))


def lost_by_class(before: np.ndarray, after: np.ndarray, space: LabelSpace) -> dict[str, float]:
    """{name of a class that occurs in `before`: share in per cent of its pixels that have another label in `after`}."""
    pixels = np.bincount(before.ravel(), minlength=space.classes)
    lost = np.bincount(before[before != after], minlength=space.classes)
    return {space.names[c]: float(100 * lost[c] / pixels[c]) for c in np.flatnonzero(pixels)}


def save_photograph(path: pathlib.Path, pixels: np.ndarray, photograph: np.ndarray, epsilon: float) -> np.ndarray:
    """Writes pixels uint8 [H, W, 3] as PNG and returns what is read back; ValueError where the file holds something
    else, or something farther than epsilon from the photograph."""
    _save_png(path, Image.fromarray(pixels))
    found = read_photograph(path)
    if not np.array_equal(found, pixels):
        raise ValueError(f"{path} does not hold what was written into it; is the disk sound?")
    reach = int(np.abs(found.astype(np.int16) - photograph).max())
    if reach > epsilon:
        raise ValueError(f"{path} is {reach} grey levels from its photograph, more than epsilon; this is a defect.")
    return found


def save_labels(path: pathlib.Path, labels: np.ndarray, space: LabelSpace) -> None:
    """Writes labels uint8 [H, W] as a PNG of class numbers with the classes' colours as its palette."""
    image = Image.fromarray(labels)  # grey, and with a palette the same numbers
    image.putpalette([value for colour in space.palette for value in colour])
    _save_png(path, image)


def save_perturbation(path: pathlib.Path, perturbation: np.ndarray) -> None:
    """Writes an int16 [H, W, 3] perturbation as .npz under the name `perturbation`."""
    write_atomically(path, lambda file: np.savez_compressed(file, perturbation=perturbation))


def save_picture(path: pathlib.Path, pixels: np.ndarray) -> None:
    """Writes uint8 [H, W, 3] as PNG."""
    _save_png(path, Image.fromarray(pixels))


def _save_png(path: pathlib.Path, image: Image.Image) -> None:
    write_atomically(path, lambda file: image.save(file, format="PNG"))
