"""A finished run in a few sentences: what it answers, what makes that mean less, and how sure it is."""

from collections.abc import Sequence

from tfadvseg.reports.document import Bullets
from tfadvseg.runs.results import images_text
from tfadvseg.studies.run import FinishedRun

LISTED = 3
"""Things of which each has a sentence or a number of its own; of more, a sentence says where the others are."""
TITLE = "In short"


def answer_part(run: FinishedRun, found: Sequence[str]) -> Bullets:
    """At most five sentences. found: those of the study, at most LISTED."""
    return Bullets([*found, doubt(run), sureness(run)], TITLE)


def listed(sentences: Sequence[str], what: str) -> list[str]:
    """At most LISTED of them. what: what each is about, in the plural."""
    if len(sentences) <= LISTED:
        return list(sentences)
    return [*sentences[: LISTED - 1], f"There are {len(sentences) - LISTED + 1} more {what}, of which the rest tells."]


def doubt(run: FinishedRun) -> str:
    """What makes the numbers mean less, the first of it in its own words."""
    if not run.doubts:
        return "No warning came up while it ran."
    first, count = run.doubts[0], len(run.doubts)
    return f"The run warns: {first}" if count == 1 else f"There are {count} warnings, of which the first is: {first}"


def sureness(run: FinishedRun) -> str:
    """How many images all of it rests on."""
    images, units = run.evidence.images, run.evidence.units
    on = images_text(images, units)
    if units < 2:
        return f"All of it rests on {on}, so there are no intervals and nothing is decided."
    return (
        f"All of it rests on {on}; in brackets are intervals for other images like these, of 95 % or, of differences "
        "among several, surer ones."
    )
