"""The paper's numbers beside a run's: whether its attacks are the paper's, what is printed, rows of both in one table.

Networks are called as in `tfadvseg.paper`, but for those over scales: the whole image is the network itself, and
<network>_multiscale_average pools its scales by the mean (`printed.form_of`).
"""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from tfadvseg import paper
from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.reports.document import Paragraph, Table
from tfadvseg.reports.titles import dataset_title, network_title
from tfadvseg.studies.run import FinishedRun

TITLE = "Beside the paper"
"""Of the part that every report has where there is anything to put there."""
ATTACKS = ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")
"""Those of the paper, as Tables 7 to 10 and 11 to 14 have them."""
VOC, CITYSCAPES = "pascal_voc", "cityscapes"
EPSILON = 8.0
"""Of the paper's tables of transfer and of transforms."""
PROTOCOL, UNCHANGED = "Protocol arnab2018: ", " Other than it: nothing."
"""How a recipe's sentence about the attacks begins and ends where they are run as in the paper."""
DIFFER = (
    "The networks of the paper were trained otherwise, on other data, and are often larger than those here, and the "
    "images differ, too: compare the order of rows and the shape of a row, not the size of numbers."
)

Row = tuple[str, Mapping[Any, str]]
"""What names a row, and {column: cell}."""


def by_the_papers_protocol(settings: Mapping[str, Any]) -> bool:
    """Whether a run attacked as in the paper, in everything that its recipe says."""
    told = settings.get("attacked_as", "")
    return told.startswith(PROTOCOL) and told.endswith(UNCHANGED)


def attacks_of(settings: Mapping[str, Any], attacks: Sequence[str]) -> list[str]:
    """Those of the paper among a run's attacks, in its order; none where the run has another protocol."""
    return [name for name in ATTACKS if name in attacks] if by_the_papers_protocol(settings) else []


@dataclasses.dataclass(frozen=True)
class Printed:
    """Of the designs of all studies."""

    printed: Mapping[str, str] = dataclasses.field(default_factory=dict)


def printed_forms(run: FinishedRun) -> Mapping[str, str]:
    """{network of a run: what the paper's tables call it}, of those that have such a name."""
    return run.designed(Printed).printed


@functools.cache
def white_box() -> Mapping[tuple[str, str, str], Mapping[float, float]]:
    """{(attack, data set, network): {epsilon: IoU in per cent, 0 for clean images}} of Tables 7 to 14."""
    found: dict[tuple[str, str, str], dict[float, float]] = {}
    for number in range(7, 15):
        for row in paper.numbered(number).to_dict("records"):
            found.setdefault((row["attack"], row["dataset"], row["network"]), {})[row["epsilon"]] = row["iou"]
    return found


def ratios(ious: Mapping[float, float]) -> dict[float, float]:
    """{0: the clean IoU, epsilon: the IoU ratio}, all in per cent, of IoUs by epsilon."""
    return {epsilon: float(iou_ratio(iou, ious[0.0])) if epsilon else iou for epsilon, iou in ious.items()}


@functools.cache
def transferred() -> Mapping[tuple[str, str, str], float]:
    """{(attack, network that it was made on, evaluated network): IoU ratio in per cent} at EPSILON on VOC, of Tables 1
    and 17 to 20."""
    return {
        (row["attack"], _form(row["source"], row["pooling"]), _form(row["evaluated"], row["pooling"])): row["iou_ratio"]
        for number in (1, 17, 18, 19, 20)
        for row in paper.numbered(number).to_dict("records")
    }


@functools.cache
def by_scale() -> Mapping[str, float]:
    """{network: IoU in per cent on clean images of VOC} of Tables 15 and 16."""
    rows = [row for number in (15, 16) for row in paper.numbered(number).to_dict("records")]
    return {_form(row["network"], row["pooling"]): row["iou"] for row in rows}


@functools.cache
def behind_transforms() -> Mapping[tuple[str, str], float]:
    """{(transform before the network, transform that the attack expects): IoU in per cent} of Table 2."""
    rows = paper.numbered(2).to_dict("records")
    return {(row["inference_transform"], row["attack_transform"]): row["iou"] for row in rows}


@functools.cache
def retrained() -> Mapping[str, float]:
    """{network: IoU in per cent on clean images of VOC} of Tables 3 and 4."""
    rows = [row for number in (3, 4) for row in paper.numbered(number).to_dict("records")]
    return {row["network"]: row["iou"] for row in rows if row["split"] == "val"}


@functools.cache
def by_size() -> Mapping[str, Mapping[tuple[int, int], float]]:
    """{network: {(width, height) of the image: IoU in per cent on clean images of Cityscapes}} of Table 5, whose dashes
    are left out."""
    found: dict[str, dict[tuple[int, int], float]] = {}
    for row in paper.numbered(5).dropna(subset=["iou"]).to_dict("records"):
        found.setdefault(row["network"], {})[row["image_width"], row["image_height"]] = row["iou"]
    return found


@functools.cache
def megabytes() -> Mapping[tuple[str, str], float]:
    """{(data set, network): 32-bit floats of all parameters in MB} of Table 6."""
    rows = paper.numbered(6).to_dict("records")
    return {(row["dataset"], row["network"]): row["parameters_mb"] for row in rows}


def here(network: str, dataset: str, form: str = "") -> str:
    """Names a row of the run's own; form: the network's name in the paper, where it has one."""
    return f"{f'{network_title(form)} ({network})' if form else network}, here on {dataset_title(dataset)}"


def printed(form: str, dataset: str = VOC) -> str:
    """Names a row of the paper."""
    return f"{network_title(form)}, the paper on {dataset_title(dataset)}"


def table(corner: str, columns: Mapping[Any, str], rows: Sequence[Row]) -> Table:
    """Rows below each other; a cell that one of them lacks is empty. columns: {column: its title}."""
    return Table([corner, *columns.values()], [[name, *(cells.get(c, "") for c in columns)] for name, cells in rows])


def told(*sentences: str) -> Paragraph:
    """Above the tables: what they are, and what of them may be compared."""
    return Paragraph(" ".join([*sentences, DIFFER]))


def _form(network: str, pooling: str) -> str:
    averaged = network.endswith("_multiscale") and pooling == "average"
    return f"{network}_average" if averaged else network.removesuffix("_scale100")
