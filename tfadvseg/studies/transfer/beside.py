"""Matrices of transfer beside Tables 1 and 17 to 20 of the paper, clean IoUs by scale beside Tables 15 and 16."""

from collections.abc import Mapping, Sequence

from tfadvseg.reports.cells import clean_score
from tfadvseg.reports.document import Block, Heading, Paragraph, Table
from tfadvseg.reports.numbers import number
from tfadvseg.reports.titles import attack_title, dataset_title, network_title
from tfadvseg.studies import beside
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer.matrix import Matrix
from tfadvseg.studies.transfer.names import TransferDesign

TOLD = (
    "IoU ratio in per cent of the network of the row on examples of epsilon 8 that were made on the network of the "
    "column, in a row of the paper on that form of its own; white-box cells are in parentheses. The paper crosses the "
    "scales of Deeplab v2 (Tables 1, 17 and 18) and of FCN8s (Tables 19 and 20) on Pascal VOC; a cell that it does not "
    "print is empty."
)


def beside_part(run: FinishedRun, matrices: Sequence[Matrix]) -> list[Block]:
    """A table for each attack of the paper of which it shows a transfer that the run has, too, and the clean IoUs of
    networks over scales."""
    forms, blocks = beside.printed_forms(run), list[Block]()
    dataset = run.results.cells[0].dataset
    fitting = beside.attacks_of(run.settings, [one.attack for one in matrices if one.epsilon == beside.EPSILON])
    for one in matrices:
        if one.attack in fitting and (table := matrix_table(one, forms, dataset)):
            blocks += [Heading(f"{attack_title(one.attack)}, epsilon {one.epsilon:g}", 3), table]
    opening = beside.told(TOLD) if blocks else beside.told()
    scales = scale_table(
        {name: clean_score(run.table, name) for name in run.designed(TransferDesign).models}, forms, dataset
    )
    if scales:
        told = "Mean IoU in per cent on clean images, with Tables 15 and 16 of the paper."
        blocks += [Heading("Clean IoU by scale of the image", 3), Paragraph(told), scales]
    return [Heading(beside.TITLE), opening, *blocks] if blocks else []


def matrix_table(matrix: Matrix, forms: Mapping[str, str], dataset: str) -> Table | None:
    """Rows are evaluated networks, columns attacked ones, of those that the paper has; None where it shows no transfer
    between two of them."""
    printed = beside.transferred()

    def key(source: str, row: str) -> tuple[str, str, str]:
        attacked, evaluated = forms.get(source, ""), forms.get(row, "")
        if (source == row) != (attacked == evaluated):  # two networks of one kind: theirs is a white box, ours is not
            return matrix.attack, "", ""
        return matrix.attack, attacked, evaluated

    columns = [source for source in matrix.columns if any(key(source, row) in printed for row in matrix.rows)]
    evaluated = [row for row in matrix.rows if any(key(source, row) in printed for source in columns)]
    if not any(key(source, row) in printed for row in evaluated for source in columns if source != row):
        return None
    rows = list[beside.Row]()
    for row in evaluated:
        own = {source: float(matrix.ratio(source, row)[0]) for source in columns}
        theirs = {source: printed[key(source, row)] for source in columns if key(source, row) in printed}
        rows.append((beside.here(row, dataset, forms[row]), _written(own, row)))
        rows.append((beside.printed(forms[row]), _written(theirs, row)))
    return beside.table("Evaluated \\ attacked", {source: source for source in columns}, rows)


def scale_table(clean: Mapping[str, float], forms: Mapping[str, str], dataset: str) -> Table | None:
    """A row a scale or what pools them; None of a run without networks over scales. clean: IoUs by network."""
    scaled = {name: form for name, form in forms.items() if form in beside.by_scale()}
    if not any("_scale" in form or "_multiscale" in form for form in scaled.values()):
        return None
    rows = [
        (f"{network_title(form)} ({name})", {"here": number(clean[name]), "paper": number(beside.by_scale()[form])})
        for name, form in scaled.items()
    ]
    columns = {"here": f"Here on {dataset_title(dataset)}", "paper": f"The paper on {dataset_title(beside.VOC)}"}
    return beside.table("Network", columns, rows)


def _written(ratios: Mapping[str, float], row: str) -> dict[str, str]:
    return {source: f"({number(ratio)})" if source == row else number(ratio) for source, ratio in ratios.items()}
