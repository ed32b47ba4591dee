"""Photographs, label maps and masks, one file each."""

import io

import numpy as np
from PIL import Image

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files
from tfadvseg.data import files

FILE = "image.png"
"""The content decides what it is."""


def target() -> Target:
    return Target(
        seeds,
        [
            lambda folder: files.read_photograph(folder / FILE),
            lambda folder: files.read_labels(folder / FILE, ((0, 0, 0), (10, 20, 30))),
            lambda folder: files.read_mask(folder / FILE),
        ],
    )


def seeds() -> list[Files]:
    return [{FILE: content} for content in contents()]


def contents() -> list[bytes]:
    """Of every format that people have photographs and labels in, 13x9 pixels."""
    rng = np.random.default_rng(0)
    colours = Image.fromarray(rng.integers(0, 256, (9, 13, 3)).astype(np.uint8))
    numbers = Image.fromarray(rng.integers(0, 4, (9, 13)).astype(np.uint8))
    palette = numbers.copy()
    palette.putpalette(rng.integers(0, 256, 768).astype(np.uint8).tobytes())
    deep = Image.fromarray(rng.integers(0, 65536, (9, 13)).astype(np.uint16))
    exif = Image.Exif()
    exif[274] = 6
    clear = colours.convert("RGBA")
    clear.putalpha(numbers)
    made = [
        (numbers, "PNG", {}), (palette, "PNG", {"transparency": 1}), (palette, "PNG", {"bits": 2}), (deep, "PNG", {}),
        (clear, "PNG", {"exif": exif}), (numbers.convert("1"), "PNG", {}), (colours, "JPEG", {"exif": exif}),
        (colours, "JPEG", {"progressive": True}), (colours, "TIFF", {"compression": "tiff_lzw"}), (deep, "TIFF", {}),
        (colours, "TIFF", {"compression": "jpeg"}), (numbers, "TIFF", {"compression": "tiff_deflate"}),
        (colours, "BMP", {}), (palette, "GIF", {}), (colours, "WEBP", {}), (colours, "PPM", {}), (deep, "PPM", {}),
        (colours, "JPEG2000", {}), (colours, "TGA", {"compression": "tga_rle"}), (colours.convert("CMYK"), "JPEG", {}),
        (colours, "ICO", {}), (palette, "PCX", {}), (numbers.convert("F"), "TIFF", {}), (colours, "DDS", {}),
        (colours.convert("LA"), "PNG", {}),
    ]  # fmt: skip
    return [_saved(*one) for one in made]


def _saved(image: Image.Image, kind: str, options: dict) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
