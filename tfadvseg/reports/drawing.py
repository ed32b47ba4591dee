"""Figures by name: made when they are wanted, written as PNG, PDF and SVG, shown in a document or as pixels."""

import contextlib
import dataclasses
import pathlib
import re
from collections.abc import Callable, Iterator, Sequence

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from tfadvseg.atomic import write_atomically
from tfadvseg.reports.document import Picture

SYMBOL = re.compile(r"[^$]*(\$\\theta_\\(alpha|beta|gamma)\$[^$]*)+")
"""Text with the only formulas that figures have."""


@dataclasses.dataclass(frozen=True)
class Drawing:
    """name: of its files, without an ending. alt: what it shows. make: draws it."""

    name: str
    alt: str
    make: Callable[[], Figure]


def save_drawings(drawings: Sequence[Drawing], folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Draws and writes them all, as SVG, too; returns the paths."""
    paths = []
    for drawing in drawings:
        figure = drawing.make()
        paths += [*save_figure(figure, folder, drawing.name), save_vectors(figure, folder, drawing.name)]
    return paths


def pictures(drawings: Sequence[Drawing], paths: Sequence[str]) -> list[Picture]:
    """Those of the drawings that lie at one of the paths, to be shown in a document."""
    stems = {pathlib.PurePosixPath(path).stem: path for path in paths}
    return [Picture(stems[stem], drawing.alt) for drawing in drawings if (stem := _stem(drawing.name)) in stems]


def save_figure(figure: Figure, folder: str | pathlib.Path, name: str, dpi: int = 180) -> list[pathlib.Path]:
    """Writes <name>.png and <name>.pdf without dates or versions inside, so that they are the same bytes each time."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, pdf = (folder / f"{_stem(name)}.{ending}" for ending in ("png", "pdf"))
    undated = {"Creator": None, "Producer": None, "CreationDate": None}
    with literal(figure):
        lay_out(figure, dpi)
        write_atomically(png, lambda file: figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None}))
        write_atomically(pdf, lambda file: figure.savefig(file, format="pdf", dpi=dpi, metadata=undated))
    return [png, pdf]


def save_vectors(figure: Figure, folder: str | pathlib.Path, name: str) -> pathlib.Path:
    """Writes <name>.svg, which needs no font where it is shown; the same bytes each time, too."""
    svg = pathlib.Path(folder) / f"{_stem(name)}.svg"
    with literal(figure), matplotlib.rc_context({"svg.hashsalt": "tfadvseg", "svg.fonttype": "path"}):
        undated = {"Creator": None, "Date": None}
        write_atomically(svg, lambda file: figure.savefig(file, format="svg", metadata=undated))
    return svg


def figure_pixels(figure: Figure, dpi: int = 110) -> np.ndarray:
    """The drawn figure, uint8 RGB [H, W, 3]."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with literal(figure):
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def lay_out(figure: Figure, dpi: int) -> None:
    """Places everything once and for all, where Matplotlib would do so for each file anew."""
    figure.set_dpi(dpi)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


@contextlib.contextmanager
def literal(figure: Figure) -> Iterator[None]:
    """Within, names are drawn as they are: between two dollar signs Matplotlib would read formulas, and fail where they
    are none."""
    for text in figure.findobj(Text):
        if not SYMBOL.fullmatch(text.get_text()):
            text.set_parse_math(False)
    with matplotlib.rc_context({"text.parse_math": False}):
        yield


def _stem(name: str) -> str:
    """A file's name, where a network's or an image's has a folder in it."""
    return name.replace("/", "_")
