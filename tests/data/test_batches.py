"""Images at a network's input size, and back."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfadvseg.data.batches import batches, crop, inside, to_input

RNG = np.random.default_rng(0)
COLOUR = (123.68, 116.779, 103.939)


def made(height, width, input_size, pad_colour=(0.0, 0.0, 0.0)):
    """(image, labels, what to_input makes of them)."""
    image = RNG.integers(0, 256, (height, width, 3)).astype(np.uint8)
    labels = RNG.integers(0, 11, (height, width, 1)).astype(np.uint8)
    found = to_input(tf.constant(image), tf.constant(labels), input_size, pad_colour)
    return image, labels[..., 0], {key: value.numpy() for key, value in found.items()}


@pytest.mark.parametrize("pad_colour", [(0.0, 0.0, 0.0), (8.0, 16.0, 32.0)])
def test_an_image_of_the_inputs_size_is_not_changed(pad_colour):
    image, labels, found = made(6, 8, (6, 8), pad_colour)
    np.testing.assert_array_equal(found["image"], image)
    np.testing.assert_array_equal(found["labels"], labels)
    assert found["image"].dtype == np.float32 and found["labels"].dtype == np.int32
    assert found["size"].tolist() == [6, 8]


def test_whole_levels_stay_whole_whatever_the_padding():
    """All 256 levels in each channel: what is attacked is the 8-bit image itself."""
    image = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, 2)
    found = to_input(tf.constant(image), tf.constant(image[..., :1]), (24, 20), COLOUR)
    np.testing.assert_array_equal(found["image"][:16, :16], image)


def test_a_smaller_image_is_padded_below_and_at_the_right():
    image, labels, found = made(5, 6, (8, 9), COLOUR)
    np.testing.assert_array_equal(found["image"][:5, :6], image)
    padding = np.ones((8, 9), bool)
    padding[:5, :6] = False
    np.testing.assert_array_equal(found["image"][padding], np.broadcast_to(np.float32(COLOUR), (padding.sum(), 3)))
    np.testing.assert_array_equal(found["labels"][padding], 255)
    np.testing.assert_array_equal(found["labels"][:5, :6], labels)
    assert found["size"].tolist() == [5, 6]


def test_without_a_colour_the_padding_is_black():
    image, _, found = made(5, 6, (8, 9))
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
def test_a_larger_image_is_shrunk_with_its_aspect(size, input_size, expected):
    _, _, found = made(*size, input_size)
    assert found["size"].tolist() == expected
    assert (found["labels"][: expected[0], : expected[1]] != 255).all()
    assert (found["labels"][expected[0] :] == 255).all() and (found["labels"][:, expected[1] :] == 255).all()


def test_shrinking_by_two_interpolates_images_and_picks_labels():
    """At scale 1/2 a sample lies between four pixels: their mean."""
    image, labels, found = made(12, 16, (6, 8))
    expected = image.astype(float).reshape(6, 2, 8, 2, 3).mean((1, 3))
    np.testing.assert_allclose(found["image"], expected, atol=1e-4)
    blocks = labels.reshape(6, 2, 8, 2).transpose(0, 2, 1, 3).reshape(6, 8, 4)
    assert (blocks == found["labels"][..., None]).any(-1).all()


@pytest.mark.parametrize("size", [(5, 6), (3, 4), (1, 2), (20, 9)])
def test_reflection_fills_up_with_the_mirror_image_of_the_photograph(size):
    image = RNG.integers(0, 256, (*size, 3)).astype(np.uint8)
    found = to_input(tf.constant(image), tf.constant(image[..., :1]), (12, 13), fit="reflect")
    height, width = found["size"].numpy()
    inner = found["image"].numpy()[:height, :width]
    expected = np.pad(inner, ((0, 12 - height), (0, 13 - width), (0, 0)), "reflect" if min(size) > 1 else "symmetric")
    np.testing.assert_array_equal(found["image"][:, :width], expected[:, :width])
    np.testing.assert_array_equal(found["image"][:height], np.pad(inner, ((0, 0), (0, 13 - width), (0, 0)), "reflect"))
    assert (found["labels"].numpy()[height:] == 255).all() and (found["labels"].numpy()[:, width:] == 255).all()


@pytest.mark.parametrize("size", [(5, 6), (24, 7), (30, 40)])
def test_stretching_fills_the_input_whatever_the_aspect(size):
    image = RNG.integers(0, 256, (*size, 3)).astype(np.uint8)
    labels = RNG.integers(0, 11, (*size, 1)).astype(np.uint8)
    found = to_input(tf.constant(image), tf.constant(labels), (12, 14), fit="stretch")
    assert found["size"].numpy().tolist() == [12, 14] and (found["labels"].numpy() < 11).all()
    corners = Image.fromarray(image).resize((14, 12), Image.Resampling.BILINEAR, reducing_gap=None)
    if size == (5, 6):  # Pillow widens its filter where it shrinks, TensorFlow does not
        np.testing.assert_allclose(found["image"], np.asarray(corners, np.float32), atol=1.01)


def test_crop_is_the_inverse_of_padding():
    image, labels, found = made(5, 6, (8, 9))
    np.testing.assert_array_equal(crop(found["image"], found["size"]), image)
    np.testing.assert_array_equal(crop(found["labels"], found["size"]), labels)


def test_inside_marks_what_is_image():
    found = inside(tf.constant([[2, 3], [4, 1]]), (4, 5)).numpy()
    expected = np.zeros((2, 4, 5), bool)
    expected[0, :2, :3] = expected[1, :, :1] = True
    np.testing.assert_array_equal(found, expected)


def dataset(sizes):
    rows = [
        {"id": f"image_{i}", "image": np.full((*size, 3), i, np.uint8), "labels": np.full((*size, 1), i, np.uint8)}
        for i, size in enumerate(sizes)
    ]
    signature = {
        "id": tf.TensorSpec((), tf.string),
        "image": tf.TensorSpec((None, None, 3), tf.uint8),
        "labels": tf.TensorSpec((None, None, 1), tf.uint8),
    }
    return tf.data.Dataset.from_generator(lambda: iter(rows), output_signature=signature)


def test_batches_keep_the_order_and_the_last_may_be_smaller():
    found = list(batches(dataset([(4, 4)] * 5 + [(2, 3), (9, 4)]), (4, 4), (0.0, 0.0, 0.0), 3))
    assert [batch["id"].numpy().tolist() for batch in found] == [
        [b"image_0", b"image_1", b"image_2"], [b"image_3", b"image_4", b"image_5"], [b"image_6"]
    ]  # fmt: skip
    assert found[1]["size"].numpy().tolist() == [[4, 4], [4, 4], [2, 3]]
    assert all(batch["image"].shape[1:] == (4, 4, 3) for batch in found)


def test_a_model_of_any_size_takes_images_as_they_are():
    same = dataset([(4, 6)] * 2).map(lambda e: e | {
        "image": tf.ensure_shape(e["image"], (4, 6, 3)), "labels": tf.ensure_shape(e["labels"], (4, 6, 1))
    })  # fmt: skip
    (found,) = batches(same, None, (0.0, 0.0, 0.0), 2)
    assert found["image"].shape == (2, 4, 6, 3)


def test_a_model_of_any_size_refuses_images_of_unknown_sizes():
    with pytest.raises(ValueError, match="without a fixed input size needs images of one size"):
        batches(dataset([(4, 4), (5, 5)]), None, (0.0, 0.0, 0.0), 2)
