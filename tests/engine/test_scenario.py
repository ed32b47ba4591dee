"""What makes no sense is refused before anything is opened."""

import pytest
from six_images import grid

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.transforms import named


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attacks": ()}, "name at least one attack and one epsilon"),
        ({"attacks": grid(), "labels": "truth"}, "Unknown labels 'truth'; choose one of: ground_truth, prediction"),
    ],
)
def test_protocols_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Protocol(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"transform": "sepia"}, "Unknown transform 'sepia'"),
        ({"transform": "jpeg+sepia"}, "Unknown transform 'sepia'"),
        ({"trials": 0}, "at least 1 trial; got 0"),
    ],
)
def test_targets_that_make_no_sense_are_refused(spec, arguments, message):
    with pytest.raises(ValueError, match=message):
        Target(spec, **arguments)


def test_cells_are_a_target_and_a_trial_after_the_other(spec):
    scenario = Scenario(spec, Protocol(grid(("fgsm",), (1.0, 8.0))), (Target(spec), Target(spec, "blur", 2)))
    cells = [(c.inference_transform, c.trial, c.attack, c.epsilon) for c in scenario.cells("made_up", "validation")]
    one = [("clean", 0.0), ("fgsm", 1.0), ("fgsm", 8.0)]
    assert cells == [(name, trial, *what) for name, trial in (("none", 0), ("blur", 0), ("blur", 1)) for what in one]
    assert scenario.models == (spec,) and scenario.work == 1 + 0.5 * 9
    assert white_box(spec, Protocol(grid())).name == "conv"


def test_cells_name_what_is_inside_of_their_attack(spec):
    """Of each by itself: what follows no gradient looks through nothing, nor does a mean over a network's own draws."""
    through = ExpectedGradient(named("rescale+blur"), 2)
    made = {"ifgsm": {"gradient": through}, "fgsm": {"gradient": ExpectedGradient(None, 2)}, "noise": {}, "mi_fgsm": {}}
    attacks = tuple((name, ATTACKS[name](8.0, **settings)) for name, settings in made.items())
    scenario = Scenario(spec, Protocol(attacks), (Target(spec, "blur"),))
    found = {cell.attack: cell.attack_transform for cell in scenario.cells("made_up", "validation")}
    assert found == {"clean": "none", "ifgsm": "rescale+blur", "fgsm": "none", "noise": "none", "mi_fgsm": "none"}
