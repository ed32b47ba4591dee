"""Whether a model masks its gradient: each sign just inside its bound and just outside, and what they add up to.

Numbers are IoU ratios. The attack that is doubted leaves the model 40; everything else is as of an honest gradient.
"""

import dataclasses
import json

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell, results

from tfadvseg.json_text import as_typed
from tfadvseg.metrics.intervals import resample_weights
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.masking.names import BLIND, LARGE, NOISE, STRONGER, Battery, Try
from tfadvseg.studies.masking.verdict import Suspect, clues_of, masking

TRIES = {
    "longer": Try("ifgsm_longer", STRONGER, "40 steps of 0.25 in place of 10 of 1", "--steps=40 --alpha=0.25", 8.0),
    "ratio": Try("ifgsm_ratio", STRONGER, "the difference of logits ratio", "--attacks=apgd_dlr", 8.0),
    "dla": Try("dla", BLIND, "dla, which sees label maps alone,", "--attacks=dla", 8.0),
    "noise": Try("noise", NOISE, "noise of the same size", "--attacks=dla", 8.0),
    "large": Try("ifgsm", LARGE, "20 steps at epsilon 64", "other attacks", 64.0),
}
HONEST = {"plain": 40.0, "other": 60.0, "longer": 39.0, "ratio": 45.0, "dla": 70.0, "noise": 90.0, "large": 1.0}
CLEAN = 80.0
MASKED, UNMASKED, UNSURE = (
    "net masks its gradient (on 16 images).",
    "No sign that net masks its gradient (on 16 images).",
    "It is not certain whether net masks its gradient (on 16 images).",
)


def suspect(still=1.0, floor=None, groups=None, **ratios) -> Suspect:
    """net, attacked by everything that `ratios` does not say is None. still, floor: per cent of the pixels."""
    left = {name: ratio for name, ratio in (HONEST | ratios).items() if ratio is not None}
    where = {name: (one.name, one.epsilon) for name, one in TRIES.items()} | {"plain": ("ifgsm", 8.0)}
    answers = {cell("net"): Answer(CLEAN), cell("second"): Answer(CLEAN)}
    for name, ratio in left.items():
        made = cell("net", "ifgsm", 8.0, "second") if name == "other" else cell("net", *where[name])
        answers[made] = Answer(ratio * CLEAN / 100)
    answers[cell("second", "ifgsm", 8.0)] = Answer(1.0)
    evidence = Evidence(results(answers, groups))
    starts = {"net/away": np.stack([np.broadcast_to(part, evidence.images) for part in (1.0, 1.0, still / 100)])}
    if floor is not None:
        starts["net/floor"] = np.broadcast_to(floor / 100, (1, evidence.images))
    return Suspect(evidence, "net", Battery("ifgsm", 8.0, tuple(TRIES.values())), starts)


def opening(**settings) -> str:
    """The first sentence."""
    return masking(suspect(**settings)).opening.partition(" ifgsm at ")[0]


def clue(start: str, **settings) -> str:
    """What is said of a sign."""
    (found,) = (ground for ground in masking(suspect(**settings)).grounds if ground.startswith(start))
    return found


def test_an_honest_model_is_cleared():
    found = masking(suspect())
    assert opening() == UNMASKED and len(found.grounds) == 7 + 1
    ends = {ground.rpartition(": ")[2] for ground in found.grounds[:-1]}
    assert ends == {"no sign of a mask.", "no stronger."}
    assert found.opening == UNMASKED + " ifgsm at epsilon 8 leaves 40.0 [40.0, 40.0] % of the clean IoU."


@pytest.mark.parametrize(
    ("name", "none", "mask"),
    [
        # Nothing that was made without the gradient takes more at all; what takes less than 2 points is let pass only
        # where that is not sure.
        ("other", 40.0, 39.99),
        ("dla", 40.0, 39.99),
        ("large", 4.99, 5.01),  # per cent
        ("noise", 40.01, 39.99),  # what the attack leaves
        ("still", 4.99, 5.01),
        ("floor", 0.99, 1.01),  # per cent
    ],
)
def test_each_sign_shows_a_mask_beyond_its_bound_and_none_within(name, none, mask):
    assert opening(**{name: none}) == UNMASKED
    assert opening(**{name: mask}) == MASKED


@pytest.mark.parametrize("name", ["longer", "ratio"])
def test_a_better_use_of_the_gradient_shows_a_weak_attack_and_no_mask(name):
    """From 2 points on."""
    told = masking(suspect(**{name: 37.99}))
    assert told.opening.startswith(UNMASKED) and told.opening.endswith(
        "That says too much of its robustness, since the attack was weak; attack it with " + TRIES[name].remedy + "."
    )
    assert any(ground.endswith(" points more: the attack was weak.") for ground in told.grounds)
    assert "too much" not in masking(suspect(**{name: 38.01})).opening
    unsure = masking(suspect(**{name: 37.0 + SLACK}))
    assert unsure.opening.startswith(UNMASKED) and "too much" not in unsure.opening
    assert sum(ground.endswith(": not certain.") for ground in unsure.grounds) == 1


SLACK = 3 * OPPOSITE
"""Images that take sides, by some 1.6 points of their mean to either."""


@pytest.mark.parametrize(
    ("name", "bound", "more_is_less"),
    [("other", 40.0, -1), ("dla", 40.0, -1), ("large", 5.0, 1), ("noise", 40.0, -1), ("still", 5.0, 1)],
)
def test_of_what_resamples_disagree_nothing_is_said(name, bound, more_is_less):
    """On the masked side of the bound by little; and by much."""
    assert opening(**{name: bound + more_is_less + SLACK}) == UNSURE
    assert opening(**{name: np.maximum(bound + 5 * more_is_less + SLACK, 0)}) == MASKED


def test_that_nothing_masks_must_be_sure_to_two_points_of_what_was_made_on_another():
    assert opening(other=41.0 + 0.1 * OPPOSITE) == UNMASKED
    assert opening(other=39.0 + SLACK) == UNSURE
    assert opening(other=42.0 + SLACK) == UNMASKED


def test_noise_that_leaves_nothing_cannot_be_beaten():
    assert opening(noise=4.0, plain=4.0, longer=4.0, other=60.0, ratio=4.0, dla=4.0) == UNMASKED
    assert opening(noise=6.0, plain=6.1, longer=6.1, other=60.0, ratio=6.1, dla=6.1) == MASKED


def test_a_robust_network_under_a_small_epsilon_is_not_called_masked():
    """Noise takes as little as the attack, which leaves nothing at a large epsilon."""
    assert opening(plain=98.0, noise=99.5, other=99.9, longer=97.9, ratio=98.0, dla=99.9) == UNMASKED


@pytest.mark.parametrize("name", ["longer", "ratio"])
def test_where_a_better_use_of_the_gradient_takes_far_more_the_loss_hid_the_way(name):
    """From 30 points on, whatever else is honest."""
    others = {"plain": 80.0, "other": 90.0, "longer": 80.0, "ratio": 80.0, "dla": 95.0, "noise": 99.0}
    assert opening(**others | {name: 50.01}) == UNMASKED
    told = masking(suspect(**others | {name: 49.99}))
    assert told.opening.startswith(MASKED) and TRIES[name].remedy in told.opening
    assert any(ground.endswith(" points more: a sign of a mask.") for ground in told.grounds)
    assert opening(**others | {name: 49.0 + SLACK}) == UNSURE


def test_the_grounds_have_numbers_and_intervals():
    assert clue("The same", other=30.0) == (
        "The same attack made on second takes +10.0 [+10.0, +10.0] points more: a sign of a mask."
    )
    assert clue("40 steps") == ("40 steps of 0.25 in place of 10 of 1 take +1.0 [+1.0, +1.0] points more: no stronger.")
    assert clue("The diff", ratio=41.0 + 9 * OPPOSITE).startswith("The difference of logits ratio takes -1.0 [")
    assert clue("The diff", ratio=41.0 + 9 * OPPOSITE).endswith(": not certain.")
    assert clue("Noise") == (
        "Noise of the same size leaves 90.0 [90.0, 90.0] % of the clean IoU, and the attack takes +50.0 [+50.0, +50.0] "
        "points more than it: no sign of a mask."
    )
    assert clue("20 steps") == ("20 steps at epsilon 64 leave 1.0 [1.0, 1.0] % of the clean IoU: no sign of a mask.")
    assert clue("At the") == "At the clean image 1.0 [1.0, 1.0] % of the pixels have no gradient: no sign of a mask."
    assert clue("It returns", floor=30.0) == (
        "It returns probabilities and not logits, and 30.0 [30.0, 30.0] % of the pixels have a class of probability 0: "
        "a sign of a mask."
    )


def test_what_to_do_is_what_was_found_to_help():
    told = masking(suspect(other=20.0, longer=10.0)).opening
    assert told == (
        f"{MASKED} ifgsm at epsilon 8 leaves 40.0 [40.0, 40.0] % of the clean IoU. That says too much of its "
        "robustness; attack it with what is made on second (pipelines.transfer); --steps=40 --alpha=0.25."
    )
    assert masking(suspect(large=5 + SLACK)).opening.endswith("IoU. More images would say more.")


def test_the_more_ways_a_mask_is_looked_for_the_surer_each_must_be():
    """Of 16 images all but a few resamples agree: enough of them for two ways, too few for seven."""
    spread = 0.6 * (np.arange(IMAGES) - 7.5)
    drawn = resample_weights([f"drive_{i}" for i in range(IMAGES)]) @ spread / IMAGES
    low = np.percentile(1.12315 * (drawn - drawn.mean()) - drawn.mean(), 2.5)  # Student's t for 15 degrees of freedom
    other = np.round(40 + low - 0.05 - spread, 3)
    few = dict.fromkeys(TRIES)
    assert opening(other=other, **few) == MASKED
    assert opening(other=other) != MASKED
    last = masking(suspect()).grounds[-1]
    assert last == (
        "A mask or a weak attack was looked for in 7 ways, so a find counts where an interval of 98.57 % shows "
        "it; those above are of 95 %."
    )
    assert "ways" not in masking(suspect(**few)).grounds[-1]


def test_what_was_not_run_is_not_asked():
    kinds = [one.told for one in clues_of(suspect(dla=None, noise=None, other=None))]
    assert len(kinds) == 4 and not any("dla" in told or "oise" in told or "second" in told for told in kinds)


@pytest.mark.parametrize(("groups", "on"), [(["a"], "1 image"), (["a"] * 16, "16 images in 1 group of alike ones")])
def test_of_one_group_of_images_nothing_is_said(groups, on):
    found = masking(suspect(groups=groups, other=1.0, still=90.0))
    assert found.opening.startswith(f"Too few images to say whether net masks its gradient (on {on}).")
    assert "[" not in " ".join(found.grounds) and "sign" not in " ".join(found.grounds)


def test_the_battery_comes_back_from_json():
    battery = Battery("ifgsm", 8.0, tuple(TRIES.values()))
    assert as_typed(Battery, json.loads(json.dumps(battery.as_json())), "battery") == battery
    assert dataclasses.replace(battery, epsilon=4.0) != battery
