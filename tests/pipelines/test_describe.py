"""The table of the networks, as a user asks for it."""

import functools

import pytest


@pytest.fixture
def describe(call):
    return functools.partial(call, "describe")


def rows_of(done):
    """{network: the words of its row}, the title among them."""
    assert done.returncode == 0, done.stderr
    return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.count("  ") > 5}


@pytest.mark.slow
def test_all_networks_are_listed(describe):
    assert len(rows_of(describe("--models=all", "--nomeasure"))) == 1 + 16


def test_networks_are_listed_beside_table_6(describe):
    rows = rows_of(describe("--models=enet,pspnet_voc", "--nomeasure"))
    assert len(rows) == 1 + 2
    assert rows["enet"] == ["cityscapes", "512x1024", "381,287", "1.5", "1.5", "0.0", "8.0"]
    assert rows["pspnet_voc"] == ["voc", "473x473", "65,819,349", "251.1", "272.7", "-21.6", "459.6"]


def test_a_thin_network_is_timed_and_not_compared_with_table_6(describe):
    done = describe("--models=segnet", "--width=0.05", "--repeats=1")
    assert done.returncode == 0, done.stderr
    (row,) = (line.split() for line in done.stdout.splitlines() if line.startswith("segnet"))
    assert row[6] == "-" and row[9] == row[11] == "ms"
    assert 0 < float(row[8]) and 0 < float(row[10]) and 0 < float(row[12])


def test_an_unknown_network_is_refused_in_one_sentence(describe):
    done = describe("--models=segnet,pspnet")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("Error: Unknown model 'pspnet'; choose one of: pspnet_voc, segnet, enet, ")
    assert len(done.stderr.splitlines()) == 1
