"""What a run was made with: library versions, machine and source revision."""

import importlib.metadata
import platform
import subprocess
from pathlib import Path

LIBRARIES = ("tfadvseg", "tensorflow", "keras", "numpy")


def versions() -> dict[str, str]:
    """Python's and the libraries' versions; arithmetic may change with them."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for library in LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


def git_revision() -> str:
    """The source's commit, with + where files differ from it; "unknown" outside a checkout."""
    folder = Path(__file__).parent
    try:
        call = ["git", "-C", str(folder), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
