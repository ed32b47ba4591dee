"""What is told of models that may mask their gradient: a verdict and its grounds for each, and what attacks left."""

import pathlib
from collections.abc import Sequence

from tfadvseg.reports.cells import subject
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.studies.answer import listed
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.masking.names import Battery
from tfadvseg.studies.masking.verdict import Suspect, masking
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.signs import opening
from tfadvseg.studies.study import Report, warnings_part

TABLE = (
    "IoU under attack in per cent of the same model's clean IoU, with the 95 % interval of a bootstrap over images; "
    "alike images are drawn as one. Each model is attacked by its own gradients, but for the rows that name another."
)


def suspects(run: FinishedRun) -> list[Suspect]:
    """The models of a run, in their order."""
    battery = run.designed(Battery)
    return [Suspect(run.evidence, name, battery, run.starts) for name in dict.fromkeys(run.table["model"])]


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """Nothing: the verdict is in words."""
    del run, folder
    return []


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """The verdicts, then the table."""
    del judgements, shown
    told = summary(run)
    return Document(
        told.title, [*told.blocks[:-1], *warnings_part(run), Heading("IoU ratio"), Paragraph(TABLE), table(run)]
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


def table(run: FinishedRun) -> Table:
    """A row an attack, a column a model."""
    battery, everyone = run.designed(Battery), suspects(run)
    form = run.evidence.format
    clean = [form(run.evidence.iou(model=suspect.name, attack="clean"), least=0.0) for suspect in everyone]
    rows = [["Clean IoU", *clean], [f"{battery.plain} at epsilon {battery.epsilon:g}"]]
    rows[1] += [form(suspect.plain, least=0.0) for suspect in everyone]
    for source in everyone if len(everyone) > 1 else ():
        lefts = [
            form(suspect.left(battery.plain, battery.epsilon, source.name), least=0.0) if source != suspect else "-"
            for suspect in everyone
        ]
        rows.append([f"the same made on {source.name}", *lefts])
    for one in battery.tries:
        lefts = [form(s.left(one.name, one.epsilon), least=0.0) if one in s.tries else "-" for s in everyone]
        rows.append([one.what.rstrip(","), *lefts])
    return Table(["Attack", *(suspect.name for suspect in everyone)], rows)


REPORT = Report(draw, document, summary, answer)
