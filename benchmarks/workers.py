"""What it costs to hand out units, what two workers of one thread save, and a played run of 64 workers.

    python -m benchmarks.workers cost [--units 200] [--ray]
    python -m benchmarks.workers pair -- --models=enet_scenes --limit=8
    python -m benchmarks.workers pair -- --models=enet_camvid --dataset=camvid --data_dir=/data/camvid --limit=6
    python -m benchmarks.workers play [RUN] [--workers 64] [--images 20000]

cost: milliseconds a unit of an engine whose units do nothing, in this process, through a pipe and through Ray. pair:
seconds of pipelines.robustness with these flags, as one worker of two threads and as two workers of one, side by side.
play: the share of its workers' time that a run of that many units spends on units, played from the seconds of a
finished run's units (or of made-up ones), with stragglers and workers that are killed; and what the rest was lost to.
"""

import argparse
import collections
import dataclasses
import heapq
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_cost = commands.add_parser("cost")
    of_cost.add_argument("--units", type=int, default=200)
    of_cost.add_argument("--ray", action="store_true")
    of_pair = commands.add_parser("pair")
    of_pair.add_argument("flags", nargs="+")
    of_play = commands.add_parser("play")
    of_play.add_argument("run", nargs="?")
    of_play.add_argument("--workers", type=int, default=64)
    of_play.add_argument("--images", type=int, default=20_000)
    of_play.add_argument("--start", type=float, default=60.0, help="Seconds until a worker makes its first unit.")
    given = parser.parse_args()
    if given.command == "cost":
        cost(given.units, given.ray)
    elif given.command == "pair":
        pair(given.flags)
    else:
        told(given)


def cost(units: int, with_ray: bool) -> None:
    """The way of a name there and back: units that hold one number, so nothing of it is attack or photograph."""
    from tfadvseg.engine.arithmetic import THREADS, set_threads
    from tfadvseg.engine.posted import posted
    from tfadvseg.engine.processes import processes
    from tfadvseg.engine.team import Team, alone
    from tfadvseg.engine.worker import Worker
    from tfadvseg.runs.folder import RunFolder

    set_threads(THREADS)
    experiment = nothing(units)
    print(f"{units} units that do nothing: milliseconds each, the first one apart")

    def timed(name, crew):
        names, seconds = list(experiment.jobs), []
        crew(names[:1], lambda event: None)
        started = time.perf_counter()
        crew(names[1:], lambda event: seconds.append(time.perf_counter()))
        print(f"{name:16} {1000 * (time.perf_counter() - started) / (units - 1):8.1f}", flush=True)

    with tempfile.TemporaryDirectory() as place:
        root = pathlib.Path(place)
        timed("in process", alone(Worker(experiment, RunFolder(root / "alone", {}, {}))))
        folder = RunFolder(root / "pipe", {}, {})
        with posted(experiment, folder, THREADS) as orders, Team(processes(orders, folder, 1)) as team:
            timed("through a pipe", team)
        if with_ray:
            from tfadvseg.engine.actors import AUTO, actors

            folder = RunFolder(root / "ray", {}, {})
            with (
                posted(experiment, folder, THREADS) as orders,
                actors(AUTO, orders, folder, 1, units, THREADS) as hands,
                Team(hands) as team,
            ):
                timed("through Ray", team)


@dataclasses.dataclass(frozen=True)
class Nothing:
    """A part whose units hold one number. source: in whose frame its photographs are."""

    source: object
    name: str = "nothing"
    models: tuple = ()
    work: float = 1.0
    one_by_one: bool = True
    photographs: int = 0
    per_image: tuple = ()
    pictures: bool = False

    def maker(self, setting, batch):
        return lambda batch, tick, with_example: {"nothing": np.zeros(1)}


@dataclasses.dataclass(frozen=True)
class Only:
    """Beside no scenario."""

    parts: tuple

    def write(self, shards, folder) -> None:
        pass


def nothing(units: int):
    """An experiment of so many units on photographs of 8x8 pixels."""
    from benchmarks.workers import Nothing, Only, grey  # by the name that other processes find them under
    from tfadvseg.data.framing import Frame
    from tfadvseg.data.split import Split
    from tfadvseg.engine.experiment import Experiment
    from tfadvseg.engine.jobs import Shards
    from tfadvseg.engine.kept import KeptSource
    from tfadvseg.runs.store import store_of

    ids = tuple(f"image_{number}" for number in range(units))
    split = Split("nothing", "validation", ids, ids, tuple((number,) for number in range(units)), grey)
    source = KeptSource("nothing", "0" * 16, Frame((8, 8)), (), store_of("nowhere"))
    return Experiment((), Shards(split, 1), "off", extras=(Only((Nothing(source),)),))


def grey(number: int) -> tuple[np.ndarray, np.ndarray]:
    return np.full((8, 8, 3), number % 256, np.uint8), np.zeros((8, 8), np.uint8)


def pair(flags: list[str]) -> None:
    """Whole commands, each with its start, and what they say of their own time."""
    ways = {"1 worker, 2 threads": ("--threads=2",), "2 workers, 1 thread": ("--threads=1", "--workers=2")}
    for name, own in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            call = [sys.executable, "-m", "pipelines.robustness", *flags, *own, f"--output={folder}/run"]
            started = time.perf_counter()
            ended = subprocess.run(call, capture_output=True, text=True)
            if ended.returncode:
                sys.exit(ended.stderr)
            seconds, units = time.perf_counter() - started, unit_seconds(pathlib.Path(folder) / "run")
        waiting = next(line for line in ended.stderr.splitlines() if "waiting for data" in line)
        print(
            f"{name}: {seconds:.0f} s in all, {len(units)} units of {statistics.median(units):.2f} s (median), "
            f"their workers {waiting}",
            flush=True,
        )


def unit_seconds(run: pathlib.Path) -> list[float]:
    """Of the attacks and passes in each unit of a run."""
    found = []
    for path in sorted((run / "units").glob("[!.]*.npz")):
        with np.load(path) as unit:
            found += [float(unit["seconds"].sum())] if "seconds" in unit else []
    return found


def told(given: argparse.Namespace) -> None:
    """With and without what goes wrong."""
    rng = np.random.default_rng(0)
    measured = np.array(unit_seconds(pathlib.Path(given.run)) if given.run else rng.lognormal(np.log(5), 0.1, 100))
    seconds = rng.choice(measured, given.images)
    print(
        f"{given.images} units of {measured.mean():.1f} s (mean), {given.workers} workers, {given.start:g} s to begin"
    )
    for name, stragglers, failures in (
        ("undisturbed", 0.0, 0.0),
        ("1 unit in 100 takes 5 times as long", 0.01, 0.0),
        ("and a worker in 20 is killed each hour", 0.01, 0.05),
        ("and each worker every hour", 0.01, 1.0),
    ):
        slow = seconds * np.where(rng.random(given.images) < stragglers, 5.0, 1.0)
        found = play(slow, given.workers, given.start, failures / 3600, rng)
        lost = ", ".join(f"{what} {100 * share:.1f} %" for what, share in found.items() if what != "units")
        print(f"{name}: efficiency {found['units']:.3f}; lost to {lost}", flush=True)


def play(
    seconds: np.ndarray, workers: int, start: float, failures: float, rng: np.random.Generator
) -> dict[str, float]:
    """Shares of all workers' time until the last unit is done, where names are handed out in order to whoever is idle,
    and first those again whose worker was killed. failures: a second and worker."""
    waiting = collections.deque(seconds)
    spent: collections.Counter[str] = collections.Counter()
    idle = [(start, number) for number in range(workers)]
    spent["starts"] = workers * start
    end, busy = start, 0.0
    while waiting:
        now, number = heapq.heappop(idle)
        own = waiting.popleft()
        killed = rng.exponential(1 / failures) if failures else np.inf
        if killed < own:
            spent["killed units"] += killed
            spent["starts"] += start
            waiting.appendleft(own)
            heapq.heappush(idle, (now + killed + start, number))
            continue
        busy += own
        end = max(end, now + own)
        heapq.heappush(idle, (now + own, number))
    total = workers * end
    spent["the end"] = total - busy - spent["starts"] - spent["killed units"]
    return {"units": busy / total} | {what: lost / total for what, lost in spent.items()}


if __name__ == "__main__":
    main()
