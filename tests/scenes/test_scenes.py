"""Scenes: the same bits on every call, every class in fair amounts, and classes that colour alone does not tell."""

import functools

import numpy as np
import pytest

from tfadvseg import scenes
from tfadvseg.conventions import IGNORED
from tfadvseg.scenes import classes

CLASSES = len(scenes.NAMES)
LEAST_SHARE = {
    "sky": 0.08,
    "building": 0.10,
    "pole": 0.015,
    "road": 0.18,
    "pavement": 0.03,
    "tree": 0.04,
    "sign_symbol": 0.01,
    "fence": 0.02,
    "car": 0.03,
    "pedestrian": 0.01,
    "bicyclist": 0.01,
}


@functools.cache
def examples(split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` images and labels of a split."""
    images, labels = zip(*(scenes.render(split, index) for index in range(count)), strict=True)
    return np.stack(images), np.stack(labels)


def test_examples_have_the_declared_shape_and_type():
    images, labels = examples("validation", 16)
    assert images.shape == (16, *scenes.SIZE, 3) and images.dtype == np.uint8
    assert labels.shape == (16, *scenes.SIZE) and labels.dtype == np.uint8


def test_labels_are_classes_or_ignored():
    labels = examples("validation", 16)[1]
    assert set(np.unique(labels)) == {*range(CLASSES), IGNORED}
    assert (labels == IGNORED).mean() < 0.06


def test_an_example_does_not_depend_on_what_was_rendered_before():
    images, labels = examples("validation", 16)
    image_again, labels_again = scenes.render("validation", 3)
    np.testing.assert_array_equal(image_again, images[3])
    np.testing.assert_array_equal(labels_again, labels[3])


def test_examples_differ_within_and_between_splits():
    validation, train = examples("validation", 16)[0], examples("train", 12)[0]
    distinct = {image.tobytes() for image in (*validation, *train)}
    assert len(distinct) == 28


def test_classes_are_numbered_in_the_order_of_their_names():
    named = {name: number for name, number in vars(classes).items() if isinstance(number, int)}
    assert sorted(named.values()) == list(range(CLASSES))
    for name, number in named.items():
        assert scenes.NAMES[number].upper().startswith(name), name


def test_every_class_has_its_share_of_the_pixels():
    labels = examples("validation", 16)[1]
    shares = np.bincount(labels.ravel(), minlength=256)[:CLASSES] / labels.size
    least = np.array([LEAST_SHARE[name] for name in scenes.NAMES])
    assert (shares > least).all(), dict(zip(scenes.NAMES, shares.round(4), strict=True))


def test_most_images_hold_every_class():
    labels = examples("validation", 16)[1]
    present = [[(image == label).any() for label in range(CLASSES)] for image in labels]
    assert np.mean(present, axis=0).min() > 0.7


def test_colour_alone_does_not_tell_the_class():
    """The most frequent class of each of 4096 colours, learnt on training images, must do badly on others."""

    def colours(images):
        return (images.astype(int) // 16) @ [256, 16, 1]

    images, labels = examples("train", 12)
    counts = np.zeros((4096, CLASSES), int)
    np.add.at(counts, (colours(images)[labels != IGNORED], labels[labels != IGNORED]), 1)
    images, labels = examples("validation", 16)
    guess = counts.argmax(-1)[colours(images)]
    iou = [
        ((guess == label) & (labels == label)).sum()
        / (((guess == label) & (labels != IGNORED)) | (labels == label)).sum()
        for label in range(CLASSES)
    ]
    assert np.mean(iou) < 0.25


@pytest.mark.parametrize(("split", "index"), [("test", 0), ("train", 400), ("validation", -1)])
def test_unknown_examples_are_refused_with_the_known_ones(split, index):
    with pytest.raises(ValueError, match="choose one of: train|has the examples 0 to"):
        scenes.render(split, index)
