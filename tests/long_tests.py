"""Which tests `make test` leaves to `make test-long`: functions whose cases together take long, in long_tests.txt.

    make long-tests

measures all tests and writes that file anew. Costs are seconds of a processor, a test's processes with it, so that
other work beside it does not matter; a fixture that several tests share is paid by the first of them.
"""

import collections
import os
import pathlib
import sys
from collections.abc import Iterable, Mapping

LIMIT = 2.0
"""Seconds of a processor that all cases of a function of `make test` may take together."""
TABLE = pathlib.Path(__file__).with_name("long_tests.txt")


def function_of(test: str) -> str:
    """The function of a test's name, "tests/file.py::function[case]", without its case."""
    return test.partition("[")[0]


def long_tests() -> dict[str, float]:
    """{function: seconds} by the table."""
    lines = (line.split() for line in TABLE.read_text().splitlines())
    return {function: float(seconds) for seconds, function in lines}


def by_function(costs: Iterable[tuple[float, str]]) -> dict[str, float]:
    """{function: seconds of all its cases together} of (seconds, test)."""
    sums: dict[str, float] = collections.defaultdict(float)
    for seconds, test in costs:
        sums[function_of(test)] += seconds
    return dict(sums)


def too_long(sums: Mapping[str, float], limit: float = LIMIT) -> dict[str, float]:
    """Those of the functions that take more than `limit`, but for the least of each file, which stands for its file."""
    least = {}
    for function, seconds in sums.items():
        file = function.partition("::")[0]
        least[file] = min(least.get(file, (seconds, function)), (seconds, function))
    kept = {function for _, function in least.values()}
    return {function: seconds for function, seconds in sums.items() if seconds > limit and function not in kept}


def seconds_of_this_process() -> float:
    """Of a processor, with those of its children that have ended."""
    return sum(os.times()[:4])


def main(costs: str) -> None:
    lines = (line.split("\t") for line in pathlib.Path(costs).read_text().splitlines())
    sums = by_function((float(seconds), test) for seconds, test in lines)
    found = too_long(sums)
    TABLE.write_text("".join(f"{seconds:.1f} {function}\n" for function, seconds in sorted(found.items())))
    left = sum(sums.values()) - sum(found.values())
    print(f"{len(found)} of {len(sums)} functions are long; the others take {left:.0f} of {sum(sums.values()):.0f} s.")


if __name__ == "__main__":
    main(*sys.argv[1:])
