"""What a programme answers whoever is to deploy a network, from its finished jobs.

Which network, where each breaks, whether a defense holds, what masks its gradient, and how sure all of that is.
"""

from collections.abc import Callable, Mapping

from tfadvseg.reports.cells import white_box
from tfadvseg.runs.results import images_text
from tfadvseg.studies import crf, masking, transforms
from tfadvseg.studies.robustness.answer import broken, envelopes_of, keeping, limits
from tfadvseg.studies.run import FinishedRun

WHITE_BOX, OVER_SCALES, NEWER, DEFENSES, CRFS, MASKS = (
    "robustness",
    "multiscale",
    "modern",
    ("transform_transfer", "transforms"),
    ("crf", "crf_added"),
    "masking",
)
"""Jobs of a programme."""


def recommendation(runs: Mapping[str, FinishedRun]) -> list[str]:
    """Five answers, of a few sentences each. runs: {name of a job: its run}, of those that are finished."""
    defended = next((name for name in DEFENSES if name in runs), DEFENSES[0])
    return [
        f"Which network to deploy: {_told(runs, WHITE_BOX, keeping)}{_over_scales(runs)}{_newer(runs)}",
        f"Where each breaks: {_told(runs, WHITE_BOX, _breaks)}",
        f"Defenses: {_told(runs, defended, transforms.STUDY.report().answer)}",
        f"Masked gradients: {_masked(runs)}",
        f"How sure: {_sure(runs)}",
    ]


def _told(runs: Mapping[str, FinishedRun], job: str, say: Callable[[FinishedRun], list[str]]) -> str:
    """What is said of a job's run, or that there is none."""
    if job not in runs:
        return f"Not known, since {job} is not finished."
    return " ".join(say(runs[job])) or f"Not known: {job} says nothing of it."


def _breaks(run: FinishedRun) -> list[str]:
    """Of every network, however many there are."""
    found = envelopes_of(run)
    return broken(found, limits(run), most=len(found))


def _over_scales(runs: Mapping[str, FinishedRun]) -> str:
    """The same where a network over scales is among them."""
    found = keeping(runs[OVER_SCALES])[:1] if OVER_SCALES in runs else []
    return f" With one over scales among them: {found[0]}" if found else ""


def _newer(runs: Mapping[str, FinishedRun]) -> str:
    """What newer attacks leave, of the networks that they were tried on."""
    found = keeping(runs[NEWER])[:1] if NEWER in runs else []
    return f" By newer attacks, on {_number(runs[NEWER])}: {found[0]}" if found else ""


def _number(run: FinishedRun) -> str:
    count = len(white_box(run.table)["model"].unique())
    return f"{count} of the networks" if count > 1 else "one network"


def _masked(runs: Mapping[str, FinishedRun]) -> str:
    """By networks themselves, and by their CRFs."""
    found = [_told(runs, MASKS, masking.STUDY.report().answer)]
    found += [sentence for name in CRFS if name in runs for sentence in crf.STUDY.report().answer(runs[name])]
    return " ".join(dict.fromkeys(found))


def _sure(runs: Mapping[str, FinishedRun]) -> str:
    """On how many images each job rests, and which of them warn of something."""
    if not runs:
        return "Nothing is finished."
    jobs: dict[str, list[str]] = {}
    for name, run in runs.items():
        jobs.setdefault(images_text(run.evidence.images, run.evidence.units), []).append(name)
    rests = "; ".join(f"{', '.join(names)} on {images}" for images, names in jobs.items())
    doubted = [name for name, run in runs.items() if run.doubts]
    warns = f" Warnings came up in {', '.join(doubted)}." if doubted else " No warning came up."
    return (
        f"Numbers rest on these photographs: {rests}. In brackets are intervals for other images like these, of 95 % "
        f"or, of differences among several, surer ones; what has none decides nothing.{warns}"
    )
