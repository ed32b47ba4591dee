"""Frames: what is placed comes back, and pixels that are filled up count nowhere."""

from fractions import Fraction

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfadvseg.conventions import IGNORED
from tfadvseg.data.framing import FITS, Frame, crop, inside
from tfadvseg.metrics.counts import class_counts

sides = st.integers(1, 12)
sizes = st.tuples(sides, sides)
fits = st.sampled_from(sorted(FITS))
seeds = st.integers(0, 2**32 - 1)
colours = st.sampled_from([(0.0, 0.0, 0.0), (123.68, 116.779, 103.939)])


def photograph(size, seed):
    """(image uint8 [*size, 3], labels uint8 [*size] of four classes, some of them ignored)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, size).astype(np.uint8)
    labels[rng.random(size) < 0.1] = IGNORED
    return rng.integers(0, 256, (*size, 3)).astype(np.uint8), labels


def filled(image, size, fit, colour):
    """The image in the upper left corner of an input, by NumPy."""
    missing = [(0, full - side) for full, side in zip(size, image.shape, strict=False)]
    if fit == "reflect":
        return np.pad(image, [*missing, (0, 0)], "reflect")
    found = np.full((*size, 3), colour, np.float32)
    found[: image.shape[0], : image.shape[1]] = image
    return found


@given(sizes, sizes, st.sampled_from(["pad", "reflect"]), colours, seeds)
def test_what_fits_is_filled_up_and_comes_back_bit_by_bit(size, more, fit, colour, seed):
    image, labels = photograph(size, seed)
    frame = Frame((size[0] + more[0] - 1, size[1] + more[1] - 1), fit, colour)
    placed, part = frame.place(tf.constant(image))
    np.testing.assert_array_equal(part, size)
    np.testing.assert_allclose(placed, filled(image, frame.size, fit, colour), rtol=1e-6)
    np.testing.assert_array_equal(crop(placed, part), image)
    np.testing.assert_array_equal(frame.lift(placed, part, size), image)
    on_input = frame.place_labels(tf.constant(labels), part).numpy()
    np.testing.assert_array_equal(crop(on_input, part), labels)
    assert (on_input == IGNORED).sum() == (labels == IGNORED).sum() + np.prod(frame.size) - labels.size


@given(sizes, sizes, fits, colours, seeds)
def test_the_part_that_is_photograph_is_as_large_as_it_says(size, frame_size, fit, colour, seed):
    image, labels = photograph(size, seed)
    frame = Frame(frame_size, fit, colour)
    placed, part = frame.place(tf.constant(image))
    assert placed.shape == (*frame_size, 3)
    if fit == "stretch":
        wanted = frame_size
    else:
        scale = min(Fraction(1), *(Fraction(full, side) for full, side in zip(frame_size, size, strict=True)))
        wanted = [max(1, scale * side) for side in size]
    assert all(abs(int(one) - exact) <= Fraction(1, 2) for one, exact in zip(part, wanted, strict=True))
    within = inside(part[None], frame_size)[0].numpy()
    np.testing.assert_array_equal(np.argwhere(within), list(np.ndindex(*part.numpy())))
    np.testing.assert_array_equal(frame.place_labels(tf.constant(labels), part).numpy()[~within], IGNORED)


@given(sizes, sizes, fits, seeds, st.floats(0.25, 32))
def test_what_is_lifted_has_the_photographs_size_and_keeps_the_bound(size, frame_size, fit, seed, epsilon):
    image, _ = photograph(size, seed)
    frame = Frame(frame_size, fit)
    _, part = frame.place(tf.constant(image))
    change = np.random.default_rng(seed).uniform(-epsilon, epsilon, (*frame_size, 3)).astype(np.float32)
    lifted = frame.lift(tf.constant(change), part, size).numpy()
    seen = crop(change, part)
    assert lifted.shape == (*size, 3)
    assert seen.min() <= lifted.min() and lifted.max() <= seen.max()
    if tuple(part.numpy()) == size:
        np.testing.assert_array_equal(lifted, seen)


@given(sizes, sizes, fits, seeds)
def test_labels_are_only_moved_and_never_mixed(size, frame_size, fit, seed):
    """At each pixel of the input stands the label that the nearest pixel of the photograph has."""
    image, labels = photograph(size, seed)
    frame = Frame(frame_size, fit)
    part = frame.place(tf.constant(image))[1].numpy()
    rows, columns = (
        [int(Fraction(2 * i + 1, 2) * Fraction(before, int(after))) for i in range(after)]
        for before, after in zip(size, part, strict=True)
    )
    np.testing.assert_array_equal(
        crop(frame.place_labels(tf.constant(labels), tf.constant(part)).numpy(), part), labels[np.ix_(rows, columns)]
    )


@given(sizes, sizes, seeds)
def test_counts_on_the_input_are_those_on_the_photograph(size, more, seed):
    """Whatever is predicted where the input is filled up."""
    image, labels = photograph(size, seed)
    frame = Frame((size[0] + more[0] - 1, size[1] + more[1] - 1), "pad")
    part = frame.place(tf.constant(image))[1]
    predictions = np.random.default_rng(seed + 1).integers(0, 4, frame.size)
    on_input = frame.place_labels(tf.constant(labels), part).numpy()
    np.testing.assert_array_equal(
        class_counts(on_input[None], predictions[None], 4), class_counts(labels[None], crop(predictions, part)[None], 4)
    )


@given(sizes, st.tuples(st.integers(1, 5), st.integers(1, 5)), seeds)
@settings(max_examples=30)
def test_without_a_size_the_input_is_the_least_multiple_that_holds_the_photograph(size, multiple, seed):
    image, labels = photograph(size, seed)
    frame = Frame(multiple=multiple)
    placed, part = frame.place(tf.constant(image))
    least = [next(n for n in range(side, side + m) if n % m == 0) for side, m in zip(size, multiple, strict=True)]
    assert list(placed.shape[:2]) == least == list(frame.place_labels(tf.constant(labels), part).shape)
    np.testing.assert_array_equal(frame.lift(placed, part, size), image)
