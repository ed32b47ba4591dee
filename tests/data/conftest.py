"""Digests of files are kept in a folder of each test's own."""

import pytest


@pytest.fixture(autouse=True)
def digests(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("TFADVSEG_CACHE", str(folder))
    return folder / "digests"
