"""Photographs at a network's input size, and back."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfadvseg.data.framing import FITS, Frame, crop, inside

RNG = np.random.default_rng(0)
COLOUR = (123.68, 116.779, 103.939)


def made(height, width, frame):
    """(image, labels, what the frame makes of them)."""
    image = RNG.integers(0, 256, (height, width, 3)).astype(np.uint8)
    labels = RNG.integers(0, 11, (height, width)).astype(np.uint8)
    placed, size = frame.place(tf.constant(image))
    found = {"image": placed, "labels": frame.place_labels(tf.constant(labels), size), "size": size}
    return image, labels, {key: value.numpy() for key, value in found.items()}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (8.0, 16.0, 32.0)])
def test_an_image_of_the_inputs_size_is_not_changed(colour, fit):
    image, labels, found = made(6, 8, Frame((6, 8), fit, colour))
    np.testing.assert_array_equal(found["image"], image)
    np.testing.assert_array_equal(found["labels"], labels)
    assert found["image"].dtype == np.float32 and found["labels"].dtype == found["size"].dtype == np.int32
    assert found["size"].tolist() == [6, 8]


@pytest.mark.parametrize("frame", [Frame((6, 8), fit, COLOUR) for fit in FITS] + [Frame(), Frame(multiple=(4, 4))])
@pytest.mark.parametrize("size", [(6, 8), (3, 5), (12, 16), (9, 31)])
def test_photographs_of_one_size_are_placed_and_lifted_together(frame, size):
    """As each by itself, bit by bit, also where the size of the batch is known only when it runs."""
    images = RNG.integers(0, 256, (3, *size, 3)).astype(np.uint8)
    place = tf.function(frame.place, input_signature=[tf.TensorSpec((None, None, None, 3), tf.uint8)])
    placed, inside = place(images)
    lifted = frame.lift(placed, inside, size)
    for image, one, back in zip(images, placed, lifted, strict=True):
        alone, alone_inside = frame.place(tf.constant(image))
        np.testing.assert_array_equal(one, alone)
        np.testing.assert_array_equal(inside, alone_inside)
        np.testing.assert_array_equal(back, frame.lift(alone, inside, size))


@pytest.mark.parametrize("size", [(6, 8), (1, 1), (5, 3)])
def test_without_a_size_photographs_are_as_they_are(size):
    image, labels, found = made(*size, Frame())
    np.testing.assert_array_equal(found["image"], image)
    np.testing.assert_array_equal(found["labels"], labels)
    assert found["image"].dtype == np.float32 and found["labels"].dtype == found["size"].dtype == np.int32
    assert found["size"].tolist() == list(size)


def test_whole_levels_stay_whole_whatever_the_padding():
    """All 256 levels in each channel: what is attacked is the 8-bit image itself."""
    image = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, 2)
    found, _ = Frame((24, 20), colour=COLOUR).place(tf.constant(image))
    np.testing.assert_array_equal(found[:16, :16], image)


def test_a_smaller_image_is_padded_below_and_at_the_right():
    image, labels, found = made(5, 6, Frame((8, 9), colour=COLOUR))
    np.testing.assert_array_equal(found["image"][:5, :6], image)
    padding = np.ones((8, 9), bool)
    padding[:5, :6] = False
    np.testing.assert_array_equal(found["image"][padding], np.broadcast_to(np.float32(COLOUR), (padding.sum(), 3)))
    np.testing.assert_array_equal(found["labels"][padding], 255)
    np.testing.assert_array_equal(found["labels"][:5, :6], labels)
    assert found["size"].tolist() == [5, 6]


def test_without_a_colour_the_padding_is_black():
    image, _, found = made(5, 6, Frame((8, 9)))
    np.testing.assert_array_equal(found["image"][:5, :6], image)
    assert not found["image"][5:].any() and not found["image"][:, 6:].any()


@pytest.mark.parametrize(
    ("size", "input_size", "expected"),
    [
        ((64, 96), (32, 48), [32, 48]),
        ((100, 50), (50, 50), [50, 25]),
        ((30, 90), (32, 48), [16, 48]),
        ((7, 500), (8, 8), [1, 8]),
    ],
)
@pytest.mark.parametrize("fit", ["pad", "reflect"])
def test_a_larger_image_is_shrunk_with_its_aspect(size, input_size, expected, fit):
    _, _, found = made(*size, Frame(input_size, fit))
    assert found["size"].tolist() == expected
    assert (found["labels"][: expected[0], : expected[1]] != 255).all()
    assert (found["labels"][expected[0] :] == 255).all() and (found["labels"][:, expected[1] :] == 255).all()


def test_shrinking_by_two_interpolates_images_and_picks_labels():
    """At scale 1/2 a sample lies between four pixels: their mean."""
    image, labels, found = made(12, 16, Frame((6, 8)))
    expected = image.astype(float).reshape(6, 2, 8, 2, 3).mean((1, 3))
    np.testing.assert_allclose(found["image"], expected, atol=1e-4)
    blocks = labels.reshape(6, 2, 8, 2).transpose(0, 2, 1, 3).reshape(6, 8, 4)
    assert (blocks == found["labels"][..., None]).any(-1).all()


@pytest.mark.parametrize("size", [(5, 6), (3, 4), (1, 2), (20, 9)])
def test_reflection_fills_up_with_the_mirror_image_of_the_photograph(size):
    _, _, found = made(*size, Frame((12, 13), "reflect"))
    height, width = found["size"]
    inner = found["image"][:height, :width]
    expected = np.pad(inner, ((0, 12 - height), (0, 13 - width), (0, 0)), "reflect" if min(size) > 1 else "symmetric")
    np.testing.assert_array_equal(found["image"][:, :width], expected[:, :width])
    np.testing.assert_array_equal(found["image"][:height], np.pad(inner, ((0, 0), (0, 13 - width), (0, 0)), "reflect"))
    assert (found["labels"][height:] == 255).all() and (found["labels"][:, width:] == 255).all()


@pytest.mark.parametrize("size", [(5, 6), (24, 7), (30, 40)])
def test_stretching_fills_the_input_whatever_the_aspect(size):
    image, _, found = made(*size, Frame((12, 14), "stretch"))
    assert found["size"].tolist() == [12, 14] and (found["labels"] < 11).all()
    if size == (5, 6):  # Pillow widens its filter where it shrinks, TensorFlow does not
        stretched = Image.fromarray(image).resize((14, 12), Image.Resampling.BILINEAR, reducing_gap=None)
        np.testing.assert_allclose(found["image"], np.asarray(stretched, np.float32), atol=1.01)


@pytest.mark.parametrize("frame", [Frame((8, 9), fit, colour) for fit in FITS for colour in ((0.0,) * 3, COLOUR)])
def test_a_frame_does_the_same_inside_a_pipeline(frame):
    """One graph for photographs of all sizes."""
    examples = [made(*size, frame) for size in ((5, 6), (8, 9), (11, 30))]
    signature = tf.TensorSpec((None, None, 3), tf.uint8), tf.TensorSpec((None, None), tf.uint8)
    photographs = tf.data.Dataset.from_generator(lambda: (one[:2] for one in examples), output_signature=signature)

    def frame_it(image, labels):
        placed, size = frame.place(image)
        return placed, frame.place_labels(labels, size), size, frame.lift(placed, size, tf.shape(image)[:2])

    batches = photographs.map(frame_it)
    assert [spec.shape.as_list() for spec in batches.element_spec[:2]] == [[8, 9, 3], [8, 9]]
    for (image, _, expected), (placed, labels, size, lifted) in zip(examples, batches, strict=True):
        for found, key in ((placed, "image"), (labels, "labels"), (size, "size")):
            np.testing.assert_array_equal(found, expected[key])
        np.testing.assert_array_equal(lifted, frame.lift(placed, size, image.shape[:2]))


FITTING = [
    Frame((8, 9), "pad", COLOUR),
    Frame((8, 9), "pad"),
    Frame((8, 9), "reflect"),
    Frame((5, 6), "stretch"),
    Frame(),
]
ALL = [*FITTING, Frame((4, 9)), Frame((3, 3), "reflect"), Frame((9, 4), "stretch"), Frame((20, 17), "stretch", COLOUR)]


@pytest.mark.parametrize("frame", FITTING)
def test_lifting_undoes_the_placing_of_a_photograph_that_fits(frame):
    image, _, found = made(5, 6, frame)
    lifted = frame.lift(found["image"], found["size"], (5, 6))
    np.testing.assert_array_equal(lifted, image)
    assert lifted.dtype == tf.float32


@pytest.mark.parametrize("frame", ALL)
@pytest.mark.parametrize("epsilon", [8.0, 0.3, -7.3])
def test_a_constant_perturbation_is_constant_on_the_photograph(frame, epsilon):
    _, _, found = made(5, 6, frame)
    lifted = frame.lift(tf.fill(found["image"].shape, epsilon), found["size"], (5, 6))
    np.testing.assert_array_equal(lifted, np.full((5, 6, 3), epsilon, np.float32))


@pytest.mark.parametrize("frame", ALL)
@pytest.mark.parametrize("size", [(5, 6), (31, 23), (8, 40)])
def test_a_lifted_perturbation_keeps_its_bound_and_knows_nothing_of_the_padding(frame, size):
    _, _, found = made(*size, frame)
    height, width = found["size"]
    perturbation = RNG.choice([-7.3, 7.3, 1.1], found["image"].shape).astype(np.float32)
    perturbation[height:] = perturbation[:, width:] = 100
    lifted = frame.lift(tf.constant(perturbation), found["size"], size).numpy()
    assert lifted.shape == (*size, 3) and np.abs(lifted).max() <= np.float32(7.3)
    assert lifted.std() > 1


def test_the_bound_holds_whatever_the_interpolation_rounds_to(monkeypatch):
    """XLA's weights do not sum to 1 exactly: it makes 7.3000007 of a constant 7.3. Here they are off by more."""
    resize = tf.image.resize
    monkeypatch.setattr(tf.image, "resize", lambda *sizes, **settings: resize(*sizes, **settings) * 1.001)
    for epsilon in (7.3, -7.3):
        lifted = Frame((12, 9), "stretch").lift(tf.fill((12, 9, 3), epsilon), (12, 9), (31, 29))
        np.testing.assert_array_equal(lifted, np.full((31, 29, 3), epsilon, np.float32))


def test_lifting_enlarges_as_pillow_does():
    """Both take the middles of pixels; logits, of which each class is a map of its own."""
    logits = RNG.normal(0, 3, (6, 7, 5)).astype(np.float32)
    lifted = Frame((6, 7), "stretch").lift(tf.constant(logits), (6, 7), (19, 24))
    expected = [
        np.asarray(Image.fromarray(plane).resize((24, 19), Image.Resampling.BILINEAR))
        for plane in np.moveaxis(logits, -1, 0)
    ]
    np.testing.assert_allclose(lifted, np.stack(expected, -1), atol=1e-5)


def test_a_nan_is_still_there_when_it_is_lifted():
    logits = np.zeros((4, 4, 2), np.float32)
    logits[1, 2, 0] = np.nan
    lifted = Frame((4, 4)).lift(tf.constant(logits), (4, 4), (8, 8)).numpy()
    assert np.isnan(lifted).any() and not np.isnan(lifted[..., 1]).any()


def test_crop_is_the_inverse_of_padding():
    image, labels, found = made(5, 6, Frame((8, 9)))
    np.testing.assert_array_equal(crop(found["image"], found["size"]), image)
    np.testing.assert_array_equal(crop(found["labels"], found["size"]), labels)


def test_inside_marks_what_is_image():
    found = inside(tf.constant([[2, 3], [4, 1]]), (4, 5)).numpy()
    expected = np.zeros((2, 4, 5), bool)
    expected[0, :2, :3] = expected[1, :, :1] = True
    np.testing.assert_array_equal(found, expected)


def test_a_frame_is_a_value():
    frame = Frame((4, 5), "reflect", COLOUR)
    assert frame == Frame((4, 5), "reflect", COLOUR) == pickle.loads(pickle.dumps(frame))
    assert hash(frame) == hash(Frame((4, 5), "reflect", COLOUR)) and frame != Frame((4, 5), "reflect")
    assert len({frame, Frame(), Frame((4, 5))}) == 3


def test_a_frame_needs_no_tensorflow_before_something_is_placed():
    code = (
        "import sys, pickle; from tfadvseg.data.framing import Frame;"
        "pickle.loads(pickle.dumps(Frame((3, 4), 'stretch'))); print('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_an_unknown_fit_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="Unknown fit 'crop'; choose one of: pad, reflect, stretch"):
        Frame((4, 5), "crop")


@pytest.mark.parametrize("size", [(4,), (4, 0), (-1, 3), (1, 2, 3)])
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(ValueError, match="size is .height, width. of 1 pixel or more, or None; got"):
        Frame(size)
