"""Runs that nobody ran: on every image each model has exactly the IoU, confidence and so on that a test asks for.

All images have one class, PIXELS pixels labelled so, of which the model finds some and nothing beside them. The IoU of
an image is hits / PIXELS then, and that of a resample the mean over the images drawn: what is alike on all images is
alike in all resamples, to the last bit. Differences between IoUs are exact but for the rounding of float64, some 1e-14.
Where nothing else is said, each image is a group of its own.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.runs.results import CLEAN, NONE, Cell, Results
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.names import CrfPair
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.claims import Network
from tfadvseg.studies.robustness.facts import Facts
from tfadvseg.studies.robustness.networks import Networks
from tfadvseg.studies.transforms.claims import Defended

PIXELS = 1_000_000
"""IoUs have steps of 0.0001 per cent."""

IMAGES = 16
"""As many as decide claims about an order."""

OPPOSITE = np.where(np.arange(IMAGES) % 2, -1.0, 1.0)
"""One half of the images says one thing, the other half the opposite: resamples take sides."""

PerImage = float | np.ndarray
"""The same for all images, or a value for each [IMAGES]."""

NET, CRF = "net", "net+crf"


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a model makes of the images of a cell. iou, confidence, boundaries: per cent; entropy: nats."""

    iou: PerImage = 30.0
    confidence: PerImage = 95.0
    entropy: PerImage = 0.5
    boundaries: PerImage = 5.0


def cell(
    model: str,
    attack: str = CLEAN,
    epsilon: float | None = 0.0,
    source: str = "",
    expected: str = NONE,
    inference: str = NONE,
    trial: int = 0,
) -> Cell:
    """A cell of the run; `source` is the model itself by default."""
    return Cell("made_up", "validation", model, source or model, attack, epsilon, expected, inference, trial)


def results(answers: Mapping[Cell, Answer], groups: Sequence[str] | None = None) -> Results:
    """Everything that the cells of a run measured on as many images as groups are named, IMAGES by default."""
    groups = [f"drive_{i}" for i in range(IMAGES)] if groups is None else groups
    iou, confidence, entropy, boundaries = (
        np.stack([np.broadcast_to(getattr(answer, name), len(groups)) for answer in answers.values()])
        for name in ("iou", "confidence", "entropy", "boundaries")
    )
    hits = np.rint(iou * PIXELS / 100)
    if np.abs(hits - iou * PIXELS / 100).max() > 1e-3 or hits.min() < 0 or hits.max() > PIXELS:
        raise ValueError("An IoU is between 0 and 100 per cent with at most 4 decimals; choose other values.")
    pixels, nothing = np.full_like(hits, PIXELS), np.zeros(len(hits))
    hits = hits[..., None]
    return Results(
        cells=tuple(answers),
        ids=tuple(f"image_{i}" for i in range(len(groups))),
        groups=tuple(groups),
        counts=Counts(hits, np.full_like(hits, PIXELS), hits),
        confidence=pixels * confidence / 100,
        entropy=pixels * entropy,
        boundaries=pixels * boundaries / 100,
        pixels=pixels,
        linf=np.zeros_like(pixels),
        l2=np.zeros_like(pixels),
        gradients=nothing,
        queries=nothing,
        seconds=nothing,
    )


def write_run(
    folder: pathlib.Path,
    study: str,
    answers: Mapping[Cell, Answer],
    design: Mapping,
    warnings: Sequence[str] = (),
    groups: Sequence[str] | None = None,
    **recipe,
) -> pathlib.Path:
    """A run folder of them, finished. recipe: settings beside those that all have."""
    folder.mkdir()
    measured = results(answers, groups)
    small = np.array([3.25 if one.epsilon is None else one.epsilon for one in answers])
    linf = np.repeat(small[:, None], len(measured.ids), 1)
    dataclasses.replace(measured, linf=linf, l2=10 * linf).save(folder / "cells.npz")
    settings = {"study": study, "seed": 0, "epsilons": ["1", "8"]} | recipe
    for file, content in (("recipe", {"recipe": settings}), ("design", design), ("findings", list(warnings))):
        (folder / f"{file}.json").write_text(json.dumps(content))
    return folder


def network(attacked: Mapping[str, Mapping[float, PerImage]], clean: PerImage = 80.0) -> Network:
    """White-box attacks on a network: {attack: {epsilon: IoU}}, and its IoU on clean images."""
    epsilons = tuple(dict.fromkeys(epsilon for ious in attacked.values() for epsilon in ious))
    answers = {cell(NET): Answer(clean)}
    for attack, ious in attacked.items():
        answers |= {cell(NET, attack, epsilon): Answer(iou) for epsilon, iou in ious.items()}
    return Network(Evidence(results(answers)), NET, tuple(attacked), epsilons)


def defended(
    attacked: Mapping[tuple[str, str, float], PerImage],
    clean: Mapping[str, PerImage] | None = None,
    transforms: Sequence[str] = ("jpeg", "blur", "hsv", "grayscale"),
    epsilons: Sequence[float] = (1.0, 8.0),
    trials: int = 1,
    deviation: float = 0.0,
    crossed: bool = True,
    baseline: str = NONE,
) -> Defended:
    """A network behind transforms under one attack: J(i, k) at an epsilon, {(i, k, epsilon): IoU}, and IoUs on clean
    images.

    Where nothing is said, an attacked IoU is 30 and a clean one 80. deviation: of the IoU over the trials, by which
    they lie above and below it in turn. crossed: whether all adaptive attacks meet all transforms. baseline: what
    stands for the undefended network, with cells of its own."""
    ends = tuple(dict.fromkeys((NONE, baseline, *transforms)))
    pairs = [(i, k) for i in ends for k in ends if crossed or k in (i, NONE)]
    ious = {(i, NONE, CLEAN, 0.0): (clean or {}).get(i, 80.0) for i in ends}
    ious |= {(i, k, "ifgsm_ll", e): attacked.get((i, k, e), 30.0) for i, k in pairs for e in epsilons}
    answers = {}
    for (i, k, attack, epsilon), iou in ious.items():
        for trial in range(trials if i in transforms else 1):
            aside = deviation * (1 if trial % 2 else -1) if k == NONE and i in transforms and attack != CLEAN else 0.0
            answers[cell(NET, attack, epsilon, expected=k, inference=i, trial=trial)] = Answer(iou + aside)
    return Defended(Evidence(results(answers)), NET, "ifgsm_ll", tuple(transforms), tuple(epsilons), baseline)


def pair(
    attacked: Mapping[tuple[str, str, str, float], Answer],
    clean: Mapping[str, Answer] | None = None,
    variants: Mapping[str, Mapping[str, float]] | None = None,
    starts: Mapping[str, Sequence[PerImage]] | None = None,
    scaled: Mapping[str, str] | None = None,
    groups: Sequence[str] | None = None,
) -> Pair:
    """A network with and without a CRF: {(model, source, attack, epsilon): answer}, and answers on clean images.

    Attacks on the network with the CRF are shown to the one without it, too; where nothing is said, they leave it 90 %.
    starts: {"<model>/<objective>": (loss, norm, zeros)}, by default all 1. scaled: {attack: the same on scaled logits}.
    """
    variants, scaled = variants or {}, scaled or {}
    shown = {(NET, CRF, a, e): of_ratio(NET, 90.0) for model, source, a, e in attacked if model == source == CRF}
    attacked = shown | dict(attacked)
    answers = {cell(model): Answer(clean_iou(model)) for model in (NET, CRF, *variants)}
    answers |= {cell(model): answer for model, answer in (clean or {}).items()}
    answers |= {cell(m, attack, e, source): answer for (m, source, attack, e), answer in attacked.items()}
    attacks = dict.fromkeys(attack for _, _, attack, _ in attacked if attack not in scaled.values())
    epsilons = sorted({epsilon for *_, epsilon in attacked})
    found: dict[str, Sequence[PerImage]] = {
        f"{model}/{kind}": (1.0, 1.0, 1.0) for model in (NET, CRF) for kind in ("away", "toward", "scaled")
    }
    found |= starts or {}
    evidence = Evidence(results(answers, groups))
    measured = {
        name: np.stack([np.broadcast_to(part, evidence.images) for part in parts]) for name, parts in found.items()
    }
    return Pair(evidence, CrfPair(NET, CRF, variants), tuple(attacks), tuple(epsilons), scaled, measured)


def clean_iou(model: str) -> float:
    """IoU on clean images where a test says nothing of it; not the same for all, so that a ratio is not an IoU."""
    if model in (NET, CRF):
        return 50.0 if model == NET else 80.0
    return 40.0 if int(model[-1]) % 2 else 60.0  # variants are numbered


def of_ratio(model: str, ratio: PerImage, confidence: PerImage = 95.0, entropy: PerImage = 0.5) -> Answer:
    """An answer with that IoU ratio."""
    return Answer(ratio * clean_iou(model) / 100, confidence, entropy)


def networks(
    attacked: Mapping[tuple[str, str, float], PerImage],
    clean: Mapping[str, PerImage],
    facts: Mapping[str, Facts],
) -> Networks:
    """White-box attacks on several networks: {(network, attack, epsilon): IoU}, and their IoUs on clean images."""
    answers = {cell(name): Answer(iou) for name, iou in clean.items()}
    answers |= {cell(*which): Answer(iou) for which, iou in attacked.items()}
    attacks = tuple(dict.fromkeys(attack for _, attack, _ in attacked))
    epsilons = tuple(sorted({epsilon for *_, epsilon in attacked}))
    return Networks(Evidence(results(answers)), facts, attacks, epsilons)
