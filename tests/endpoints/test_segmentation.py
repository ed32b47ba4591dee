"""Label maps that come as files: a PNG of whole numbers in the photograph's size, or refused before it is decoded."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tfadvseg.endpoints.failures import Unreadable
from tfadvseg.endpoints.segmentation import labels_of_file

LABELS = np.arange(6, dtype=np.uint8).reshape(2, 3)


def saved(image, kind="PNG", **settings):
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def announcing(width, height):
    """A PNG whose header says so, with its check sum."""
    file = bytearray(saved(Image.fromarray(LABELS)))
    file[16:24] = struct.pack(">II", width, height)
    file[29:33] = struct.pack(">I", zlib.crc32(file[12:29]))
    return bytes(file)


def asked(file, shape=(2, 3)):
    found = np.empty(1, object)
    found[0] = file
    return labels_of_file(lambda signature, inputs: {"labels_bytes": found}, b"photograph", shape)


def palette():
    image = Image.fromarray(LABELS, "P")
    image.putpalette(bytes(range(255, 255 - 30, -1)))
    return image


@pytest.mark.parametrize("image", [Image.fromarray(LABELS), palette()], ids=["grey", "palette"])
def test_numbers_of_8_bits_are_the_labels(image):
    found = asked(saved(image))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, LABELS)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_indices_of_a_palette_are_the_labels_of_any_width(bits):
    labels = LABELS % 2**bits
    image = Image.fromarray(labels)
    image.putpalette(bytes(range(255, 255 - 30, -1)))
    file = saved(image, bits=bits)
    assert file[24:26] == bytes([bits, 3])
    np.testing.assert_array_equal(asked(file), labels)


GREY = Image.fromarray(LABELS)
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 3 2\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (saved(GREY, "JPEG"), "that are no PNG .it begins with "),
        (saved(GREY, "GIF"), "no PNG .it begins with b'GIF"),
        (EPS, "that are no PNG .it begins with b'%!PS"),
        (b"", "that are no PNG .it begins with b''"),
        (saved(GREY)[:-30], "that are no PNG"),
        (saved(GREY)[:40], "that are no PNG"),
        (saved(Image.fromarray(LABELS > 2)), "a PNG of 3x2 pixels, grey of 8 bits or of a palette; .*the kind 1.$"),
        (saved(Image.fromarray(LABELS.astype(np.uint16))), "of a palette; got .*of the kind I;16B"),
        (saved(GREY.convert("RGB")), "of a palette; got .*of the kind RGB"),
        (saved(GREY.convert("LA")), "of a palette; got .*of the kind LA"),
        (saved(Image.fromarray(LABELS.T.copy())), "a PNG of 3x2 pixels.*; got 2x3 pixels of the kind L"),
        (announcing(2**31 - 1, 2**31 - 1), "that are no PNG .Image size .* exceeds limit"),
    ],
)
def test_other_files_are_refused_in_a_sentence(file, said):
    with pytest.raises(Unreadable, match=f"The signature 'encoded' .*labels_bytes.*{said}"):
        asked(file)


def test_a_file_of_another_size_is_refused_before_it_is_decoded(monkeypatch):
    def decoded(self):
        raise AssertionError

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_prepare", decoded)
    with pytest.raises(Unreadable, match="got 4000x4000 pixels"):
        asked(announcing(4000, 4000))
