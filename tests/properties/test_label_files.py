"""Labels in files: the numbers that were written come back, and one that is no class is named with its place."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tfadvseg.conventions import IGNORED
from tfadvseg.data.classes import read_classes
from tfadvseg.data.files import Mask, read_labels, read_mask, read_pair
from tfadvseg.data.labels import LabelSpace, are_classes, voc_palette
from tfadvseg.data.numbering import Numbering

shapes = st.tuples(st.integers(1, 9), st.integers(1, 9))
seeds = st.integers(0, 2**32 - 1)
colours = st.tuples(*(st.integers(0, 255) for _ in range(3)))
FORMATS = ("png", "tif", "bmp")


@given(shapes, seeds, st.sampled_from(FORMATS))
def test_bytes_come_back(scratch, shape, seed, ending):
    labels, path = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8), scratch / f"bytes.{ending}"
    Image.fromarray(labels).save(path)
    np.testing.assert_array_equal(read_labels(path), labels)
    np.testing.assert_array_equal(read_mask(path).values, labels)


@given(shapes, seeds, st.sampled_from(FORMATS[:2]))
def test_numbers_of_16_bits_come_back(scratch, shape, seed, ending):
    labels, path = np.random.default_rng(seed).integers(0, 65536, shape).astype(np.uint16), scratch / f"words.{ending}"
    Image.fromarray(labels).save(path)
    found = read_labels(path)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, labels)


@given(shapes, seeds, st.lists(colours, min_size=1, max_size=256))
def test_of_a_palette_the_indices_come_back_and_not_the_colours(scratch, shape, seed, palette):
    indices, path = np.random.default_rng(seed).integers(0, len(palette), shape).astype(np.uint8), scratch / "p.png"
    image = Image.fromarray(indices)
    image.putpalette([level for colour in palette for level in colour])
    assert image.mode == "P"
    image.save(path)
    np.testing.assert_array_equal(read_labels(path), indices)
    found = read_mask(path)
    np.testing.assert_array_equal(found.values, indices)
    np.testing.assert_array_equal(found.palette[indices], np.array(palette, np.uint8)[indices])


@given(shapes, shapes, seeds)
def test_a_pair_is_read_where_both_have_one_size(scratch, shape, other, seed):
    rng = np.random.default_rng(seed)
    image, labels = rng.integers(0, 256, (*shape, 3)).astype(np.uint8), rng.integers(0, 9, other).astype(np.uint8)
    Image.fromarray(image).save(scratch / "image.png")
    Image.fromarray(labels).save(scratch / "labels.png")
    if shape == other:
        for found, wanted in zip(
            read_pair(scratch / "image.png", scratch / "labels.png"), (image, labels), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)
    else:
        with pytest.raises(ValueError, match=r"labels\.png is .* but its image image\.png is .*"):
            read_pair(scratch / "image.png", scratch / "labels.png")


@given(st.integers(1, 255), shapes, seeds, st.sampled_from([np.uint8, np.uint16, np.int16, np.int32]))
def test_a_label_space_takes_its_classes_and_ignored_pixels_and_names_the_first_other_one(classes, shape, seed, kind):
    space = LabelSpace(tuple(map(str, range(classes))), voc_palette(classes))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, shape).astype(kind)
    labels[rng.random(shape) < 0.2] = IGNORED
    assert space.check(labels, "the file") is labels
    assert are_classes(labels, classes) == (kind is np.uint8)
    near = [0, classes - 1, classes, classes + 1, IGNORED, np.iinfo(kind).min, np.iinfo(kind).max]
    others = rng.choice([number for number in near if number <= np.iinfo(kind).max], shape).astype(kind)
    strange = [place for place in np.ndindex(*shape) if int(others[place]) not in (*range(classes), IGNORED)]
    if not strange:
        assert space.check(others, "the file") is others
        return
    row, column = strange[0]
    with pytest.raises(
        ValueError, match=f"the file holds label {others[row, column]}, first in row {row} and column {column} "
    ):
        space.check(others, "the file")


@given(
    st.dictionaries(st.integers(0, 65535), st.sampled_from([*range(20), IGNORED]), min_size=1, max_size=30),
    shapes,
    seeds,
    st.booleans(),
)
def test_a_numbering_says_of_each_number_what_it_means(meaning, shape, seed, strange):
    rng, numbering = np.random.default_rng(seed), Numbering(tuple(meaning.items()))
    stored = rng.choice(list(meaning), shape)
    stored = stored.astype(np.uint8 if stored.max() < 256 else np.int32)
    if strange:
        unknown = next(number for number in range(256) if number not in meaning)
        place = tuple(int(rng.integers(side)) for side in shape)
        stored[place] = unknown
        with pytest.raises(ValueError, match=f"holds label {unknown}, first in row {place[0]} and column {place[1]} "):
            numbering.classes(stored, "the file")
        return
    found = numbering.classes(stored, "the file")
    assert found.dtype == np.uint8
    assert found.tolist() == [[meaning[number] for number in row] for row in stored.tolist()]


@given(
    st.lists(st.tuples(colours, st.booleans()), min_size=2, max_size=12, unique_by=lambda one: one[0]), shapes, seeds
)
def test_masks_of_colours_become_the_classes_of_the_file_that_lists_them(scratch, listed, shape, seed):
    listed = [(listed[0][0], False), *listed[1:]]  # one class at least
    path = scratch / "classes.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("name", "colour", "ignored"),
                *(
                    (f"line {k}", " ".join(map(str, colour)), "yes" if off else "no")
                    for k, (colour, off) in enumerate(listed)
                ),
            ]
        )
    classes = read_classes(path)
    kept = [k for k, (_, off) in enumerate(listed) if not off]
    assert classes.label_space.names == tuple(f"line {k}" for k in kept)
    lines = np.random.default_rng(seed).integers(0, len(listed), shape)
    mask = np.array([colour for colour, _ in listed], np.uint8)[lines]
    wanted = [[kept.index(k) if k in kept else IGNORED for k in row] for row in lines.tolist()]
    assert classes.labels(Mask(mask, None), "the mask").tolist() == wanted
