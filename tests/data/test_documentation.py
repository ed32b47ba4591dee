"""docs/data/datasets.md says what the code says."""

import pathlib
import re

import pytest

from tfadvseg import data
from tfadvseg.data.classes import read_classes

TEXT = (pathlib.Path(__file__).parents[2] / "docs" / "data" / "datasets.md").read_text()


def dataset(name):
    return data.named(name, **({"classes": "classes.csv"} if name == "folder" else {}))


@pytest.fixture(autouse=True)
def classes(tmp_path, monkeypatch):
    """The documentation's own file, where `folder` finds it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "classes.csv").write_text(re.search(r"```csv\n(.*?)```", TEXT, re.S)[1])


def test_its_file_of_classes_is_read():
    found = read_classes(pathlib.Path("classes.csv"))
    assert found.label_space.names == ("road", "car") and [entry.index for entry in found.entries] == [0, 1, 2]
    assert [entry.ignored for entry in found.entries] == [False, False, True]


def test_its_layouts_are_those_that_the_command_line_shows():
    sections = re.findall(r"^## ([^\n:]+).*?\n```\n(.*?)```", TEXT, re.S | re.M)
    assert [name for names, _ in sections for name in names.split(", ")] == [n for n in ORDER if n != "scenes"]
    for names, layout in sections:
        for name in names.split(", "):
            for line in layout.splitlines():
                assert f"    {line}\n" in data.about(name), (name, line)


ORDER = ("camvid", "cityscapes", "cityscapes_full", "voc", "ade20k", "folder", "scenes")


def test_its_table_has_every_dataset_with_its_splits_and_classes():
    assert set(ORDER) == set(data.DATASETS)
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|", TEXT, re.M)
    for names, splits, classes in rows:
        for name in re.findall(r"`(\w+)`", names):
            found = dataset(name)
            refused = {"test"} if name.startswith("cityscapes") else set()
            assert splits.split(", ") == [split for split in found.splits if split not in refused]
            assert classes in (str(found.label_space.classes), "yours")
