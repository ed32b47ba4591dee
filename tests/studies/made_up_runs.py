"""Finished runs of each study that nobody ran, with their folders: (what writes a folder) -> (settings) -> a run."""

import pathlib
from collections.abc import Callable, Mapping

import numpy as np
from made_up import IMAGES, PIXELS, Answer, cell, write_run

from tfadvseg.runs.results import CLEAN, NONE, Cell
from tfadvseg.studies.certificate.certified import Certified, write
from tfadvseg.studies.masking.names import LARGE, STRONGER, Battery, Try
from tfadvseg.studies.run import FinishedRun

Finish = Callable[..., FinishedRun]

PAIR = {
    "network": "net",
    "with_crf": "net with CRF",
    "variants": {
        "v1": {"theta_alpha": 1.0},
        "v2": {"theta_alpha": 20.0},
        "v3": {"theta_beta": 2.0},
        "v4": {"theta_gamma": 1.0, "spatial_weight": 3.0},
    },
}

CLEAN_IOU = {"a": 40.0, "b": 80.0, "c": 60.0}
RATIOS = {
    ("a", "a"): 20,
    ("b", "a"): 60,
    ("c", "a"): 50,
    ("a", "b"): 70,
    ("b", "b"): 10,
    ("c", "b"): 90,
    ("a", "c"): 80,
    ("b", "c"): 85,
    ("c", "c"): 30,
}
"""{(source, row): ratio} at epsilon 8; at epsilon 1 half as much is lost. Under ifgsm_ll it is the same."""


def finisher(place: pathlib.Path) -> Finish:
    """Writes run folders of made-up answers into a folder, and reads them."""

    def make(
        study: str, answers: Mapping[Cell, Answer], design: Mapping, warnings=(), starts=None, name: str = "run"
    ) -> FinishedRun:
        folder = write_run(place / name, study, answers, design, warnings)
        if starts is not None:
            np.savez(folder / "initial_gradients.npz", **starts)
        return FinishedRun.read(folder)

    return make


def robustness(finish: Finish) -> Finish:
    """Two networks under two attacks at two epsilons, and one that found its own norm; nobody has a CRF.

    IoU ratios at epsilon 1 and 8: a 80 and 40 (fgsm), 60 and 20 (ifgsm_ll); those of a+crf are 10 points above.
    """

    def make(**settings) -> FinishedRun:
        answers = {}
        for model, more in (("a", 0), ("a+crf", 10)):
            answers[cell(model)] = Answer(50.0)
            for attack, ratios in (("fgsm", (80, 40)), ("ifgsm_ll", (60, 20))):
                for epsilon, ratio in zip((1.0, 8.0), ratios, strict=True):
                    answers[cell(model, attack, epsilon)] = Answer(0.5 * (ratio + more))
            answers[cell(model, "smallest", None)] = Answer(5.0)
        return finish("robustness", answers, {"models": ["a", "a+crf"]}, **settings)

    return make


def transforms(finish: Finish) -> Finish:
    """Clean 60 at any end; at epsilon 8 the IoUs below, at 1 twice them; trials differ by a point each."""

    def make(cross: bool = True, trials: int = 3, **settings) -> FinishedRun:
        oblivious = {NONE: 10.0, "jpeg": 40.0, "blur": 30.0}
        adaptive = {("jpeg", "jpeg"): 15.0, ("blur", "blur"): 12.0}
        if cross:
            adaptive |= {("jpeg", "blur"): 25.0, ("blur", "jpeg"): 35.0, ("jpeg", NONE): 8.0, ("blur", NONE): 9.0}
        answers: dict[Cell, Answer] = {}

        def add(attack: str, epsilon: float, expected: str, seen: str, iou: float) -> None:
            for trial in range(1 if seen == NONE else trials):
                key = cell("net", attack, epsilon, expected=expected, inference=seen, trial=trial)
                answers[key] = Answer(iou + (0 if seen == NONE else trial - 1))

        for seen in oblivious:
            add(CLEAN, 0.0, NONE, seen, 60.0)
        for epsilon, factor in ((1.0, 2), (8.0, 1)):
            for seen, iou in oblivious.items():
                add("ifgsm_ll", epsilon, NONE, seen, factor * iou)
            for (expected, seen), iou in adaptive.items():
                add("ifgsm_ll", epsilon, expected, seen, factor * iou)
        design = {"models": ["net"], "transforms": ["jpeg", "blur"], "cross": cross}
        return finish("transforms", answers, design, **settings)

    return make


def crf(finish: Finish) -> Finish:
    """A network with and without a CRF, by own gradients, by those without the CRF and on scaled logits; and variants.

    IoU ratios at epsilon 8 under fgsm: 40 without, by the gradient with 45; with 50, by the gradient without 41, scaled
    10. At epsilon 4 twice.
    """

    def make(swept: bool = True, **settings) -> FinishedRun:
        pair = PAIR if swept else {**PAIR, "variants": {}}
        network, crf = pair["network"], pair["with_crf"]
        answers = {cell(network): Answer(60.0, 90.0), cell(crf): Answer(60.0, 95.0)}

        def add(model: str, source: str, attack: str, ratio: float, confidence: float = 90.0) -> None:
            for epsilon in (4.0, 8.0):
                answers[cell(model, attack, epsilon, source)] = Answer(0.6 * ratio * 8 / epsilon, confidence)

        for attack, own, with_crf, around, across in (
            ("fgsm", 40, 50, 41, 45),
            ("ifgsm", 20, 30, 21, 25),
            ("fgsm_ll", 25, 26, 25, 26),
            ("louder", 38, 10, 39, 44),
        ):
            add(network, network, attack, own)
            add(crf, crf, attack, with_crf)
            add(crf, network, attack, around)
            add(network, crf, attack, across)
        for place, variant in enumerate(pair["variants"]):
            answers[cell(variant)] = Answer(60.0 - place, 95.0)
            add(variant, variant, "fgsm", 45 - 5 * place, 99.0 - place)
        starts = {f"{m}/{kind}": np.ones((3, IMAGES)) for m in (network, crf) for kind in ("away", "toward", "scaled")}
        design = {"pairs": [pair], "scaled": {"fgsm": "louder"}, "temperature": 20.0}
        return finish("crf", answers, design, starts=starts, **settings)

    return make


def transfer(finish: Finish) -> Finish:
    """Three networks on the examples of each."""

    def make(sources="abc", models="abc", changed=None, **settings):
        answers = {cell(model): Answer(CLEAN_IOU[model]) for model in models}
        for (source, row), ratio in (RATIOS | (changed or {})).items():
            if source in sources and row in models:
                for attack in ("ifgsm_ll", "fgsm"):
                    answers[cell(row, attack, 8.0, source)] = Answer(ratio * CLEAN_IOU[row] / 100)
                    answers[cell(row, attack, 1.0, source)] = Answer((100 + ratio) / 2 * CLEAN_IOU[row] / 100)
        design = {"models": list(models), "sources": list(sources), "scales": []}
        return finish("transfer", answers, design, **settings)

    return make


def masking(finish: Finish) -> Finish:
    """Two models of which b is left 60 and, by what was made on a, 20."""

    def make(**settings) -> FinishedRun:
        longer = Try("ifgsm_longer", STRONGER, "40 steps of 0.25 in place of 10 of 1", "--steps=40 --alpha=0.25", 8.0)
        battery = Battery("ifgsm", 8.0, (longer, Try("ifgsm", LARGE, "20 steps at epsilon 64", "other attacks", 64.0)))
        answers = {}
        for name, source, plain in (("a", "a", 10.0), ("b", "b", 60.0), ("a", "b", 80.0), ("b", "a", 20.0)):
            answers[cell(name)] = Answer(50.0)
            answers[cell(name, "ifgsm", 8.0, source)] = Answer(plain / 2)
            answers[cell(name, "ifgsm_longer", 8.0, source)] = Answer(plain / 2)
            answers[cell(name, "ifgsm", 64.0, source)] = Answer(1.0)
        starts = {f"{name}/away": np.full((3, IMAGES), 0.01) for name in "ab"}
        return finish("masking", answers, battery.as_json(), starts=starts, **settings)

    return make


def certificate(finish: Finish) -> Finish:
    """A network of IoU 60 without noise; with it 50, under attack 30 at a norm of 4 and 40 at 8, certified 20 below 6
    and at each pixel up to norms of 2 and 5."""

    def make(**settings) -> FinishedRun:
        answers = {cell("net"): Answer(60.0), **{cell("net", "ifgsm", e): Answer(100 / e) for e in (4.0, 8.0)}}
        design = {
            "models": ["net"],
            "sizes": {"net": [192, 256]},
            "sigmas": [16.0],
            "guesses": 10,
            "draws": 1000,
            "tau": 0.75,
            "error": 0.001,
        }
        run = finish("certificate", answers, design, **settings)
        write(run.folder, [certified("net", 16.0)])
        return run

    return make


def certified(model: str, sigma: float, refuted: int = 0) -> Certified:
    """Every image has PIXELS labelled pixels of one class, as `made_up.results` have."""

    def counts(iou: float) -> np.ndarray:
        hits = np.full((IMAGES, 1), iou * PIXELS / 100)
        return np.stack([hits, np.full_like(hits, PIXELS), hits, PIXELS - hits])

    voted = np.stack([counts(iou)[:3] for iou in (50.0, 30.0, 40.0)])
    norms, by_norm = np.array([0.0, 2.0, 5.0]), np.stack([counts(iou) for iou in (45.0, 25.0, 0.0)])
    return Certified(
        model, sigma, norms, by_norm, np.array(6.0), counts(20.0), voted, np.array([4.0, 8.0]), np.array([0, refuted])
    )
