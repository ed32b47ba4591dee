"""Many command lines with --dry_run in one process, which is imported once: `python -m pipelines.common.rehearsal`.

Its one argument is a JSON file: {"jobs": {name: {"pipeline", "arguments", "folder"}}, "threads", "known": digests of
networks whose gradients need no timing, "answer": a file}. Writes {"failed": {name: sentence}, "speeds": {digest:
seconds of an input gradient of one image}} into that file, and does so before it times anything, too: a gradient may
take more memory than there is.
"""

import contextlib
import io
import json
import pathlib
import runpy
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from tfadvseg.atomic import write_atomically
from tfadvseg.engine.arithmetic import set_threads
from tfadvseg.engine.speed import speeds

from .commands import FOLDER, PACKAGE
from .sentences import last_word


def rehearse(pipeline: str, arguments: Sequence[str]) -> str:
    """Why a pipeline ended with an error, in a sentence; "" where it did not."""
    said, argv = io.StringIO(), sys.argv
    program = str(FOLDER / f"{pipeline}.py")
    sys.argv = [program, *arguments, "--dry_run"]
    sys.modules.pop(f"{PACKAGE}.{pipeline}", None)  # imported by another pipeline, it would be a warning
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            runpy.run_module(f"{PACKAGE}.{pipeline}", run_name="__main__", alter_sys=True)
        code: object = 0
    except SystemExit as end:
        code = end.code
    finally:
        forget_flags(program)
        sys.argv = argv
        print(said.getvalue(), file=sys.stderr, flush=True)
    return last_word(said.getvalue()) if code else ""


def timed(folders: Sequence[str], known: Sequence[str]) -> dict[str, float]:
    """{digest: seconds of a gradient} of the networks of these runs; what cannot be timed is left out."""
    found: dict[str, float] = {}
    for folder in folders:
        try:
            found |= speeds([folder], [*known, *found])
        except Exception as error:
            print(f"No gradient of {folder} was timed: {error}", file=sys.stderr, flush=True)
    return found


def forget_flags(program: str) -> None:
    """Takes back the flags that a pipeline has defined, so that the next may define its own. program: its
    sys.argv[0]."""
    for module, own in list(flags.FLAGS.flags_by_module_dict().items()):
        if module.startswith(f"{PACKAGE}.") or module in ("__main__", program):
            for flag in list(own):
                if flag.name in flags.FLAGS:
                    delattr(flags.FLAGS, flag.name)
    flags.FLAGS.unparse_flags()


def main(asked: Mapping[str, Any]) -> None:
    """Does what is asked."""

    def answer(speeds: Mapping[str, float]) -> None:
        text = json.dumps({"failed": failed, "speeds": speeds})
        write_atomically(asked["answer"], lambda file: file.write(text.encode()))

    set_threads(asked["threads"])
    told = {name: rehearse(job["pipeline"], job["arguments"]) for name, job in asked["jobs"].items()}
    failed = {name: sentence for name, sentence in told.items() if sentence}
    answer({})
    answer(timed([job["folder"] for name, job in asked["jobs"].items() if name not in failed], asked["known"]))


if __name__ == "__main__":
    main(json.loads(pathlib.Path(sys.argv[1]).read_text()))
