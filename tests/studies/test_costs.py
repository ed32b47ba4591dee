"""What more work buys, of made-up attacks that differ in what they take and in what they leave."""

import dataclasses

import numpy as np
from made_up import Answer, cell, results

from tfadvseg.reports.document import Table
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.costs import bought, cost_part, frontier, together
from tfadvseg.studies.robustness.envelope import Envelope
from tfadvseg.studies.robustness.figures import cost_figure, drawings, envelope_figure

COSTS = {
    cell("net"): (80.0, (0, 0, 0)),
    cell("net", "fgsm", 8.0): (40.0, (1, 0, 0)),
    cell("net", "ifgsm", 8.0): (20.0, (10, 0, 0)),
    cell("net", "slow", 8.0): (24.0, (100, 0, 0)),
    cell("net", "square", 8.0): (60.0, (0, 0, 500)),
    cell("net", "apgd_ce", 8.0): (16.0, (300, 3, 0)),
    cell("net", "own", None): (0.0, (50, 0, 0)),
    cell("net", "fgsm", 4.0): (48.0, (1, 0, 0)),
    cell("net", "fgsm", 8.0, source="other"): (4.0, (1, 0, 0)),
}
"""{cell: (IoU, gradients, forward passes and queries of an image)}."""


def made(epsilons=(4.0, 8.0), counted=True) -> Envelope:
    """The attack that looks for its own norm stays within 8 on a half of the images."""
    measured = results({one: Answer(iou) for one, (iou, _) in COSTS.items()})
    linf = np.array([np.full(len(measured.ids), c.epsilon or 0.0) for c in measured.cells])
    linf[6] = np.arange(len(measured.ids)) % 2 * 20 + 5
    alone = np.array([cost for _, cost in COSTS.values()], float)
    measured = dataclasses.replace(measured, linf=linf, **({"alone": alone} if counted else {}))
    return Envelope(Evidence(measured), "net", epsilons)


def test_attacks_on_the_network_itself_are_ranked_by_their_work():
    found = bought(made(), 8.0)
    assert [(one.attack, one.work, round(float(one.ratio[0]), 6)) for one in found] == [
        ("fgsm", 1, 50),
        ("ifgsm", 10, 25),
        ("own", 50, 50),
        ("slow", 100, 30),
        ("square", 250, 75),
        ("apgd_ce", 301.5, 20),
    ]
    assert [one.attack for one in found if one.black_box] == ["square"]


def test_the_frontier_has_what_leaves_less_than_everything_cheaper():
    assert [one.attack for one in frontier(bought(made(), 8.0))] == ["fgsm", "ifgsm", "apgd_ce"]
    assert frontier([]) == []


def test_of_equal_work_the_one_that_leaves_less_is_kept():
    one, other = bought(made(), 8.0)[:2]
    dearer = dataclasses.replace(one, gradients=10.0)
    assert frontier([dearer, other]) == [other] == frontier([other, dearer])


def test_the_table_and_what_is_said_of_it():
    heading, told, table, _, sums = cost_part([made()], 8.0)
    assert heading.text == "What more gradients buy" and "At epsilon 8" in told.text
    assert isinstance(table, Table) and table.rows[-1] == [
        "net",
        "APGD-CE",
        "300",
        "3",
        "0",
        "301.5",
        "20.0 [20.0, 20.0]",
    ]
    assert isinstance(sums, Table) and sums.rows[1] == ["net", "2", "10.0", "11.0", "25.0 [25.0, 25.0]"]


def test_together_attacks_leave_the_worst_choice_of_an_image():
    """The one of its own norm leaves nothing, but only where it stays within the epsilon."""
    found = together(made(), 8.0)
    assert [(one.dearest, one.attacks, one.work) for one in found] == [
        (1, 1, 1),
        (10, 2, 11),
        (50, 3, 61),
        (100, 4, 161),
        (250, 5, 411),
        (301.5, 6, 712.5),
    ]
    ratios = [float(one.ratio[0]) for one in found]
    np.testing.assert_allclose(ratios, [50, 25, 12.5, 12.5, 12.5, 10])


def test_of_a_run_that_did_not_count_nothing_is_said():
    old = made(counted=False)
    assert cost_part([old], 8.0) == [] and [one.name for one in drawings([old], 8.0, "")] == ["worst_case"]


def test_the_figures_show_the_frontier_and_the_envelope():
    found = [made()]
    assert [one.name for one in drawings(found, 8.0, "")] == ["worst_case", "what_gradients_buy"]
    assert drawings([], 8.0, "") == []
    assert [one.name for one in drawings([made((8.0,))], 8.0, "")] == ["what_gradients_buy"]
    (axes,) = cost_figure(found, 8.0, "made up").axes
    steps, summed, *points = axes.get_lines()
    assert summed.get_xdata()[-1] == 712.5 and summed.get_ydata()[0] == 50
    assert steps.get_xydata()[[0, 1, 2, -1]].tolist() == [[1, 50], [10, 25], [301.5, 20], [712.5, 20]]
    hollow = [line.get_xdata()[0] for line in points if line.get_markerfacecolor() == "white"]
    assert hollow == [250] and axes.get_xscale() == "log"
    (axes,) = envelope_figure(found, "made up").axes
    worst = max(axes.get_lines(), key=lambda line: line.get_linewidth())
    assert worst.get_xydata().tolist() == [[4, 60], [8, 2.5]]
    thin = {tuple(line.get_xdata()): list(line.get_ydata()) for line in axes.get_lines() if line.get_linewidth() == 1.0}
    np.testing.assert_allclose(thin[(4.0, 8.0)], [60, 50])
