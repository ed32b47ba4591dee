"""FSPGD: its loss against loops over pairs, its gradient against differences, its steps against those of a tape."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import fspgd
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.fspgd import Fspgd, apart, from_clean
from tfadvseg.seeds import image_seeds

SEEDS = tf.constant(image_seeds(0, ["a", "b"]))
IMAGES = tf.constant(np.random.default_rng(3).integers(0, 256, (2, 8, 10, 3)), tf.float32)
LABELS = tf.zeros((2, 8, 10), tf.int32)
NOTHING = tf.zeros((2, 1, 1), tf.int32)
KERNEL = tf.constant(np.random.default_rng(4).normal(0, 0.01, (3, 3, 3, 5)), tf.float32)


def features(images):
    return tf.sin(tf.nn.conv2d(images, tf.cast(KERNEL, images.dtype), 2, "SAME")) + 0.3


class Model:
    features = staticmethod(features)


MODEL = Model()


def by_hand(attacked, clean, share, step=1):
    """Of one image, features [h, w, C] each, by the formula, place by place."""
    f, g = (
        [vector / np.linalg.norm(vector) for vector in part.reshape(-1, part.shape[-1])] for part in (clean, attacked)
    )
    away = np.mean([f[i] @ g[i] for i in range(len(f))])
    places = range(0, len(f), step)
    alike = [(i, j) for i, j in itertools.product(places, places) if i != j and f[i] @ f[j] > math.cos(math.pi / 3)]
    pairs = np.mean([g[i] @ g[j] for i, j in alike]) if alike else 0.0
    return -share * away - (1 - share) * pairs / 2


def draw(seed, shape=(2, 3, 4, 5)):
    return np.random.default_rng(seed).normal(0.4, 1, shape)


@pytest.mark.parametrize("share", [0.0, 0.375, 0.9375])
def test_the_loss_equals_loops_over_pairs(share):
    attacked, clean = draw(0), draw(1)
    found = apart(tf.constant(np.concatenate([attacked, clean], -1)), NOTHING, share)
    assert found.shape == (2, 1, 1)
    expected = [by_hand(one, other, share) for one, other in zip(attacked, clean, strict=True)]
    np.testing.assert_allclose(found[:, 0, 0], expected, rtol=1e-12)


def test_without_alike_places_there_are_no_pairs():
    """Three directions at right angles."""
    clean, attacked = np.eye(3)[None, None], draw(2, (1, 1, 3, 3))
    found = apart(tf.constant(np.concatenate([attacked, clean], -1)), NOTHING[:1], 0.25)
    np.testing.assert_allclose(found[0, 0, 0], by_hand(attacked[0], clean[0], 0.25), rtol=1e-12)
    assert float(apart(tf.constant(np.concatenate([attacked, clean], -1)), NOTHING[:1], 0.0)[0, 0, 0]) == 0


@pytest.mark.parametrize(("most", "step"), [(12, 1), (11, 2), (5, 3), (1, 12)])
def test_of_too_many_places_every_second_third_and_so_on_makes_pairs(monkeypatch, most, step):
    """But all are led away from what they were."""
    monkeypatch.setattr(fspgd, "MOST_PLACES", most)
    attacked, clean = draw(0), draw(1)
    found = apart(tf.constant(np.concatenate([attacked, clean], -1)), NOTHING, 0.375)
    expected = [by_hand(one, other, 0.375, step) for one, other in zip(attacked, clean, strict=True)]
    np.testing.assert_allclose(found[:, 0, 0], expected, rtol=1e-12)


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_the_gradient_equals_central_differences(share):
    """With respect to the features, in float64."""
    attacked, clean = draw(5, (1, 2, 3, 4)), draw(6, (1, 2, 3, 4))

    def loss(values):
        return tf.reduce_sum(apart(tf.concat([values, tf.constant(clean)], -1), NOTHING[:1], share))

    values = tf.constant(attacked)
    with tf.GradientTape() as tape:
        tape.watch(values)
        total = loss(values)
    gradient = tape.gradient(total, values).numpy()
    differences = np.zeros_like(attacked)
    for place in np.ndindex(*attacked.shape):
        nudge = np.zeros_like(attacked)
        nudge[place] = 1e-5
        differences[place] = float(loss(attacked + nudge) - loss(attacked - nudge)) / 2e-5
    np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-9)


def test_its_steps_are_those_of_a_tape():
    """Written again as matrices of cosines; lambda is 0, 1/3 and 2/3."""
    flat = tf.reshape(features(IMAGES), (2, -1, 5))
    clean = flat / tf.norm(flat, axis=-1, keepdims=True)
    alike = tf.cast(tf.einsum("nic,njc->nij", clean, clean) > 0.5, tf.float32) * (1 - tf.eye(20))
    r = tf.zeros_like(IMAGES)
    for share in (0.0, 1 / 3, 2 / 3):
        with tf.GradientTape() as tape:
            tape.watch(r)
            moved = tf.reshape(features(IMAGES + r), (2, -1, 5))
            moved /= tf.norm(moved, axis=-1, keepdims=True)
            away = tf.reduce_mean(tf.reduce_sum(moved * clean, -1), 1)
            cosines = tf.einsum("nic,njc->nij", moved, moved)
            pairs = tf.reduce_sum(alike * cosines, (1, 2)) / tf.reduce_sum(alike, (1, 2))
            loss = -share * away - (1 - share) * pairs / 2
        r = tf.clip_by_value(r + 2.0 * tf.sign(tape.gradient(loss, r)), -5, 5)
    found = Fspgd(5.0, alpha=2.0, steps=3, start="zero")(MODEL, IMAGES, LABELS)
    assert (found.numpy() == r.numpy()).mean() > 0.99 and np.abs(found).max() == 5


def cosine(perturbation):
    both = tf.concat([features(IMAGES + perturbation), features(IMAGES)], -1)
    return -float(tf.reduce_mean(from_clean(both, NOTHING)))


def test_features_turn_away_from_the_clean_ones():
    attack = Fspgd(8.0)
    assert (attack.alpha, attack.steps, attack.start) == (2.55, 20, "uniform")
    assert cosine(0.0) == pytest.approx(1, abs=1e-6)
    found = attack(MODEL, IMAGES, LABELS, SEEDS)
    assert cosine(found) < cosine(Fspgd(8.0, steps=2)(MODEL, IMAGES, LABELS, SEEDS)) < 0.9
    assert np.abs(found).max() <= 8


def test_the_best_iterate_is_the_one_farthest_from_the_clean_features():
    last = Fspgd(8.0, alpha=16.0, steps=5, start="zero")
    kept = Fspgd(8.0, alpha=16.0, steps=5, start="zero", keep="loss")(MODEL, IMAGES, LABELS)
    assert cosine(kept) < cosine(last(MODEL, IMAGES, LABELS)) - 1e-3
    assert Fspgd(8.0, restarts=2).cost == Cost(gradients=40, forwards=3)
    assert Fspgd(8.0).cost == Cost(gradients=20, forwards=1)


def test_range_labels_and_what_may_change():
    attackable = tf.constant(np.arange(80).reshape(1, 8, 10, 1) % 3 == 0, tf.float32)
    found = Fspgd(8.0, in_range=True, whole_levels=True)(MODEL, IMAGES, LABELS, SEEDS, attackable).numpy()
    shown = IMAGES.numpy() + found
    assert shown.min() >= 0 and shown.max() <= 255 and not (found * (1 - attackable.numpy())).any()
    np.testing.assert_array_equal(found, np.trunc(found))
    again = Fspgd(8.0, in_range=True, whole_levels=True)(MODEL, IMAGES, LABELS + 1, SEEDS, attackable)
    np.testing.assert_array_equal(again, found)  # labels mean nothing


def test_an_expectation_over_a_transform_sees_features_of_copies():
    def dimmed(images, seeds):
        return images * (0.6 + tf.cast(seeds[:, :1, None, None] % 3, tf.float32) / 10)

    one, both = (Fspgd(8.0, steps=4, gradient=ExpectedGradient(dimmed, 4, n)) for n in (1, 2))
    found = one(MODEL, IMAGES, LABELS, SEEDS).numpy()
    assert one.cost.gradients == 16
    assert (found == both(MODEL, IMAGES, LABELS, SEEDS).numpy()).mean() > 0.98  # sums in another order
    assert (found != Fspgd(8.0, steps=4)(MODEL, IMAGES, LABELS, SEEDS)).numpy().any()


class Turned:
    """Turns images upside down, and answers back."""

    def __call__(self, images, seeds):
        return tf.reverse(images, [1])

    def back(self, answers, seeds):
        return tf.reverse(answers, [1])


def test_features_of_moved_images_are_compared_at_their_places():
    """Those of single pixels are the same, turned; the clean ones beside them are not turned."""

    class Pixels:
        @staticmethod
        def features(images):
            return tf.sin(tf.einsum("nyxc,cd->nyxd", images, KERNEL[0, 0]))

    turned = Fspgd(8.0, steps=4, gradient=ExpectedGradient(Turned(), 1))(Pixels(), IMAGES, LABELS, SEEDS)
    plain = Fspgd(8.0, steps=4)(Pixels(), IMAGES, LABELS, SEEDS)
    assert (turned.numpy() == plain.numpy()).mean() > 0.98


def test_refusals():
    with pytest.raises(ValueError, match="keeps the last iterate or the best one by loss; got iou"):
        Fspgd(8.0, keep="iou")
    with pytest.raises(ValueError, match="this model shows none"):
        Fspgd(8.0)(lambda images: images, IMAGES, LABELS)
    with pytest.raises(ValueError, match="at least 1 step; got 0"):
        Fspgd(8.0, steps=0)
