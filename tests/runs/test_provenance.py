"""What a run was made with."""

import os
import platform
import runpy
import shutil
import subprocess

import keras
import numpy as np
import pytest

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


def git(folder, *words):
    """What git prints, whatever hooks, signatures and repositories its user has set."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    call = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(call, env=own, check=True, capture_output=True, text=True).stdout


def test_a_package_in_somebodys_repository_does_not_take_its_revision(tmp_path, monkeypatch):
    """As pip installs it below a checkout of something else."""
    theirs = tmp_path / "theirs"
    (theirs / "site" / "tfadvseg").mkdir(parents=True)
    git(theirs, "init", "-q")
    git(theirs, "commit", "-q", "--allow-empty", "-m", "x")
    monkeypatch.setattr(provenance, "PACKAGE", theirs / "site" / "tfadvseg")
    assert provenance.git_revision() == "unknown"
    monkeypatch.setattr(provenance, "PACKAGE", theirs / "tfadvseg")
    (theirs / "pyproject.toml").write_text('[project]\nname = "theirs"\n')  # installed beside their own settings
    assert provenance.git_revision() == "unknown"


def test_a_checkout_says_its_commit_whatever_git_points_at(tmp_path, monkeypatch):
    """Within a hook of git, its variables name somebody else's repository."""
    own = tmp_path / "own"
    (own / "tfadvseg").mkdir(parents=True)
    (own / "pyproject.toml").write_text('[project]\nname = "tfadvseg"\n')
    git(own, "init", "-q")
    git(own, "commit", "-q", "--allow-empty", "-m", "x")
    commit = git(own, "rev-parse", "HEAD")
    monkeypatch.setattr(provenance, "PACKAGE", own / "tfadvseg")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert provenance.git_revision() == commit[:12]


def test_an_installed_package_says_what_it_was_built_from(tmp_path, monkeypatch):
    """Also where it lies in a checkout of the same name; and never asks git."""
    package = tmp_path / "tfadvseg"
    package.mkdir()
    monkeypatch.setattr(provenance, "PACKAGE", package)
    monkeypatch.setattr(provenance.subprocess, "run", None)
    (package / provenance.REVISION).write_text("0123456789ab\n")
    assert provenance.git_revision() == "0123456789ab"
    (package / provenance.REVISION).write_text("unknown\n")
    assert provenance.git_revision() == "unknown"


def test_a_build_writes_the_commit_into_the_package(tmp_path, monkeypatch):
    """setup.py does, when a wheel or a source archive is built; what lies there from an earlier build is no matter."""
    setup = pytest.importorskip("setuptools")
    given = {}
    monkeypatch.setattr(setup, "setup", given.update)
    names = runpy.run_path(str(provenance.PACKAGE.parent / "setup.py"))
    assert given["cmdclass"] == {"build_py": names["BuildWithRevision"], "sdist": names["SourceWithRevision"]}
    (tmp_path / provenance.REVISION).write_text("old")
    names["write_revision"](tmp_path)
    assert (tmp_path / provenance.REVISION).read_text() == provenance.git_revision() + "\n"
