"""Attacked here, broken there, and a class that was hidden: tables of runs that nobody ran."""

import dataclasses

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, PIXELS, Answer, cell, results

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.hiding import Hiding
from tfadvseg.reports.document import Heading, Table
from tfadvseg.runs import hidden, parts
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.robustness.by_region import region_part
from tfadvseg.studies.robustness.hidden import hid, hiding_part
from tfadvseg.studies.robustness.report import document, summary

ANSWERS = {cell("a"): Answer(80.0), cell("a", "fgsm", 8.0): Answer(40.0)}
CLEAN, ATTACKED = 0, 1


def in_a_region(run):
    """A quarter of each image, of which 90 % of 80 and then 10 % of it are right."""
    labelled = np.full((2, IMAGES, 1), PIXELS / 4)
    hits = labelled * np.array([0.9, 0.1])[:, None, None]
    region = labelled[..., 0].copy()
    measured = dataclasses.replace(run.results, inside=Counts(hits, labelled, hits), region=region)
    return dataclasses.replace(run, results=measured)


def tables(blocks):
    return [block for block in blocks if isinstance(block, Table)]


def test_each_part_is_compared_with_its_own_clean_images(finish):
    """Outside 800,000 - 225,000 of 750,000 pixels are right, then 400,000 - 25,000: 76.7 and 50.0, so 65.2 %."""
    clean, ratios, right = tables(region_part(in_a_region(finish("robustness", ANSWERS, {}))))
    assert clean.header[3:] == ["Clean IoU whole", "Clean IoU inside", "Clean IoU outside"]
    assert clean.rows == [["a", "25.0", "0", "80.0 [80.0, 80.0]", "90.0 [90.0, 90.0]", "76.7 [76.7, 76.7]"]]
    kept = ["50.0 [50.0, 50.0]", "11.1 [11.1, 11.1]", "65.2 [65.2, 65.2]"]
    assert ratios.header == ["Network", "Attack", "Epsilon", "Whole", "Inside", "Outside"]
    assert ratios.rows == [["a", "FGSM", "8", *kept]]
    assert [row[1:3] for row in right.rows] == [["clean", "0"], ["FGSM", "8"]]
    assert right.rows[1][3:] == ["40.0 [40.0, 40.0]", "10.0 [10.0, 10.0]", "50.0 [50.0, 50.0]"]


def test_shares_of_pixels_end_at_100(finish):
    """All pixels of most images are right and none of the last, whose bootstrap would reach beyond."""
    run = in_a_region(finish("robustness", ANSWERS, {}))
    hits = run.results.inside.labelled * np.where(np.arange(IMAGES) < IMAGES - 1, 1.0, 0.0)[:, None]
    inside = run.results.inside._replace(hits=hits, predicted=hits)
    measured = dataclasses.replace(run.results, inside=inside)
    clean, _, right = tables(region_part(dataclasses.replace(run, results=measured)))
    assert clean.rows[0][4].endswith(", 100.0]") and right.rows[1][4].endswith(", 100.0]")


def test_of_an_empty_region_nothing_is_known_inside(finish):
    run = in_a_region(finish("robustness", ANSWERS, {}))
    nothing = np.zeros((2, IMAGES, 1))
    measured = dataclasses.replace(run.results, inside=Counts(nothing, nothing, nothing), region=nothing[..., 0])
    clean, ratios, _ = tables(region_part(dataclasses.replace(run, results=measured)))
    assert clean.rows[0][1:3] == ["0.0", str(IMAGES)] and clean.rows[0][4] == "-"
    assert ratios.rows[0][3:] == ["50.0 [50.0, 50.0]", "-", "50.0 [50.0, 50.0]"]


def test_a_region_of_a_class_says_what_its_ratio_hides(finish):
    run = in_a_region(finish("robustness", ANSWERS, {}))
    assert "read the share of right pixels" not in region_part(run)[1].text
    of_a_class = dataclasses.replace(run, settings={**run.settings, "region": {"class": "car"}})
    assert "read the share of right pixels" in region_part(of_a_class)[1].text


def test_the_parts_of_the_file_are_those_of_the_table(finish):
    found = parts.table(in_a_region(finish("robustness", ANSWERS, {})).results)
    assert tuple(found.columns) == parts.COLUMNS
    assert found["part"].tolist() == ["whole", "inside", "outside"] * 2
    assert found["attack"].tolist() == ["clean"] * 3 + ["fgsm"] * 3
    np.testing.assert_allclose(found["iou"], [80, 90, 230 / 3, 40, 10, 50])
    np.testing.assert_allclose(found["iou_ratio"][3:], [50, 100 / 9, 50 / 230 * 300])
    assert found["pixels"].tolist() == [PIXELS * IMAGES, PIXELS * IMAGES // 4, 3 * PIXELS * IMAGES // 4] * 2


def hiding(found, kept=90.0):
    """Of 1000 pixels an image `found` are still found, on images of which the last has none; of 9000, `kept` %."""
    own = np.full((2, IMAGES), 1000.0)
    own[:, -1] = 0
    still, rest = own.copy(), np.full((2, IMAGES), 9000.0)
    still[ATTACKED] *= np.broadcast_to(found, IMAGES) / 1000
    same = rest.copy()
    same[ATTACKED] *= kept / 100
    return Hiding(own, still, rest, same)


def hidden_run(finish, counts):
    run = finish("robustness", ANSWERS, {})
    run = dataclasses.replace(run, results=dataclasses.replace(run.results, hiding=counts))
    return dataclasses.replace(run, settings={**run.settings, "hidden": "car"})


def test_shares_of_a_hidden_class(finish):
    run = hidden_run(finish, hiding(found=250.0))
    heading, told, table = hiding_part(run)
    assert heading.text == "Hiding car" and f"{IMAGES - 1} of {IMAGES} of which have such pixels" in told.text
    assert table.rows == [["a", "FGSM", "8", "25.0 [25.0, 25.0]", "90.0 [90.0, 90.0]"]]
    file = hidden.table(run.results)
    assert tuple(file.columns) == hidden.COLUMNS and file["attack"].tolist() == ["fgsm"]
    row = file.iloc[0]
    assert (row["found"], row["kept"], row["hidden"]) == (25.0, 90.0, 1000 * (IMAGES - 1))


def test_intervals_are_over_the_images_that_have_the_class(finish):
    """Half of them lose everything, half nothing; the table's interval is the file's, but for rounding."""
    run = hidden_run(finish, hiding(found=500 + 500 * OPPOSITE))
    (one,) = hid(run.evidence)
    assert one.units == IMAGES - 1
    row = hidden.table(run.results).iloc[0]
    share = f"{row['found']:.1f} [{row['found_low']:.1f}, {row['found_high']:.1f}]"
    assert hiding_part(run)[2].rows[0][3] == share and row["found_high"] - row["found_low"] > 40


def test_a_class_that_is_nowhere_has_no_share(finish):
    counts = Hiding(*(part * keep for part, keep in zip(hiding(250.0), (0, 0, 1, 1), strict=True)))
    assert hiding_part(hidden_run(finish, counts))[2].rows[0][3:] == ["-", "90.0 [90.0, 90.0]"]


@pytest.mark.parametrize("make", [document, summary])
def test_both_are_told_in_the_report_and_the_terminal_and_nowhere_without(finish, make):
    arguments = ([], []) if make is document else ()
    run = hidden_run(finish, hiding(250.0))
    titles = [block.text for block in make(in_a_region(run), *arguments).blocks if isinstance(block, Heading)]
    assert {"Attacked here, broken there", "Hiding car"} <= set(titles)
    plain = dataclasses.replace(run, results=results(ANSWERS))
    plain = dataclasses.replace(run, results=plain.results)
    titles = [block.text for block in make(plain, *arguments).blocks if isinstance(block, Heading)]
    assert not {"Attacked here, broken there", "Hiding car"} & set(titles)
    assert not len(parts.table(plain.results)) and not len(hidden.table(plain.results))


def test_accuracy_is_the_share_of_right_pixels():
    evidence = Evidence(results(ANSWERS))
    score = evidence.accuracy(model="a", attack="fgsm")
    assert score[0] == 40 and evidence.interval(score) == pytest.approx((40, 40))
