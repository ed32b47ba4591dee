"""What is told of models that may mask their gradient: a verdict and its grounds for each, and what attacks left."""

import functools
import pathlib
from collections.abc import Sequence

from tfadvseg.reports.cells import subject
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import Drawing, pictures, save_drawings
from tfadvseg.studies.answer import listed
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.masking.figures import Row, doubts_figure
from tfadvseg.studies.masking.names import Battery
from tfadvseg.studies.masking.verdict import Suspect, masking
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.signs import opening
from tfadvseg.studies.study import Report, warnings_part

TABLE = (
    "IoU under attack in per cent of the same model's clean IoU, with the 95 % interval of a bootstrap over images; "
    "alike images are drawn as one. Each model is attacked by its own gradients, but for the rows that name another."
)

ALT = "IoU ratio of each model under the attack that is doubted and under all that doubt it"


def suspects(run: FinishedRun) -> list[Suspect]:
    """The models of a run, in their order."""
    battery = run.designed(Battery)
    return [Suspect(run.evidence, name, battery, run.starts) for name in dict.fromkeys(run.table["model"])]


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """What each attack leaves of each model."""
    return save_drawings(drawings(run), folder)


def drawings(run: FinishedRun) -> list[Drawing]:
    """doubts."""
    make = functools.partial(doubts_figure, run, [suspect.name for suspect in suspects(run)], rows(run))
    return [Drawing("doubts", ALT, make)]


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """The verdicts, then the table, and the same drawn."""
    del judgements
    told = summary(run)
    drawn = pictures(drawings(run), shown)
    return Document(
        told.title,
        [*told.blocks[:-1], *warnings_part(run), Heading("IoU ratio"), Paragraph(TABLE), table(run), *drawn],
    )


def summary(run: FinishedRun) -> Document:
    """The same without warnings."""
    blocks: list[Block] = []
    for suspect in suspects(run):
        found = masking(suspect)
        blocks += [Heading(suspect.name), Paragraph(found.opening), Bullets(found.grounds)]
    return Document(f"Masked gradients, {subject(run.table)}", [*blocks, table(run)])


def answer(run: FinishedRun) -> list[str]:
    """The verdict on each model, with its number where the attack was weak; what to beware of first."""
    found = sorted(((masking(one), one.name) for one in suspects(run)), key=lambda pair: pair[0].gravity)
    told = [one.opening if one.weak else opening(run.evidence, name, one.found) for one, name in found if one.found]
    return listed(told, "models")


def rows(run: FinishedRun) -> list[Row]:
    """IoU ratios under the attack that is doubted, first, and under all that doubt it; None of a model that an attack
    was not tried on."""
    battery, everyone = run.designed(Battery), suspects(run)
    found: list[Row] = [(f"{battery.plain} at epsilon {battery.epsilon:g}", [suspect.plain for suspect in everyone])]
    for source in everyone if len(everyone) > 1 else ():
        lefts = [
            suspect.left(battery.plain, battery.epsilon, source.name) if source != suspect else None
            for suspect in everyone
        ]
        found.append((f"the same made on {source.name}", lefts))
    for one in battery.tries:
        lefts = [s.left(one.name, one.epsilon) if one in s.tries else None for s in everyone]
        found.append((one.what.rstrip(","), lefts))
    return found


def table(run: FinishedRun) -> Table:
    """A row an attack, a column a model."""
    everyone, form = suspects(run), run.evidence.format
    clean = [form(run.evidence.iou(model=suspect.name, attack="clean"), least=0.0) for suspect in everyone]
    told = [
        [attack, *("-" if left is None else form(left, least=0.0) for left in lefts)] for attack, lefts in rows(run)
    ]
    return Table(["Attack", *(suspect.name for suspect in everyone)], [["Clean IoU", *clean], *told])


REPORT = Report(draw, document, summary, answer)
