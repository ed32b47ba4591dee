"""What a model is on a dataset: its classes as they are, mapped, one of them left out, or refused."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.models.strangers import IMAGES, images_of, network, save
from tfadvseg.data.labels import LabelSpace
from tfadvseg.models import describe
from tfadvseg.models.card import Card, numbers
from tfadvseg.models.reading import Reading
from tfadvseg.models.spec import how_read

SPACE = LabelSpace(("sky", "road", "car"), ((0, 0, 0), (1, 1, 1), (2, 2, 2)))
FOUR = LabelSpace((*SPACE.names, "tree"), (*SPACE.palette, (3, 3, 3)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A network of four classes."""
    path = tmp_path_factory.mktemp("models") / "net"
    save(path, lambda net, x: net(x), images_of(None, 16, 24, 3))
    return path


def mapped(folder, *names):
    return describe(folder, Reading(class_map=names)).on(SPACE, "streets")


def test_classes_that_fit_stay_as_they_are(folder):
    spec = describe(folder)
    assert spec.on(FOUR, "streets") == spec


def test_other_classes_are_refused(folder):
    two = LabelSpace(("a", "b"), ((0, 0, 0), (1, 1, 1)))
    with pytest.raises(ValueError, match="knows 4 classes, but the dataset streets has 2; .* by `class_map`"):
        describe(folder).on(two, "streets")
    with pytest.raises(ValueError, match="knows 4 classes, one more than the dataset streets; .* by `void_class`"):
        describe(folder).on(SPACE, "streets")


def named(folder, tmp_path, *names):
    """A model whose card has these names."""
    copy = shutil.copytree(folder, tmp_path / "named")
    Card("named", "", names, tuple((n, n, n) for n in range(len(names))), None, (0, 0, 0), 0, {}, {}).write(copy)
    return describe(copy)


def test_the_names_of_a_card_decide_where_the_numbers_are_equal(folder, tmp_path):
    assert named(folder, tmp_path, *FOUR.names).on(FOUR, "streets").classes == 4
    assert named(folder, tmp_path / "numbered", *numbers(4)).on(FOUR, "streets").mapping == ()
    turned = named(folder, tmp_path / "turned", "road", "sky", "car", "tree")
    with pytest.raises(
        ValueError, match=r"has the same classes in another order than the dataset streets: road, sky, "
    ):
        turned.on(FOUR, "streets")
    with pytest.raises(ValueError, match=r"has other classes than .*lake in place of sky, .*; say by `class_map` what"):
        named(folder, tmp_path / "other", "sky", "road", "car", "lake").on(FOUR, "streets")
    with pytest.raises(ValueError, match="has other classes than"):
        describe(folder, Reading(classes=("a", "b", "c", "d"))).on(FOUR, "streets")
    given = dataclasses.replace(turned, reading=Reading(class_map=("road", "sky", "car", "tree")))
    assert given.on(FOUR, "streets").mapping == (1, 0, 2, 3)


def test_classes_joined_after_the_argmax_are_what_the_likeliest_counts_as(folder):
    """By brute force, of the classes that count as anything; two unlikely ones do not win together."""
    to = ("car", "", "road", "sky")
    mapping = np.array([2, -1, 1, 0])
    logits = network(IMAGES).numpy()
    expected = mapping[np.where(mapping < 0, -np.inf, logits).argmax(-1)]
    how = Reading(class_map=("car", "road", "sky", "car"), joined="after")
    spec = describe(folder, how).on(SPACE, "streets")
    assert "class map (car, road, sky, car), joined after the argmax" in how_read(spec)
    other = mapped(folder, "car", "road", "sky", "car")
    assert "class map (car, road, sky, car), joined before the argmax" in how_read(other)
    assert "joined" not in how_read(mapped(folder, "car", "", "road", "sky"))
    after, before = spec.open(), other.open()
    own = np.array([2, 1, 0, 2])
    np.testing.assert_array_equal(after(IMAGES).numpy().argmax(-1), own[logits.argmax(-1)])
    p = tf.nn.softmax(logits).numpy()
    added = np.stack([p[..., 2], p[..., 1], p[..., 0] + p[..., 3]], -1)
    np.testing.assert_array_equal(before(IMAGES).numpy().argmax(-1), added.argmax(-1))
    assert (own[logits.argmax(-1)] != added.argmax(-1)).any()
    left = describe(folder, Reading(class_map=to, joined="after")).on(SPACE, "streets").open()
    np.testing.assert_array_equal(left(IMAGES).numpy().argmax(-1), expected)
    with tf.GradientTape() as tape:
        tape.watch(IMAGES)
        total = tf.reduce_sum(after(IMAGES)[..., 2])
    assert np.abs(tape.gradient(total, IMAGES)).max() > 0
    with pytest.raises(ValueError, match="Unknown way to join classes 'never'; choose one of: after, before"):
        Reading(joined="never")


def test_joined_classes_add_their_probabilities(folder):
    """Two of the network's are cars; by hand from the softmax."""
    model = mapped(folder, "car", "sky", "road", "car").open()
    p = tf.nn.softmax(network(IMAGES)).numpy()
    expected = np.stack([p[..., 1], p[..., 2], p[..., 0] + p[..., 3]], -1)
    np.testing.assert_allclose(tf.nn.softmax(model(IMAGES)), expected, rtol=1e-4, atol=1e-6)


def test_a_class_without_a_name_is_never_answered(folder):
    model = mapped(folder, "sky", "", "road", "car").open()
    np.testing.assert_allclose(model(IMAGES), network(IMAGES).numpy()[..., [0, 2, 3]], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("sky", "road", "car"), "has 3 entries for its 4 classes"),
        (("sky", "road", "car", "lake"), "names 'lake', which is no class of streets"),
        (("sky", "road", "road", ""), "never answers 'car'"),
    ],
)
def test_class_maps_that_do_not_fit_are_refused(folder, names, message):
    with pytest.raises(ValueError, match=message):
        mapped(folder, *names)


def test_another_map_or_reading_is_another_model(folder):
    plain = describe(folder)
    others = [
        mapped(folder, "car", "sky", "road", ""),
        mapped(folder, "sky", "car", "road", ""),
        describe(folder, Reading(mean=(1.0, 0.0, 0.0))),
    ]
    assert len({spec.digest for spec in (plain, *others)}) == 4
    assert dataclasses.replace(plain).digest == plain.digest


def test_a_link_is_named_as_the_user_named_it(folder, tmp_path):
    (tmp_path / "net_a").symlink_to(folder)
    assert describe(tmp_path / "net_a").name == "net_a"
    versions = tmp_path / "net_b"
    versions.mkdir()
    (versions / "7").symlink_to(folder)
    assert describe(versions).name == "net_b" and describe(versions / "7").name == "net_b"
