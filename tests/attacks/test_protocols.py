"""The named protocols say what their sources say."""

from tfadvseg.attacks import EPSILONS
from tfadvseg.attacks.protocols import PROTOCOLS, Defaults
from tfadvseg.attacks.steps import iterations


def test_the_papers_protocol():
    """Section 4: the network's own prediction, steps of 1, as many as Kurakin et al. take, no clip to the range."""
    paper = PROTOCOLS["arnab2018"]
    assert (paper.labels, paper.in_range, paper.start, paper.alpha) == ("prediction", False, "zero", 1.0)
    assert [paper.steps_at(e) for e in EPSILONS] == [iterations(e) for e in EPSILONS] == [1, 1, 2, 3, 5, 10, 20, 36]
    assert str(paper) == (
        "away from the network's own prediction, min(epsilon + 4, ceil(1.25 epsilon)) steps of 1 grey level from the "
        "image itself, images not kept within 0..255"
    )


def test_the_protocol_of_the_literature():
    later = PROTOCOLS["literature"]
    assert later == Defaults("ground_truth", True, "uniform", 2.55, 20) and later.steps_at(1.0) == 20
    assert str(later) == (
        "away from the ground truth, 20 steps of 2.55 grey levels from random noise in the ball, images kept within "
        "0..255"
    )
