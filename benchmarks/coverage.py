"""How well intervals and verdicts keep their word when there are few images.

    python -m benchmarks.coverage [--experiments 1000]

Draws experiments of n images from a population whose scores are known, and counts how often a 95 % interval holds the
truth (cells, IoU ratios, differences of ratios), and how often a verdict decides where there is nothing to decide: on
networks of equal robustness, about a difference, the size of two effects, the worst of several epsilons, a CRF that
changes nothing (looked for in two ways and in four), which of three networks to deploy, the order of six variants of a
CRF and which of them is the best; and how often an advantage of a CRF is said to be left where none is, or to be below
`MARGIN` points where it is exactly that. 95 % and 5 % are what is promised.
"""

import argparse
import types
from collections.abc import Mapping

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import iou_ratio, mean_iou
from tfadvseg.runs.results import CLEAN, Cell, Results
from tfadvseg.studies.claims import HOLDS, UNDECIDED, Claim, judge
from tfadvseg.studies.crf.claims import CLAIMS as CRF_CLAIMS
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.crf.masking import masking
from tfadvseg.studies.crf.names import CrfPair
from tfadvseg.studies.evidence import Evidence, rank_correlation
from tfadvseg.studies.robustness.comparison import leads, least_kept
from tfadvseg.studies.signs import MARGIN, Masking

CLASSES, PIXELS = 8, 400
IMAGES = (1, 2, 4, 8, 16, 32)
UNTOUCHED, ATTACKED, SPARED = 0.75, 0.35, 0.60
"""Share of the pixels that are predicted rightly in the mean: on clean images, under an attack, under a weak one."""
PLAIN, EPSILON = ("fgsm", "ifgsm"), 8.0
SCALED = {name: f"{name}_scaled" for name in PLAIN}
ALL = (*PLAIN, *SCALED.values())
VARIANTS = {f"theta_alpha={value}": {"theta_alpha": float(value)} for value in (1, 5, 20, 80, 160, 240)}
"""As `pipelines.crf` sweeps it."""

Shares = dict[tuple[str, str, str], float]
"""{(network, whose gradient, attack): share of the pixels that are predicted rightly}."""


def design(margin: float) -> Shares:
    """Every cell of an experiment; margin: how much larger a share is where the IoU ratio is `MARGIN` points larger.

    net, net+crf, third and the variants are alike in everything. Of masked, whose weakest attacks are those of its own
    gradient and of scaled logits, nothing is left beyond net, since one attack of four is as strong; of left, under all
    attacks alike, exactly `MARGIN` points are, beyond lone. Of four equal attacks the strongest is found by chance, of
    one it is not, so both are the harder for a verdict that compares the strongest of either network.
    """
    shares = {(m, s, attack): ATTACKED for m in ("net", "net+crf") for s in ("net", "net+crf") for attack in ALL}
    shares |= {(m, m, attack): ATTACKED for m, attacks in (("third", PLAIN),) for attack in attacks}
    shares |= {(m, m, "fgsm"): ATTACKED for m in VARIANTS}
    shares |= {("net", "masked", attack): ATTACKED for attack in ALL}
    shares |= {("masked", "masked", attack): SPARED for attack in ALL}
    shares |= {("masked", "net", attack): ATTACKED if attack in PLAIN else SPARED for attack in ALL}
    shares |= {("left", source, attack): ATTACKED + margin for source in ("left", "lone") for attack in ALL}
    shares |= {("lone", source, attack): SPARED for source in ("left", "lone") for attack in ALL}
    shares |= {("lone", "lone", attack): ATTACKED for attack in PLAIN}
    return {(m, m, CLEAN): UNTOUCHED for m, _, _ in shares} | shares


def draw(rng: np.random.Generator, images: int, shares: np.ndarray) -> Counts:
    """Counts [K, N, C] of cells in which these shares [K] of the pixels are right: images differ in their classes and
    in how hard they are, alike in all cells."""
    mix, level = rng.dirichlet(np.ones(CLASSES), images), rng.normal(0, 0.08, (images, 1))
    cells = len(shares)
    labelled = rng.multinomial(PIXELS, np.broadcast_to(mix, (cells, images, CLASSES)))
    noise = rng.normal(0, 0.05, (cells, images, 1)) + rng.normal(0, 0.05, (cells, images, CLASSES))
    hits = rng.binomial(labelled, np.clip(shares[:, None, None] + level + noise, 0.02, 0.98))
    wrong = rng.multinomial((labelled - hits).sum(-1), np.full(CLASSES, 1 / CLASSES))
    return Counts(hits, labelled, hits + wrong)


def experiment(rng: np.random.Generator, images: int, shares: Shares) -> Evidence:
    """What was measured of all the cells, on the same images."""
    cells = tuple(
        Cell("drawn", "validation", model, source, attack, 0.0 if attack == CLEAN else EPSILON)
        for model, source, attack in shares
    )
    counts = draw(rng, images, np.array(list(shares.values())))
    ones, nothing = np.ones((len(cells), images)), np.zeros(len(cells))
    names = tuple(f"{i}" for i in range(images))
    return Evidence(Results(cells, names, names, counts, ones, ones, ones, ones, ones, ones, *[nothing] * 3))


def ratio(evidence: Evidence, model: str, attack: str) -> np.ndarray:
    """IoU ratio [1 + R] of a network under its own attack."""
    return evidence.ratio(model=model, source_model=model, attack=attack, epsilon=EPSILON)


CLAIMS = {
    "a difference": Claim("C72", "", lambda e: {"": ratio(e, "net", "fgsm") - ratio(e, "net+crf", "fgsm")}, above=0.0),
    "sizes of two": Claim(
        "C83",
        "",
        lambda e: {
            "": np.abs(ratio(e, "net", "fgsm") - ratio(e, "net+crf", "fgsm"))
            - np.abs(ratio(e, "net", "ifgsm") - ratio(e, "net+crf", "ifgsm"))
        },
        above=0.0,
    ),
    "every one of two": Claim(
        "C58",
        "",
        lambda e: {"": {n: ratio(e, "net", a) - ratio(e, "net+crf", a) for n, a in enumerate(PLAIN)}},
        above=0.0,
        each=True,
    ),
    "an order of six": Claim(
        "C75",
        "",
        lambda e: {"": rank_correlation(np.arange(6.0)[:, None], np.stack([ratio(e, m, "fgsm") for m in VARIANTS]))},
        above=0.0,
        ranks=True,
    ),
}
"""Verdicts about networks that do not differ: whatever is decided is decided wrongly."""

(BEST_OF_SIX,) = (claim for claim in CRF_CLAIMS if claim.number == "C74")


def pair_of(
    evidence: Evidence, network: str, crf: str, scaled: Mapping[str, str] = SCALED, variants: Mapping = VARIANTS
) -> Pair:
    """Two of the networks, as `pipelines.crf` has them."""
    starts = {f"{m}/{o}": np.ones((3, evidence.images)) for m in (network, crf) for o in ("away", "toward", "scaled")}
    return Pair(evidence, CrfPair(network, crf, variants), PLAIN, (EPSILON,), scaled, starts)


def masks(found: Masking) -> bool:
    """Whether a CRF is said to mask the gradient of any attack."""
    return found.opening.startswith("The CRF masks")


def said_of_any(found: Masking, *fates: str) -> bool:
    """Whether one of these is said of the advantage under any attack."""
    return any(ground.endswith(f": {fate}.") for ground in found.grounds for fate in fates)


def three(evidence: Evidence) -> bool:
    """Whether any two of three networks that do not differ are told apart."""
    kept = least_kept(evidence, ("net", "net+crf", "third"), PLAIN, EPSILON)
    return any(lead.told_apart for lead in leads(evidence, kept))


COLUMNS = (
    "cell",
    "ratio",
    "difference",
    *CLAIMS,
    "masks, 2 ways",
    "masks, 4 ways",
    "remains",
    "less than 2",
    "three",
    "best of six",
)


def one(rng: np.random.Generator, images: int, truth: types.SimpleNamespace) -> list[bool]:
    """[the intervals of a cell, a ratio and a difference hold the truth; each of the other COLUMNS is decided]."""
    evidence = experiment(rng, images, truth.design)
    score = evidence.iou(model="net", source_model="net", attack="fgsm", epsilon=EPSILON)
    own, other = (ratio(evidence, model, "fgsm") for model in ("net", "net+crf"))
    wanted = ((score, truth.iou), (own, truth.ratio), (own - other, 0.0))
    held = [low <= value <= high for (low, high), value in ((evidence.interval(s), value) for s, value in wanted)]
    verdicts = [judge([claim], evidence, "", images)[0].verdict for claim in CLAIMS.values()]
    wrong = [
        verdict == HOLDS if name == "every one of two" else not verdict.startswith(UNDECIDED)
        for name, verdict in zip(CLAIMS, verdicts, strict=True)
    ]
    two, four = (masks(masking(pair_of(evidence, "net", "net+crf", scaled))) for scaled in ({}, SCALED))
    remains = said_of_any(masking(pair_of(evidence, "net", "masked")), "it remains")
    less = said_of_any(
        masking(pair_of(evidence, "lone", "left")),
        f"less than {MARGIN:g} points of it are left",
        f"there is none, of {MARGIN:g} points or more",
    )
    best = judge([BEST_OF_SIX], pair_of(evidence, "net", "net+crf"), "", images)[0].verdict
    return [
        *held,
        *wrong,
        two,
        four,
        remains,
        less,
        three(evidence),
        not best.startswith(UNDECIDED),
    ]


def population() -> types.SimpleNamespace:
    """The scores of 20,000 images, and the design in which `MARGIN` points are as much as they are for them."""
    steps = np.linspace(0, 0.04, 5)
    shares = np.array([UNTOUCHED, *(ATTACKED + steps)])
    clean, *attacked = mean_iou(Counts(*(part.sum(1) for part in draw(np.random.default_rng(0), 20_000, shares))))
    ratios = iou_ratio(np.array(attacked), clean)
    margin = float(np.interp(ratios[0] + MARGIN, ratios, steps))
    return types.SimpleNamespace(iou=attacked[0], ratio=ratios[0], design=design(margin))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000)
    options = parser.parse_args()
    truth = population()
    print(" | ".join(("images", *COLUMNS)))
    for images in IMAGES:
        found = [one(np.random.default_rng((images, n)), images, truth) for n in range(options.experiments)]
        shares = 100 * np.mean(found, 0)
        known = images > 1  # of one image there is no interval
        print(
            " | ".join([f"{images}", *(f"{x:.1f}" if known or i > 2 else "-" for i, x in enumerate(shares))]),
            flush=True,
        )


if __name__ == "__main__":
    main()
