"""Run folders: finished work is whole, never lost and never mixed."""

import errno
import json
import os
import re
import threading

import numpy as np
import pytest

from tfadvseg.runs.folder import InUse, RunFolder, claimed, reserved, shared
from tfadvseg.runs.store import Disk

RECIPE = {"seed": 0, "epsilons": ["1", "2"], "models": {"enet": "abc"}}
UNIT = {"matrices": np.arange(8).reshape(2, 2, 2), "gradients": np.int64(3), "example_id": np.array("street")}


def test_a_unit_comes_back_as_it_was_saved(tmp_path):
    folder = RunFolder(tmp_path / "run", RECIPE, {})
    assert not folder.has("enet-00000")
    folder.save("enet-00000", UNIT)
    assert folder.has("enet-00000") and not folder.has("enet-00001")
    found = folder.load("enet-00000")
    assert found.keys() == UNIT.keys() and str(found["example_id"]) == "street"
    np.testing.assert_array_equal(found["matrices"], UNIT["matrices"])


def test_the_recipe_and_the_notes_are_written_down(tmp_path):
    RunFolder(tmp_path / "run", RECIPE, {"revision": "1234"})
    assert json.loads((tmp_path / "run" / "recipe.json").read_text()) == {
        "recipe": RECIPE,
        "notes": {"revision": "1234"},
    }


def test_the_same_recipe_goes_on_whatever_the_notes(tmp_path):
    RunFolder(tmp_path, RECIPE, {"started": "monday"}).save("a", UNIT)
    again = RunFolder(tmp_path, dict(reversed(RECIPE.items())), {"started": "tuesday"})
    assert again.has("a")


def test_values_that_json_writes_alike_are_the_same_recipe(tmp_path):
    RunFolder(tmp_path, RECIPE | {"size": (32, 48)}, {}).save("a", UNIT)
    assert RunFolder(tmp_path, RECIPE | {"size": [32, 48]}, {}).has("a")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (RECIPE | {"seed": 1}, "another recipe: seed was 0 and is now 1; choose another `folder`"),
        (RECIPE | {"models": {"enet": "abd"}}, "models.enet was 'abc' and is now 'abd'"),
        (RECIPE | {"xla": "on"}, "xla was None and is now 'on'"),
        ({"seed": 0}, "epsilons was .* and is now None"),
    ],
)
def test_another_recipe_is_refused_by_the_key_that_differs(tmp_path, other, message):
    RunFolder(tmp_path, RECIPE, {}).save("a", UNIT)
    with pytest.raises(ValueError, match=message):
        RunFolder(tmp_path, other, {})
    assert json.loads((tmp_path / "recipe.json").read_text())["recipe"] == RECIPE


def test_a_run_that_finished_nothing_may_change_its_recipe(tmp_path):
    RunFolder(tmp_path, RECIPE, {})
    RunFolder(tmp_path, RECIPE | {"seed": 1}, {})
    assert json.loads((tmp_path / "recipe.json").read_text())["recipe"]["seed"] == 1


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file/run cannot be written .* choose another `folder`"):
        RunFolder(tmp_path / "file" / "run", RECIPE, {})


@pytest.mark.parametrize("text", ["", '{"recipe": {"se', "{}"])
def test_a_damaged_recipe_is_refused(tmp_path, text):
    RunFolder(tmp_path, RECIPE, {}).save("a", UNIT)
    (tmp_path / "recipe.json").write_text(text)
    with pytest.raises(ValueError, match="recipe.json is damaged; choose another `folder`"):
        RunFolder(tmp_path, RECIPE, {})


def test_a_write_that_fails_half_way_leaves_no_unit(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path, RECIPE, {})

    def half(file, **arrays):
        file.write(b"PK half of it")
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez_compressed", half)
        with pytest.raises(OSError, match="disk full"):
            folder.save("a", UNIT)
    assert not folder.has("a") and list(folder.units.path.glob("*.npz")) == []
    folder.save("a", UNIT)
    assert folder.load("a").keys() == UNIT.keys()


def test_a_write_that_fails_leaves_the_finished_unit_as_it_was(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path, RECIPE, {})
    folder.save("a", UNIT)
    before = (folder.units.path / "a.npz").read_bytes()
    monkeypatch.setattr(np, "savez_compressed", lambda file, **arrays: file.write(b"half") / 0)
    with pytest.raises(ZeroDivisionError):
        folder.save("a", UNIT)
    assert (folder.units.path / "a.npz").read_bytes() == before


def test_a_unit_appears_whole_by_one_rename(tmp_path, monkeypatch):
    folder, seen = RunFolder(tmp_path, RECIPE, {}), []

    def rename(source, target):
        with np.load(source) as file:
            seen.append((sorted(file.files), folder.has("a")))
        source.rename(target)

    monkeypatch.setattr("os.replace", rename)
    folder.save("a", UNIT)
    assert seen == [(sorted(UNIT), False)] and folder.has("a")


def test_a_full_disk_is_announced_before_writing(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path, RECIPE, {})
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 2_000_000}))
    with pytest.raises(ValueError, match="has 2 MB left but 8 MB are needed; make room"):
        folder.save("a", {"perturbations": np.zeros(1_000_000)})
    assert not folder.has("a")


def test_a_decision_is_made_once(tmp_path):
    folder = RunFolder(tmp_path, RECIPE, {})
    assert folder.decide("xla-enet", lambda: True) is True
    assert folder.decide("xla-enet", lambda: False) is True
    assert RunFolder(tmp_path, RECIPE, {}).decide("xla-enet", lambda: False) is True
    assert folder.decide("xla-fcn", lambda: False) is False


def test_units_without_their_recipe_are_refused(tmp_path):
    RunFolder(tmp_path, RECIPE, {}).save("a", UNIT)
    (tmp_path / "recipe.json").unlink()
    with pytest.raises(ValueError, match="finished units but no recipe.json, so nobody knows .* another `folder`"):
        RunFolder(tmp_path, RECIPE, {})
    assert not (tmp_path / "recipe.json").exists()


def test_what_is_nested_is_named_with_what_was_unset_and_how_much_more(tmp_path):
    """As the environment variables are that choose kernels."""
    arithmetic = {"threads": 2, "environment": {}}
    RunFolder(tmp_path, {"arithmetic": arithmetic, "source": "a1"}, {}).save("a", UNIT)
    other = {"arithmetic": {"threads": 1, "environment": {"TF_ENABLE_ONEDNN_OPTS": "0", "XLA_FLAGS": "x"}}}
    with pytest.raises(ValueError) as refused:
        RunFolder(tmp_path, other | {"source": "b2"}, {})
    assert str(refused.value) == (
        f"{tmp_path} belongs to a run of another recipe: arithmetic.environment.TF_ENABLE_ONEDNN_OPTS was unset and is "
        "now '0', arithmetic.environment.XLA_FLAGS was unset and is now 'x', arithmetic.threads was 2 and is now 1, "
        "and 1 more differ; choose another `folder` or repeat that recipe."
    )
    with pytest.raises(ValueError, match="source .a digest of this program's code. was 'a1' and is now 'b2';"):
        RunFolder(tmp_path, {"arithmetic": arithmetic, "source": "b2"}, {})


@pytest.mark.parametrize("damage", ["truncated", "empty", "no zip", "flipped", "a list"])
def test_a_damaged_unit_is_named_and_the_others_are_kept(tmp_path, damage):
    folder = RunFolder(tmp_path, RECIPE, {})
    folder.save("a", {"values": np.random.default_rng(0).normal(size=1000)})
    folder.save("b", UNIT)
    path = folder.units.path / "a.npz"
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "truncated": whole[:middle],
            "empty": b"",
            "no zip": b"not a zip file",
            "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            "a list": b"[1, 2]",
        }[damage]
    )
    with pytest.raises(
        ValueError, match="unit .*a.npz is damaged; delete it and start again, all other units are kept"
    ):
        folder.load("a")
    assert folder.load("b").keys() == UNIT.keys()


def test_a_damaged_decision_is_named(tmp_path):
    folder = RunFolder(tmp_path, RECIPE, {})
    folder.decide("xla-enet", lambda: True)
    (folder.units.path / "xla-enet.json").write_text("tr")
    with pytest.raises(
        ValueError, match="xla-enet.json is damaged; delete it and start again, finished units are kept"
    ):
        folder.decide("xla-enet", lambda: True)


def test_a_folder_is_one_process_at_a_time_and_tidied(tmp_path):
    half = tmp_path / "run" / f".cells.npz.{'a1' * 16}"
    with reserved(tmp_path / "run") as path:
        assert path == tmp_path / "run"
        with pytest.raises(ValueError) as refused, reserved(path):
            pass
        assert re.fullmatch(
            rf"The run folder {path} has not finished: process {os.getpid()} on \S+ works in it; wait for it, or "
            "choose another `folder`.",
            str(refused.value),
        )
        half.touch()
    with reserved(tmp_path / "run"):
        assert not half.exists()


def test_a_full_disk_asks_for_room(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ValueError, match="cannot be written .No space left on device.; make room there, or choose an"):
        RunFolder(tmp_path, RECIPE, {})


@pytest.mark.parametrize("place", ["file", "file/run"])
def test_a_file_is_no_run_folder(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=f"The run folder .*{place} cannot be written .*; choose another `folder`"):
        with reserved(tmp_path / place):
            pass


@pytest.mark.parametrize("links", [True, False])
def test_of_several_who_decide_at_once_all_obey_the_first(tmp_path, monkeypatch, links):
    if not links:

        def unknown(*_):
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr(os, "link", unknown)
    folder, other = (RunFolder(tmp_path, RECIPE, {}) for _ in range(2))

    def slowly():
        assert other.decide("xla-enet", lambda: True) is True  # somebody else is quicker
        return False

    assert folder.decide("xla-enet", slowly) is True and other.decide("xla-enet", lambda: False) is True
    assert os.listdir(folder.units.path) == ["xla-enet.json"]


def test_together_the_first_recipe_counts_before_anything_is_finished(tmp_path):
    RunFolder(tmp_path, RECIPE, {"started": "first"}, together=True)
    with pytest.raises(ValueError, match="another recipe: seed was 0 and is now 1"):
        RunFolder(tmp_path, RECIPE | {"seed": 1}, {}, together=True)
    RunFolder(tmp_path, RECIPE, {"started": "second"}, together=True)
    assert json.loads((tmp_path / "recipe.json").read_text())["notes"] == {"started": "first"}


def test_a_folder_is_shared_or_reserved(tmp_path, monkeypatch):
    monkeypatch.setattr("tfadvseg.runs.folder.SETTLING", 0.0)
    half = tmp_path / f".cells.npz.{'a1' * 16}"
    with shared(tmp_path, "1/2"), shared(tmp_path, "2/2"):
        half.touch()
        with pytest.raises(InUse, match="works in it"), reserved(tmp_path):
            pass
        with pytest.raises(InUse, match="works in it"), shared(tmp_path, "2/2"):
            pass
        with shared(tmp_path, "2/3"):
            assert half.exists()  # nobody knows whose it is
    with reserved(tmp_path):
        assert not half.exists()
        with pytest.raises(InUse, match="works in it"), shared(tmp_path, "1/2"):
            pass


def test_without_locks_nothing_is_replaced_and_nothing_removed(tmp_path, monkeypatch, capsys):
    """Two processes may then be there at once, of one recipe."""
    monkeypatch.setattr("tfadvseg.lock.fcntl", None)
    half = tmp_path / f".cells.npz.{'a1' * 16}"
    half.touch()
    with claimed(Disk(tmp_path)) as exclusive, claimed(Disk(tmp_path), "1/2") as own:
        assert (exclusive, own) == (False, False) and half.exists()
    assert "knows no file locks" in capsys.readouterr().err
    monkeypatch.undo()
    with claimed(Disk(tmp_path)) as exclusive:
        assert exclusive and not half.exists()


def test_whoever_shares_waits_for_one_who_has_it_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tfadvseg.runs.folder.SETTLING", 20.0)
    holding = reserved(tmp_path)
    holding.__enter__()
    threading.Timer(0.3, holding.__exit__, (None, None, None)).start()
    with shared(tmp_path, "1/2"):
        pass


def test_a_probe_is_seen_where_it_is_and_leaves_nothing(tmp_path):
    here, there = (RunFolder(tmp_path / name, RECIPE, {}) for name in ("here", "there"))
    with here.probe() as word:
        assert RunFolder(tmp_path / "here", RECIPE, {}).sees(word) and not there.sees(word)
        assert here.finished() == set()
    assert not here.sees(word) and os.listdir(here.units.path) == []


def test_finished_units_are_those_that_are_whole(tmp_path):
    folder = RunFolder(tmp_path, RECIPE, {})
    folder.save("a-00001", UNIT)
    folder.decide("xla-a", lambda: True)
    (folder.units.path / f".b.npz.{'0f' * 16}").touch()
    assert folder.finished() == {"a-00001"}
