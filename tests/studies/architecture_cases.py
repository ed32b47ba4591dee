"""Claims about architectures, each brought to its bound."""

from collections.abc import Callable, Mapping, Sequence

from claim_case import Case, Margin, named
from crf_cases import ranked
from made_up import OPPOSITE, PerImage, networks

from tfadvseg.models.architectures import ARCHITECTURES
from tfadvseg.studies.robustness.facts import Facts
from tfadvseg.studies.robustness.networks import Networks

ATTACKS = ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")
EPSILONS = (1.0, 8.0, 32.0)
CLEAN = (50.0, 80.0, 40.0, 60.0, 70.0, 30.0, 90.0)
"""Of networks of which nothing else is said, so that a ratio is not an IoU."""
MULTISCALE, CONTEXT, FRONTEND = "deeplab_v2_multiscale", "dilated_context_voc", "dilated_frontend_voc"
PSPNET = "pspnet_voc"

Scored = Callable[[str, str, float], PerImage]
"""(network of the zoo, attack, epsilon) -> what it keeps."""


def facts_of(name: str, parameters: int = 1_000_000) -> Facts:
    """Of a network of the zoo."""
    known = ARCHITECTURES[name]
    return Facts(known.network, known.backbone, known.head, known.residual, known.crf, parameters)


def world(
    zoo: Sequence[str],
    ratio: Scored | None = None,
    iou: Scored | None = None,
    clean: Mapping[str, PerImage] | None = None,
    epsilons: Sequence[float] = EPSILONS,
    attacks: Sequence[str] = ATTACKS,
    parameters: Mapping[str, int] | None = None,
    names: Sequence[str] = (),
) -> Networks:
    """Networks of these architectures, by default called my_0, my_1 and so on; either of the scores is given, by
    default a ratio of 50."""
    names = names or [f"my_{k}" for k in range(len(zoo))]
    whole = dict(zip(zoo, CLEAN, strict=False)) | dict(clean or {})
    attacked = {}
    for name, what in zip(names, zoo, strict=True):
        for attack in attacks:
            for e in epsilons:
                kept = iou(what, attack, e) if iou else (ratio(what, attack, e) if ratio else 50.0) * whole[what] / 100
                attacked[name, attack, e] = kept
    sizes = parameters or {}
    known = {name: facts_of(what, sizes.get(what, 1_000_000)) for name, what in zip(names, zoo, strict=True)}
    return networks(attacked, {name: whole[what] for name, what in zip(names, zoo, strict=True)}, known)


def of(scores: Mapping[str, PerImage], other: PerImage = 20.0) -> Callable[[str], PerImage]:
    """{network: score}, and of all others."""
    return lambda name: scores.get(name, other)


FIVE = ("segnet", "enet", "icnet", "deeplab_v2_vgg", PSPNET)
RISING = dict(zip(FIVE, (40.0, 50.0, 60.0, 70.0, 80.0), strict=True))
"""Clean IoUs so far apart that ratios which hardly differ leave IoUs in the same order."""


def ranks(correlation: PerImage) -> dict[str, PerImage]:
    """Ratios of the five near 40, whose rank correlation with the clean IoU is that."""
    return {name: 40 + 0.1 * rank for name, rank in zip(FIVE, ranked([range(5)], [correlation]), strict=True)}


def of_ranks(build: Callable[[Margin], Networks], *parts: str, epsilons: tuple[float, ...] = ()) -> Case:
    """A case whose scores are rank correlations of five networks: tenths."""
    divided = (OPPOSITE + 0.1, OPPOSITE - 0.1)
    return Case(build, named(*parts), epsilons, small=0.1, large=0.4, beyond=(-0.6, -0.2), divided=divided)


def beyond(bound: float, margin: PerImage) -> PerImage:
    """A correlation; of margins by image only the signs count."""
    return margin if not isinstance(margin, float) else round(bound + margin, 9)


def c6(margin: Margin) -> Networks:
    return world(FIVE, lambda n, a, e: ranks(beyond(0.5, margin(a, e)))[n], clean=RISING, epsilons=(1.0, 8.0))


def c7(margin: Margin) -> Networks:
    """The pairs of one head gain what they gain, and one more pair of networks so much that the mean is as asked."""
    gain, fcn, aspp = (margin(part, 0) for part in ("ResNet-101 - VGG", "FCN8s", "ASPP"))
    clean = {
        "fcn8s_vgg": 50.0,
        "fcn8s_resnet101": 50 + fcn,
        "deeplab_v2_vgg": 60.0,
        "deeplab_v2_resnet101": 60 + aspp,
        "segnet": 40.0,
        PSPNET: 40 + 3 * gain - fcn - aspp,
        "enet": 90.0,
    }
    return world(tuple(clean), clean=clean, epsilons=(8.0,))


def c8(margin: Margin) -> Networks:
    zoo = {"fcn8s_resnet101": "FCN8s", "deeplab_v2_resnet101": "ASPP", "fcn8s_vgg": "", "deeplab_v2_vgg": ""}
    return world(tuple(zoo), lambda n, a, e: 40 + (margin(zoo[n], e) if zoo[n] else 0.0))


def c9(margin: Margin) -> Networks:
    """Two networks each; the light one is of no family."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        if name in ("segnet", "fcn8s_vgg", "enet"):
            return {"segnet": 30.0, "fcn8s_vgg": 50.0, "enet": 90.0}[name]
        more = margin("FGSM - Iterative FGSM ll", e)
        tilt = {"fgsm": 0.5, "ifgsm_ll": -0.5}.get(attack, 0.0) * more
        return 40 + margin("ResNet-101 - VGG", e) + tilt + (10 if name == PSPNET else -10)

    return world(("segnet", PSPNET, "fcn8s_vgg", "fcn8s_resnet101", "enet"), ratio)


def c11(margin: Margin) -> Networks:
    name = "FGSM - Iterative FGSM ll"

    def ratio(network: str, attack: str, e: float) -> PerImage:
        if attack == "fgsm":
            return {"segnet": 40.0, "enet": 45.0, "icnet": 60.0}[network]
        return {"segnet": 10.0, "enet": 25.0, "icnet": 30 - margin(name, e)}[network]

    return world(("segnet", "enet", "icnet"), ratio, attacks=("fgsm", "ifgsm_ll"))


def c12(margin: Margin) -> Networks:
    def ratio(network: str, attack: str, e: float) -> PerImage:
        return (
            90.0 if attack == "fgsm" or e < 8 else {"segnet": 10.0, "enet": 30 - margin("", e), "icnet": 20.0}[network]
        )

    return world(("segnet", "enet", "icnet"), ratio, epsilons=(4.0, 8.0, 32.0))


def c13(margin: Margin) -> Networks:
    """Of the other attacks it says nothing."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        return ranks(margin(attack, e) if attack in ("fgsm", "ifgsm_ll") else -1.0)[name]

    return world(FIVE, ratio, clean=RISING, epsilons=(1.0, 8.0))


def c14(margin: Margin) -> Networks:
    clean = {PSPNET: 80.0, MULTISCALE: 80 - margin("clean", 0)}
    kept = {PSPNET: lambda e: 30.0, MULTISCALE: lambda e: 30 + margin("attacked", e)}
    return world((PSPNET, MULTISCALE), iou=lambda n, a, e: kept[n](e), clean=clean)


def two_orders(bound: float, pairs: Mapping[str, tuple[str, str]]) -> Callable[[Margin], Networks]:
    """The first attack of each pair ranks the five as they come, the second so that the correlation is as asked."""

    def build(margin: Margin) -> Networks:
        second = {other: part for part, (_, other) in pairs.items()}

        def ratio(name: str, attack: str, e: float) -> PerImage:
            known = attack in second and (e >= 4 or len(pairs) > 1)
            order = ranked([range(5)], [beyond(bound, margin(second[attack], e))]) if known else range(5)
            return 40.0 + order[FIVE.index(name)] if e >= 4 or len(pairs) > 1 else 40.0 + FIVE.index(name)

        attacks = [attack for pair in pairs.values() for attack in pair]
        return world(FIVE, ratio, attacks=attacks, epsilons=(4.0, 8.0))

    return build


def c16(margin: Margin) -> Networks:
    return world(("segnet", MULTISCALE, PSPNET), lambda n, a, e: of({MULTISCALE: 50 + margin("", e), PSPNET: 50.0})(n))


def c17(margin: Margin) -> Networks:
    """One network gains, the other loses; the mean is as asked."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        if attack != "fgsm_ll":
            return 40.0
        return 40 + margin("", e) + (5 if name == "enet" else -5)

    return world(("segnet", "enet"), ratio)


def c18(margin: Margin) -> Networks:
    """The most accurate one keeps 30."""
    clean = {"enet": 50.0, PSPNET: 80.0, "segnet": 60.0}

    def kept(n: str, a: str, e: float) -> PerImage:
        return {"enet": 10.0, PSPNET: 30.0, "segnet": 30 + margin("", e)}[n]

    return world(tuple(clean), iou=kept, clean=clean)


def c19(margin: Margin) -> Networks:
    def kept(n: str, a: str, e: float) -> PerImage:
        return of({PSPNET: 25 + margin("", e), "fcn8s_resnet101": 10.0, "segnet": 25.0})(n)

    return world((PSPNET, "fcn8s_resnet101", "segnet", "enet"), iou=kept)


def c20(margin: Margin) -> Networks:
    """At epsilon 4 it leads anyway."""

    def kept(n: str, a: str, e: float) -> PerImage:
        return of({"fcn8s_vgg": 20 + margin("", e) if e >= 8 else 25.0, "enet": 10.0})(n)

    return world(("enet", "fcn8s_vgg", PSPNET), iou=kept, epsilons=(4.0, 8.0, 16.0, 32.0))


def c21(margin: Margin) -> Networks:
    """Now above DilatedNet, now below it."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        if name == CONTEXT:
            return 50.0
        return 50 + (1 if attack.startswith("fgsm") else -1) * (10 - margin(name, e))

    return world(("enet", CONTEXT, "icnet"), ratio)


def c22(margin: Margin) -> Networks:
    def ratio(name: str, attack: str, e: float) -> PerImage:
        if name != CONTEXT:
            return {"enet": 40.0, "icnet": 35.0}[name]
        large = attack in ("fgsm", "fgsm_ll") and e >= 4
        return 40 + (margin("single-step from 4 on", e) if large else -margin("elsewhere behind", e))

    return world(("enet", CONTEXT, "icnet"), ratio, epsilons=(1.0, 2.0, 4.0, 8.0, 16.0))


def context(tilt: float) -> Callable[[Margin], Networks]:
    """The front-end keeps so much more; tilt: of the attacks, whose mean it does not change."""
    tilts = dict(zip(ATTACKS, (tilt, -tilt, tilt, -tilt), strict=True))

    def build(margin: Margin) -> Networks:
        def ratio(n: str, a: str, e: float) -> PerImage:
            return 40 + (margin("", e) + tilts[a] if n == FRONTEND else 0.0)

        return world((CONTEXT, FRONTEND, "segnet"), ratio)

    return build


def c25(margin: Margin) -> Networks:
    return world((FRONTEND, CONTEXT), clean={FRONTEND: 50.0, CONTEXT: 50 + margin("", 0)}, epsilons=(8.0,))


def c26(margin: Margin) -> Networks:
    """The most accurate one keeps 50, the largest one 40 or, at the last epsilon, the other way round."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        first = {PSPNET: 50.0, CONTEXT: 40.0} if e < 32 else {PSPNET: 40.0, CONTEXT: 50.0}
        return of(first | {"enet": 50 + margin("", e)})(name)

    return world(("segnet", PSPNET, CONTEXT, "enet"), ratio, clean={PSPNET: 90.0}, parameters={CONTEXT: 2_000_000})


def c28(margin: Margin) -> Networks:
    def ratio(name: str, attack: str, e: float) -> PerImage:
        kept = {PSPNET: 50.0, "fcn8s_vgg": 50 - margin("VGG networks", e), "icnet": 50 - margin("others", e)}
        return of(kept)(name)

    return world(("segnet", PSPNET, "fcn8s_vgg", "enet", "icnet"), ratio)


def c29(margin: Margin) -> Networks:
    """Means of two networks each."""
    offset = {PSPNET: 10.0, "enet": -10.0, "segnet": 5.0, "fcn8s_vgg": -5.0}
    with_it = (PSPNET, "enet")
    return world(tuple(offset), lambda n, a, e: 40 + offset[n] + (margin(a, e) if n in with_it else 0.0))


def c31(margin: Margin) -> Networks:
    """One network gains, the other loses; at epsilon 4 the iterative attacks are stronger."""
    pairs = {"fgsm": "FGSM", "fgsm_ll": "FGSM ll"}

    def kept(name: str, attack: str, e: float) -> PerImage:
        if attack in pairs:
            return 20.0
        (part,) = (part for single, part in pairs.items() if attack == f"i{single}")
        return 10.0 if e < 8 else 20 + margin(part, e) + (5 if name == "enet" else -5)

    return world(("segnet", "enet"), iou=kept, epsilons=(4.0, 8.0, 32.0))


def c37(margin: Margin) -> Networks:
    def ratio(n: str, a: str, e: float) -> PerImage:
        return ranks(margin("", 0) if (a, e) == ("fgsm", 8.0) else -1.0)[n]

    return world(FIVE, ratio, clean=RISING, epsilons=(1.0, 8.0))


def c38(margin: Margin) -> Networks:
    """Five others, of which SegNet is last by IoU, or ahead of one; its ratio is the highest of all."""
    others = ("fcn8s_vgg", "enet", "icnet", "deeplab_v2_vgg", PSPNET)
    clean = dict(zip(others, RISING.values(), strict=True)) | {"segnet": 20.0}

    def kept(name: str, attack: str, e: float) -> PerImage:
        correlation = beyond(0.9, margin("order of the others", 0))
        ratios = [40 + 0.1 * rank for rank in ranked([range(5)], [correlation])]
        ious = {other: ratio * clean[other] / 100 for other, ratio in zip(others, ratios, strict=True)}
        return ious[name] if name in ious else ious[others[0]] - 8 * margin("above segnet", 0)

    return world(("segnet", *others), iou=kept, clean=clean, epsilons=(8.0,))


def c90(margin: Margin) -> Networks:
    """Of four networks at epsilon 4; the range at other epsilons, and under other attacks, is another one."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        kept = {"segnet": 30.0, "enet": 25.0, "icnet": 40.0, PSPNET: 45 + margin("", 0)}
        return kept[name] if (attack, e) == ("ifgsm_ll", 4.0) else {"segnet": 10.0, "enet": 60.0}.get(name, 50.0)

    return world(("segnet", PSPNET, "enet", "icnet"), ratio, epsilons=(1.0, 4.0, 8.0))


def c92(margin: Margin) -> Networks:
    """From epsilon 2 on."""
    pairs = {"fgsm": "FGSM", "fgsm_ll": "FGSM ll"}

    def kept(name: str, attack: str, e: float) -> PerImage:
        if name != MULTISCALE or attack not in pairs:
            return 20.0
        return 10.0 if e < 2 else 20 + margin(pairs[attack], e)

    return world(("enet", MULTISCALE), iou=kept, epsilons=(1.0, 2.0, 8.0))


def c93(margin: Margin) -> Networks:
    def ratio(name: str, attack: str, e: float) -> PerImage:
        lost = {"icnet": "icnet", CONTEXT: "dilated_context"}
        if attack != "ifgsm_ll":
            return 10.0 if name == PSPNET else 30.0
        return 50 - margin(lost[name], e) if name in lost else 50.0

    return world((PSPNET, "icnet", CONTEXT), ratio)


def c96(margin: Margin) -> Networks:
    """Far ahead at one epsilon and behind at the other, and in the mean as far ahead as asked."""

    def kept(n: str, a: str, e: float) -> PerImage:
        return of({MULTISCALE: 30 + margin("", 0) + (9 if e == 1 else -9), PSPNET: 30.0})(n)

    return world(("enet", MULTISCALE, PSPNET), iou=kept, epsilons=(1.0, 8.0))


def c98(margin: Margin) -> Networks:
    """Below epsilon 4 it is the weakest."""

    def ratio(name: str, attack: str, e: float) -> PerImage:
        if e < 4:
            return 60.0 if attack == "ifgsm_ll" else 40.0
        return (50 if name == "enet" else 30) + (0.0 if attack == "ifgsm_ll" else margin(attack, e))

    return world(("segnet", "enet"), ratio, epsilons=(1.0, 4.0, 8.0))


ALL = ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")
CASES = {
    "C6": [of_ranks(c6, *ALL, epsilons=(1.0, 8.0))],
    "C7": [Case(c7, named("ResNet-101 - VGG", "FCN8s", "ASPP"))],
    "C8": [Case(c8, named("FCN8s", "ASPP"), EPSILONS)],
    "C9": [Case(c9, named("ResNet-101 - VGG", "FGSM - Iterative FGSM ll"), EPSILONS, beyond=(-2.02, -1.98))],
    "C11": [Case(c11, named("FGSM - Iterative FGSM ll"), EPSILONS, beyond=(-2.02, -1.98))],
    "C12": [Case(c12, named(""), (8.0, 32.0))],
    "C13": [of_ranks(c13, "fgsm", "ifgsm_ll", epsilons=(1.0, 8.0))],
    "C14": [Case(c14, named("clean", "attacked"), EPSILONS)],
    "C15": [
        of_ranks(
            two_orders(0.5, {"single-step": ("fgsm", "fgsm_ll"), "iterative": ("ifgsm", "ifgsm_ll")}),
            "single-step",
            "iterative",
            epsilons=(4.0, 8.0),
        )
    ],
    "C16": [Case(c16, named(""), EPSILONS)],
    "C17": [Case(c17, named(""), EPSILONS, beyond=(-2.02, -1.98))],
    "C18": [Case(c18, named(""), EPSILONS)],
    "C19": [Case(c19, named(""), EPSILONS)],
    "C20": [Case(c20, named(""), (8.0, 16.0, 32.0))],
    "C21": [Case(c21, named("enet", "icnet"), EPSILONS, beyond=(-2.02, -1.98))],
    "C22": [Case(c22, named("single-step from 4 on", "elsewhere behind"), (1.0, 2.0, 4.0, 8.0, 16.0))],
    "C23": [Case(context(5.0), named(""), EPSILONS)],
    "C24": [Case(context(0.0), named(""), EPSILONS)],
    "C25": [Case(c25, named(""))],
    "C26": [Case(c26, named(""), EPSILONS)],
    "C28": [Case(c28, named("VGG networks", "others"), EPSILONS)],
    "C29": [Case(c29, named(*ALL), EPSILONS, beyond=(-2.02, -1.98))],
    "C31": [Case(c31, named("FGSM", "FGSM ll"), (8.0, 32.0))],
    "C33": [of_ranks(two_orders(0.5, {"": ("fgsm", "fgsm_ll")}), "", epsilons=(4.0, 8.0))],
    "C37": [of_ranks(c37, "")],
    "C38": [
        Case(
            c38,
            named("order of the others", "above segnet"),
            small=0.1,
            large=0.1,
            divided=(OPPOSITE + 0.1, OPPOSITE - 0.1),
        )
    ],
    "C90": [Case(c90, named(""))],
    "C92": [Case(c92, named("FGSM", "FGSM ll"), (2.0, 8.0))],
    "C93": [Case(c93, named("icnet", "dilated_context"), EPSILONS)],
    "C96": [Case(c96, named(""))],
    "C98": [Case(c98, named("fgsm", "fgsm_ll", "ifgsm"), (4.0, 8.0))],
}
"""{number: ways to its bound}."""

FEW = {3: "needs 3 networks or more", 4: "needs 4 networks or more", 2: "needs 2 networks or more"}
ONE, THREE = world(("enet",)), world(("enet", "segnet", PSPNET))
NO_ATTACK = "needs an attack on all networks"


def only(zoo: Sequence[str], *attacks: str, epsilons: Sequence[float] = EPSILONS) -> Networks:
    """Without the other attacks."""
    return world(zoo, attacks=attacks, epsilons=epsilons)


def twice(what: str, *others: str) -> Networks:
    """Two networks of one architecture, and others."""
    return world((what, what, *others), names=["old", "new", *(f"my_{k}" for k in range(len(others)))])


def both(architecture: str) -> str:
    """What is said of them."""
    return f"old and new are both {architecture}; run it with one of them"


KINDS = "needs networks with ResNet-101 and with VGG-16"
PAIRS = "needs fgsm and fgsm_ll and ifgsm and ifgsm_ll on all networks"
AT_4 = "needs ifgsm_ll at epsilon 4 on all networks"
NO_SEGNET = world(("enet", "icnet", PSPNET, "fcn8s_vgg"))
LIGHT = ("enet", CONTEXT, "icnet")
UNSIZED = world(("enet", "segnet", PSPNET), parameters={"segnet": 0})


def absent(*names: str) -> str:
    """What is said where they are."""
    return f"needs a network of the architecture {' and one of '.join(names)}"


MISSING = {
    "C6": {"networks": (THREE, FEW[4])},
    "C7": {"a family": (ONE, KINDS), "one of two": (twice("segnet", PSPNET), both("segnet"))},
    "C8": {
        "a family": (ONE, KINDS),
        "a head": (THREE, "needs two networks of one head, with ResNet-101 and with VGG-16"),
        "one of two": (twice("fcn8s_vgg", "fcn8s_resnet101"), both("fcn8s_vgg")),
    },
    "C9": {"a family": (ONE, KINDS), "attacks": (only(FIVE, "fgsm"), "needs fgsm and ifgsm_ll on all networks")},
    "C11": {"networks": (ONE, FEW[3]), "attacks": (only(FIVE, "fgsm"), "needs fgsm and ifgsm_ll on all networks")},
    "C12": {
        "networks": (ONE, FEW[2]), "the attack": (only(FIVE, "fgsm"), "needs ifgsm_ll on all networks"),
        "an epsilon": (only(FIVE, "ifgsm_ll", epsilons=(7.9,)), "needs an epsilon of 8 or more"),
    },
    "C13": {"networks": (THREE, FEW[4]), "attacks": (only(FIVE, "fgsm"), "needs fgsm and ifgsm_ll on all networks")},
    "C14": {"both": (ONE, absent("pspnet", MULTISCALE)), "one": (THREE, absent(MULTISCALE))},
    "C15": {"networks": (THREE, FEW[4]), "attacks": (only(FIVE, "fgsm", "fgsm_ll", "ifgsm"), PAIRS)},
    "C16": {"it": (THREE, absent(MULTISCALE)), "others": (world((MULTISCALE, "enet")), FEW[3])},
    "C17": {"networks": (ONE, FEW[2]), "attacks": (only(FIVE, "ifgsm"), "needs fgsm_ll and ifgsm on all networks")},
    "C18": {"networks": (world(("enet", "segnet")), FEW[3])},
    "C19": {
        "a backbone": (world(("enet", "segnet")), "needs networks with ResNet-101 and without"),
        "one of two": (twice(PSPNET, "enet"), both("pspnet")),
    },
    "C20": {
        "it": (THREE, absent("fcn8s_vgg")), "others": (world(("fcn8s_vgg", "enet")), FEW[3]),
        "an epsilon": (only(("fcn8s_vgg", "enet", "segnet"), "fgsm", epsilons=(4.0,)), "needs an epsilon of 8 or more"),
    },
    "C21": {"light": (world((CONTEXT, "enet")), absent("icnet")), "one of two": (twice(CONTEXT, "enet", "icnet"),
                                                                                 both("dilated_context"))},
    "C22": {
        "light": (THREE, absent("dilated_context", "icnet")),
        "large epsilons": (
            only(LIGHT, "fgsm", epsilons=(1.0,)),
            "needs fgsm or fgsm_ll at an epsilon of 4 or more, and other attacks",
        ),
    },
    "C23": {"it": (THREE, absent("dilated_frontend", "dilated_context"))},
    "C24": {"it": (THREE, absent("dilated_frontend", "dilated_context"))},
    "C25": {"it": (world((FRONTEND, "enet")), absent("dilated_context"))},
    "C26": {"networks": (ONE, FEW[3]), "sizes": (UNSIZED, "needs the number of parameters of my_1")},
    "C28": {"it": (ONE, absent("pspnet")), "VGG": (world((PSPNET, "enet", "icnet")), KINDS)},
    "C29": {"plain": (world(("enet", PSPNET)), "needs networks with residual connections and without"),
            "one of two": (twice("enet", "segnet"), both("enet"))},
    "C31": {"networks": (ONE, FEW[2]), "attacks": (only(FIVE, "fgsm", "ifgsm"), PAIRS),
            "an epsilon": (world(FIVE, epsilons=(4.0,)), "needs an epsilon of 8 or more")},
    "C33": {"networks": (THREE, FEW[4]), "an epsilon": (world(FIVE, epsilons=(2.0,)), "needs an epsilon of 4 or more")},
    "C37": {
        "networks": (THREE, FEW[4]),
        "epsilon 8": (world(FIVE, epsilons=(4.0,)), "needs fgsm at epsilon 8 on all networks"),
        "fgsm": (only(FIVE, "ifgsm"), "needs fgsm at epsilon 8 on all networks"),
    },
    "C38": {"it": (NO_SEGNET, absent("segnet")), "others": (THREE, FEW[4]),
            "epsilon 8": (world(FIVE, epsilons=(4.0,)), "needs fgsm at epsilon 8 on all networks")},
    "C90": {
        "networks": (world(("enet", "segnet")), FEW[3]),
        "the attack": (only(FIVE, "fgsm", epsilons=(4.0,)), AT_4),
        "epsilon 4": (world(FIVE, epsilons=(2.0, 8.0)), AT_4),
    },
    "C92": {"it": (THREE, absent(MULTISCALE)),
            "an epsilon": (world((MULTISCALE,), epsilons=(1.0,)), "needs an epsilon of 2 or more")},
    "C93": {"it": (THREE, absent("icnet", "dilated_context")),
            "the attack": (only((PSPNET, "icnet", CONTEXT), "fgsm"), "needs ifgsm_ll on all networks")},
    "C96": {"it": (THREE, absent(MULTISCALE)), "others": (world((MULTISCALE, "enet")), FEW[3])},
    "C98": {
        "networks": (ONE, FEW[2]), "the attack": (only(FIVE, "fgsm"), "needs ifgsm_ll on all networks"),
        "another attack": (only(FIVE, "ifgsm_ll"), "needs another attack beside ifgsm_ll"),
        "an epsilon": (world(FIVE, epsilons=(2.0,)), "needs an epsilon of 4 or more"),
    },
}  # fmt: skip
"""{number: {what is missing: (results without it, what is said)}}."""
