"""What is told of input transforms where a clip to 0..255 stands for the undefended network."""

import pytest
from made_up import Answer, cell

from tfadvseg.reports.document import Paragraph
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms import report
from tfadvseg.studies.transforms.trials import Trials


@pytest.fixture
def clipped(finish):
    """Attacked at epsilon 8: 10 as it is, 20 behind the clip, 18 behind blur, and as asked for behind JPEG."""

    def make(jpeg: float, **design) -> FinishedRun:
        answers = {cell("net", inference=seen): Answer(60.0) for seen in ("none", "jpeg", "blur")}
        answers[cell("net", CLEAN, inference="clip")] = Answer(59.0)
        for seen, iou in {"none": 10.0, "clip": 20.0, "jpeg": jpeg, "blur": 18.0}.items():
            answers[cell("net", "ifgsm_ll", 8.0, inference=seen)] = Answer(iou)
        answers[cell("net", "ifgsm_ll", 8.0, expected="jpeg", inference="jpeg")] = Answer(12.0)
        design = {"models": ["net"], "transforms": ["jpeg", "blur"], "cross": False} | design
        return finish("transforms", answers, design, name=f"run_{jpeg}_{len(design)}")

    return make


@pytest.mark.parametrize(
    ("jpeg", "design", "expected"),
    [
        (
            20.5,
            {"baseline": "clip"},
            "from 59.0 [59.0, 59.0] to 20.0 [20.0, 20.0] % IoU, on 16 images. The transform "
            "that helps most is JPEG: 20.5 [20.5, 20.5] % against the oblivious attack (+0.5 [+0.5, +0.5] points), "
            "12.0 [12.0, 12.0] % against the adaptive one (-8.0 [-8.0, -8.0]).",
        ),
        (
            19.5,
            {"baseline": "clip"},
            "to 20.0 [20.0, 20.0] % IoU, on 16 images. No transform surely helps against the "
            "oblivious attack: the largest gain, of JPEG, is -0.5 [-0.5, -0.5] points, and -8.0 [-8.0, -8.0] "
            "against the adaptive one.",
        ),
        (
            19.5,
            {},
            "from 60.0 [60.0, 60.0] to 10.0 [10.0, 10.0] % IoU, on 16 images. The transform that helps most is "
            "JPEG: 19.5 [19.5, 19.5] % against",
        ),
    ],
)
def test_the_headline_counts_from_the_clip(clipped, jpeg, design, expected):
    assert expected in report.headline(Trials.of(clipped(jpeg, **design), "net"), "ifgsm_ll", 8.0)


def test_the_clip_has_a_row_of_its_own_and_is_explained(clipped):
    run = clipped(30.0, baseline="clip")
    trials = Trials.of(run, "net")
    assert trials.ends == ("none", "clip", "jpeg", "blur")
    assert report.defense_table(trials, "ifgsm_ll", 8.0).rows[:3] == [
        ["no transform", "60.0", "10.0", "-"],
        ["clip to 0..255", "59.0", "20.0", "-"],
        ["JPEG", "60.0", "30.0", "12.0"],
    ]
    for design, explained in (({"baseline": "clip"}, True), ({}, False)):
        told = report.how_to_read(clipped(31.0, **design))
        assert (Paragraph(report.CLIPPED) in told) == explained
