"""Whoever makes the units, their bytes are the same: one process, two, workers that are killed, actors of Ray."""

import dataclasses
import errno
import os
import pathlib
import pickle
import re
import subprocess
import sys

import pytest
from faults import MOMENTS, Failing, Faulty
from six_images import example, grid, split

from pipelines.common.sentences import sentence
from tfadvseg.engine.actors import room_for
from tfadvseg.engine.arithmetic import THREADS
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.posted import Orders, begin, posted, terms
from tfadvseg.engine.processes import gpu_environments, processes
from tfadvseg.engine.run import carry_out
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.engine.team import Team, alone
from tfadvseg.engine.worker import Worker
from tfadvseg.runs.folder import RunFolder

PROTOCOL = Protocol(grid(("fgsm", "ifgsm_ll"), (1.0, 4.0)))


@pytest.fixture(scope="module")
def experiment(spec):
    """Two scenarios on six images, a unit an image."""
    behind = Scenario(spec, PROTOCOL, (Target(spec, "grayscale", 2, clean=False),), transform="grayscale")
    return Experiment((white_box(spec, PROTOCOL), behind), Shards(split(), 1), "off")


@pytest.fixture(scope="module")
def by_one(experiment, tmp_path_factory):
    """The units of one process."""
    folder = RunFolder(tmp_path_factory.mktemp("one"), {}, {})
    carry_out(experiment, folder, alone(Worker(experiment, folder)))
    return units(folder)


def units(folder):
    """{(unit, array): its type and bytes} of all but the seconds, which are never the same."""
    found = {}
    for name in folder.finished():
        for key, value in folder.load(name).items():
            if key != "seconds":
                found[name, key] = value.dtype.str, value.shape, value.tobytes()
    return found


def by_processes(experiment, folder, count=2):
    with posted(experiment, folder, THREADS) as orders, Team(processes(orders, folder, count)) as team:
        carry_out(experiment, folder, team)
    return units(folder)


def test_two_workers_that_are_killed_at_every_moment_make_the_same_bytes(experiment, by_one, tmp_path, capsys):
    folder = Faulty(tmp_path / "run", {}, {})
    assert by_processes(experiment, folder) == by_one
    assert {path.name for path in tmp_path.iterdir()} == {"run", *MOMENTS}  # each has killed one
    said = capsys.readouterr().err
    ended = re.findall(r"has ended \(killed by signal 9, see .*worker-[01]\.log\); conv\S* is handed out", said)
    assert len(ended) == 4
    (line,) = re.findall(r"Units made: worker-0 (\d+), worker-1 (\d+); handed out again: (.*)\.", said)
    assert int(line[0]) + int(line[1]) == 12 and line[2].count("conv") >= 1
    assert sorted(os.listdir(folder.path / "logs")) == ["worker-0.log", "worker-1.log"]
    left = [name for name in os.listdir(folder.units.path) if name.startswith(".")]
    assert len(left) == 1 and re.fullmatch(r"\.conv\S*\.npz\.[0-9a-f]{32}", left[0])  # of before the rename


def test_units_in_any_order_carry_the_pictures_of_the_first_image(experiment, by_one, tmp_path):
    folder = RunFolder(tmp_path, {}, {})
    worker = Worker(experiment, folder)
    for name in reversed(experiment.jobs):
        worker.work(name)
    assert units(folder) == by_one


@pytest.mark.parametrize(("damaged", "shown"), [({2}, 0), ({0, 1}, 2), ({0, 1, 2, 3, 4}, 5)])
def test_pictures_are_of_the_first_photograph_that_can_be_read_in_any_order(spec, tmp_path, damaged, shown):
    def read(number):
        if number in damaged:
            raise ValueError(f"{number}.png may be truncated.")
        return example(number)

    shards = Shards(dataclasses.replace(split(), read=read), 1)
    experiment = Experiment((white_box(spec, Protocol(grid(("fgsm",), (4.0,)))),), shards, "off")
    found = []
    for order in (list(experiment.jobs), [*reversed(experiment.jobs)]):
        folder = RunFolder(tmp_path / order[0], {}, {})
        alone(Worker(experiment, folder))(order, lambda event: None)
        found.append(units(folder))
    assert found[0] == found[1]
    assert {name for name, key in found[0] if key == "example_id"} == {f"conv-{shown:05d}"}
    assert {name for name, key in found[0] if key == "left_out"} == {f"conv-{number:05d}" for number in damaged}


def test_a_worker_whose_machine_differs_is_refused(experiment, tmp_path):
    folder, own = RunFolder(tmp_path, {}, {}), terms()
    other = own | {"arithmetic": own["arithmetic"] | {"instructions": "sse"}}
    with folder.probe() as probe, pytest.raises(ValueError) as refused:
        begin(Orders(experiment, folder, os.getcwd(), probe, THREADS, other))
    instructions = own["arithmetic"]["instructions"]
    assert (
        f"has other arithmetic than the run was begun with (instructions: {instructions!r} in place of 'sse')"
        in str(refused.value)
    )


def test_a_worker_that_sees_another_folder_is_refused(experiment, tmp_path, monkeypatch):
    monkeypatch.setattr("tfadvseg.engine.posted.PATIENCE", 0.0)
    folder, elsewhere = (RunFolder(tmp_path / name, {}, {}) for name in ("here", "there"))
    with folder.probe() as probe:
        with pytest.raises(ValueError, match="does not see the run folder .*there as the run does; choose a `folder`"):
            begin(Orders(experiment, elsewhere, os.getcwd(), probe, THREADS, terms()))
        assert isinstance(begin(Orders(experiment, folder, os.getcwd(), probe, THREADS, terms())), Worker)
    assert os.listdir(folder.units.path) == []


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "; make room there and start the same command again, nothing finished is lost."),
        (errno.EROFS, "; choose a folder that can be written."),
        (errno.ENOENT, "."),
    ],
)
def test_a_disk_that_fails_a_worker_ends_in_a_sentence_and_keeps_what_is_finished(
    experiment, by_one, tmp_path, number, advice
):
    """A full one, one that can only be read, a folder that is gone."""
    made = RunFolder(tmp_path, {}, {})
    folder = Failing(made.store, made.units, number)
    with pytest.raises(OSError) as failed:
        by_processes(experiment, folder, 1)
    assert sentence(failed.value) == (
        f"{folder.units}/conv-00001 cannot be read or written ({os.strerror(number)}){advice}"
    )
    assert units(made) == {key: value for key, value in by_one.items() if key[0] == "conv-00000"}
    assert "Traceback" in (tmp_path / "logs/worker-0.log").read_text()


def test_what_a_worker_says_at_its_end_is_heard_though_its_log_is_full(experiment, tmp_path):
    made = RunFolder(tmp_path, {}, {})
    folder = Failing(made.store, made.units, errno.ENOSPC)
    with posted(experiment, folder, THREADS) as orders:
        (one,) = processes(orders, folder, 1)
        one._log = pathlib.Path("/dev/full")
        with Team([one]) as team, pytest.raises(OSError, match="No space left"):
            carry_out(experiment, folder, team)


def test_a_worker_ends_where_its_orders_break_off():
    """Whoever began it was killed while it was still being told."""
    worker = subprocess.Popen([sys.executable, "-m", "tfadvseg.engine.processes"], stdin=subprocess.PIPE)
    worker.stdin.write(pickle.dumps(b"orders" * 1000)[:-100])
    worker.stdin.close()
    assert worker.wait(60) == 0


def test_no_worker_of_a_cluster_lies_on_two_machines():
    nodes = [{"Alive": alive, "Resources": {"CPU": cpus}} for alive, cpus in ((1, 2.0), (1, 5.0), (0, 64.0))]
    nodes.append({"Alive": True, "Resources": {"memory": 1e9}})
    assert [room_for(threads, nodes) for threads in (1, 2, 3, 5, 6)] == [7, 3, 1, 1, 0]


def test_each_process_has_a_gpu_of_its_own():
    assert gpu_environments(2, 0, {}) == [{}, {}]
    assert gpu_environments(2, 3, {}) == [{"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "1"}]
    given = {"CUDA_VISIBLE_DEVICES": "5, GPU-1a"}
    assert [one["CUDA_VISIBLE_DEVICES"] for one in gpu_environments(2, 2, given)] == ["5", "GPU-1a"]
    with pytest.raises(ValueError, match="a GPU of its own and there are 2; set `workers`=2"):
        gpu_environments(3, 2, {})


@pytest.mark.slow
def test_two_actors_of_ray_make_the_same_bytes(experiment, by_one, tmp_path):
    """One of them is killed in the middle of a unit."""
    pytest.importorskip("ray", reason="needs Ray: pip install 'tfadvseg[ray]'")
    from tfadvseg.engine.actors import AUTO, actors

    folder = Faulty(tmp_path / "run", {}, {})
    with posted(experiment, folder, THREADS) as orders:
        with actors(AUTO, orders, folder, 2, 12, 1) as hands, Team(hands) as team:
            carry_out(experiment, folder, team)
    assert units(folder) == by_one and MOMENTS[0] in os.listdir(tmp_path)
    assert sorted(os.listdir(folder.path / "logs")) == ["worker-0.log", "worker-1.log"]
