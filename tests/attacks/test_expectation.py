"""The expectation over a transform against single gradients, finite differences and separate attacks."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.expectation import ExpectedGradient, sign_agreement
from tfadvseg.attacks.gradient_ascent import ifgsm, ifgsm_ll
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.objectives import away_from_labels, toward_class, toward_least_likely
from tfadvseg.attacks.sweep import Sweep
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.seeds import at_iteration, at_sample, image_seeds, no_seeds
from tfadvseg.transforms.rescale import Rescale

SEEDS = tf.constant(image_seeds(0, ["a", "b"]))


def dimmed(images, seeds):
    """Each image times its own factor."""
    factors = tf.map_fn(
        lambda seed: tf.random.stateless_uniform((1, 1, 1), seed, 0.2, 1.0, images.dtype), seeds, images.dtype
    )
    return images * factors


def unchanged(images, seeds):
    return images


def labels_of(model, images):
    return tf.argmax(model(images), -1, tf.int32)


@pytest.mark.parametrize("objective", [away_from_labels, toward_class(1)])
@pytest.mark.parametrize("at_once", [1, 2, 6])
def test_equals_the_mean_of_single_gradients(objective, at_once, smooth_model, images):
    labels = labels_of(smooth_model, images)
    found, score, _ = ExpectedGradient(dimmed, 6, at_once)(smooth_model, objective, images, labels, SEEDS)
    singles, scores = [], []
    for i in range(6):
        seeds = at_sample(SEEDS, tf.constant(i))

        def through(x, seeds=seeds):
            return smooth_model(dimmed(x, seeds))

        one = plain_gradient(through, objective, images, labels, SEEDS)
        singles.append(one.gradient)
        scores.append(one.score)
    expected = np.mean(singles, 0)
    np.testing.assert_allclose(score, np.mean(scores, 0), rtol=1e-5)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
    assert np.abs(singles[0] - singles[1]).max() > 1e-2 * np.abs(expected).max()  # the draws do differ


def test_without_a_transform_it_is_the_plain_gradient(smooth_model, images):
    labels = labels_of(smooth_model, images)
    for objective in (away_from_labels, toward_least_likely):
        found = ExpectedGradient(unchanged, 1)(smooth_model, objective, images, labels, SEEDS)
        expected = plain_gradient(smooth_model, objective, images, labels, no_seeds(images))
        np.testing.assert_array_equal(found.gradient, expected.gradient)
        np.testing.assert_allclose(found.score, expected.score, rtol=1e-6)


@dataclasses.dataclass(frozen=True)
class Shifted:
    """Moves images by columns to the right, and answers back."""

    columns: int

    def __call__(self, images, seeds):
        return tf.roll(images, self.columns, 2)

    def back(self, answers, seeds):
        return tf.roll(answers, -self.columns, 2)


def test_answers_to_moved_images_meet_the_labels_of_their_places(linear_model, images):
    """A network that looks at single pixels does not mind where they are."""
    labels = labels_of(linear_model, images) + tf.constant(np.arange(48) // 24, tf.int32)
    moved = ExpectedGradient(Shifted(7), 2)(linear_model, away_from_labels, images, labels, SEEDS)
    plain = plain_gradient(linear_model, away_from_labels, images, labels, SEEDS)
    np.testing.assert_allclose(moved.gradient, plain.gradient, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(moved.score, plain.score, rtol=1e-5)


def test_the_least_likely_class_is_that_of_the_untransformed_iterate(linear_model, images):
    """Turned to its negative, the image has another least likely class; Eq. 7 does not ask for that one."""

    def negative(images, seeds):
        return -20 * images

    targets = tf.argmin(linear_model(images), -1, tf.int32)
    assert np.any(targets != tf.argmin(linear_model(-20 * images), -1, tf.int32))
    found = ExpectedGradient(negative, 1)(linear_model, toward_least_likely, images, targets, SEEDS).gradient

    def through(x):
        return linear_model(-20 * x)

    assert set(np.unique(targets)) == {2}
    expected = plain_gradient(through, toward_class(2), images, targets, SEEDS).gradient
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_equals_central_differences(smooth_model):
    """Of the mean objective over the same draws, in float64."""
    rng = np.random.default_rng(5)
    x, labels = rng.uniform(0, 255, (1, 3, 4, 3)), rng.integers(0, 4, (1, 3, 4)).astype(np.int32)
    seeds = SEEDS[:1]
    estimator = ExpectedGradient(dimmed, 4, 2)
    gradient = estimator(smooth_model, away_from_labels, tf.constant(x), labels, seeds).gradient.numpy()

    def mean(values):
        images = tf.constant(values)
        draws = [dimmed(images, at_sample(seeds, tf.constant(i))) for i in range(4)]
        return np.mean([tf.reduce_sum(away_from_labels(smooth_model(draw), labels)) for draw in draws])

    differences = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        nudge = np.zeros_like(x)
        nudge[place] = 1e-4
        differences[place] = (mean(x + nudge) - mean(x - nudge)) / 2e-4
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-7)


def test_pixels_left_out_do_not_count(linear_model, images):
    labels = tf.concat([tf.zeros((2, 16, 48), tf.int32), tf.fill((2, 16, 48), LEFT_OUT)], 1)
    found = ExpectedGradient(dimmed, 2)(linear_model, toward_least_likely, images, labels, SEEDS).gradient.numpy()
    assert np.abs(found[:, :16]).min() > 0 and not found[:, 16:].any()


@pytest.mark.parametrize("make", [ifgsm, ifgsm_ll])
def test_one_trajectory_gives_the_bits_of_separate_attacks(make, smooth_model, images):
    estimator = ExpectedGradient(dimmed, 4, 2)
    attacks = tuple(make(epsilon, gradient=estimator) for epsilon in (0.5, 2.0, 4.0))
    labels = labels_of(smooth_model, images)
    together = Sweep(attacks)(smooth_model, images, labels, SEEDS)
    for attack, found in zip(attacks, together, strict=True):
        np.testing.assert_array_equal(found, attack(smooth_model, images, labels, SEEDS))


def test_every_iteration_draws_anew(linear_model, images):
    """Of a linear model's gradient only the draws can change from one iterate to the next."""
    labels = labels_of(linear_model, images)
    estimator = ExpectedGradient(dimmed, 3)
    one, other = (
        estimator(linear_model, away_from_labels, images, labels, at_iteration(SEEDS, tf.constant(i))).gradient
        for i in (0, 1)
    )
    assert np.abs(one - other).max() > 0


@pytest.mark.parametrize(
    ("samples", "at_once", "chunk"), [(10, 1, 1), (10, 4, 2), (10, 10, 10), (7, 6, 1), (9, 100, 9)]
)
def test_a_chunk_divides_the_samples(samples, at_once, chunk):
    assert ExpectedGradient(unchanged, samples, at_once).chunk == chunk


def test_more_samples_agree_more_often(smooth_model, images):
    labels = labels_of(smooth_model, images)
    shares = sign_agreement(dimmed, smooth_model, away_from_labels, images, labels, SEEDS, (1, 4, 16))
    assert 0.5 < shares[1] < shares[4] < shares[16] < 1
    still = sign_agreement(unchanged, smooth_model, away_from_labels, images, labels, SEEDS, (1, 2))
    assert still == {1: 1.0, 2: 1.0}


def test_an_empty_expectation_is_refused():
    with pytest.raises(ValueError, match="at least 1 sample, and 1 at once; got 0 and 1"):
        ExpectedGradient(unchanged, 0)


def test_places_that_a_zoom_hides_count_in_no_merit_and_no_score():
    """A network that answers class 1 everywhere is wrong of labels 0, whose logits are 0 where nothing was seen: as the
    largest ones they would be right. And the loss of what is seen stands for that of the whole image."""
    images, labels = tf.zeros((2, 8, 8, 3)), tf.zeros((2, 8, 8), tf.int32)

    def model(x):
        return tf.constant([-1.0, 1.0]) + 0 * x[..., :1]

    seeds = tf.constant([[1, 2], [3, 4]])
    objective = dataclasses.replace(away_from_labels, merit=MERITS["accuracy"])
    found = ExpectedGradient(Rescale(1.5, 1.5), 3)(model, objective, images, labels, seeds)
    np.testing.assert_array_equal(found.merit, [0, 0])
    np.testing.assert_allclose(found.score, 64 * np.log1p(np.exp(2.0)), rtol=1e-5)
    watched = dataclasses.replace(objective, loss=lambda logits, labels, progress: 0 * logits[..., 0])
    watched = dataclasses.replace(watched, watched=objective.loss)
    found = ExpectedGradient(Rescale(1.5, 1.5), 3)(model, watched, images, labels, seeds)
    np.testing.assert_allclose(found.score, 64 * np.log1p(np.exp(2.0)), rtol=1e-5)
