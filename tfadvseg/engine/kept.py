"""Perturbations that a run keeps, and what stands for the attacked model when they are read again without it."""

import dataclasses
import json
import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from tfadvseg.attacks.base import Cost
from tfadvseg.data.digest import digest
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Split
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose
from tfadvseg.runs.atomic import write_atomically
from tfadvseg.runs.folder import whole
from tfadvseg.runs.perturbations import (
    Perturbations,
    file_of,
    load_perturbations,
    photograph_digest,
    save_perturbations,
)

FOLDER = "perturbations"
"""In a run folder: a folder for each attacked model, with source.json and a file a photograph."""


@dataclasses.dataclass(frozen=True)
class KeptAttack:
    """An attack that was made earlier, so that it costs nothing more."""

    epsilon: float | None
    in_range: bool = False
    black_box: bool = False
    cost: Cost = Cost()

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("What was kept is read and not made again.")


@dataclasses.dataclass(frozen=True)
class KeptSource:
    """A model that was attacked by an earlier run. name, digest, frame: its own. attacks: (name, epsilon) pairs.
    folder: where its perturbations lie."""

    name: str
    digest: str
    frame: Frame
    attacks: tuple[tuple[str, float | None], ...]
    folder: pathlib.Path
    seeded: ClassVar[bool] = False

    def read(self, split: Split, indices: Sequence[int]) -> list[np.ndarray]:
        """Perturbations [N, H, W, 3] of these photographs, one an attack; ValueError where one is another photograph
        than was attacked, or its file is not as it was written."""
        found = []
        for index in indices:
            example = split[int(index)]
            kept = load_perturbations(self.folder, example.id)
            if kept.photograph != photograph_digest(example.image):
                raise ValueError(
                    f"The photograph {example.id} is another one than {self.folder} has perturbations of; choose the "
                    "dataset that they were made on."
                )
            if (kept.model, kept.attacks) != (self.digest, self.attacks):
                raise ValueError(
                    f"{file_of(self.folder, example.id)} is of another model or other attacks than the source.json "
                    "beside it; bring back the folder as its run left it."
                )
            found.append(kept.values)
        return list(np.stack(found, 1))

    def contents(self, ids: Sequence[str]) -> str:
        """A digest of the files of these photographs; ValueError where one has none."""
        missing = [name for name in ids if not file_of(self.folder, name).is_file()]
        if missing:
            raise ValueError(
                f"{self.folder} holds no perturbations of {len(missing)} of the {len(ids)} photographs, such as "
                f"{missing[0]}; choose photographs that it has, as its run did by its `dataset` and `limit`."
            )
        return digest([self.folder / "source.json", *(file_of(self.folder, name) for name in ids)])


def describe_source(
    folder: pathlib.Path, source: ModelSpec, attacks: Sequence[tuple[str, float | None]]
) -> pathlib.Path:
    """Makes the model's folder in the run folder, with its source.json; returns it."""
    own = folder / FOLDER / source.name
    own.mkdir(parents=True, exist_ok=True)
    about = {
        "model": source.name, "digest": source.digest, "frame": dataclasses.asdict(source.frame),
        "attacks": list(attacks),
    }  # fmt: skip
    text = json.dumps(about, indent=1).encode()
    write_atomically(own / "source.json", lambda file: file.write(text))
    return own


def keep(
    folder: pathlib.Path, source: ModelSpec, attacks: Sequence[tuple[str, float | None]], split: Split,
    indices: Sequence[int], perturbations: Sequence[np.ndarray],
) -> None:  # fmt: skip
    """Writes the perturbations [N, H, W, 3], one an attack, of a batch of photographs into the model's folder."""
    for place, index in enumerate(indices):
        example = split[int(index)]
        values = np.stack([one[place] for one in perturbations])
        about = example.id, photograph_digest(example.image), source.digest, tuple(attacks)
        save_perturbations(folder, Perturbations(*about, values))


def kept_sources(run: pathlib.Path, names: Sequence[str] | None = None) -> list[KeptSource]:
    """The attacked models whose perturbations a run folder holds, of these names or all; ValueError where it holds
    none."""
    records = sorted((run / FOLDER).rglob("source.json"))
    if not records:
        raise ValueError(f"{run} holds no perturbations; run pipelines.transfer with --keep_perturbations first.")
    found = {source.name: source for source in (whole(record, _source) for record in records)}
    return [choose(found, name, "source") for name in dict.fromkeys(names or found)]


def _source(record: pathlib.Path) -> KeptSource:
    about = json.loads(record.read_text())
    frame: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in about["frame"].items()
    }
    attacks = tuple((str(name), epsilon) for name, epsilon in about["attacks"])
    return KeptSource(about["model"], about["digest"], Frame(**frame), attacks, record.parent)
