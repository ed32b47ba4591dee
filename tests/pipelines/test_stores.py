"""--output=<URL> as a user meets it: the same numbers, a report from the store alone, and sentences."""

import os
import pathlib
import subprocess
import sys

import fake_store
import numpy as np
import pandas as pd
import pytest

from tfadvseg.runs.store import store_of

ROOT = pathlib.Path(__file__).parents[2]
FLAGS = ("--batch_size=1", "--attacks=fgsm,ifgsm", "--epsilons=2,8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("made") / "run"


@pytest.fixture
def on_disk(call, small, made):
    """The store of a run on a disk."""
    if not made.exists():
        ended = call("robustness", *small, *FLAGS, f"--output={made}")
        assert ended.returncode == 0, ended.stderr
    return store_of(made)


def units(store):
    """{(unit, array): bytes} of all but the seconds."""
    found = {}
    for name in store.below("units").names():
        if name.endswith(".npz"):
            with np.load(pathlib.Path(str(store).removeprefix("fake://")) / "units" / name) as unit:
                found |= {(name, key): unit[key].tobytes() for key in unit.files if key != "seconds"}
    return found


def assert_same_results(store, other):
    first, second = (
        pd.read_csv(pathlib.Path(str(one).removeprefix("fake://")) / "results.csv").drop(columns="seconds")
        for one in (store, other)
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert units(store) == units(other)
    for name in ("claims.json", "per_class.csv", "design.json", "findings.json"):
        assert store.read(name) == other.read(name), name


def test_a_run_and_its_report_in_a_store_are_those_of_a_disk(call, small, bucket, on_disk, monkeypatch):
    url = f"{bucket}/run"
    ended = call("robustness", *small, *FLAGS, f"--output={url}")
    assert ended.returncode == 0, ended.stderr
    drawn = f"Results: {url}/report.html, results.md, results.csv, figures/; tensorboard --logdir {url}/tensorboard"
    assert drawn in ended.stdout and store_of(url).exists("report.html")
    store = store_of(url)
    assert_same_results(store, on_disk)
    pictures = [name for name in on_disk.names(deep=True) if name.startswith("figures/")]
    assert pictures and [name for name in store.names(deep=True) if name.startswith("figures/")] == pictures
    events = store.below("tensorboard").names(deep=True)
    assert events and not (ROOT / "fake:").exists()

    monkeypatch.setattr("tfadvseg.models.spec.ModelSpec.open", lambda spec: 1 / 0)
    for name in ("cells.npz", "design.json", "findings.json", "results.csv", "claims.json"):
        store.remove(name)
    ended = call("report", url)
    assert ended.returncode == 0, ended.stderr
    assert f"{url}/results.md\n" in ended.stdout and "/tmp/tfadvseg-" not in ended.stdout
    assert_same_results(store, on_disk)
    again = store.below("tensorboard").names(deep=True)
    assert len(again) == len(events) and not set(again) & set(events)  # they are drawn anew, and the old ones gone


def test_two_runs_at_once_share_the_work(small, bucket, on_disk, tmp_path):
    """Neither knows of the other, and both end with the whole run."""
    url = f"{bucket}/run"
    search = os.pathsep.join(map(str, (ROOT, ROOT / "tests", tmp_path / "site")))
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "pipelines.robustness", *small, *FLAGS, f"--output={url}"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": search},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [(*one.communicate(timeout=900), one.returncode) for one in both]
    assert [code for *_, code in said] == [0, 0], said
    assert all("Results: " in out for out, *_ in said)
    assert_same_results(store_of(url), on_disk)


@pytest.mark.parametrize(
    ("pipeline", "flags"),
    [
        ("attack", ("--images=*.jpg", "--epsilon=8", "--attack=fgsm")),
        ("universal", ()),
        ("train", ("--model=enet", "--dataset=camvid", "--data_dir=/data/camvid")),
    ],
)
def test_loops_of_their_own_stay_on_a_disk(call, pipeline, flags, monkeypatch, tmp_path):
    ended = call(pipeline, *flags, "--output=gs://bucket/run")
    assert ended.returncode == 1 and len(ended.stderr.splitlines()) == 1, ended.stderr
    assert ended.stderr == "Error: --output is on a disk, and in no object store; got gs://bucket/run.\n"


def test_what_is_read_lies_on_a_disk(call, small):
    ended = call("robustness", *small, "--data_dir=s3://bucket/camvid")
    assert ended.stderr == "Error: --data_dir is on a disk, and in no object store; got s3://bucket/camvid.\n"


def test_a_report_of_a_store_without_a_run_says_so(call, bucket):
    ended = call("report", f"{bucket}/nothing")
    assert ended.stderr == f"Error: {bucket}/nothing is no run folder: it holds no recipe.json.\n"
    (pathlib.Path(bucket.removeprefix("fake://")) / fake_store.BUCKET).unlink()
    assert call("report", f"{bucket}/nothing").returncode == 1


def test_errors_of_a_store_are_a_sentence(call, small, monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)  # as if it were not installed
    ended = call("robustness", *small, *FLAGS, "--output=gs://bucket/run")
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == (
        "Error: gs://bucket/run/units needs a package that is not there; install gcsfs by: pip install gcsfs."
    )
