"""Stores: the same calls mean the same on a disk and in object stores, whose failures are told in a sentence."""

import json
import pathlib
import pickle
import sys
import threading

import fsspec
import numpy as np
import pytest
from fake_store import BUCKET, FAULTS, FakeStore
from fsspec import AbstractFileSystem

from tfadvseg.data.digest import digest
from tfadvseg.runs.folder import RunFolder, claimed
from tfadvseg.runs.object_store import PUT_IF_ABSENT, ObjectStore, Unreachable
from tfadvseg.runs.scratch import on_disk
from tfadvseg.runs.store import Disk, store_of

UNIT = {"values": np.arange(3)}


@pytest.fixture(params=["disk", "memory", "fake"])
def place(request, tmp_path, bucket):
    if request.param == "disk":
        return tmp_path / "run"
    return f"memory://{tmp_path.name}/run" if request.param == "memory" else f"{bucket}/run"


def put(store, name, text):
    store.write(name, lambda file: file.write(text.encode()))


def test_what_is_written_is_read_listed_and_removed(place):
    store = store_of(place)
    store.create()
    inner = store.below("inner")
    inner.create()
    assert store.names(deep=True) == [] and not store.exists("a") and store.room() > 1e6
    with pytest.raises(FileNotFoundError):
        store.read("a")
    put(store, "a", "1")
    put(store, "a", "2")
    put(store, ".hidden", "3")
    put(inner, "b", "4")
    assert (store.read("a"), inner.read("b"), store.read("inner/b")) == (b"2", b"4", b"4")
    assert (store.names(), store.names(deep=True), inner.names()) == (["a"], ["a", "inner/b"], ["b"])
    assert store.exists(".hidden") and str(inner) == f"{place}/inner" and str(store) == str(place)
    store.remove("a")
    store.remove("a")
    assert not store.exists("a") and pickle.loads(pickle.dumps(inner)).read("b") == b"4"


def test_digests_are_the_same_everywhere(place, tmp_path):
    store = store_of(place)
    store.create()
    (tmp_path / "plain").mkdir()
    for name in ("a", "b"):
        put(store, name, name)
        (tmp_path / "plain" / name).write_text(name)
    assert store.digest(["a", "b"]) == digest([tmp_path / "plain/a", tmp_path / "plain/b"])
    assert store.digest(["a", "b"]) != store.digest(["b", "a"])


def test_of_many_who_write_once_all_obey_the_first(place, monkeypatch):
    monkeypatch.setattr("tfadvseg.runs.object_store.PUT_IF_ABSENT", PUT_IF_ABSENT | {"fake"})
    store, answers = store_of(place), []
    store.create()

    def write(number):
        store.write_once("answer", lambda file: file.write(f"{number}".encode()))
        answers.append(store.read("answer"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(answers)) == 1


def test_a_store_that_cannot_tell_who_was_the_first_refuses_what_differs(bucket, monkeypatch):
    """Between the look and the put somebody else writes."""
    store, pipe_file = store_of(bucket), FakeStore.pipe_file

    def overwritten(self, path, value, mode="overwrite"):
        pipe_file(self, path, value)
        pipe_file(self, path, other)

    monkeypatch.setattr(FakeStore, "pipe_file", overwritten)
    other = b"theirs"
    with pytest.raises(Unreachable, match="answer was written by two processes at the same moment, .* start this one"):
        store.write_once("answer", lambda file: file.write(b"ours"))
    other = b"ours"
    store.write_once("same", lambda file: file.write(b"ours"))


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_paths_are_disks(tmp_path, scheme):
    assert store_of(f"{scheme}{tmp_path}") == Disk(tmp_path) == store_of(Disk(tmp_path))
    assert store_of("gs://bucket/run/") == ObjectStore("gs://bucket/run")


def test_a_run_folder_is_the_same_wherever_it_lies(place):
    folder = RunFolder(place, {"seed": 0}, {"started": "monday"})
    assert folder.finished() == set() and folder.decide("xla", lambda: True) is True
    folder.save("a-00000", UNIT)
    again = RunFolder(place, {"seed": 0}, {"started": "tuesday"})
    assert again.finished() == {"a-00000"} and again.has("a-00000") and again.decide("xla", lambda: False) is True
    np.testing.assert_array_equal(again.load("a-00000")["values"], UNIT["values"])
    assert json.loads(again.store.read("recipe.json"))["notes"] == {"started": "monday"}
    with pytest.raises(ValueError, match="belongs to a run of another recipe: seed was 0 and is now 1"):
        RunFolder(place, {"seed": 1}, {})
    with again.probe() as word:
        assert folder.sees(word) and folder.finished() == {"a-00000"}
    assert not folder.sees(word)
    put(folder.units, "a-00000.npz", "PK and no more")
    with pytest.raises(ValueError, match="The finished unit .*/units/a-00000.npz is damaged; delete it"):
        folder.load("a-00000")


def test_without_locks_two_may_work_and_the_first_recipe_counts(bucket):
    store = store_of(f"{bucket}/run")
    with claimed(store), claimed(store, "1/2"):
        RunFolder(store, {"seed": 0}, {})
        with pytest.raises(ValueError, match="another recipe: seed was 0 and is now 1"):
            RunFolder(store, {"seed": 1}, {})
    with pytest.raises(ValueError, match="is no folder on a disk; choose another `folder`"):
        _ = RunFolder(store, {"seed": 0}, {}).path
    assert RunFolder(store, {"seed": 0}, {}).log("worker-0").parent.is_dir()


def test_a_put_that_breaks_off_leaves_no_unit_and_keeps_the_others(bucket, monkeypatch):
    monkeypatch.setenv(FAULTS, json.dumps({"fails": 2}))
    monkeypatch.setattr(FakeStore, "puts", 0)
    folder = RunFolder(f"{bucket}/run", {}, {})
    folder.save("a", UNIT)
    with pytest.raises(Unreachable) as failed:
        folder.save("b", UNIT)
    assert str(failed.value) == (
        f"{bucket}/run/units cannot be written (ConnectionError: Connection reset by peer); start the same command "
        "again, nothing finished is lost."
    )
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)  # as it comes from a worker
    assert folder.finished() == {"a"}
    folder.save("b", UNIT)
    assert folder.finished() == {"a", "b"}


def test_what_may_not_be_seen_is_not_taken_for_absent(bucket, monkeypatch):
    folder = RunFolder(f"{bucket}/run", {}, {})
    folder.save("a", UNIT)
    monkeypatch.setenv(FAULTS, json.dumps({"denied": True}))
    for ask in (folder.finished, lambda: RunFolder(f"{bucket}/run", {}, {})):
        with pytest.raises(Unreachable, match="cannot be read with these credentials .*AccessDenied.; ask for the per"):
            ask()
    with pytest.raises(Unreachable, match="cannot be written with these credentials"):
        folder.save("b", UNIT)

    def denied(*_, **__):
        raise PermissionError("Forbidden")

    for call in ("info", "cat_file"):
        monkeypatch.setattr(FakeStore, call, denied)
    for ask in (lambda: folder.has("a"), lambda: folder.load("a")):
        with pytest.raises(Unreachable, match="cannot be read with these credentials"):
            ask()


def test_a_bucket_that_is_not_there_or_vanishes_is_named(bucket):
    path = pathlib.Path(bucket.removeprefix("fake://"))
    folder = RunFolder(f"{bucket}/run", {}, {})
    (path / BUCKET).unlink()
    for write in (lambda: folder.save("a", UNIT), lambda: RunFolder(f"{bucket}/other", {}, {})):
        with pytest.raises(Unreachable, match="there is no bucket .*NoSuchBucket.; create it, or choose another `fol"):
            write()


@pytest.mark.parametrize(
    ("url", "package", "sentence"),
    [
        ("gs://b/run", "gcsfs", "needs a package that is not there; install gcsfs by: pip install gcsfs."),
        ("s3://b/run", "s3fs", "needs a package that is not there; install s3fs by: pip install s3fs."),
        ("nowhere://b/run", "", "has a protocol that fsspec does not know; choose another `folder`."),
    ],
)
def test_the_package_of_a_store_is_named(monkeypatch, url, package, sentence):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(Unreachable) as failed:
        store_of(url).names()
    assert str(failed.value) == f"{url} {sentence}"


def test_a_store_without_credentials_asks_for_them(bucket, monkeypatch):
    class NoCredentialsError(Exception):
        """As botocore calls it."""

    def unable(*_, **__):
        raise NoCredentialsError("Unable to locate credentials")

    monkeypatch.setattr(FakeStore, "ls", unable)
    with pytest.raises(Unreachable, match="asks for credentials .NoCredentialsError: Unable .*; set up those that"):
        store_of(bucket).names()


class Piecewise(AbstractFileSystem):
    """As fsspec's own way to put a file, by opening and writing."""

    protocol = "piecewise"

    def _open(self, path, mode="rb", **settings):
        raise AssertionError


def test_a_store_that_puts_no_file_whole_is_refused(monkeypatch):
    fsspec.register_implementation("piecewise", Piecewise, clobber=True)
    for write in (put, lambda store, name, text: store.write_once(name, lambda file: None)):
        with pytest.raises(Unreachable, match="piecewise://bucket/run is in a store that takes no file whole"):
            write(store_of("piecewise://bucket/run"), "a.npz", "")


def test_a_folder_that_was_made_as_an_object_is_no_file(bucket, monkeypatch):
    """As consoles of object stores make them."""
    store, ls = store_of(f"{bucket}/run"), FakeStore.ls
    put(store, "a", "")
    path = str(pathlib.Path(bucket.removeprefix("fake://")) / "run")
    for placeholder in (path, f"{path}/"):
        more = {"name": placeholder, "size": 0, "type": "file"}
        monkeypatch.setattr(FakeStore, "ls", lambda self, path, more=more, **settings: [more, *ls(self, path)])
        assert store.names() == store.names(deep=True) == ["a"]


def drawn(store, documents=("results.md", "claims.json"), pictures=("figures/a.png",)):
    """A report."""
    with on_disk(store) as folder:
        for name in (*documents, *pictures):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(name)
        return sorted(path.name for path in folder.iterdir())


def test_a_report_is_drawn_on_disk_and_put_with_its_documents_last(bucket, monkeypatch):
    store, puts, pipe_file = store_of(f"{bucket}/run"), [], FakeStore.pipe_file

    def noted(self, path, value, **mode):
        puts.append(path.partition("/run/")[2])
        pipe_file(self, path, value, **mode)

    for name in ("cells.npz", "recipe.json", "units/a.npz", "tensorboard/old", "figures/old.png"):
        put(store, name, name)
    monkeypatch.setattr(FakeStore, "pipe_file", noted)
    assert drawn(store) == ["cells.npz", "claims.json", "figures", "recipe.json", "results.md"]
    assert puts == ["figures/a.png", "claims.json", "results.md"]  # what was there before is not put again
    assert store.names(deep=True) == [
        "cells.npz",
        "claims.json",
        "figures/a.png",
        "recipe.json",
        "results.md",
        "tensorboard/old",
        "units/a.npz",
    ]
    assert store.read("results.md") == b"results.md"


def test_errors_of_a_report_name_the_store_and_nothing_is_put(bucket):
    store = store_of(f"{bucket}/run")
    put(store, "cells.npz", "")
    with pytest.raises(ValueError) as failed, on_disk(store) as folder:
        (folder / "results.md").touch()
        raise ValueError(f"{folder}/cells.npz is damaged.")
    assert str(failed.value) == f"{store}/cells.npz is damaged." and store.names() == ["cells.npz"]


def test_a_report_waits_for_a_store_that_lists_its_files_late(bucket, monkeypatch):
    store = store_of(f"{bucket}/run")
    for name in ("recipe.json", "cells.npz"):
        put(store, name, "")
    monkeypatch.setenv(FAULTS, json.dumps({"lag": 1.0}))
    assert store.names() == []
    assert drawn(store)[0] == "cells.npz"
    monkeypatch.setenv(FAULTS, json.dumps({"lag": 100.0}))
    monkeypatch.setattr("tfadvseg.runs.scratch.PATIENCE", 0.0)
    with pytest.raises(Unreachable, match="does not list yet what was written; start pipelines.report .*/run later"):
        drawn(store)


@pytest.mark.parametrize("late", ["findings.json", "cells.npz", "examples.npz"])
def test_a_report_waits_for_each_file_that_it_is_drawn_from(bucket, monkeypatch, late):
    """Such as one that another process writes anew while the folder is listed."""
    store, ls, lists = store_of(f"{bucket}/run"), FakeStore.ls, []
    for name in ("recipe.json", "findings.json", "examples.npz", "cells.npz"):
        put(store, name, "")

    def lacking(self, path, **settings):
        lists.append(path)
        return [one for one in ls(self, path, **settings) if len(lists) > 1 or not one["name"].endswith(late)]

    monkeypatch.setattr(FakeStore, "ls", lacking)
    with on_disk(store) as folder:
        assert (folder / late).is_file() and len(lists) == 2
