"""Claims about transfer, each brought to its bound. Clean IoUs are 100 where nothing else is said, so that a ratio is
an IoU; X(s -> t) is 60."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from claim_case import Case, Margin, named
from made_up import OPPOSITE, Answer, PerImage, cell, results

from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.transfer.matrix import Matrix
from tfadvseg.studies.transfer.scales import AllAttacks, Scaled, ScaleGroup

NETS = ("a", "b", "c")
THREE_EPSILONS = (1.0, 8.0, 32.0)
GROUP = ScaleGroup({50: "net@50", 75: "net@75", 100: "net@100"}, "net")
WITH_AVERAGE = ScaleGroup(GROUP.single, "net", "mean")
SINGLE = tuple(GROUP.single.values())
ALL = (*GROUP.sources, "other")
Ratios = Mapping[tuple[str, str], PerImage]
"""{(source, row): ratio}."""


def evidence(
    ratios: Mapping[tuple[str, float], Ratios],
    models: Sequence[str],
    sources: Sequence[str],
    clean: Mapping[str, PerImage] | None = None,
) -> Evidence:
    """Of every source shown to every model: {(attack, epsilon): ratios}."""
    base: dict[str, PerImage] = dict.fromkeys(models, 100.0) | dict(clean or {})
    answers = {cell(model): Answer(base[model]) for model in models}
    for (attack, epsilon), given in ratios.items():
        answers |= {
            cell(row, attack, epsilon, source): Answer(given.get((source, row), 60.0) * base[row] / 100)
            for source in sources
            for row in models
        }
    return Evidence(results(answers))


def matrix(
    ratios: Ratios,
    models: Sequence[str] = NETS,
    sources: Sequence[str] | None = None,
    attack: str = "fgsm",
    clean: Mapping[str, PerImage] | None = None,
) -> Matrix:
    """At epsilon 8."""
    columns = tuple(models if sources is None else sources)
    found = evidence({(attack, 8.0): ratios}, models, columns, clean)
    return Matrix(found, tuple(models), columns, attack, 8.0)


def scaled(
    ratios: Ratios, group: ScaleGroup = GROUP, attack: str = "fgsm", models: Sequence[str] | None = None
) -> Scaled:
    """All forms of a network and, unless said, one beside it."""
    models = (*ALL, *filter(None, [group.average])) if models is None else models
    return Scaled(matrix(ratios, models, attack=attack), group)


def under_ll(ratios: Ratios, group: ScaleGroup = GROUP, models: Sequence[str] | None = None) -> AllAttacks:
    """Iterative FGSM ll alone."""
    return AllAttacks({"ifgsm_ll": scaled(ratios, group, "ifgsm_ll", models)}, (8.0,))


def every(
    ratios: Mapping[tuple[str, float], Ratios] | None = None,
    group: ScaleGroup = GROUP,
    clean: Mapping[str, PerImage] | None = None,
) -> AllAttacks:
    """Each attack at each epsilon, by default FGSM at 8."""
    ratios = ratios or {("fgsm", 8.0): {}}
    models = (*ALL, *filter(None, [group.average]))
    found = evidence(ratios, models, models, clean)
    attacks, epsilons = dict.fromkeys(attack for attack, _ in ratios), sorted({epsilon for _, epsilon in ratios})
    by_attack = {attack: Scaled(Matrix(found, models, models, attack, epsilons[-1]), group) for attack in attacks}
    return AllAttacks(by_attack, tuple(epsilons))


def c39(margin: Margin) -> AllAttacks:
    """Clean IoUs in ascending order from 40."""
    clean: dict[str, PerImage] = {"net@50": 40.0}
    clean["net@75"] = clean["net@50"] + margin("50 % to 75 %", 0)
    clean["net@100"] = clean["net@75"] + margin("75 % to 100 %", 0)
    clean["net"] = clean["net@100"] + margin("100 % to ensemble", 0)
    return every(clean=clean)


def c40(margin: Margin) -> Matrix:
    """b's own attack below the better one of 60 and 70."""
    return matrix({(row, row): 60 - margin(row, 0) for row in NETS} | {("a", "b"): 70.0})


def c41(margin: Margin) -> dict[str, Matrix]:
    """White-box cells far away in the other direction."""
    own: dict[tuple[str, str], PerImage] = {(row, row): 5.0 for row in NETS}
    found = {}
    for single, iterative in (("fgsm", "ifgsm_ll"), ("fgsm_ll", "ifgsm")):
        more = margin(f"{iterative} - {single}", 0)
        foreign: dict[tuple[str, str], PerImage] = {(s, r): 60 + more for s in NETS for r in NETS if s != r}
        found[single] = matrix({(row, row): 55.0 for row in NETS}, attack=single)
        found[iterative] = matrix(foreign | own, attack=iterative)
    return found


LAGS = ("on net@75", "on net@100", "on net", "on other", "on net@50")


def c42(margin: Margin) -> Scaled:
    """White-box cells high, which do not count; of foreign ones the ensemble's below the others."""
    ratios: dict[tuple[str, str], PerImage] = {("net", name): 40.0 for name in ALL} | {
        (name, name): 95.0 for name in ALL
    }
    ratios |= {("net@50", row): 60 + margin(f"on {row}", 0) for row in ("net@75", "net@100", "net", "other")}
    return scaled(ratios | {("net@100", "net@50"): 60 + margin("on net@50", 0), ("net", "net@50"): 20.0})


def c43(margin: Margin) -> Scaled:
    """From the ensemble's 30 upwards."""
    ratios: dict[tuple[str, str], PerImage] = {("net", "other"): 30.0}
    ratios["net@100", "other"] = ratios["net", "other"] + margin("100 above the ensemble", 0)
    ratios["net@75", "other"] = ratios["net@100", "other"] + margin("75 above 100", 0)
    ratios["net@50", "other"] = ratios["net@75", "other"] + margin("50 above 75", 0)
    return scaled(ratios)


def c44(margin: Margin) -> Scaled:
    """The best single scale keeps 40."""
    own = {("net@50", "net@50"): 30.0, ("net@75", "net@75"): 40.0, ("net@100", "net@100"): 35.0}
    return scaled({**own, ("net", "net"): 40 + margin("", 0)})


def c45(margin: Margin) -> Scaled:
    """The ensemble keeps 60 of all."""
    own, foreign = margin("with their own examples", 0), margin("without these", 0)
    ratios: dict[tuple[str, str], PerImage] = {(s, r): 60 - foreign for s in SINGLE for r in SINGLE}
    return scaled(ratios | {(name, name): 60 - 3 * own + 2 * foreign for name in SINGLE})


def c46(margin: Margin) -> Scaled:
    """White-box cells far below."""
    own: dict[tuple[str, str], PerImage] = {(name, name): 10.0 for name in ALL}
    return scaled(own | {("net", row): 60 - margin(row, 0) for row in (*SINGLE, "other")})


def c47(margin: Margin) -> AllAttacks:
    """White-box 20."""
    ratios: dict[tuple[str, str], PerImage] = {(name, name): 20.0 for name in SINGLE}
    ratios |= {("net", name): 25 - margin(f"ensemble on {name}", 0) for name in SINGLE}
    ratios |= {(s, r): 25 + margin(f"others on {r}", 0) for s in SINGLE for r in SINGLE if s != r}
    return under_ll(ratios)


def c48(margin: Margin) -> AllAttacks:
    """White-box 10."""
    ensemble = 50 + margin("far on other", 0)
    ratios: dict[tuple[str, str], PerImage] = {("other", "other"): 10.0, ("net", "other"): ensemble}
    ratios |= {("net@50", "other"): 90.0, ("net@75", "other"): 90.0}
    return under_ll(ratios | {("net@100", "other"): ensemble + margin("better on other", 0)})


def c49(margin: Margin) -> AllAttacks:
    """C42 is decided on the network beside, C44 on the ensemble and C46 on the largest scale, under two attacks;
    elsewhere all three have 20 points of room."""
    ratios = {}
    for attack in ("fgsm", "ifgsm_ll"):
        for e in THREE_EPSILONS:
            own: dict[tuple[str, str], PerImage] = {(name, name): 20.0 for name in ALL}
            own |= {("net@50", row): 80.0 for row in ALL if row != "net@50"} | {("net", row): 40.0 for row in ALL}
            own |= {("net@100", "net@50"): 80.0, ("net@50", "other"): 60 + margin("C42", e)}
            own |= {("net", "net"): 20 + margin("C44", e), ("net", "net@100"): 60 - margin("C46", e)}
            ratios[attack, e] = own
    return dataclasses.replace(every(ratios), form="fcn8s_vgg_multiscale")


def c50(margin: Margin) -> AllAttacks:
    """The largest scale keeps 30 of its own; what the maximum does is far away."""
    ratios: dict[tuple[str, str], PerImage] = {("net", row): 5.0 for row in ALL}
    ratios |= {("net@100", "net@100"): 30.0, ("mean", "mean"): 30 + margin("fgsm as target", 0)}
    ratios |= {("mean", row): 60 - margin("fgsm as source", 0) for row in (*SINGLE, "other")}
    return every({("fgsm", 8.0): ratios}, WITH_AVERAGE)


def c51(margin: Margin) -> AllAttacks:
    """The largest scale keeps 60."""
    kinds = {"net": "fgsm", "mean": "fgsm averaging"}
    return every({("fgsm", e): {(n, n): 60 + margin(k, e) for n, k in kinds.items()} for e in (1.0, 8.0)}, WITH_AVERAGE)


def c52(margin: Margin) -> AllAttacks:
    """Each scale keeps 60 of its own."""
    return under_ll({("mean", name): 60 - margin(name, 0) for name in SINGLE}, WITH_AVERAGE)


def c53(sign: int) -> Case:
    """Above (sign 1) or below the largest scale's 50."""

    def build(margin: Margin) -> AllAttacks:
        return every(group=WITH_AVERAGE, clean={"net@100": 50.0, "mean": 50 + sign * (1 - margin("", 0))})

    return Case(build, named(""), name="rising" if sign > 0 else "falling")


def c54(margin: Margin) -> AllAttacks:
    """C40 is decided on the ensemble, C42 on the smallest scale and C46 on the network beside; elsewhere all three have
    20 points of room."""
    ratios = {}
    for e in (1.0, 8.0):
        own: dict[tuple[str, str], PerImage] = {(name, name): 20.0 for name in ALL}
        own |= {("net@50", row): 80.0 for row in ALL if row != "net@50"} | {("net", row): 40.0 for row in SINGLE}
        own |= {("net", "net"): 60 - margin("C40", e), ("net@100", "net@50"): 60 + margin("C42", e)}
        ratios["fgsm", e] = own | {("net", "other"): 60 - margin("C46", e)}
    return every(ratios)


def c56(sign: int) -> Case:
    """Right pixels at 50 %, more (sign 1) or fewer than at 100 %; at 75 % others. No share is less than 0, so all
    margins below it are margins of 0; and where images take sides, each resample has some difference, which comes from
    drawing them and says nothing."""

    def build(margin: Margin) -> AllAttacks:
        beyond = margin("", 0)
        beyond = beyond if isinstance(beyond, np.ndarray) else max(beyond, 0.0)
        return every(clean={"net@50": 50 + sign * beyond, "net@75": 40.0, "net@100": 50.0})

    return Case(
        build,
        named(""),
        divided=(OPPOSITE + 0.01, OPPOSITE),
        score=lambda margin: max(margin, 0.0),
        name="more at 50 %" if sign > 0 else "fewer at 50 %",
    )


CASES = {
    "C39": [Case(c39, named("50 % to 75 %", "75 % to 100 %", "100 % to ensemble"))],
    "C40": [Case(c40, named(*NETS))],
    "C41": [Case(c41, named("ifgsm_ll - fgsm", "ifgsm - fgsm_ll"))],
    "C42": [Case(c42, named(*LAGS))],
    "C43": [Case(c43, dict.fromkeys(("100 above the ensemble", "75 above 100", "50 above 75"), "other"))],
    "C44": [Case(c44, named(""))],
    "C45": [Case(c45, named("with their own examples", "without these"))],
    "C46": [Case(c46, named(*SINGLE, "other"))],
    "C47": [Case(c47, named(*(f"{who} on {name}" for name in SINGLE for who in ("ensemble", "others"))))],
    "C48": [Case(c48, named("far on other", "better on other"))],
    "C49": [Case(c49, named("C42", "C44", "C46"), THREE_EPSILONS)],
    "C50": [Case(c50, named("fgsm as target", "fgsm as source"))],
    "C51": [Case(c51, named("fgsm", "fgsm averaging"), (1.0, 8.0))],
    "C52": [Case(c52, named(*SINGLE))],
    "C53": [c53(1), c53(-1)],
    "C54": [Case(c54, named("C40", "C42", "C46"), (1.0, 8.0))],
    "C56": [c56(1), c56(-1)],
}
"""{number: ways to its bound}."""

ALONE = "needs a network that is attacked and shown what was made on another"
TWO = "needs two networks, and fgsm and ifgsm_ll, or fgsm_ll and ifgsm"
BESIDE = "needs a network of the whole image beside those of the scales"
LL = "needs ifgsm_ll"

MISSING = {
    "C40": {
        "a second network": (matrix({}, ["a"]), ALONE),
        "a network that is attacked": (matrix({}, ["a", "b"], ["c"]), ALONE),
    },
    "C41": {
        "an iterative attack": ({"fgsm": matrix({}), "ifgsm": matrix({}, attack="ifgsm")}, TWO),
        "a second network": ({name: matrix({}, ["a"], attack=name) for name in ("fgsm", "ifgsm_ll")}, TWO),
    },
    "C43": {"another network": (scaled({}, models=GROUP.sources), BESIDE)},
    "C47": {"the attack": (every(), LL)},
    "C48": {
        "the attack": (every(), LL),
        "another network": (under_ll({}, models=GROUP.sources), BESIDE),
    },
    "C49": {
        "FCN8s": (
            dataclasses.replace(every(), form="deeplab_v2_multiscale"),
            "needs the maximum of FCN8s with VGG-16 at 50, 75 and 100 % of the image",
        )
    },
    "C50": {"the average": (every(), "needs an ensemble that averages")},
    "C52": {
        "the attack": (every(group=WITH_AVERAGE), LL),
        "the average": (under_ll({}), "needs an ensemble that averages"),
    },
    "C53": {"the average": (every(), "needs an ensemble that averages")},
    "C54": {"fgsm": (every({("ifgsm", 8.0): {}}), "needs fgsm")},
}
"""{number: {what is missing: (results without it, what is said)}}."""
