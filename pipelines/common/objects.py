"""What the flags stand for: models, attacks, photographs, numbers.

What needs TensorFlow is imported where it is made, since training must do without it.
"""

import contextlib
import dataclasses
import datetime
import itertools
import math
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from tfadvseg import data
from tfadvseg.data import Dataset, Split
from tfadvseg.models import describe, reading, scales
from tfadvseg.models.class_map import read_class_map
from tfadvseg.models.classes import with_classes
from tfadvseg.models.spec import scales_of
from tfadvseg.registry import choose
from tfadvseg.runs.store import Store, store_of

from . import interrupt, main
from .flags import DATASET_OPTIONS
from .sentences import grey_levels_hint

if TYPE_CHECKING:
    from tfadvseg.crf.parameters import CrfParameters
    from tfadvseg.engine.jobs import Shards
    from tfadvseg.models.reading import Reading
    from tfadvseg.models.spec import ModelSpec

FLAGS = flags.FLAGS
OWN = pathlib.Path(__file__).parents[2] / "saved_models"
"""Of a checkout, or those that an installed package brings."""
ELSEWHERE = "TFADVSEG_MODELS"
"""Environment variable with further folders of networks, in which names are looked for first."""


def dataset() -> Dataset:
    """--dataset, with those of its options that are given."""
    options = {name: FLAGS[name].value for name in DATASET_OPTIONS if FLAGS[name].value is not None}
    return data.named(FLAGS.dataset, **options)


def split() -> Split:
    """The photographs of --split, --every and --limit."""
    return dataset().split(FLAGS.data_dir, FLAGS.split).chosen(FLAGS.every, FLAGS.limit)


def shards() -> "Shards":
    """They in units of --batch_size."""
    from tfadvseg.engine.jobs import Shards

    return Shards(split(), FLAGS.batch_size, FLAGS.strict)


def models(
    any_classes: bool = False, flag: str = "models", random: bool = True, branches: bool = False
) -> "list[ModelSpec]":
    """The models of --models or another flag, each with the classes of --dataset unless any will do.

    random: whether a model that draws at random will do. branches: whether one over scales brings all of its branches.
    """
    names: list[str] = FLAGS[flag].value or []
    found = []
    for name, how in zip(names, readings(len(names)), strict=True):
        name, scale = at_scale(name)
        path = model_path(name)
        fields = said_by_flags() | scale
        every = branches and not scale and scales_of(path)
        for model in scales(path, how, **fields) if every else [describe(path, how, **fields)]:
            if model.seeded and not random:
                raise ValueError(
                    f"{path} draws at random, which only pipelines.robustness can attack; name another model."
                )
            found.append(model if any_classes else of_dataset(model))
    for name in ("class_map", "void_class", "joined"):
        if not any_classes and FLAGS[name].value is not None and not any(model.mapping for model in found):
            raise ValueError(
                f"--{name} meets no model: each has the classes of the dataset {FLAGS.dataset}; leave it out, or say "
                "by class_map in that model's reading.json what they count as."
            )
    return told_apart(found)


def of_dataset(model: "ModelSpec") -> "ModelSpec":
    """With the classes of --dataset, by --class_map unless its own are known to be these; of a model that has one more,
    --void_class is left out."""
    space = dataset().label_space
    if FLAGS.class_map and model.class_names != space.names and not model.reading.class_map:
        own, known = with_classes(model)
        class_map = read_class_map(FLAGS.class_map, known.names)
        return dataclasses.replace(own, reading=dataclasses.replace(own.reading, class_map=class_map)).on(
            space, FLAGS.dataset
        )
    if FLAGS.void_class is not None and model.classes == space.classes + 1 and not model.reading.class_map:
        if not 0 <= FLAGS.void_class < model.classes:
            raise ValueError(f"--void_class is one of 0 to {model.classes - 1}; got {FLAGS.void_class}.")
        names = list(space.names)
        names.insert(FLAGS.void_class, "")
        model = dataclasses.replace(model, reading=dataclasses.replace(model.reading, class_map=tuple(names)))
    return model.on(space, FLAGS.dataset)


def at_scale(name: str) -> tuple[str, dict[str, str]]:
    """("net", the signature of that scale) of net@50, unless there is a folder of that name."""
    folder, _, percent = name.rpartition("@")
    if not folder or not percent.isdigit() or pathlib.Path(name).exists() or name in networks():
        return name, {}
    return folder, {"signature": f"logits_{percent}"}


def model_path(name: str) -> pathlib.Path:
    """A folder, or that of a name in `networks`."""
    path = pathlib.Path(name)
    return choose(networks(), name, "model") if not path.exists() and len(path.parts) == 1 else path


def networks() -> dict[str, pathlib.Path]:
    """{name: folder} of the networks at hand, by name; the first of those that share one."""
    found: dict[str, pathlib.Path] = {}
    for place in models_folders():
        found = {folder.name: folder for folder in place.glob("*/")} | found
    return dict(sorted(found.items()))


def models_folders() -> list[pathlib.Path]:
    """Where networks are looked for by name: those that TFADVSEG_MODELS lists, saved_models/ of the current folder,
    into which trainings and exports go, and our own."""
    listed = [pathlib.Path(place) for place in os.environ.get(ELSEWHERE, "").split(os.pathsep) if place]
    for place in listed:
        if not place.is_dir():
            raise ValueError(f"{ELSEWHERE} lists {place}, which is no folder; take it out, or make it one.")
    return [*listed, pathlib.Path("saved_models"), OWN]


def in_words() -> str:
    """These folders, as far as they are there."""
    return " or ".join(dict.fromkeys(str(place.resolve()) for place in models_folders() if place.is_dir()))


def readings(count: int) -> "list[Reading | None]":
    """--reading: for each of `count` models a file, a name of PRESETS, or nothing; one for all, or one each."""
    given: list[str] = FLAGS.reading or [""]
    if len(given) not in (1, count):
        raise ValueError(f"--reading has {len(given)} entries for {count} models; give one for all, or one each.")
    found = [_reading(name.strip()) for name in given]
    return found * count if len(found) == 1 else found


def _reading(name: str) -> "Reading | None":
    if not name:
        return None
    return reading.preset(name) if name in reading.PRESETS else reading.read(name)


def said_by_flags() -> dict[str, Any]:
    """Fields of a reading that are given by flags, for all models, and whether these are trusted."""
    fields = {"signature": FLAGS.signature, "channel_order": FLAGS.channel_order, "output": FLAGS.model_output}
    fields |= {"joined": FLAGS.joined, "trusted": FLAGS.trust or None, "features": FLAGS.features}
    if FLAGS.intensity_range is not None:
        fields["intensity_range"] = intensity_range()
    return {name: value for name, value in fields.items() if value is not None}


def told_apart(models: "Sequence[ModelSpec]") -> "list[ModelSpec]":
    """Those that share a name get their version, net_v2, or else the folder above, runs_net, in front of a scale; the
    same one twice stays and is refused later."""
    names = [model.name for model in models]
    return [
        dataclasses.replace(model, name=_longer_name(model)) if names.count(model.name) > 1 else model
        for model in models
    ]


def _longer_name(model: "ModelSpec") -> str:
    folder = model.path.absolute()
    if folder.name.isdigit():
        return f"{folder.parent.name}_v{folder.name}{model.at_scale}"
    return f"{folder.parent.name}_{folder.name}{model.at_scale}"


def intensity_range() -> tuple[float, float]:
    """--intensity_range."""
    values = numbers("intensity_range")
    if len(values) != 2:
        raise ValueError(
            f"--intensity_range takes the values that 0 and 255 become, e.g. --intensity_range=-1,1; got "
            f"{','.join(FLAGS.intensity_range)}."
        )
    return values[0], values[1]


def transforms() -> list[str]:
    """The names of --transforms, each of one transform or of several joined by +."""
    from tfadvseg.transforms import DEFENSES, TRANSFORMS

    known = {name: TRANSFORMS[name] for name in DEFENSES}
    for name in FLAGS.transforms:
        for part in name.split("+"):
            choose(known, part, "transform")
    if not FLAGS.transforms:
        raise ValueError("There is no transform to try; name at least one in --transforms.")
    return list(dict.fromkeys(FLAGS.transforms))


def crf_parameters() -> "CrfParameters":
    """--crf, with what differs from it."""
    from tfadvseg.crf.parameters import PARAMETERS

    names = [field.name for field in dataclasses.fields(PARAMETERS[FLAGS.crf])]
    given: dict[str, Any] = {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}
    return dataclasses.replace(PARAMETERS[FLAGS.crf], **given)


def numbers(flag: str) -> list[float]:
    """The values of a comma-separated flag as numbers."""
    values: list[str] = list(FLAGS[flag].value or [])
    try:
        found = [float(value) for value in values]
    except ValueError as error:
        hint = grey_levels_hint(",".join(values))
        raise ValueError(f"--{flag} takes numbers separated by commas; got {','.join(values)}{hint}.") from error
    if not all(map(math.isfinite, found)):
        raise ValueError(f"--{flag} takes finite numbers; got {','.join(values)}.")
    return found


def epsilons() -> list[float]:
    """--epsilons in ascending order, each once."""
    found = sorted(set(numbers("epsilons")))
    if not found:
        raise ValueError("There is no strength to attack with; name at least one in --epsilons, e.g. --epsilons=8.")
    if not (0 < found[0] and found[-1] <= 255):
        raise ValueError(
            f"--epsilons are grey levels above 0 and up to 255 (the clean image is scored without being named); got "
            f"{','.join(FLAGS.epsilons)}."
        )
    return found


def size(flag: str) -> tuple[int, int]:
    """(height, width) from a flag like 184x240."""
    text = str(FLAGS[flag].value)
    height, _, width = text.partition("x")
    if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise ValueError(f"--{flag} takes height x width, e.g. 184x240; got {text}.")
    return int(height), int(width)


def output_folder(pipeline: str) -> pathlib.Path:
    """--output as a folder on a disk; ValueError where it is a URL."""
    main.refuse_url(FLAGS["output"])
    return pathlib.Path(str(output_store(pipeline)))


def output_store(pipeline: str) -> Store:
    """--output, from now on also where none was given: then a new folder named after the pipeline and the time."""
    given = FLAGS.output
    folder = given or str(_new_folder(f"runs/{pipeline}/{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}"))
    FLAGS["output"].value = folder
    interrupt.begun(folder, chosen=not given)
    print(f"Run folder: {folder}", file=sys.stderr)
    return store_of(folder)


def _new_folder(name: str) -> pathlib.Path:
    """Made now, so that a run that starts in the same second takes another name."""
    for number in itertools.count(1):
        folder = pathlib.Path(name if number == 1 else f"{name}_{number}")
        with contextlib.suppress(FileExistsError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            return folder
    raise AssertionError
