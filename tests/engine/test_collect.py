"""What is made of finished units: here of one that was written by hand, of which the report must warn."""

import math
import pathlib

import numpy as np
import pytest

from tfadvseg.attacks import fgsm
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Split
from tfadvseg.engine.collect import collect
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.models.interface import Interface
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import RunFolder

CLASSES, PIXELS = 10, 100
FACE = Interface("logits", "x", "y", "x:0", "y:0", "float32", "NHWC", "NHWC", None, (8, 8), 1.0, CLASSES)
ENET = ModelSpec("enet", pathlib.Path("enet/1"), "0" * 16, CLASSES, Frame((8, 8)), FACE)


@pytest.fixture
def warned(tmp_path):
    """The warnings about one image, clean and under FGSM at epsilon 8, of which as much is right as asked for."""
    folder = RunFolder(tmp_path / "run", {}, {})
    shards = Shards(Split("made_up", "validation", ("a",), ("a",), ((),), lambda: None), 1)

    def warn(confidence=(0.9, 0.8), entropy=(0.3, 0.5), right=(98, 40), checked=()) -> list[str]:
        labelled = np.full((2, 1, CLASSES), PIXELS // CLASSES)
        hits = np.repeat(np.array(right)[:, None, None] // CLASSES, CLASSES, 2)
        unit = {
            "hits": hits,
            "labelled": labelled,
            "predicted": labelled,
            "pixels": np.full((2, 1), PIXELS),
            "confidence": PIXELS * np.array(confidence)[:, None],
            "entropy": PIXELS * np.array(entropy)[:, None],
            "boundaries": np.zeros((2, 1)),
            **{key: np.zeros(2) for key in ("gradients", "forwards", "queries", "seconds")},
            "linf": np.full((1, 1), 8.0),
            "l2": np.full((1, 1), 80.0),
            "zero_share": np.zeros(1),
        }
        folder.save("enet-00000", unit)
        folder.decide("checked-enet", lambda: list(checked))
        return collect(
            [white_box(ENET, Protocol((("fgsm", fgsm(8.0)),)))], shards, folder, "made_up", "validation"
        ).warnings

    return warn


def test_of_a_sound_unit_nothing_is_warned(warned):
    assert warned() == []


@pytest.mark.parametrize(("cell", "place"), [(0, "enet, clean at 0"), (1, "enet, fgsm at 8")])
def test_an_entropy_that_ten_classes_cannot_have_is_a_defect(warned, cell, place):
    entropy = [0.3, 0.3]
    entropy[cell] = math.log(CLASSES)
    assert warned(entropy=entropy) == []
    entropy[cell] = 2.31
    assert warned(entropy=entropy) == [
        f"{place}: a mean confidence of {(0.9, 0.8)[cell]:.3f} and entropy of 2.310 nats cannot be of 10 classes; this "
        "is a defect."
    ]


def test_a_confidence_below_that_of_chance_is_a_defect(warned):
    (text,) = warned(confidence=(0.9, 0.09))
    assert text.startswith(
        "enet, fgsm at 8: a mean confidence of 0.090 and entropy of 0.500 nats cannot be of 10 classes"
    )


def test_what_was_found_before_the_first_attack_is_told_again(warned):
    assert warned(checked=["enet: it rounds."]) == ["enet: it rounds."]


def test_findings_about_attacks_come_first_and_those_about_cells_last(warned):
    found = warned(right=(20, 20), entropy=(0.3, 2.31), checked=["enet: it rounds.", "enet: odd."])
    assert [text.split(":")[0] for text in found] == [
        "enet, fgsm at epsilon 8",
        "enet",
        "enet",
        "enet",
        "enet, fgsm at 8",
    ]
    assert "the IoU did not fall" in found[0] and "is near chance" in found[1]
