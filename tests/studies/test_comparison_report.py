"""What is said of networks that were attacked: what each keeps at most, and which can be told apart."""

import dataclasses

from made_up import IMAGES, OPPOSITE, Answer, cell

from tfadvseg.reports.cells import white_box
from tfadvseg.reports.document import Bullets, Paragraph
from tfadvseg.studies.robustness.report import comparison_part, document, summary
from tfadvseg.studies.run import FinishedRun


def said(run: FinishedRun) -> list[str]:
    """The opening, then a sentence for the network that keeps most against each other one."""
    opening, *pairs = comparison_part(run, white_box(run.table))
    assert isinstance(opening, Paragraph) and all(isinstance(block, Bullets) for block in pairs)
    return [opening.text, *(item for block in pairs for item in block.items)]


def attacked(**ious) -> dict:
    """{network: its IoU under FGSM at epsilon 8} of clean 50."""
    return {cell(name): Answer(50.0) for name in ious} | {cell(n, "fgsm", 8.0): Answer(iou) for n, iou in ious.items()}


def test_networks_are_told_by_their_own_worst_attack(robustness):
    run = robustness()
    assert said(run) == [
        "At epsilon 8 the worst of these 2 attacks on each network leaves of the clean IoU, on 16 images: a 20.0 "
        "[20.0, 20.0] % (Iterative FGSM ll); a+crf 30.0 [30.0, 30.0] % (Iterative FGSM ll). A stronger attack, or "
        "one chosen for each image (below), may leave less, so networks keep at most this.",
        "a+crf keeps more than a: +10.0 [+10.0, +10.0] points.",
    ]
    for told in (document(run, [], []), summary(run)):
        assert [block for block in comparison_part(run, white_box(run.table)) if block not in told.blocks] == []


def test_the_worst_attack_is_named_for_each_network(finish):
    ious = {"a": {"fgsm": 10.0, "ifgsm": 15.0}, "b": {"fgsm": 20.0, "ifgsm": 12.5}}
    answers = {cell(model): Answer(50.0) for model in ious}
    answers |= {cell(m, a, 8.0): Answer(iou) for m, attacks in ious.items() for a, iou in attacks.items()}
    opening, pair = said(finish("robustness", answers, {}))
    assert "on 16 images: a 20.0 [20.0, 20.0] % (FGSM); b 25.0 [25.0, 25.0] % (Iterative FGSM). A stronger" in opening
    assert pair == "b keeps more than a: +5.0 [+5.0, +5.0] points."


def test_of_one_attack_no_worst_is_said(finish):
    (opening,) = said(finish("robustness", attacked(a=10.0), {}))
    assert opening.startswith(
        "At epsilon 8 the attack leaves of the clean IoU, on 16 images: a 20.0 [20.0, 20.0] % (FGSM). A stronger"
    )


def test_networks_whose_interval_holds_0_cannot_be_told_apart(finish):
    """c has 0.2 points more than b on one half of the images, and as much less on the other; a has 5 less."""
    run = finish("robustness", attacked(c=12.51 + 0.2 * OPPOSITE, a=10.0, b=12.5), {})
    _, clear, close = said(run)
    assert clear.startswith("c keeps more than a: +5.0 [+4.") and clear.endswith("] points.")
    assert close.startswith("c and b cannot be told apart on these images: +0.0 [-0.") and close.endswith("] points.")


SURER = (
    "networks keep at most this. Below, intervals of differences are of 98.33 %, since any two of the 3 networks might "
    "have been compared."
)


def test_the_interval_that_decides_is_told_and_its_level_once(finish):
    """The same difference is told apart from one other network and not among three."""
    more = 12.5 + 0.25 * OPPOSITE
    alone = finish("robustness", attacked(a=10.0, b=12.5, c=more + 0.16), {}, name="three")
    opening, _, close = said(alone)
    assert opening.endswith(SURER) and "%" not in close
    assert close.startswith("c and b cannot be told apart on these images: +0.3 [-0.0, ")
    pair = said(finish("robustness", attacked(b=12.5, c=more + 0.16), {}, name="two"))
    assert pair[0].endswith("keep at most this.") and pair[1].startswith("c keeps more than b: +0.3 [+0.0, ")


def test_of_alike_images_no_network_is_told_apart(finish):
    run = finish("robustness", attacked(a=10.0, b=12.5), {})
    alike = dataclasses.replace(run, results=dataclasses.replace(run.results, groups=("drive",) * IMAGES))
    opening, pair = said(alike)
    assert "on 16 images in 1 group of alike ones: a 20.0 % (FGSM); b 25.0 % (FGSM)." in opening
    assert pair == "b and a cannot be told apart on these images: +5.0 points."


def test_of_alike_images_no_level_is_told(finish):
    """There are no intervals."""
    run = finish("robustness", attacked(a=10.0, b=12.5, c=13.0), {})
    alike = dataclasses.replace(run, results=dataclasses.replace(run.results, groups=("drive",) * IMAGES))
    assert said(alike)[0].endswith("keep at most this.")


def test_attacks_that_find_their_own_norm_are_not_compared(finish):
    answers = attacked(a=10.0, b=12.5) | {cell("a", "smallest", None): Answer(1.0)}
    assert "a 20.0 [20.0, 20.0] % (FGSM)" in said(finish("robustness", answers, {}))[0]
    alone = {cell("a"): Answer(50.0), cell("a", "smallest", None): Answer(1.0)}
    found = said(finish("robustness", alone, {}, name="alone"))
    assert found == ["No network was attacked within a given epsilon."]


def test_a_network_without_a_gradient_is_told_apart(finish):
    answers = attacked(a=10.0) | {cell("labels"): Answer(50.0), cell("labels", "fgsm", 8.0, source="a"): Answer(40.0)}
    run = finish("robustness", answers, {})
    opening, shown = said(run)
    assert "labels" not in opening and shown == (
        "labels cannot be attacked by its own gradient; of what was made on a, FGSM leaves it 80.0 [80.0, 80.0] %, "
        "which says little of attacks on itself."
    )


def test_how_models_of_another_origin_were_read_stands_in_the_report(finish):
    run = finish("robustness", attacked(a=10.0), {})
    read = dataclasses.replace(run, settings={**run.settings, "readings": {"a": "logits of 'y', rgb"}})
    parts = [block for block in document(read, [], []).blocks if isinstance(block, Bullets)]
    assert any(block.items == ["a: logits of 'y', rgb"] and "were read" in block.heading for block in parts)
