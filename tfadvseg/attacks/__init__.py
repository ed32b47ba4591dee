"""Attacks: a frozen dataclass with one call each, (model, images, labels) -> perturbation.

`model` is any callable from images to logits, so a toy, a defended network and a stranger's SavedModel are attacked
alike; nothing here knows Keras, datasets or flags.
"""

from tfadvseg.attacks.sign_attack import fgsm, fgsm_ll, ifgsm, ifgsm_ll

ATTACKS = {"fgsm": fgsm, "fgsm_ll": fgsm_ll, "ifgsm": ifgsm, "ifgsm_ll": ifgsm_ll}
"""Name -> constructor from epsilon (grey levels) and settings."""

EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""The paper's, in grey levels."""
