"""Attacks: a frozen dataclass with one call each, (model, images, labels) -> perturbation; `base.Attack` says the rest.

`model` is any callable from images to logits, so a toy, a defended network and a stranger's SavedModel are attacked
alike; nothing here knows Keras, datasets or flags.
"""

import dataclasses
import functools

from tfadvseg.attacks.alma_prox import AlmaProx
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
from tfadvseg.attacks.named import NamedAttack, Trait
from tfadvseg.attacks.noise import Noise
from tfadvseg.attacks.unseen import ifgsm_unseen

__all__ = ["ATTACKS", "ENSEMBLES", "EPSILONS", "PAPER", "SEARCHED", "NamedAttack", "Trait"]

ATTACKS = {
    "fgsm": NamedAttack(fgsm),
    "fgsm_ll": NamedAttack(fgsm_ll),
    "ifgsm": NamedAttack(ifgsm, Trait.ITERATIVE),
    "ifgsm_ll": NamedAttack(ifgsm_ll, Trait.ITERATIVE),
    "mi_fgsm": NamedAttack(mi_fgsm, Trait.ITERATIVE),
    "ifgsm_unseen": NamedAttack(ifgsm_unseen, Trait.ITERATIVE),
    "fgsm_class": NamedAttack(fgsm_class, Trait.TO_A_CLASS),
    "ifgsm_class": NamedAttack(ifgsm_class, Trait.ITERATIVE | Trait.TO_A_CLASS),
    "segpgd": NamedAttack(segpgd, Trait.ITERATIVE),
    "cospgd": NamedAttack(cospgd, Trait.ITERATIVE),
    "cospgd_sigmoid": NamedAttack(cospgd_sigmoid, Trait.ITERATIVE),
    "padam": NamedAttack(padam, Trait.ITERATIVE | Trait.PACED),
    "padam_cos": NamedAttack(padam_cos, Trait.ITERATIVE | Trait.PACED),
    "apgd_ce": NamedAttack(apgd_ce, Trait.PACED),
    "apgd_dlr": NamedAttack(apgd_dlr, Trait.PACED),
    "sea_mce": NamedAttack(sea_mce, Trait.PACED),
    "sea_mce_bal": NamedAttack(sea_mce_bal, Trait.PACED | Trait.BY_CLASS),
    "sea_js": NamedAttack(sea_js, Trait.PACED),
    "ladder_mce": NamedAttack(ladder_mce, Trait.PACED),
    "ladder_mce_bal": NamedAttack(ladder_mce_bal, Trait.PACED | Trait.BY_CLASS),
    "ladder_js": NamedAttack(ladder_js, Trait.PACED),
    "alma_prox": NamedAttack(AlmaProx, Trait.PACED | Trait.OWN_NORM | Trait.BOUNDLESS),
    "dag": NamedAttack(dag, Trait.ITERATIVE | Trait.PACED | Trait.OWN_NORM | Trait.BOUNDLESS),
    "dag_permuted": NamedAttack(dag_permuted, Trait.ITERATIVE | Trait.PACED | Trait.OWN_NORM | Trait.BOUNDLESS),
    "fspgd": NamedAttack(Fspgd, Trait.ITERATIVE),
    "noise": NamedAttack(Noise, Trait.BLIND),
    "dla": NamedAttack(Dla, Trait.BLIND | Trait.QUERIES),
    "hide": NamedAttack(hide, Trait.ITERATIVE | Trait.HIDES),
}

SEARCHED = (
    "fgsm",
    "ifgsm",
    "mi_fgsm",
    "fgsm_class",
    "ifgsm_class",
    "segpgd",
    "cospgd",
    "apgd_ce",
    "apgd_dlr",
    "sea_mce",
)
"""Attacks of which there is a `minimal_<name>`, too, in the smallest ball in which it succeeds."""

ATTACKS |= {
    f"minimal_{name}": dataclasses.replace(
        ATTACKS[name],
        make=functools.partial(minimal, ATTACKS[name].make),
        traits=ATTACKS[name].traits | Trait.OWN_NORM,
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
