"""Running a pipeline as a user does."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def run():
    """(pipeline, *arguments, **environment) -> the ended process."""

    def run(pipeline, *arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", f"pipelines.{pipeline}", *arguments],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    return run
