"""How well intervals and verdicts keep their word when there are few images.

    python -m benchmarks.coverage [--experiments 1000]

Draws experiments of n images from a population whose scores are known, and counts how often a 95 % interval holds the
truth (cells, IoU ratios, differences of ratios), and how often a verdict decides where there is nothing to decide: on
two networks of equal robustness, about a difference, the size of two effects, the worst of several epsilons, a CRF that
changes nothing, and the order of six networks. 95 % and 5 % are what is promised.
"""

import argparse
import types

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import resample_weights
from tfadvseg.metrics.scores import iou_ratio, mean_iou
from tfadvseg.runs.results import CLEAN, Cell, Results
from tfadvseg.studies.claims import HOLDS, UNDECIDED, Claim, judge
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.masking import masking
from tfadvseg.studies.crf.names import CrfPair
from tfadvseg.studies.evidence import Evidence, rank_correlation

CLASSES, PIXELS = 8, 400
IMAGES = (1, 2, 4, 8, 16, 32)
RIGHT = {"clean": 0.75, "fgsm": 0.35, "ifgsm": 0.35}
"""Share of the pixels that are predicted rightly in the mean, by what was done to the images."""


def draw(rng: np.random.Generator, images: int, right: float, level: np.ndarray, mix: np.ndarray) -> Counts:
    """Counts [N, C] of one cell: images differ in their classes (mix) and in how hard they are (level [N, 1])."""
    labelled = np.array([rng.multinomial(PIXELS, shares) for shares in mix])
    noise = rng.normal(0, 0.05, (images, 1)) + rng.normal(0, 0.05, (images, CLASSES))
    hits = rng.binomial(labelled, np.clip(right + level + noise, 0.02, 0.98))
    wrong = [rng.multinomial(n, np.full(CLASSES, 1 / CLASSES)) for n in (labelled - hits).sum(1)]
    return Counts(hits, labelled, hits + np.array(wrong))


def experiment(rng: np.random.Generator, images: int) -> Evidence:
    """Two networks, `net` and `net+crf`, alike in everything, under two attacks each, on the same images."""
    mix, level = rng.dirichlet(np.ones(CLASSES), images), rng.normal(0, 0.08, (images, 1))
    cells, counts = [], []
    for model in ("net", "net+crf"):
        for source in ("net", "net+crf"):
            for attack in RIGHT:
                if attack == CLEAN and source != model:
                    continue
                epsilon = 0.0 if attack == CLEAN else 8.0
                cells.append(Cell("drawn", "validation", model, source, attack, epsilon))
                counts.append(draw(rng, images, RIGHT[attack], level, mix))
    stacked = Counts(*(np.stack(parts) for parts in zip(*counts, strict=True)))
    ones, nothing = np.ones((len(cells), images)), np.zeros(len(cells))
    names = tuple(f"{i}" for i in range(images))
    return Evidence(Results(tuple(cells), names, names, stacked, ones, ones, ones, ones, ones, ones, *[nothing] * 3))


def ratio(evidence: Evidence, model: str, attack: str) -> np.ndarray:
    """IoU ratio [1 + R] of a network under its own attack."""
    return evidence.ratio(model=model, source_model=model, attack=attack, epsilon=8.0)


CLAIMS = {
    "a difference": Claim("C72", "", lambda e: {"": ratio(e, "net", "fgsm") - ratio(e, "net+crf", "fgsm")}, above=0.0),
    "the sizes of two effects": Claim(
        "C83", "",
        lambda e: {
            "": np.abs(ratio(e, "net", "fgsm") - ratio(e, "net+crf", "fgsm"))
            - np.abs(ratio(e, "net", "ifgsm") - ratio(e, "net+crf", "ifgsm"))
        },
        above=0.0,
    ),
    "every one of two": Claim(
        "C58", "",
        lambda e: {
            "": {n: ratio(e, "net", a) - ratio(e, "net+crf", a) for n, a in enumerate(("fgsm", "ifgsm"))}
        },
        above=0.0, each=True,
    ),
}  # fmt: skip
"""Verdicts about networks that do not differ: whatever is decided is decided wrongly."""


def masked(evidence: Evidence) -> bool:
    """Whether a CRF that changes nothing is said to mask the gradient, without attacks on scaled logits."""
    starts = {
        f"{m}/{o}": np.ones((3, evidence.images)) for m in ("net", "net+crf") for o in ("away", "toward", "scaled")
    }
    pair = Pair(evidence, CrfPair("net", "net+crf", {}), ("fgsm", "ifgsm"), (8.0,), {}, starts)
    return masking(pair).opening.startswith("The CRF masks")


def ordered(rng: np.random.Generator, images: int) -> bool:
    """Whether six networks that do not differ are said to be more robust from the first to the last, or less."""
    mix, level = rng.dirichlet(np.ones(CLASSES), images), rng.normal(0, 0.08, (images, 1))
    weights = np.concatenate([np.ones((1, images)), resample_weights(range(images))])
    six = [mean_iou(draw(rng, images, RIGHT["fgsm"], level, mix).weighted(weights)) for _ in range(6)]
    claim = Claim(
        "C75", "", lambda scores: {"": rank_correlation(np.arange(6.0)[:, None], scores)}, above=0.0, ranks=True
    )
    return not judge([claim], np.stack(six), "", images)[0].verdict.startswith(UNDECIDED)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000)
    options = parser.parse_args()
    truth = population()
    columns = ["images", "cell", "ratio", "difference", *CLAIMS, "masking", "an order"]
    print(" | ".join(columns))
    for images in IMAGES:
        found = [one(np.random.default_rng((images, n)), images, truth) for n in range(options.experiments)]
        shares = 100 * np.mean(found, 0)
        known = images > 1  # of one image there is no interval
        print(
            " | ".join([f"{images}", *(f"{x:.1f}" if known or i > 2 else "-" for i, x in enumerate(shares))]),
            flush=True,
        )


def population() -> types.SimpleNamespace:
    """The scores of 20,000 images."""
    rng, images = np.random.default_rng(0), 20_000
    mix, level = rng.dirichlet(np.ones(CLASSES), images), rng.normal(0, 0.08, (images, 1))
    clean, attacked = (mean_iou(draw(rng, images, RIGHT[name], level, mix).total()) for name in ("clean", "fgsm"))
    return types.SimpleNamespace(iou=attacked, ratio=iou_ratio(attacked, clean))


def one(rng: np.random.Generator, images: int, truth: types.SimpleNamespace) -> list[bool]:
    """[the intervals of a cell, a ratio and a difference hold the truth; each claim, masking, an order are decided]."""
    evidence = experiment(rng, images)
    score = evidence.iou(model="net", source_model="net", attack="fgsm", epsilon=8.0)
    own, other = (ratio(evidence, model, "fgsm") for model in ("net", "net+crf"))
    wanted = ((score, truth.iou), (own, truth.ratio), (own - other, 0.0))
    held = [low <= value <= high for (low, high), value in ((evidence.interval(s), value) for s, value in wanted)]
    verdicts = [judge([claim], evidence, "", images)[0].verdict for claim in CLAIMS.values()]
    wrong = [verdict == HOLDS if name == "every one of two" else not verdict.startswith(UNDECIDED)
             for name, verdict in zip(CLAIMS, verdicts, strict=True)]  # fmt: skip
    return [*held, *wrong, masked(evidence), ordered(rng, images)]


if __name__ == "__main__":
    main()
