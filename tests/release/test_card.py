"""The three forms of a card hold the run's numbers, what they do not know is left out, and names stay what they are."""

import dataclasses
import json
import math
import re

import pytest

from tfadvseg.release.card import card_md, files, model_card, robustbench, write
from tfadvseg.release.front_matter import front_matter
from tfadvseg.release.robustness import Number, robustness

HOSTILE = 'x: "|\n---\n# <script>\x00\u2028'


@pytest.fixture
def one(finish):
    run = finish({("a", "fgsm", 8.0): 30.0, ("a", "ifgsm", 8.0): 20.0, ("a", "ifgsm", 1.0): 45.0}, models={"a": "0123"})
    return robustness(run)[0]


def test_robustbench_has_mean_ious_as_text(one):
    found = robustbench(one)
    assert (found["clean_acc"], found["reported"], found["autoattack_acc"]) == ("50.00", "20.00", "20.00")
    assert found["eps"] == "8/255" and found["threat_model"] == "Linf" and found["digest"] == "0123"
    assert found["intervals"]["reported"] == [20.0, 20.0] and found["bound"] == "20.00"
    assert found["unreliable"] is None and "Nobody has looked" in found["unreliable_reason"]


def test_unreliable_is_the_verdict_of_masking(masked):
    (one,) = robustness(masked(True, models={"a": "0123"}))
    found = robustbench(one)
    assert found["unreliable"] is True and "a masks its gradient" in found["unreliable_reason"]
    assert found["autoattack_acc"] is None and found["bound"] is None
    assert "attacks by it say too much" in card_md(one) and "a masks its gradient" in card_md(one)


def test_the_model_card_has_what_its_schema_knows(one):
    """Names and types as in Model Card Toolkit's schema, which allows nothing else at its top."""
    found = model_card(one)
    assert found.keys() <= {
        "schema_version",
        "model_details",
        "model_parameters",
        "quantitative_analysis",
        "considerations",
    }
    assert found["model_details"].keys() <= {
        "name",
        "overview",
        "documentation",
        "owners",
        "version",
        "licenses",
        "references",
        "citations",
    }
    assert found["model_details"]["version"] == {"name": "0123"}
    metrics = found["quantitative_analysis"]["performance_metrics"]
    for metric in metrics:
        assert metric.keys() == {"type", "value", "slice"} and isinstance(metric["value"], float)
    values = {(metric["type"], metric["slice"]): metric["value"] for metric in metrics}
    assert len(values) == len(metrics) == 3 * (1 + 3 + 2)
    assert values["mean_iou", "clean"] == 50 and values["mean_iou_low", "ifgsm at epsilon 1"] == 45
    assert values["mean_iou", "worst case at epsilon 8"] == 20


def test_the_page_begins_with_a_model_index(one):
    head, page = card_md(one).removeprefix("---\n").split("---\n", 1)
    assert head.startswith(
        'pipeline_tag: "image-segmentation"\nmodel-index:\n  - name: "a"\n    results:\n      - task:\n'
    )
    assert (
        '          - type: "mean_iou"\n            value: 20.0\n            name: "Mean IoU (%), ifgsm at epsilon 8"'
        in head
    )
    assert page.startswith("\n# Robustness of a\n")
    assert "At epsilon 8 ifgsm leaves 20.0 [20.0, 20.0] %" in page and "## Limits" in page
    assert re.search(r"\| ifgsm +\| +8 \| 20\.0 \[20\.0, 20\.0\] \| 40\.0 \[40\.0, 40\.0\] \|", page)


def test_what_is_not_known_is_left_out(one):
    unknown = Number(math.nan, math.nan, math.nan)
    bare = dataclasses.replace(one, clean=unknown, lines=(), worst=(), groups=1)
    for text in files(bare).values():
        assert "NaN" not in text and "nan" not in re.findall(r"\bnan\b", text)
    assert robustbench(bare)["clean_acc"] is None and "One group of images" in card_md(bare)


def test_hostile_names_stay_words(one):
    """Of the page between the first two lines of dashes each line is a key, or a dash and a key, and its value JSON."""
    found = files(dataclasses.replace(one, name=HOSTILE))
    assert json.loads(found["card.json"])["name"] == HOSTILE
    lines = found["card.md"].split("\n")
    end = lines.index("---", 1)
    values = [line.split(": ", 1)[1] for line in lines[1:end] if not line.endswith(":")]
    assert json.loads(values[1]) == HOSTILE and all(json.loads(value) is not None for value in values)
    assert not any(line.lstrip().startswith(("# <", "<script")) for line in lines[end + 1 :])


def test_front_matter_by_hand():
    values = {"a": [{"b": 1, "c": ["x", {}]}, "y"], "d": {"e": None, "f": True}}
    assert front_matter(values) == (
        '---\na:\n  - b: 1\n    c:\n      - "x"\n      - {}\n  - "y"\nd:\n  e: null\n  f: true\n---\n'
    )
    assert front_matter({"a": "\x85\u2028\ud800é"}) == '---\na: "\\u0085\\u2028\\ud800é"\n---\n'


def test_cards_take_the_place_of_older_ones_and_of_nothing_else(one, tmp_path):
    """The folder may be one of networks."""
    folder = tmp_path / "new" / "a"
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").write_bytes(b"a network")
    (folder / "card.md").write_text("old")
    written = write(one, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["1", *(path.name for path in written)])
    assert (folder / "card.md").read_text() != "old" and (folder / "1" / "saved_model.pb").read_bytes() == b"a network"
