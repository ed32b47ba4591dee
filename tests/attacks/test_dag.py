"""DAG against its loop in NumPy, and where its number of steps has a closed form."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.dag import Dag, behind, dag, dag_permuted, toward_wrong_classes, wrong_classes
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import at_start, image_seeds

SEEDS = tf.constant(image_seeds(0, ["a", "b"]))


@pytest.fixture(scope="module")
def few(smooth_model):
    x = np.random.default_rng(8).integers(0, 256, (2, 6, 8, 3)).astype(np.float32)
    labels = tf.argmax(smooth_model(tf.constant(x)), -1, tf.int32).numpy()
    labels[:, 2, 2], labels[:, 3] = IGNORED, LEFT_OUT
    return smooth_model, tf.constant(x), tf.constant(labels)


def by_hand(model, images, labels, alpha, steps, goal, aims=None):
    """Perturbations and steps taken, an image after the other; aims: the wrong classes, or away from the labels."""
    x, y = images.numpy(), labels.numpy()
    r, taken = np.zeros_like(x), [0, 0]
    for i in range(len(x)):
        use = (y[i] != IGNORED) & (y[i] != LEFT_OUT)
        for _ in range(steps):
            with tf.GradientTape() as tape:
                seen = tf.constant(x[i : i + 1] + r[i])
                tape.watch(seen)
                logits = model(seen)[0]
                z = logits.numpy()
                there = (z.argmax(-1) != y[i]) if aims is None else (z.argmax(-1) == aims[i])
                if there[use].mean() >= goal:
                    break
                rows, columns = np.nonzero(use & ~there)
                own = y[i][rows, columns]
                others = np.where(np.arange(4) == own[:, None], -np.inf, z[rows, columns]).argmax(-1)
                toward = others if aims is None else aims[i][rows, columns]
                pairs = [np.stack([rows, columns, which], -1) for which in (toward, own)]
                gap = tf.reduce_sum(tf.gather_nd(logits, pairs[0]) - tf.gather_nd(logits, pairs[1]))
            gradient = tape.gradient(gap, seen).numpy()[0]
            r[i] += alpha * gradient / np.abs(gradient).max()
            taken[i] += 1
    return r, taken


@pytest.mark.parametrize(("permuted", "goal"), [(False, 0.6), (True, 0.35)])
def test_the_algorithm_on_a_network(few, permuted, goal):
    """Until so many are there, which the images reach after different numbers of steps."""
    model, images, labels = few
    aims = wrong_classes(tf.where(labels >= 4, 0, tf.maximum(labels, 0)), at_start(SEEDS), 4).numpy()
    expected, taken = by_hand(*few, 0.5, 25, goal, aims if permuted else None)
    found = Dag(0.5, 25, permuted, goal=goal)(*few, SEEDS)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert taken[0] != taken[1] and min(taken) < 25, taken


@pytest.mark.parametrize(("lead", "steps"), [(2.79, 6), (2.81, 7), (-1.0, 0)])
def test_an_image_ends_as_soon_as_it_is_wrong(lead, steps):
    """A logit difference of w . x: a step of 1 moves along w / max |w|, so it covers |w|^2 / max |w| = 0.14 / 0.3 of
    the lead, and 6 steps 2.8."""
    weights = np.float32([0.1, -0.2, 0.3])

    def model(images):
        score = tf.reduce_sum((images - 100.0) * weights, -1, keepdims=True) - lead
        return tf.concat([0 * score, score], -1)

    images, labels = tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32)
    found = dag(alpha=1.0)(model, images, labels)
    np.testing.assert_allclose(found, np.broadcast_to(steps * weights / 0.3, images.shape), rtol=1e-4, atol=1e-6)


def test_wrong_classes_are_a_permutation_that_leaves_none():
    """For each image another, whatever stands beside it."""
    seeds = tf.constant(image_seeds(0, [f"{i}" for i in range(40)]))
    classes = tf.tile(tf.range(7)[None, None], [40, 1, 1])
    found = wrong_classes(classes, seeds, 7).numpy()[:, 0]
    assert (np.sort(found) == np.arange(7)).all() and (found != np.arange(7)).all()
    assert len({tuple(row) for row in found}) > 35
    np.testing.assert_array_equal(wrong_classes(classes[3:4], seeds[3:4], 7)[:, 0], found[3:4])
    assert wrong_classes(tf.constant([[[0, 1]]]), seeds[:1], 2).numpy().tolist() == [[[1, 0]]]


def test_losses_by_hand():
    """Logits 4, 1, 3 of labels 0 and 1: the first leads by 1, the second is lost."""
    logits, labels = tf.constant([[[[4.0, 1.0, 3.0]] * 2]]), tf.constant([[[0, 1]]])
    np.testing.assert_array_equal(behind(logits, labels), [[[-1, 0]]])
    seeds = tf.constant(image_seeds(0, ["a"]))
    aims = wrong_classes(labels, seeds, 3).numpy()[0, 0]
    expected = [0 if aim == 0 else (4, 1, 3)[aim] - (4, 1, 3)[own] for aim, own in zip(aims, (0, 1), strict=True)]
    objective = toward_wrong_classes(seeds)
    np.testing.assert_array_equal(objective.score(logits, labels)[0, 0], expected)
    assert objective.merit(logits, labels, tf.zeros(1)).numpy() == np.mean(aims == 0)


@pytest.mark.parametrize("make", [dag, dag_permuted])
def test_what_is_returned_on_whole_levels_is_what_was_judged(few, make):
    """Each image that ended early has its goal once it is rounded, which it had not without a look at that."""
    model, images, labels = few
    found = make(alpha=0.6, steps=120, goal=0.5, whole_levels=True, in_range=True)(*few, SEEDS).numpy()
    assert (found == np.rint(found)).all() and np.abs(found).max() >= 1
    predicted = tf.argmax(model(images + found), -1, tf.int32)
    use = (labels != IGNORED) & (labels != LEFT_OUT)
    assert all(np.mean((predicted != labels)[i][use[i]]) >= 0.5 for i in range(2))


@pytest.mark.parametrize("make", [dag, dag_permuted])
def test_a_mean_over_draws_that_change_nothing_is_the_gradient(few, make):
    """Two draws in one batch: both belong to the same image and its permutation."""
    drawn = ExpectedGradient(lambda images, seeds: images, samples=4, at_once=2)
    found = make(steps=8, gradient=drawn)(*few, SEEDS)
    np.testing.assert_allclose(found, make(steps=8)(*few, SEEDS), atol=1e-4)
    assert make(steps=8, gradient=drawn).cost == Cost(gradients=32) and make().cost == Cost(gradients=200)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": 0.0}, "alpha must be more than 0 grey levels; got 0.0"),
        ({"steps": 0}, "at least 1 step; got 0"),
        ({"goal": 0.0}, "A goal is a share"),
        ({"ball": L2()}, "has no other norm; leave it at linf"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=message):
        Dag(**settings)
