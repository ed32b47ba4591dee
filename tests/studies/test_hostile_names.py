"""Names that anybody may have given to models, classes and photographs, through to all that is made of a run."""

import csv
import json
import re
import xml.etree.ElementTree

import numpy as np
import pytest
from html_page import Page
from made_up import Answer, cell, write_run

from tfadvseg.data.labels import LabelSpace
from tfadvseg.paper import claims
from tfadvseg.release import card, leaderboard
from tfadvseg.release.robustness import robustness
from tfadvseg.reports.page import page
from tfadvseg.runs.csv_text import original
from tfadvseg.runs.examples import Attacked, Example, save_examples
from tfadvseg.studies.overall import Answer as Told
from tfadvseg.studies.overall import Chapter, index
from tfadvseg.studies.report import write_report
from tfadvseg.studies.run import FinishedRun

HOSTILE = '=1+1"><script>alert(1)</script><svg onload=x>&amp;{{ 7 * 7 }}{% raw %}$\\frac{$ javascript:x -->]]>'
POLICY = "default-src 'none'; img-src data:"


@pytest.fixture
def folder(tmp_path):
    answers = {cell(HOSTILE): Answer(80.0), cell("b"): Answer(70.0)}
    answers |= {cell(HOSTILE, "fgsm", epsilon): Answer(40.0 - epsilon) for epsilon in (1.0, 8.0)}
    answers |= {cell("b", "fgsm", epsilon, source=HOSTILE): Answer(40.0) for epsilon in (1.0, 8.0)}
    found = write_run(
        tmp_path / "run",
        "robustness",
        answers,
        {"networks": {HOSTILE: {"architecture": HOSTILE}}},
        [HOSTILE],
        models={HOSTILE: HOSTILE, "b": "1"},
        attacked_as=HOSTILE,
        data=HOSTILE,
    )
    space = LabelSpace((HOSTILE, "road"), ((0, 0, 0), (255, 0, 0)))
    image, labels = np.full((6, 8, 3), 9.0, np.float32), np.zeros((6, 8), np.uint8)
    attacked = tuple(Attacked("fgsm", epsilon, image / 9, labels) for epsilon in (1.0, 8.0))
    save_examples(found / "examples.npz", space, [Example(HOSTILE, HOSTILE, image, labels, labels, attacked)])
    return found


def refuse_markup(text):
    """All of the name is text: no tag, attribute or address is of it, and the page's own policy forbids what is not."""
    found = Page(text)
    assert found.open == []
    assert len(found.all("script")) == 1 and "alert(1)" not in re.findall(r"<script>(.*?)</script>", text, re.S)[0]
    assert not found.all("svg") and not any(name.startswith("on") for name, _ in found.attributes)
    assert all(address.startswith(("data:image/", "#")) or ":" not in address for address in found.loaded)
    policies = [tag["content"] for tag in found.all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1 and policies[0].startswith(POLICY)
    assert "{{ 7 * 7 }}" in found.text and "<script>alert(1)</script>" in found.text


def test_reports_and_tables(folder):
    write_report(folder, with_tensorboard=False)
    refuse_markup((folder / "report.html").read_text())
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {original(row["model"]) for row in rows} == {HOSTILE, "b"}
    assert all(value[:1] not in "=@\t\r" or not value for row in rows for value in row.values())
    vectors = list((folder / "figures").glob("*.svg"))
    assert vectors
    for path in vectors:
        tags = {one.tag.rpartition("}")[2] for one in xml.etree.ElementTree.parse(path).iter()}
        assert tags and not tags & {"script", "foreignObject", "image", "a"}
    assert {path.parent for path in folder.rglob("*.png")} == {folder / "figures"}


def test_index_of_a_programme():
    claim = next(iter(claims().values()))
    chapter = Chapter(HOSTILE, HOSTILE, HOSTILE, f"javascript:{HOSTILE}/report.html")
    document = index(HOSTILE, HOSTILE, [chapter], [Told(claim, HOSTILE, HOSTILE, (HOSTILE,))])
    refuse_markup(page(document, folder=None))


def test_leaderboard_and_cards(folder):
    found = robustness(FinishedRun.read(folder))
    refuse_markup(leaderboard.page(leaderboard.entries_of(folder, found)))
    files = card.files(found[0])
    assert json.loads(files["card.json"])["name"] == HOSTILE
    words = re.sub(r"^---.*?^---$", "", files["card.md"], flags=re.S | re.M)
    assert "script>alert" in words and not re.search(r"(?<!\\)<\w", words)  # Markdown would hand tags on
