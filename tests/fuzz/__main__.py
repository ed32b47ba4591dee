"""Tries hostile files on whatever reads those of strangers: python -m tests.fuzz --seconds=300 --target=images.

Each target in turn is tried in a process of its own, with little memory, by a hook that sees which files are opened and
what is run. Every input has a number, and --input=0:1234 tries that one again and shows where it fails.
"""

import argparse
import json
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, NamedTuple

from tests.fuzz.targets import NAMES, load

SILENT = 300.0
"""Seconds after which an input that nothing was heard of hangs where Python cannot interrupt it."""
STARTING = 300.0


class Found(NamedTuple):
    """tried: inputs. faults: {key: (number of the first input, what happened, how often)}."""

    tried: int
    seconds: float
    faults: dict[str, tuple[str, str, int]]


def fuzz(name: str, seconds: float, seed: int = 0, count: int = 10**9, tell: bool = False) -> Found:
    """Tries inputs of a target until so many seconds or inputs are over; one that ends the process costs itself."""
    faults: dict[str, tuple[str, str, int]] = {}
    first, begun = 0, 0.0
    end = time.time() + STARTING
    with tempfile.TemporaryDirectory(prefix="tfadvseg-fuzz-") as work:
        while first < count and time.time() < end:
            left = begun + seconds - time.time() if begun else seconds
            words = [name, str(seed), str(first), str(count - first), str(left), work]
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.process", *words],
                stdout=subprocess.PIPE,
                text=True,
                cwd=pathlib.Path(__file__).parents[2],
            )
            ended, begun = _heard(process, pathlib.Path(work, "at"), seconds, begun, faults, tell)
            if ended is None:
                at = _at(pathlib.Path(work, "at"))
                kind = f"the process ended by {process.returncode}"
                _note(faults, f"{kind} at {at}" if at < 0 else kind, kind, f"{seed}:{at}", tell)
                if at < first:
                    break
            first = _at(pathlib.Path(work, "at")) + 1 if ended is None else ended
            end = begun + seconds
            if ended is not None:
                break
    return Found(first, time.time() - begun, faults)


def _heard(
    process: subprocess.Popen, place: pathlib.Path, seconds: float, begun: float, faults: dict, tell: bool
) -> tuple[int | None, float]:
    """(the input behind the last, None where it ended before; when it began), of what a process says."""
    lines: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    ended, at, moved, told = None, -2, time.time() + STARTING, time.time()
    while True:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            line = ""
        if line is None:
            process.wait()
            return ended, begun or time.time()
        what: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        if "fault" in what:
            _note(faults, what["fault"], what["text"], what["number"], tell)
        begun = begun or what.get("ready", 0.0)
        ended = what.get("ended", ended)
        if "ready" in what or (_at(place) != at and begun):
            at, moved = _at(place), time.time()
        if time.time() > moved + SILENT or (begun and time.time() > begun + seconds + SILENT):
            process.kill()
        if tell and time.time() > told + 30:
            told = time.time()
            left = max(0.0, begun + seconds - told) if begun else seconds
            print(f"  {_at(place):,} inputs, {len(faults)} faults, {left:,.0f} s left", file=sys.stderr, flush=True)


def _at(place: pathlib.Path) -> int:
    text = place.read_text().strip() if place.exists() else ""
    return int(text) if text else -1


def _note(faults: dict, key: str, text: str, number: str, tell: bool) -> None:
    if tell and key not in faults:
        print(f"  FAULT {number}: {text}", flush=True)
    before = faults.get(key, (number, text, 0))
    faults[key] = (*before[:2], before[2] + 1)


def again(name: str, number: str) -> None:
    """Tries one input, whose own error ends the program."""
    from tests.fuzz.guard import Guard
    from tests.fuzz.inputs import faults, numbered, write

    target = load(name)
    seeds = target.seeds()
    files = numbered(target, name, seeds, number)
    work = pathlib.Path(tempfile.mkdtemp(prefix="tfadvseg-fuzz-"))
    folder = write(files, work)
    print(f"{name} {number} lies in {folder}: {', '.join(map(repr, sorted(files)))}")
    guard = Guard()
    for fault in faults(target, folder, guard):
        print(fault.text)
    for reader in target.readers:
        reader(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--target", action="append", choices=NAMES, help="one of them, or several; all by default")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="another one makes other inputs")
    parser.add_argument("--inputs", type=int, default=10**9, help="at most so many of each target")
    parser.add_argument("--input", help="try this one alone, such as 0:1234")
    parser.add_argument("--json", action="store_true", help="end with what was found as JSON")
    told = parser.parse_args()
    names = told.target or list(NAMES)
    if told.input:
        for name in names:
            again(name, told.input)
        return 0
    found = {}
    for name in names:
        if not told.json:
            print(f"{name}:", flush=True)
        found[name] = fuzz(name, told.seconds, told.seed, told.inputs, not told.json)
        if not told.json:
            tried, seconds, faults = found[name]
            print(f"  {tried:,} inputs in {seconds:,.0f} s, {len(faults)} faults", flush=True)
            for number, text, times in faults.values():
                print(f"  {times} times: {text}\n    python -m tests.fuzz --target={name} --input={number}", flush=True)
    if told.json:
        print(json.dumps({name: one._asdict() for name, one in found.items()}))
    return int(any(one.faults for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
