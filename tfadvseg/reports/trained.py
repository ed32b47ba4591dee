"""What is drawn and told of a training: what came out of it, how it went from epoch to epoch, and how to go on."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from tfadvseg.atomic import write_atomically
from tfadvseg.reports import plots
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import Drawing, pictures, save_drawings
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.numbers import duration, number
from tfadvseg.reports.page import page

HISTORY = "history.csv"
COLUMNS = {"loss": "Training loss", "val_iou": "Mean IoU (%)", "val_pixel_accuracy": "Pixel accuracy (%)"}
"""{column of history.csv: what it is}; the last two are of the validation photographs."""
MOST = 40
"""Epochs in the table, and one more where it was chosen; history.csv has all."""
TOLD = (
    "The loss is the weighted cross-entropy (nats) on the random views of each epoch, with dropout, so it is none on "
    "whole photographs. IoU and pixel accuracy are of the validation photographs, in whole, with the weights that the "
    "epoch ended with; epochs without a number were not validated."
)


@dataclasses.dataclass(frozen=True)
class Training:
    """name: of what was trained. network: of the zoo. dataset, split: on what. photographs, validated: how many of
    that split and of the validation split. parameters: of the network. select: "best" or "last" epoch. scores: of the
    chosen weights on the validation photographs, in per cent: mean IoU, pixel accuracy, then by class. settings: flags
    and what they were. weights: file of them in the run folder. model: the SavedModel's folder, "" where none was
    written. following: sentences that say what to do next, and the command of each. made_of: revision, versions,
    command."""

    name: str
    network: str
    dataset: str
    split: str
    photographs: int
    validated: int
    parameters: int
    select: str
    scores: Mapping[str, float]
    settings: Mapping[str, object]
    weights: str
    model: str
    following: Sequence[tuple[str, str]]
    made_of: Sequence[str]


def write_training(folder: pathlib.Path, training: Training) -> None:
    """report.html, report.md and figures/training.*, from history.csv in the run folder."""
    history = read_history(folder / HISTORY)
    drawings = drawn(history, chosen_epoch(history, training.select)) if len(history) else []
    paths = save_drawings(drawings, folder / "figures")
    shown = [path.relative_to(folder).as_posix() for path in paths if path.suffix == ".png"]
    told = document(training, history, shown)
    _write(folder / "report.md", markdown(told))
    _write(folder / "report.html", page(told, folder))


def read_history(path: pathlib.Path) -> pd.DataFrame:
    """A row an epoch, NaN where it was not validated; no rows where the file is gone. ValueError where it is none."""
    if not path.is_file():
        return pd.DataFrame(columns=["epoch", *COLUMNS, "seconds"], dtype=float)
    try:
        return pd.read_csv(path)[["epoch", *COLUMNS, "seconds"]].astype(float)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}); delete it, and the report goes without it.") from error


def chosen_epoch(history: pd.DataFrame, select: str) -> int:
    """Whose weights came out of the training: the first of the highest validation mean IoU, or the last one."""
    validated = history.dropna(subset=["val_iou"])
    if select == "last" or not len(validated):
        return int(history["epoch"].iloc[-1])
    return int(validated["epoch"].iloc[int(np.argmax(validated["val_iou"]))])


def document(training: Training, history: pd.DataFrame, shown: Sequence[str]) -> Document:
    """All of it. shown: paths of figures."""
    blocks: list[Block] = [
        Bullets(answer(training, history), "In short"),
        *(Paragraph(f"{sentence} {typed}") for sentence, typed in training.following),
    ]
    if len(history):
        chosen = chosen_epoch(history, training.select)
        blocks += [Heading("From epoch to epoch"), Paragraph(TOLD), *pictures(drawn(history, chosen), shown)]
        blocks += course(history, chosen)
    rows = [[name, number(value)] for name, value in training.scores.items()]
    blocks += [Heading("On the validation photographs"), Paragraph(SCORED), Table(["Score", "Per cent"], rows)]
    settings = [[name, _said(value)] for name, value in training.settings.items() if value is not None]
    blocks += [Heading("Settings"), Table(["Flag", "Value"], settings, labels=2)]
    return Document(f"Training of {training.name}", [*blocks, Bullets(training.made_of, "Provenance")])


SCORED = "Of the chosen weights, in per cent: the mean over the classes, then the IoU of each."


def answer(training: Training, history: pd.DataFrame) -> list[str]:
    """What came out of it, in sentences."""
    scores, images = training.scores, "photograph" if training.photographs == 1 else "photographs"
    found = [
        f"{training.network} with {training.parameters:,} parameters was trained on {training.photographs} {images} of "
        f"{training.dataset} {training.split}.",
        f"It has a mean IoU of {number(scores['mean IoU'])} % and a pixel accuracy of "
        f"{number(scores['pixel accuracy'])} % on {training.validated} validation photographs.",
    ]
    if len(history):
        epochs, chosen = int(history["epoch"].iloc[-1]), chosen_epoch(history, training.select)
        why = "the best by validation mean IoU" if training.select == "best" else "the last one"
        found.append(f"Its weights are those of epoch {chosen} of {epochs}, {why}: {training.weights}.")
        if training.select == "best":
            found.append("That epoch was chosen by these very photographs, so the scores are higher than on others.")
            if chosen == epochs and history["val_iou"].notna().sum() > 1:
                found.append("The best epoch is the last one, so more of them may give more.")
        found.append(f"It took {duration(float(history['seconds'].iloc[-1]))}, validation with it.")
    return [*found, f"The SavedModel is {training.model}." if training.model else "No SavedModel was written."]


def course(history: pd.DataFrame, chosen: int) -> list[Block]:
    """A row an epoch, with the chosen one marked; of more epochs than a table holds some of those that were
    validated."""
    own = history
    if len(history) > MOST:
        told = history[history["val_iou"].notna() | (history["epoch"] == chosen)]
        places = np.linspace(0, len(told) - 1, min(MOST, len(told))).round().astype(int)
        own = told.iloc[sorted({*places, *np.flatnonzero(told["epoch"] == chosen)})]
    rows = [
        [
            f"{row.epoch:.0f}",
            f"{row.loss:.4f}",
            _score(row.val_iou),
            _score(row.val_pixel_accuracy),
            f"{row.seconds / 60:.1f}",
        ]
        for row in own.itertuples()
    ]
    (place,) = np.flatnonzero(own["epoch"] == chosen)
    left_out = len(history) - len(own)
    more = [Paragraph(f"{left_out} other epochs are left out; {HISTORY} has them.")] if left_out else []
    header = ["Epoch", *COLUMNS.values(), "Minutes until then"]
    return [Table(header, rows, marked=frozenset((int(place), column) for column in range(len(header)))), *more]


def drawn(history: pd.DataFrame, chosen: int) -> list[Drawing]:
    """The loss, and what the validation photographs say, over the epochs."""
    alt = f"Training loss, and validation mean IoU and pixel accuracy over epochs; epoch {chosen} was chosen"
    return [Drawing("training", alt, lambda: training_figure(history, chosen))]


def training_figure(history: pd.DataFrame, chosen: int) -> Figure:
    """Two panels, with a line at the chosen epoch."""
    figure, panels = plots.panels(2, margin=1.8, share_y=False)
    for axes, columns in zip(panels, (["loss"], ["val_iou", "val_pixel_accuracy"]), strict=True):
        for column in columns:
            own = history.dropna(subset=[column])
            look = plots.look(list(COLUMNS).index(column))
            plots.draw_curve(axes, own["epoch"], own[column], look=look, label=COLUMNS[column])
        axes.axvline(chosen, color="0.4", linewidth=1, linestyle="--", label="chosen epoch")
        plots.steps_axis(axes, "Loss (nats)" if columns == ["loss"] else "Per cent")
        axes.set_xlabel("Epochs", fontsize=plots.SIZE)
    if (top := plots.highest(history["loss"])) > 0:  # not where it is no number
        panels[0].set_ylim(0, 1.05 * top)
    panels[1].set_ylim(0, 100)
    plots.finish(figure, panels, ["On training views", "On validation photographs"], "From epoch to epoch")
    handles = [*panels[0].get_lines()[:1], *panels[1].get_lines()]
    figure.legend(handles=handles, loc="outside right center", fontsize=plots.SIZE - 1, frameon=False)
    return figure


def _write(path: pathlib.Path, text: str) -> None:
    write_atomically(path, lambda file: file.write(text.encode()))


def _score(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
