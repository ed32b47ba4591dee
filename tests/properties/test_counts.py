"""Class counts and the scores that are made of them, against sets of pixels."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfadvseg.conventions import IGNORED
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import iou_per_class, mean_iou, pixel_accuracy


@st.composite
def maps(draw, fewest=1):
    """(labels, predictions, classes): maps [N, H, W] with ignored pixels, in any of the types that files have."""
    shape = (draw(st.integers(fewest, 4)), draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    classes = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels, predictions = rng.integers(0, classes, (2, *shape))
    labels[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0]))] = IGNORED
    kind = draw(st.sampled_from([np.uint8, np.uint16, np.int32, np.int64]))
    return labels.astype(kind), predictions.astype(kind), classes


def pixels_of(labels, predictions, classes):
    """{class: (pixels labelled so, pixels predicted so)} of one image, without its ignored ones, as sets of places."""
    places = [place for place in np.ndindex(*labels.shape) if labels[place] != IGNORED]
    return {
        k: ({p for p in places if labels[p] == k}, {p for p in places if predictions[p] == k}) for k in range(classes)
    }


@given(maps())
def test_counts_are_sizes_of_sets(drawn):
    labels, predictions, classes = drawn
    counts = class_counts(*drawn)
    for n in range(len(labels)):
        for k, (own, named) in pixels_of(labels[n], predictions[n], classes).items():
            sizes = [len(own & named), len(own), len(named), len(own | named)]
            assert [part[n, k] for part in (*counts, counts.union)] == sizes


@given(maps())
def test_scores_are_quotients_of_sets(drawn):
    labels, predictions, classes = drawn
    counts = class_counts(*drawn).total()
    own, named = [{} for _ in range(classes)], [{} for _ in range(classes)]
    for n in range(len(labels)):
        for k, both in pixels_of(labels[n], predictions[n], classes).items():
            for found, places in zip((own[k], named[k]), both, strict=True):
                found.update({(n, *place): None for place in places})
    iou = [
        100 * len(a.keys() & b.keys()) / len(a.keys() | b.keys()) if a else math.nan
        for a, b in zip(own, named, strict=True)
    ]
    np.testing.assert_allclose(iou_per_class(counts), iou, rtol=1e-12)
    known = [one for one in iou if not math.isnan(one)]
    np.testing.assert_allclose(mean_iou(counts), sum(known) / len(known) if known else math.nan, rtol=1e-12)
    right, all_of_them = sum(len(a.keys() & b.keys()) for a, b in zip(own, named, strict=True)), sum(map(len, own))
    np.testing.assert_allclose(pixel_accuracy(counts), 100 * right / all_of_them if all_of_them else math.nan)


@given(maps(), st.integers(0, 2**32 - 1))
def test_what_is_predicted_where_nothing_is_labelled_changes_no_count(drawn, seed):
    labels, predictions, classes = drawn
    others = np.random.default_rng(seed).integers(0, classes, labels.shape).astype(predictions.dtype)
    changed = np.where(labels == IGNORED, others, predictions)
    np.testing.assert_array_equal(class_counts(labels, changed, classes), class_counts(*drawn))


@given(maps(), st.integers(0, 5), st.integers(0, 5))
def test_an_image_counts_as_much_as_its_parts(drawn, row, column):
    labels, predictions, classes = drawn
    parts = [
        class_counts(labels[:, rows, columns], predictions[:, rows, columns], classes)
        for rows in (slice(None, row), slice(row, None))
        for columns in (slice(None, column), slice(column, None))
    ]
    np.testing.assert_array_equal(np.sum(parts, 0), class_counts(*drawn))


@given(maps(fewest=2), st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(drawn, random):
    labels, predictions, classes = drawn
    order = random.sample(range(len(labels)), len(labels))
    counts = class_counts(*drawn)
    shuffled = class_counts(labels[order], predictions[order], classes)
    np.testing.assert_array_equal(shuffled, [part[order] for part in counts])
    np.testing.assert_array_equal(shuffled.total(), counts.total())


@given(maps(), st.randoms(use_true_random=False))
def test_other_numbers_of_the_classes_give_the_same_counts_in_another_order(drawn, random):
    labels, predictions, classes = drawn
    new = np.arange(IGNORED + 1)
    new[:classes] = random.sample(range(classes), classes)
    renamed = class_counts(new[labels], new[predictions], classes)
    np.testing.assert_array_equal([part[:, new[:classes]] for part in renamed], class_counts(*drawn))
    np.testing.assert_allclose(mean_iou(renamed), mean_iou(class_counts(*drawn)), rtol=1e-12)


@given(maps(), st.data())
def test_weights_count_images_as_often_as_they_say(drawn, data):
    labels, predictions, classes = drawn
    often = data.draw(st.lists(st.integers(0, 3), min_size=len(labels), max_size=len(labels)))
    repeated = class_counts(np.repeat(labels, often, 0), np.repeat(predictions, often, 0), classes).total()
    np.testing.assert_array_equal(
        Counts(*(part[0] for part in class_counts(*drawn).weighted(np.array([often])))), repeated
    )
