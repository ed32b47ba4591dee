"""One trajectory for many attacks: the bits of separate runs, for fewer gradients."""

import numpy as np
import pytest
import tensorflow as tf
from counting import CountingEstimator

from tfadvseg.attacks import ATTACKS, EPSILONS, PAPER, fgsm, fgsm_ll, ifgsm, ifgsm_ll
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import toward_class
from tfadvseg.attacks.plan import plan, total_cost
from tfadvseg.attacks.rules import MomentumRule
from tfadvseg.attacks.sweep import Sweep
from tfadvseg.attacks.trajectory import evaluations, evaluations_of_each
from tfadvseg.seeds import image_seeds

GRID = [ATTACKS[name](epsilon) for name in PAPER for epsilon in EPSILONS]


def noisy_gradient(model, objective, images, labels, seeds, progress):
    """A stochastic estimator: the gradient at an image with noise."""
    noise = tf.map_fn(lambda seed: tf.random.stateless_normal(images.shape[1:], seed, stddev=8.0), seeds, tf.float32)
    return plain_gradient(model, objective, images + noise, labels, seeds)


SETS = {
    "paper": [ifgsm(epsilon) for epsilon in EPSILONS] + [fgsm(epsilon) for epsilon in EPSILONS],
    "alpha 0.3": [ifgsm(epsilon, alpha=0.3) for epsilon in (0.25, 0.3, 0.9, 1.0, 4.0)] + [fgsm(2.0)],
    "alpha above some epsilons": [ifgsm(epsilon, alpha=3.0, steps=4) for epsilon in (0.5, 3.0, 7.0)],
    "given steps": [ifgsm(1.0, steps=9), ifgsm(8.0, steps=2), ifgsm(4.0, steps=1), ifgsm(32.0, steps=5), ifgsm(2.0)],
    "epsilon 0": [ifgsm(0.0), fgsm(0.0), ifgsm(2.0), fgsm(2.0), ifgsm(0.0, steps=3)],
    "in range": [ifgsm(epsilon, in_range=True) for epsilon in (1.0, 8.0)] + [fgsm(8.0, in_range=True)],
    "whole levels": [ifgsm(e, alpha=0.3, steps=6, in_range=True, whole_levels=True) for e in (1.5, 0.5, 3.0)],
    "noise": [ifgsm(epsilon, gradient=noisy_gradient) for epsilon in (0.5, 2.0, 4.0)],
    "toward a class": [GradientAscent(e, steps=5, objective=toward_class(2)) for e in (1.0, 3.0)],
}


@pytest.mark.parametrize("name", SETS)
def test_a_sweep_equals_separate_runs_bit_by_bit(name, smooth_model, images):
    attacks = SETS[name]
    few = images[:, :8, :8]
    labels = tf.argmax(smooth_model(few), -1, tf.int32)
    seeds = tf.constant(image_seeds(3, ["a", "b"]))
    ((sweep, positions),) = plan(attacks)
    together = sweep(smooth_model, few, labels, seeds)
    assert positions == tuple(range(len(attacks)))
    for attack, found in zip(attacks, together, strict=True):
        np.testing.assert_array_equal(found, attack(smooth_model, few, labels, seeds), err_msg=str(attack))


@pytest.mark.parametrize("settings", [{"ball": L2()}, {"start": "uniform"}, {"keep": "loss"}])
def test_attacks_whose_iterates_are_their_own_share_no_trajectory(settings):
    """Euclidean norms are rounded, so a larger ball's iterates are not those of a smaller one bit by bit."""
    attacks = [ifgsm(epsilon, **settings) for epsilon in (2.0, 8.0)]
    assert [positions for _, positions in plan(attacks)] == [(0,), (1,)]
    with pytest.raises(ValueError, match="share no trajectory; run them one by one"):
        Sweep(tuple(attacks))


def test_a_sweep_changes_only_attackable_pixels(linear_model):
    images, labels = tf.fill((1, 4, 4, 3), 100.0), tf.zeros((1, 4, 4), tf.int32)
    attackable = tf.constant(np.arange(16).reshape(1, 4, 4, 1) % 3 == 0, tf.float32)
    found = Sweep((ifgsm(1.0), ifgsm(4.0)))(linear_model, images, labels, None, attackable)
    corner = np.array([1.0, -1.0, 1.0]) * attackable.numpy()
    np.testing.assert_array_equal(found, np.stack([corner, 4 * corner]))


@pytest.mark.parametrize("name", [name for name in SETS if name != "noise"])
def test_the_announced_gradients_are_those_computed(name, linear_model):
    """Counted by an estimator while the sweep runs."""
    estimator = CountingEstimator()
    attacks = [
        GradientAscent(a.epsilon, a.alpha, a.steps, a.objective, estimator, a.in_range, a.whole_levels)
        for a in SETS[name]
    ]
    sweep = Sweep(tuple(attacks))
    sweep(linear_model, tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32))
    gradients = sum(cost.gradients for cost in sweep.costs)
    assert int(estimator.calls) == gradients == len(evaluations(attacks)) == sum(evaluations_of_each(attacks))
    assert gradients <= sum(attack.cost.gradients for attack in attacks)


def test_the_papers_grid_takes_80_gradients_in_place_of_172():
    """For each label rule a trunk of 33 evaluations and branches of 1, 3 and 3 more at epsilon 8, 16 and 32."""
    assert [sum(cost.gradients for cost in sweep.costs) for sweep, _ in plan(GRID)] == [40, 40]
    assert total_cost(GRID) == (80, 0, 0)
    assert sum(attack.cost.gradients for attack in GRID) == 172


def test_each_attack_is_charged_what_it_adds():
    """All share the first gradient; epsilon 8 adds 4 on the trunk and 1 of its own, and so on."""
    single, iterative = ([make(epsilon) for epsilon in EPSILONS] for make in (fgsm, ifgsm))
    assert evaluations_of_each([*single, *iterative]) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 5, 11, 19]
    assert evaluations_of_each([fgsm(8.0)]) == [1]
    assert evaluations_of_each([fgsm(8.0), ifgsm(8.0)]) == [1, 9]
    assert evaluations_of_each([ifgsm(1.0), ifgsm(2.0)]) == [2, 1]
    assert evaluations_of_each([ifgsm(2.0), ifgsm(1.0)]) == [1, 2]


def test_sweeps_gather_what_can_share_and_keep_every_position():
    attacks = [
        ifgsm(4.0),
        ifgsm(4.0, alpha=0.5),
        fgsm(2.0),
        ifgsm_ll(4.0),
        ifgsm(1.0),
        fgsm_ll(4.0),
        fgsm(3.0, in_range=True),
    ]
    found = plan(attacks)
    assert sorted(positions for _, positions in found) == [(0, 2, 4), (1,), (3, 5), (6,)]
    for sweep, positions in found:
        assert sweep.attacks == tuple(attacks[position] for position in positions)


def test_mixed_step_sizes_give_the_numbers_of_separate_runs(smooth_model, images):
    few = images[:, :8, :8]
    labels = tf.argmax(smooth_model(few), -1, tf.int32)
    attacks = [fgsm(2.0), ifgsm(2.0, alpha=0.5), ifgsm(2.0), ifgsm(1.0, alpha=0.5)]
    for sweep, positions in plan(attacks):
        for position, found in zip(positions, sweep(smooth_model, few, labels), strict=True):
            np.testing.assert_array_equal(found, attacks[position](smooth_model, few, labels))


@pytest.mark.parametrize(
    "attacks",
    [
        (ifgsm(1.0), ifgsm_ll(1.0)),
        (fgsm(1.0), fgsm(1.0, in_range=True)),
        (ifgsm(1.0), ifgsm(1.0, gradient=noisy_gradient)),
        (ifgsm(1.0), ifgsm(1.0, rule=MomentumRule())),
        (),
    ],
)
def test_a_sweep_of_mixed_kinds_is_refused(attacks):
    with pytest.raises(ValueError, match="shares one objective, one gradient estimator and one range"):
        Sweep(attacks)


def test_a_trajectory_of_mixed_step_sizes_is_refused():
    with pytest.raises(ValueError, match=r"only with one step size; got \[0.5, 1.0\]"):
        evaluations([ifgsm(4.0), ifgsm(4.0, alpha=0.5)])
