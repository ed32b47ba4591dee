"""The descending ladder against the chain that it stands for, made by hand."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from counting import CountingEstimator

from tfadvseg.attacks import ATTACKS, ladder_js, ladder_mce, ladder_mce_bal, sea_js, sea_mce, sea_mce_bal
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.ladder import Ladder, Rung
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.plan import Single, costs_alone, plan, total_cost
from tfadvseg.attacks.steps import on_8_bits
from tfadvseg.conventions import IGNORED
from tfadvseg.seeds import at_restart, image_seeds

STEPS = 10
LATER = ((1.5, 3 / 7), (1.0, 4 / 7))
"""Stages of SEA behind its first one, in which all steps are made."""


@pytest.fixture(scope="module")
def few(smooth_model):
    """(model, images with both ends of the range, labels of which some do not count, seeds)."""
    x = np.random.default_rng(8).integers(0, 256, (2, 5, 6, 3)).astype(np.float32)
    x[:, 0, 0], x[:, 0, 1] = 0, 255
    labels = tf.argmax(smooth_model(tf.constant(x)), -1, tf.int32).numpy()
    labels[:, 2, 2] = IGNORED
    return smooth_model, tf.constant(x), tf.constant(labels), tf.constant(image_seeds(0, ["a", "b"]))


def run(few, epsilons, make=ladder_mce, attackable=None, **settings):
    """{epsilon: what the ladder leaves there}, planned as a run plans it."""
    model, images, labels, seeds = few
    ((group, positions),) = plan([make(epsilon, **{"steps": STEPS} | settings) for epsilon in epsilons])
    assert isinstance(group, Ladder) and positions == tuple(range(len(epsilons)))
    return dict(zip(epsilons, group(model, images, labels, seeds, attackable).numpy(), strict=True))


WEIGHTS = {"class_weights": (0.4, 0.3, 0.2, 0.1)}
PARTS = {
    "mce": (ladder_mce, sea_mce, {}),
    "mce_bal": (ladder_mce_bal, sea_mce_bal, WEIGHTS),
    "js": (ladder_js, sea_js, {}),
}


@pytest.mark.parametrize("part", PARTS)
def test_a_ladder_equals_attacks_that_begin_where_the_one_before_ended(few, part):
    """Bit by bit, whatever the order of the epsilons, of which 3 begins at 6, and 0.5 anew."""
    model, images, labels, seeds = few
    make, plain, settings = PARTS[part]
    found = run(few, [0.5, 2.0, 8.0, 6.0, 4.0, 3.0], make, **settings)
    for descent in ([8.0, 4.0, 2.0], [6.0, 3.0], [0.5]):
        start = None
        for epsilon in descent:
            attack = plain(epsilon, steps=STEPS, **settings)
            attack = attack if start is None else dataclasses.replace(attack, stages=LATER)
            start = attack(model, images, labels, seeds, None, start)
            np.testing.assert_array_equal(found[epsilon], start, err_msg=str(epsilon))
    again = run(few, [4.0, 8.0], make, **settings)
    np.testing.assert_array_equal(again[4.0], found[4.0])


def test_a_rung_by_itself_is_plain_sea(few):
    model, images, labels, seeds = few
    plain = sea_mce(4.0, steps=STEPS)(model, images, labels, seeds)
    np.testing.assert_array_equal(ladder_mce(4.0, steps=STEPS)(model, images, labels, seeds), plain)
    np.testing.assert_array_equal(run(few, [4.0])[4.0], plain)
    assert (run(few, [8.0, 4.0])[4.0] != plain.numpy()).any()


def test_bounds_and_range_are_kept_exactly(few):
    for epsilon, found in run(few, [7.6, 3.8, 1.9]).items():
        adversarial = few[1].numpy() + found
        assert np.abs(found).max() == np.float32(epsilon)
        assert adversarial.min() >= 0 and adversarial.max() <= 255
    beyond = few[1].numpy() + run(few, [8.0, 4.0], in_range=False)[4.0]
    assert beyond.min() < 0 and beyond.max() > 255


def test_only_attackable_pixels_change(few):
    attackable = tf.constant(np.arange(60).reshape(2, 5, 6, 1) % 3 == 0, tf.float32)
    for found in run(few, [8.0, 4.0], attackable=attackable).values():
        assert not (found * (1 - attackable.numpy())).any() and np.abs(found).max() > 1


def test_whole_levels_are_those_of_the_same_ladder_without(few):
    plain, whole = (run(few, [6.0, 3.0], whole_levels=whole) for whole in (False, True))
    for epsilon in plain:
        np.testing.assert_array_equal(whole[epsilon], on_8_bits(tf.constant(plain[epsilon])))
        assert (whole[epsilon] != plain[epsilon]).any()


def test_the_euclidean_ball(few):
    for epsilon, found in run(few, [120.0, 60.0, 30.0], ball=L2()).items():
        norms = np.sqrt((found.astype(float) ** 2).sum((1, 2, 3)))
        assert (norms <= epsilon * (1 + 1e-5)).all() and norms.max() > 0.8 * epsilon


def test_restarts_are_whole_ladders_of_which_each_rung_returns_its_best(few):
    model, images, labels, seeds = few
    runs = [run((model, images, labels, at_restart(seeds, number)), [8.0, 4.0]) for number in range(3)]
    together = run(few, [8.0, 4.0], restarts=3)
    differ = False
    for epsilon, found in together.items():
        each = np.stack([one[epsilon] for one in runs])
        merits = [MERITS["accuracy"](model(images + one), labels, tf.zeros(2)).numpy() for one in each]
        best = len(runs) - 1 - np.argmax(merits[::-1], 0)  # of equals the newest
        np.testing.assert_array_equal(found, [each[b, i] for i, b in enumerate(best)])
        differ |= (best > 0).any()
    assert differ


def test_an_image_does_not_depend_on_its_batch(few):
    model, images, labels, seeds = few
    both = run(few, [8.0, 4.0])
    for i in range(2):
        alone = run((model, images[i : i + 1], labels[i : i + 1], seeds[i : i + 1]), [8.0, 4.0])
        for epsilon in both:
            np.testing.assert_allclose(both[epsilon][i], alone[epsilon][0], atol=1e-3)


def test_the_gradients_are_those_announced(linear_model):
    """Counted by an estimator while the ladder runs: at each epsilon as many as plain SEA takes there."""
    estimator = CountingEstimator()
    attacks = tuple(ladder_mce(epsilon, steps=STEPS, gradient=estimator) for epsilon in (2.0, 8.0, 4.0, 3.0))
    ladder = Ladder(attacks)
    ladder(linear_model, tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32))
    assert ladder.costs == (Cost(10, 2), Cost(10, 3), Cost(10, 2), Cost(10, 3))
    assert int(estimator.calls) == sum(cost.gradients + cost.forwards for cost in ladder.costs) == 50
    assert [cost.gradients for cost in ladder.costs] == [sea_mce(4.0, steps=STEPS).cost.gradients] * 4


def test_what_a_rung_takes_by_itself_are_all_above_it():
    attacks = [ladder_mce(epsilon) for epsilon in (2.0, 8.0, 4.0, 3.0)] + [sea_mce(4.0)]
    assert costs_alone(attacks) == [Cost(900, 7), Cost(300, 3), Cost(600, 5), Cost(300, 3), Cost(300, 3)]
    assert total_cost(attacks) == Cost(1500, 13)
    expected = ExpectedGradient(lambda images, seeds: images, samples=5)
    sampled = Ladder(tuple(ladder_mce(epsilon, restarts=2, gradient=expected) for epsilon in (2.0, 1.0)))
    assert sampled.costs == (Cost(3000, 30), Cost(3000, 20)) and sampled.alone == (Cost(3000, 30), Cost(6000, 50))


def test_what_is_there_twice_is_run_once(few):
    attacks = [ladder_mce(4.0, steps=STEPS), ladder_mce(8.0, steps=STEPS), ladder_mce(4.0, steps=STEPS)]
    ((group, _),) = plan(attacks)
    assert group.costs == (Cost(10, 2), Cost(10, 3), Cost()) and group.alone[0] == group.alone[2] == Cost(20, 5)
    first, _, again = group(*few)
    np.testing.assert_array_equal(first, again)


def test_an_epsilon_of_0_is_not_its_own_double(few):
    found = run(few, [2.0, 0.0])
    assert not found[0.0].any()


def test_rungs_of_one_kind_share_a_ladder():
    attacks = [
        ladder_mce(8.0),
        sea_mce(4.0),
        ladder_js(8.0),
        ladder_mce(4.0),
        ladder_mce(2.0, steps=60),
        ladder_js(4.0),
        ladder_mce(2.0, in_range=False),
    ]
    found = plan(attacks)
    assert [positions for _, positions in found] == [(0, 3), (1,), (2, 5), (4,), (6,)]
    assert [type(group) for group, _ in found] == [Ladder, Single, Ladder, Ladder, Ladder]
    assert ladder_mce(8.0) != sea_mce(8.0) and ATTACKS["ladder_mce"](8.0) == ladder_mce(8.0)
    for part, (ladder, sea, weights) in PARTS.items():
        one = ladder(8.0, **weights)
        assert isinstance(one, Rung) and all(
            getattr(one, field.name) == getattr(sea(8.0, **weights), field.name) for field in dataclasses.fields(one)
        ), part


@pytest.mark.parametrize("rungs", [(), (ladder_mce(8.0), ladder_js(4.0)), (ladder_mce(8.0), ladder_mce(4.0, steps=9))])
def test_a_ladder_of_mixed_kinds_is_refused(rungs):
    with pytest.raises(ValueError, match="The rungs of a ladder differ in epsilon and in nothing else"):
        Ladder(rungs)


def test_one_traced_gradient_serves_all_rungs(linear_model):
    """However many there are: the network is traced for a step and for a look at the end of a stage."""

    def traced(epsilons):
        calls = []

        def model(images):
            calls.append(images)
            return linear_model(images)

        attacks = tuple(ladder_mce(epsilon, steps=STEPS) for epsilon in epsilons)
        Ladder(attacks)(model, tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32))
        return len(calls)

    assert traced((8.0,)) == traced((8.0, 4.0, 2.0, 1.0, 3.0)) <= 2
