"""The smallest radius has a closed form where logits are linear in the pixels."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS, SEARCHED, Trait
from tfadvseg.attacks.apgd import SEA_STAGES, Apgd
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradient_ascent import GradientAscent, fgsm, fgsm_class, fgsm_ll, ifgsm
from tfadvseg.attacks.minimal import Minimal, largest_radius, minimal
from tfadvseg.attacks.modern import apgd_ce, segpgd
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import image_seeds

WEIGHTS = np.float32([0.1, -0.2, 0.3])
LEVELS = np.array([[100, 120, 124, 40], [100, 120, 126, 130]], np.float32).reshape(2, 2, 2)
"""Of the pixels of two images, grey. Class 1 leads by 0.2 times the level less 25, so a pixel falls to a change of
(25 - 0.2 level) / 0.6: 8.33, 1.67, 0.33 and 28.33 levels; of 126 and 130 it does unchanged."""
RADII = np.maximum((25 - 0.2 * LEVELS) / 0.6, 0)
GREY = tf.constant(np.repeat(LEVELS[..., None], 3, -1))
LABELS = tf.zeros((2, 2, 2), tf.int32)
RESOLUTION = 16 / 2**11
"""Of radii below 16; twice as much from there to 32."""


def model(images):
    score = tf.reduce_sum(images * WEIGHTS, -1, keepdims=True) - 25.0
    return tf.concat([0 * score, score, 0 * score - 50.0], -1)


def norms(perturbation):
    return np.abs(np.asarray(perturbation)).max((1, 2, 3))


GOALS = [(0.25, 0), (0.5, 1), (0.51, 2), (0.75, 2), (0.76, 3), (1.0, 3)]
OTHERS = ("ifgsm", "mi_fgsm", "segpgd", "cospgd", "apgd_ce", "sea_mce")


@pytest.mark.parametrize(
    ("name", "goal", "smallest"), [("fgsm", *goal) for goal in GOALS] + [(name, 1.0, 3) for name in OTHERS]
)
def test_the_radius_is_the_smallest_within_its_resolution(name, goal, smallest):
    """The goal asks for so many of four pixels; those of smallest radius fall first."""
    steps = {"steps": 12} if name in ("apgd_ce", "sea_mce") else {}
    found = norms(minimal(ATTACKS[name].make, goal=goal, **steps)(model, GREY, LABELS))
    expected = np.sort(RADII.reshape(2, 4))[:, smallest]
    slack = np.where(expected > 16, 2, 1) * RESOLUTION
    assert (found >= expected - 1e-4).all() and (found <= expected + slack + 1e-4).all(), (found, expected)
    assert (found[expected == 0] == 0).all()


def test_just_inside_the_found_radius_the_attack_fails(smooth_model):
    """By brute force on a curved network: it succeeds there, and not one resolution below."""
    images = tf.constant(np.random.default_rng(8).integers(40, 216, (2, 6, 8, 3)), tf.float32)
    labels = tf.argmax(smooth_model(images), -1, tf.int32)
    found = minimal(fgsm, goal=0.6)(smooth_model, images, labels)

    def wrong(r):
        return np.mean(tf.argmax(smooth_model(images + r), -1, tf.int32) != labels, (1, 2))

    for i, radius in enumerate(norms(found)):
        np.testing.assert_array_equal(found[i], fgsm(float(radius))(smooth_model, images, labels)[i])
        assert wrong(found)[i] >= 0.6 > wrong(fgsm(float(radius) - RESOLUTION)(smooth_model, images, labels))[i]


TEMPLATES = {
    "single step": fgsm(16.0),
    "iterative": ifgsm(16.0, alpha=2.0, steps=5),
    "timed, from noise, twice": segpgd(16.0, steps=4, start="uniform", restarts=2, in_range=True),
    "Euclidean": GradientAscent(16.0, 4.0, 4, ball=L2(), start="uniform"),
    "Auto-PGD": apgd_ce(16.0, steps=10),
    "in stages": Apgd(16.0, 12, stages=SEA_STAGES, restarts=2),
    "Euclidean Auto-PGD": Apgd(16.0, 8, ball=L2()),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_image_has_its_own_radius_and_nothing_else_changes(smooth_model, name):
    """Bit by bit what attacks of these radii give each by itself."""
    template, seeds = TEMPLATES[name], tf.constant(image_seeds(0, ["a", "b"]))
    images = tf.constant(np.random.default_rng(8).integers(0, 256, (2, 6, 8, 3)), tf.float32)
    labels = tf.argmax(smooth_model(images), -1, tf.int32)

    @tf.function
    def at(radii):
        return template.within(radii[:, None, None, None], smooth_model, images, labels, seeds, None, None)

    found = at(tf.constant([16.0, 4.0]))
    for i, radius in enumerate((16.0, 4.0)):
        alpha = {"alpha": template.alpha * radius / 16} if isinstance(template, GradientAscent) else {}
        alone = dataclasses.replace(template, epsilon=radius, **alpha)(smooth_model, images, labels, seeds)
        np.testing.assert_array_equal(found[i], alone[i])


def test_what_is_never_reached_comes_as_near_as_it_can():
    """Two of four pixels may not change; one falls unchanged. Radii double up to the whole range, and no farther."""
    attackable = tf.constant([[0, 1], [1, 0]], tf.float32)[None, ..., None] * tf.ones((2, 1, 1, 1))
    found = minimal(fgsm)(model, GREY, LABELS, None, attackable).numpy()
    assert not (found * (1 - attackable.numpy())).any()
    np.testing.assert_array_equal(norms(found[:1]), 255)
    wrong = (tf.argmax(model(GREY + found), -1).numpy() != 0).reshape(2, 4)
    assert wrong.tolist() == [[False, True, True, False], [False, True, True, True]]


def test_pixels_that_do_not_count_are_not_waited_for():
    """The one of 28.33 levels, and both of the second image that need any change."""
    for mark in (IGNORED, LEFT_OUT):
        labels = LABELS.numpy()
        labels[0, 1, 1] = labels[1, 0] = mark
        found = norms(minimal(fgsm)(model, GREY, tf.constant(labels)))
        assert RADII[0, 0, 0] <= found[0] <= RADII[0, 0, 0] + RESOLUTION and found[1] == 0


def test_toward_a_class_all_pixels_must_arrive():
    """Ignored ones, too; those left out need not."""
    search = minimal(fgsm_class, target=1)
    labels = LABELS.numpy()
    labels[0, 1, 1] = IGNORED
    assert 28.33 < norms(search(model, GREY, tf.constant(labels)))[0] < 28.34 + 2 * RESOLUTION
    labels[0, 1, 1] = LEFT_OUT
    assert 8.33 < norms(search(model, GREY, tf.constant(labels)))[0] < 8.34 + RESOLUTION


def test_on_whole_levels_it_is_the_next_whole_one():
    """Success is judged of what is left of a perturbation once it is rounded toward zero."""
    found = minimal(fgsm, whole_levels=True, in_range=True)(model, GREY, LABELS)
    np.testing.assert_array_equal(norms(found), [29, 9])


def test_the_euclidean_radius_of_one_pixel():
    images, labels = tf.fill((1, 1, 1, 3), 100.0), tf.zeros((1, 1, 1), tf.int32)
    found = np.linalg.norm(minimal(fgsm, ball=L2())(model, images, labels))
    expected = 5 / np.linalg.norm(WEIGHTS)
    assert expected - 1e-4 <= found <= expected + RESOLUTION + 1e-4
    assert largest_radius(L2(), tf.zeros((2, 4, 5, 3))) == pytest.approx(255 * np.sqrt(60))


def test_a_network_is_traced_once_whatever_the_number_of_radii():
    traces = []

    def counting(images):
        traces.append(1)
        return model(images)

    minimal(ifgsm, runs=2)(counting, GREY, LABELS)
    few = len(traces)
    minimal(ifgsm, runs=12)(counting, GREY, LABELS)
    assert len(traces) == 2 * few


def test_costs():
    assert minimal(fgsm).cost == Cost(gradients=12, forwards=13)
    assert minimal(apgd_ce, runs=5, steps=10).cost == Cost(gradients=50, forwards=5 + 6)
    expected = ExpectedGradient(lambda images, seeds: images, samples=4)
    assert minimal(ifgsm, runs=3, steps=2, gradient=expected).cost == Cost(gradients=24, forwards=16)


def test_the_table_has_a_search_by_each_of_these():
    for name in SEARCHED:
        own = {"target": 1} if ATTACKS[name].has(Trait.TO_A_CLASS) else {}
        assert ATTACKS[f"minimal_{name}"](**own) == Minimal(ATTACKS[name](16.0, **own))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: minimal(fgsm_ll), "The least likely class of an iterate is never what is predicted there"),
        (lambda: minimal(fgsm, runs=0), "A search needs at least 1 run of its attack; got 0"),
        (lambda: minimal(fgsm, goal=1.5), "A goal is a share of the pixels"),
        (lambda: Minimal(fgsm(0.0)), "The first radius must be more than 0 grey levels; got 0.0"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()
