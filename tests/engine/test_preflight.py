"""What is looked at without labels."""

import dataclasses

import numpy as np
import pytest
from six_images import example

from tfadvseg.data.split import Example
from tfadvseg.engine import preflight
from tfadvseg.engine.checks import unread_warning
from tfadvseg.engine.opened import OpenModels
from tfadvseg.models.reading import PLAIN, Reading, preset


@pytest.fixture
def stranger(spec):
    """A network without a card, described by hand."""

    class Stranger(type(spec)):
        stranger = True

    return lambda how=PLAIN: Stranger(**vars(dataclasses.replace(spec, reading=how)))


def test_without_labels_no_reading_is_tried_but_its_lack_is_told(stranger, monkeypatch, capsys):
    image, labels = example(0)
    monkeypatch.setattr(preflight, "_about_the_reading", lambda model, photographs: ["tried"])
    spec = stranger()
    blank = Example("a", image, np.full_like(labels, 255))
    assert preflight.examine(spec, OpenModels(), [blank], attacked=True) == unread_warning(spec) != []
    assert preflight.examine(spec, OpenModels(), [Example("a", image, labels)], attacked=True) == ["tried"]


def test_who_says_how_images_are_prepared_is_not_warned(stranger):
    (told,) = unread_warning(stranger(Reading(output="logits", classes=("a", "b"))))
    assert told.startswith("conv: nothing says how it wants its images") and "--saved_model=" in told
    assert unread_warning(stranger(preset("caffe_bgr"))) == [] == unread_warning(stranger(preset("-1..1")))
