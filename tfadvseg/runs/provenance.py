"""What a run was made with: library versions, machine, and this package's own source."""

import functools
import hashlib
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

LIBRARIES = ("tfadvseg", "tensorflow", "keras", "numpy", "pillow", "scipy")
PACKAGE = Path(__file__).parents[1]
REVISION = "revision.txt"
"""In an installed package: the commit that it was built from, which setup.py writes there."""
OWN_PROJECT = 'name = "tfadvseg"'
"""The line of pyproject.toml that says whose checkout it is."""
DECIDES_NO_NUMBER = ("reports", "paper")
"""Folders of the package that only judge or draw what was measured; so do these files of the studies:"""
DRAWN_IN_STUDIES = (
    "account.py", "answer.py", "beside.py", "by_class.py", "by_region.py", "chapter.py", "claims.py", "comparison.py",
    "costs.py", "detection.py", "differences.py", "envelope.py", "evidence.py", "exhibits.py", "figures.py",
    "hidden.py", "masking.py", "matrix.py", "overall.py", "overview.py", "pairs.py", "programme.py", "report.py",
    "scales.py", "shares.py", "signs.py", "study.py", "tensorboard.py", "verdict.py", "worst.py",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Python's and the libraries' versions; arithmetic may change with them."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for library in LIBRARIES:
        try:
            found[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            found[library] = "not installed"
    return found


@functools.cache
def source_digest() -> str:
    """16 characters of SHA-256 of the package's and pipelines' files that decide numbers: no run mixes two versions."""
    digest = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "pipelines").rglob("*.py")]):
        place = path.relative_to(PACKAGE.parent)
        folder = place.parts[1]
        if folder in DECIDES_NO_NUMBER or (folder == "studies" and path.name in DRAWN_IN_STUDIES):
            continue
        digest.update(f"{place.as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def git_revision() -> str:
    """The commit that this package was built from or, of a checkout, its commit with + where files differ from it;
    "unknown" where neither is known.

    Installed into somebody's repository it must not take that repository's commit for its own.
    """
    built = PACKAGE / REVISION
    if built.is_file():
        return built.read_text().strip() or "unknown"
    root = PACKAGE.parent
    settings = root / "pyproject.toml"
    if not (root / ".git").exists() or not settings.is_file() or OWN_PROJECT not in settings.read_text().splitlines():
        return "unknown"
    try:
        call = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
        elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(call, capture_output=True, text=True, check=True, env=elsewhere).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
