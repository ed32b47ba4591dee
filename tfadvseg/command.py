"""How a pipeline is called."""

import pathlib
import re
import sys

WITHIN = "tfadvseg.pipelines"
"""What pip installs `pipelines/` as."""


def command(pipeline: str) -> str:
    """What to type for a pipeline: `tfadvseg doctor`, or `python -m pipelines.doctor` where a checkout is used as it
    is."""
    return f"tfadvseg {pipeline}" if _is_by_pip() else f"python -m pipelines.{pipeline}"


def as_typed(text: str) -> str:
    """The text, in which pipelines are called as they are here."""
    return re.sub(r"(?:python -m )?\bpipelines\.(?=\w)", "tfadvseg ", text) if _is_by_pip() else text


def _is_by_pip() -> bool:
    return WITHIN in sys.modules or (pathlib.Path(__file__).parent / "pipelines").is_dir()
