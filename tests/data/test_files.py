"""Image files of every kind: read right, number by number, or refused by a sentence that names the file."""

import contextlib
import errno
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from tfadvseg.data import files
from tfadvseg.data.files import read_labels, read_mask, read_pair, read_photograph, turned
from tfadvseg.data.labels import CAMVID, voc_palette

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (5, 7, 3)).astype(np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[40:230:64j, 30:200:48j], 120.0), -1).round().astype(np.uint8)
LABELS = RNG.integers(0, 11, (5, 7)).astype(np.uint8)


def write_png(path, samples, bits, colour_type):
    """A PNG of samples [H, W, C] of 1 to 16 bits, as Pillow writes none."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = samples.reshape(len(samples), -1)
    if bits < 8:
        rows = np.packbits(
            np.unpackbits(rows.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits :].reshape(len(rows), -1), 1
        )
    content = b"".join(b"\0" + row.astype(">u2" if bits == 16 else "u1").tobytes() for row in rows)
    size = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour_type, 0, 0, 0)
    parts = (chunk(b"IHDR", size), chunk(b"IDAT", zlib.compress(content)), chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm", "gif"])
def test_colours_are_those_of_the_file(tmp_path, suffix):
    Image.fromarray(COLOURS).save(tmp_path / f"a.{suffix}")
    read = read_photograph(tmp_path / f"a.{suffix}")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, COLOURS)


def test_grey_and_palettes_are_made_colours(tmp_path):
    grey = COLOURS[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_photograph(tmp_path / "grey.png"), np.stack([grey] * 3, -1))
    image = Image.fromarray(LABELS)
    image.putpalette(list(range(255, -1, -1)) * 3)
    image.save(tmp_path / "palette.png")
    palette = np.reshape(list(range(255, -1, -1)) * 3, (256, 3))
    np.testing.assert_array_equal(read_photograph(tmp_path / "palette.png"), palette[LABELS])


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_is_spread_as_a_photograph_and_kept_as_labels(tmp_path, bits):
    samples = RNG.integers(0, 2**bits, (5, 8)).astype(np.uint8)
    write_png(tmp_path / "a.png", samples, bits, 0)
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.png")[..., 0], samples * (255 // (2**bits - 1)))
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png"), samples)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_grey_of_16_bits_is_scaled_and_rounded(tmp_path, suffix):
    grey = np.r_[0, 128, 129, 257, 32768, 65534, 65535, RNG.integers(0, 65536, 93)].reshape(10, 10).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_photograph(tmp_path / f"a.{suffix}")[..., 1], np.rint(grey / 257))


@pytest.mark.parametrize(("channels", "colour_type"), [(3, 2), (2, 4), (4, 6)])
def test_colours_of_16_bits_are_scaled_to_within_a_grey_level(tmp_path, channels, colour_type):
    samples = RNG.integers(0, 65536, (9, 9, channels)).astype(np.uint16)
    samples[0, 0], samples[0, 1] = 0, 65535
    if channels != 3:
        samples[..., -1] = 65535
    write_png(tmp_path / "a.png", samples, 16, colour_type)
    read = read_photograph(tmp_path / "a.png")
    np.testing.assert_array_less(np.abs(read - samples[..., : 3 if channels > 2 else 1] / 257), 1)
    assert (read[0, 0] == 0).all() and (read[0, 1] == 255).all()


def test_grey_of_12_bits_is_scaled_by_its_own_white(tmp_path):
    entries = (256, 4), (257, 1), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 6)
    table = b"".join(struct.pack("<HHII", tag, 3, 1, value) for tag, value in entries)
    pixels = bytes.fromhex("fff000800123")  # 0xfff, 0, 0x800, 0x123
    header = b"II*\0" + struct.pack("<I", 14)
    (tmp_path / "a.tif").write_bytes(header + pixels + struct.pack("<H", len(entries)) + table + bytes(4))
    assert read_photograph(tmp_path / "a.tif")[0, :, 0].tolist() == [255, 0, 128, 18]
    assert read_labels(tmp_path / "a.tif").tolist() == [[4095, 0, 2048, 291]]


def test_a_tiff_whose_zero_is_white_is_turned_round(tmp_path):
    grey = (257 * RNG.integers(0, 256, (4, 6))).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.tif", tiffinfo={262: 0})
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.tif")[..., 0], 255 - grey // 257)
    with pytest.raises(ValueError, match="a.tif is a TIFF file in which 0 is white"):
        read_labels(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((3, 3), np.float32), "a.tif holds fractions, of which nothing says"),
        (np.full((3, 3), 70000, np.int32), "a.tif holds signed or 32-bit numbers, of which nothing says"),
        (np.full((3, 3), 255, np.uint16), "a.tif has 16 bits a channel but no value above 255: it would be black"),
    ],
)
def test_grey_levels_that_nobody_knows_are_refused(tmp_path, array, message):
    Image.fromarray(array).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=message):
        read_photograph(tmp_path / "a.tif")


def test_16_bits_may_be_dark(tmp_path):
    for value in (0, 256):
        Image.fromarray(np.full((3, 3), value, np.uint16)).save(tmp_path / "a.png")
        assert (read_photograph(tmp_path / "a.png") == round(value / 257)).all()


@pytest.mark.parametrize(("channels", "colour_type"), [(3, 2), (4, 6)])
def test_colours_of_16_bits_that_use_8_are_refused(tmp_path, channels, colour_type):
    samples = RNG.integers(0, 256, (5, 5, channels)).astype(np.uint16)
    if channels == 4:
        samples[..., 3] = 65535
    write_png(tmp_path / "a.png", samples, 16, colour_type)
    with pytest.raises(ValueError, match="a.png has 16 bits a channel but no value above 255: it would be black"):
        read_photograph(tmp_path / "a.png")
    samples[0, 0, 0] = 256
    write_png(tmp_path / "a.png", samples, 16, colour_type)
    assert read_photograph(tmp_path / "a.png").max() == 1


def test_signed_bytes_are_no_photograph(tmp_path):
    Image.fromarray(LABELS).save(tmp_path / "a.tif", tiffinfo={339: (2,)})
    with pytest.raises(ValueError, match="a.tif holds signed or 32-bit numbers"):
        read_photograph(tmp_path / "a.tif")


@pytest.mark.parametrize("alpha", [0, 51, 255])
def test_transparent_pixels_are_laid_on_white(tmp_path, alpha):
    rgba = np.concatenate([COLOURS, np.full((5, 7, 1), alpha, np.uint8)], -1)
    rgba[0, 0, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a.png")
    share = rgba[..., 3:] / 255
    expected = COLOURS * share + 255 * (1 - share)
    np.testing.assert_allclose(read_photograph(tmp_path / "a.png"), expected, atol=0.51)


def test_a_transparent_colour_is_laid_on_white(tmp_path):
    image = Image.fromarray(LABELS)
    image.putpalette([10, 20, 30] * 256)
    image.save(tmp_path / "a.png", transparency=3)
    expected = np.where((LABELS == 3)[..., None], 255, [10, 20, 30])
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.png"), expected)


def test_a_photograph_of_which_nothing_would_be_seen_is_refused(tmp_path):
    Image.fromarray(np.concatenate([COLOURS, np.zeros((5, 7, 1), np.uint8)], -1)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="a.png is transparent everywhere"):
        read_photograph(tmp_path / "a.png")


@pytest.mark.parametrize(("mode", "suffix"), [("RGB", "jpg"), ("CMYK", "jpg"), ("YCbCr", "tif"), ("CMYK", "tif")])
def test_other_colour_spaces_come_out_as_colours(tmp_path, mode, suffix):
    Image.fromarray(SMOOTH).convert(mode).save(tmp_path / f"a.{suffix}", **({"quality": 98} if suffix == "jpg" else {}))
    np.testing.assert_allclose(read_photograph(tmp_path / f"a.{suffix}"), SMOOTH, atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_are_those_of_exif(orientation):
    """Against Pillow and, for three of them, against what the standard says of the first row and column."""
    image = Image.fromarray(COLOURS)
    image.getexif()[274] = orientation
    np.testing.assert_array_equal(turned(COLOURS, orientation), ImageOps.exif_transpose(image))
    corner = turned(COLOURS, orientation)
    if orientation == 3:
        np.testing.assert_array_equal(corner[-1, -1], COLOURS[0, 0])
    if orientation == 6:  # the stored first row is the shown right side
        np.testing.assert_array_equal(corner[:, -1], COLOURS[0])
    if orientation == 8:  # the stored first row is the shown left side, from below
        np.testing.assert_array_equal(corner[::-1, 0], COLOURS[0])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "jpg"])
def test_photographs_and_labels_are_turned_as_they_are_shown(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if suffix == "webp" else {"quality": 98} if suffix == "jpg" else {}
    Image.fromarray(SMOOTH).save(tmp_path / f"a.{suffix}", exif=exif, **options)
    np.testing.assert_allclose(read_photograph(tmp_path / f"a.{suffix}"), turned(SMOOTH, orientation), atol=8)
    if suffix in ("png", "tif"):
        Image.fromarray(LABELS).save(tmp_path / f"b.{suffix}", exif=exif)
        np.testing.assert_array_equal(read_labels(tmp_path / f"b.{suffix}"), turned(LABELS, orientation))


@pytest.mark.parametrize("orientation", [0, 9, 6.5])
def test_an_orientation_that_is_none_is_ignored(orientation):
    assert turned(COLOURS, orientation) is COLOURS


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_a_tiff_on_its_side_of_16_bits_is_not_sheared(tmp_path, compression):
    grey = (257 * RNG.integers(0, 256, (4, 6))).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.tif", tiffinfo={274: 6}, compression=compression)
    np.testing.assert_array_equal(read_photograph(tmp_path / "a.tif")[..., 0], np.rot90(grey // 257, -1))
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), np.rot90(grey, -1))


@pytest.mark.parametrize("exif", [b"no TIFF at all", b"II*\0\x08\0\0\0\x05\0\x12\x01"])
def test_damaged_exif_is_ignored_and_nobody_hears_of_it(tmp_path, exif):
    Image.fromarray(SMOOTH).save(tmp_path / "a.jpg", exif=b"Exif\0\0" + exif, quality=98)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        assert read_photograph(tmp_path / "a.jpg").shape == SMOOTH.shape
    assert not heard


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_a_file_of_several_pictures_is_refused(tmp_path, suffix):
    images = [Image.fromarray(np.full((4, 4, 3), value, np.uint8)) for value in (0, 100, 200)]
    images[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=images[1:])
    for read in (read_photograph, read_labels):
        with pytest.raises(ValueError, match=f"a.{suffix} holds 3 pictures; save the one that is meant"):
            read(tmp_path / f"a.{suffix}")


def test_a_camera_may_put_its_preview_behind_its_photograph(tmp_path):
    preview = Image.fromarray(SMOOTH[::4, ::4])
    Image.fromarray(SMOOTH).save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[preview], quality=98)
    np.testing.assert_allclose(read_photograph(tmp_path / "a.jpg"), SMOOTH, atol=6)


@pytest.mark.parametrize("limit", [20, 35])
def test_a_bomb_is_refused_with_its_size(tmp_path, monkeypatch, limit):
    """Beyond Pillow's limit it warns, beyond twice the limit it raises."""
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    if limit == 35:
        assert read_photograph(tmp_path / "a.png").shape == (5, 7, 3)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 15)
    for read in (read_photograph, read_labels):
        with pytest.raises(
            ValueError, match=r"a.png is too large to be read \(Image size \(35 pixels\) exceeds .*\); sh"
        ):
            read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a.png cannot be read as an image \(it is empty\)"),
        (
            b"<html>no image</html>",
            r"a.png cannot be read as an image \(no known format, or damaged: it begins with b'<html>no ima'\)",
        ),
        (b"\x89PNG\r\n\x1a\n", "a.png cannot be read as an image"),
        (None, r"a.png cannot be read \(Is a directory\)\."),
        ("missing", r"a.png cannot be read \(No such file or directory\)\."),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, message):
    path = tmp_path / "a.png"
    if content is None:
        path.mkdir()
    elif content != "missing":
        path.write_bytes(content)
    for read in (read_photograph, read_labels):
        with pytest.raises(ValueError, match=message):
            read(path)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    """Told by the system, since the superuser may read all."""

    def refuse(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(files, "open", refuse, raising=False)
    with pytest.raises(ValueError, match=r"a.png cannot be read \(Permission denied\)"):
        read_photograph(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "gif", "webp", "jp2", "ppm"])
def test_half_a_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RNG.integers(0, 256, (60, 60, 3)).astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=rf"a\.{suffix} cannot be read as an image"):
        read_photograph(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp", "gif", "webp", "ppm"])
def test_every_beginning_of_a_file_is_refused_or_gives_the_whole_picture(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(COLOURS).save(path)
    content, whole = path.read_bytes(), read_photograph(path)
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with contextlib.suppress(ValueError):
            np.testing.assert_array_equal(read_photograph(path), whole)


def test_damage_anywhere_ends_in_a_sentence_or_a_picture(tmp_path):
    for suffix in ("png", "jpg", "tif", "gif", "bmp", "webp", "jp2"):
        path = tmp_path / f"a.{suffix}"
        Image.fromarray(COLOURS).save(path)
        whole = np.frombuffer(path.read_bytes(), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[RNG.integers(0, len(whole), 4)] = RNG.integers(0, 256, 4)
            path.write_bytes(damaged.tobytes())
            for read in (read_photograph, read_labels):
                try:
                    assert read(path).ndim in (2, 3)
                except ValueError as error:
                    assert str(path) in str(error)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS.astype(np.uint16) * 256,
        np.array([[0, 65535]], np.uint16),
        np.array([[-1, 70000, 5]], np.int32),
    ],
)
def test_labels_of_every_width_are_the_numbers_of_the_file(tmp_path, labels):
    Image.fromarray(labels).save(tmp_path / "a.tif")
    read = read_labels(tmp_path / "a.tif")
    assert read.dtype == (np.uint8 if labels.dtype == np.uint8 else np.int32)
    np.testing.assert_array_equal(read, labels)


def test_signed_labels_of_8_bits_stay_negative(tmp_path):
    Image.fromarray(np.array([[255, 3]], np.uint8)).save(tmp_path / "a.tif", tiffinfo={339: (2,)})
    np.testing.assert_array_equal(read_labels(tmp_path / "a.tif"), [[-1, 3]])


def test_a_mask_of_bits_is_0_and_1(tmp_path):
    for suffix in ("png", "bmp", "tif"):
        Image.fromarray(LABELS > 5).save(tmp_path / f"a.{suffix}")
        np.testing.assert_array_equal(read_labels(tmp_path / f"a.{suffix}"), LABELS > 5)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_of_any_depth_gives_its_indices(tmp_path, bits):
    indices = LABELS & (2**bits - 1)
    image = Image.fromarray(indices)
    image.putpalette(RNG.integers(0, 256, 3 * 2**bits).tolist())
    image.save(tmp_path / "a.png", bits=bits)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", CAMVID.palette), indices)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.jpg", {"quality": 100}),
        ("a.png", {"format": "JPEG"}),
        ("a.webp", {}),
        ("a.webp", {"lossless": True}),
        ("a.jp2", {}),
        ("a.tif", {"compression": "jpeg"}),
        ("a.pgm", {}),
    ],
)
def test_labels_in_a_format_that_changes_numbers_are_refused(tmp_path, name, options):
    """By what the file is, not by how it is called."""
    Image.fromarray(LABELS).save(tmp_path / name, **options)
    with pytest.raises(
        ValueError, match=rf"{name} is .*numbers may not come back as they were written; save labels as PNG"
    ):
        read_labels(tmp_path / name)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "F", "CMYK"])
def test_labels_of_more_than_one_whole_number_a_pixel_are_refused(tmp_path, mode):
    Image.fromarray(COLOURS).convert(mode).save(tmp_path / "a.tif")
    with pytest.raises(
        ValueError, match="a.tif is not a single-channel label image, it holds .*; save the number of each"
    ):
        read_labels(tmp_path / "a.tif")


def save_with_palette(path, labels, palette):
    image = Image.fromarray(np.asarray(labels, np.uint8))
    image.putpalette(np.ravel(palette).tolist())
    image.save(path)


@pytest.mark.parametrize(
    "palette",
    [
        CAMVID.palette,
        (*CAMVID.palette, (0, 0, 0)),
        voc_palette(256),
        [(i, i, i) for i in range(256)],
        RNG.integers(0, 256, (256, 3)),
        CAMVID.palette[:1] + ((0, 0, 0),) * 255,
    ],
)
@pytest.mark.parametrize("labels", [np.arange(11)[None], [[0, 0]], [[1, 3]]])
def test_the_datasets_own_palette_and_any_other_one_will_do(tmp_path, palette, labels):
    save_with_palette(tmp_path / "a.png", labels, palette)
    np.testing.assert_array_equal(read_labels(tmp_path / "a.png", CAMVID.palette), labels)


@pytest.mark.parametrize(
    ("palette", "labels", "index", "label"),
    [
        (((0, 0, 0), *CAMVID.palette), np.arange(12)[None], 1, 0),  # void first
        (CAMVID.palette[::-1], np.arange(11)[None], 0, 10),
        (CAMVID.palette[::-1], [[5, 5], [5, 4]], 4, 6),
        (CAMVID.palette[3:6], [[0, 1, 2]], 0, 3),  # only the colours that the file has
        ((*CAMVID.palette[:3], (255, 69, 0), *CAMVID.palette[3:]), [[0, 1, 2, 4]], 4, 3),
    ],
)
def test_a_palette_of_the_datasets_colours_in_another_order_is_refused(tmp_path, palette, labels, index, label):
    save_with_palette(tmp_path / "a.png", labels, palette)
    with pytest.raises(
        ValueError, match=rf"a.png .* index {index} has the colour \(.*\), which is that of label {label} "
    ):
        read_labels(tmp_path / "a.png", CAMVID.palette)


def test_a_swapped_pair_that_the_file_does_not_use_is_no_matter(tmp_path):
    palette = list(CAMVID.palette)
    palette[9], palette[10] = palette[10], palette[9]
    save_with_palette(tmp_path / "a.png", [[0, 8]], palette)
    assert read_labels(tmp_path / "a.png", CAMVID.palette).tolist() == [[0, 8]]


def test_sizes_are_compared_as_both_are_shown(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(COLOURS).save(tmp_path / "a.png", exif=exif)
    Image.fromarray(LABELS.T).save(tmp_path / "b.png")
    image, labels = read_pair(str(tmp_path / "a.png"), str(tmp_path / "b.png"))
    assert image.shape == (7, 5, 3) and labels.shape == (7, 5)
    Image.fromarray(LABELS).save(tmp_path / "b.png")
    with pytest.raises(
        ValueError, match=r"b.png is 7x5 but its image a.png is 5x7 \(one of the two may be turned\); labels"
    ):
        read_pair(tmp_path / "a.png", tmp_path / "b.png")


def test_a_mask_is_numbers_with_their_palette_or_colours(tmp_path):
    """Of which indices are never made colours in silence; what may have changed colours is refused."""
    path = tmp_path / "a.png"
    palette = Image.fromarray(LABELS)
    palette.putpalette(np.ravel(voc_palette(11)).tolist())
    palette.save(path)
    values, colours = read_mask(path)
    np.testing.assert_array_equal(values, LABELS)
    np.testing.assert_array_equal(colours[:11], voc_palette(11))
    Image.fromarray(COLOURS).save(path)
    np.testing.assert_array_equal(read_mask(path).values, COLOURS)
    write_png(path, COLOURS.astype(np.uint16) * 257, 16, 2)
    with pytest.raises(ValueError, match="a.png has 16 bits a colour, of which Pillow keeps 8"):
        read_mask(path)
    Image.fromarray(LABELS).convert("LA").save(path)
    with pytest.raises(ValueError, match="not a single-channel label image"):
        read_mask(path)
