"""An attack that keeps the entropy: its loss and gradient against NumPy, and what it does to a network."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS, ifgsm
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.objectives import Objective, cross_entropy, given
from tfadvseg.attacks.plan import plan
from tfadvseg.attacks.unseen import NearEntropy, Unseen, ifgsm_unseen, mean_entropy
from tfadvseg.conventions import IGNORED

RNG = np.random.default_rng(11)
LOGITS, LABELS = RNG.normal(0, 3, (2, 3, 5, 4)), RNG.integers(0, 4, (2, 3, 5)).astype(np.int32)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def entropy(p):
    """[N, H, W]."""
    return -(p * np.log(p)).sum(-1)


P = softmax(LOGITS)
H = entropy(P).mean((1, 2))
TARGET = H + np.array([0.25, -0.5])


def test_the_mean_entropy_is_that_of_numpy():
    np.testing.assert_allclose(mean_entropy(tf.constant(LOGITS)), H, rtol=1e-12)
    np.testing.assert_allclose(mean_entropy(tf.zeros((1, 2, 2, 4))), [np.log(4)], rtol=1e-6)


def test_the_loss_and_its_gradient_in_closed_form():
    """Of the sum over an image's pixels, p - e_y + weight sign(H - target) p (log p + h), h the entropy of the pixel:
    the share of 1 / pixels in H and the penalty at each pixel cancel."""
    z = tf.constant(LOGITS)
    with tf.GradientTape() as tape:
        tape.watch(z)
        value = Objective(given, 1.0, NearEntropy(tf.constant(TARGET), 3.0))(z, tf.constant(LABELS))
    expected = -np.log(np.take_along_axis(P, LABELS[..., None], -1)[..., 0])
    np.testing.assert_allclose(value, expected - np.array([0.75, 1.5])[:, None, None], rtol=1e-10)
    sign = np.array([-1.0, 1.0])[:, None, None, None]
    gradient = P - np.eye(4)[LABELS] + 3.0 * sign * P * (np.log(P) + entropy(P)[..., None])
    np.testing.assert_allclose(tape.gradient(value, z), gradient, rtol=1e-9, atol=1e-12)


def test_ignored_pixels_are_charged_nothing():
    labels = LABELS.copy()
    labels[:, 0] = IGNORED
    value = Objective(given, 1.0, NearEntropy(tf.constant(TARGET), 3.0))(tf.constant(LOGITS), tf.constant(labels))
    assert not value.numpy()[:, 0].any() and value.numpy()[:, 1:].all()


def test_each_sample_of_an_expectation_has_the_target_of_its_image():
    one = NearEntropy(tf.constant(TARGET), 3.0)(LOGITS, LABELS)
    twice = NearEntropy(tf.constant(TARGET), 3.0)(np.tile(LOGITS, (2, 1, 1, 1)), np.tile(LABELS, (2, 1, 1)))
    np.testing.assert_allclose(twice, np.tile(one, (2, 1, 1)), rtol=1e-12)


@pytest.fixture(scope="module")
def few(smooth_model):
    x = tf.constant(np.random.default_rng(8).integers(0, 256, (2, 12, 16, 3)), tf.float32)
    return smooth_model, x, tf.argmax(smooth_model(x), -1, tf.int32)


def after(attack, few):
    """(mean entropy [N], mean cross-entropy [N] to the labels) under an attack."""
    model, images, labels = few
    logits = model(images + attack(*few))
    return mean_entropy(logits).numpy(), tf.reduce_mean(cross_entropy(logits, labels), (1, 2)).numpy()


def test_it_fools_as_far_as_the_entropy_stays(few):
    model, images, labels = few
    clean = mean_entropy(model(images)).numpy()
    loss = tf.reduce_mean(cross_entropy(model(images), labels), (1, 2)).numpy()
    seen, _ = after(ifgsm(4.0), few)
    kept, raised = after(ifgsm_unseen(4.0, alpha=0.5, steps=30), few)
    assert (np.abs(seen - clean) > 5 * np.abs(kept - clean)).all() and (raised > loss).all()


def test_without_a_weight_it_is_iterative_fgsm(few):
    np.testing.assert_array_equal(ifgsm_unseen(4.0, weight=0.0, keep="last")(*few), ifgsm(4.0)(*few))


def test_it_is_made_as_others_of_the_table_and_runs_alone(few):
    attack = ATTACKS["ifgsm_unseen"](4.0, alpha=2.0, steps=3, in_range=True)
    assert isinstance(attack, Unseen) and (attack.alpha, attack.steps, attack.in_range) == (2.0, 3, True)
    assert attack.cost == (3, 2, 0) and ATTACKS["ifgsm_unseen"](8.0).steps == ifgsm(8.0).steps
    assert [positions for _, positions in plan([ifgsm(4.0), attack, ifgsm(8.0)])] == [(0, 2), (1,)]
    assert np.abs(attack(*few)).max() == 4


def test_it_keeps_the_iterate_of_the_highest_penalised_loss(few):
    """That of all iterates, image by image."""
    model, images, labels = few
    target = mean_entropy(model(images))
    penalised = Objective(given, 1.0, NearEntropy(target, 10.0))

    def score(attack):
        return tf.reduce_sum(penalised(model(images + attack(*few)), labels), (1, 2)).numpy()

    steps = ifgsm_unseen(4.0).steps
    reached = [score(ifgsm_unseen(4.0, steps=n, keep="last")) for n in range(1, steps + 1)]
    start = tf.reduce_sum(penalised(model(images), labels), (1, 2)).numpy()
    np.testing.assert_allclose(score(ifgsm_unseen(4.0)), np.max([start, *reached], 0), rtol=1e-5)


def test_of_a_network_that_draws_the_entropy_is_that_of_a_draw(few):
    """A model that ignores its seeds gives what it gives without."""
    model, images, labels = few
    drawing = ifgsm_unseen(4.0, gradient=ExpectedGradient(None, 1))
    found = drawing(lambda x, seeds: model(x), images, labels)
    np.testing.assert_allclose(found, ifgsm_unseen(4.0)(*few), atol=2.1)
    assert np.mean(found.numpy() == ifgsm_unseen(4.0)(*few).numpy()) > 0.99
