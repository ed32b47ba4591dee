"""Picture sheets after Figs. 5 and 11 to 13: what an attack adds to an image, and what the network then sees."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch

from tfadvseg.conventions import IGNORED
from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.cells import HEADLINE_EPSILON
from tfadvseg.reports.drawing import save_figure
from tfadvseg.reports.plots import SIZE
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.attacked import AttackedPhotograph
from tfadvseg.runs.examples import Attacked, Example, pixels
from tfadvseg.runs.results import NONE

DPI = 120
SHOWN = "ifgsm_ll"
"""The attack that the paper shows pictures of; the last one where it was not run."""
COLUMN = 2.9
"""Width of one picture in inches."""
NETWORKS = 5
"""Abreast on a sheet, beside the photograph."""
MOST = 1200
"""Pixels of a photograph's longer side above which a sheet shows every second, third ... pixel."""


def amplification(epsilon: float) -> int:
    """The power of two by which a perturbation within `epsilon` is shown: at most +-64 around grey, at least 1."""
    return 1 if epsilon <= 0 else max(1, 2 ** int(np.floor(np.log2(64 / epsilon))))


def largest_change(one: Attacked) -> float:
    """What bounds a perturbation in grey levels: its epsilon or, of an attack that found its own norm, what it did."""
    return float(np.abs(one.perturbation).max(initial=0)) if one.epsilon is None else one.epsilon


def around_grey(perturbation: np.ndarray, factor: float) -> np.ndarray:
    """128 + factor * perturbation as uint8 [H, W, 3]: grey where nothing is added."""
    return pixels(128 + factor * np.asarray(perturbation, np.float32))


def scaled_title(factor: int) -> str:
    """What `around_grey` shows, in words."""
    return "128 + perturbation" if factor == 1 else f"128 + {factor} x perturbation"


def attack_sheet(example: Example, attack: str, label_space: LabelSpace) -> Figure:
    """A row an epsilon: perturbation, attacked image, prediction, and the pixels whose prediction changed.

    The first row is the clean image: the image, its prediction, the ground truth, and where the two differ.
    """
    steps = example.under(attack)
    title = f"{attack_title(attack)} on {example.model}, image {example.name}"
    predictions = [example.prediction, *(one.prediction for one in steps)]
    figure, axes, height = _sheet(len(steps) + 1, 4, example.image.shape, title)
    _picture(axes[0, 0], example.image, "Clean image", "epsilon 0")
    _picture(axes[0, 1], label_space.colours(example.truth), "Ground truth")
    _picture(axes[0, 2], label_space.colours(example.prediction), "Prediction on the clean image")
    counted = example.truth != IGNORED
    wrong = (example.prediction != example.truth) & counted
    _picture(axes[0, 3], _mask(wrong), f"Wrong: {share(wrong.sum(), counted.sum())} of labelled pixels")
    for row, one in zip(axes[1:], steps, strict=True):
        factor = amplification(largest_change(one))
        changed = one.prediction != example.prediction
        _picture(row[0], around_grey(one.perturbation, factor), scaled_title(factor), strength(one.epsilon))
        _picture(row[1], pixels(example.image + one.perturbation), "Image + perturbation")
        _picture(row[2], label_space.colours(one.prediction), "Prediction")
        _picture(row[3], _mask(changed), f"Changed: {share(changed.sum(), changed.size)} of pixels")
    _legend(figure, label_space, [example.truth, *predictions], 4, height)
    return figure


def prediction_sheet(columns: Mapping[str, tuple[Example, str]], label_space: LabelSpace) -> Figure:
    """Predictions on one image: a row an epsilon, 0 first, and a column a (title, (example, attack)).

    One example under several attacks gives Fig. 12, several networks' examples under one attack Fig. 13. On the left
    stand the image and, below it, the ground truth. Attacks that find their own norm have a row of their own, the last.
    """
    first = next(iter(columns.values()))[0]
    found = {title: {one.epsilon: one for one in example.under(attack)} for title, (example, attack) in columns.items()}
    sizes = dict.fromkeys(epsilon for column in found.values() for epsilon in column)
    epsilons = [*sorted(size for size in sizes if size is not None), *(size for size in sizes if size is None)]
    models = dict.fromkeys(example.model for example, _ in columns.values())
    heading = f"{', '.join(models)}, image {first.name}"
    figure, axes, height = _sheet(max(2, len(epsilons) + 1), len(columns) + 1, first.image.shape, heading)
    for blank in axes.ravel():
        blank.set_axis_off()
    _picture(axes[0, 0], first.image, "Clean image")
    _picture(axes[1, 0], label_space.colours(first.truth), "Ground truth")
    shown = [first.truth]
    for column, (title, (example, _)) in enumerate(columns.items(), start=1):
        maps: dict[float | None, np.ndarray] = {0.0: example.prediction}
        maps.update((epsilon, one.prediction) for epsilon, one in found[title].items())
        for row, epsilon in enumerate([0.0, *epsilons]):
            if epsilon in maps:
                heading = f"{title}\n{strength(epsilon)}" if row == 0 else strength(epsilon)
                _picture(axes[row, column], label_space.colours(maps[epsilon]), heading)
        shown += maps.values()
    _legend(figure, label_space, shown, len(columns) + 1, height)
    return figure


def defense_sheet(
    columns: Mapping[str, Example], attack: str, epsilon: float | None, label_space: LabelSpace
) -> Figure:
    """What networks are given and what they see of it: the clean image, then the attacked one behind each transform.

    columns: transform -> what the network behind it saw, the one without a transform first (Fig. 5).
    """
    plain = next(iter(columns.values()))
    heading = f"{attack_title(attack)}, {strength(epsilon)}, on {plain.model}, image {plain.name}"
    figure, axes, height = _sheet(2, len(columns) + 1, plain.image.shape, heading)
    _picture(axes[0, 0], plain.image, "Clean image", "input")
    _picture(axes[1, 0], label_space.colours(plain.prediction), agreement(plain.prediction, plain), "prediction")
    shown = [plain.prediction]
    for (name, example), (top, bottom) in zip(columns.items(), axes.T[1:], strict=True):
        (one,) = (one for one in example.under(attack) if one.epsilon == epsilon)
        _picture(top, pixels(example.image + one.perturbation), f"Attacked, {transform_title(name)}")
        _picture(bottom, label_space.colours(one.prediction), agreement(one.prediction, plain))
        shown.append(one.prediction)
    _legend(figure, label_space, shown, len(columns) + 1, height)
    return figure


def photograph_sheet(one: AttackedPhotograph, label_space: LabelSpace) -> Figure:
    """A photograph, its attacked file and what that adds; below them the labels of both and where they differ."""
    step = max(1, max(one.photograph.shape) // MOST)
    image, saved, added, before, after = (
        array[::step, ::step] for array in (one.photograph, one.saved, one.perturbation, one.before, one.after)
    )
    title = f"{attack_title(one.attack)}, {strength(one.epsilon)}, on {one.model}, image {one.name}"
    figure, axes, height = _sheet(2, 3, image.shape, title)
    factor, changed = amplification(one.epsilon), one.before != one.after
    _picture(axes[0, 0], image, "Photograph", "image")
    _picture(axes[0, 1], saved, "Attacked, as saved")
    _picture(axes[0, 2], around_grey(added, factor), scaled_title(factor))
    _picture(axes[1, 0], label_space.colours(before), "Labels of the photograph", "labels")
    _picture(axes[1, 1], label_space.colours(after), "Labels of the attacked file")
    _picture(axes[1, 2], _mask(changed[::step, ::step]), f"Changed: {share(changed.sum(), changed.size)} of pixels")
    _legend(figure, label_space, [one.before, one.after], 3, height)
    return figure


def reading_sheet(
    title: str, rows: Sequence[tuple[np.ndarray, np.ndarray, Mapping[str, np.ndarray]]], label_space: LabelSpace
) -> Figure:
    """A row a photograph: (the photograph, its labels, {title: a prediction})."""
    image, truth, predictions = rows[0]
    figure, axes, height = _sheet(len(rows), 2 + len(predictions), image.shape, title)
    shown = []
    for row, (image, truth, predictions) in zip(axes, rows, strict=True):
        _picture(row[0], image, "Photograph")
        _picture(row[1], label_space.colours(truth), "Labels")
        for place, (heading, prediction) in zip(row[2:], predictions.items(), strict=True):
            _picture(place, label_space.colours(prediction), heading)
        shown += [truth, *predictions.values()]
    _legend(figure, label_space, shown, 2 + len(predictions), height)
    return figure


def sample_sheet(title: str, samples: Sequence[tuple[str, np.ndarray, np.ndarray]], label_space: LabelSpace) -> Figure:
    """Photographs (id, image, labels), two in a row, each beside its labels."""
    rows = -(-len(samples) // 2)
    shape = max((image.shape for _, image, _ in samples), key=lambda shape: shape[0] / shape[1])
    figure, axes, height = _sheet(rows, 4 if len(samples) > 1 else 2, shape, title)
    places = axes.reshape(-1, 2)
    for place in places[len(samples) :].ravel():
        place.set_axis_off()
    for (left, right), (name, image, labels) in zip(places, samples, strict=False):
        _picture(left, image, name if len(name) <= 36 else f"...{name[-33:]}")
        _picture(right, label_space.colours(labels), _share_ignored(labels))
    _legend(figure, label_space, [labels for _, _, labels in samples], axes.shape[1], height)
    return figure


def draw_sheets(examples: Sequence[Example], label_space: LabelSpace, folder: str | pathlib.Path) -> list[pathlib.Path]:
    """Writes, for each attacked example without a transform, sheet_<model>_<image> over its attacks and
    sheet_<model>_<image>_<attack> of one of them; defense_<model>_<image>_<attack> where transforms were tried; and
    networks_<image>_<attack> where several networks were attacked on an image, NETWORKS of them at a time."""
    paths = _network_sheets(examples, label_space, pathlib.Path(folder))
    for example in (example for example in examples if example.attacks and not example.transform):
        name = f"{example.model}_{example.name}"
        attack = SHOWN if SHOWN in example.attacks else example.attacks[-1]
        paths += save_figure(attack_sheet(example, attack, label_space), folder, f"sheet_{name}_{attack}", DPI)
        if len(example.attacks) > 1:
            columns = {attack_title(one): (example, one) for one in example.attacks}
            paths += save_figure(prediction_sheet(columns, label_space), folder, f"sheet_{name}", DPI)
        behind = {one.transform: one for one in examples if one.transform and one.model == example.model}
        if behind:
            epsilons = [one.epsilon for one in example.under(attack)]
            epsilon = HEADLINE_EPSILON if HEADLINE_EPSILON in epsilons else epsilons[-1]
            sheet = defense_sheet({NONE: example, **behind}, attack, epsilon, label_space)
            paths += save_figure(sheet, folder, f"defense_{name}_{attack}", DPI)
    return paths


def _network_sheets(examples: Sequence[Example], label_space: LabelSpace, folder: pathlib.Path) -> list[pathlib.Path]:
    """Of each image that several networks were attacked on, each by its own gradient (Figs. 1 and 13)."""
    paths, by_image = [], dict[str, list[Example]]()
    for one in examples:
        if one.attacks and not one.transform:
            by_image.setdefault(one.name, []).append(one)
    for image, own in by_image.items():
        shared = [attack for attack in own[0].attacks if all(attack in one.attacks for one in own)]
        if len(own) < 2 or not shared:
            continue
        attack = SHOWN if SHOWN in shared else shared[-1]
        for first in range(0, len(own), NETWORKS):
            columns = {f"{one.model}, {attack_title(attack)}": (one, attack) for one in own[first : first + NETWORKS]}
            name = f"networks_{image}_{attack}" + (f"_from_{first + 1}" if len(own) > NETWORKS else "")
            paths += save_figure(prediction_sheet(columns, label_space), folder, name, DPI)
    return paths


def side_by_side(example: Example, one: Attacked | None, label_space: LabelSpace) -> np.ndarray:
    """The image (attacked, or clean where `one` is None) and its prediction abreast, uint8 [H, 2 W, 3]."""
    image = example.image if one is None else example.image + one.perturbation
    prediction = example.prediction if one is None else one.prediction
    return np.concatenate([pixels(image), label_space.colours(prediction)], axis=1)


def _sheet(rows: int, columns: int, shape: Sequence[int], title: str) -> tuple[Figure, np.ndarray, float]:
    """A figure of `rows` x `columns` pictures, its axes and its height in inches without the legend."""
    height = rows * (COLUMN * shape[0] / shape[1] + 0.32) + 0.55
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.01, hspace=0.01)
    figure = Figure(figsize=(COLUMN * columns + 0.3, height), layout=layout)
    figure.suptitle(title, x=0.01, horizontalalignment="left", fontsize=SIZE + 2, parse_math=False)
    return figure, figure.subplots(rows, columns, squeeze=False), height


def _picture(axes: Axes, image: np.ndarray, title: str, row: str = "") -> None:
    axes.set_axis_on()
    axes.imshow(pixels(image), interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=SIZE, pad=3)
    axes.set_ylabel(row, fontsize=SIZE + 1)


def strength(epsilon: float | None) -> str:
    """Of an attack, in words."""
    return "own norm" if epsilon is None else f"epsilon {epsilon:g}"


def _mask(pixels_set: np.ndarray) -> np.ndarray:
    """White where set, black elsewhere, uint8 [H, W, 3]."""
    return np.repeat(255 * pixels_set[..., None].astype(np.uint8), 3, axis=-1)


def agreement(prediction: np.ndarray, example: Example) -> str:
    """The share of the labelled pixels that a prediction [H, W] has right, in words."""
    counted = example.truth != IGNORED
    return f"{share((prediction == example.truth)[counted].sum(), counted.sum())} right"


def share(count: int, total: int) -> str:
    """In per cent."""
    return f"{100 * count / max(total, 1):.1f} %"


def _share_ignored(labels: np.ndarray) -> str:
    """No label is void unless it says so: black may be a class, too."""
    ignored = int((labels == IGNORED).sum())
    return f"Labels, {share(ignored, labels.size)} void" if ignored else "Labels"


def _legend(figure: Figure, label_space: LabelSpace, maps: Sequence[np.ndarray], columns: int, height: float) -> None:
    """The colours of the classes that occur in `maps`, below the pictures, in an own strip added to the figure."""
    present = np.unique(np.concatenate([np.unique(labels) for labels in maps]))
    colours = {label_space.names[label]: label_space.palette[label] for label in present if label != IGNORED}
    if IGNORED in present:
        colours["void"] = label_space.void
    handles = [
        Patch(facecolor="#{:02x}{:02x}{:02x}".format(*colour), edgecolor="0.4", linewidth=0.5, label=name)
        for name, colour in colours.items()
    ]
    abreast = max(1, int(columns * COLUMN / 1.7))
    figure.set_figheight(height + 0.3 * -(-len(handles) // abreast))
    figure.legend(handles=handles, loc="outside lower center", ncols=abreast, fontsize=SIZE, frameon=False)
