"""An attack on one photograph of any size, against direct computations."""

import numpy as np
import pytest
import tensorflow as tf
from six_images import example

from tfadvseg.attacks import ATTACKS
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import Frame
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.photograph import PhotographAttack, Viewer, on_whole_levels
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.runs.folder import RunFolder

SMALL, EXACT, LARGE = 1, 0, 3
"""Of six_images: 28 x 40, filled up; 32 x 48 as the network's input; 64 x 96, shrunk by half."""


@pytest.mark.parametrize("epsilon", [1, 2.5, 8, 8.999, 1000])
def test_a_file_holds_the_nearest_level_within_both_bounds(epsilon):
    """Against all 256 levels, for every level of a photograph."""
    photograph = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 60, 1)
    steps = np.arange(-30, 30) / 8 * min(epsilon, 40) / 3  # beyond epsilon, too, and ties
    found = on_whole_levels(photograph, np.broadcast_to(steps, photograph.shape), epsilon).astype(int)
    levels = np.arange(256)
    for row, level in zip(found, range(256), strict=True):
        allowed = levels[np.abs(levels - level) <= epsilon]
        for chosen, step in zip(row, steps, strict=True):
            assert chosen in allowed
            nearest = np.abs(allowed - (level + step)).min()
            assert abs(chosen - (level + step)) <= nearest + 1e-4


@pytest.mark.parametrize(
    ("level", "added", "epsilon", "expected"),
    [
        (100, 8.0, 8, 108),
        (100, 8.4, 8, 108),
        (100, -8.6, 8, 92),
        (100, 7.6, 7.9, 107),
        (100, 0.6, 0.9, 100),
        (250, 8.0, 8, 255),
        (3, -8.0, 8, 0),
        (100, 0.4, 8, 100),
        (100, 0.6, 8, 101),
    ],
)
def test_both_bounds_hold_and_nearest_is_not_toward_zero(level, added, epsilon, expected):
    assert on_whole_levels(np.array([[level]], np.uint8), np.array([[added]]), epsilon) == expected


@pytest.mark.parametrize("number", [SMALL, EXACT, LARGE])
def test_labels_of_a_photograph_are_those_of_segment(conv_model, number):
    image = example(number)[0]
    seen = Viewer(conv_model, conv_model.frame)(image)
    assert seen.labels.shape == image.shape[:2] and len(np.unique(seen.labels)) > 2
    np.testing.assert_array_equal(seen.labels, conv_model.segment(tf.constant(image)).numpy())
    placed, size = conv_model.frame.place(tf.constant(image))
    p = tf.nn.softmax(conv_model(placed[None]))[0, : int(size[0]), : int(size[1])]
    assert seen.confidence == pytest.approx(float(tf.reduce_mean(tf.reduce_max(p, -1))), rel=1e-5)


@pytest.fixture(scope="module")
def attack(conv_model, tmp_path_factory):
    """Iterative FGSM ll at epsilon 8 on the network that knows colours."""
    settings = ATTACKS["ifgsm_ll"](8.0, in_range=True)
    protocol = Protocol((("ifgsm_ll", settings),), loss_on_padding=False, attack_padding=False)
    folder = RunFolder(tmp_path_factory.mktemp("run"), {}, {})
    return PhotographAttack(white_box(conv_model.spec, protocol), OpenModels(), folder, "off")


@pytest.mark.parametrize("number", [SMALL, EXACT, LARGE])
def test_it_is_the_attack_on_the_input_lifted_to_the_photograph(attack, conv_model, number):
    image = example(number)[0]
    made = attack("a", image)
    placed, size = conv_model.frame.place(tf.constant(image))
    height, width = size.numpy()
    counted = np.zeros((1, *placed.shape[:2]), bool)
    counted[:, :height, :width] = True
    labels = tf.where(counted, tf.argmax(conv_model(placed[None]), -1, tf.int32), LEFT_OUT)
    direct = ATTACKS["ifgsm_ll"](8.0, in_range=True)
    r = direct(conv_model, placed[None], labels, attackable=tf.cast(counted, tf.float32)[..., None])[0]
    assert not r.numpy()[height:].any() and not r.numpy()[:, width:].any()
    lifted = conv_model.frame.lift(r, size, image.shape[:2])
    np.testing.assert_array_equal(made.perturbation, lifted)
    assert np.abs(made.perturbation).max() == 8
    np.testing.assert_array_equal(made.before.labels, conv_model.segment(tf.constant(image)))
    shown = conv_model.segment(tf.cast(image, tf.float32) + lifted)
    np.testing.assert_array_equal(made.as_floats.labels, shown)
    assert np.mean(shown != made.before.labels) > 0.2
    if number != LARGE:  # nothing is resized, so nothing is lost
        np.testing.assert_array_equal(made.on_input.labels, made.as_floats.labels)
        np.testing.assert_array_equal(image + made.perturbation, on_whole_levels(image, made.perturbation, 8))
    else:
        assert (made.on_input.labels != made.as_floats.labels).any()


def test_photographs_of_an_odd_multiple_lose_nothing(attack):
    """The network reads the very values that were lifted."""
    image = np.kron(example(EXACT)[0], np.ones((3, 3, 1), np.uint8))
    made = attack("b", image)
    np.testing.assert_array_equal(made.on_input.labels, made.as_floats.labels)


def test_scores_that_are_no_numbers_are_refused():
    view = Viewer(lambda images: images * np.nan, Frame((4, 4)))
    with pytest.raises(ValueError, match="scores that are no finite numbers"):
        view(np.zeros((4, 4, 3), np.uint8))


@pytest.mark.parametrize(("fit", "multiple"), [("pad", (1, 1)), ("reflect", (16, 16))])
def test_a_model_of_any_size_sees_photographs_as_they_are(tmp_path, fit, multiple):
    """Of two sizes, one after the other; where the model wants multiples, photographs are filled up and not resized."""
    from tests.models.strangers import FREE, network, save
    from tfadvseg.models import describe
    from tfadvseg.models.reading import Reading

    save(tmp_path / "free", lambda net, images: {"logits": net(images)}, FREE)
    spec = describe(tmp_path / "free", Reading(fit=fit, multiple=multiple))
    protocol = Protocol((("fgsm", ATTACKS["fgsm"](8.0, in_range=True)),), "prediction", False, False)
    attack = PhotographAttack(white_box(spec, protocol), OpenModels(), RunFolder(tmp_path / "run", {}, {}), "off")
    for height, width in ((28, 40), (61, 33)):
        image = np.random.default_rng(height).integers(0, 256, (height, width, 3)).astype(np.uint8)
        made = attack("a", image)
        assert made.perturbation.shape == image.shape and np.abs(made.perturbation).max() == 8
        if multiple == (1, 1):
            for seen, shown in ((made.before, image), (made.as_floats, image + made.perturbation)):
                direct = tf.argmax(network(tf.constant(shown[None], tf.float32)), -1)[0]
                assert np.mean(seen.labels == direct.numpy()) > 0.999
            np.testing.assert_array_equal(made.on_input.labels, made.as_floats.labels)
        assert np.mean(made.before.labels != made.as_floats.labels) > 0.05
