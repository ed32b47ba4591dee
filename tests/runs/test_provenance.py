"""What a run was made with."""

import platform

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
