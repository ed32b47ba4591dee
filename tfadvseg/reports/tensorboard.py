"""The results as TensorBoard shows them: `tensorboard --logdir <run>/tensorboard`.

One run a network, so that a chart compares networks under one attack; `reports.events` says what its axis is.

    scalars   <score>/<attack>              iou, iou_ratio, pixel_accuracy, mean_confidence, mean_entropy over epsilon
    images    <image>/<attack>              attacked image and prediction abreast; the slider moves epsilon
              figures/...                   the figures of the report, in the run "."
    hparams   a session a cell              network, attack, epsilon and the settings of the experiment; its scores are
                                            the scalars cell/<score> of a run cells/<network>/<attack>_<epsilon>
    scalars   steps_<score>/<image>         in a run steps/<network>/<attack>_<epsilon> (`reports.curves`)

A study may add runs of its own.
"""

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from tfadvseg.atomic import replaced_folder
from tfadvseg.confined import confined
from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.cells import attacks, clean_score, curve, epsilons, models, white_box
from tfadvseg.reports.drawing import figure_pixels
from tfadvseg.reports.events import AXIS, Events, Image, Scalar, at, run_name
from tfadvseg.reports.figures import clean_against_ratio_figure, ratio_figure
from tfadvseg.reports.sheets import side_by_side
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.examples import Example
from tfadvseg.runs.results import CLEAN

SCALARS = {
    "iou": "IoU (%)",
    "iou_ratio": "IoU in % of the clean IoU",
    "pixel_accuracy": "Pixel accuracy (%)",
    "mean_confidence": "Mean largest softmax probability",
    "mean_entropy": "Mean entropy (nats)",
}

Settings = Mapping[str, bool | int | float | str]


class Session(NamedTuple):
    """What HParams compares: a cell of the results. run: as of `Events`. chosen: the model, the attack and epsilon."""

    run: str
    chosen: Settings
    events: Events


def write(
    results: pd.DataFrame,
    folder: str | pathlib.Path,
    examples: Sequence[Example] = (),
    label_space: LabelSpace | None = None,
    hyperparameters: Mapping[str, object] | None = None,
    added: Iterable[Events] = (),
) -> None:
    """Writes the event files; what an earlier call wrote there is replaced.

    results: rows of results.csv. label_space: needed for examples. added: runs beside those of the networks. Raises
    ValueError where the folder holds anything but event files, which it would otherwise delete.
    """
    import tensorflow as tf  # here, since reports without TensorBoard need no TensorFlow
    from tensorboard.plugins.hparams import api as hp

    cells = white_box(results)
    settings = plain(hyperparameters or {})
    if examples and label_space is None:
        raise ValueError("Examples can only be coloured with their label space; got none.")
    _refuse_foreign(pathlib.Path(folder))
    with replaced_folder(folder) as scratch:
        _write_all(tf, hp, scratch, cells, settings, examples, label_space, added)


def _write_all(
    tf: Any,
    hp: Any,
    folder: pathlib.Path,
    cells: pd.DataFrame,
    settings: Settings,
    examples: Sequence[Example],
    label_space: LabelSpace | None,
    added: Iterable[Events],
) -> None:
    with _writer(tf, folder):
        _write(tf, Events(".", images=_overview(cells)))
        hp.hparams_config(**_hparams(hp, cells, settings))
    for model in models(cells):
        with _writer(tf, confined(folder, run_name(model), "cells.npz")):
            own = [one for one in examples if one.model == model and not one.transform]
            pictures = (image for one in own for image in example_images(one, label_space))
            _write(tf, Events(run_name(model), _scores(cells, model), pictures))
        for session in _sessions(cells, model):
            with _writer(tf, confined(folder, session.run, "cells.npz")):
                _write(tf, session.events)
                hp.hparams({**settings, **session.chosen}, trial_id=session.run)
    for events in added:
        with _writer(tf, confined(folder, events.run, "cells.npz")):
            _write(tf, events)


def plain(hyperparameters: Mapping[str, object]) -> dict[str, bool | int | float | str]:
    """Values that HParams can hold: numbers and text as they are, anything else as its text."""
    kept = bool | int | float | str
    return {key: value if isinstance(value, kept) else str(value) for key, value in hyperparameters.items()}


def example_images(example: Example, label_space: LabelSpace | None) -> Iterator[Image]:
    """Attacked image and prediction at each epsilon of each attack; attacks that find their own norm are left out."""
    if label_space is None:
        return
    description = f"Attacked image and prediction of {example.model}; {AXIS}."
    for attack in example.attacks:
        steps = [one for one in example.under(attack) if one.epsilon is not None]
        for one in (None, *steps) if steps else ():
            epsilon = 0.0 if one is None or one.epsilon is None else one.epsilon
            yield Image(f"{example.name}/{attack}", at(epsilon), side_by_side(example, one, label_space), description)


def _overview(cells: pd.DataFrame) -> Iterator[Image]:
    found = attacks(cells)
    if found:
        yield Image("figures/iou_ratio", 0, figure_pixels(ratio_figure(cells, found)))
        yield Image("figures/clean_against_ratio", 0, figure_pixels(clean_against_ratio_figure(cells, found)))


def _scores(cells: pd.DataFrame, model: str) -> Iterator[Scalar]:
    """Every score over epsilon, the clean one first; cells that were not run are left out."""
    for attack in attacks(cells):
        line = curve(cells, model, attack)
        if line.empty:
            continue
        for column, title in SCALARS.items():
            points = {0.0: clean_score(cells, model, column), **line[column].to_dict()}
            description = f"{title} under {attack_title(attack)}; {AXIS}."
            yield from (Scalar(f"{column}/{attack}", at(e), value, description) for e, value in points.items())


def _sessions(cells: pd.DataFrame, model: str) -> Iterator[Session]:
    """Of the clean images and of each attack at each epsilon; cells that were not run are left out."""
    own = cells[(cells["model"] == model) & cells["epsilon"].notna()]
    for cell in own.to_dict("records"):
        scalars = [Scalar(f"cell/{column}", at(cell["epsilon"]), cell[column]) for column in SCALARS]
        run = f"cells/{run_name(model)}/{cell['attack']}_{cell['epsilon']:g}"
        chosen: Settings = {"model": model, "attack": str(cell["attack"]), "epsilon": float(cell["epsilon"])}
        yield Session(run, chosen, Events(run, scalars))


def _hparams(hp: Any, cells: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """The declaration of what the HParams tab shows."""
    choices = {**{key: [value] for key, value in settings.items()}, "model": models(cells)}
    choices |= {"attack": [CLEAN, *attacks(cells)], "epsilon": [0.0, *epsilons(cells)]}
    return {
        "hparams": [hp.HParam(key, hp.Discrete(values)) for key, values in choices.items() if values],
        "metrics": [hp.Metric(f"cell/{column}", display_name=title) for column, title in SCALARS.items()],
    }


def _writer(tf: Any, folder: pathlib.Path) -> Any:
    return tf.summary.create_file_writer(str(folder)).as_default()


def _write(tf: Any, events: Events) -> None:
    """Into the writer that is open; what is not known (NaN) is left out."""
    for scalar in events.scalars:
        if not pd.isna(scalar.value):
            tf.summary.scalar(scalar.tag, scalar.value, scalar.step, description=scalar.description or None)
    for image in events.images:
        tf.summary.image(image.tag, image.pixels[None], image.step, description=image.description or None)


def _refuse_foreign(folder: pathlib.Path) -> None:
    """ValueError where the folder holds what no earlier call wrote."""
    foreign = [path for path in folder.rglob("*") if path.is_file() and ".tfevents." not in path.name]
    if foreign:
        raise ValueError(f"{folder} is about to be rewritten but holds {foreign[0]}, which is no event file; move it.")
