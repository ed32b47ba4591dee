"""Which photographs the words of a user name, and what each is called."""

import os

import numpy as np
import pytest
from PIL import Image

from tfadvseg.data.photographs import split
from tfadvseg.data.split import Damaged


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Files of many names; what is in them matters where they are read."""
    names = (
        "a.png",
        "b.JPG",
        "notes.txt",
        ".hidden.png",
        "mit Leerzeichen.png",
        "gr\u00f6\u00dfe \u65e5\u672c.png",
        "x,y.png",
        "photo[1].png",
        "sub/a.png",
        "sub/deep/c.webp",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 4), (1, 2, 3)).save(tmp_path / name, format="PNG")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def taken(*words, **settings):
    """The files, relative to the folder."""
    return [os.path.relpath(path) for (path,) in split(words, **settings).origins]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.png"], ["a.png"]),
        (["*.png"], ["a.png", "gr\u00f6\u00dfe \u65e5\u672c.png", "mit Leerzeichen.png", "photo[1].png", "x,y.png"]),
        (["sub"], ["sub/a.png"]),
        (["sub/**"], ["sub/a.png", "sub/deep/c.webp"]),
        (["b.JPG,a.png"], ["b.JPG", "a.png"]),
        (["b.JPG, sub/*.png", "a.png"], ["b.JPG", "sub/a.png", "a.png"]),
        (["x,y.png"], ["x,y.png"]),
        (["photo[1].png"], ["photo[1].png"]),
        (["notes.txt"], ["notes.txt"]),
        (["a.png", "./a.png,sub/../a.png", "[a]*"], ["a.png"]),
    ],
)
def test_words_name_files_folders_and_patterns(folder, words, expected):
    assert taken(*words) == expected


def test_of_a_folder_what_looks_like_a_photograph_is_taken(folder):
    found = taken(".")
    assert "b.JPG" in found and not {"notes.txt", ".hidden.png", "sub/a.png"} & set(found)


def test_what_an_earlier_run_wrote_is_left_out(folder):
    assert taken("**/*.png", leave_out="sub/../sub") == taken("*.png")


def test_names_are_as_short_as_they_can_be(folder):
    assert split(["**/*.png", "sub/deep/c.webp", "b.JPG"]).ids == (
        f"{folder.name}/a",
        "gr\u00f6\u00dfe \u65e5\u672c",
        "mit Leerzeichen",
        "photo[1]",
        "sub/a",
        "x,y",
        "c",
        "b",
    )


def test_a_name_stays_within_its_folder(folder, monkeypatch):
    """Neither .. nor a root gets into a name."""
    monkeypatch.chdir(folder / "sub")
    assert split(["../a.png", "a.png"]).ids == (f"{folder.name}/a", "sub/a")


@pytest.mark.parametrize("word", ["none.png", "a.png,none.png", "*.bmp", "empty"])
def test_a_word_that_names_nothing_is_refused(folder, word):
    (folder / "empty").mkdir()
    wrong = word.split(",")[-1].replace("*", r"\*")
    with pytest.raises(ValueError, match=f"^{wrong} names no photograph in `images`: no such file, nor a folder or"):
        split([word])


def test_no_word_at_all_is_refused(folder):
    with pytest.raises(ValueError, match="There is no photograph to attack; name files, folders or patterns"):
        split([])


def test_photographs_are_read_without_labels(folder):
    found = split(["a.png", "sub"])
    name, image, labels = found[0]
    assert (name, image.shape, set(image.ravel())) == (found.ids[0], (4, 5, 3), {1, 2, 3})
    np.testing.assert_array_equal(labels, np.full((4, 5), 255))
    assert found.only(1).ids == found.ids[1:] and found.only(1).origins == found.origins[1:]
    (folder / "a.png").write_bytes(b"")
    with pytest.raises(Damaged, match="it is empty"):
        found[0]
