"""Adaptive attacks on networks behind transforms beside the paper's, in the layout of Table 2."""

from collections.abc import Sequence

from tfadvseg.reports.document import Block, Heading, Table
from tfadvseg.reports.numbers import number
from tfadvseg.reports.titles import attack_title, dataset_title, network_title, transform_title
from tfadvseg.runs.results import CLEAN, NONE
from tfadvseg.studies import beside
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.trials import Trials

ATTACK, NETWORK = "ifgsm_ll", "deeplab_v2_multiscale"
"""Those of Table 2."""
TOLD = (
    "IoU in per cent, not its ratio, the mean over the trials: a row is the transform before the network, a column the "
    "one that the attack is adapted to. The clean IoU of the paper's network is {clean:.1f} %; here {here}."
)


def beside_part(run: FinishedRun, found: Sequence[Trials]) -> list[Block]:
    """A table for each network of the paper's that was tried under the attack of Table 2, with any transform of it.
    found: networks under that attack."""
    forms, dataset = beside.printed_forms(run), run.results.cells[0].dataset
    fitting = [one for one in found if one.model in forms and _in_table_2(one)]
    if not fitting or not beside.attacks_of(run.settings, [ATTACK]):
        return []
    clean = {one.model: float(one.iou(CLEAN, 0.0, NONE, NONE)[0]) for one in fitting}
    told = TOLD.format(
        clean=beside.retrained()[NETWORK],
        here=", ".join(f"that of {model} {number(iou)} %" for model, iou in clean.items()),
    )
    blocks: list[Block] = [Heading(beside.TITLE), beside.told(told)]
    for one in fitting:
        title = f"{network_title(forms[one.model])} ({one.model}), {attack_title(ATTACK)}, with Table 2 of the paper"
        blocks += [Heading(title, 3), crossed_table(one, dataset)]
    return blocks


def _in_table_2(trials: Trials) -> bool:
    """Whether the network was tried at its epsilon, and behind any of its transforms."""
    order = {seen for seen, _ in beside.behind_transforms()}
    return trials.has(ATTACK, beside.EPSILON, NONE, NONE) and bool(order & set(trials.transforms))


def crossed_table(trials: Trials, dataset: str) -> Table:
    """Table 2's rows and columns; below each row of the network here that of the paper."""
    printed, rows = beside.behind_transforms(), list[beside.Row]()
    order = dict.fromkeys(seen for seen, _ in printed)
    for seen in order:
        own = {
            expected: number(trials.at(ATTACK, beside.EPSILON, expected, seen)[0])
            for expected in order
            if trials.has(ATTACK, beside.EPSILON, expected, seen)
        }
        theirs = {expected: number(printed[seen, expected]) for expected in order}
        rows.append((f"{transform_title(seen)}, {trials.model} here on {dataset_title(dataset)}", own))
        rows.append((f"{transform_title(seen)}, {beside.printed(NETWORK)}", theirs))
    return beside.table("Before the network \\ adapted to", {name: transform_title(name) for name in order}, rows)
