"""What is drawn and told of transfer: Tables 1 and 17 to 20 and Figures 17 and 18 of the paper."""

import pathlib
from collections.abc import Sequence

import numpy as np

from tfadvseg.reports.cells import in_order_of_the_paper, subject
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import pictures, save_drawings
from tfadvseg.reports.tables import own_norm_part
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.answer import listed
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, claims_part, warnings_part
from tfadvseg.studies.transfer.beside import beside_part
from tfadvseg.studies.transfer.figures import bar_drawing, matrix_drawing
from tfadvseg.studies.transfer.matrix import Matrix, between_rows, matrices, next_strongest
from tfadvseg.studies.transfer.names import TransferDesign

HOW_TO_READ = (
    "IoU ratio: the IoU of the network of the row on examples that were made on the network of the column, in per cent "
    "of its own clean IoU. White-box cells are in parentheses; of the others in a row the lowest is marked, which is "
    "the strongest attack from outside. In square brackets the 95 % interval of a bootstrap over images, clean and "
    "attacked ones resampled together; alike images are drawn as one."
)
BETWEEN_ROWS = (
    "The second table of an attack compares rows: points of IoU ratio that the network of the row keeps beyond that of "
    "the column, the mean over the sources that are foreign to both, or over all sources where there is none. Both are "
    "shown the same perturbations of the same images. Its intervals are of {level:.4g} %, since any two of the "
    "networks might have been compared; those that exclude 0 are marked."
)


def ordered(run: FinishedRun) -> list[Matrix]:
    """In the paper's order of the attacks."""
    found = {matrix.attack: matrix for matrix in matrices(run)}
    return [found[attack] for attack in in_order_of_the_paper(found)]


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """transfer_matrix, and transfer_<attack> where there is more than one epsilon to draw."""
    found = ordered(run)
    drawings = [matrix_drawing(found, run), *(bar_drawing(one, run) for one in found)] if found else []
    return save_drawings(drawings, folder)


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """A matrix and its tests for each attack, then the claims."""
    found = ordered(run)
    opening = [Bullets([headline(one) for one in found])] if found else []
    blocks: list[Block] = [*opening, *warnings_part(run), *kept_part(run)]
    if found:
        blocks += [Heading("How to read the tables"), *map(Paragraph, how_to_read(found[0]))]
        blocks += pictures([matrix_drawing(found, run)], shown)
    for one in found:
        blocks += [Heading(_title(one)), matrix_table(one, with_intervals=True)]
        blocks += [*strongest_part(one), *rows_part(one)]
        blocks += pictures([bar_drawing(one, run)], shown)
    blocks += beside_part(run, found)
    return Document(_subject(run), [*blocks, *own_norm_part(run.table), *claims_part(judgements)])


def kept_part(run: FinishedRun) -> list[Block]:
    """How perturbations that an earlier run kept were made, sources that were attacked alike together."""
    sources: dict[tuple[str, ...], list[str]] = {}
    for name, told in run.designed(TransferDesign).kept.items():
        sources.setdefault(told, []).append(name)
    return [
        Bullets(list(told), heading=f"How perturbations were made earlier on {', '.join(names)}")
        for told, names in sources.items()
    ]


def summary(run: FinishedRun) -> Document:
    """The matrices."""
    blocks: list[Block] = []
    for one in ordered(run):
        blocks += [Paragraph(headline(one)), matrix_table(one, with_intervals=False)]
    how = [Paragraph("In parentheses white-box; * the strongest of the others in a row.")] if blocks else []
    return Document(f"IoU ratio (% of clean IoU), {_subject(run)}", [*how, *blocks, *own_norm_part(run.table)])


def how_to_read(matrix: Matrix) -> list[str]:
    """What the numbers mean, a paragraph each."""
    differences = between_rows(matrix)
    return [HOW_TO_READ, *(BETWEEN_ROWS.format(level=one.level) for one in differences[:1])]


def headline(matrix: Matrix) -> str:
    """What attacks leave a network on average, its own and those from outside."""
    evidence = matrix.evidence
    foreign = [matrix.ratio(source, row) for row in matrix.rows for source in matrix.foreign(row)]
    own = [matrix.ratio(row, row) for row in matrix.white_box]
    told = f"{attack_title(matrix.attack)} at epsilon {matrix.epsilon:g} leaves"
    parts = []
    if own:
        parts.append(f"{evidence.format(np.mean(own, 0), least=0.0)} % of the clean IoU where it is white-box")
    if foreign:
        mean = evidence.format(np.mean(foreign, 0), least=0.0)
        parts.append(f"{mean} % where examples come from another network")
    return f"{told} {' and '.join(parts)} (means over the cells)."


def answer(run: FinishedRun) -> list[str]:
    """What each attack leaves on average."""
    return listed([headline(one) for one in ordered(run)], "attacks")


def matrix_table(matrix: Matrix, with_intervals: bool) -> Table:
    """A row a network, its clean IoU, and a column a source."""
    form = matrix.evidence.format if with_intervals else (lambda score, least: f"{score[0]:.1f}")
    rows, marked = [], set()
    for number, row in enumerate(matrix.rows):
        cells = [form(matrix.ratio(source, row), least=0.0) for source in matrix.columns]
        told = [f"({cell})" if source == row else cell for source, cell in zip(matrix.columns, cells, strict=True)]
        rows.append([row, form(matrix.clean(row), least=0.0), *told])
        if (strongest := matrix.strongest(row)) is not None:
            marked.add((number, 2 + matrix.columns.index(strongest)))
    return Table(["Network \\ made on", "Clean IoU", *matrix.columns], rows, marked=frozenset(marked))


def strongest_sources(matrix: Matrix) -> list[str]:
    """Of each network the strongest source from outside, and whether the next can be told from it, where there is
    one."""
    found = []
    for row in matrix.rows:
        strongest, after = matrix.strongest(row), next_strongest(matrix, row)
        if strongest is None or after is None:
            continue
        points = matrix.evidence.format(after.score, "+.1f", level=after.level)
        how = "surely" if after.told_apart else "not surely"
        found.append(
            f"{row}: of the other networks {strongest} makes the strongest examples, {how} before {after.first} "
            f"({points} points)."
        )
    return found


def strongest_part(matrix: Matrix) -> list[Block]:
    """The sentences about the strongest sources."""
    found = strongest_sources(matrix)
    return [Bullets(found)] if found else []


def rows_part(matrix: Matrix) -> list[Block]:
    """Each two rows compared; nothing for one row."""
    differences = between_rows(matrix)
    if not differences:
        return []
    first, second = matrix.rows[:-1], matrix.rows[1:]
    cells = {(one.first, one.second): one for one in differences}
    rows, marked = [], set()
    for number, row in enumerate(first):
        told = []
        for place, column in enumerate(second):
            one = cells.get((row, column))
            told.append("" if one is None else matrix.evidence.format(one.score, "+.1f", level=one.level))
            if one is not None and one.told_apart:
                marked.add((number, 1 + place))
        rows.append([row, *told])
    table = Table(["Keeps more than", *second], rows, marked=frozenset(marked))
    return [table]


def _title(matrix: Matrix) -> str:
    return f"{attack_title(matrix.attack)}, epsilon {matrix.epsilon:g}"


def _subject(run: FinishedRun) -> str:
    return f"Transfer between networks, {subject(run.table)}"


REPORT = Report(draw, document, summary, answer)
