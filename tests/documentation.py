"""The Markdown of the repository, for tests/docs: its pages, their fenced blocks, commands, headings and links."""

import dataclasses
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tfadvseg").rglob("*.md")])
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.S | re.M)
SHELL = ("", "sh", "bash")
"""Languages of blocks that may hold commands."""
PRELUDE = """
exec 3>&1
python() { printf '%s\\x1f' "$@" >&3; printf '\\x1e' >&3; }
tfadvseg() { [ "$1" = demo ] && set -- robustness --limit=16 "${@:2}"; python -m "pipelines.$1" "${@:2}"; }
srun() { "$@"; }
command_not_found_handle() { return 0; }
"""
STARTS = re.compile(r"^(?:\$ |srun |[\w./-]*bin/)?(?:python|tfadvseg) (?!-c )", re.M)
"""A line that starts a command of ours."""
AT_HAND = ("tr",)
"""Programs that blocks may call to make up their commands."""


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line on which it begins, its language ("" where none is named), what it holds."""

    page: pathlib.Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: pathlib.Path) -> list[Block]:
    """The fenced blocks of a page, without their indentation."""
    text = page.read_text()
    return [
        Block(
            page,
            text[: found.start()].count("\n") + 1,
            found[2],
            "".join(line.removeprefix(found[1]) for line in found[3].splitlines(keepends=True)),
        )
        for found in FENCE.finditer(text)
    ]


def told(folder: pathlib.Path, *texts: str) -> list[list[str]]:
    """What `python` is given when bash runs the texts, one after the other: a list of words a call.

    So bash itself joins lines, fills in variables and takes off quotes, with no other program at hand. folder: empty.
    """
    for name in AT_HAND:
        (folder / name).symlink_to(shutil.which(name))
    text = "\n".join(map(_typed, texts))
    ended = subprocess.run(
        [shutil.which("bash"), "-c", PRELUDE + text],
        cwd=folder,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    wrong = [line for line in ended.stderr.splitlines() if "syntax error" in line or "unexpected" in line]
    assert not wrong, f"bash does not understand {text!r}: {wrong}"
    return [call.split("\x1f")[:-1] for call in ended.stdout.split("\x1e") if "\x1f" in call]


def _typed(text: str) -> str:
    """What is typed of a text that may also show answers; each environment's python is `python`."""
    text = "\n".join(line[2:] for line in text.splitlines() if line[:2] == "$ ") or text
    return re.sub(r"(?m)^[\w./-]*bin/(?=python )", "", text)


def prose(page: pathlib.Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page: pathlib.Path) -> list[str]:
    """What may stand behind # in a link to the page: its headings, as GitHub and the site write them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def links(page: pathlib.Path) -> list[str]:
    """Targets of the links and pictures of a page; what stands in code is none."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "`", prose(page)))
