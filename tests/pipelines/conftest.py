"""Running a pipeline as a user does: as a program of its own, or, for the many, within the tests' process."""

import dataclasses
import os
import pathlib
import runpy
import signal
import subprocess
import sys

import pytest
from absl import flags

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def run():
    """(pipeline, *arguments, **environment) -> the ended process."""

    def run(pipeline, *arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", f"pipelines.{pipeline}", *arguments],
            cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=900,
        )  # fmt: skip

    return run


@dataclasses.dataclass(frozen=True)
class Ended:
    """What is known of a program that ended, as subprocess has it."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def call(capsys, monkeypatch):
    """(pipeline, *arguments) -> how it ended; like `run`, without the seconds that TensorFlow takes to start."""

    def call(pipeline, *arguments):
        path = ROOT / "pipelines" / f"{pipeline}.py"
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        capsys.readouterr()
        _forget_flags(str(path))
        before = signal.getsignal(signal.SIGTERM)
        try:
            runpy.run_path(str(path), run_name="__main__")
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            signal.signal(signal.SIGTERM, before)
            _forget_flags(str(path))
        return Ended(code, *capsys.readouterr())

    return call


def _forget_flags(program):
    """Takes back the flags that a pipeline has defined, so that the next may define its own."""
    for module, own in list(flags.FLAGS.flags_by_module_dict().items()):
        if module.startswith("pipelines.") or module in ("__main__", program):
            for flag in list(own):
                if flag.name in flags.FLAGS:
                    delattr(flags.FLAGS, flag.name)
    flags.FLAGS.unparse_flags()
