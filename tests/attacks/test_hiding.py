"""Hiding a class: targets against a loop over all pixels, the loss by hand, and a closed form."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import fgsm
from tfadvseg.attacks.hiding import MARK, NearestOthers, Unreached, hide, hides, hiding, nearest_others, toward_map
from tfadvseg.attacks.plan import plan
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import no_seeds

CORNER = np.array([1.0, -1.0, 1.0])


@pytest.mark.parametrize("seed", range(4))
def test_hidden_pixels_take_a_label_of_the_nearest_others(seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, (9, 13), p=[0.1, 0.1, 0.1, 0.7])
    labels[rng.random(labels.shape) < 0.1] = LEFT_OUT
    found = nearest_others(labels, 3)
    lenders = [(y, x) for y, x in np.ndindex(labels.shape) if labels[y, x] not in (3, LEFT_OUT)]
    for y, x in np.ndindex(labels.shape):
        if labels[y, x] != 3:
            assert found[y, x] == labels[y, x]
            continue
        away = np.array([(y - v) ** 2 + (x - u) ** 2 for v, u in lenders])
        assert found[y, x] in {labels[lenders[i]] for i in np.flatnonzero(away == away.min())}


def test_an_image_of_nothing_else_has_no_targets_to_lend():
    assert (nearest_others(np.full((3, 4), 2), 2) == IGNORED).all()
    labels = tf.constant([[[2, 2, LEFT_OUT]], [[2, 1, 0]]])
    np.testing.assert_array_equal(NearestOthers(2)(None, labels), [[[IGNORED, IGNORED, LEFT_OUT]], [[1 + MARK, 1, 0]]])


def test_the_loss_by_hand_just_above_and_below_the_confidence():
    """Two classes with logits (z, 0): p of the first is 1 / (1 + exp(-z)), 0.75 at z = ln 3."""
    z = np.log(3) + np.array([-1e-3, 1e-3, -2.0])
    logits = tf.constant(np.stack([z, 0 * z], -1)[None, None], tf.float32)
    loss = Unreached(weight=0.9, confidence=0.75)
    expected = np.log1p(np.exp(-z))
    for mark, weight in ((MARK, 0.9), (0, 0.1)):
        found = loss(logits, tf.constant([[[mark] * 3]]))[0, 0]
        np.testing.assert_allclose(found, weight * expected * [1, 0, 1], rtol=1e-5)


@pytest.mark.parametrize("settings", [{"weight": 0.0}, {"weight": 1.1}, {"confidence": 0.0}, {"confidence": 1.5}])
def test_weights_and_confidences_are_shares(settings):
    with pytest.raises(ValueError, match="are above 0 and at most 1; got"):
        Unreached(**settings)


def test_hidden_pixels_move_to_the_corner_and_sure_others_stay(linear_model):
    """Class 0 is to be hidden beside a strip of class 1 (z = 15 against 4); w_1 - w_0 has the signs (+, -, +)."""
    images = np.full((1, 4, 6, 3), 100.0, np.float32)
    images[:, :, :2] = [0, 0, 5000]
    prediction = tf.argmax(linear_model(images), -1, tf.int32)
    np.testing.assert_array_equal(prediction[0, 0], [1, 1, 0, 0, 0, 0])
    found = hide(4.0, 0)(linear_model, tf.constant(images), prediction).numpy()
    np.testing.assert_array_equal(found[:, :, :2], 0)
    np.testing.assert_array_equal(found[:, :, 2:], np.broadcast_to(4 * CORNER, (1, 4, 4, 3)))


def test_it_raises_its_objective_and_shares_a_trajectory(smooth_model, images):
    prediction = tf.argmax(smooth_model(images), -1, tf.int32)
    attacks = [hide(2.0, 1), hide(4.0, 1)]
    ((group, positions),) = plan(attacks)
    assert positions == (0, 1)
    both = group(smooth_model, images, prediction, no_seeds(images), None)
    objective, scores = hiding(1), []
    for perturbation, attack in zip(both, attacks, strict=True):
        np.testing.assert_array_equal(perturbation, attack(smooth_model, images, prediction))
        scores.append(float(tf.reduce_sum(objective(smooth_model(images + perturbation), prediction))))
    assert float(tf.reduce_sum(objective(smooth_model(images), prediction))) < scores[0] < scores[1]
    after = tf.argmax(smooth_model(images + both[1]), -1, tf.int32)
    assert tf.math.count_nonzero((prediction == 1) & (after == 1)) < tf.math.count_nonzero(prediction == 1)


def test_only_merits_that_know_its_targets_may_keep_an_iterate():
    assert hide(4.0, 1, keep="loss").keep == "loss"
    with pytest.raises(ValueError, match="so `keep` is last or loss; got accuracy"):
        hide(4.0, 1, keep="accuracy")
    with pytest.raises(ValueError, match="counted from 0; got -1"):
        hide(4.0, -1)


def test_it_is_known_by_its_objective():
    assert hides(hide(4.0, 1)) and not hides(fgsm(4.0)) and not hides(object())
    assert toward_map().loss == Unreached(0.5, 0.75)
