"""What a model is on a dataset: its classes as they are, mapped, one of them left out, or refused."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.models.strangers import IMAGES, images_of, network, save
from tfadvseg.data.labels import LabelSpace
from tfadvseg.models import describe
from tfadvseg.models.reading import Reading

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
