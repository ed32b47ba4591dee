"""Which command lines there are, from their files and without importing them."""

import ast
import importlib.util
import os
import pathlib
import shlex
import sys
import textwrap

from tfadvseg.command import command
from tfadvseg.registry import nearest_first

FOLDER = pathlib.Path(__file__).parents[1]
PACKAGE = __name__.removesuffix(".common.commands")
"""`pipelines` in a checkout, `tfadvseg.pipelines` as pip installs it."""
PROGRAM = "tfadvseg"
"""The program that pip installs; its first word is a command."""
BACKENDS = ("tensorflow", "jax")
"""Of Keras: what attacks and trains; what trains alone."""
SHORTHANDS = {"demo": ("robustness", "--limit=16")}
"""Words for a command with flags, of which those that are typed go first."""


def commands() -> dict[str, str]:
    """{name: the first line of its docstring}."""
    files = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
    return {path.stem: (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0] for path in files}


def listing() -> str:
    """All of them, a line each."""
    short = {word: f"Short for {shlex.join(words)}: the first thing to try." for word, words in SHORTHANDS.items()}
    lines = [
        textwrap.fill(line, 100, initial_indent=f"  {name:20}", subsequent_indent=" " * 22)
        for name, line in (commands() | short).items()
    ]
    return "\n".join([f"{command('<command>')} --help explains each of these commands:", "", *lines])


def show(text: str) -> None:
    """Prints it, though whoever reads it, such as `head`, may have enough of it before its end."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python empties its buffer when it ends


def is_program() -> bool:
    """Whether `tfadvseg` was typed, and not `python -m`."""
    return pathlib.PurePath(sys.argv[0]).stem == PROGRAM


def typed() -> str | None:
    """The module that `python -m` was given, while Python looks for it."""
    for word, following in zip(sys.orig_argv[1:], [*sys.orig_argv[2:], ""], strict=True):
        if word == "-m":
            return following
        if word.startswith("-m"):
            return word.removeprefix("-m")
    return None


def is_starting() -> bool:
    """Whether this package is being imported because one of its commands was typed."""
    return sys.argv[0] == "-m" or is_program()


def is_listing() -> bool:
    """Whether the program is `tfadvseg` or `python -m pipelines`, which shall be quick."""
    asked = is_program() or (sys.argv[0] == "-m" and typed() == PACKAGE)
    return asked and not set(sys.argv[1:2]) & {*commands(), *SHORTHANDS}


def refuse_unknown(module: str | None) -> None:
    """Ends the program in one sentence where it is a module of `pipelines` that is none."""
    within, _, name = (module or "").partition(f"{PACKAGE}.")
    if not within and name and not (FOLDER / f"{name.replace('.', '/')}.py").exists() and name != "common":
        sys.exit(f"Error: {unknown(name)}")


def refuse_backend(name: str) -> None:
    """Ends the program in one sentence where Keras would compute with a library that is none of ours, or not here."""
    if name not in BACKENDS:
        sys.exit(f"Error: KERAS_BACKEND is {name!r}; choose one of: {', '.join(BACKENDS)}.")
    if importlib.util.find_spec(name) is None:
        sys.exit(f"Error: KERAS_BACKEND is {name!r}, which is not installed; pip install {name}, or leave it unset.")


def unknown(name: str) -> str:
    """The sentence for a command that there is not."""
    return f"Unknown command {name!r}; choose one of: {', '.join(nearest_first(name, [*commands(), *SHORTHANDS]))}."
