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


def main(name: str, seed: str, first: str, count: str, seconds: str, work: str) -> None:
    """count: how many inputs at most; seconds: for how long from the first one; work: a folder."""
    folder, at = pathlib.Path(work), os.open(pathlib.Path(work, "at"), os.O_RDWR | os.O_CREAT)
    target = load(name)
    seeds = target.seeds()
    warnings.simplefilter("ignore")
    guard = Guard()
    for files in seeds:  # imports what reading needs, and shows that valid inputs are no fault
        placed = write(files, folder)
        for reader in target.readers:
            with contextlib.suppress(ValueError):
                reader(placed)
        for fault in faults(target, placed, guard):
            _say(fault=fault.key, text=f"a valid input: {fault.text}", number="valid")
    limit_memory()
    number, until = int(first), time.time() + float(seconds)
    _say(ready=time.time())
    while number < int(first) + int(count) and time.time() < until:
        os.pwrite(at, b"%20d" % number, 0)
        files = numbered(target, name, seeds, f"{seed}:{number}")
        for fault in faults(target, write(files, folder), guard):
            _say(fault=fault.key, text=fault.text, number=f"{seed}:{number}")
        number += 1
    _say(ended=number)


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
