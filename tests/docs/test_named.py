"""What pages name is there: files of the repository, targets of make, examples that at least compile."""

import re

import pytest

from tests.documentation import PAGES, ROOT

FOLDERS = r"tests|benchmarks|pipelines|tfadvseg|docs/examples|\.github"
FILES = re.compile(rf"(?<![\w/.<])((?:{FOLDERS})/[\w/.-]*\.(?:py|yml|yaml|md))\b")
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_are_where_a_page_says(page):
    found = dict.fromkeys(FILES.findall(page.read_text()))
    assert [name for name in found if not (ROOT / name).is_file()] == []


def test_the_pattern_finds_files():
    text = "See `tests/attacks/test_apgd.py`, .venv/lib/tests/no.py and <run>/tests/no.py; (.github/workflows/ci.yml)."
    assert FILES.findall(text) == ["tests/attacks/test_apgd.py", ".github/workflows/ci.yml"]


def test_what_is_made_can_be_made():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {
        (page.name, name)
        for page in PAGES
        for line in re.findall(r"(?:^|`)make ((?:[a-z-]+\b ?)+)", page.read_text(), re.M)
        for name in line.split()
    }
    assert len(named) > 10 and {one for one in named if one[1] not in targets} == set()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_compile(path):
    compile(path.read_text(), str(path), "exec")
