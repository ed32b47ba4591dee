"""Each warning, from a case made for it; and none from a case that is in order."""

import types

import numpy as np
import pytest

from tfadvseg.attacks import fgsm, ifgsm
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.noise import Noise
from tfadvseg.data.framing import Frame
from tfadvseg.engine.checks import (
    certainty_warnings,
    frame_warning,
    saving_warnings,
    scale_warnings,
    unlabelled_warning,
    warnings,
)
from tfadvseg.transforms import named

ATTACKS = (("fgsm", fgsm(8.0)), ("ifgsm", ifgsm(8.0)))


def found(ious=(60.0, 30.0, 20.0), largest=(8, 8), still=(0, 0), attacks=ATTACKS, classes=11):
    """Of two images, the first of which was hardly changed."""
    clean, *attacked = ious
    linf = np.array([[0.1, size] for size in largest], np.float32)
    spec = types.SimpleNamespace(name="enet", classes=classes)
    return warnings(spec, attacks, attacked, clean, linf, np.array(still, float))


def test_networks_of_other_frames_are_named():
    """A frame is more than its size."""
    pad, grey, free = Frame((4, 6)), Frame((4, 6), "pad", (9.0, 8.0, 7.5)), Frame(None, "reflect", multiple=(8, 8))
    assert frame_warning({}) == frame_warning({"a": pad, "b": Frame((4, 6))}) == []
    (told,) = frame_warning({"a": pad, "b": grey, "c": pad, "d": free})
    assert "(a, c: 4x6, pad; b: 4x6, pad with 9, 8, 7.5; d: any size of multiples of 8x8, reflect)" in told
    assert "padding is cropped away" in told


def test_a_sound_result_has_no_warnings():
    assert found() == []


def test_a_bound_of_a_fraction_of_a_level_is_no_warning():
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


@pytest.mark.parametrize(("transform", "warned"), [("rescale", 0), ("jpeg+rescale", 0), ("jpeg", 1), ("jpeg+blur", 1)])
def test_what_a_zoom_did_not_see_is_no_dead_gradient(transform, warned):
    attack = fgsm(8.0, gradient=ExpectedGradient(named(transform), 1))
    assert len(found((60.0, 30.0), (8,), (0.19,), (("fgsm", attack),))) == warned


def test_values_left_by_an_iterative_attack_or_a_small_step_are_no_warning():
    """Iterations may return to 0, and a step below one level is not judged."""
    assert found(still=(0, 0.5)) == []
    assert found((60.0, 59.0), (0.5,), (0.5,), (("fgsm", fgsm(0.5)),)) == []


@pytest.mark.parametrize(
    ("epsilon", "still", "after", "count"),
    [
        (8.0, 0.05, 30.0, 0),
        (8.0, 0.0501, 30.0, 1),
        (0.99, 0.06, 30.0, 0),
        (1.0, 0.06, 30.0, 1),
        (7.99, 0.0, 60.0, 0),
        (8.0, 0.0, 60.0, 1),
        (8.0, 0.0, 59.9, 0),
    ],
)
def test_each_warning_begins_at_its_bound(epsilon, still, after, count):
    attacks = (("fgsm", fgsm(epsilon)),)
    assert len(found((60.0, after), (np.float32(epsilon),), (still,), attacks)) == count


@pytest.mark.parametrize("after", [60.0, 61.0])
def test_an_attack_without_effect_is_suspected_first(after):
    (text,) = found(ious=(60.0, after, 20.0))
    assert (
        text == "enet, fgsm at epsilon 8: the IoU did not fall; suspect masked gradients or a defect before robustness."
    )


def test_a_small_attack_without_effect_is_no_warning():
    assert found((60.0, 60.5), (4,), (0,), (("fgsm", fgsm(4.0)),)) == []


def test_what_follows_no_gradient_may_be_without_effect():
    """That a network bears noise is no hint at its gradients."""
    assert found((60.0, 61.0), (8,), (0,), (("noise", Noise(8.0)),)) == []


def test_a_network_near_chance_is_named():
    """Twice chance for 11 classes is 18.2 %."""
    (text,) = found(ious=(18.1, 9.0, 8.0))
    assert text == "enet: a clean IoU of 18.1 % is near chance, so its ratios mean little."
    assert found(ious=(18.3, 9.0, 8.0)) == []


def test_attacks_that_find_their_own_norm_have_no_bound_to_break():
    smallest = types.SimpleNamespace(epsilon=None)
    assert found((60.0, 59.0), (99,), (0.5,), (("smallest", smallest),)) == []


@pytest.mark.parametrize(("steps", "said"), [(7, True), (8, False)])
def test_steps_that_cannot_reach_epsilon_are_named(steps, said):
    attacks = (("ifgsm", ifgsm(4.0, alpha=0.5, steps=steps)),)
    found_now = found((60.0, 30.0), (3.5,), (0,), attacks)
    text = "enet, ifgsm at epsilon 4: its steps reach 3.5 grey levels at most, so it is no attack of that epsilon; "
    assert [one.startswith(text) for one in found_now] == [True] * said


@pytest.mark.parametrize(
    ("confidence", "entropy", "sound"),
    [
        (1 / 11, np.log(11), True),
        (1.0, 0.0, True),
        (1 / 11 - 1e-3, 1.0, False),
        (1.001, 1.0, False),
        (0.5, np.log(11) + 1e-3, False),
        (0.5, -1e-3, False),
    ],
)
def test_confidence_and_entropy_have_bounds(confidence, entropy, sound):
    """D9 of the paper's derived checks."""
    assert (certainty_warnings("enet, fgsm at 8", confidence, entropy, 11) == []) == sound


@pytest.mark.parametrize(
    ("labelled", "expected"),
    [
        ([[1, 0], [0, 2], [2, 1]], []),
        (
            [[0, 0], [0, 0]],
            ["No pixel of the 2 images is labelled, so no IoU is known; are the labels this dataset's?"],
        ),
        ([[0, 0], [1, 0], [0, 9]], ["Of 3 images 1 have no labelled pixel, so they count in no IoU."]),
    ],
)
def test_images_without_labels_are_counted(labelled, expected):
    assert unlabelled_warning(np.array(labelled), ("background", "cell")) == expected


def test_labels_of_one_class_alone_are_doubted():
    """A mask of 0 and 255, read by a file of classes with 0 and 1, has nothing but background."""
    (said,) = unlabelled_warning(np.array([[7, 0], [5, 0]]), ("background", "cell"))
    assert said.startswith("Every labelled pixel is background") and "255 is left out" in said
    assert unlabelled_warning(np.array([[7], [5]]), ("all",)) == []
    assert len(unlabelled_warning(np.array([[7, 0], [0, 0]]), ("background", "cell"))) == 2


@pytest.mark.parametrize(
    ("epsilons", "alpha", "warned"),
    [
        ((0.19, 0.01), 0.06, ["All epsilons are below 0.2 (0.01, 0.19)"]),
        ((0.01, 0.2), 0.06, []),
        ((8.0,), 0.05, []),
        ((8.0,), 0.049, ["The steps, alpha, are below 0.05 (0.049)"]),
        ((0.1,), 0.01, ["All epsilons are below 0.2 (0.1)", "The steps, alpha, are below 0.05 (0.01)"]),
    ],
)
def test_strengths_and_steps_of_another_scale(epsilons, alpha, warned):
    attacks = [("ifgsm", ifgsm(epsilon, alpha=alpha, steps=3)) for epsilon in epsilons]
    found = scale_warnings(attacks)
    assert [line.partition(";")[0] for line in found] == warned
    assert all("are these of 0..1? Epsilon is in grey levels of 0..255" in line for line in found)


def test_a_single_step_says_nothing_of_alpha():
    assert scale_warnings([("fgsm", fgsm(8.0))]) == [] == scale_warnings([])


def test_a_saved_photograph_that_fools_much_less_is_named():
    """As its row says."""
    row = {"model": "enet", "image": "a", "changed_input": 80.0, "changed_float": 59.96, "changed": 59.9}
    assert saving_warnings([row | {"fools_less": False}]) == []
    assert saving_warnings([row | {"fools_less": True}]) == [
        "enet, a: the saved photograph fools much less than the attack that was made: 80.0 % of the labels changed on "
        "the network's input, 60.0 % once it was resized to the photograph, 59.9 % in the file."
    ]
