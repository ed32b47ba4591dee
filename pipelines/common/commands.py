"""Which command lines there are, from their files and without importing them."""

import ast
import pathlib
import sys
import textwrap

from tfadvseg.registry import nearest_first

FOLDER = pathlib.Path(__file__).parents[1]


def commands() -> dict[str, str]:
    """{name: the first line of its docstring}."""
    files = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
    return {path.stem: (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0] for path in files}


def listing() -> str:
    """All of them, a line each."""
    lines = [
        textwrap.fill(line, 100, initial_indent=f"  {name:20}", subsequent_indent=" " * 22)
        for name, line in commands().items()
    ]
    return "\n".join(["python -m pipelines.<command> --help explains each of these commands:", "", *lines])


def typed() -> str | None:
    """The module that `python -m` was given, while Python looks for it."""
    for word, following in zip(sys.orig_argv[1:], [*sys.orig_argv[2:], ""], strict=True):
        if word == "-m":
            return following
        if word.startswith("-m"):
            return word.removeprefix("-m")
    return None


def is_listing() -> bool:
    """Whether the program is `python -m pipelines`, which shall be quick."""
    return sys.argv[0] == "-m" and typed() == "pipelines" and not set(sys.argv[1:2]) & set(commands())


def refuse_unknown(module: str | None) -> None:
    """Ends the program in one sentence where it is a module of `pipelines` that is none."""
    package, _, name = (module or "").partition(".")
    if package == "pipelines" and name and not (FOLDER / f"{name.replace('.', '/')}.py").exists() and name != "common":
        sys.exit(f"Error: {unknown(name)}")


def unknown(name: str) -> str:
    """The sentence for a command that there is not."""
    return f"Unknown command {name!r}; choose one of: {', '.join(nearest_first(name, commands()))}."
