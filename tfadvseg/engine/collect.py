"""What the finished units of an experiment found: rows of results.csv, warnings and examples."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.experiments.checks import findings
from tfadvseg.experiments.encounter import Encounter
from tfadvseg.experiments.run import Shards
from tfadvseg.experiments.unit import Unit
from tfadvseg.reports.examples import Attacked, Example
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Cell, rows


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """rows: of results.csv, in the order of `cells`. Of each cell's images, matrices: confusions [N, C, C]; confidence,
    entropy, boundaries: sums over their pixels [N] (`Measured`). pixels [N]: of an image. findings: what makes the
    numbers mean less, a sentence each. examples: of each view on clean and attacked images."""

    cells: list[Cell]
    matrices: list[np.ndarray]
    confidence: list[np.ndarray]
    entropy: list[np.ndarray]
    boundaries: list[np.ndarray]
    pixels: np.ndarray
    rows: list[dict]
    findings: list[str]
    examples: list[Example]


def gather(encounters: Sequence[Encounter], shards: Shards, folder: RunFolder, of: Cell) -> Found:
    """Everything that the finished units of the encounters hold; `of` names the dataset and the split."""
    cells: list[Cell] = []
    columns: dict[str, list] = {"matrices": [], "confidence": [], "entropy": [], "gradients": [], "seconds": []}
    suspects, examples, pixels, boundaries = [], [], np.zeros(0), []
    for encounter in encounters:
        units = [folder.load(name) for name in shards.units(encounter.name, encounter.source)]
        first = len(cells)
        cells += encounter.cells(of)
        for key in ("matrices", "confidence", "entropy"):
            columns[key] += list(np.concatenate([unit[key] for unit in units], 1))
        boundaries += list(np.concatenate([unit["boundaries"] for unit in units], 1))
        for key in ("gradients", "seconds"):
            columns[key] += list(np.sum([unit[key] for unit in units], 0))
        pixels = np.concatenate([unit["pixels"] for unit in units])
        suspects.append((encounter, units, first))
        examples += _examples(encounter, units[0])
    found = rows(cells, pixels=pixels, **columns)
    warnings = []
    for encounter, units, first in suspects:
        own = found[first : first + len(encounter.protocol.attacks) + encounter.clean]
        clean = own.pop(0) if encounter.clean else None
        warnings += findings(encounter.source, encounter.protocol.attacks, own, units, clean)
    return Found(
        cells, columns["matrices"], columns["confidence"], columns["entropy"], boundaries, pixels, found, warnings,
        examples,
    )  # fmt: skip


def _examples(encounter: Encounter, unit: Unit) -> list[Example]:
    """What each view's network saw of the first image, where the encounter has clean images."""
    if "example_id" not in unit:
        return []
    found = []
    for v, view in enumerate(encounter.views):
        clean, *after = unit["example_predictions"][v]
        attacked = zip(encounter.protocol.attacks, unit["example_perturbations"][v], after, strict=True)
        found.append(Example(
            view.model.name, str(unit["example_id"]), unit["example_images"][v], unit["example_labels"], clean,
            tuple(Attacked(name, attack.epsilon, change, seen) for (name, attack), change, seen in attacked),
            "" if view.transform == "none" else view.transform,
        ))  # fmt: skip
    return found
