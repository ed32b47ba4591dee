"""From an error to the one sentence that its user reads: what was wrong, what came, and what to do."""

import errno
import re
import sys
from typing import Any

from absl import flags

from tfadvseg.command import as_typed
from tfadvseg.registry import nearest_first
from tfadvseg.runs.object_store import Unreachable

FLAGS = flags.FLAGS

FLAG_OF = {"folder": "output", "output": "model_output"}
"""Arguments of the library, in backticks in its errors, whose flag has another name."""

ADVICE = {
    errno.ENOSPC: "make room there and start the same command again, nothing finished is lost",
    errno.EDQUOT: "make room there and start the same command again, nothing finished is lost",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a place that you may read and write",
    errno.EPERM: "choose a place that you may read and write",
    errno.EEXIST: "a file lies where a folder is wanted, so choose another place",
    errno.ENOTDIR: "a file lies where a folder is wanted, so choose another place",
}
LONGEST = 400
"""Characters of a library's own text that a sentence repeats."""


def sentence(error: BaseException) -> str:
    """An error's text on one line, arguments in backticks as the flags that set them."""
    if isinstance(error, flags.Error):
        return _of_flags(str(error))
    text = _named(_one_line(_of_a_trace(str(error)))) or type(error).__name__
    if batch := re.search(r"Expected shape \((\d+), .*? but got shape \((\d+), ", str(error)):
        return _of_a_fixed_batch(*map(int, batch.groups()))
    if "Cannot batch tensors with different shapes" in text:
        return f"The images of a batch differ in size; take them one at a time {_flagged('by `batch_size`=1')}."
    if isinstance(error, OSError) and error.errno:
        return _of_the_system(error)
    if isinstance(error, MemoryError) or "OOM when allocating" in text:
        return f"Memory does not suffice{_smaller_batches()}."
    if "No space left on device" in text and not isinstance(error, ValueError):  # whose sentences are our own
        return f"{_where_files_go()} cannot be written ({_cut(text)}); {ADVICE[errno.ENOSPC]}."
    if _is_of_tensorflow(error):
        return _flagged(_of_a_graph(text))
    if isinstance(error, ValueError | OSError | FloatingPointError | Unreachable):
        return _flagged(text)
    return (
        f"Unexpected {type(error).__name__}: {_cut(text).rstrip('.')}; nothing finished is lost. "
        "TFADVSEG_TRACEBACK=1 shows where it comes from."
    )


def last_word(said: str) -> str:
    """The sentence of an error in what a program has said, or else its last line that is not empty."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    return (errors or lines or ["it said nothing"])[-1]


def grey_levels_hint(text: str) -> str:
    """What to write where a number was written as a share of 255; else nothing."""
    share = re.search(r"(\d+(?:\.\d+)?)/25[56]", text)
    return f"; Epsilon is in grey levels of 0..255, so write {share[1]} for {share[0]}" if share else ""


def _of_flags(text: str) -> str:
    """What absl's parser found, without its advice to read about all flags."""
    text = _one_line(text)
    if unknown := re.match(r"Unknown command line flag '(.*?)'(?:\. Did you mean: (.*?) \?)?", text):
        near = [f"--{name.strip()}" for name in (unknown[2] or "").split("or") if name.strip() in FLAGS]
        return f"Unknown flag --{unknown[1]}; " + (f"did you mean {near[0]}?" if near else "--help lists all flags.")
    if needed := re.search(r"Flag --(\w+) must have a value other than None", text):
        return f"--{needed[1]} is needed: {re.sub('^<.*?>: ', '', FLAGS[needed[1]].help or '')}"
    refused = re.match(
        r"flag --(\w+)=(.*?): (?:invalid literal|could not convert|value should be|\('Non-boolean|\S+ is not an? )",
        text,
    )
    if not refused:
        return text if text.endswith(".") else f"{text}."
    name, value = refused[1], refused[2]
    return f"--{name} {_wanted(name, value)}; got {value}{grey_levels_hint(value)}."


def _wanted(name: str, value: str) -> str:
    """What a flag wants, in words; of several choices those like the value first."""
    flag: Any = FLAGS[name]
    choices = getattr(flag.parser, "enum_values", None)
    if choices:
        return f"should be one of <{'|'.join(nearest_first(value, choices))}>"
    if flag.boolean:
        return "takes true or false"
    text = flag.parser.syntactic_help.replace("integer", "whole number")
    return "takes a " + re.sub("^an? ", "", text)


def _of_the_system(error: OSError) -> str:
    place = error.filename or _where_files_go()
    advice = ADVICE.get(error.errno or 0)
    return f"{place} cannot be read or written ({error.strerror})" + (f"; {advice}." if advice else ".")


def _where_files_go() -> str:
    """The folder that a program fills, for errors that do not name one."""
    named = (FLAGS[name].value for name in ("output", "models_folder") if name in FLAGS)
    return str(next((folder for folder in named if folder), "The place of its files"))


def _smaller_batches() -> str:
    return "; take a smaller --batch_size" if "batch_size" in FLAGS else ""


def _is_of_tensorflow(error: BaseException) -> bool:
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)


def _of_a_trace(text: str) -> str:
    """What an error says that was raised while TensorFlow traced a function, without the lines that led to it."""
    if "in user code:" not in text:
        return text
    return re.split(r"\n\s+\w*(?:Error|Exception): ", text)[-1].partition("\n\n")[0]


def _of_a_fixed_batch(wanted: int, given: int) -> str:
    several = _flagged(" and a `limit` that it divides") if wanted > 1 else ""
    return (
        f"The model takes {wanted} images at once, no more and no fewer, and got {given}; "
        f"set {_flagged('`batch_size`')}={wanted}{several}."
    )


def _of_a_graph(text: str) -> str:
    """What a graph's failed check or operation says, without the names of its nodes."""
    check = re.search(r"(?:assertion failed: |Summarized data: )(.*?)(?: \[\[\{\{node|$)", text)
    if check:
        return re.sub(r"b'|['\[\]]", "", check[1])
    return _cut(re.split(r" \[\[\{\{node", text)[0])


def _named(text: str) -> str:
    """Without the name of the operation that TensorFlow puts first."""
    return re.sub(r"^\{\{function_node \S+\}\} ", "", text)


def _one_line(text: str) -> str:
    """Signs that a terminal would obey, as names of files may hold them, become question marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in " ".join(text.split()))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _flagged(text: str) -> str:
    return as_typed(re.sub(r"`(\w+)`", _flag, text))


def _flag(match: re.Match[str]) -> str:
    name = FLAG_OF.get(match[1], match[1])
    return f"--{name}" if name in FLAGS else match[1]
