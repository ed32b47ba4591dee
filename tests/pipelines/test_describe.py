"""The table of the networks, as a user asks for it."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def describe(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pipelines.describe", *arguments],
        cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_all_networks_are_listed_beside_table_6():
    done = describe("--models=all", "--nomeasure")
    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.count("  ") > 5}
    assert len(rows) == 1 + 16
    assert rows["enet"] == ["cityscapes", "512x1024", "381,287", "1.5", "1.5", "0.0", "8.0"]
    assert rows["pspnet_voc"] == ["voc", "473x473", "65,819,349", "251.1", "272.7", "-21.6", "459.6"]


def test_a_thin_network_is_timed_and_not_compared_with_table_6():
    done = describe("--models=segnet", "--width=0.05", "--repeats=1")
    assert done.returncode == 0, done.stderr
    (row,) = (line.split() for line in done.stdout.splitlines() if line.startswith("segnet"))
    assert row[6] == "-" and row[9] == row[11] == "ms"
    assert 0 < float(row[8]) and 0 < float(row[10]) and 0 < float(row[12])


def test_an_unknown_network_is_refused_in_one_sentence():
    done = describe("--models=segnet,pspnet")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("Error: Unknown model 'pspnet'; choose one of: crf_rnn, deeplab_v2_resnet101, ")
    assert len(done.stderr.splitlines()) == 1
