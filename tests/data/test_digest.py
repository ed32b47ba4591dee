"""Digests of files: read once, and never old."""

import hashlib
import os

import pytest

from tfadvseg.data import digest as module
from tfadvseg.data.digest import digest


def settled(path, content, seconds=0):
    """A file that changed long ago, and `seconds` after others."""
    path.write_bytes(content)
    os.utime(path, (1_500_000_000 + seconds, 1_500_000_000 + seconds))
    return path


@pytest.fixture
def files(tmp_path):
    return [settled(tmp_path / name, content) for name, content in (("a", b"first"), ("b", b"second"))]


@pytest.fixture
def read(monkeypatch):
    """The files whose bytes were hashed."""
    found, hash_file = [], hashlib.file_digest

    def counted(file, algorithm):
        found.append(os.path.basename(file.name))
        return hash_file(file, algorithm)

    monkeypatch.setattr(module.hashlib, "file_digest", counted)
    return found


def test_a_digest_by_hand(files):
    lines = [f"{name} {hashlib.sha256(content).hexdigest()}\n" for name, content in (("a", b"first"), ("b", b"second"))]
    assert digest(files) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_second_time_no_file_is_read(files, read):
    first = digest(files)
    assert read == ["a", "b"]
    assert digest(files) == first and read == ["a", "b"]


def test_the_order_and_the_choice_of_files_count(files):
    assert len({digest(files), digest(files[::-1]), digest(files[:1]), digest(files[1:]), digest([])}) == 5


def test_an_edited_file_of_the_same_size_gives_another_digest(files, read):
    before = digest(files)
    settled(files[0], b"fi_st", seconds=1)
    assert digest(files) != before
    settled(files[0], b"first", seconds=2)
    assert digest(files) == before and len(read) == 6


def test_a_file_that_has_just_changed_may_change_again_at_the_same_time(files, read):
    """Its time has a tick of some milliseconds, so two edits may share one; nothing is kept of the first."""
    files[0].write_bytes(b"first edit ")
    state = files[0].stat()
    before = digest(files)
    files[0].write_bytes(b"second edit")
    os.utime(files[0], ns=(state.st_atime_ns, state.st_mtime_ns))
    assert digest(files) != before and len(read) == 4


def test_a_name_counts_but_not_where_it_lies(tmp_path, files):
    (tmp_path / "other").mkdir()
    assert digest([settled(tmp_path / "other" / "a", b"first"), files[1]]) == digest(files)
    assert digest([settled(tmp_path / "other" / "c", b"first"), files[1]]) != digest(files)


def test_a_relative_path_is_the_file_it_names(tmp_path, monkeypatch, files, read):
    before = digest(files)
    monkeypatch.chdir(tmp_path)
    assert digest([path.relative_to(tmp_path) for path in files]) == before and len(read) == 2


@pytest.mark.parametrize("content", [b"", b"0123abcd", b"\xff" * 64, b"g" * 64])
def test_a_damaged_record_is_made_again(files, read, digests, content):
    before = digest(files)
    (record,) = digests.iterdir()
    record.write_bytes(content)
    assert digest(files) == before and len(read) == 4
    assert digest(files) == before and len(read) == 4


def test_a_cache_that_cannot_be_written_is_done_without(files, read, tmp_path, monkeypatch):
    expected = digest(files)
    monkeypatch.setenv("TFADVSEG_CACHE", str(settled(tmp_path / "file", b"")))
    assert digest(files) == digest(files) == expected and len(read) == 6


def test_without_the_variable_the_cache_is_at_home(files, tmp_path, monkeypatch):
    monkeypatch.delenv("TFADVSEG_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    digest(files)
    assert len(list((tmp_path / "home" / ".cache" / "tfadvseg" / "digests").iterdir())) == 1


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nothing"):
        digest([tmp_path / "nothing"])
