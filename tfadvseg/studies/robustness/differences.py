"""What is told of pairs of networks: in short, and a table of all of them."""

from collections.abc import Sequence

import numpy as np

from tfadvseg.reports.document import Block, Bullets, Heading, Paragraph, Table
from tfadvseg.runs.results import images_text
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.pairs import Pair

CLOSEST = 3
"""Undecided pairs that have a sentence each."""


def differences_part(found: Sequence[Pair], evidence: Evidence) -> list[Block]:
    """How many pairs differ, and what would decide those next to it; nothing of one network or one group."""
    if not found or evidence.units < 2:
        return []
    differ = [pair for pair in found if pair.differs]
    open_ones = sorted((pair for pair in found if not pair.differs), key=lambda pair: pair.needed)
    told = (
        f"{_how_many(len(differ), len(found))} by an interval of {found[0].level:.4g} %{_asked(len(found))} each "
        f"network under its worst attack, on {images_text(evidence.images, evidence.units)}. "
        f"{_flips(evidence.units, len(found))}"
    )
    blocks: list[Block] = [Heading("Which networks differ"), Paragraph(told)]
    if open_ones:
        left = f" The {CLOSEST} closest:" if len(open_ones) > CLOSEST else ""
        blocks.append(
            Paragraph(
                "Below stands at how many groups of images that interval would exclude 0, were the truth what was "
                "measured and further groups as different as these: it shortens as one over the square root of their "
                "number, and by Student's t. As chance may fall on either side, an experiment of that size decides in "
                f"about half of the cases.{left}"
            )
        )
        blocks.append(Bullets([needed_text(pair, evidence) for pair in open_ones[:CLOSEST]]))
    return blocks


def needed_text(pair: Pair, evidence: Evidence) -> str:
    """A sentence on what an undecided pair would take."""
    difference = evidence.format(pair.difference, "+.1f")
    names = f"{pair.more} less {pair.less}, {difference} points"
    if not np.isfinite(pair.needed):
        return f"{names}: more groups than a million."
    return f"{names}: {pair.needed:,.0f} groups in place of {evidence.units}."


def all_pairs_part(found: Sequence[Pair], evidence: Evidence) -> list[Block]:
    """The table of all pairs; nothing where there is none."""
    if not found or evidence.units < 2:
        return []
    told = (
        "Points of IoU ratio that the first keeps beyond the second, with intervals of 95 %, each by itself; p by "
        "Student's t over groups of images, the same corrected for all pairs (Holm), and by sign flips (not "
        f"corrected); the groups at which an interval of {found[0].level:.4g} %, by Student's t, would exclude 0."
    )
    rows = [
        [
            pair.more,
            pair.less,
            evidence.format(pair.difference, "+.1f"),
            _p(pair.p),
            _p(pair.corrected),
            _p(pair.flips),
            "yes" if pair.differs else "no",
            f"{pair.needed:,.0f}" if np.isfinite(pair.needed) else "-",
        ]
        for pair in found
    ]
    header = ["Keeps more", "Than", "Difference", "p", "p (Holm)", "p (flips)", "Differ", "Groups needed"]
    return [Heading("All pairs of networks"), Paragraph(told), Table(header, rows, labels=2)]


def _how_many(differ: int, of: int) -> str:
    if of == 1:
        return f"The two networks {'differ' if differ else 'cannot be told apart'}"
    verb = "differs" if differ == 1 else "differ"
    return f"Of {of} pairs of networks {differ or 'none'} {verb}"


def _tests(count: int) -> str:
    return "one test" if count == 1 else f"{count} tests"


def _asked(tests: int) -> str:
    return "," if tests == 1 else f", as sure as {tests} tests ask for,"


def _flips(units: int, tests: int) -> str:
    """What a test that assumes no shape of the differences could say at best."""
    least = 2.0 ** (1 - units)
    if least * tests < 0.05:
        return "A test by sign flips, which takes no shape of the differences for granted, is beside it in the table."
    return (
        f"A test by sign flips, which takes no shape of the differences for granted, cannot decide on {units} groups: "
        f"its p, two-sided, is never below 2 / 2^{units} = {least:.2g}, where {_tests(tests)} "
        f"ask{'s' if tests == 1 else ''} for {0.05 / tests:.2g} of the surest."
    )


def _p(value: float) -> str:
    return "-" if np.isnan(value) else "below 0.001" if value < 0.001 else f"{value:.3f}"
