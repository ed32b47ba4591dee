"""The Markdown of the repository, for tests/docs: its pages, their fenced blocks, headings and links."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "tfadvseg").rglob("*.md")])
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.S | re.M)


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
