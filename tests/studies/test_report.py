"""From a finished run to everything that is made of it, for every study."""

import dataclasses
import html
import json
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from html_page import Page
from made_up import IMAGES

from tfadvseg.reports.document import ClaimTable
from tfadvseg.runs import curves
from tfadvseg.runs.results import COLUMNS
from tfadvseg.studies import STUDIES
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.report import summary_text, write_report
from tfadvseg.studies.study import claims_part

FIGURES = {
    "robustness": {
        "worst_case",
        "iou_ratio",
        "clean_against_ratio",
        "iou_ratio_fgsm",
        "iou_ratio_ifgsm_ll",
        "sheet_a_0001_fgsm",
    },
    "transforms": {
        "defense_net_ifgsm_ll",
        "transfer_net_ifgsm_ll",
        "sheet_net_0001_ifgsm_ll",
        "defense_net_0001_ifgsm_ll",
    },
    "crf": {"crf_net", "crf_sweep_net", "crf_confidence_net", "crf_entropy_net", "sheet_net_0001_fgsm"},
    "certificate": {"sandwich_net", "sheet_net_0001_ifgsm"},
    "masking": {"doubts", "sheet_a_0001_ifgsm"},
    "transfer": {"transfer_matrix", "transfer_fgsm", "transfer_ifgsm_ll", "sheet_a_0001_fgsm"},
}
EXAMPLES = {
    "robustness": ("a", "fgsm"),
    "transforms": ("net", "ifgsm_ll", ("jpeg",)),
    "crf": ("net", "fgsm"),
    "transfer": ("a", "fgsm"),
    "certificate": ("net", "ifgsm"),
    "masking": ("a", "ifgsm"),
}
SECTIONS = {
    "robustness": [
        "What was found", "Worst case", "Warnings", "Which networks differ", "What the architectures say",
        "IoU ratio at epsilon 8",
        "Mean over images at epsilon 8", "IoU", "IoU by class", "Worst case at each epsilon", "All pairs of networks",
        "Is an attack seen?", "Attacks that find their own norm", "Claims of the paper: a",
        "Claims of the paper: a+crf", "Claims of the paper: All networks together",
    ],
    "transforms": ["What was found", "Warnings", "How to read the tables", "net, Iterative FGSM ll, epsilon 8",
                   "Claims of the paper: net, ifgsm_ll"],
    "crf": ["Warnings", "net", "Claims of the paper: net", "Claims of the paper: All networks together"],
    "masking": ["a", "b", "Warnings", "IoU ratio"],
    "certificate": ["Warnings", "What is certified", "Between certificate and attack", "How to read this"],
    "transfer": [
        "Warnings", "How to read the tables", "FGSM, epsilon 8", "Iterative FGSM ll, epsilon 8",
        "Claims of the paper: ifgsm_ll at epsilon 8", "Claims of the paper: fgsm at epsilon 8",
        "Claims of the paper: attacks at epsilon 8",
    ],
}  # fmt: skip
"""Between what every report begins with, and what it took and was made of, of which these runs say nothing."""
BEGINS = ["In short", "What was attacked, and how"]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def reported():
    """{study: what `run` is, and the paths that its report wrote}, so that each is drawn once for all tests."""
    return {}


@pytest.fixture(params=sorted(STUDIES))
def run(request, reported, add_examples):
    """A finished run of each study, with a warning and an example, and its report."""
    if request.param not in reported:
        made = request.getfixturevalue(request.param)(warnings=["The loss did not move."])
        add_examples(made.folder, *EXAMPLES[made.study])
        reported[request.param] = made, write_report(made.folder)
    return reported[request.param][0]


@pytest.fixture
def written(run, reported):
    """Paths of its report."""
    return reported[run.study][1]


def test_a_finished_run_becomes_a_report_twice_alike(run, written):
    assert all(path.exists() for path in written) and len(set(written)) == len(written)
    first = {name: held for name, held in files(run.folder).items() if not name.startswith("tensorboard/")}
    pictures = {name.removeprefix("figures/") for name in first if name.startswith("figures/")}
    assert pictures == {
        f"{stem}.{ending}"
        for stem in FIGURES[run.study]
        for ending in ("png", "pdf", *(["svg"] if "_0001" not in stem else []))
    }
    assert all(len(first[f"figures/{name}"]) > 10_000 for name in pictures if name.endswith(".png"))

    text = first["results.md"].decode()
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == BEGINS + SECTIONS[run.study]
    assert "- The loss did not move." in text and text.isascii()
    assert (f"Judged on {IMAGES} images" in text) == bool(STUDIES[run.study].judged(run))
    shown = [line.split("](")[1][:-1] for line in text.splitlines() if line.startswith("![")]
    assert shown and set(shown) <= set(first)

    write_report(run.folder, with_tensorboard=False)
    again = files(run.folder)
    assert {name: again[name] for name in first} == first


def test_the_page_has_all_that_results_md_has_and_the_photographs(run, written):
    assert run.folder / "report.html" in written
    text = (run.folder / "report.html").read_text()
    found = Page(text)
    assert found.open == [] and all(address.startswith(("data:image/", "#")) for address in found.loaded)
    assert "https:" not in text and "http:" not in text
    told = (run.folder / "results.md").read_text()
    parts = [line[3:] for line in told.splitlines() if line.startswith("## ")]
    linked = re.findall(r'<li><a href="#[\w-]+">(.*?)</a></li>', text)
    assert [html.unescape(part) for part in linked if part != "Attacked photographs"] == parts
    assert "Attacked photographs" in linked and len(found.all("img")) == told.count("\n![") + 6 * shown_of(run)
    tables = sum(line.startswith(("| :-", "| --")) for line in told.splitlines())
    assert len(found.tables) == tables and "The loss did not move." in found.text


def shown_of(run):
    """Photographs before a network: alone, and behind each transform."""
    return 1 + len(EXAMPLES[run.study][2]) if len(EXAMPLES[run.study]) > 2 else 1


def test_attacks_step_by_step_are_drawn_where_they_were_followed(robustness):
    folder = robustness().folder
    rows = [("a", "0001", "fgsm", 8.0, step, 0, 0.5 + step, 30.0 * step, 50.0 - step, 8.0 * step) for step in (0, 1)]
    pd.DataFrame(rows, columns=curves.COLUMNS).to_csv(folder / curves.FILE, index=False)
    written = write_report(folder)
    drawn = {folder / "figures" / f"steps_a.{ending}" for ending in ("png", "pdf", "svg")}
    assert drawn <= set(written) and (folder / "tensorboard" / "steps" / "a" / "fgsm_8").is_dir()
    text = (folder / "results.md").read_text()
    assert "## Attacks step by step" in text and text.count("figures/steps_a.png") == 1
    assert "Attacks step by step" in Page((folder / "report.html").read_text()).text
    (folder / curves.FILE).write_text("model,image\n\x00")
    with pytest.raises(ValueError, match="curves.csv is damaged"):
        write_report(folder, with_tensorboard=False)


def test_claims_and_cells_are_written_as_they_were_judged(run):
    claims = json.loads((run.folder / "claims.json").read_text())
    assert [Judgement(**claim) for claim in claims] == STUDIES[run.study].judged(run)
    text = (run.folder / "results.md").read_text()
    assert all(f"| {claim['number']} | " in text for claim in claims)

    table = pd.read_csv(run.folder / "results.csv", keep_default_na=False, na_values=[""])
    assert tuple(table.columns) == COLUMNS
    np.testing.assert_allclose(table["iou"], run.table["iou"], rtol=1e-15)
    by_class = pd.read_csv(run.folder / "per_class.csv", keep_default_na=False, na_values=[""])
    np.testing.assert_allclose(by_class["iou"], table["iou"], rtol=1e-12)  # of one class it is the mean
    free = [cell.epsilon is None for cell in run.results.cells]
    assert table["epsilon"].isna().tolist() == free and (table["linf"][free] == 3.25).all()


def test_tensorboard_is_written_too(run, written):
    assert run.folder / "tensorboard" in written
    model = EXAMPLES[run.study][0]
    assert list((run.folder / "tensorboard" / model).glob("*.tfevents.*"))


def test_a_terminal_shows_tables_without_verdicts(run):
    text = summary_text(run)
    assert text == summary_text(run.folder) == summary_text(str(run.folder))
    assert "camvid" not in text and f"made_up validation, {IMAGES} images" in text
    assert "![" not in text and "|" not in text and "C58" not in text and "C72" not in text and "C4 " not in text


def test_an_unknown_study_is_refused_by_name(robustness):
    folder = robustness().folder
    recipe = json.loads((folder / "recipe.json").read_text())
    (folder / "recipe.json").write_text(json.dumps({"recipe": recipe["recipe"] | {"study": "defences"}}))
    for act in (write_report, summary_text):
        with pytest.raises(
            ValueError, match="Unknown study 'defences'; choose one of: certificate, crf, masking, robustness, trans"
        ):
            act(folder)
    assert not (folder / "claims.json").exists()


def test_an_unfinished_run_is_refused(robustness, tmp_path):
    with pytest.raises(ValueError, match="is no run folder"):
        write_report(tmp_path)
    folder = robustness().folder
    (folder / "cells.npz").unlink()
    with pytest.raises(ValueError, match="has not finished"):
        write_report(folder)


def test_verdicts_come_by_subject_with_the_images_that_they_rest_on():
    found = [Judgement(f"C{n}", about, "s", "holds", "m", 5, 5) for n, about in enumerate("aab")]
    found.append(Judgement("C3", "b", "s", "holds", "m", 5, 2))
    assert [(table.subject, table.images, len(table.rows)) for table in claims_part(found)] == [
        ("a", "5 images", 2),
        ("b", "5 images", 1),
        ("b", "5 images in 2 groups of alike ones", 1),
    ]
    (table,) = claims_part(found[:1])
    assert isinstance(table, ClaimTable) and dataclasses.astuple(table.rows[0]) == ("C0", "s", "holds", "m")
    assert claims_part([]) == []


def imported(code: str) -> str:
    """Which of the large libraries a program loads."""
    code += "; import sys; print({'matplotlib', 'tensorflow', 'matplotlib.pyplot'} & set(sys.modules))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_judging_loads_no_large_library(run):
    code = "from tfadvseg.studies import STUDIES; from tfadvseg.studies.run import FinishedRun"
    assert imported(f"{code}; run = FinishedRun.read({str(run.folder)!r}); STUDIES[run.study].judged(run)") == "set()"


def test_drawing_loads_no_tensorflow_and_no_pyplot(robustness):
    folder = str(robustness().folder)
    code = f"from tfadvseg.studies.report import write_report; write_report({folder!r}, with_tensorboard=False)"
    assert imported(code) == "{'matplotlib'}"


def test_every_study_can_be_reported():
    for study in STUDIES.values():
        assert all(callable(part) for part in study.report()[:4])
