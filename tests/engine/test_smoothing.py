"""Votes under noise: from scratch, and of a linear network whose smoothed answer is known."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from six_images import grid, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol
from tfadvseg.engine.smoothing import SmoothedUnitMaker, Smoothing, Voter
from tfadvseg.metrics.certificate import lower_bounds, radius
from tfadvseg.metrics.counts import class_counts
from tfadvseg.seeds import at_sample, image_seeds
from tfadvseg.transforms.gaussian import Gaussian

SIGMA = 16.0
WEIGHTS = np.array([2.0, -1.0, 2.0], np.float32) / 3
"""Of length 1, so a pixel's margin is its distance from the boundary."""


def linear(images):
    """Class 0 where a pixel's projection onto WEIGHTS is more than 100: exactly Phi(margin / sigma) of it under
    noise."""
    margin = tf.linalg.matvec(images, WEIGHTS) - 100
    return tf.stack([margin, -margin], -1)


def image_of(margins):
    """[1, H, W, 3] with these margins [H, W]."""
    return tf.constant((np.asarray(margins) + 100)[None, ..., None] * WEIGHTS, tf.float32)


SEEDS = tf.constant(image_seeds(0, ["one"]))


def test_noise_is_gaussian_and_decided_by_seed_alone():
    images = tf.zeros((2, 60, 50, 3))
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    drawn = Gaussian(SIGMA)(images, seeds).numpy()
    assert scipy.stats.kstest(drawn[0].ravel(), scipy.stats.norm(0, SIGMA).cdf).pvalue > 0.01
    assert abs(np.corrcoef(drawn[0].ravel(), drawn[1].ravel())[0, 1]) < 4 / np.sqrt(drawn[0].size)
    np.testing.assert_array_equal(Gaussian(SIGMA)(images[1:], seeds[1:])[0], drawn[1])
    with pytest.raises(ValueError, match="deviation of noise must be more than 0 grey levels; got 0"):
        Gaussian(0)


def test_votes_are_those_of_draws_one_by_one_however_many_share_a_batch():
    image, draws = image_of(np.linspace(-20, 20, 12).reshape(3, 4)), 23
    expected = np.zeros((3, 4, 2), int)
    for number in range(draws):
        named = linear(Gaussian(SIGMA)(image, at_sample(SEEDS, tf.constant(number)))).numpy()[0].argmax(-1)
        expected += np.eye(2, dtype=int)[named]
    for at_once in (1, 5, 99):
        found = Voter(linear, 2, SIGMA, at_once)(image, SEEDS, draws)
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, expected)


def test_the_smoothed_answer_of_a_linear_network_is_known():
    """Votes are Phi(margin / sigma) of the draws, no radius exceeds the margin, which is the distance at which the
    answer changes, and a step of just more than the margin changes it, one of just less does not."""
    draws, margins = 1000, np.linspace(0, 2.5 * SIGMA, 200).reshape(10, 20)
    vote = Voter(linear, 2, SIGMA)
    votes = vote(image_of(margins), SEEDS, draws)[..., 0].astype(int)
    expected = draws * scipy.stats.norm.cdf(margins / SIGMA)
    spread = np.sqrt(expected * (1 - expected / draws)) + 1
    assert (np.abs(votes - expected) < 5 * spread).all() and np.abs(votes - expected).mean() > 2
    radii = radius(lower_bounds(votes, draws, 0.001), SIGMA)
    assert (radii < margins + 1e-9).all() and radii.max() > SIGMA and (radii[margins < 1] == 0).all()
    sure = margins > SIGMA
    for beyond, named in ((-0.2 * SIGMA, 0), (0.2 * SIGMA, 1)):  # by a fifth of sigma, for 1,000 draws tell no finer
        step = np.where(sure, margins + beyond, 0.0)[None, ..., None] * -WEIGHTS
        moved = vote(image_of(margins) + tf.constant(step, tf.float32), SEEDS, draws).argmax(-1)
        assert (moved[sure] == named).all()
        assert ((np.linalg.norm(step[0], axis=-1) > radii)[sure]).all() or named == 0


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="no finite numbers under noise; take a smaller sigma"):
        Voter(lambda images: tf.math.log(images - 1000), 3, SIGMA)(image_of([[1.0]]), SEEDS, 2)


def test_the_number_of_votes_has_its_bounds():
    protocol = Protocol(grid(("fgsm",), (4.0,)))
    for guesses, draws in ((0, 5), (5, 65_536)):
        with pytest.raises(ValueError, match="Votes take 1 to 65535 draws; got"):
            Smoothing(SIGMA, guesses, draws, protocol)


@pytest.fixture(scope="module")
def smoothing():
    noisy = ExpectedGradient(Gaussian(SIGMA), 2)
    attacks = tuple((name, ATTACKS[name](e, ball=L2(), gradient=noisy)) for name in ("ifgsm",) for e in (4.0, 8.0))
    return Smoothing(SIGMA, 7, 9, Protocol(attacks, seed=5, attack_padding=False, loss_on_padding=False), at_once=4)


def test_a_unit_equals_votes_and_attacks_from_scratch(spec, conv_model, smoothing):
    """The second of six images: the guess, its count in other draws, the attack away from the guess, its votes."""
    ticks = []
    make = SmoothedUnitMaker(spec, conv_model, smoothing)
    batch = list(Shards(split(range(2)), 1).batches(spec))[1]
    unit = make(batch, ticks.append)
    assert sum(ticks) == smoothing.work == (5 + 10) * 2 + 0.5 * (3 * 7 + 9)
    ids, images = [batch["id"].numpy()[0].decode()], batch["image"]
    height, width = batch["size"].numpy()[0]

    def votes(images, draws, purpose, trial=0):
        return Voter(conv_model, 11, SIGMA, 3)(images, tf.constant(image_seeds(5, ids, trial, purpose)), draws)

    guess = votes(images, 7, "guess").argmax(-1)
    counted = np.take_along_axis(votes(images, 9, "count"), guess[..., None], -1)[..., 0]
    np.testing.assert_array_equal(unit["guess"], guess[:height, :width])
    np.testing.assert_array_equal(unit["votes"], counted[:height, :width])
    np.testing.assert_array_equal(unit["labels"], batch["labels"].numpy()[0, :height, :width])
    inside = np.zeros(guess.shape, bool)
    inside[:height, :width] = True
    labels = tf.constant(np.where(inside, guess, LEFT_OUT)[None], tf.int32)
    attack = smoothing.protocol.attacks[1][1]
    made = attack(
        conv_model, images, labels, tf.constant(image_seeds(5, ids)), tf.constant(inside[None, ..., None], tf.float32)
    )
    assert unit["l2"][1] == pytest.approx(np.linalg.norm(made), rel=1e-5) and 7.9 < unit["l2"][1] < 8.001
    attacked = votes(images + made, 7, "vote", 1)
    expected = class_counts(batch["labels"].numpy(), attacked.argmax(-1)[None], 11)
    for key, part in expected._asdict().items():
        assert unit[key].shape == (3, 11)
        np.testing.assert_array_equal(unit[key][2], part[0])
    agreeing = np.take_along_axis(attacked, guess[..., None], -1)[..., 0]
    np.testing.assert_array_equal(unit["agreeing"][1], agreeing[:height, :width])


def test_labels_of_the_dataset_may_be_led_away_from_instead(spec, conv_model, smoothing):
    protocol = dataclasses.replace(smoothing.protocol, labels="ground_truth")
    batch = next(iter(Shards(split(range(1)), 1).batches(spec)))
    units = [
        SmoothedUnitMaker(spec, conv_model, dataclasses.replace(smoothing, protocol=one))(batch)
        for one in (protocol, smoothing.protocol)
    ]
    np.testing.assert_array_equal(units[0]["votes"], units[1]["votes"])
    assert (units[0]["agreeing"] != units[1]["agreeing"]).any()
