"""Run folders: finished work is whole, never lost and never mixed."""

import json

import numpy as np
import pytest

from tfadvseg.runs.folder import RunFolder

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
        "recipe": RECIPE, "notes": {"revision": "1234"}
    }  # fmt: skip


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
    assert not folder.has("a") and list(folder.units.glob("*.npz")) == []
    folder.save("a", UNIT)
    assert folder.load("a").keys() == UNIT.keys()


def test_a_write_that_fails_leaves_the_finished_unit_as_it_was(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path, RECIPE, {})
    folder.save("a", UNIT)
    before = (folder.units / "a.npz").read_bytes()
    monkeypatch.setattr(np, "savez_compressed", lambda file, **arrays: file.write(b"half") / 0)
    with pytest.raises(ZeroDivisionError):
        folder.save("a", UNIT)
    assert (folder.units / "a.npz").read_bytes() == before


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
