"""Runs in an object store make the bytes that they make on a disk, whatever goes wrong on the way."""

import json
import threading

import fake_store
import pytest
from six_images import grid, split

from tfadvseg.engine.arithmetic import THREADS
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.kept import Findings, kept_sources, save_findings
from tfadvseg.engine.posted import posted
from tfadvseg.engine.processes import processes
from tfadvseg.engine.run import begun_anywhere, carry_out
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.team import Team, alone
from tfadvseg.engine.worker import Worker
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.object_store import Unreachable

PROTOCOL = Protocol(grid(("fgsm", "ifgsm_ll"), (1.0, 4.0)))


@pytest.fixture(scope="module")
def experiment(spec):
    """Six images, a unit an image, and their perturbations."""
    return Experiment((white_box(spec, PROTOCOL),), Shards(split(), 1), "off", keep_perturbations=True)


@pytest.fixture(scope="module")
def on_disk(experiment, tmp_path_factory):
    """What it leaves on a disk."""
    folder = RunFolder(tmp_path_factory.mktemp("disk"), {}, {})
    go(experiment, folder)
    return kept(folder)


def go(experiment, folder):
    carry_out(experiment, folder, alone(Worker(experiment, folder)))


def kept(folder):
    """{name: bytes} of the units' arrays but the seconds, of what was decided, and of the perturbations."""
    found = {name: folder.store.read(name) for name in folder.store.names(deep=True) if "units/" not in name}
    for name in folder.finished():
        found |= {(name, key): value.tobytes() for key, value in folder.load(name).items() if key != "seconds"}
    return found | {name: folder.units.read(name) for name in folder.units.names() if name.endswith(".json")}


def test_a_store_in_memory_has_the_bytes_of_a_disk(experiment, on_disk, tmp_path):
    folder = RunFolder(f"memory://{tmp_path.name}/run", {}, {})
    go(experiment, folder)
    assert kept(folder) == on_disk and sum(isinstance(name, tuple) for name in on_disk) > 6
    save_findings(folder.store, "conv", Findings())
    (source,) = kept_sources(f"memory://{tmp_path.name}/run")
    assert len(source.read(split(), [0, 5])) == 4 and source.contents(split().ids)


def test_a_run_goes_on_after_every_put_that_breaks_off(experiment, on_disk, bucket, monkeypatch):
    """Of a perturbation or of a unit: the run ends, and the next start does what is missing."""
    folder, starts = RunFolder(f"{bucket}/run", {}, {}), 0
    monkeypatch.setenv(fake_store.FAULTS, json.dumps({"fails": 4, "lag": 0.2}))
    while len(folder.finished()) < 6:
        fake_store.FakeStore.puts, starts = 0, starts + 1
        before = folder.finished()
        try:
            go(experiment, folder)
        except Unreachable as error:
            assert "Connection reset by peer); start the same command again" in str(error)
        monkeypatch.setenv(fake_store.FAULTS, json.dumps({"fails": 4}))
        assert before <= folder.finished()
        assert starts < 9
    assert starts > 3 and kept(folder) == on_disk


def test_two_runs_that_meet_share_the_units(experiment, on_disk, bucket, monkeypatch):
    """Each begins somewhere else and passes over what is there."""
    first, second = (RunFolder(f"{bucket}/run", {}, {}) for _ in range(2))
    monkeypatch.setattr("tfadvseg.engine.run.begun_anywhere", lambda names: names[::-1])
    made = Worker(experiment, first)
    names = list(experiment.jobs)

    def others():
        for name in names[:3]:
            made.work(name)

    def after_the_first(event):
        if not met.is_alive() and not met.ident:
            met.start()
            met.join()

    met, worker = threading.Thread(target=others), Worker(experiment, second)
    done = []
    save = RunFolder.save
    monkeypatch.setattr(RunFolder, "save", lambda self, unit, arrays: (done.append(unit), save(self, unit, arrays)))
    crew = alone(worker)
    carry_out(experiment, second, lambda asked, hear: crew(asked, lambda event: (after_the_first(event), hear(event))))
    assert sorted(done) == sorted(names) and kept(first) == on_disk == kept(second)


def test_a_circle_of_names_begins_anywhere():
    names = ["a", "b", "c"]
    assert {tuple(begun_anywhere(names)) for _ in range(200)} == {("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")}


def test_workers_open_the_store_by_its_url(experiment, on_disk, bucket):
    folder = RunFolder(f"{bucket}/run", {}, {})
    with posted(experiment, folder, THREADS) as orders, Team(processes(orders, folder, 2)) as team:
        carry_out(experiment, folder, team)
    assert kept(folder) == on_disk


def test_a_store_that_lives_in_one_process_is_refused_for_workers(experiment, tmp_path, monkeypatch):
    folder = RunFolder(f"memory://{tmp_path.name}/run", {}, {})
    with posted(experiment, folder, THREADS) as orders, Team(processes(orders, folder, 1)) as team:
        with pytest.raises(ValueError, match="does not see the run folder memory://.* as the run does; choose"):
            carry_out(experiment, folder, team)
