"""What --help shows: what a pipeline is for, then its flags in groups, those that matter most first."""

import textwrap
from collections.abc import Sequence
from typing import Any

from tfadvseg.command import as_typed

from .flags import GROUPS, group_of

WIDTH, COLUMN = 100, 28
ASKING = ("--help", "-help", "-h", "--helpshort", "-helpshort")


def is_asked_for(words: Sequence[str]) -> bool:
    """Whether the words of a command line ask for it."""
    words = words[: words.index("--")] if "--" in words else words
    return any(word in ASKING for word in words)


def text(docstring: str | None, own: Sequence[Any]) -> str:
    """The help of a pipeline with this docstring and these flags, at most WIDTH columns wide."""
    parts = [paragraphs(docstring or "")]
    for group in GROUPS:
        if members := [flag for flag in own if group_of(flag.name) == group]:
            parts.append("\n".join([f"{group}:", *map(explained, members)]))
    parts.append("In square brackets: what holds where a flag is not given. --helpfull lists absl's own flags, too.")
    return as_typed("\n\n".join(parts))


def paragraphs(docstring: str) -> str:
    """The docstring filled anew, but for what is indented: commands to be copied."""
    return "\n\n".join(
        part.rstrip() if part.startswith(" ") else textwrap.fill(" ".join(part.split()), WIDTH)
        for part in docstring.strip("\n").split("\n\n")
    )


def explained(flag: Any) -> str:
    """One flag: how it is written, what it means, and its default."""
    head = f"  --[no]{flag.name}" if flag.boolean else f"  --{flag.name}={placeholder(flag)}"
    meaning = flag.help.removeprefix(f"<{'|'.join(choices(flag))}>: ").partition(";\n    repeat")[0]  # absl's own words
    listed = f"One of {', '.join(choices(flag))}." if placeholder(flag) == "WORD" else ""
    lines = textwrap.wrap(" ".join(filter(None, [meaning, listed, default(flag)])), WIDTH - COLUMN)
    if len(head) > COLUMN - 2:
        lines = ["", *lines]
    return "\n".join([f"{head:{COLUMN}}{lines[0]}".rstrip(), *(" " * COLUMN + line for line in lines[1:])])


def placeholder(flag: Any) -> str:
    """What stands for a value."""
    if choices(flag):
        values = "|".join(choices(flag))
        return values if len(f"  --{flag.name}={values}") <= COLUMN - 2 else "WORD"
    kind = flag.flag_type()
    return "A,B" if "list" in kind else {"int": "N", "float": "X"}.get(kind, "TEXT")


def choices(flag: Any) -> list[str]:
    """The values of an enumeration; none of other flags."""
    return getattr(flag.parser, "enum_values", None) or []


def default(flag: Any) -> str:
    """What holds where the flag is not given; nothing where the help says it."""
    if flag.default in (None, "", []) or "by default" in flag.help:
        return ""
    if isinstance(flag.default, list):
        return f"[{','.join(flag.default)}]"
    return f"[{str(flag.default).lower() if flag.boolean else flag.default}]"
