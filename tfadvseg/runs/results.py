"""What a run measured, cell by cell and image by image: one file, from which everything is judged and drawn."""

import dataclasses
import math
import os
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
import pandas as pd

from tfadvseg.atomic import write_atomically
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.hiding import Hiding
from tfadvseg.metrics.intervals import iou_interval, iou_ratio_interval, units_of
from tfadvseg.metrics.scores import iou_ratio, mean_iou, mean_iou_of_images, pixel_accuracy
from tfadvseg.runs.archive import opened

NAMED = 10
"""Photographs that a sentence names; of more, the others are counted."""
BROKEN = 1.0
"""Per cent of right pixels up to which attacks that look for a small perturbation call an image broken."""
CLEAN, NONE = "clean", "none"
"""The attack of cells on untouched images, and the transform where there is none."""

ALONE = ("gradients_alone", "forwards_alone", "queries_alone")
COLUMNS = (
    "dataset", "split", "model", "source_model", "attack", "epsilon", "attack_transform", "inference_transform",
    "trial", "iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high", "nmiou",
    "pixel_accuracy", "mean_confidence", "mean_entropy", "images", "groups", "linf", "linf_median", "l2", "broken",
    "gradients", "forwards", "queries", "seconds", *ALONE,
)  # fmt: skip
"""One row a cell. IoU, ratio and accuracy with their 95 % intervals in per cent (empty for one group of images: drives
and the like are groups, and `groups` counts them), nmiou: the mean over images of the mean IoU of each, epsilon in grey
levels (empty for attacks that find their own norm), entropy in nats; linf: the largest perturbation of any image,
linf_median: the median over images of each one's largest, l2: the mean over images of its Euclidean length, all in grey
levels and of the perturbation on the source's input, padding aside: a model that takes photographs in another frame is
shown it resized, with other norms; broken: share of images, in per cent, of which at most BROKEN per cent of the
labelled pixels are right; gradients, forwards (passes beyond those of gradients), queries and seconds are what the cell
cost beyond the cells before it, those `alone` what its attack takes for one image when it is run by itself; empty where
nobody counted them."""


LARGEST_EPSILON = 1e9
"""Grey levels. The Euclidean norm of everything that an image of 89 million pixels can change by is 4e6."""
LARGEST = 2**53
"""Count of pixels, gradients or queries; whole numbers up to that are exact in float64."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """What a row is about. model: who was shown the images; source_model: whom they were made on. attack_transform:
    what the attack's gradients were an expectation over; inference_transform: what stood before the model."""

    dataset: str
    split: str
    model: str
    source_model: str
    attack: str
    epsilon: float | None
    attack_transform: str = NONE
    inference_transform: str = NONE
    trial: int = 0

    @property
    def where(self) -> dict[str, Any]:
        """All but the trial, over which evidence takes the mean."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "trial"}

    @property
    def made(self) -> str:
        """The attack with what it looks through and whom it was made on, as "fgsm over jpeg made on b"."""
        expected = "" if self.attack_transform == NONE else f" over {self.attack_transform}"
        return f"{self.attack}{expected}" + ("" if self.source_model == self.model else f" made on {self.source_model}")


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """Of K cells and N images: counts [K, N, C]; confidence, entropy, boundaries: sums over the pixels of an image, and
    these pixels [K, N] (`engine.score`); linf, l2 [K, N]: norms of what the attack added to the source's
    input, in grey levels; gradients, queries, seconds, forwards [K]; alone [K, 3]: gradients, forward passes and
    queries of one image for the attack by itself; NaN where nobody counted them, as in files of older versions. groups:
    the drive, or the like, of each image: images of one group are alike. classes: names [C], or none. left_out:
    "name: why" of each photograph that is not among them. inside, region: counts [K, N, C] of the pixels of the region
    that attacks were limited to, and how many these are [K, N]; hiding: of the class that is to be hidden, [K, N] each;
    None where there is none."""

    cells: tuple[Cell, ...]
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    counts: Counts
    confidence: np.ndarray
    entropy: np.ndarray
    boundaries: np.ndarray
    pixels: np.ndarray
    linf: np.ndarray
    l2: np.ndarray
    gradients: np.ndarray
    queries: np.ndarray
    seconds: np.ndarray
    forwards: np.ndarray = dataclasses.field(default_factory=lambda: np.array(np.nan))
    alone: np.ndarray = dataclasses.field(default_factory=lambda: np.array(np.nan))
    classes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    inside: Counts | None = None
    region: np.ndarray | None = None
    hiding: Hiding | None = None

    def __post_init__(self) -> None:
        for name, shape in (("forwards", (len(self.cells),)), ("alone", (len(self.cells), 3))):
            object.__setattr__(self, name, np.broadcast_to(getattr(self, name), shape))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes cells.npz, whole or not at all."""
        write_atomically(path, self.write)

    def write(self, file: IO[bytes]) -> None:
        """The same, into an open file."""
        arrays: dict[str, Any] = {name: value for name, value in vars(self).items() if isinstance(value, np.ndarray)}
        arrays |= self.counts._asdict() | {"ids": np.array(self.ids, str), "groups": np.array(self.groups, str)}
        arrays |= {"classes": np.array(self.classes, str), "left_out": np.array(self.left_out, str)}
        arrays |= {f"{key}_inside": value for key, value in self.inside._asdict().items()} if self.inside else {}
        arrays |= self.hiding._asdict() if self.hiding else {}
        for field in dataclasses.fields(Cell):
            values = [getattr(cell, field.name) for cell in self.cells]
            arrays[f"cell_{field.name}"] = np.array(
                [np.nan if value is None else value for value in values] if field.name == "epsilon" else values
            )
        np.savez_compressed(file, **arrays)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> "Results":
        """What `save` wrote."""
        with open(path, "rb") as packed, opened(packed) as file:
            arrays = {name: file[name] for name in file.files}
        names = [field.name for field in dataclasses.fields(Cell)]
        columns = [arrays.pop(f"cell_{name}").tolist() for name in names]
        cells = [Cell(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        cells = [dataclasses.replace(one, epsilon=None) if one.epsilon != one.epsilon else one for one in cells]
        counts, inside, hiding = counts_of(arrays), inside_of(arrays), hiding_of(arrays)
        ids, groups, classes, left_out = (
            tuple(map(str, arrays.pop(key, ()))) for key in ("ids", "groups", "classes", "left_out")
        )
        found = cls(
            tuple(cells),
            counts=counts,
            ids=ids,
            groups=groups,
            classes=classes,
            left_out=left_out,
            inside=inside,
            hiding=hiding,
            **arrays,
        )
        found._refuse_unlike()
        return found

    def _refuse_unlike(self) -> None:
        """ValueError where arrays of a file do not fit together, or are not of numbers."""
        cells, images = len(self.cells), len(self.ids)
        if self.counts.hits.ndim != 3 or not cells or not images or len(self.groups) != images:
            raise ValueError("There are no counts, cells, images or groups that fit together.")
        classes = self.counts.hits.shape[2]
        per_class = (*self.counts, *(self.inside or ()))
        per_image = [self.confidence, self.entropy, self.boundaries, self.pixels, self.linf, self.l2]
        per_image += [one for one in (self.region, *(self.hiding or ())) if one is not None]
        per_cell = (self.gradients, self.queries, self.seconds, self.forwards, self.alone[:, 0])
        for arrays, shape in (
            (per_class, (cells, images, classes)),
            (per_image, (cells, images)),
            (per_cell, (cells,)),
        ):
            if any(one.shape != shape or one.dtype.kind not in "iuf" for one in arrays):
                raise ValueError(f"An array is not of numbers {shape}.")
        whole = (*per_class, self.gradients, self.queries, np.nan_to_num(self.forwards), np.nan_to_num(self.alone))
        if any(not np.isfinite(one).all() or one.min(initial=0) < 0 or one.max(initial=0) > LARGEST for one in whole):
            raise ValueError("What is counted is no count.")
        if not classes or len(self.class_names) != classes:
            raise ValueError(f"Counts are of {classes} classes, of which {len(self.class_names)} have names.")
        kinds = {"epsilon": float | None, "trial": int}
        if any(not isinstance(value, kinds.get(name, str)) for one in self.cells for name, value in vars(one).items()):
            raise ValueError("A cell is not named by text, epsilon and trial.")
        if any(one.epsilon is not None and not 0 <= one.epsilon <= LARGEST_EPSILON for one in self.cells):
            raise ValueError(f"An epsilon is no number from 0 to {LARGEST_EPSILON:g}.")
        if (self.inside is None) != (self.region is None):
            raise ValueError("There are counts of a region and no sizes of it, or sizes and no counts.")
        names = [str(value) for one in self.cells for value in vars(one).values()]
        "".join([*names, *self.ids, *self.groups, *self.classes, *self.left_out]).encode()  # or it cannot be told
        clean = {_who(cell) for cell in self.cells if cell.attack == CLEAN}
        if missing := [cell for cell in self.cells if _who(cell) not in clean]:
            raise ValueError(f"There are no clean images of {missing[0].model}.")

    @property
    def class_names(self) -> tuple[str, ...]:
        """One a class; where none were given, as of runs of older versions, their numbers."""
        return self.classes or tuple(f"class {c}" for c in range(self.counts.hits.shape[-1]))

    def left_out_text(self) -> str:
        """As "1 of 101 photographs was left out: street: street.png cannot be read"."""
        count, more = len(self.left_out), len(self.left_out) - NAMED
        others = f"; and {more} more, which pipelines.inspect_data names" if more > 0 else ""
        reasons = "; ".join(reason.rstrip(".") for reason in self.left_out[:NAMED])
        were = "was" if count == 1 else "were"
        return f"{count} of {count + len(self.ids)} photographs {were} left out: {reasons}{others}."

    def of(self, k: int) -> Counts:
        """Counts [N, C] of cell number k."""
        return Counts(*(part[k] for part in self.counts))

    def parts(self) -> "dict[str, Results]":
        """The same of each part of the images, whole, inside and outside of the region, of those images that have any
        labelled pixel of it; none where there is no region. Only their counts are of the part."""
        if self.inside is None:
            return {}
        outside = Counts(*(whole - part for whole, part in zip(self.counts, self.inside, strict=True)))
        counts = {"whole": self.counts, "inside": self.inside, "outside": outside}
        return {name: dataclasses.replace(self, counts=own)._of_images_with_labels() for name, own in counts.items()}

    def _of_images_with_labels(self) -> "Results":
        """Without images of which nothing counts: they are no evidence, and so no unit of an interval."""
        some = self.counts.labelled.sum((0, 2)) > 0
        return self if some.all() or not some.any() else self._at(np.flatnonzero(some))

    def of_images(self, ids: Sequence[str]) -> "Results":
        """The same of these images alone, in this order; ValueError where one is not among them."""
        places = {name: k for k, name in enumerate(self.ids)}
        if missing := [name for name in ids if name not in places]:
            raise ValueError(f"The run has no image {missing[0]!r}.")
        return self._at(np.array([places[name] for name in ids], int))

    def _at(self, some: np.ndarray) -> "Results":
        """Of the images with these numbers."""
        per_image = ("confidence", "entropy", "boundaries", "pixels", "linf", "l2")
        return dataclasses.replace(
            self,
            ids=tuple(self.ids[k] for k in some),
            groups=tuple(self.groups[k] for k in some),
            counts=Counts(*(part[:, some] for part in self.counts)),
            inside=None if self.inside is None else Counts(*(part[:, some] for part in self.inside)),
            region=None if self.region is None else self.region[:, some],
            hiding=None if self.hiding is None else Hiding(*(part[:, some] for part in self.hiding)),
            **{name: getattr(self, name)[:, some] for name in per_image},
        )


def counts_of(arrays: dict[str, np.ndarray]) -> Counts:
    """Taken out of the arrays of a unit or of a file."""
    return Counts(*(arrays.pop(key) for key in Counts._fields))


def inside_of(arrays: dict[str, np.ndarray]) -> Counts | None:
    """Likewise, of a region, where there is one."""
    own = [f"{key}_inside" for key in Counts._fields]
    return Counts(*(arrays.pop(key) for key in own)) if own[0] in arrays else None


def hiding_of(arrays: dict[str, np.ndarray]) -> Hiding | None:
    """Likewise, of a hidden class, where there is one."""
    return Hiding(*(arrays.pop(key) for key in Hiding._fields)) if "hidden" in arrays else None


def rows(results: Results) -> list[dict[str, Any]]:
    """Rows of results.csv. A ratio refers to the clean images before the same network and input transform in the same
    trial."""
    clean = {_who(cell): k for k, cell in enumerate(results.cells) if cell.attack == CLEAN}
    found = []
    for k, cell in enumerate(results.cells):
        own, untouched = results.of(k), results.of(clean[_who(cell)])
        iou, low, high = float(mean_iou(own.total())), *iou_interval(own, results.groups)
        ratio_low, ratio_high = iou_ratio_interval(own, untouched, results.groups)
        found.append(
            dataclasses.asdict(cell)
            | {
                "iou": iou,
                "iou_low": low,
                "iou_high": high,
                "iou_ratio": float(iou_ratio(iou, mean_iou(untouched.total()))),
                "iou_ratio_low": ratio_low,
                "iou_ratio_high": ratio_high,
                "nmiou": float(mean_iou_of_images(own)),
                "pixel_accuracy": float(pixel_accuracy(own.total())),
                "mean_confidence": float(results.confidence[k].sum() / results.pixels[k].sum()),
                "mean_entropy": float(results.entropy[k].sum() / results.pixels[k].sum()),
                "images": len(results.ids),
                "groups": units_of(results.groups),
                "linf": float(results.linf[k].max()),
                "linf_median": float(np.median(results.linf[k])),
                "l2": float(results.l2[k].mean()),
                "broken": _broken(own),
                "gradients": int(results.gradients[k]),
                "forwards": _count(results.forwards[k]),
                "queries": int(results.queries[k]),
                "seconds": round(float(results.seconds[k]), 3),
            }
            | dict(zip(ALONE, map(_count, results.alone[k]), strict=True))
        )
    return found


def _broken(counts: Counts) -> float:
    """Of the images that have labels; NaN where none has."""
    right = pixel_accuracy(counts)
    labelled = right[~np.isnan(right)]
    return 100 * float(np.mean(labelled <= BROKEN)) if len(labelled) else math.nan


def _count(value: float) -> int | float:
    """A whole number, or NaN where nobody counted."""
    return float("nan") if np.isnan(value) else int(value)


def _who(cell: Cell) -> tuple[str, str, int]:
    return cell.model, cell.inference_transform, cell.trial


def table(found: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a frame with the columns of results.csv."""
    return pd.DataFrame(found, columns=list(COLUMNS))


def images_text(images: int, groups: int) -> str:
    """As "16 images", or "101 images in 5 groups of alike ones"."""
    alike = f" in {groups} group{'' if groups == 1 else 's'} of alike ones" if groups < images else ""
    return f"{images} image{'' if images == 1 else 's'}{alike}"
