"""Files and folders that are there whole or not at all."""

import errno
import os

import pytest

from tfadvseg.atomic import remove_left_over, replaced_folder, write_atomically


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError) as caught:
        write_atomically(tmp_path / "a.txt", lambda file: file.write(b"new"))
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "a.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"


def test_a_writer_that_fails_never_touches_the_disk(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "a.txt", lambda file: file.write(b"half") / 0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_replaced_once_it_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()
    with pytest.raises(KeyError), replaced_folder(tmp_path / "a") as scratch:
        (scratch / "half").touch()
        raise KeyError
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "old"]
    with replaced_folder(tmp_path / "a") as scratch:
        (scratch / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "new"]


def test_a_folder_that_cannot_take_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").touch()
    replace, calls = os.replace, []

    def failing(source, target):
        calls.append(source)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OSError, match="Input/output"), replaced_folder(tmp_path / "a"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "old"]


def test_what_other_runs_below_are_writing_stays(tmp_path):
    other = tmp_path / "nested" / "run"
    (other / "units").mkdir(parents=True)
    (other / ".lock").touch()
    written = other / "units" / f".a.npz.{'0f' * 16}"
    written.touch()
    remove_left_over(tmp_path)
    assert written.exists()
    remove_left_over(other)
    assert not written.exists()


def test_what_killed_processes_left_half_written_is_removed(tmp_path):
    (tmp_path / "units").mkdir()
    halves = [tmp_path / "units" / f".a.npz.{'0f' * 16}", tmp_path / f".tensorboard.{'a1' * 16}"]
    halves[0].touch()
    halves[1].mkdir()
    kept = [tmp_path / "units" / "a.npz", tmp_path / ".lock", tmp_path / ".notes.txt"]
    for path in kept:
        path.touch()
    remove_left_over(tmp_path)
    assert all(path.exists() for path in kept) and not any(path.exists() for path in halves)


def test_a_link_among_them_is_removed_and_not_followed(tmp_path):
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    run.mkdir()
    elsewhere.mkdir()
    (elsewhere / "thesis.tex").touch()
    link = run / f".tensorboard.{'a1' * 16}"
    link.symlink_to(elsewhere)
    remove_left_over(run)
    assert not link.is_symlink() and (elsewhere / "thesis.tex").exists()
