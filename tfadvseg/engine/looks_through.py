"""The transform that an attack looks through, for the rows of results."""

from tfadvseg.attacks.base import Attack
from tfadvseg.runs.results import NONE
from tfadvseg.transforms import name_of


def looks_through(attack: Attack) -> str:
    """The name of the transform that its gradients are an expectation over; `none` where there is none, as of what
    follows no gradient. Attacks that were kept say it themselves."""
    if (known := getattr(attack, "inside", None)) is not None:
        return known
    transform = getattr(getattr(attack, "gradient", None), "transform", None)
    return NONE if transform is None else name_of(transform)
