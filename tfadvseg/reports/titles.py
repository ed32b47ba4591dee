"""What people call the attacks and transforms whose names stand in results."""

from tfadvseg.runs.results import NONE

ATTACKS = {
    "fgsm": "FGSM", "fgsm_ll": "FGSM ll", "ifgsm": "Iterative FGSM", "ifgsm_ll": "Iterative FGSM ll",
    "mi_fgsm": "MI-FGSM", "fgsm_class": "FGSM to a class", "ifgsm_class": "Iterative FGSM to a class",
    "segpgd": "SegPGD", "cospgd": "CosPGD", "cospgd_sigmoid": "CosPGD by sigmoids", "padam": "PAdam-CE",
    "padam_cos": "PAdam-Cos", "apgd_ce": "APGD-CE", "apgd_dlr": "APGD-DLR", "sea_mce": "SEA MCE",
    "sea_mce_bal": "SEA MCE-Bal", "sea_js": "SEA JS", "hide": "Hide", "universal": "Universal",
}  # fmt: skip
"""Those of the paper in its order, then others."""

TRANSFORMS = {
    NONE: "no transform", "clip": "clip to 0..255", "jpeg": "JPEG", "jpeg_simulated": "simulated JPEG",
    "hsv": "HSV jitter",
}  # fmt: skip


def attack_title(attack: str) -> str:
    """Of any attack; its own name where it has no other."""
    return ATTACKS.get(attack, attack)


def transform_title(transform: str) -> str:
    """Of any transform, or of several in sequence; its own name where it has no other."""
    return "+".join(TRANSFORMS.get(part, part) for part in transform.split("+"))
