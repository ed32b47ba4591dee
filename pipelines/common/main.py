"""How a command line starts and ends: exit code 0, 1 with one sentence on stderr, or 130 where it was interrupted.

A command that answers yes or no by its exit code returns it, and fails with another one."""

import functools
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from absl import app, flags, logging

from tfadvseg.runs.store import is_url

from . import flags as shared
from . import helping, interrupt
from .commands import show
from .sentences import sentence

FLAGS = flags.FLAGS
FAILED = 1
"""Exit code of what could not do its work."""
TAKES_URLS = ("output", "perturbations", "cluster", "endpoint")
"""Flags; a pipeline whose --output must be on a disk says so itself."""


def start(main: Callable[..., int | None], takes_arguments: bool = False, failing: int = FAILED) -> None:
    """Runs a pipeline; `main` reads the flags and may return an exit code. takes_arguments: whether words that are no
    flags are welcome; then `main` is given the list of them, wherever they stand. failing: the exit code where it could
    not do its work."""
    if helping.is_asked_for(sys.argv[1:]):
        show(helping.text(main.__globals__["__doc__"], shared.own(sys.argv[0])))
        return

    def guarded(argv: list[str]) -> int | None:
        logging.set_verbosity(logging.ERROR)
        try:
            with interrupt.tidily():
                refuse_arguments(argv if not takes_arguments else [])
                if "threads" in FLAGS:  # before anything is computed
                    from tfadvseg.engine.arithmetic import leave_gpus, set_threads

                    set_threads(FLAGS.threads)
                    if "workers" in FLAGS and (FLAGS.workers != 1 or FLAGS.cluster):
                        leave_gpus()
                return main(*([argv[1:]] if takes_arguments else []))
        except KeyboardInterrupt:
            interrupt.end()
        except Exception as error:
            if os.environ.get("TFADVSEG_TRACEBACK"):
                raise
            fail(sentence(error), failing)

    FLAGS.set_gnu_getopt(takes_arguments)
    app.run(guarded, flags_parser=functools.partial(parse, failing=failing))


def parse(argv: list[str], failing: int = FAILED) -> list[str]:
    """absl's parser, whose complaints end the program in one sentence; the words that are no flags."""
    try:
        return FLAGS(argv)
    except flags.Error as error:
        fail(sentence(error), failing)
    except UnicodeDecodeError:
        fail("The file that --flagfile names is no text in UTF-8; save it so.", failing)


def refuse_arguments(argv: list[str]) -> None:
    """ValueError for a word that is no flag, and for a number that is none."""
    if len(argv) > 1:
        raise ValueError(f"Unknown argument {argv[1]!r}; every setting is a flag, see --help.")
    for flag in shared.own(sys.argv[0]):
        if isinstance(flag.value, float) and not math.isfinite(flag.value):
            raise ValueError(f"--{flag.name} takes a finite number; got {flag.value}.")
        if flag.name not in TAKES_URLS:
            refuse_url(flag)


def refuse_url(flag: "flags.Flag[Any]") -> None:
    """ValueError where a path is the URL of an object store, in which a folder called gs: would be made otherwise."""
    for value in flag.value if isinstance(flag.value, list) else [flag.value]:
        if isinstance(value, str) and is_url(value):
            raise ValueError(f"--{flag.name} is on a disk, and in no object store; got {value}.")


def refuse_urls(folders: Sequence[str]) -> None:
    """ValueError for a run folder in an object store, of a command that reads and writes on a disk; --output, too."""
    refuse_url(FLAGS["output"])
    for folder in folders:
        if is_url(folder):
            raise ValueError(f"A run folder is read from a disk here; copy {folder} to one first.")


def fail(message: str, code: int = FAILED) -> NoReturn:
    """Ends the program with an exit code and one sentence."""
    print(f"Error: {message}", file=sys.stderr, flush=True)
    sys.exit(code)
