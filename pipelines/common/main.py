"""How a command line starts and ends: exit code 0, 1 with one sentence on stderr, or 130 where it was interrupted."""

import os
import pathlib
import re
import shlex
import signal
import sys
from collections.abc import Callable

from absl import app, flags, logging

from pipelines.common import flags as shared

FLAGS = flags.FLAGS
INTERRUPTED = 130

FLAG_OF = {"folder": "output", "output": "model_output"}
"""Arguments of the library, in backticks in its errors, whose flag has another name."""


def start(main: Callable[..., None], takes_arguments: bool = False) -> None:
    """Runs a pipeline; `main` reads the flags. takes_arguments: whether words that are no flags are welcome; then
    `main` is given the list of them, wherever they stand."""

    def guarded(argv: list[str]) -> None:
        if len(argv) > 1 and not takes_arguments:
            fail(f"Unknown argument {argv[1]!r}; every setting is a flag, see --help.")
        logging.set_verbosity(logging.ERROR)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if "threads" in FLAGS:  # before anything is computed
                from tfadvseg.engine.arithmetic import set_threads

                set_threads(FLAGS.threads)
            main(*([argv[1:]] if takes_arguments else []))
        except KeyboardInterrupt:
            print(f"\nInterrupted; nothing finished is lost. {how_to_go_on()}", file=sys.stderr, flush=True)
            os._exit(INTERRUPTED)  # without waiting for TensorFlow's threads
        except _sayable() as error:
            fail(sentence(error))

    for flag in FLAGS.get_flags_for_module(shared.__name__):
        FLAGS.register_key_flag_for_module(sys.argv[0], flag)  # or --help would leave them out
    FLAGS.set_gnu_getopt(takes_arguments)
    app.run(guarded)


def how_to_go_on() -> str:
    """The command that continues this run."""
    arguments, kept = iter(sys.argv[1:]), []
    for argument in arguments:
        if argument in ("--output", "-output"):
            next(arguments, None)  # its value is a word of its own
        elif not re.match(r"--?output=", argument):
            kept.append(argument)
    again = shlex.join([*kept, f"--output={FLAGS.output}"])
    return f"Go on with: python -m pipelines.{pathlib.Path(sys.argv[0]).stem} {again}"


def sentence(error: Exception) -> str:
    """An error's text on one line, arguments in backticks as the flags that set them.

    Of a graph's failed check what it says, without the names of its nodes.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    check = re.search(r"(?:assertion failed: |Summarized data: )(.*?)(?: \[\[\{\{node|$)", text)
    if check:
        text = re.sub(r"b'|['\[\]]", "", check[1])
    return re.sub(r"`(\w+)`", _flag, text)


def _flag(match: re.Match) -> str:
    name = FLAG_OF.get(match[1], match[1])
    return f"--{name}" if name in FLAGS else match[1]


def fail(message: str) -> None:
    """Ends the program with exit code 1 and one sentence."""
    print(f"Error: {message}", file=sys.stderr, flush=True)
    sys.exit(1)


def _sayable() -> tuple[type[Exception], ...]:
    """Errors that end in a sentence; of TensorFlow's those of a graph's own check and of memory, where it is loaded."""
    own = (ValueError, OSError, FloatingPointError, MemoryError)
    tensorflow = sys.modules.get("tensorflow")
    return (
        (*own, tensorflow.errors.InvalidArgumentError, tensorflow.errors.ResourceExhaustedError) if tensorflow else own
    )
