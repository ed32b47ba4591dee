"""Perturbations that a run keeps, and what stands for the attacked model when they are read again without it.

A folder for each attacked model: source.json, which the first unit finds there and which says what was attacked and
how; a file a photograph; and findings.json, which the end of the run adds: what makes these perturbations mean less,
and of which photographs there are none.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.confined import confined
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Damaged, Examples
from tfadvseg.engine.looks_through import looks_through
from tfadvseg.json_text import as_typed, parsed
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose
from tfadvseg.runs.folder import whole_in
from tfadvseg.runs.perturbations import (
    Perturbations,
    file_of,
    load_perturbations,
    photograph_digest,
    save_perturbations,
)
from tfadvseg.runs.results import NONE
from tfadvseg.runs.store import Place, Store, store_of

FOLDER = "perturbations"
"""In a run folder."""
SOURCE, FINDINGS = "source.json", "findings.json"


@dataclasses.dataclass(frozen=True)
class KeptAttack:
    """An attack that was made earlier, so that it costs nothing more. settings: its others, as text. inside: the
    transform that it looked through."""

    epsilon: float | None
    in_range: bool = False
    whole_levels: bool = False
    settings: str = ""
    inside: str = NONE
    black_box: bool = False
    cost: Cost = Cost()

    def __call__(self, *_: Any, **__: Any) -> Any:
        """AssertionError: whoever calls it has taken it for an attack that can be run."""
        raise AssertionError("What was kept is read and not made again.")


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a run says of its attacks on one model. warnings: a sentence each. left_out: (id, why) of the photographs
    that it made none on."""

    warnings: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class KeptSource:
    """A model that was attacked by an earlier run. name, digest, frame: its own. attacks: by their names. folder: where
    its perturbations lie. protocol: how the attacks met the images, as text."""

    name: str
    digest: str
    frame: Frame
    attacks: tuple[tuple[str, KeptAttack], ...]
    folder: Store
    protocol: str = ""
    findings: Findings = Findings()
    seeded: ClassVar[bool] = False

    @property
    def told(self) -> list[str]:
        """How the perturbations were made, a line an attack."""
        named = (
            (name if one.epsilon is None else f"{name} at epsilon {one.epsilon:g}", one.settings)
            for name, one in self.attacks
        )
        return [self.protocol, *(f"{name}: {settings}" for name, settings in named)]

    def read(self, photographs: Examples, indices: Sequence[int]) -> list[np.ndarray]:
        """Perturbations [N, H, W, 3] of the photographs of these indices, one an attack; Damaged for one that its run
        left out, ValueError where one is another photograph than was attacked, or its file is not as it was written."""
        found, left_out = [], dict(self.findings.left_out)
        for index in indices:
            name, image, _ = photographs[int(index)]
            if name in left_out:
                raise Damaged(name, f"it was left out where the perturbations were made: {left_out[name]}")
            kept = load_perturbations(self.folder, name)
            if kept.photograph != photograph_digest(image):
                raise ValueError(
                    f"The photograph {name} is another one than {self.folder} has perturbations of; choose the "
                    "dataset that they were made on."
                )
            if (kept.model, kept.attacks) != (self.digest, _pairs(self.attacks)):
                raise ValueError(
                    f"{self.folder}/{file_of(name)} is of another model or other attacks than the {SOURCE} "
                    "beside it; bring back the folder as its run left it."
                )
            height, width = self.frame.input_size(image.shape[:2])
            if kept.values.shape[1:] != (height, width, 3):
                raise ValueError(
                    f"{self.folder}/{file_of(name)} is not of inputs of {height}x{width}, of which the {SOURCE} beside "
                    "it is; bring back the folder as its run left it."
                )
            found.append(kept.values)
        return list(np.stack(found, 1))

    def contents(self, ids: Sequence[str]) -> str:
        """A digest of all that decides the perturbations of these photographs; ValueError where one has none and was
        not left out."""
        left_out = dict(self.findings.left_out)
        files, there = {name: file_of(name) for name in ids if name not in left_out}, set(self.folder.names())
        missing = [name for name, file in files.items() if file not in there]
        if missing:
            raise ValueError(
                f"{self.folder} holds no perturbations of {len(missing)} of the {len(ids)} photographs, such as "
                f"{missing[0]}; choose photographs that it has, as its run did by its `dataset` and `limit`."
            )
        return self.folder.digest([SOURCE, FINDINGS, *files.values()])


def describe_source(
    folder: Place | Store, source: ModelSpec, attacks: Sequence[tuple[str, Attack]], protocol: str
) -> Store:
    """Makes the model's folder in the run folder, with its source.json; returns it. protocol: as text."""
    own = store_of(folder).below(f"{FOLDER}/{source.name}")
    own.create()
    made = [
        {
            "name": name,
            "epsilon": attack.epsilon,
            "in_range": attack.in_range,
            "whole_levels": getattr(attack, "whole_levels", False),
            "settings": ", ".join(settings(attack)),
            "inside": looks_through(attack),
        }
        for name, attack in attacks
    ]
    about = {
        "model": source.name,
        "digest": source.digest,
        "frame": dataclasses.asdict(source.frame),
        "attacks": made,
        "protocol": protocol,
    }
    _write(own, SOURCE, about)
    return own


def settings(attack: Any, part: str = "") -> list[str]:
    """ "alpha 1", "rule.decay 1" and so on, of an attack and the parts that it is made of, but for its epsilon."""
    found = []
    for field in dataclasses.fields(attack):
        name, value = part + field.name, getattr(attack, field.name)
        if dataclasses.is_dataclass(value):
            found += settings(value, f"{name}.")
        elif isinstance(value, bool | int | float | str) and name not in ("epsilon", "black_box"):
            found.append(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}")
        elif callable(value) and hasattr(value, "__name__"):
            found.append(f"{name} {value.__name__}")
    return found


def keep(
    folder: Place | Store,
    source: ModelSpec,
    attacks: Sequence[tuple[str, Attack]],
    photographs: Examples,
    indices: Sequence[int],
    perturbations: Sequence[np.ndarray],
) -> None:
    """Writes the perturbations [N, H, W, 3], one an attack, of a batch of photographs into the model's folder."""
    for place, index in enumerate(indices):
        name, image, _ = photographs[int(index)]
        values = np.stack([one[place] for one in perturbations])
        about = name, photograph_digest(image), source.digest, _pairs(attacks)
        save_perturbations(folder, Perturbations(*about, values))


def save_findings(run: Place | Store, source: str, findings: Findings) -> None:
    """Writes what a run found of the model of this name beside its perturbations; with this they are complete."""
    about = {"warnings": findings.warnings, "left_out": dict(findings.left_out)}
    _write(store_of(run).below(f"{FOLDER}/{source}"), FINDINGS, about)


def _write(folder: Store, name: str, content: Any) -> None:
    text = json.dumps(content, indent=1).encode()
    folder.write(name, lambda file: file.write(text))


def _pairs(attacks: Sequence[tuple[str, Attack]]) -> tuple[tuple[str, float | None], ...]:
    return tuple((name, attack.epsilon) for name, attack in attacks)


def kept_sources(run: Place | Store, names: Sequence[str] | None = None) -> list[KeptSource]:
    """The attacked models whose perturbations a run folder holds, of these names or all; ValueError where it holds
    none, or its run has not finished."""
    store = store_of(run).below(FOLDER)
    places = [name.removesuffix(f"/{SOURCE}") for name in store.names(deep=True) if name.endswith(f"/{SOURCE}")]
    if not places:
        raise ValueError(f"{run} holds no perturbations; run pipelines.transfer with --keep_perturbations first.")
    sources = [_source(store.below(place)) for place in places]
    for place, source in zip(places, sources, strict=True):
        confined(FOLDER, source.name, f"{place}/{SOURCE}", links=True)  # units are named after it
    found = {source.name: dataclasses.replace(source, findings=_findings(source.folder)) for source in sources}
    return [choose(found, name, "source") for name in dict.fromkeys(names or found)]


def _source(folder: Store) -> KeptSource:
    return whole_in(folder, SOURCE, lambda content: _described(folder, parsed(content)))


def _described(folder: Store, written: Any) -> KeptSource:
    about: _Described = as_typed(_Described, written, SOURCE)
    names = [as_typed(str, one.pop("name", None), "name") for one in about.attacks]
    made = [as_typed(KeptAttack, one, name) for name, one in zip(names, about.attacks, strict=True)]
    attacks = tuple(zip(names, made, strict=True))
    if not attacks or len(set(_pairs(attacks))) < len(attacks):
        raise ValueError(f"{SOURCE} holds no attacks, or one twice.")
    return KeptSource(about.model, about.digest, about.frame, attacks, folder, about.protocol)


@dataclasses.dataclass(frozen=True)
class _Described:
    """What SOURCE holds; of each attack its name and the fields of KeptAttack."""

    model: str
    digest: str
    frame: Frame
    attacks: tuple[dict[str, Any], ...]
    protocol: str


def _findings(folder: Store) -> Findings:
    def read(content: bytes) -> Findings:
        about: _Found = as_typed(_Found, parsed(content), FINDINGS)
        return Findings(about.warnings, tuple(about.left_out.items()))

    found: Findings = whole_in(folder, FINDINGS, read)
    return found


@dataclasses.dataclass(frozen=True)
class _Found:
    """What FINDINGS holds."""

    warnings: tuple[str, ...]
    left_out: Mapping[str, str]
