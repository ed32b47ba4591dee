"""Whether a CRF masks the gradient, from both sides of each thing that the verdict rests on.

Numbers are IoU ratios. A network without the CRF is left 40 by its own attack, the network with it 55.
"""

import numpy as np
import pytest
from crf_cases import Attacked
from made_up import CRF, IMAGES, NET, OPPOSITE, PerImage, of_ratio, pair

from tfadvseg.metrics.intervals import resample_weights
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.masking import masking

MASKED = "The CRF masks the gradient (on 16 images)."
UNMASKED = "No sign that the CRF masks the gradient (on 16 images)."
UNSURE = "It is not certain whether the CRF masks the gradient (on 16 images)."
REMAINS, NONE_OF_IT = "it remains", "there is none, of 2 points or more"
LESS = "the CRF makes the network less robust, by 2 points or more"
LITTLE_LEFT, NOT_CERTAIN = "less than 2 points of it are left", "it is not certain what is left"


def attacked(
    own: PerImage = 55.0,
    around: PerImage = 60.0,
    without: PerImage = 40.0,
    scaled: tuple[PerImage, PerImage, PerImage] | None = None,
    across: PerImage = 90.0,
    scaled_across: PerImage = 90.0,
    attack: str = "fgsm",
    epsilon: float = 8.0,
) -> Attacked:
    """own: through the CRF. around: by the gradient of the network without it. without: that network itself. scaled:
    the same three on scaled logits. across: the network without the CRF under attacks made on that with it, and the
    same on scaled logits."""
    found: Attacked = {}
    for name, ratios in (
        (attack, (own, around, without, across)),
        (f"{attack}_scaled", scaled and (*scaled, scaled_across)),
    ):
        if ratios is not None:
            through, past, alone, beside = ratios
            found |= {
                (CRF, CRF, name, epsilon): of_ratio(CRF, through),
                (CRF, NET, name, epsilon): of_ratio(CRF, past),
                (NET, NET, name, epsilon): of_ratio(NET, alone),
                (NET, CRF, name, epsilon): of_ratio(NET, beside),
            }
    return found


def subject(cells: Attacked, **settings) -> Pair:
    scaled = {
        name: f"{name}_scaled" for *_, name, _ in cells if any(f"{name}_scaled" == other for *_, other, _ in cells)
    }
    return pair(cells, scaled=scaled, **settings)


def opening(**ratios) -> str:
    return masking(subject(attacked(**ratios))).opening


def told(**ratios) -> str:
    """What is said of FGSM."""
    _, fgsm, *_ = masking(subject(attacked(**ratios))).grounds
    return fgsm


def test_an_attack_around_the_crf_that_is_stronger_shows_a_masked_gradient():
    assert opening(around=54.99) == MASKED and opening(around=55.0) == opening(around=55.01) == UNMASKED
    assert "Going around the CRF it takes +0.0 [+0.0, +0.0] points more: the CRF hides its gradient." in told(
        around=54.99
    )
    assert "Going around the CRF it takes -0.0 [-0.0, -0.0] points more. By its own" in told(around=55.01)


@pytest.mark.parametrize("beyond", [0.01, 0.4])
def test_an_attack_around_the_crf_of_which_resamples_disagree_shows_nothing(beyond):
    assert opening(around=55 - beyond + OPPOSITE) == UNMASKED
    assert "hides" not in told(around=55 - beyond + OPPOSITE)


def test_an_attack_around_the_crf_that_is_stronger_in_enough_resamples_does():
    """All images but one agree, and that one by little."""
    assert opening(around=55 - np.where(np.arange(IMAGES), 1.0, -0.1)) == MASKED


def test_scaled_logits_that_help_more_with_the_crf_show_a_masked_gradient():
    """Without it they take 6 points more; no attack goes around the CRF."""
    assert opening(scaled=(48.99, 60.0, 34.0)) == MASKED
    assert opening(scaled=(49.0, 60.0, 34.0)) == opening(scaled=(49.01, 60.0, 34.0)) == UNMASKED
    said = told(scaled=(45.0, 60.0, 34.0))
    assert (
        "Scaled logits take +10.0 [+10.0, +10.0] points more through the CRF, and +6.0 [+6.0, +6.0] without it." in said
    )
    assert "hides" not in said


def test_scaled_logits_that_help_as_much_without_the_crf_show_nothing():
    """A confident network, and the same again for one with a CRF that changes nothing."""
    assert opening(own=40.0, around=41.0, scaled=(10.0, 12.0, 10.0)) == UNMASKED
    assert opening(own=40.0, around=41.0, scaled=(10.0, 12.0, 30.0)) == MASKED


def test_scaled_logits_of_which_resamples_disagree_show_nothing():
    assert opening(scaled=(48.99 + OPPOSITE, 60.0, 34.0)) == UNMASKED
    assert opening(scaled=(48.99, 60.0, 34.0 + OPPOSITE)) == UNMASKED
    assert opening(scaled=(48.99 + OPPOSITE, 60.0, 34.0 + OPPOSITE)) == MASKED  # the same images on both sides


def test_scaled_logits_do_not_take_a_masked_gradient_back():
    assert opening(around=50.0, scaled=(55.0, 60.0, 34.0)) == MASKED


def test_without_scaled_logits_nothing_is_said_of_them():
    assert "caled" not in told() and "on scaled logits" in told(scaled=(55.0, 60.0, 40.0))


def test_attacks_whose_gradient_is_masked_are_named_where_not_all_are():
    cells = attacked(around=50.0) | attacked(attack="ifgsm")
    assert masking(subject(cells)).opening == "The CRF masks the gradient of fgsm (on 16 images)."
    both = masking(subject(attacked(around=50.0) | attacked(around=50.0, attack="ifgsm")))
    assert both.opening == MASKED and len(both.grounds) == 1 + 2 + 1
    assert masking(subject(attacked() | attacked(attack="ifgsm"))).opening == UNMASKED


def test_targeted_attacks_say_nothing_of_a_masked_gradient():
    found = masking(subject(attacked() | attacked(around=10.0, attack="fgsm_ll")))
    assert found.opening == UNMASKED and len(found.grounds) == 2 and "fgsm_ll" not in " ".join(found.grounds)


def test_without_untargeted_attacks_there_is_no_verdict():
    found = masking(subject(attacked(around=10.0, attack="ifgsm_ll")))
    assert found.opening == "No untargeted attack was run, so nothing is known of a masked gradient."
    assert len(found.grounds) == 1 and found.grounds[0].startswith("At the clean image")


def fate(**ratios) -> str:
    return told(**ratios).rstrip(".").rsplit(": ", 1)[1]


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        # The advantage by its own gradient is own - 40; where both meet the strongest, the least of all less the least
        # of all of the network without the CRF.
        ({"own": 40.0, "around": 50.0}, NONE_OF_IT),
        ({"own": 39.99, "around": 50.0}, NONE_OF_IT),
        ({"own": 40.01, "around": 50.0}, REMAINS),
        ({"own": 55.0, "around": 40.01}, REMAINS),
        ({"own": 55.0, "around": 40.0}, LITTLE_LEFT),
        ({"own": 55.0, "around": 39.99}, LITTLE_LEFT),
        ({"own": 55.0, "around": 38.01}, LITTLE_LEFT),
        ({"own": 55.0, "around": 37.99}, LESS),
        ({"own": 38.01, "around": 40.0}, NONE_OF_IT),
        ({"own": 37.99, "around": 40.0}, LESS),
        ({"own": 41.99, "around": 40.0}, NONE_OF_IT),
        ({"own": 42.01, "around": 40.0}, LITTLE_LEFT),
        ({"own": 40.0, "around": 40.0}, NONE_OF_IT),
        ({"own": 40.0, "around": 50.0, "scaled": (45.0, 50.0, 39.99)}, REMAINS),
        ({"own": 39.99, "around": 50.0, "scaled": (45.0, 50.0, 30.0)}, REMAINS),
        ({"own": 40.0, "around": 50.0, "scaled": (39.99, 50.0, 41.0)}, NONE_OF_IT),
        ({"own": 42.01, "around": 50.0, "scaled": (39.99, 50.0, 41.0)}, LITTLE_LEFT),
        # The network without the CRF under attacks made on that with it.
        ({"own": 39.99, "around": 50.0, "across": 39.98}, REMAINS),
        ({"own": 39.99, "around": 50.0, "across": 39.99}, NONE_OF_IT),
        ({"own": 55.0, "around": 39.99, "across": 39.98}, REMAINS),
        ({"own": 55.0, "around": 39.99, "across": 40.0}, LITTLE_LEFT),
        ({"own": 55.0, "around": 39.99, "scaled": (45.0, 50.0, 41.0), "scaled_across": 39.98}, REMAINS),
        ({"own": 55.0, "around": 39.99, "scaled": (45.0, 50.0, 41.0), "scaled_across": 40.0}, LITTLE_LEFT),
    ],
)
def test_the_fate_of_the_advantage(ratios, expected):
    assert fate(**ratios) == expected


STUDENT = 1.12315
"""What 16 images widen by: sqrt(16 / 15) times Student's t of 15 degrees of freedom, 2.13145, over 1.95996."""

DRAWN = resample_weights(range(IMAGES)) @ OPPOSITE / IMAGES
"""Means of OPPOSITE over the resamples, which measured is 0."""


def ends(measured: float, resampled: np.ndarray) -> np.ndarray:
    """Of a 95 % interval."""
    return np.percentile(2 * measured - resampled.mean() + STUDENT * (resampled - resampled.mean()), [2.5, 97.5])


LOW, HIGH = ends(0.0, 3 * DRAWN).round(3)
"""Of what images add that take sides by 3 points: about 1.6 to either side."""

FARTHEST = HIGH + round(2 * 3 * DRAWN.mean(), 3)
"""The upper end with the bias of the resamples, beyond which all of them lie as they are, too."""


TWO_WAYS, FOUR_WAYS, EIGHT_WAYS = 95.0, 2.48988, 2.83663
"""Where a mask is looked for in two ways the resamples decide; in four or eight ways Student's t of 15 degrees of
freedom at 98.75 % or 99.375 %."""


SPREAD = 0.6 * (np.arange(IMAGES) - 7.5)
"""Points in which images differ, whose resamples take many values."""


def shown(strength: float, beyond: float) -> np.ndarray:
    """Points for each image, of which just enough resamples are above 0, or just too few; or whose interval ends
    there."""
    drawn = resample_weights([f"drive_{i}" for i in range(IMAGES)]) @ SPREAD / IMAGES
    assert drawn.mean() > 0  # so that without this bias it is harder to be above 0 than with it
    resampled = np.sort(STUDENT * (drawn - drawn.mean()))
    reach = -resampled[25] if strength == TWO_WAYS else np.sqrt(16 / 15) * strength * drawn.std()
    return np.round(beyond + reach + drawn.mean() + SPREAD, 3)


NO_MORE = (55.0, 60.0, 40.0)
"""Scaled logits that take nothing more."""


@pytest.mark.parametrize(("beyond", "masked"), [(0.01, True), (-0.01, False)])
def test_the_more_ways_a_mask_is_looked_for_the_surer_each_must_be(beyond, masked):
    """Two attacks, with scaled logits or without: four ways, or two."""
    assert shown(FOUR_WAYS, 0).mean() > shown(TWO_WAYS, 0).mean() + 0.1
    plain = attacked(attack="ifgsm") | attacked(around=55 - shown(TWO_WAYS, beyond))
    assert masking(subject(plain)).opening.startswith("The CRF masks the gradient of fgsm") == masked
    for fgsm in (
        {"around": 55 - shown(FOUR_WAYS, beyond), "scaled": NO_MORE},
        {"scaled": (55 - shown(FOUR_WAYS, beyond), 60.0, 40.0)},
    ):
        both = attacked(attack="ifgsm", scaled=NO_MORE) | attacked(**fgsm)
        assert masking(subject(both)).opening.startswith("The CRF masks the gradient of fgsm") == masked
        one_more = attacked(attack="fgsm_ll", scaled=NO_MORE) | both  # of which nothing is asked
        assert masking(subject(one_more)).opening.startswith("The CRF masks the gradient of fgsm") == masked


def test_how_often_was_looked_is_told_where_it_makes_verdicts_surer():
    cells = attacked(attack="ifgsm", scaled=NO_MORE) | attacked(scaled=NO_MORE)
    *_, last = masking(subject(cells)).grounds
    assert last == (
        "A mask was looked for in 4 ways, and the strongest attacks among 8: a mask counts where an interval of 97.5 % "
        "shows it, and what is left of an advantage is said where one of 98.75 % does; those above are of 95 %."
    )
    for fewer, words in (
        (
            attacked(scaled=NO_MORE),
            "in 2 ways, and the strongest attacks among 4: a mask counts where an interval of 95 %",
        ),
        (attacked() | attacked(attack="ifgsm"), "what is left of an advantage is said where one of 97.5 % does"),
        (attacked(scaled=NO_MORE) | attacked(attack="ifgsm"), "in 3 ways, and the strongest attacks among 6"),
    ):
        *_, last = masking(subject(fewer)).grounds
        assert words in last
    assert len(masking(subject(attacked())).grounds) == 2
    assert "ways" not in masking(subject(cells, groups=["drive"] * IMAGES)).grounds[-1]


@pytest.mark.parametrize("beyond", [0.01, -0.01])
@pytest.mark.parametrize(("scaled", "strength"), [(None, FOUR_WAYS), (NO_MORE, EIGHT_WAYS)])
def test_the_more_ways_there_are_the_surer_must_be_what_is_left(beyond, scaled, strength):
    """Two attacks, each in two ways, or in four: that an advantage remains, that less than 2 points of it are left, and
    that there was none."""
    more = shown(strength, beyond)
    for fgsm, sure, else_ in (
        ({"around": 40 + shown(strength, beyond)}, REMAINS, NOT_CERTAIN),
        ({"around": 42 - more}, LITTLE_LEFT, NOT_CERTAIN),
        ({"own": 42 - more, "around": 39.0}, NONE_OF_IT, LITTLE_LEFT),
    ):
        cells = attacked(attack="ifgsm", scaled=scaled) | attacked(**fgsm, scaled=scaled and (90.0, 90.0, 90.0))
        (ground,) = (ground for ground in masking(subject(cells)).grounds if ground.startswith("fgsm"))
        assert ground.endswith(f": {sure if beyond > 0 else else_}.")


@pytest.mark.parametrize(("most", "expected"), [(1.99, UNMASKED), (2.01, UNSURE)])
def test_that_nothing_is_masked_must_be_sure_to_two_points(most, expected):
    """`most` is the upper end of what going around the CRF takes more, or scaled logits; of either it is enough."""
    more = most - HIGH + 3 * OPPOSITE
    assert opening(around=55 - more) == expected
    assert opening(scaled=(49 - more, 60.0, 34.0)) == expected
    assert opening(around=55 - more, scaled=(49.0, 60.0, 34.0)) == expected
    both = attacked(attack="ifgsm") | attacked(around=55 - more)
    assert masking(subject(both)).opening == expected


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        # What is left is surely more than 0, or not.
        ({"around": 40.01 - LOW + 3 * OPPOSITE}, REMAINS),
        ({"around": 39.99 - LOW + 3 * OPPOSITE}, NOT_CERTAIN),
        # What is left is surely less than 2, or not.
        ({"around": 41.99 - HIGH + 3 * OPPOSITE}, LITTLE_LEFT),
        ({"around": 42.01 - HIGH + 3 * OPPOSITE}, NOT_CERTAIN),
        # And that it is less.
        ({"around": 37.99 - FARTHEST + 3 * OPPOSITE}, LESS),
        ({"around": 38.01 - FARTHEST + 3 * OPPOSITE}, LITTLE_LEFT),
        # So is what there was.
        ({"own": 41.99 - HIGH + 3 * OPPOSITE, "around": 39.0}, NONE_OF_IT),
        ({"own": 42.01 - HIGH + 3 * OPPOSITE, "around": 39.0}, LITTLE_LEFT),
        # What there was is not certain, nor is what is left.
        ({"own": 40.0 + 9 * OPPOSITE, "around": 60.0}, NOT_CERTAIN),
        # On the other network.
        ({"around": 50.0, "without": 49.99 - FARTHEST + 3 * OPPOSITE}, REMAINS),
        ({"around": 50.0, "without": 50.01 - FARTHEST + 3 * OPPOSITE}, NOT_CERTAIN),
        ({"around": 50.0, "across": 49.99 - FARTHEST + 3 * OPPOSITE, "without": 90.0}, REMAINS),
        ({"around": 50.0, "across": 50.01 - FARTHEST + 3 * OPPOSITE, "without": 90.0}, NOT_CERTAIN),
    ],
)
def test_the_fate_of_the_advantage_is_as_sure_as_the_images_make_it(ratios, expected):
    assert fate(**{name: np.round(value, 3) for name, value in ratios.items()}) == expected


WAYS = ("own", "around", "scaled own", "scaled around")


@pytest.mark.parametrize("weakest", WAYS)
@pytest.mark.parametrize("strongest", WAYS)
def test_the_strongest_of_all_attacks_has_the_last_word(strongest, weakest):
    """Whichever of the four leaves 41 of the network with the CRF, and whichever 38 of that without."""
    own, around, *scaled = (41.0 if name == strongest else 50.0 for name in WAYS)
    without, across, scaled_without, scaled_across = (38.0 if name == weakest else 39.0 for name in WAYS)
    said = told(
        own=own,
        around=around,
        without=without,
        across=across,
        scaled=(*scaled, scaled_without),
        scaled_across=scaled_across,
    )
    assert said.endswith(
        "of +3.0 [+3.0, +3.0] where both networks meet the strongest of all these attacks: it remains."
    )
    assert f"advantage of {own - without:+.1f} [" in said


def test_attacks_made_on_one_of_the_networks_are_shown_to_both():
    """That made on the CRF's gradient leaves 55 behind it; the network without it would keep 90 or 20 of it."""
    for across, left in ((90.0, "+15.0"), (20.0, "+35.0")):
        said = told(across=across)
        assert f"advantage of +15.0 [+15.0, +15.0] points, and of {left} [{left}, {left}] where both" in said


@pytest.mark.parametrize("who", ["with the CRF", "without it"])
def test_the_strongest_attack_is_found_anew_in_each_resample(who):
    """Two attacks that alternate over the images, and leave 45 and 45.1, or that much less of the other network."""
    one, other = 45 + 3 * OPPOSITE, 45.1 - 3 * OPPOSITE
    least = np.minimum(45 + 3 * DRAWN, 45.1 - 3 * DRAWN)
    if who == "with the CRF":
        said, measured, resampled = told(own=50.0, around=one, scaled=(other, 60.0, 40.0)), 5.0, least - 40
    else:
        said, measured, resampled = told(own=50.0, without=one, across=other), 5.0, 50 - least
    low, high = ends(measured, resampled)
    assert f"points, and of {measured:+.1f} [{low:+.1f}, {high:+.1f}] where both networks meet" in said


@pytest.mark.parametrize(("groups", "on"), [(["a"], "1 image"), (["a"] * 16, "16 images in 1 group of alike ones")])
def test_of_one_group_of_images_nothing_is_said(groups, on):
    """Neither of a mask, nor of what is left, nor how sure it is."""
    found = masking(subject(attacked(own=90.0, around=10.0, scaled=(5.0, 5.0, 40.0)), groups=groups))
    assert found.opening == f"Too few images to say whether the CRF masks the gradient (on {on})."
    assert found.grounds[1].endswith("it is not certain what is left.")
    assert "[" not in " ".join(found.grounds) and "hides" not in found.grounds[1]


def test_two_groups_of_images_are_enough_where_they_agree_and_are_told():
    found = masking(subject(attacked(around=54.99), groups=["a", "b"] * 8))
    assert found.opening == "The CRF masks the gradient (on 16 images in 2 groups of alike ones)."
    for beyond, expected in (
        (8.0, "It is not certain whether the CRF masks the gradient"),
        (10.0, "The CRF masks the gradient"),
    ):
        around = 55 - beyond + np.array([1.0, -1.0])
        found = masking(subject(attacked(around=around), groups=["a", "b"]))
        assert found.opening == f"{expected} (on 2 images)."


def test_ways_are_told_with_their_intervals_in_per_cent():
    assert told(around=30.0, scaled=(45.5, 33.0, 34.0)).startswith(
        "fgsm leaves of the clean IoU, through the CRF 55.0 [55.0, 55.0] %; with the gradient of the network without "
        "the CRF 30.0 [30.0, 30.0] %; through the CRF on scaled logits 45.5 [45.5, 45.5] %; with the gradient of the "
        "network without the CRF on scaled logits 33.0 [33.0, 33.0] %. Going around"
    )


def test_epsilons_are_averaged():
    """Around the CRF 4 points more at one epsilon and 3.9 less at the other; then 4.1 less."""
    for last, expected in ((58.9, MASKED), (59.1, UNMASKED)):
        cells = attacked(around=51.0, epsilon=1.0) | attacked(around=last, epsilon=8.0)
        assert masking(subject(cells)).opening == expected


def test_the_start_is_told_in_per_cent_and_nats():
    starts = {
        "net/away": (0.1, 1.0, 0.02),
        "net+crf/away": (0.00123, 0.01, 0.4),
        "net+crf/scaled": (0.5, 0.1, 0.01),
        "net/scaled": (9.0, 9.0, 0.9),
        "net+crf/toward": (9.0, 9.0, 0.9),
    }
    assert masking(subject(attacked(), starts=starts)).grounds[0] == (
        "At the clean image 40 % of the pixels have no gradient (1 % on scaled logits, 2 % without the CRF), and the "
        "loss to the own prediction is 0.0012 nats (0.1000 without)."
    )
