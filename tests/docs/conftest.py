"""The pipelines' flags, without running anything."""

import runpy
import sys

import pytest
from documentation import ROOT


@pytest.fixture
def with_flags_of(monkeypatch):
    """(pipeline) -> absl's flags, with those of this pipeline and of no other. It stops where it would begin."""
    from absl import flags

    from pipelines.common import main
    from pipelines.common.rehearsal import forget_flags

    def start(run, takes_arguments=False, failing=1):
        flags.FLAGS.set_gnu_getopt(takes_arguments)

    def define(pipeline):
        path = ROOT / "pipelines" / f"{pipeline}.py"
        forget_flags(sys.argv[0])
        monkeypatch.setattr(sys, "argv", [str(path)])
        sys.modules.pop(f"pipelines.{pipeline}", None)  # another pipeline may have imported it
        runpy.run_module(f"pipelines.{pipeline}", run_name="__main__", alter_sys=True)
        return flags.FLAGS

    monkeypatch.setattr(main, "start", start)
    monkeypatch.chdir(ROOT)
    yield define
    forget_flags(sys.argv[0])
