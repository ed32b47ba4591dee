"""The results as TensorBoard shows them: `tensorboard --logdir <run>/tensorboard`.

One run a network, so that a chart compares networks under one attack. Steps are whole numbers in TensorBoard, so the
axis is epsilon in hundredths of a grey level: step 25 is epsilon 0.25, step 800 is epsilon 8, step 0 the clean image.

    scalars   <score>/<attack>              iou, iou_ratio, pixel_accuracy, mean_confidence, mean_entropy over epsilon
              headline/...                  clean IoU and the IoU ratio at the headline epsilon, shown under HParams too
    images    <image>/<attack>              attacked image and prediction abreast; the slider moves epsilon
              figures/...                   the figures of the report, in the run "."
    hparams   a session a network           its name and the hyperparameters of the experiment

Where input transforms were tried, each pair has a run <network>/<expected by the attack>-<before the network> with
the mean IoU over the trials and, of attacks that expect none, the examples; <network>/defenses holds the figure.
"""

import pathlib
import shutil
from collections.abc import Mapping, Sequence

import pandas as pd

from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.cells import (
    CLEAN,
    attack_title,
    attacks,
    clean_score,
    curve,
    headline_epsilon,
    models,
    score_at,
    white_box,
)
from tfadvseg.reports.examples import Example
from tfadvseg.reports.figures import clean_against_ratio_figure, figure_pixels, ratio_figure
from tfadvseg.reports.sheets import side_by_side
from tfadvseg.reports.transforms import NONE, defense_figure, has_transforms, line, over_trials

SCALARS = {
    "iou": "IoU (%)",
    "iou_ratio": "IoU in % of the clean IoU",
    "pixel_accuracy": "Pixel accuracy (%)",
    "mean_confidence": "Mean largest softmax probability",
    "mean_entropy": "Mean entropy (nats)",
}
AXIS = "step = 100 x epsilon (grey levels of 0..255); step 0 is the clean image"


def step(epsilon: float) -> int:
    """Epsilon in hundredths of a grey level, as whole numbers are all that TensorBoard has for an axis."""
    return round(100 * epsilon)


def write(
    results: pd.DataFrame,
    folder: str | pathlib.Path,
    examples: Sequence[Example] = (),
    label_space: LabelSpace | None = None,
    hyperparameters: Mapping[str, object] | None = None,
) -> None:
    """Writes the event files; what an earlier call wrote there is replaced. `label_space` is needed for examples.

    Raises ValueError where the folder holds anything but event files, which it would otherwise delete.
    """
    import tensorflow as tf  # here, since reports without TensorBoard need no TensorFlow

    cells = white_box(results)
    settings = plain(hyperparameters or {})
    if examples and label_space is None:
        raise ValueError("Examples can only be coloured with their label space; got none.")
    folder = pathlib.Path(folder)
    _clear(folder)
    with _events(tf, folder):
        _write_overview(tf, cells, settings)
    for model in models(cells):
        with _events(tf, folder / model.replace("/", "_")):
            _write_scores(tf, cells, model)
            _write_session(model, settings)
            for example in examples:
                if example.model == model and not example.transform and label_space is not None:
                    _write_example(tf, example, label_space)
    if has_transforms(results):
        _write_transforms(tf, results, folder, examples, label_space)


def plain(hyperparameters: Mapping[str, object]) -> dict[str, bool | int | float | str]:
    """Values that HParams can hold: numbers and text as they are, anything else as its text."""
    kept = bool | int | float | str
    return {key: value if isinstance(value, kept) else str(value) for key, value in hyperparameters.items()}


def headline_tags(cells: pd.DataFrame) -> dict[str, str]:
    """Tags of the scalars that stand for a network under HParams, and their names for people."""
    epsilon = headline_epsilon(cells)
    ratios = {
        f"headline/iou_ratio_{attack}_at_{epsilon:g}": f"IoU ratio, {attack_title(attack)}, epsilon {epsilon:g} (%)"
        for attack in attacks(cells)
    }
    return {"headline/clean_iou": "Clean IoU (%)", **ratios}


def _events(tf, folder: pathlib.Path):
    return tf.summary.create_file_writer(str(folder)).as_default()


def _write_overview(tf, cells: pd.DataFrame, settings: Mapping[str, bool | int | float | str]) -> None:
    """The figures, and the declaration of what the HParams tab shows."""
    from tensorboard.plugins.hparams import api as hp

    found = attacks(cells)
    if found:
        for name, figure in (
            ("iou_ratio", ratio_figure(cells, found)),
            ("clean_against_ratio", clean_against_ratio_figure(cells, found)),
        ):
            tf.summary.image(f"figures/{name}", figure_pixels(figure)[None], step=0)
    metrics = [hp.Metric(tag, display_name=name) for tag, name in headline_tags(cells).items()]
    choices = {**{key: [value] for key, value in settings.items()}, "model": models(cells)}
    hparams = [hp.HParam(key, hp.Discrete(values)) for key, values in choices.items() if values]
    hp.hparams_config(hparams=hparams, metrics=metrics)


def _write_scores(tf, cells: pd.DataFrame, model: str) -> None:
    """Every score over epsilon, the clean one first; cells that were not run are left out."""
    for attack in attacks(cells):
        line = curve(cells, model, attack)
        if line.empty:
            continue
        for column, title in SCALARS.items():
            points = {0.0: clean_score(cells, model, column), **line[column].to_dict()}
            for epsilon, value in points.items():
                if not pd.isna(value):
                    description = f"{title} under {attack_title(attack)}; {AXIS}."
                    tf.summary.scalar(f"{column}/{attack}", value, step=step(epsilon), description=description)
    epsilon = headline_epsilon(cells)
    values = [clean_score(cells, model)]
    values += [score_at(cells, model, attack, epsilon)["iou_ratio"] for attack in attacks(cells)]
    for tag, value in zip(headline_tags(cells), values, strict=True):
        if not pd.isna(value):
            tf.summary.scalar(tag, value, step=0)


def _write_transforms(tf, results: pd.DataFrame, folder: pathlib.Path, examples, label_space) -> None:
    """A run for each pair of transforms, of the attack and before the network."""
    pairs = results[["model", "attack_transform", "inference_transform"]].fillna(NONE).drop_duplicates()
    for model, known, seen in pairs.itertuples(index=False):
        if known == seen == NONE:
            with _events(tf, folder / model.replace("/", "_") / "defenses"):
                for attack in results.loc[results["attack"] != CLEAN, "attack"].unique():
                    picture = figure_pixels(defense_figure(results, model, attack))[None]
                    tf.summary.image(f"figures/{attack}", picture, step=0)
            continue
        scores = over_trials(results, model)
        with _events(tf, folder / model.replace("/", "_") / f"{known}-{seen}"):
            for attack in results.loc[results["attack"] != CLEAN, "attack"].unique():
                for epsilon, value in line(scores, attack, known, seen)["mean"].items():
                    description = f"IoU (%), mean over the trials, under {attack_title(attack)}; {AXIS}."
                    tf.summary.scalar(f"iou/{attack}", value, step=step(epsilon), description=description)
            for example in examples:
                if known == NONE and (example.model, example.transform) == (model, seen):
                    _write_example(tf, example, label_space)


def _write_session(model: str, settings: Mapping[str, bool | int | float | str]) -> None:
    """One HParams session: the network's name and the settings of the experiment."""
    from tensorboard.plugins.hparams import api as hp

    hp.hparams({**settings, "model": model}, trial_id=model)


def _write_example(tf, example: Example, label_space: LabelSpace) -> None:
    for attack in example.attacks:
        for one in (None, *example.under(attack)):
            image = side_by_side(example, one, label_space)[None]
            description = f"Attacked image and prediction of {example.model}; {AXIS}."
            epsilon = 0.0 if one is None else one.epsilon
            tf.summary.image(f"{example.name}/{attack}", image, step=step(epsilon), description=description)


def _clear(folder: pathlib.Path) -> None:
    """Deletes the event files of an earlier call."""
    if not folder.exists():
        return
    foreign = [path for path in folder.rglob("*") if path.is_file() and ".tfevents." not in path.name]
    if foreign:
        raise ValueError(f"{folder} is about to be rewritten but holds {foreign[0]}, which is no event file; move it.")
    shutil.rmtree(folder)
