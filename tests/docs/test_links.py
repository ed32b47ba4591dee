"""Every link leads somewhere, every page is in the navigation, and what names a page names one that is there."""

import re

import pytest
from documentation import DOCS, PAGES, ROOT, anchors, links

PACKAGE = ROOT / "tfadvseg"
ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    for link in links(page):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), f"{page.name} links to {link}, which is not there"
        assert not anchor or anchor in anchors(target), (
            f"{page.name} links to {link}; {target.name} has no such heading"
        )
        if page.is_relative_to(DOCS):
            assert target.is_relative_to(DOCS), f"{page.name} links to {link}, which is no part of the site"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_headings_of_a_page_have_anchors_of_their_own(page):
    assert len(set(anchors(page))) == len(anchors(page))


def test_every_page_is_in_the_navigation_once():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = re.findall(r"(\S+\.md)$", navigation, re.M)
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_every_picture_is_shown():
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert {path for path in (DOCS / "images").iterdir()} <= shown


def test_pages_that_code_names_are_there():
    sources = [
        path for folder in ("tfadvseg", "pipelines", "benchmarks", "tests") for path in (ROOT / folder).rglob("*.py")
    ]
    texts = [path.read_text() for path in [*PAGES, *sources, ROOT / "Makefile", ROOT / "mkdocs.yml"]]
    named = {name for text in texts for name in re.findall(r"(?<!tests/)\bdocs/[\w/]+\.(?:md|py|js)\b", text)}
    assert len(named) > 10
    assert not {name for name in named if not (ROOT / name).is_file()}


def test_the_api_has_every_room():
    pages = {page.stem: page.read_text() for page in (DOCS / "api").glob("*.md")}
    for room in ROOMS:
        assert pages[room].strip() == f"::: tfadvseg.{room}"
        assert f"[{room}]({room}.md)" in pages["index"]
    shared = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(re.findall(r"^::: tfadvseg\.(\w+)", pages["shared"], re.M)) == shared
