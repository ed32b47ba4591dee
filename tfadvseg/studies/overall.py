"""What became of every claim of the paper over several runs: merged verdicts, their document and their table."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from tfadvseg.paper import KINDS, PaperClaim
from tfadvseg.paper import claims as paper_claims
from tfadvseg.reports.document import Block, Bullets, ClaimRow, ClaimTable, Document, Heading, Link, Paragraph, Pointers
from tfadvseg.studies.answer import TITLE
from tfadvseg.studies.chapter import Chapter
from tfadvseg.studies.claims import UNMEASURED, Judgement
from tfadvseg.studies.exhibits import pointers

UNJUDGED, NO_RUN, NO_JOB = "needs data or weights that are not here", "not decided by runs", "judged by no job here"
"""Of claims that no run judges."""
WITHOUT_RUNS = ("exact", "argument", "derived")
"""Kinds of those that no run decides."""
NEEDS = {
    "C30": "compares two data sets, and a run has one",
    "C32": "compares two data sets, and a run has one",
    "C94": "needs Cityscapes at two sizes",
    "C95": "compares two data sets, and a run has one",
}
"""What claims need that could otherwise be judged."""
UNDECIDABLE = {
    "C91": "takes people who look at a screen; its stand-in, the signal-to-noise ratio of a perturbation of epsilon "
    "everywhere, follows from epsilon alone and is the same in every run",
}
"""Why no run decides a claim whose kind does not say so."""
EXHIBITED = (
    "Where ours is of each. The paper's own numbers need its weights and its images, so ours have its layout and not "
    "its values."
)


@dataclasses.dataclass(frozen=True)
class Told:
    """A verdict, and the job whose run it is from."""

    job: str
    judgement: Judgement


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of a claim. jobs: those it is from. measured: by each of them, and what is missing."""

    claim: PaperClaim
    verdict: str
    measured: str
    jobs: tuple[str, ...]


def answers(found: Sequence[Told], open_jobs: Mapping[str, Sequence[str]]) -> list[Answer]:
    """Of every claim of the paper, in order. open_jobs: {job that has no results yet: the claims that it answers}."""
    return [
        _answer(
            claim,
            [one for one in found if one.judgement.number == number],
            [job for job, numbers in open_jobs.items() if number in numbers],
        )
        for number, claim in paper_claims().items()
    ]


def _answer(claim: PaperClaim, own: Sequence[Told], waiting: Sequence[str]) -> Answer:
    """What was judged counts before what was not; all who judged it are told."""
    decided = [one for one in own if one.judgement.verdict != UNMEASURED]
    if decided:
        jobs = tuple(dict.fromkeys(one.job for one in decided))
        open_still = [f"not finished: {', '.join(waiting)}"] if waiting else []
        return Answer(claim, _verdict(decided), "; ".join([*map(_measured, decided), *open_still]), jobs)
    jobs = tuple(dict.fromkeys(one.job for one in own))
    if waiting:
        return Answer(claim, UNMEASURED, f"its run is not finished: {', '.join(waiting)}", tuple(waiting))
    if own:
        needs = dict.fromkeys(one.judgement.measured for one in own)
        return Answer(claim, UNMEASURED, "; ".join(needs), jobs)
    if claim.number in NEEDS or claim.kind == "number":
        return Answer(claim, UNJUDGED, NEEDS.get(claim.number, KINDS[claim.kind]), ())
    if claim.number in UNDECIDABLE:
        return Answer(claim, NO_RUN, UNDECIDABLE[claim.number], ())
    return Answer(claim, NO_RUN if claim.kind in WITHOUT_RUNS else NO_JOB, KINDS[claim.kind], ())


def _verdict(own: Sequence[Told]) -> str:
    """One word where all say the same, else whom each is about."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for one in own:
        kinds.setdefault(one.judgement.verdict, {}).setdefault(one.job, []).append(one.judgement.about)
    if len(kinds) == 1:
        return next(iter(kinds))
    return " | ".join(f"{kind} ({_subjects(who)})" for kind, who in kinds.items())


def _subjects(who: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{job}: {', '.join(about)}" for job, about in who.items())


def _measured(one: Told) -> str:
    return f"{one.job}: {one.judgement.about}: {one.judgement.measured}"


def counted(found: Sequence[Answer]) -> str:
    """How many claims have which verdict, in words; those on which runs, networks or parts differ are one
    kind."""
    kinds: dict[str, int] = {}
    for one in found:
        kind = "other from run to run or part to part" if " | " in one.verdict or ": " in one.verdict else one.verdict
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


def index(
    title: str,
    about: str,
    chapters: Sequence[Chapter],
    found: Sequence[Answer],
    short: Sequence[str] = (),
    account: Sequence[Block] = (),
) -> Document:
    """index.md. about: dataset, photographs and networks in a sentence. short: what all of it answers. account: what it
    took, and of what it was made."""
    opening = [Bullets(short, TITLE)] if short else []
    blocks: list[Block] = [Paragraph(about), *opening, Heading("Jobs")]
    for one in chapters:
        blocks += [Heading(one.name, 3), Paragraph(f"{one.asks} {one.told}")]
        blocks += [Bullets(one.answers)] if one.answers else []
        blocks += [Link(f"Results of {one.name}", one.results)] if one.results else []
    blocks += [Heading("Tables and figures of the paper"), Paragraph(EXHIBITED), Pointers(pointers(chapters))]
    blocks += [Heading("Verdicts"), Paragraph(f"{counted(found)}.")]
    rows = [ClaimRow(one.claim.number, one.claim.statement, one.verdict, one.measured) for one in found]
    blocks.append(ClaimTable("over all jobs", "the photographs of each job, which its own report names", rows))
    return Document(title, [*blocks, *account])


COLUMNS = (
    "number",
    "section",
    "statement",
    "verdict",
    "job",
    "about",
    "tested",
    "own_verdict",
    "measured",
    "images",
    "groups",
)


def rows(found: Sequence[Answer], told: Sequence[Told]) -> list[dict[str, object]]:
    """For claims.csv: a row a claim and who judged it, or one alone where nobody did. verdict: that of all together."""
    by_number: dict[str, list[Told]] = {}
    for one in told:
        by_number.setdefault(one.judgement.number, []).append(one)
    return list(itertools.chain.from_iterable(_rows(one, by_number.get(one.claim.number, [])) for one in found))


def _rows(one: Answer, told: Sequence[Told]) -> list[dict[str, object]]:
    claim = one.claim
    same: dict[str, object] = {
        "number": claim.number,
        "section": claim.section,
        "statement": claim.statement,
        "verdict": one.verdict,
    }
    if not told:
        return [same | dict.fromkeys(COLUMNS[4:8], "") | {"measured": one.measured, "images": "", "groups": ""}]
    return [
        same
        | {
            "job": each.job,
            "about": each.judgement.about,
            "tested": each.judgement.statement,
            "own_verdict": each.judgement.verdict,
            "measured": each.judgement.measured,
            "images": each.judgement.images,
            "groups": each.judgement.groups,
        }
        for each in told
    ]
