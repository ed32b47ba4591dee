"""How a SavedModel that this package did not write is to be read: a value of that model, in a file beside it.

`reading.json` in the SavedModel's folder holds the fields of a Reading that differ from their defaults; `preset` takes
some from PRESETS. Nothing here needs TensorFlow.
"""

import dataclasses
import json
import math
import pathlib
import typing
from collections.abc import Mapping
from typing import Any

from tfadvseg.confined import confined, refuse_endless
from tfadvseg.data.framing import FITS
from tfadvseg.json_text import as_typed, parsed
from tfadvseg.registry import choose

FILE = "reading.json"
CHANNEL_ORDERS = {"rgb": "red, green, blue", "bgr": "blue, green, red, as Caffe has it"}
OUTPUTS = {
    "logits": "scores before the softmax; of one channel, before the sigmoid",
    "probabilities": "scores after the softmax",
    "sigmoid": "scores after a sigmoid; of one channel, the probability of the foreground",
    "labels": "the number of the likeliest class at each pixel",
}
LAYOUTS = {"NHWC": "channels last, as TensorFlow has them", "NCHW": "channels first, as PyTorch and ONNX have them"}
JOINED = {
    "before": "probabilities of classes that count as one are added, and then the likeliest is taken",
    "after": "the likeliest class is taken, and then says what it counts as",
}
"""When classes that count as one are joined: before or after the argmax."""
TILES = "tiles"
"""The fit of a network of fixed size that is shown a photograph in tiles of that size, side by side."""

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "0..255": {},
    "0..1": {"intensity_range": (0.0, 1.0)},
    "-1..1": {"intensity_range": (-1.0, 1.0)},
    "imagenet": {
        "intensity_range": (0.0, 1.0),
        "mean": (0.485, 0.456, 0.406),
        "std": (0.229, 0.224, 0.225),
    },
    "caffe_bgr": {"channel_order": "bgr", "mean": (103.939, 116.779, 123.68)},
}
"""Conventions by name: whole intensities; those that Keras calls "tf"; torchvision's; Caffe's and Keras's of VGG-16."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """How photographs become a network's input, and what its output is. What is left empty is found in the file.

    signature, input_name, output_name: by their names in the file. tensor: of the graph, taken in place of the output.
    features: another one, that attacks on features move; it decides no answer, so it is no part of a model's digest.
    layout: of LAYOUTS. channel_order: of CHANNEL_ORDERS. intensity_range: the values that 0 and 255 become. mean, std:
    what is then taken off, and divided by, of each channel in the network's own order. output: of OUTPUTS.
    size: (height, width) of the input where the file leaves it open. multiple: what the input's sides must be multiples
    of. fit: how a photograph becomes an input of the network's size, of `data.framing.FITS` or tiles; colour: RGB that
    fills up. classes, palette: names and RGB colours. class_map: for each class of the network the name of the
    dataset's class that it counts as, or "" for one that is never to be answered, such as void. joined: of JOINED.
    """

    signature: str = ""
    input_name: str = ""
    output_name: str = ""
    tensor: str = ""
    layout: str = ""
    channel_order: str = "rgb"
    intensity_range: tuple[float, float] = (0.0, 255.0)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    output: str = "logits"
    size: tuple[int, int] | None = None
    multiple: tuple[int, int] = (1, 1)
    fit: str = "pad"
    colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    classes: tuple[str, ...] = ()
    palette: tuple[tuple[int, int, int], ...] = ()
    class_map: tuple[str, ...] = ()
    joined: str = "before"
    features: str = dataclasses.field(default="", repr=False)

    def __post_init__(self) -> None:
        choose(CHANNEL_ORDERS, self.channel_order, "channel order")
        choose(OUTPUTS, self.output, "model output")
        choose({**FITS, TILES: None}, self.fit, "fit")
        choose(JOINED, self.joined, "way to join classes")
        if self.layout:
            choose(LAYOUTS, self.layout, "layout")
        low, high = self.intensity_range
        if not low < high or math.isinf(high - low):
            raise ValueError(f"An intensity range goes from its low to its high end; got {low} to {high}.")
        if not all(0 < s < math.inf for s in self.std) or not all(map(math.isfinite, self.mean)):
            raise ValueError(f"A mean is finite and a std above 0 in each channel; got {self.mean} and {self.std}.")
        if min(self.size or (1, 1)) < 1 or min(self.multiple) < 1:
            raise ValueError(f"A size and a multiple are 1 pixel or more; got {self.size} and {self.multiple}.")
        if self.palette and len(self.palette) != len(self.classes):
            raise ValueError(f"A palette needs a colour a class; got {len(self.palette)} for {len(self.classes)}.")

    def changed(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value != getattr(PLAIN, name)}

    def text(self) -> str:
        """They in words, for a report; "as it is" where nothing differs. Of classes that count as one it says when they
        are joined, whether or not that is the default."""
        fields, own = self.changed(), [name for name in self.class_map if name]
        if len(set(own)) < len(own):
            fields["joined"] = f"{self.joined} the argmax"
        parts = [f"{name.replace('_', ' ')} {_words(value)}" for name, value in fields.items()]
        return ", ".join(parts) or "as it is"


PLAIN = Reading()
"""RGB in 0..255 to logits."""

_TYPES = typing.get_type_hints(Reading)


def read(path: str | pathlib.Path) -> Reading:
    """What a reading.json says; ValueError in a sentence where it says something else than a Reading."""
    path = pathlib.Path(path)
    try:
        refuse_endless(path)
        fields = parsed(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a reading ({error}); it is a JSON file of a reading.") from error
    try:
        return of(fields)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is no reading: {error}") from error


def of(fields: Any) -> Reading:
    """A Reading of the fields of a JSON object; those of its `preset` hold where it says nothing else."""
    if not isinstance(fields, dict):
        raise ValueError(f"A reading is an object of named fields; got {fields!r}.")
    own = dict(fields)
    known = [field.name for field in dataclasses.fields(Reading)]
    values: dict[str, Any] = dict(choose(PRESETS, as_typed(str, own.pop("preset", "0..255"), "preset"), "preset"))
    for name, value in own.items():
        if name not in known:
            raise ValueError(f"Unknown field {name!r}; choose from: preset, {', '.join(known)}.")
        values[name] = as_typed(_TYPES[name], value, name)
    return Reading(**values)


def preset(name: str) -> Reading:
    """That of PRESETS."""
    return Reading(**choose(PRESETS, name, "preset"))


def write(reading: Reading, folder: str | pathlib.Path) -> pathlib.Path:
    """Puts it into a SavedModel's folder, where it is found again; ValueError where a link there leads elsewhere."""
    path = confined(folder, FILE, "The model's folder")
    path.write_text(json.dumps(reading.changed(), indent=1) + "\n")
    return path


def beside(folder: pathlib.Path) -> Reading | None:
    """The reading that lies in a SavedModel's version folder, in its assets.extra, or in the folder above a version."""
    places = [folder / FILE, folder / "assets.extra" / FILE]
    if folder.name.isdigit():
        places.append(folder.parent / FILE)
    return next((read(path) for path in places if path.is_file()), None)


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_words, value)) + ")"
    return f"{value:g}" if isinstance(value, float) else str(value)
