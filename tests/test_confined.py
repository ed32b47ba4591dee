"""What a file names stays in its folder, whatever it tries."""

import os

import pytest

from tfadvseg.confined import confined, is_endless


@pytest.mark.parametrize("name", ["a.npz", "a/b.npz", "./a", "..a", "a..b/c", "...", "net@50", "~/x"])
def test_a_name_within_is_its_path(tmp_path, name):
    assert confined(tmp_path, name, "card.json") == tmp_path / name


@pytest.mark.parametrize("name", ["../x", "..", "a/../../x", "a/..", "/etc/passwd", "/", "a\0b"])
@pytest.mark.parametrize("links", [False, True])
def test_a_name_that_leads_out_is_refused_in_a_sentence(tmp_path, name, links):
    with pytest.raises(ValueError, match=r"card.json names '.*', which is outside of .*within\.$") as caught:
        confined(tmp_path, name, "card.json", links)
    assert "\n" not in str(caught.value)


def test_so_is_a_link_and_what_lies_behind_one(tmp_path):
    """Unless people may link their own files; a link that stays in the folder leads nowhere else."""
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "out").symlink_to(elsewhere)
    (folder / "own").symlink_to(folder / "a.npz")
    for name in ("out", "out/x.npz"):
        with pytest.raises(ValueError, match="is outside of"):
            confined(folder, name, "card.json")
        assert confined(folder, name, "card.json", links=True) == folder / name
    assert confined(folder, "own", "card.json") == folder / "own"


def test_the_folder_itself_may_be_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    assert confined(tmp_path / "linked", "a", "card.json") == tmp_path / "linked" / "a"


def test_a_neighbour_whose_name_begins_alike_is_outside(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run2").mkdir()
    (tmp_path / "run" / "x").symlink_to(tmp_path / "run2")
    with pytest.raises(ValueError, match="is outside of"):
        confined(tmp_path / "run", "x", "card.json")


def test_what_cannot_be_looked_at_is_left_to_who_reads_it(tmp_path):
    assert not is_endless(tmp_path) and not is_endless(tmp_path / "nothing") and not is_endless(tmp_path / ("x" * 300))
    os.mkfifo(tmp_path / "pipe")
    assert is_endless(tmp_path / "pipe")
