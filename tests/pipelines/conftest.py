"""Running a pipeline as a user does: as a program of its own, or, for the many, within the tests' process."""

import dataclasses
import json
import os
import pathlib
import runpy
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def run():
    """(pipeline, *arguments, **environment) -> the ended process."""

    def run(pipeline, *arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", f"pipelines.{pipeline}", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=900,
        )

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

    from pipelines.common.rehearsal import forget_flags

    def call(pipeline, *arguments):
        path = ROOT / "pipelines" / f"{pipeline}.py"
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
        capsys.readouterr()
        forget_flags(str(path))
        before = signal.getsignal(signal.SIGTERM)
        try:
            sys.modules.pop(f"pipelines.{pipeline}", None)  # another pipeline may have imported it
            runpy.run_module(f"pipelines.{pipeline}", run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            signal.signal(signal.SIGTERM, before)
            forget_flags(str(path))
        return Ended(code, *capsys.readouterr())

    return call


@pytest.fixture
def undrawn(monkeypatch):
    """Within this process results.csv is all that is made of a finished run; drawing takes seconds."""
    from pipelines.common import experiment
    from tfadvseg.studies import STUDIES
    from tfadvseg.studies.run import FinishedRun

    def write(folder):
        finished = FinishedRun.read(folder)
        finished.table.to_csv(folder / "results.csv", index=False)
        judged = [dataclasses.asdict(one) for one in STUDIES[finished.study].judged(finished)]
        (folder / "claims.json").write_text(json.dumps(judged))

    monkeypatch.setattr(experiment, "write_report", write)


@pytest.fixture(scope="session")
def camvid(tmp_path_factory):
    """A data folder like CamVid's with three 480x360 validation images, each of another drive."""
    root = tmp_path_factory.mktemp("camvid")
    (root / "val").mkdir()
    rng = np.random.default_rng(0)
    lines = []
    for i in range(3):
        image = rng.integers(0, 256, (360, 480, 3), np.uint8)
        image[:, :120], image[:, -120:] = 0, 255  # both ends of the range
        Image.fromarray(image).save(root / "val" / f"{i}.png")
        Image.fromarray(rng.integers(0, 12, (360, 480), np.uint8)).save(root / "val" / f"{i}_labels.png")
        lines.append(f"val/{i}.png val/{i}_labels.png\n")
    (root / "val.txt").write_text("".join(lines))
    return root


@pytest.fixture(scope="session")
def small(conv_folder, camvid):
    """Flags of a network that is quick to trace, on these photographs."""
    return (f"--models={conv_folder}", "--dataset=camvid", f"--data_dir={camvid}")
