"""Tries inputs of one target after the other, and says on stdout what it finds: a line of JSON each.

The number of the input that it is at stands in a file, so that whoever waits knows it where this process ends.
"""

import contextlib
import json
import os
import pathlib
import sys
import time
import warnings

from tests.fuzz.guard import Guard, limit_memory
from tests.fuzz.inputs import faults, numbered, write
from tests.fuzz.targets import load


def main(names: str, seed: str, first: str, count: str, seconds: str, work: str) -> None:
    """names: of targets, with commas between them. count: how many inputs of each at most; seconds: for how long from
    the first one of each; work: a folder."""
    folder, at = pathlib.Path(work), os.open(pathlib.Path(work, "at"), os.O_RDWR | os.O_CREAT)
    targets = {name: load(name) for name in names.split(",")}
    seeds = {name: target.seeds() for name, target in targets.items()}
    warnings.simplefilter("ignore")
    guard = Guard()
    for name, target in targets.items():  # imports what reading needs, and shows that valid inputs are no fault
        for files in seeds[name]:
            placed = write(files, folder)
            for reader in target.readers:
                with contextlib.suppress(ValueError):
                    reader(placed)
            for fault in faults(target, placed, guard):
                _say(name, fault=fault.key, text=f"a valid input: {fault.text}", number="valid")
    limit_memory()
    for name, target in targets.items():
        number, until = int(first), time.time() + float(seconds)
        _say(name, ready=time.time())
        while number < int(first) + int(count) and time.time() < until:
            os.pwrite(at, b"%20d" % number, 0)
            files = numbered(target, name, seeds[name], f"{seed}:{number}")
            for fault in faults(target, write(files, folder), guard):
                _say(name, fault=fault.key, text=fault.text, number=f"{seed}:{number}")
            number += 1
        _say(name, ended=number)


def _say(name: str, **what: object) -> None:
    print(json.dumps({"target": name, **what}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
