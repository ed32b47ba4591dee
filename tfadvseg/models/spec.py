"""A model that is not open yet: where it lies and what its files say, without a variable in memory.

Experiments are made of these. They can be compared, sent to other processes, and opened where and when they are needed.
"""

import dataclasses
import hashlib
import os
import pathlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from tfadvseg.confined import refuse_endless
from tfadvseg.data.framing import Frame
from tfadvseg.data.labels import LabelSpace
from tfadvseg.models import card, reading
from tfadvseg.models.interface import FLOATS, Interface, find
from tfadvseg.models.reading import PLAIN, TILES, Reading
from tfadvseg.models.signatures import Signature, signatures

Refinement = Callable[[Any, Any], Any]
"""(logits [N, H, W, C], images [N, H, W, 3]) -> logits: a frozen dataclass, whose text goes into the digest."""

OF_SEEDS = "logits_of_seeds"
"""The signature of a model that draws at random: (images, seeds int32 [N, 2]) -> logits."""

OF_A_SCALE = re.compile(r"logits_(\d+)")
"""Signatures of a model over scales: logits of its images at so many per cent, beside `logits` of all scales together.
"""


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """name: as results know it. path: the SavedModel's version folder. files: 16 characters of SHA-256 over its graph
    and weights. classes: that it tells apart, 0 where only its answers say it. frame: how a photograph becomes its
    input. interface: its signature. reading: what its numbers mean. refinement: what follows the network, such as a
    dense CRF. seeded: it draws at random, and its file also takes the seeds of its draws. attackable: whether gradients
    can lead to its input. mapping: for each class of the network the dataset's class that it counts as, -1 for none.
    trusted: whether it is opened whatever its graph may do (`safety`).
    """

    name: str
    path: pathlib.Path
    files: str
    classes: int
    frame: Frame
    interface: Interface
    reading: Reading = PLAIN
    refinement: Refinement | None = None
    seeded: bool = False
    attackable: bool = True
    mapping: tuple[int, ...] = ()
    trusted: bool = False

    @property
    def digest(self) -> str:
        """Of all that decides its answers: graph, weights, how photographs become inputs, how its answers are read,
        what follows the network."""
        parts = f"{self.files} {self.frame} {self.interface} {self.reading} {self.mapping} {self.refinement}"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    @property
    def scale(self) -> int | None:
        """Per cents of its image's sides that it sees, of a branch of a model over scales."""
        found = OF_A_SCALE.fullmatch(self.interface.signature)
        return int(found[1]) if found else None

    @property
    def bare(self) -> "ModelSpec":
        """The network without its refinement, under the name of its folder; models of one file have the same."""
        return dataclasses.replace(self, name=_name(self.path) + self.at_scale, refinement=None)

    @property
    def at_scale(self) -> str:
        """What a branch's name ends in, such as @50."""
        return "" if self.scale is None else f"@{self.scale}"

    @property
    def stranger(self) -> bool:
        """Whether it comes without a card, so that only its reading says how it is meant."""
        return not (self.path / card.FILE).is_file()

    def open(self) -> Any:
        """The model, callable from images [N, H, W, 3] to logits [N, H, W, C]: a LoadedModel, or a PostprocessedModel
        where there is a refinement."""
        from tfadvseg.models.saved_model import LoadedModel

        if self.refinement is None:
            return LoadedModel.open(self)
        from tfadvseg.models.postprocessed import PostprocessedModel

        return PostprocessedModel(LoadedModel.open(self.bare), self)

    @property
    def class_names(self) -> tuple[str, ...]:
        """As its card or else its reading has them; none where these only number them, or there are neither."""
        found = card.read(self.path)
        names = found.names if found else self.reading.classes
        return () if names == card.numbers(len(names)) else names

    def on(self, label_space: LabelSpace, dataset: str) -> "ModelSpec":
        """The same, its classes those of a dataset; ValueError where they are others, or in another order, and no class
        map is given."""
        names = label_space.names
        if self.reading.class_map:
            return dataclasses.replace(self, classes=len(names), mapping=self._mapping(names, dataset))
        if self.classes == len(names) + 1:
            raise ValueError(
                f"{self.path} knows {self.classes} classes, one more than the dataset {dataset}; if one of them is "
                "void, name its number by `void_class`, else say in its reading.json by class_map what each counts as."
            )
        if self.classes not in (0, len(names)):
            raise ValueError(
                f"{self.path} knows {self.classes} classes, but the dataset {dataset} has {len(names)}; choose another "
                "model or `dataset`, or say by `class_map` what each counts as."
            )
        if (own := self.class_names) and own != names:
            what = "the same classes in another order" if sorted(own) == sorted(names) else "other classes"
            raise ValueError(
                f"{self.path} has {what} than the dataset {dataset}: {', '.join(own)} in place of {', '.join(names)}; "
                "say by `class_map` what each counts as."
            )
        return dataclasses.replace(self, classes=len(names))

    def _mapping(self, names: Sequence[str], dataset: str) -> tuple[int, ...]:
        given = self.reading.class_map
        if self.classes not in (0, len(given)):
            raise ValueError(f"The class map of {self.path} has {len(given)} entries for its {self.classes} classes.")
        if unknown := [name for name in given if name and name not in names]:
            raise ValueError(f"The class map of {self.path} names {unknown[0]!r}, which is no class of {dataset}.")
        if missing := [name for name in names if name not in given]:
            raise ValueError(
                f"By its class map {self.path} never answers {missing[0]!r}; an attack that leads there would find no "
                "gradient."
            )
        return tuple(names.index(name) if name else -1 for name in given)


def describe(
    path: str | os.PathLike[str], given: Reading | None = None, trusted: bool = False, **fields: Any
) -> ModelSpec:
    """What saved_models/<name>, its newest version, or .../<name>/<version> is, from its files.

    given: how a file that this package did not write is to be read, by default what its reading.json says; `fields`
    are those of a Reading that differ from it. The signature of a scale, logits_50, makes the name <name>@50. Raises
    ValueError, in one sentence that lists what the file offers, where no signature fits.
    """
    folder = _version_folder(pathlib.Path(path))
    how = dataclasses.replace(given or reading.beside(folder) or PLAIN, **fields)
    offered = signatures(folder)
    interface = find(folder, how, offered)
    if interface.labels:
        how = dataclasses.replace(how, output="labels")
    spec = ModelSpec(
        _name(folder),
        folder,
        digest_of(folder),
        _classes(interface, how),
        _frame(folder, interface, how),
        interface,
        how,
        seeded=_takes_seeds(offered) and interface.signature == "logits",
        trusted=trusted,
    )
    spec = dataclasses.replace(spec, name=spec.name + spec.at_scale)
    if not spec.classes or interface.labels or interface.dtype not in FLOATS:  # only the graph says it
        from tfadvseg.models.saved_model import asked

        channels, attackable = asked(spec)
        spec = dataclasses.replace(spec, classes=_classes(interface, how, channels), attackable=attackable)
    return spec


def scales(path: str | os.PathLike[str], given: Reading | None = None, **fields: Any) -> tuple[ModelSpec, ...]:
    """The branches of a model over scales, the smallest first, then the model itself; arguments as of `describe`.

    All take the whole image. ValueError where the file has none.
    """
    folder = _version_folder(pathlib.Path(path))
    found = scales_of(folder)
    if not found:
        raise ValueError(
            f"{folder} has no signature of a scale, such as logits_50; pipelines.export makes a model over scales of "
            "it by --scales=0.5,0.75,1."
        )
    branches = (describe(folder, given, **fields | {"signature": f"logits_{percent}"}) for percent in found)
    return *branches, describe(folder, given, **fields)


def scales_of(path: str | os.PathLike[str]) -> list[int]:
    """The scales of a model over scales in per cent, ascending; none of any other model."""
    offered = signatures(_version_folder(pathlib.Path(path)))
    return sorted(int(match[1]) for match in map(OF_A_SCALE.fullmatch, offered) if match)


def _classes(interface: Interface, how: Reading, channels: int | None = None) -> int:
    """One channel tells the foreground from the background."""
    channels = channels or interface.channels
    if not channels:
        return len(how.classes)
    return 2 if channels == 1 else channels


def _takes_seeds(offered: dict[str, Signature]) -> bool:
    return OF_SEEDS in offered and {tensor.key for tensor in offered[OF_SEEDS].inputs} == {"images", "seeds"}


def how_read(spec: ModelSpec) -> str:
    """In words, for a report: which output of which signature, and what its reading has of its own."""
    interface, own = spec.interface, spec.reading
    said = dataclasses.replace(own, signature="", input_name="", output_name="", layout="", output="logits").text()
    size = "any size" if spec.frame.size is None else "{}x{}".format(*spec.frame.size)
    stride = f" at stride {interface.stride:g}" if (interface.stride or 1) > 1 else ""
    return (
        f"{own.output}{stride} of {interface.output!r} in the signature {interface.signature!r}, images of {size}, "
        f"{interface.dtype} {interface.layout}; {said}"
    )


def reread(spec: ModelSpec, how: Reading) -> ModelSpec:
    """The same file under another reading of its images and scores."""
    return dataclasses.replace(spec, frame=_frame(spec.path, spec.interface, how), reading=how)


def _frame(folder: pathlib.Path, interface: Interface, how: Reading) -> Frame:
    """As the card says, or else the reading."""
    found = card.read(folder)
    if found and (how.fit, how.colour, how.size, how.multiple) == (PLAIN.fit, PLAIN.colour, None, (1, 1)):
        return Frame(interface.size, found.fit, found.pad_colour)
    size = interface.size or how.size
    if how.fit == TILES:
        if size is None:
            raise ValueError(f"{folder} takes images of any size; tiles are for a network of one size.")
        return Frame(None, "reflect", how.colour, multiple=size)
    return Frame(size, how.fit, how.colour, multiple=how.multiple if size is None else (1, 1))


def _version_folder(path: pathlib.Path) -> pathlib.Path:
    if (path / "saved_model.pb").is_file():
        return path
    if not path.is_dir():
        raise ValueError(f"The model folder {path} does not exist; a model is a SavedModel's folder.")
    versions = [child for child in path.iterdir() if child.name.isdigit() and (child / "saved_model.pb").is_file()]
    if not versions:
        raise ValueError(f"{path} holds no SavedModel: neither saved_model.pb nor a numbered version with one.")
    return max(versions, key=lambda child: int(child.name))


def _name(folder: pathlib.Path) -> str:
    """As the user named it, also where it is a link."""
    folder = pathlib.Path(os.path.abspath(folder))
    return folder.parent.name if folder.name.isdigit() else folder.name


def digest_of(folder: pathlib.Path) -> str:
    """16 characters of SHA-256 over graph and weights in a version folder."""
    digest = hashlib.sha256()
    for file in (folder / "saved_model.pb", *sorted((folder / "variables").glob("variables.*"))):
        refuse_endless(file)
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
