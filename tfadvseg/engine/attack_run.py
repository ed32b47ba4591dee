"""Attacks a user's photographs, one by one, into a run folder: what is finished is not done again.

One at a time, so that no photograph's numbers depend on what lies beside it, and photographs of all sizes can be mixed.
"""

import hashlib
import json
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfadvseg.data.digest import digest
from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Split
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.photograph import PhotographAttack, on_whole_levels
from tfadvseg.engine.preflight import preflight
from tfadvseg.engine.scenario import Scenario, unique
from tfadvseg.runs.attacked import AttackedPhotograph, save_photograph, share_changed
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress

Draw = Callable[[pathlib.Path, AttackedPhotograph, LabelSpace], None]
"""Writes what is to be seen of an attacked photograph into its folder."""

FILE = "attacked.png"
VIEWS = 4
"""Forward passes beside the attack: of the photograph, the attacked input, the photograph before rounding, the file."""
UNREADABLE = (ValueError, OSError, MemoryError)


def attack_photographs(
    scenarios: Sequence[Scenario],
    photographs: Split,
    spaces: Mapping[str, LabelSpace],
    folder: RunFolder,
    xla: str,
    draw: Draw,
) -> dict[str, str]:
    """Finishes every photograph of a split of `data.photographs` that the folder lacks, each under the one attack of
    each scenario; returns why some were left out, by name.

    spaces: the classes of each model, by its name. A photograph that cannot be read, or that is too much for a model,
    costs itself and not the run. ValueError where none can be read, or the folder holds another photograph's work.
    """
    unique(scenarios)
    models = OpenModels()
    left_out = _look_first(scenarios, photographs, folder, models)
    progress = Progress(len(photographs) * len(scenarios))
    try:
        for scenario in scenarios:
            progress.of(scenario.name, scenario.protocol.cost.work + 0.5 * VIEWS)
            models.keep(scenario.models)
            attack = None
            for index, (name, (path,)) in enumerate(zip(photographs.ids, photographs.origins, strict=True)):
                if name in left_out or _finished(scenario, name, path, folder):
                    progress.skip(1)
                    continue
                try:
                    image = photographs[index].image
                except UNREADABLE as error:
                    left_out[name] = _reason(path, error)
                    progress.skip(1)
                    continue
                attack = attack or PhotographAttack(scenario, models, folder, xla)
                try:
                    row = _attacked(attack, name, image, spaces[scenario.source.name], folder.path, draw, progress)
                except (tf.errors.OpError, MemoryError) as error:
                    left_out[f"{scenario.source.name}/{name}"] = _reason(path, error)
                    continue
                arrays = {"row": np.array(json.dumps(row)), "digest": np.array(digest([path]))}
                folder.save(_unit(scenario, name), arrays)
    finally:
        progress.close()
    return left_out


def attacked_rows(scenarios: Sequence[Scenario], folder: RunFolder) -> list[dict[str, Any]]:
    """Of every finished photograph in the folder, those of earlier starts included: rows of `runs.attacked`, model by
    model."""
    rows = [json.loads(str(folder.load(unit)["row"])) for unit in sorted(folder.finished())]
    order = [scenario.source.name for scenario in scenarios]
    return sorted(rows, key=lambda row: (order.index(row["model"]), row["image"]))


def _look_first(
    scenarios: Sequence[Scenario], photographs: Split, folder: RunFolder, models: OpenModels
) -> dict[str, str]:
    """Looks at the models with the first photograph that can be read; returns why those before it cannot."""
    unread: dict[str, str] = {}
    for index, name in enumerate(photographs.ids):
        one = photographs.only(index)
        try:
            one[0]
        except UNREADABLE as error:
            unread[name] = _reason(photographs.origins[index][0], error)
            continue
        preflight(scenarios, one, folder, models)
        return unread
    first = unread[photographs.ids[0]]
    raise ValueError(f"None of the {len(photographs)} photographs can be read; of the first: {first}")


def _attacked(
    attack: PhotographAttack,
    name: str,
    image: np.ndarray,
    space: LabelSpace,
    output: pathlib.Path,
    draw: Draw,
    progress: Progress,
) -> dict[str, Any]:
    """Its files, and the row that is read back from them."""
    started, model = time.perf_counter(), attack.scenario.source.name
    ((attack_name, settings),) = attack.scenario.protocol.attacks
    assert settings.epsilon is not None
    made = attack(name, image, lambda work: progress.tick(work, 1))
    place = output / model / name
    place.mkdir(parents=True, exist_ok=True)
    wanted = on_whole_levels(image, made.perturbation, settings.epsilon)
    saved = save_photograph(place / FILE, wanted, image, settings.epsilon)
    before, after = made.before, attack.view(saved)
    one = AttackedPhotograph(name, model, attack_name, settings.epsilon, image, saved, before.labels, after.labels)
    draw(place, one, space)
    progress.tick(0.5 * VIEWS, 1)
    return one.row(
        space,
        file=f"{model}/{name}/{FILE}",
        changed_float=share_changed(before.labels, made.as_floats.labels),
        changed_input=share_changed(before.labels, made.on_input.labels),
        confidence_before=before.confidence,
        confidence_after=after.confidence,
        seconds=round(time.perf_counter() - started, 3),
    )


def _finished(scenario: Scenario, name: str, path: pathlib.Path, folder: RunFolder) -> bool:
    """ValueError where what is finished under that name was made of another file."""
    unit = _unit(scenario, name)
    if not folder.has(unit) or not (folder.path / scenario.source.name / name / FILE).is_file():
        return False
    if path.is_file() and str(folder.load(unit)["digest"]) != digest([path]):
        raise ValueError(
            f"{folder.path} holds {name} as it was made of another file than {path} is now; choose another `folder`."
        )
    return True


def _unit(scenario: Scenario, name: str) -> str:
    """Of a photograph, whatever characters and folders its name has."""
    return f"{scenario.name}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def _reason(path: pathlib.Path, error: Exception) -> str:
    """In a sentence that names the file."""
    text = " ".join(str(error).split())[:300] or type(error).__name__
    return text if str(path) in text else f"{path}: {text}"
