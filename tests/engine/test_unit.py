"""One unit: which labels attacks are given, what padding does, and attacks of every shape."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from six_images import go, grid, split

from tfadvseg.attacks import ATTACKS, fgsm
from tfadvseg.attacks.base import Cost
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.runs.results import ALONE, Results, rows, table


@pytest.fixture(scope="module")
def second(spec):
    """(batch, split) of the second image, smaller than the input: 28 x 40 in 32 x 48."""
    one = split([1])
    return next(iter(Shards(one, 1).batches(spec))), one


def unit_of(spec, models, second, name="ifgsm", epsilon=4.0, settings=None, **protocol):
    attack = ATTACKS[name](epsilon, **(settings or {}))
    return UnitMaker(white_box(spec, Protocol(((name, attack),), **protocol)), models)(*second, with_example=True)


def test_permuting_the_ground_truth_changes_no_example(spec, models, second):
    """D7 of the paper's derived checks, for attacks on the network's own prediction; the scores do change."""
    batch, one = second
    shuffled = tf.random.experimental.stateless_shuffle(tf.reshape(batch["labels"], [-1]), (0, 0))
    other = batch | {"labels": tf.reshape(shuffled, batch["labels"].shape)}
    before, after = unit_of(spec, models, second), unit_of(spec, models, (other, one))
    np.testing.assert_array_equal(before["example_0_perturbations"], after["example_0_perturbations"])
    assert (before["hits"] != after["hits"]).any()


def test_the_ground_truth_rule_leads_away_from_the_labels(spec, models, conv_model, second):
    """Bit by bit the attack on the labels; padding and void are ignored there."""
    batch, _ = second
    found = unit_of(spec, models, second, labels="ground_truth")["example_0_perturbations"][0]
    expected = ATTACKS["ifgsm"](4.0)(conv_model, batch["image"], batch["labels"])[0, :28, :40]
    np.testing.assert_array_equal(found, expected)
    assert (found != unit_of(spec, models, second)["example_0_perturbations"][0]).any()


class Seen:
    """An attack that keeps what it is given."""

    epsilon, in_range, black_box, cost = 8.0, False, True, Cost(queries=1)

    def __call__(self, model, images, labels, seeds=None, attackable=None, start=None):
        self.labels, self.attackable = labels.numpy(), None if attackable is None else attackable.numpy()
        self.answer = model(images.numpy())
        return np.zeros(images.shape, np.float32)


@pytest.mark.parametrize("loss_on_padding", [True, False])
@pytest.mark.parametrize("attack_padding", [True, False])
def test_attacks_are_told_what_may_change_and_what_counts(spec, models, second, loss_on_padding, attack_padding):
    attack, counted = Seen(), np.zeros((1, 32, 48), bool)
    counted[:, :28, :40] = True
    protocol = Protocol((("seen", attack),), loss_on_padding=loss_on_padding, attack_padding=attack_padding)
    UnitMaker(white_box(spec, protocol), models)(*second)
    np.testing.assert_array_equal(attack.labels[counted], attack.answer[counted])  # the clean prediction
    assert (attack.labels[~counted] == LEFT_OUT).all() == (not loss_on_padding)
    if attack_padding:
        assert attack.attackable is None
    else:
        np.testing.assert_array_equal(attack.attackable[..., 0], counted)


@pytest.mark.parametrize("protocol", [{"attack_padding": False}, {"loss_on_padding": False}])
def test_padding_that_stays_is_no_warning(spec, tmp_path, protocol):
    """Values that the protocol leaves alone say nothing about the network's gradients."""
    assert go([white_box(spec, Protocol(grid(("fgsm",), (8.0,)), **protocol))], tmp_path).warnings == []


def test_values_at_the_end_of_the_range_are_no_dead_gradients(spec, models, second):
    """With in_range a black pixel cannot become darker; that is not a missing gradient."""
    batch, one = second
    attacks = grid(("fgsm",), (8.0,), in_range=True)
    black = batch | {"image": tf.zeros_like(batch["image"])}
    assert UnitMaker(white_box(spec, Protocol(attacks)), models)(black, one)["zero_share"] == 0


@dataclasses.dataclass(frozen=True)
class OwnNorm:
    """FGSM of a radius that it chooses for each image: 1 for the first, 2 for the second, and so on."""

    epsilon: float | None = None
    in_range: bool = False
    black_box: bool = False
    cost: Cost = Cost(gradients=1, forwards=2)

    def __call__(self, model, images, labels, seeds=None, attackable=None, start=None):
        radius = tf.range(1.0, images.shape[0] + 1)[:, None, None, None]
        return radius * fgsm(1.0)(model, images, labels, seeds, attackable)


@dataclasses.dataclass(frozen=True)
class Query:
    """Asks twice and adds what changes more labels."""

    epsilon: float = 6.0
    in_range: bool = False
    black_box: bool = True
    cost: Cost = Cost(queries=2)

    def __call__(self, query, images, labels, seeds=None, attackable=None, start=None):
        changes = [(query(images.numpy() + e) != labels.numpy()).sum() for e in (self.epsilon, -self.epsilon)]
        return np.full(images.shape, self.epsilon * (1 if changes[0] > changes[1] else -1), np.float32)


def test_norms_and_queries_of_attacks_of_every_shape_reach_results_csv(spec, tmp_path):
    attacks = (("own", OwnNorm()), ("query", Query()), ("mi_fgsm", ATTACKS["mi_fgsm"](4.0)))
    collected = go([white_box(spec, Protocol(attacks))], tmp_path, images=3, batch_size=3)
    collected.results.save(tmp_path / "cells.npz")
    read = Results.read(tmp_path / "cells.npz")
    assert read.cells == collected.results.cells and read.cells[1].epsilon is None
    found = {row["attack"]: row for row in rows(read)}
    assert (found["own"]["linf"], found["query"]["linf"], found["clean"]["linf"]) == (3.0, 6.0, 0.0)
    np.testing.assert_array_equal(read.linf[1], [1, 2, 3])
    pixels = np.array([32 * 48, 28 * 40, 32 * 48])
    np.testing.assert_allclose(read.l2[2], 6 * np.sqrt(3 * pixels), rtol=1e-6)
    assert {name: (row["gradients"], row["forwards"], row["queries"]) for name, row in found.items()} == {
        "clean": (0, 0, 0),
        "own": (3, 6, 0),
        "query": (0, 0, 6),
        "mi_fgsm": (15, 0, 0),
    }
    assert {name: tuple(row[column] for column in ALONE) for name, row in found.items()} == {
        "clean": (0, 0, 0),
        "own": (1, 2, 0),
        "query": (0, 0, 2),
        "mi_fgsm": (5, 0, 0),
    }
    assert table(list(found.values())).epsilon.isna().tolist() == [False, True, False, False]
    assert collected.examples[0].attacked[0].epsilon is None
