"""What strangers give this program, a module each with `target() -> Target`."""

import importlib

from tests.fuzz.inputs import Target

NAMES = (
    "caffemodel",
    "images",
    "masks",
    "lists",
    "saved_models",
    "formats",
    "class_maps",
    "cards",
    "runs",
    "studies",
    "programmes",
    "perturbations",
    "experiments",
    "tiles",
    "gate",
    "answers",
    "http",
)


def load(name: str) -> Target:
    """The target of that name; imports what reads it."""
    return importlib.import_module(f"tests.fuzz.targets.{name}").target()
