"""Which of a SavedModel's signatures goes from images to scores, and in which form: found in the file, or refused.

Nothing is guessed between two answers that both fit: then the sentence lists what the file offers, and what to name.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping

import numpy as np

from tfadvseg.models.reading import Reading
from tfadvseg.models.signatures import Shape, Signature, Tensor, offer

FLOATS = ("float32", "float16", "bfloat16", "float64")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
PREFERRED = ("logits", "serving_default")


@dataclasses.dataclass(frozen=True)
class Interface:
    """signature, input, output: names in the file. dtype: of the input. layout, scores_layout: of LAYOUTS; NHW for
    scores without an axis of classes. batch: where the file fixes it. size: (height, width) of the input, where the
    file fixes it. stride: its pixels to one of the scores, where that is known. channels: of the scores, where that is
    known. labels: whether it gives class numbers in place of scores; output_labels: whether its output does, where a
    tensor within is taken in place of that.
    """

    signature: str
    input: str
    output: str
    dtype: str
    layout: str
    scores_layout: str
    batch: int | None
    size: tuple[int, int] | None
    stride: float | None
    channels: int | None
    labels: bool = False
    output_labels: bool = False


class _Unfit(ValueError):
    """Why a signature does not go from images to scores."""


def find(folder: pathlib.Path, reading: Reading, found: Mapping[str, Signature]) -> Interface:
    """The interface that a reading means, or the only one that fits best."""
    if reading.signature and reading.signature not in found:
        raise ValueError(
            f"{folder} has no signature {reading.signature!r}; it offers {offer(found)}; name the one from images to "
            "logits as `signature`."
        )
    wanted = [reading.signature] if reading.signature else list(found)
    fitting, reasons = [], []
    for name in wanted:
        try:
            fitting.append(_interface(name, found[name], reading))
        except _Unfit as reason:
            reasons.append(f"{name!r} {reason}")
    if not fitting:
        why = "; ".join(reasons) or "it has no signature"
        raise ValueError(f"{folder} does not go from images to the scores of classes: {why}. It offers {offer(found)}.")
    best = min(map(_worth, fitting))
    chosen = [one for one in fitting if _worth(one) == best]
    preferred = [one for name in PREFERRED for one in chosen if one.signature == name]
    if preferred or len(chosen) == 1:
        return (preferred or chosen)[0]
    raise ValueError(
        f"{folder} offers several signatures from images to scores: {offer(found)}; name one of them as `signature`."
    )


def _worth(one: Interface) -> tuple[bool, bool]:
    """What comes first: what gives scores, then what takes fractions of a grey level."""
    return one.labels, one.dtype not in FLOATS


def _interface(name: str, signature: Signature, reading: Reading) -> Interface:
    image = _image(signature.inputs, reading)
    layout = reading.layout or _layout(image)
    sides = _in_order(image.shape, layout)
    size = _both(sides[1:3]) if sides else None
    if reading.size and size and reading.size != size:
        raise _Unfit(f"takes images of {size[0]}x{size[1]} and not of the reading's size {reading.size}")
    if sides and sides[3] is not None and sides[3] != 3:
        raise _Unfit(f"takes {sides[3]} channels and not RGB")
    scores = _scores(signature.outputs, reading)
    output_labels = scores.dtype in INTEGERS or reading.output == "labels"
    labels = output_labels and not reading.tensor
    scores_layout = _scores_layout(scores.shape, size, layout, labels, reading)
    known = None if reading.tensor else _in_order(scores.shape, scores_layout)
    stride = None
    if known and size and (small := _both(known[1:3])):
        stride = _stride(size, small, scores)
    return Interface(
        name,
        image.key,
        scores.key,
        image.dtype,
        layout,
        scores_layout,
        sides[0] if sides else None,
        size,
        stride,
        known[3] if known and not labels else None,
        labels,
        output_labels,
    )


def _image(inputs: tuple[Tensor, ...], reading: Reading) -> Tensor:
    """The input that takes the images."""
    if reading.input_name:
        if reading.input_name not in [tensor.key for tensor in inputs]:
            raise _Unfit(f"has no input {reading.input_name!r}")
        inputs = tuple(tensor for tensor in inputs if tensor.key == reading.input_name)
    elif len(inputs) != 1:
        raise _Unfit(f"takes {len(inputs)} inputs")
    (image,) = inputs
    if image.dtype == "string":
        raise _Unfit("takes encoded files, through whose decoding no gradient leads")
    if image.dtype not in (*FLOATS, *INTEGERS) or (image.shape is not None and len(image.shape) != 4):
        raise _Unfit(f"takes {image}, which is no batch of images")
    if image.dtype in INTEGERS:
        low, high = reading.intensity_range
        held = np.iinfo(image.dtype)
        if not held.min <= low < high <= held.max:
            raise _Unfit(
                f"takes {image.dtype}, which holds {held.min} to {held.max} and not {low:g} to {high:g} (say by "
                "`intensity_range` what 0 and 255 become)"
            )
    return image


def _layout(image: Tensor) -> str:
    """By the side that is 3; channels last where the file does not say."""
    if image.shape is not None and image.shape[1] == 3 and image.shape[3] != 3:
        return "NCHW"
    return "NHWC"


def _scores(outputs: tuple[Tensor, ...], reading: Reading) -> Tensor:
    """The output that is meant, or the only one that is like scores."""
    if reading.output_name:
        named = [tensor for tensor in outputs if tensor.key == reading.output_name]
        if not named:
            raise _Unfit(f"has no output {reading.output_name!r}")
        return named[0]
    if reading.tensor:
        return outputs[0]
    scores = [tensor for tensor in outputs if tensor.dtype in FLOATS and _rank(tensor) in (None, 3, 4)]
    labels = [tensor for tensor in outputs if tensor.dtype in INTEGERS and _rank(tensor) in (None, 3, 4)]
    for kind in (scores, labels):
        chosen = [tensor for tensor in kind if tensor.key in PREFERRED] if len(kind) > 1 else kind
        if len(chosen) == 1:
            return chosen[0]
        if kind:
            raise _Unfit(
                f"returns {', '.join(tensor.key for tensor in kind)}, of which any may be the scores (name it in its "
                f'reading.json, {{"output_name": "{kind[0].key}"}})'
            )
    raise _Unfit("returns no scores [N, H, W, classes]")


def _rank(tensor: Tensor) -> int | None:
    return None if tensor.shape is None else len(tensor.shape)


def _scores_layout(
    shape: Shape | None, size: tuple[int, int] | None, layout: str, labels: bool, reading: Reading
) -> str:
    """Where the classes are; the input's layout where the sides do not tell."""
    if shape is not None and len(shape) == 3:
        return "NHW"
    if shape is None or reading.tensor:
        return layout
    if labels:
        return "NCHW" if shape[1] == 1 and shape[3] != 1 else "NHWC"
    if size is not None:
        last, first = _both(shape[1:3]), _both(shape[2:4])
        fitting = [kind for kind, sides in (("NHWC", last), ("NCHW", first)) if _like(size, sides)]
        if len(fitting) == 1:
            return fitting[0]
    return layout if shape[3 if layout == "NHWC" else 1] is not None else ("NCHW" if layout == "NHWC" else "NHWC")


def _like(size: tuple[int, int], small: tuple[int, int] | None) -> bool:
    """Whether scores of this size are the input's at some stride, to one pixel."""
    if small is None or 0 in (*size, *small):
        return False
    rows, columns = size[0] / small[0], size[1] / small[1]
    return abs(size[0] / columns - small[0]) <= 1 or abs(size[1] / rows - small[1]) <= 1


def _stride(size: tuple[int, int], small: tuple[int, int], scores: Tensor) -> float:
    if not _like(size, small):
        raise _Unfit(f"returns {scores}, which has not the aspect of its images of {size[0]}x{size[1]}")
    return round(size[0] / small[0], 3)


def _in_order(shape: Shape | None, layout: str) -> Shape | None:
    """The sides as N, H, W, C; one class where there is no axis of them."""
    if shape is None:
        return None
    if len(shape) == 3:
        return (*shape, 1)
    return shape if layout == "NHWC" else (shape[0], shape[2], shape[3], shape[1])


def _both(sides: Iterable[int | None]) -> tuple[int, int] | None:
    height, width = sides
    return None if height is None or width is None else (height, width)
