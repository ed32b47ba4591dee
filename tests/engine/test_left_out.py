"""Damaged photographs cost themselves: what is left of a run is what it would have found of the others."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from six_images import example, go, grid, split

from tfadvseg.data.batches import batches
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Split
from tfadvseg.engine import parts, worker
from tfadvseg.engine.collect import collect
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.left_out import left_out, measured, readable, without_damaged
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Results, rows

PROTOCOL = Protocol(grid(("fgsm",), (8.0,)))


class Readings:
    """Reads the six images; those of `damaged` will not do, and those of `later` only the first time."""

    def __init__(self, damaged=(), later=()):
        self.damaged, self.later, self.count = set(damaged), set(later), dict.fromkeys(range(6), 0)

    def __call__(self, number):
        self.count[number] += 1
        if number in self.damaged or (number in self.later and self.count[number] > 1):
            raise ValueError(f"{number}.png may be truncated.")
        return example(number)


def found(scenarios, folder, readings=None, batch_size=1, strict=False):
    """What is collected of a run on the six images."""
    own = dataclasses.replace(split(), read=readings or Readings())
    shards, opened = Shards(own, batch_size, strict), RunFolder(folder, {}, {})
    run(scenarios, shards, opened, "off", OpenModels())
    return collect(scenarios, shards, opened, "made_up", "validation")


def numbers(results, ids):
    """All that is known of these images."""
    rows = [results.ids.index(name) for name in ids]
    per_image = [*results.counts, results.confidence, results.entropy, results.pixels, results.linf, results.l2]
    return [array[:, rows] for array in per_image]


@pytest.fixture(scope="module")
def sound(spec, tmp_path_factory):
    """{batch size: what is found where nothing is damaged}."""
    return {size: found([white_box(spec, PROTOCOL)], tmp_path_factory.mktemp("sound"), None, size) for size in (1, 4)}


@pytest.mark.parametrize(
    ("size", "damaged"), [(1, {2}), (1, {0, 5}), (4, {2}), (4, {0, 3, 4}), (4, {4, 5}), (4, {0, 1, 2, 3})]
)
def test_the_others_have_the_same_numbers_as_ever(sound, spec, tmp_path, size, damaged):
    after = found([white_box(spec, PROTOCOL)], tmp_path, Readings(damaged), size)
    kept = tuple(f"image_{i}" for i in range(6) if i not in damaged)
    assert after.results.ids == after.results.groups == kept
    for one, other in zip(numbers(after.results, kept), numbers(sound[size].results, kept), strict=True):
        np.testing.assert_array_equal(one, other)
    assert after.results.left_out == tuple(f"image_{i}: {i}.png may be truncated." for i in sorted(damaged))
    assert [row["images"] for row in rows(after.results)] == [len(kept)] * 2
    assert after.results.gradients.tolist() == [0, len(kept)]
    (shown,) = after.examples
    assert shown.name == kept[0]


def test_the_report_says_which_and_why(sound, spec, tmp_path):
    assert sound[1].results.left_out == () and sound[1].warnings == []
    after = found([white_box(spec, PROTOCOL)], tmp_path, Readings({2}), 4)
    assert after.warnings == ["1 of 6 photographs was left out: image_2: 2.png may be truncated."]
    after = found([white_box(spec, PROTOCOL)], tmp_path / "two", Readings({2, 5}))
    assert after.warnings[0] == (
        "2 of 6 photographs were left out: image_2: 2.png may be truncated; image_5: 5.png may be truncated."
    )
    after.results.save(tmp_path / "cells.npz")
    assert Results.read(tmp_path / "cells.npz").left_out == after.results.left_out


def test_a_run_that_goes_on_keeps_them_left_out_and_does_not_try_again(spec, tmp_path):
    scenarios = [white_box(spec, PROTOCOL)]
    before = found(scenarios, tmp_path, Readings({2, 3}))
    (tmp_path / "units/conv-00005.npz").unlink()
    sound = Readings()  # whoever mends a file has another digest of the data, and is refused another way
    after = found(scenarios, tmp_path, sound)
    assert after.warnings == before.warnings and after.results.ids == before.results.ids
    for one, other in zip(
        numbers(after.results, before.results.ids), numbers(before.results, before.results.ids), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_it_is_told_at_once_and_only_once(spec, tmp_path, capsys):
    transformed = Scenario(spec, PROTOCOL, (Target(spec),), transform="grayscale")
    found([white_box(spec, PROTOCOL), transformed], tmp_path, Readings({2}))
    assert capsys.readouterr().err.count("Left out: image_2: 2.png may be truncated.") == 1


def test_the_first_image_of_which_there_is_a_sheet_may_come_after_an_interruption(spec, tmp_path):
    scenarios = [white_box(spec, PROTOCOL)]
    found(scenarios, tmp_path, Readings({0, 1}))
    for number in range(2, 6):
        (tmp_path / f"units/conv-{number:05d}.npz").unlink()
    assert [shown.name for shown in found(scenarios, tmp_path, Readings({0, 1})).examples] == ["image_2"]


def other_frame(spec):
    """The same network as another model, which takes its photographs otherwise."""
    return dataclasses.replace(spec, name="other", frame=dataclasses.replace(spec.frame, fit="stretch"))


@pytest.mark.parametrize("size", [1, 4])
def test_a_photograph_that_is_damaged_when_a_target_reads_it_again_is_left_out(spec, tmp_path, size, monkeypatch):
    scenario = Scenario(spec, PROTOCOL, (Target(spec), Target(other_frame(spec))))
    monkeypatch.setattr(worker, "preflight", lambda *arguments: None)
    sound = found([scenario], tmp_path / "sound", None, size)
    after = found([scenario], tmp_path / "damaged", Readings(later={1, 4}), size)
    kept = ("image_0", "image_2", "image_3", "image_5")
    assert after.results.ids == kept and after.results.gradients.sum() == 4
    for one, other in zip(numbers(after.results, kept), numbers(sound.results, kept), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="^1.png may be truncated.$"):
        found([scenario], tmp_path / "strict", Readings(later={1, 4}), size, strict=True)


def test_an_image_that_one_scenario_lacks_is_left_out_of_all(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "preflight", lambda *arguments: None)
    transformed = Scenario(spec, PROTOCOL, (Target(spec),), transform="grayscale")
    after = found([white_box(spec, PROTOCOL), transformed], tmp_path, Readings(later={3}))
    assert "image_3" not in after.results.ids and after.results.counts.hits.shape[:2] == (4, 5)
    assert after.warnings[0].startswith("1 of 6 photographs was left out: image_3: ")


def test_strict_ends_at_the_first(spec, tmp_path):
    scenarios = [white_box(spec, PROTOCOL)]
    readings = Readings({2})
    with pytest.raises(ValueError, match="^2.png may be truncated.$"):
        found(scenarios, tmp_path, readings, strict=True)
    assert sorted(path.stem for path in (tmp_path / "units").glob("*.npz")) == ["conv-00000", "conv-00001"]
    assert "image_2" not in found(scenarios, tmp_path, readings).results.ids
    with pytest.raises(ValueError, match="was begun without `strict` and has left out a photograph: 2.png may be tr"):
        found(scenarios, tmp_path, readings, strict=True)


def test_where_none_can_be_read_there_is_no_run(spec, tmp_path, monkeypatch):
    sentence = "^None of the 6 photographs can be read; of the first: 0.png may be truncated.$"
    with pytest.raises(ValueError, match=sentence):
        found([white_box(spec, PROTOCOL)], tmp_path, Readings(range(6)))
    monkeypatch.setattr(worker, "preflight", lambda *arguments: None)
    with pytest.raises(ValueError, match=sentence):
        found([white_box(spec, PROTOCOL)], tmp_path, Readings(range(6)), 4)


def test_models_of_this_package_are_looked_at_with_one_photograph(spec, tmp_path):
    readings = Readings()
    found([white_box(spec, PROTOCOL)], tmp_path, readings)
    assert readings.count == {0: 2, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1}


def test_models_are_looked_at_with_the_only_photograph_that_can_be_read(spec, tmp_path):
    after = found([white_box(spec, PROTOCOL)], tmp_path, Readings({0, 1, 2, 3, 5}))
    assert after.results.ids == ("image_4",)


@pytest.mark.parametrize("error", [MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM"), ValueError("x")])
def test_a_model_that_fails_ends_the_run(spec, tmp_path, monkeypatch, error):
    class Failing(parts.UnitMaker):
        def __call__(self, *arguments):
            raise error

    monkeypatch.setattr(parts, "UnitMaker", Failing)
    with pytest.raises(type(error)):
        found([white_box(spec, PROTOCOL)], tmp_path, Readings({0}))
    assert [path.stem for path in (tmp_path / "units").glob("*.npz")] == ["conv-00000"]


def test_readable_batches_have_no_stand_ins(spec):
    shards = Shards(dataclasses.replace(split(), read=Readings({0, 1, 2})), 2)
    assert [batch["id"].numpy().tolist() for batch in shards.readable(spec)] == [[b"image_3"], [b"image_4", b"image_5"]]
    with pytest.raises(ValueError, match="None of the 6 photographs can be read"):
        next(Shards(dataclasses.replace(split(), read=Readings(range(6))), 2).readable(spec))


def test_a_unit_holds_its_images_and_who_is_not_among_them():
    def draw(number):
        if number == 1:
            raise ValueError("one is damaged")
        return np.full((4, 4, 3), number, np.uint8), np.zeros((4, 4), np.uint8)

    ids = ("a", "b", "c")
    (batch,) = batches(Split("made", "train", ids, ids, ((0,), (1,), (2,)), draw), Frame((4, 4)), 3, strict=False)
    unit = without_damaged(
        batch, ids, lambda batch: {"hits": batch["index"].numpy()[None], "queries": np.array([9]), "once": np.array(1)}
    )
    assert unit["hits"].tolist() == [[0, 2]] and unit["queries"].tolist() == [6] and unit["once"] == 1
    assert left_out([unit]) == {"b": "one is damaged"} and measured([unit]) == [unit]
    assert readable(batch)["id"].numpy().tolist() == [b"a", b"c"]


def test_six_images_are_as_they_were(spec, tmp_path):
    """Units of sound photographs say nothing of any."""
    go([white_box(spec, PROTOCOL)], tmp_path, images=1)
    assert "left_out" not in RunFolder(tmp_path, {"batch_size": 1}, {}).load("conv-00000")
    assert json.loads((tmp_path / "recipe.json").read_text())["recipe"] == {"batch_size": 1}
