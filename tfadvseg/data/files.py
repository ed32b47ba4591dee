"""Image files of users: photographs and labels, read as they are meant or refused by a sentence that names the file.

docs/data/files.md tells users what is read how. Both are turned as their EXIF orientation says, so that they lie as
every viewer shows them. The content decides what a file is, never its name.
"""

import contextlib
import itertools
import pathlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from tfadvseg.confined import is_endless

Path = str | pathlib.Path
Colour = tuple[int, int, int]

ORIENTATION, PHOTOMETRIC, SAMPLE_FORMAT = 274, 262, 339
"""Tags of EXIF and of TIFF."""
TURNS: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda image: np.rot90(image, 2),
    4: np.flipud,
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: np.rot90(image, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""What makes pixels as they are stored, [H, W, ...], those that are shown, by EXIF orientation."""
LOSSLESS = ("PNG", "TIFF", "BMP", "GIF")
"""Formats that hold the numbers that were written; others round them, or scale them to 0..255 when they are read."""
LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")
WHOLE = ("1", "L", "P", "I", "I;16", "I;16B", "I;16L")
"""Pillow's modes of one whole number a pixel."""
SAMPLES = {"L;2": 85, "L;4": 17}
"""Steps to which Pillow spreads grey levels of 2 and 4 bits, by its name of what the file holds."""


class FileError(ValueError):
    """A file that will not do; the text is the sentence for whoever wrote it."""


class Unreachable(FileError):
    """A file whose bytes cannot be had now; another time they may be."""


class Picture(NamedTuple):
    """image: loaded, as it is stored. raw: Pillow's name of how the file holds it. orientation: of EXIF, 1..8."""

    image: ImageFile.ImageFile
    raw: str
    orientation: int


class Mask(NamedTuple):
    """values: numbers [H, W], uint8 or int32, or colours uint8 [H, W, 3]. palette: of the numbers, [n, 3], or None."""

    values: NDArray[np.integer]
    palette: NDArray[np.uint8] | None


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3]; ValueError says why a file is none, or why its grey levels are not known.

    16 bits are brought to 0..255: grey by v / 257, rounded, colours by Pillow, which keeps the upper 8. Transparent
    pixels are laid on white, as browsers and printers do. No colour profile is applied.
    """
    with _picture(path) as (image, raw, orientation):
        if _signed(image) or image.mode == "F" or (image.mode == "I" and image.format not in ("PNG", "PPM")):
            kind = "fractions" if image.mode == "F" else "signed or 32-bit numbers"
            raise FileError(
                f"{path} holds {kind}, of which nothing says what is black and what is white; save the photograph with "
                "8 or 16 bits a channel."
            )
        if image.mode.startswith("I"):
            grey = _eight_bits(path, np.asarray(image), 4095 if raw == "I;12" else 65535, image)
            rgb = np.repeat(grey[..., None], 3, axis=-1)
        else:
            rgb = np.asarray(_on_white(path, image))
            if ";16" in raw and not rgb.any():
                raise _too_dark(path, 255)
    return turned(rgb, orientation)


def read_labels(path: Path, colours: Sequence[Colour] = ()) -> NDArray[np.integer]:
    """Whole numbers [H, W] exactly as they are stored, uint8 or int32; of a file with a palette its indices.

    colours: of the labels 0, 1, ... in the dataset, with which a palette is compared. ValueError says why a file holds
    no labels. Whether the numbers are classes is for the label space to say, before any smaller type cuts them.
    """
    with _picture(path) as picture:
        _refuse_inexact(path, picture.image)
        labels = _numbers(path, picture)
        if picture.image.mode == "P" and colours:
            _refuse_other_order(path, picture.image, colours)
    return turned(labels, picture.orientation)


def read_mask(path: Path) -> Mask:
    """Labels as numbers or as colours, exactly as they are stored; ValueError says why a file holds neither."""
    with _picture(path) as picture:
        image = picture.image
        _refuse_inexact(path, image)
        if image.mode not in ("RGB", "RGBA"):
            labels = _numbers(path, picture)
            colours = bytes(image.getpalette("RGB") or []) if image.mode == "P" else None
            palette = None if colours is None else np.frombuffer(colours, np.uint8).reshape(-1, 3)
            return Mask(turned(labels, picture.orientation), palette)
        if ";16" in picture.raw:
            raise FileError(f"{path} has 16 bits a colour, of which Pillow keeps 8; save the mask with 8 bits.")
        if image.mode == "RGBA" and np.asarray(image)[..., 3].min() < 255:
            raise FileError(f"{path} is a mask of colours with transparent pixels; save it without alpha.")
        return Mask(turned(np.array(image.convert("RGB")), picture.orientation), None)


def _numbers(path: Path, picture: Picture) -> NDArray[np.integer]:
    """[H, W] as they are stored, uint8 where that does, else int32."""
    image = picture.image
    if image.mode not in WHOLE:
        held = "fractions" if image.mode == "F" else f"colours ({image.mode})"
        raise FileError(
            f"{path} is not a single-channel label image, it holds {held}; save the number of each pixel's class "
            "as a PNG of one channel, grey or with a palette."
        )
    labels = np.asarray(image)
    if _signed(image):
        labels = labels.view(np.dtype(f"i{labels.itemsize}"))  # Pillow takes 8 bits as unsigned
    labels = labels.astype(np.uint8 if labels.dtype in (np.uint8, bool) else np.int32, copy=False)
    if picture.raw[:3] in SAMPLES:
        labels = labels // SAMPLES[picture.raw[:3]]
    return labels


def read_pair(
    image_path: Path, labels_path: Path, colours: Sequence[Colour] = ()
) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    """(photograph uint8 [H, W, 3], its labels [H, W]), both as they are shown; ValueError where their sizes differ."""
    image, labels = read_photograph(image_path), read_labels(labels_path, colours)
    refuse_other_size(image_path, image, labels_path, labels)
    return image, labels


def refuse_other_size(image_path: Path, image: np.ndarray, labels_path: Path, labels: NDArray[np.integer]) -> None:
    """ValueError where labels [H, W, ...] have not the size of their image."""
    if labels.shape[:2] != image.shape[:2]:
        turn = " (one of the two may be turned)" if labels.shape[:2] == image.shape[1::-1] else ""
        raise FileError(
            f"{labels_path} is {_size(labels)} but its image {pathlib.Path(image_path).name} is {_size(image)}{turn}; "
            "labels must have the size of their image."
        )


def turned(stored: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels [H, W, ...] as they are shown, from those that are stored; an unknown orientation is none."""
    return np.ascontiguousarray(TURNS[orientation](stored)) if orientation in TURNS else stored


@contextlib.contextmanager
def _picture(path: Path) -> Iterator[Picture]:
    """The one picture in a file. Whatever Pillow raises becomes a FileError; its warnings are about no pixel."""
    if is_endless(path):
        raise Unreachable(f"{path} is a pipe or a device; only files are read.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # As a stream: Pillow 13 maps a TIFF that it opens by its name, and shears one that lies on its side.
            with open(path, "rb") as stream, Image.open(stream) as image:
                frames = getattr(image, "n_frames", 1)
                if frames > 1 and image.format != "MPO":  # what cameras put behind their photograph is its preview
                    raise FileError(f"{path} holds {frames} pictures; save the one that is meant in a file of its own.")
                raw = _raw(image)
                image.load()
                yield Picture(image, raw, _orientation(image))
    except (FileError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        counts = str(error).split(", could")[0]
        raise FileError(f"{path} is too large to be read ({counts}); shrink it, or cut it into parts.") from error
    except UnidentifiedImageError as error:
        start = _start(path)
        reason = f"no known format, or damaged: it begins with {start!r}" if start else "it is empty"
        raise FileError(f"{path} cannot be read as an image ({reason}); write it anew, as PNG or JPEG.") from error
    except Exception as error:  # a damaged file makes a decoder stumble in any way
        refuse_unreachable(path)
        reason = str(error) or type(error).__name__
        raise FileError(f"{path} cannot be read as an image ({reason}); it may be truncated.") from error


def refuse_unreachable(path: Path) -> None:
    """Unreachable where the file's bytes cannot be had, whatever they are. A damaged file may have the system complain,
    too, of a place in it that is none, so all of them are asked for."""
    try:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    except OSError as error:
        raise Unreachable(f"{path} cannot be read ({error.strerror}).") from error


def _start(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(12)


def _raw(image: ImageFile.ImageFile) -> str:
    """Pillow's name of how the file holds a pixel, where it gives one."""
    for tile in image.tile:
        arguments = tile[3]
        name = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
        return name if isinstance(name, str) else ""
    return ""


def _orientation(image: Image.Image) -> int:
    """1..8; 1 where it cannot be read, since many cameras and programs write damaged EXIF around a whole picture."""
    try:
        found = image.getexif().get(ORIENTATION, 1)
    except Exception:  # as above
        return 1
    return found if isinstance(found, int) and found in TURNS else 1


def _inverted(image: Image.Image) -> bool:
    """Whether 0 is white, as TIFF may have it."""
    return isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(PHOTOMETRIC) == 0


def _signed(image: Image.Image) -> bool:
    """Whether values may be negative, as TIFF may have them."""
    return isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(SAMPLE_FORMAT, (1,))[0] == 2


def _eight_bits(path: Path, grey: NDArray[np.integer], white: int, image: Image.Image) -> NDArray[np.uint8]:
    """uint8 [H, W] of grey levels in 0..white."""
    if 0 < grey.max() < 256:
        raise _too_dark(path, grey.max())
    levels = np.rint(grey * (255 / white)).astype(np.uint8)
    return 255 - levels if _inverted(image) else levels


def _too_dark(path: Path, largest: int) -> FileError:
    return FileError(
        f"{path} has 16 bits a channel but no value above {largest}: it would be black; save it with 8 bits."
    )


def _on_white(path: Path, image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    picture = image.convert("RGBA")
    if picture.getchannel("A").getextrema()[1] == 0:
        raise FileError(f"{path} is transparent everywhere, so nothing of it would be seen; save it without alpha.")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _refuse_inexact(path: Path, image: Image.Image) -> None:
    compression = image.info.get("compression") if image.format == "TIFF" else None
    if image.format not in LOSSLESS or compression in LOSSY_TIFF:
        raise FileError(
            f"{path} is {image.format}{f' compressed by {compression}' if compression else ''}, from which numbers may "
            "not come back as they were written; save labels as PNG."
        )
    if _inverted(image):
        raise FileError(f"{path} is a TIFF file in which 0 is white, so its numbers are inverted; save labels as PNG.")


def _refuse_other_order(path: Path, image: Image.Image, colours: Sequence[Colour]) -> None:
    """Where a palette is made of the dataset's colours, and one that is used stands at another index than there.

    It is made of them where more than half of its colours are theirs, up to the last index that the file uses or the
    dataset has: palettes of 256 colours hold any. Black says nothing: it is void, and what fills palettes up.
    """
    palette = image.getpalette("RGB") or []
    if palette[: 3 * len(colours)] == [*itertools.chain(*colours)]:
        return  # an index beyond is no class, whatever its colour
    entries = [*zip(palette[::3], palette[1::3], palette[2::3], strict=True)]
    used = [index for index, count in enumerate(image.histogram()[: len(entries)]) if count]
    label_of = {colour: label for label, colour in enumerate(colours) if any(colour)}
    own = {entry for entry in entries[: max([len(colours), *(index + 1 for index in used)])] if any(entry)}
    if 2 * len(own & label_of.keys()) <= len(own):
        return
    for index in used:
        label = label_of.get(entries[index], index)
        if label != index:
            raise FileError(
                f"{path} numbers its labels in another order: its index {index} has the colour {entries[index]}, which "
                f"is that of label {label} here; is this the right dataset?"
            )


def _size(array: np.ndarray) -> str:
    return f"{array.shape[1]}x{array.shape[0]}"
