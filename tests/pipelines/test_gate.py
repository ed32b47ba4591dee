"""The gate as a build server runs it: exit codes, files, and one sentence for each mistake."""

import json
import pathlib
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "studies"))

from made_up import Answer, cell, write_run

HOSTILE = 'net<"&1>'


@pytest.fixture
def folder(tmp_path):
    """IoU ratios of 60 and, at epsilon 8, 40 %."""
    answers = {
        cell(HOSTILE): Answer(50.0),
        cell(HOSTILE, "fgsm", 1.0): Answer(30.0),
        cell(HOSTILE, "fgsm", 8.0): Answer(20.0),
    }
    return write_run(tmp_path / "run", "robustness", answers, {}, data="photographs")


def test_what_is_fulfilled_ends_with_0(call, folder):
    ended = call("gate", folder, "--require=iou_ratio@fgsm,1 >= 0.6", "--require=iou@clean > 49%")
    assert ended.returncode == 0, ended.stderr
    judged = json.loads((folder / "validation.json").read_text())
    assert judged["passed"] and [one["verdict"] for one in judged["requirements"]] == ["passed", "passed"]
    assert {"requirement", "metric", "slice", "threshold", "value", "interval", "passed", "reason"} <= set(
        judged["requirements"][0]
    )
    assert judged["requirements"][0]["slice"]["model"] == HOSTILE
    assert f"iou_ratio@fgsm,1 >= 0.6 ({HOSTILE})  passed" in ended.stdout and "junit.xml" in ended.stdout


def test_what_is_missed_ends_with_1(call, folder, tmp_path):
    (tmp_path / "gate.txt").write_text("# release\niou_ratio@8 >= 0.5  # of all attacks\n")
    out = tmp_path / "new" / "out"
    ended = call("gate", folder, f"--requirements={tmp_path / 'gate.txt'}", f"--output={out}")
    assert ended.returncode == 1 and ended.stderr == ""
    case = ET.parse(out / "junit.xml").getroot().find("testsuite/testcase")
    assert case.get("name") == f"iou_ratio@8 >= 0.5 ({HOSTILE})" and "none of the interval" in case[0].get("message")
    assert not (folder / "validation.json").exists()


def test_a_change_is_judged(call, folder):
    flags = (f"--baseline={folder}", "--require_change=iou_ratio@8 >= 0")
    assert call("gate", folder, *flags).returncode == 0
    assert call("gate", folder, flags[0], "--require_change=iou_ratio@8 > 0").returncode == 1


def test_what_cannot_be_judged_ends_with_2(call, folder, tmp_path):
    for arguments, says in (
        ((), "Name the one run folder"),
        ((folder,), "Error: A gate needs a requirement, such as --require='iou_ratio@ifgsm_ll,4 >= 0.5'."),
        ((folder, "--require=iou@8 >= 50"), "write 50%; got"),
        ((folder, "--require=iou@4 >= 0.5"), "there epsilon is 1, 8"),
        ((folder, "--baselines=x"), "Unknown flag --baselines"),
        ((folder, f"--requirements={tmp_path / 'none.txt'}"), "none.txt"),
        ((folder, "--require_change=iou@8 >= 0"), "--require_change and --baseline mean nothing without"),
        ((tmp_path, "--require=iou@8 >= 0.5"), "is no run folder"),
    ):
        ended = call("gate", *arguments)
        assert ended.returncode == 2 and says in ended.stderr and ended.stdout == "", ended
        assert len(ended.stderr.splitlines()) == 1


def test_a_run_that_is_not_finished_or_damaged_ends_with_2(call, folder):
    whole = (folder / "cells.npz").read_bytes()
    for content, says in ((whole[: len(whole) // 2], "cells.npz is damaged"), (None, "its run has not finished")):
        (folder / "cells.npz").unlink()
        if content is not None:
            (folder / "cells.npz").write_bytes(content)
        ended = call("gate", folder, "--require=iou@8 >= 0.5")
        assert ended.returncode == 2 and says in ended.stderr and len(ended.stderr.splitlines()) == 1


def test_scores_that_are_no_numbers_end_with_1(call, tmp_path):
    answers = {cell("net"): Answer(0.0), cell("net", "fgsm", 8.0): Answer(0.0)}
    run = write_run(tmp_path / "run", "robustness", answers, {})
    ended = call("gate", run, "--require=iou_ratio@8 >= 0.5")
    assert ended.returncode == 1 and "There is no such number" in ended.stdout
    (one,) = json.loads((run / "validation.json").read_text())["requirements"]
    assert one["value"] is None and np.isfinite(one["threshold"])


def test_what_the_run_warns_of_is_passed_on(call, tmp_path):
    """A gradient that is zero everywhere makes any network look robust."""
    answers = {cell("net"): Answer(50.0), cell("net", "fgsm", 8.0): Answer(50.0)}
    run = write_run(tmp_path / "run", "robustness", answers, {}, ["net has no gradient."])
    ended = call("gate", run, "--require=iou_ratio@8 >= 0.9")
    assert ended.returncode == 0 and "- Warning: net has no gradient." in ended.stdout
    assert json.loads((run / "validation.json").read_text())["warnings"] == ["net has no gradient."]
    assert ET.parse(run / "junit.xml").getroot().find("testsuite/system-err").text == "net has no gradient."


@pytest.mark.parametrize("words", [["gs://bucket/run"], ["RUN", "--output=gs://bucket/cards"]])
def test_a_store_is_refused_before_anything_is_written(call, folder, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    ended = call("gate", *(str(folder) if word == "RUN" else word for word in words), "--require=iou@clean >= 0.1")
    assert ended.returncode == 2 and "gs://bucket/" in ended.stderr and not (tmp_path / "gs:").exists()
