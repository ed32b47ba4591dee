"""Each finding, from a case made for it; and none from a case that is in order."""

import types

import numpy as np
import pytest

from tfadvseg.attacks import fgsm, ifgsm
from tfadvseg.experiments.checks import findings, looks_like_probabilities

ATTACKS = (("fgsm", fgsm(8.0)), ("ifgsm", ifgsm(8.0)))


def found(iou=(60.0, 30.0, 20.0), largest=(8, 8), still=(0, 0), attacks=ATTACKS, classes=11):
    clean, *rows = ({"iou": value} for value in iou)
    unit = {"largest": np.array(largest, np.float32), "still": np.array(still, float)}
    fine = {"largest": np.zeros(len(rows), np.float32), "still": unit["still"]}
    return findings(types.SimpleNamespace(name="enet", classes=classes), attacks, rows, [fine, unit], clean)


def test_a_sound_result_has_no_findings():
    assert found() == []


def test_a_bound_of_a_fraction_of_a_level_is_no_finding():
    """The float32 next to 0.3 is larger than 0.3."""
    attacks = (("fgsm", fgsm(0.3)),)
    assert found((60.0, 59.0), (np.float32(0.3),), (0,), attacks) == []


def test_a_broken_bound_in_any_unit_is_a_defect():
    (text,) = found(largest=(8, 8.5))
    assert (
        text
        == "enet, ifgsm at epsilon 8: the perturbation reaches 8.5 grey levels, more than epsilon; this is a defect."
    )


def test_dead_gradients_are_suspected_of_masking():
    (text,) = found(still=(0.06, 0))
    assert text.startswith("enet, fgsm at epsilon 8: 6 % of the values have no gradient") and "mask" in text


def test_values_left_by_an_iterative_attack_or_a_small_step_are_no_finding():
    """Iterations may return to 0, and a step below one level is not judged."""
    assert found(still=(0, 0.5)) == []
    assert found((60.0, 59.0), (0.5,), (0.5,), (("fgsm", fgsm(0.5)),)) == []


@pytest.mark.parametrize("after", [60.0, 61.0])
def test_an_attack_without_effect_is_suspected_first(after):
    (text,) = found(iou=(60.0, after, 20.0))
    assert (
        text == "enet, fgsm at epsilon 8: the IoU did not fall; suspect masked gradients or a defect before robustness."
    )


def test_a_small_attack_without_effect_is_no_finding():
    assert found((60.0, 60.5), (4,), (0,), (("fgsm", fgsm(4.0)),)) == []


def test_a_network_near_chance_is_named():
    """Twice chance for 11 classes is 18.2 %."""
    (text,) = found(iou=(18.1, 9.0, 8.0))
    assert text == "enet: a clean IoU of 18.1 % is near chance, so its ratios mean little."
    assert found(iou=(18.3, 9.0, 8.0)) == []


def test_probabilities_are_told_from_logits():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (2, 4, 4, 5)).astype(np.float32)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert looks_like_probabilities(p) and looks_like_probabilities(np.eye(5)[None, None])
    assert not looks_like_probabilities(logits)
    assert not looks_like_probabilities(1 / (1 + np.exp(-logits)))  # in 0..1, but no distribution
    assert not looks_like_probabilities(p - 0.2)
