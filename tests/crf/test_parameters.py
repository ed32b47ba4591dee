import dataclasses

import pytest

from tfadvseg.crf.parameters import PARAMETERS, CrfParameters


def test_published_settings():
    """theta_alpha, theta_beta, theta_gamma, bilateral weight, spatial weight."""
    values = {name: dataclasses.astuple(parameters) for name, parameters in PARAMETERS.items()}
    assert values == {
        "crf_rnn": (160, 3, 3, 5, 3, 10, "after"),
        "deeplab_vgg": (65, 3, 2, 4, 2, 10, "after"),
        "deeplab_resnet": (67, 3, 1, 4, 3, 10, "after"),
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"theta_alpha": 0}, "theta_alpha must be more than 0; got 0"),
        ({"theta_beta": -3.0}, "theta_beta must be more than 0"),
        ({"theta_gamma": float("nan")}, "theta_gamma must be more than 0; got nan"),
        ({"spatial_weight": float("nan")}, "spatial_weight must be a number; got nan"),
        ({"iterations": 0}, "at least 1 iteration; got 0"),
        ({"normalisation": "both"}, "Unknown normalisation 'both'; choose one of: after, before, none, symmetric"),
    ],
)
def test_senseless_ones_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PARAMETERS["crf_rnn"], **changes)


def test_they_can_be_looked_up():
    """Equal settings are equal keys, so that functions traced for them are found again."""
    assert {CrfParameters(1, 2, 3, 4, 5): "x"}[CrfParameters(1, 2, 3, 4, 5)] == "x"
