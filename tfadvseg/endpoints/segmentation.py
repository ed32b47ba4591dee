"""What a served segmentation network is asked for: the label map of an image, given as pixels or as a file."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfadvseg.endpoints.client import DEFAULT, Arrays, Client
from tfadvseg.endpoints.failures import Unreadable, quoted

ENCODED, DEFENDED, DEFENDED_OF_SEEDS, ATTACKED = "encoded", "defended", "defended_of_seeds", "attacked"
OF_PIXELS = DEFAULT, DEFENDED, DEFENDED_OF_SEEDS
"""Signatures that give label maps of pixels; the last takes seeds, too."""
NUMBERS = ("L", "P", "P;4", "P;2", "P;1")
"""Pillow's names of what a PNG holds whose numbers it gives as they are; grey of fewer bits it spreads over 0..255."""


def labels_of_pixels(
    client: Client, image: np.ndarray, signature: str = DEFAULT, seeds: np.ndarray | None = None
) -> np.ndarray:
    """uint8 [H, W] of an image uint8 [H, W, 3], by a signature `images` -> `labels`. seeds: int32 [1, 2], which
    `defended_of_seeds` takes as well."""
    more: Arrays = {"seeds": seeds} if signature == DEFENDED_OF_SEEDS and seeds is not None else {}
    answer = client(signature, {"images": image[np.newaxis], **more})
    return _checked(signature, answer, "labels", image.shape[:2])


def labels_of_file(client: Client, file: bytes, shape: tuple[int, int]) -> np.ndarray:
    """uint8 [H, W] of a JPEG or PNG file of an image of this (H, W), by the signature `encoded`: `image_bytes` ->
    `labels_bytes`, a PNG of class numbers."""
    given = np.empty(1, object)
    given[0] = file
    answer = client(ENCODED, {"image_bytes": given})
    if "labels_bytes" not in answer or answer["labels_bytes"].dtype != object or answer["labels_bytes"].shape != (1,):
        raise Unreadable(f"The signature {ENCODED!r} should answer labels_bytes, 1 string; {_told(answer)}.")
    return _numbers(answer["labels_bytes"][0], shape)


def _numbers(file: bytes, shape: tuple[int, int]) -> np.ndarray:
    """uint8 [H, W] of a grey PNG of 8 bits a pixel, or of the indices of a palette. What its header says is checked
    before anything is decoded, and no other decoder than that of PNG sees the server's bytes."""
    try:
        with Image.open(io.BytesIO(file), formats=["PNG"]) as picture:
            kind = picture.tile[0][3] if picture.tile else "no"
            if picture.size == shape[::-1] and kind in NUMBERS:
                picture.load()
                return np.asarray(picture)
            came = f"{picture.width}x{picture.height} pixels of the kind {kind}"
    except Exception as error:  # a damaged file makes a decoder stumble in any way
        unknown = isinstance(error, UnidentifiedImageError)
        reason = f"it begins with {file[:12]!r}" if unknown else quoted(str(error) or type(error).__name__)
        raise Unreadable(f"The signature {ENCODED!r} answers labels_bytes that are no PNG ({reason}).") from error
    wanted = f"a PNG of {shape[1]}x{shape[0]} pixels, grey of 8 bits or of a palette"
    raise Unreadable(f"The signature {ENCODED!r} should answer labels_bytes, {wanted}; got {came}.")


def _checked(signature: str, answer: dict[str, np.ndarray], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The one label map of an answer; ValueError where it is none of this image."""
    found = answer.get(name)
    if found is None or found.dtype.kind not in "iu" or found.shape != (1, *shape):
        wanted = f"{name}, whole numbers {[1, *shape]}"
        raise Unreadable(f"The signature {signature!r} should answer {wanted}; {_told(answer)}.")
    if found.min(initial=0) < 0 or found.max(initial=0) > 255:
        raise Unreadable(f"The signature {signature!r} answers labels from {found.min()} to {found.max()}, not 0..255.")
    return found[0].astype(np.uint8)


def _told(answer: dict[str, np.ndarray]) -> str:
    """What came, in words."""
    came = ", ".join(
        f"{name} {'string' if array.dtype == object else array.dtype} {list(array.shape)}"
        for name, array in sorted(answer.items())
    )
    return f"got {came or 'nothing'}"
