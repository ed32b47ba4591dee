"""Attacks: a frozen dataclass with one call each, (model, images, labels) -> perturbation; `base.Attack` says the rest.

`model` is any callable from images to logits, so a toy, a defended network and a stranger's SavedModel are attacked
alike; nothing here knows Keras, datasets or flags.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

from tfadvseg.attacks.alma_prox import AlmaProx
from tfadvseg.attacks.base import Attack
from tfadvseg.attacks.dag import dag, dag_permuted
from tfadvseg.attacks.dla import Dla
from tfadvseg.attacks.fspgd import Fspgd
from tfadvseg.attacks.gradient_ascent import fgsm, fgsm_class, fgsm_ll, ifgsm, ifgsm_class, ifgsm_ll, mi_fgsm
from tfadvseg.attacks.hiding import hide
from tfadvseg.attacks.ladder import ladder_js, ladder_mce, ladder_mce_bal
from tfadvseg.attacks.minimal import minimal
from tfadvseg.attacks.modern import (
    apgd_ce,
    apgd_dlr,
    cospgd,
    cospgd_sigmoid,
    padam,
    padam_cos,
    sea_js,
    sea_mce,
    sea_mce_bal,
    segpgd,
)
from tfadvseg.attacks.noise import Noise
from tfadvseg.attacks.unseen import ifgsm_unseen


@dataclasses.dataclass(frozen=True)
class NamedAttack:
    """(epsilon in grey levels, **settings) -> an attack; (**settings) where it finds its own norm.

    iterative: it takes `alpha` and `steps`. paced: it brings its own number of steps, whatever the protocol, and takes
    `steps`; it chooses their sizes, too, unless it is also iterative. to_a_class: it wants `target`, the number of the
    class to lead to. by_class: it wants `class_weights`. own_norm: it looks for the smallest perturbation, so it is
    made without an epsilon. boundless: it moves in no ball, so it takes no `start`, `restarts` and `keep`. blind: it
    follows no gradient, so it takes no estimator, `gradient`, of one. queries: it takes `queries`, how many answers of
    the network it may have.
    """

    make: Callable[..., Attack]
    iterative: bool = False
    paced: bool = False
    to_a_class: bool = False
    by_class: bool = False
    own_norm: bool = False
    boundless: bool = False
    blind: bool = False
    queries: bool = False
    hides: bool = False

    def __call__(self, epsilon: float | None = None, **settings: Any) -> Attack:
        if self.own_norm and epsilon is not None:
            raise ValueError(f"An attack that finds its own norm is given no epsilon; got {epsilon:g}, leave it out.")
        if not self.own_norm and epsilon is None:
            raise ValueError("An attack in a ball needs the ball's radius, epsilon, in grey levels; got none.")
        return self.make(**settings) if epsilon is None else self.make(epsilon, **settings)


ATTACKS = {
    "fgsm": NamedAttack(fgsm),
    "fgsm_ll": NamedAttack(fgsm_ll),
    "ifgsm": NamedAttack(ifgsm, iterative=True),
    "ifgsm_ll": NamedAttack(ifgsm_ll, iterative=True),
    "mi_fgsm": NamedAttack(mi_fgsm, iterative=True),
    "ifgsm_unseen": NamedAttack(ifgsm_unseen, iterative=True),
    "fgsm_class": NamedAttack(fgsm_class, to_a_class=True),
    "ifgsm_class": NamedAttack(ifgsm_class, iterative=True, to_a_class=True),
    "segpgd": NamedAttack(segpgd, iterative=True),
    "cospgd": NamedAttack(cospgd, iterative=True),
    "cospgd_sigmoid": NamedAttack(cospgd_sigmoid, iterative=True),
    "padam": NamedAttack(padam, iterative=True, paced=True),
    "padam_cos": NamedAttack(padam_cos, iterative=True, paced=True),
    "apgd_ce": NamedAttack(apgd_ce, paced=True),
    "apgd_dlr": NamedAttack(apgd_dlr, paced=True),
    "sea_mce": NamedAttack(sea_mce, paced=True),
    "sea_mce_bal": NamedAttack(sea_mce_bal, paced=True, by_class=True),
    "sea_js": NamedAttack(sea_js, paced=True),
    "ladder_mce": NamedAttack(ladder_mce, paced=True),
    "ladder_mce_bal": NamedAttack(ladder_mce_bal, paced=True, by_class=True),
    "ladder_js": NamedAttack(ladder_js, paced=True),
    "alma_prox": NamedAttack(AlmaProx, paced=True, own_norm=True, boundless=True),
    "dag": NamedAttack(dag, iterative=True, paced=True, own_norm=True, boundless=True),
    "dag_permuted": NamedAttack(dag_permuted, iterative=True, paced=True, own_norm=True, boundless=True),
    "fspgd": NamedAttack(Fspgd, iterative=True),
    "noise": NamedAttack(Noise, blind=True),
    "dla": NamedAttack(Dla, blind=True, queries=True),
    "hide": NamedAttack(hide, iterative=True, hides=True),
}

SEARCHED = (
    "fgsm", "ifgsm", "mi_fgsm", "fgsm_class", "ifgsm_class", "segpgd", "cospgd", "apgd_ce", "apgd_dlr", "sea_mce",
)  # fmt: skip
"""Attacks of which there is a `minimal_<name>`, too, in the smallest ball in which it succeeds."""

ATTACKS |= {
    f"minimal_{name}": dataclasses.replace(
        ATTACKS[name], make=functools.partial(minimal, ATTACKS[name].make), own_norm=True
    )
    for name in SEARCHED
}

ENSEMBLES = {
    "sea": ("sea_mce", "sea_mce_bal", "sea_js"),
    "ladder": ("ladder_mce", "ladder_mce_bal", "ladder_js"),
}
"""Attacks that belong together."""

PAPER = ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")
"""The paper's four."""

EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""The paper's, in grey levels."""
