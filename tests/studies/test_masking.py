"""Whether a CRF masks the gradient, from both sides of each thing that the verdict rests on.

Numbers are IoU ratios. A network without the CRF is left 40 by its own attack, the network with it 55.
"""

import numpy as np
import pytest
from crf_cases import Attacked
from made_up import CRF, NET, OPPOSITE, PerImage, of_ratio, pair

from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.masking import masking

MASKED, UNMASKED = "The CRF masks the gradient.", "No sign that the CRF masks the gradient."


def attacked(
    own: PerImage = 55.0,
    around: PerImage = 60.0,
    without: PerImage = 40.0,
    scaled: tuple[PerImage, PerImage, PerImage] | None = None,
    attack: str = "fgsm",
    epsilon: float = 8.0,
) -> Attacked:
    """own: through the CRF. around: by the gradient of the network without it. without: that network itself. scaled:
    the same three on scaled logits."""
    found: Attacked = {}
    for name, ratios in ((attack, (own, around, without)), (f"{attack}_scaled", scaled)):
        if ratios is not None:
            through, past, alone = ratios
            found |= {
                (CRF, CRF, name, epsilon): of_ratio(CRF, through),
                (CRF, NET, name, epsilon): of_ratio(CRF, past),
                (NET, NET, name, epsilon): of_ratio(NET, alone),
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
    _, fgsm = masking(subject(attacked(**ratios))).grounds
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
    assert opening(around=55 - np.where(np.arange(8), 1.0, -0.1)) == MASKED


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
    assert masking(subject(cells)).opening == "The CRF masks the gradient of fgsm."
    both = masking(subject(attacked(around=50.0) | attacked(around=50.0, attack="ifgsm")))
    assert both.opening == MASKED and len(both.grounds) == 3
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
        # of the network without the CRF.
        ({"own": 40.0, "around": 50.0}, "there is none"),
        ({"own": 39.99, "around": 50.0}, "there is none"),
        ({"own": 40.01, "around": 50.0}, "it remains"),
        ({"own": 55.0, "around": 40.01}, "it remains"),
        ({"own": 55.0, "around": 40.0}, "it is gone"),
        ({"own": 55.0, "around": 39.99}, "it is gone"),
        ({"own": 40.01, "around": 40.0}, "it is gone"),
        ({"own": 40.0, "around": 40.0}, "there is none"),
        ({"own": 40.0, "around": 50.0, "scaled": (45.0, 50.0, 39.99)}, "it remains"),
        ({"own": 39.99, "around": 50.0, "scaled": (45.0, 50.0, 30.0)}, "it remains"),
        ({"own": 40.0, "around": 50.0, "scaled": (39.99, 50.0, 41.0)}, "there is none"),
        ({"own": 40.01, "around": 50.0, "scaled": (39.99, 50.0, 41.0)}, "it is gone"),
        ({"own": 55.0, "around": 40.01 + OPPOSITE}, "it is not certain"),
        ({"own": 55.0, "around": 39.99 + OPPOSITE}, "it is gone"),
        ({"own": 40.01 + OPPOSITE, "around": 60.0}, "it is not certain"),
        ({"own": 39.99 + OPPOSITE, "around": 60.0}, "there is none"),
    ],
)
def test_the_fate_of_the_advantage(ratios, expected):
    assert fate(**ratios) == expected


@pytest.mark.parametrize("strongest", ["own", "around", "scaled own", "scaled around"])
def test_the_strongest_of_all_attacks_has_the_last_word(strongest):
    """Whichever of four leaves 41 of the network with the CRF, and of two 38 of that without."""
    least = {name: 41.0 if name == strongest else 50.0 for name in ("own", "around", "scaled own", "scaled around")}
    own, around, *scaled = least.values()
    for without, scaled_without in ((38.0, 39.0), (39.0, 38.0)):
        said = told(own=own, around=around, without=without, scaled=(*scaled, scaled_without))
        assert said.endswith(
            "of +3.0 [+3.0, +3.0] where both networks meet the strongest of these attacks: it remains."
        )
        assert f"advantage of {own - without:+.1f} [" in said


def test_the_strongest_attack_is_chosen_by_what_was_measured_and_resampled_as_one():
    """Two attacks that alternate over the images: the least of each resample would be less than either."""
    said = told(own=50.0, around=45 + 3 * OPPOSITE, scaled=(45.1 - 3 * OPPOSITE, 60.0, 40.0))
    measured = said.split("points, and of ")[1].split(" where")[0]
    low, high = (float(end) for end in measured.split("[")[1].rstrip("]").split(", "))
    assert measured.startswith("+5.0 ") and low < 4 and high > 6


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
        "net/away": (0.1, 1.0, 0.02), "net+crf/away": (0.00123, 0.01, 0.4), "net+crf/scaled": (0.5, 0.1, 0.01),
        "net/scaled": (9.0, 9.0, 0.9), "net+crf/toward": (9.0, 9.0, 0.9),
    }  # fmt: skip
    assert masking(subject(attacked(), starts=starts)).grounds[0] == (
        "At the clean image 40 % of the pixels have no gradient (1 % on scaled logits, 2 % without the CRF), and the "
        "loss to the own prediction is 0.0012 nats (0.1000 without)."
    )
