"""What a run was made with."""

import platform
import shutil
import subprocess

import keras
import numpy as np

from tfadvseg.runs import provenance


def test_versions_name_python_and_the_libraries():
    found = provenance.versions()
    assert found["python"] == platform.python_version()
    assert (found["keras"], found["numpy"]) == (keras.__version__, np.__version__)


def test_a_missing_library_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(provenance, "LIBRARIES", ("no-such-library",))
    assert provenance.versions()["no-such-library"] == "not installed"


def test_a_source_without_a_checkout_has_no_revision(monkeypatch):
    def fail(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(provenance.subprocess, "run", fail)
    assert provenance.git_revision() == "unknown"


def test_the_source_digest_changes_with_what_decides_numbers_alone(tmp_path, monkeypatch):
    """A copy of the package: an edited step is another source, an edited figure or claim is not."""
    package = tmp_path / "tfadvseg"
    shutil.copytree(provenance.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    shutil.copytree(provenance.PACKAGE.parent / "pipelines", tmp_path / "pipelines")
    monkeypatch.setattr(provenance, "PACKAGE", package)

    def digest():
        provenance.source_digest.cache_clear()
        return provenance.source_digest()

    before = digest()
    for drawn in ("reports/plots.py", "studies/crf/claims.py", "studies/crf/report.py", "paper/claims.csv"):
        path = package / drawn
        path.write_text(path.read_text() + "\n# another colour\n")
    assert digest() == before
    for decides in ("attacks/steps.py", "studies/crf/design.py", "transforms/hsv.py", "../pipelines/common/objects.py"):
        path = package / decides
        path.write_text(path.read_text() + "\n# another step\n")
        assert digest() != before
        before = digest()
    provenance.source_digest.cache_clear()


def test_a_package_in_somebodys_repository_does_not_take_its_revision(tmp_path, monkeypatch):
    """As pip installs it below a checkout of something else."""
    theirs = tmp_path / "theirs"
    (theirs / "site" / "tfadvseg").mkdir(parents=True)
    for call in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", "-C", str(theirs), *call], check=True)
    monkeypatch.setattr(provenance, "PACKAGE", theirs / "site" / "tfadvseg")
    assert provenance.git_revision() == "unknown"
    monkeypatch.setattr(provenance, "PACKAGE", theirs / "tfadvseg")
    (theirs / "pyproject.toml").write_text("")
    assert len(provenance.git_revision().rstrip("+")) == 12
