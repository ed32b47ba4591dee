"""How a pipeline is called."""

import pathlib
import sys

WITHIN = "tfadvseg.pipelines"
"""What pip installs `pipelines/` as."""


def command(pipeline: str) -> str:
    """What to type for a pipeline: `tfadvseg doctor`, or `python -m pipelines.doctor` where a checkout is used
    as it is."""
    by_pip = WITHIN in sys.modules or (pathlib.Path(__file__).parent / "pipelines").is_dir()
    return f"tfadvseg {pipeline}" if by_pip else f"python -m pipelines.{pipeline}"
