"""Claims about input transforms, each brought to its bound. J(i, k) is 30 at all epsilons where nothing else is
said."""

from claim_case import Case, Margin, named
from made_up import NONE, PerImage, defended

from tfadvseg.studies.transforms.claims import Defended

EPSILONS = (1.0, 8.0)
PAPERS = ("jpeg", "blur", "hsv", "grayscale")


def c58(margin: Margin) -> Defended:
    """What a transform brings against the oblivious attack."""
    return defended({(name, NONE, e): 30 + margin(name, e) for name in PAPERS for e in EPSILONS})


def c59(margin: Margin) -> Defended:
    """The steps of the order, from the bottom to the top."""
    attacked: dict[tuple[str, str, float], PerImage] = {}
    for e in EPSILONS:
        grayscale = 30 + margin("grayscale above none", e)
        hsv = grayscale + margin("hsv above grayscale", e)
        steps = {"jpeg": margin("jpeg above hsv", e), "blur": margin("blur above hsv", e)}
        ious = {"grayscale": grayscale, "hsv": hsv} | {name: hsv + step for name, step in steps.items()}
        attacked |= {(name, NONE, e): iou for name, iou in ious.items()}
    return defended(attacked)


def c60(sign: int) -> Case:
    """Trials one point above and below their mean: two deviations are 2 points."""

    def build(margin: Margin) -> Defended:
        gains = {(name, NONE, e): 30 + sign * (2 + margin(name, e)) for name in PAPERS for e in EPSILONS}
        return defended(gains, trials=4, deviation=1.0)

    return Case(build, named(*PAPERS), EPSILONS, name="of a gain" if sign > 0 else "of a loss")


def c61(sign: int) -> Case:
    """Clean IoUs above (sign 1) or below that without a transform."""

    def build(margin: Margin) -> Defended:
        return defended({}, {name: 80 + sign * (2 - margin(name, 0)) for name in PAPERS})

    return Case(build, named(*PAPERS), name="rising" if sign > 0 else "falling")


def c62(on_attacked: int, on_clean: int) -> Case:
    """On clean images 3 points; both may go either way."""

    def build(margin: Margin) -> Defended:
        clean = dict.fromkeys(PAPERS, 80 + on_clean * 3)
        return defended({(i, NONE, e): 30 + on_attacked * (3 + margin(i, e)) for i in PAPERS for e in EPSILONS}, clean)

    return Case(build, named(*PAPERS), EPSILONS, name=f"{on_attacked:+} attacked, {on_clean:+} clean")


def c64(margin: Margin) -> Defended:
    """5 points of JPEG and blur, one of the others, whatever they bring against the oblivious attack."""
    allowed = {"jpeg": 5, "blur": 5, "hsv": 1, "grayscale": 1}
    left = {(name, name, e): 30 + allowed[name] - margin(name, e) for name in PAPERS for e in EPSILONS}
    return defended(left | {(name, NONE, e): 55.0 for name in PAPERS for e in EPSILONS})


def c65(margin: Margin) -> Defended:
    """10 points gained, half of them taken back."""
    oblivious = {(name, NONE, e): 40.0 for name in PAPERS for e in EPSILONS}
    return defended(oblivious | {(name, name, e): 35 - margin(name, e) for name in PAPERS for e in EPSILONS})


def c66(margin: Margin) -> Defended:
    """Attacks on jpeg and blur 5 points behind those on hsv and grayscale themselves, whatever the plain one does."""
    attacked: dict[tuple[str, str, float], PerImage] = {}
    for e in EPSILONS:
        for i, own in (("hsv", 20.0), ("grayscale", 25.0)):
            attacked |= {(i, k, e): own + 5 + margin(f"{k} to {i}", e) for k in ("jpeg", "blur")} | {(i, i, e): own}
    return defended(attacked)


def c67(margin: Margin) -> Defended:
    """Mean IoU over the other transforms: 20 for grayscale, of values that lie apart. What an attack does to
    its own transform, and to none, does not count."""
    attacked: dict[tuple[str, str, float], PerImage] = {}
    for k in PAPERS:
        others = [i for i in PAPERS if i != k]
        for e in EPSILONS:
            beyond = 0.0 if k == "grayscale" else margin(k, e)
            aside = (-5, 1, 4) if k == "grayscale" else (-3, 0, 3)
            attacked |= {(i, k, e): 20 + far + beyond for i, far in zip(others, aside, strict=True)}
            attacked |= {(k, k, e): 5.0, (NONE, k, e): 50.0 if k == "grayscale" else 2.0}
    return defended(attacked)


def c68(margin: Margin) -> Defended:
    """On the undefended network, below the plain attack's 30, grayscale above."""
    stronger = {(NONE, k, e): 30 - margin(k, e) for k in ("jpeg", "blur", "hsv") for e in EPSILONS}
    return defended(stronger | {(NONE, "grayscale", e): 30 + margin("grayscale (weaker)", e) for e in EPSILONS})


STEPS = ("jpeg above hsv", "blur above hsv", "hsv above grayscale", "grayscale above none")
BEHIND = ("jpeg to hsv", "jpeg to grayscale", "blur to hsv", "blur to grayscale")

CASES = {
    "C58": [Case(c58, named(*PAPERS), EPSILONS)],
    "C59": [Case(c59, dict.fromkeys(STEPS, "least step"), EPSILONS)],
    "C60": [c60(1), c60(-1)],
    "C61": [c61(1), c61(-1)],
    "C62": [c62(attacked, clean) for attacked in (1, -1) for clean in (1, -1)],
    "C64": [Case(c64, named(*PAPERS), EPSILONS)],
    "C65": [Case(c65, named(*PAPERS), EPSILONS)],
    "C66": [Case(c66, named(*BEHIND), EPSILONS)],
    "C67": [Case(c67, dict.fromkeys(("jpeg", "blur", "hsv"), "lead of grayscale"), EPSILONS)],
    "C68": [Case(c68, named("jpeg", "blur", "hsv", "grayscale (weaker)"), EPSILONS)],
}
"""{number: ways to its bound}."""

NOT_CROSSED = "needs every adaptive attack behind every transform, as transform_transfer has"


def uncrossed() -> dict[str, tuple[Defended, str]]:
    """What all claims about transfer miss."""
    return {
        "adaptive attacks meet their own transform only": (defended({}, crossed=False), NOT_CROSSED),
        "one transform": (defended({}, transforms=["grayscale"]), NOT_CROSSED),
    }


MISSING = {
    "C59": {
        "one of four": (defended({}, transforms=["jpeg", "blur", "grayscale"]), "needs the transforms hsv"),
        "three of four": (defended({}, transforms=["hsv"]), "needs the transforms jpeg, blur, grayscale"),
    },
    "C60": {"a trial": (defended({}, trials=2), "needs 3 trials or more")},
    "C65": {"a gain": (defended({}), "needs a transform that raises the IoU under the oblivious attack")},
    "C66": uncrossed()
    | {
        "a colour transform": (defended({}, transforms=["jpeg", "blur"]), "needs jpeg or blur, and hsv or grayscale"),
        "jpeg or blur": (defended({}, transforms=["hsv", "grayscale"]), "needs jpeg or blur, and hsv or grayscale"),
    },
    "C67": uncrossed() | {"grayscale": (defended({}, transforms=["jpeg", "hsv"]), "needs the transform grayscale")},
    "C68": uncrossed(),
}
"""{number: {what is missing: (results without it, what is said)}}; the other claims need nothing beyond what every run
of this study has."""
