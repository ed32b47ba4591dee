"""Each modern attack reaches the optimum of its own loss on a linear network."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS, ENSEMBLES, Trait
from tfadvseg.attacks.apgd import SEA_STAGES, Apgd
from tfadvseg.attacks.losses import CosPgd, MaskedCrossEntropy, SegPgd, cosine_distance, jensen_shannon, logits_ratio
from tfadvseg.attacks.modern import segpgd
from tfadvseg.attacks.objectives import cross_entropy, given
from tfadvseg.attacks.rules import AdamRule, SignRule

OTHERS = {"padam_cos": (cosine_distance, [-1.0, 1.0, -1.0]), "apgd_dlr": (logits_ratio, [-1.0, -1.0, 1.0])}
"""Attacks whose loss weighs the other classes' logits otherwise than their probabilities do: at levels of 100 the
logits are 4, 0.2 and -0.8, so the cosine rises with 0.2 (1, -2, 3) - 0.8 (2, -1, 1), which is (-1.4, 0.4, -0.2), and
the ratio with (1, -2, 3) / 4.8 - 3.8 (2, -1, 1) / 4.8^2, which is (-0.12, -0.25, 0.46)."""
MODERN = [name for name in ATTACKS if name.startswith(("segpgd", "cospgd", "padam", "apgd", "sea", "ladder"))]
EPSILON = 4.0


def setting(name):
    return {"class_weights": (0.5, 0.3, 0.2)} if ATTACKS[name].has(Trait.BY_CLASS) else {}


@pytest.mark.parametrize("name", MODERN)
def test_attacks_reach_the_best_corner_for_their_loss(linear_model, name):
    images, labels = tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32)
    loss, corner = OTHERS.get(name, (cross_entropy, [1.0, -1.0, 1.0]))
    corners = [EPSILON * np.float32(signs) for signs in itertools.product((-1, 1), repeat=3)]
    losses = [float(loss(linear_model(images + one), labels)[0, 0, 0]) for one in corners]
    np.testing.assert_array_equal(corners[int(np.argmax(losses))], EPSILON * np.array(corner))
    steps = {"steps": 40} if ATTACKS[name].has(Trait.PACED) else {}
    found = ATTACKS[name](EPSILON, **steps, **setting(name))(linear_model, images, labels)
    np.testing.assert_array_equal(found, np.broadcast_to(EPSILON * np.float32(corner), (1, 2, 2, 3)))


LOSSES = {
    "segpgd": SegPgd(),
    "cospgd": CosPgd(),
    "cospgd_sigmoid": CosPgd(sigmoid=True),
    "padam": cross_entropy,
    "padam_cos": cosine_distance,
    "apgd_ce": cross_entropy,
    "apgd_dlr": logits_ratio,
    "sea_mce": MaskedCrossEntropy(),
    "sea_mce_bal": MaskedCrossEntropy((0.5, 0.3, 0.2)),
    "sea_js": jensen_shannon,
}
"""As the paper of each defines it; that of a ladder is the one of the part of SEA which it repeats."""


@pytest.mark.parametrize("name", LOSSES)
def test_each_follows_the_loss_and_the_steps_of_its_paper(name):
    attack = ATTACKS[name](EPSILON, **setting(name))
    assert (attack.objective.loss, attack.objective.rule, attack.objective.sign) == (LOSSES[name], given, 1.0)
    if isinstance(attack, Apgd):
        assert attack.stages == (SEA_STAGES if name.startswith("sea") else ((1.0, 1.0),))
    else:
        assert attack.rule == (AdamRule() if name.startswith("padam") else SignRule())


def test_every_modern_attack_has_its_loss_written_down_here():
    assert {name.replace("ladder", "sea") for name in MODERN} == set(LOSSES)


def test_the_ensembles_are_the_three_of_the_paper():
    parts = ("mce", "mce_bal", "js")
    assert ENSEMBLES == {name: tuple(f"{name}_{part}" for part in parts) for name in ("sea", "ladder")}
    assert all(
        ATTACKS[name](8.0).steps == 300 and ATTACKS[name](8.0).start == "uniform"
        for name in sum(ENSEMBLES.values(), ())
    )


def test_segpgd_keeps_its_best_iterate_unless_told_otherwise():
    assert segpgd(8.0).keep == "loss" and segpgd(8.0, keep="last").keep == "last" and segpgd(8.0).objective.timed
