"""What the paper claims about architectures under white-box attacks (sections 4 and 5, appendices B and C).

A claim that names architectures is about the networks of these architectures in the run, whatever they were trained on.
"""

from collections.abc import Callable

import numpy as np

from tfadvseg.metrics.scores import iou_ratio
from tfadvseg.runs.results import CLEAN
from tfadvseg.studies.claims import Claim, Judgement, Parts, judge
from tfadvseg.studies.evidence import Score, rank_correlation
from tfadvseg.studies.robustness.claims import PAIRS
from tfadvseg.studies.robustness.facts import Facts, another, plain, residual, resnet, vgg
from tfadvseg.studies.robustness.needs import (
    LARGE,
    SINGLE_STEP,
    attacked_by,
    both_kinds,
    every,
    fgsm_at_8,
    least_likely_at_4,
    one_of_each,
    several,
    single_step_and_large,
    single_step_large_and_others,
    sizes_known,
)
from tfadvseg.studies.robustness.networks import Networks, lead, lead_over, networks_of
from tfadvseg.studies.run import FinishedRun

MOST = 50.0
"""Per cent of the cells: more than half of them."""
ALIKE = 0.5
"""A rank correlation above which two orders are much the same."""
WIDE = 20.0
"""Points of IoU ratio between the most robust network and the least that are a very different degradation: the paper's
own tables have 28.9 on VOC and 21.0 on Cityscapes."""
MULTISCALE, CONTEXT, FRONTEND = "deeplab_v2_multiscale", "dilated_context", "dilated_frontend"
FAMILIES, LIGHT = "ResNet-101 - VGG", ("enet", "icnet")


def gap(networks: Networks, scores: np.ndarray, one: Callable[[Facts], bool], other: Callable[[Facts], bool]) -> Score:
    """By how much the mean score of the networks of one kind lies above that of another; scores: [V, 1 + R]."""
    return scores[networks.where(one)].mean(0) - scores[networks.where(other)].mean(0)


def heads(networks: Networks) -> dict[str, tuple[int, int]]:
    """{head: places of the networks that have it with ResNet-101 and with VGG-16}, of those heads that have both."""
    with_resnet, with_vgg = (
        {facts.head: place for place, facts in enumerate(networks.facts.values()) if kind(facts) and facts.head}
        for kind in (resnet, vgg)
    )
    return {head: (place, with_vgg[head]) for head, place in with_resnet.items() if head in with_vgg}


def _agreement(networks: Networks) -> Parts:
    return networks.by_attack(lambda a, e: rank_correlation(networks.ratio(a, e), networks.iou(a, e)))


def _clean_families(networks: Networks) -> Parts:
    clean = networks.clean
    same = {head: clean[one] - clean[other] for head, (one, other) in heads(networks).items()}
    return {FAMILIES: gap(networks, clean, resnet, vgg), **same}


def _same_head(networks: Networks) -> Parts:
    def difference(one: int, other: int) -> Callable[[str, float], Score]:
        return lambda a, e: networks.ratio(a, e)[one] - networks.ratio(a, e)[other]

    return {head: networks.by_cell(difference(*pair)) for head, pair in heads(networks).items()}


def _families(networks: Networks) -> Parts:
    def between(attack: str, epsilon: float) -> Score:
        return gap(networks, networks.ratio(attack, epsilon), resnet, vgg)

    return {
        FAMILIES: networks.by_epsilon(lambda e: np.mean([between(attack, e) for attack in networks.attacks], 0)),
        "FGSM - Iterative FGSM ll": networks.by_epsilon(lambda e: between("fgsm", e) - between("ifgsm_ll", e)),
    }


def _closer(networks: Networks) -> Parts:
    def spread(attack: str, epsilon: float) -> Score:
        return np.ptp(networks.ratio(attack, epsilon), 0)

    return {"FGSM - Iterative FGSM ll": networks.by_epsilon(lambda e: spread("fgsm", e) - spread("ifgsm_ll", e))}


def _none_withstands(networks: Networks) -> Parts:
    return {"": networks.by_epsilon(lambda e: networks.ratio("ifgsm_ll", e).max(0), 8)}


def _accuracy(networks: Networks) -> Parts:
    found = networks.by_attack(lambda a, e: rank_correlation(networks.clean, networks.ratio(a, e)))
    return {attack: found[attack] for attack in ("fgsm", "ifgsm_ll")}


def _multiscale_and_pspnet(networks: Networks) -> Parts:
    pspnet, multiscale = networks.of("pspnet"), networks.of(MULTISCALE)
    clean = networks.clean
    return {
        "clean": {(CLEAN, 0.0): clean[pspnet] - clean[multiscale]},
        "attacked": networks.by_cell(lambda a, e: networks.iou(a, e)[multiscale] - networks.iou(a, e)[pspnet]),
    }


def _order_of(networks: Networks, one: str, other: str, at_least: float = 0.0) -> dict[float, Score]:
    """How much alike two attacks rank the networks."""
    return networks.by_epsilon(lambda e: rank_correlation(networks.ratio(one, e), networks.ratio(other, e)), at_least)


def _first_by_ratio(networks: Networks, architecture: str) -> Parts:
    place = networks.of(architecture)
    return {"": networks.by_cell(lambda a, e: lead(networks.ratio(a, e), place))}


def _mean_difference(networks: Networks, more: str, less: str, at_least: float = 0.0) -> dict[float, Score]:
    """By how much the mean IoU ratio under one attack lies above that under another."""
    return networks.by_epsilon(lambda e: (networks.ratio(more, e) - networks.ratio(less, e)).mean(0), at_least)


def _most_accurate_overtaken(networks: Networks) -> Parts:
    return {"": networks.by_cell(lambda a, e: lead_over(networks.iou(a, e), networks.clean))}


def _resnet_first(networks: Networks) -> Parts:
    with_it, without = networks.where(resnet), networks.where(another)
    return {"": networks.by_cell(lambda a, e: networks.iou(a, e)[with_it].max(0) - networks.iou(a, e)[without].max(0))}


def _vgg_in_ruins(networks: Networks) -> Parts:
    place = networks.of("fcn8s_vgg")
    return {"": networks.by_cell(lambda a, e: lead(networks.iou(a, e), place), lambda a, e: e >= 8)}


def _light_against_dilated(networks: Networks) -> Parts:
    """Mean size of the difference, over the attacks."""
    dilated = networks.of(CONTEXT)

    def size(light: int) -> dict[float, Score]:
        def at(epsilon: float) -> Score:
            ratios = [networks.ratio(attack, epsilon) for attack in networks.attacks]
            return np.mean([np.abs(ratio[dilated] - ratio[light]) for ratio in ratios], 0)

        return networks.by_epsilon(at)

    return {name: size(networks.of(name)) for name in LIGHT}


def _dilated_ahead(networks: Networks) -> Parts:
    dilated, light = networks.of(CONTEXT), [networks.of(name) for name in LIGHT]

    def ahead(attack: str, epsilon: float) -> Score:
        return lead(networks.ratio(attack, epsilon), dilated, light)

    return {
        "single-step from 4 on": networks.by_cell(ahead, single_step_and_large),
        "elsewhere behind": networks.by_cell(lambda a, e: -ahead(a, e), lambda a, e: not single_step_and_large(a, e)),
    }


def _context_costs(networks: Networks, attack: str, epsilon: float) -> Score:
    ratio = networks.ratio(attack, epsilon)
    return ratio[networks.of(FRONTEND)] - ratio[networks.of(CONTEXT)]


def _context_costs_everywhere(networks: Networks) -> Parts:
    costs = networks.by_epsilon(lambda e: np.mean([_context_costs(networks, a, e) for a in networks.attacks], 0))
    return {"": costs}


def _first_by_neither(networks: Networks) -> Parts:
    sizes = np.array([[facts.parameters] for facts in networks.facts.values()], float)
    return {"": networks.by_cell(lambda a, e: lead_over(networks.ratio(a, e), networks.clean, sizes))}


def _pspnet_ahead(networks: Networks) -> Parts:
    pspnet, chains = networks.of("pspnet"), networks.where(vgg)
    rest = [place for place in range(len(networks.facts)) if place not in (pspnet, *chains)]
    found = {"VGG networks": networks.by_cell(lambda a, e: lead(networks.ratio(a, e), pspnet, chains))}
    return found | ({"others": networks.by_cell(lambda a, e: lead(networks.ratio(a, e), pspnet, rest))} if rest else {})


def _residual(networks: Networks) -> Parts:
    return networks.by_attack(lambda a, e: gap(networks, networks.ratio(a, e), residual, plain))


def _single_step_stronger(networks: Networks) -> Parts:
    def more(one: str, other: str) -> dict[float, Score]:
        return networks.by_epsilon(lambda e: (networks.iou(other, e) - networks.iou(one, e)).mean(0), 8)

    return {name: more(*pair) for name, pair in PAIRS.items()}


def _accuracy_at_8(networks: Networks) -> Parts:
    return {"": rank_correlation(networks.clean, networks.ratio("fgsm", 8.0))}


def _order_at_8(networks: Networks) -> Parts:
    iou, segnet = networks.iou("fgsm", 8.0), networks.of("segnet")
    others = [place for place in range(len(iou)) if place != segnet]
    order = rank_correlation(iou[others], iou_ratio(iou, networks.clean)[others])
    return {"order of the others": order, "above segnet": np.mean(iou[others] > iou[segnet], 0)}


def _range_at_4(networks: Networks) -> Parts:
    return {"": np.ptp(networks.ratio("ifgsm_ll", LARGE), 0)}


def _iterations_on_multiscale(networks: Networks) -> Parts:
    place = networks.of(MULTISCALE)

    def more(one: str, other: str) -> dict[float, Score]:
        return networks.by_epsilon(lambda e: networks.iou(one, e)[place] - networks.iou(other, e)[place], 2)

    return {name: more(*pair) for name, pair in PAIRS.items()}


def _pspnet_against(networks: Networks) -> Parts:
    pspnet = networks.of("pspnet")

    def ahead(other: int) -> dict[float, Score]:
        return networks.by_epsilon(lambda e: lead(networks.ratio("ifgsm_ll", e), pspnet, [other]))

    return {name: ahead(networks.of(name)) for name in ("icnet", CONTEXT)}


def _multiscale_to_deploy(networks: Networks) -> Parts:
    means = np.mean([networks.iou(a, e) for a in networks.attacks for e in networks.epsilons], 0)
    return {"": lead(means, networks.of(MULTISCALE))}


def _strongest(networks: Networks) -> Parts:
    others = [attack for attack in networks.attacks if attack != "ifgsm_ll"]
    return {attack: _mean_difference(networks, attack, "ifgsm_ll", LARGE) for attack in others}


_ANY, _BOTH_PAIRS = attacked_by(), attacked_by(*SINGLE_STEP, *SINGLE_STEP.values())
_BACKBONES = both_kinds(resnet, vgg, "with ResNet-101 and with VGG-16")


def _a_head_twice(networks: Networks) -> str:
    return "" if heads(networks) else "needs two networks of one head, with ResNet-101 and with VGG-16"


CLAIMS = (
    Claim("C6", f"Networks rank much the same by IoU ratio and by IoU (rank correlation above {ALIKE:g}, mean over the "
          "epsilons)", _agreement, above=ALIKE, needs=every(several(4), _ANY), form="+.2f", ranks=True),
    Claim("C7", "Networks with ResNet-101 have a higher clean IoU than those with VGG-16, all and with the same head "
          "(points of IoU)", _clean_families, above=0.0, needs=_BACKBONES),
    Claim("C8", "With the same head, ResNet-101 makes a network more robust than VGG-16 (IoU ratio, in "
          "most cells)", _same_head, above=0.0, share=MOST, needs=every(_BACKBONES, _a_head_twice, _ANY)),
    Claim("C9", "Networks with ResNet-101 are more robust than those with VGG-16, most clearly under FGSM (mean IoU "
          "ratio, mean over the epsilons)", _families, above=0.0,
          needs=every(_BACKBONES, attacked_by("fgsm", "ifgsm_ll"))),
    Claim("C11", "Networks lie closer together under Iterative FGSM ll than under FGSM (range of the IoU ratio, "
          "mean over the epsilons)", _closer, above=0.0,
          needs=every(several(3), attacked_by("fgsm", "ifgsm_ll"))),
    Claim("C12", "No network withstands Iterative FGSM ll from epsilon 8 on (highest IoU ratio, at most 30 %)",
          _none_withstands, at_most=30.0, each=True, form=".1f", least=0.0,
          needs=every(several(2), attacked_by("ifgsm_ll", at_least=8))),
    Claim("C13", "Accurate networks are robust ones (rank correlation of clean IoU and IoU ratio, mean over the "
          "epsilons)", _accuracy, above=0.0, form="+.2f", ranks=True,
          needs=every(several(4), attacked_by("fgsm", "ifgsm_ll"))),
    Claim("C14", "PSPNet has the higher clean IoU, multiscale Deeplab v2 the higher IoU in most cells under "
          "attack", _multiscale_and_pspnet, above=0.0, share=MOST,
          needs=every(one_of_each("pspnet", MULTISCALE), _ANY)),
    Claim("C15", "Attacks of one kind rank networks alike (rank correlation of the IoU ratio between fgsm and fgsm_ll, "
          f"and ifgsm and ifgsm_ll, above {ALIKE:g}; mean over the epsilons)",
          lambda networks: {
              "single-step": _order_of(networks, "fgsm", "fgsm_ll"),
              "iterative": _order_of(networks, "ifgsm", "ifgsm_ll"),
          },
          above=ALIKE, form="+.2f", ranks=True, needs=every(several(4), _BOTH_PAIRS)),
    Claim("C16", "Multiscale Deeplab v2 is the most robust network (highest IoU ratio in most cells)",
          lambda networks: _first_by_ratio(networks, MULTISCALE), above=0.0, share=MOST,
          needs=every(one_of_each(MULTISCALE, others=2), _ANY)),
    Claim("C17", "Iterative FGSM does more harm than FGSM ll (mean IoU ratio, mean over the epsilons)",
          lambda networks: {"": _mean_difference(networks, "fgsm_ll", "ifgsm")}, above=0.0,
          needs=every(several(2), attacked_by("fgsm_ll", "ifgsm"))),
    Claim("C18", "The network with the highest clean IoU does not keep the highest IoU under attack (in most cells)",
          _most_accurate_overtaken, above=0.0, share=MOST, needs=every(several(3), _ANY)),
    Claim("C19", "The network that keeps the highest IoU has a ResNet-101 (in most cells)",
          _resnet_first, above=0.0, share=MOST,
          needs=every(both_kinds(resnet, another, "with ResNet-101 and without"), _ANY)),
    Claim("C20", "From epsilon 8 on, FCN8s with VGG-16 keeps the highest IoU in some cells (more than none)",
          _vgg_in_ruins, above=0.0, share=0.0,
          needs=every(one_of_each("fcn8s_vgg", others=2), attacked_by(at_least=8))),
    Claim("C21", "E-Net and ICNet suffer about as much as DilatedNet (mean size of the difference of IoU ratios to "
          "dilated_context, at most 10 points)", _light_against_dilated, at_most=10.0, form=".1f", least=0.0,
          needs=every(one_of_each(CONTEXT, *LIGHT), _ANY)),
    Claim("C22", "DilatedNet is more robust than E-Net and ICNet under single-step attacks from epsilon 4 on, and less "
          "robust than one of them elsewhere (in most cells)", _dilated_ahead, above=0.0, share=MOST,
          needs=every(one_of_each(CONTEXT, *LIGHT), single_step_large_and_others)),
    Claim("C23", "The context module makes DilatedNet less robust at every epsilon (IoU ratio, mean over the attacks, "
          "least loss)", _context_costs_everywhere, above=0.0, each=True,
          needs=every(one_of_each(FRONTEND, CONTEXT), _ANY)),
    Claim("C24", "The context module makes DilatedNet less robust in most cells",
          lambda networks: {"": networks.by_cell(lambda a, e: _context_costs(networks, a, e))}, above=0.0, share=MOST,
          needs=every(one_of_each(FRONTEND, CONTEXT), _ANY)),
    Claim("C25", "The context module raises the clean IoU of DilatedNet",
          lambda networks: {"": networks.clean[networks.of(CONTEXT)] - networks.clean[networks.of(FRONTEND)]},
          above=0.0, needs=one_of_each(FRONTEND, CONTEXT)),
    Claim("C26", "Neither the network with the highest clean IoU nor the one with the most parameters is the most "
          "robust (in most cells)", _first_by_neither, above=0.0, share=MOST,
          needs=every(several(3), sizes_known, _ANY)),
    Claim("C28", "PSPNet is more robust than all networks with VGG-16, and than all others (IoU ratio, in most cells)",
          _pspnet_ahead, above=0.0, share=MOST, needs=every(one_of_each("pspnet", others=2), _BACKBONES, _ANY)),
    Claim("C29", "Networks with residual connections are more robust than plain chains (mean IoU ratio, mean over the "
          "epsilons)", _residual, above=0.0,
          needs=every(both_kinds(residual, plain, "with residual connections and without"), _ANY)),
    Claim("C31", "From epsilon 8 on, single-step attacks do more harm than their iterative versions (difference of the "
          "mean IoU)", _single_step_stronger, above=0.0, needs=every(several(2), _BOTH_PAIRS, attacked_by(at_least=8))),
    Claim("C33", "From epsilon 4 on, FGSM and FGSM ll rank networks alike (rank correlation of the IoU ratio above "
          f"{ALIKE:g}, mean over the epsilons)", lambda networks: {"": _order_of(networks, "fgsm", "fgsm_ll", LARGE)},
          above=ALIKE, form="+.2f", ranks=True,
          needs=every(several(4), attacked_by("fgsm", "fgsm_ll", at_least=LARGE))),
    Claim("C37", "Under FGSM at epsilon 8 accurate networks are robust (rank correlation of clean IoU and IoU ratio)",
          _accuracy_at_8, above=0.0, form="+.2f", ranks=True, needs=every(several(4), fgsm_at_8)),
    Claim("C38", "Under FGSM at epsilon 8 networks rank the same by IoU ratio and by IoU, but for SegNet, which is "
          "last by IoU (rank correlation, and share of the others above it, over 0.9)", _order_at_8, above=0.9,
          form="+.2f", ranks=True, needs=every(one_of_each("segnet", others=3), fgsm_at_8)),
    Claim("C90", f"Networks degrade very differently: under Iterative FGSM ll at epsilon {LARGE:g} the most robust one "
          f"keeps over {WIDE:g} points of IoU ratio more than the least", _range_at_4, above=WIDE, form=".1f",
          least=0.0, needs=every(several(3), least_likely_at_4)),
    Claim("C92", "On multiscale Deeplab v2 iterative attacks do more harm than single-step ones from epsilon 2 on "
          "(IoU, mean over the epsilons)", _iterations_on_multiscale, above=0.0,
          needs=every(one_of_each(MULTISCALE), _BOTH_PAIRS, attacked_by(at_least=2))),
    Claim("C93", "Under Iterative FGSM ll PSPNet is more robust than ICNet and DilatedNet at every epsilon (least "
          "lead in IoU ratio)", _pspnet_against, above=0.0, each=True,
          needs=every(one_of_each("pspnet", "icnet", CONTEXT), attacked_by("ifgsm_ll"))),
    Claim("C96", "Multiscale Deeplab v2 keeps most IoU (lead over the best other, mean over attacks and epsilons)",
          _multiscale_to_deploy, above=0.0, needs=every(one_of_each(MULTISCALE, others=2), _ANY)),
    Claim("C98", "From epsilon 4 on Iterative FGSM ll is the strongest of the attacks (mean IoU ratio, mean over "
          "the epsilons)", _strongest, above=0.0,
          needs=every(several(2), attacked_by("ifgsm_ll", at_least=LARGE),
                     lambda networks: "" if len(networks.attacks) > 1 else "needs another attack beside ifgsm_ll")),
)  # fmt: skip
"""Left out: C30 and C32, which compare data sets, of which a run has one; C27 and C34, which hold for any weights and
are tests of this package; C91, which takes people who look at a screen."""


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on the networks of a run together; nothing of one network alone."""
    networks = networks_of(run)
    if len(networks.facts) < 2:
        return []
    return judge(CLAIMS, networks, "All networks together", run.evidence.images, run.evidence.units)
