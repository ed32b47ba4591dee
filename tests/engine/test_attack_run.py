"""A user's photographs attacked into a run folder: what is done again, what is left out, what is refused."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from six_images import example

from tfadvseg.attacks import ATTACKS
from tfadvseg.data.labels import CAMVID
from tfadvseg.data.photographs import split
from tfadvseg.engine import attack_run
from tfadvseg.engine.attack_run import attack_photographs, attacked_rows
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.runs.folder import RunFolder


@pytest.fixture
def photographs(tmp_path):
    """The folder of three: of the network's size, smaller, and twice as large."""
    folder = tmp_path / "photographs"
    for name, number in (("a/exact", 0), ("a/small", 1), ("b/large", 3)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(example(number)[0]).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def go(spec, tmp_path):
    """(words, epsilon) -> (why photographs were left out, rows, what was drawn: the names)."""
    drawn = []

    def go(*words, epsilon=8.0):
        protocol = Protocol((("ifgsm", ATTACKS["ifgsm"](epsilon, in_range=True)),), "prediction", False, False)
        scenarios, folder = [white_box(spec, protocol)], RunFolder(tmp_path / "run", {"epsilon": epsilon}, {})
        drawn.clear()
        left_out = attack_photographs(
            scenarios,
            split(list(map(str, words))),
            {spec.name: CAMVID},
            folder,
            "off",
            lambda place, one, space: drawn.append(one),
        )
        return left_out, attacked_rows(scenarios, folder), [one.name for one in drawn]

    return go


@pytest.mark.parametrize("epsilon", [3.0, 8.0, 2.5])
def test_rows_say_what_the_file_holds(go, photographs, tmp_path, conv_model, epsilon):
    """Every number from the PNGs alone: the bound is reached and never passed."""
    left_out, rows, _ = go(photographs / "**/*.png", epsilon=epsilon)
    assert left_out == {} and [row["image"] for row in rows] == ["exact", "large", "small"]
    for row in rows:
        (path,) = photographs.rglob(f"{row['image']}.png")
        image, saved = (np.asarray(Image.open(p)) for p in (path, tmp_path / "run" / row["file"]))
        assert saved.dtype == np.uint8 and saved.shape == image.shape == (row["height"], row["width"], 3)
        added = saved.astype(int) - image
        assert row["linf"] == np.abs(added).max() == int(epsilon)
        assert row["l2"] == pytest.approx(np.linalg.norm(added.astype(float)))
        before, after = (conv_model.segment(tf.constant(pixels)).numpy() for pixels in (image, saved))
        assert row["changed"] == pytest.approx(100 * np.mean(before != after)) and row["changed"] > 2
        for label in np.unique(before):
            share = 100 * np.mean(after[before == label] != label)
            assert row[f"lost_{CAMVID.names[label]}"] == pytest.approx(share)
        assert sum(key.startswith("lost_") for key in row) == len(np.unique(before))
        assert 0 < row["confidence_before"] < 1 and 0 < row["confidence_after"] < 1


def test_what_is_finished_is_not_done_again(go, photographs, tmp_path):
    _, first, drawn = go(photographs / "a")
    assert sorted(drawn) == ["exact", "small"]
    _, again, drawn = go(photographs / "a")
    assert drawn == [] and again == first
    (tmp_path / "run" / first[0]["file"]).unlink()  # what was deleted is made anew
    _, third, drawn = go(photographs / "a", photographs / "b")
    assert sorted(drawn) == ["exact", "large"] and len(third) == 3
    same = [{k: v for k, v in row.items() if k != "seconds"} for row in (first[0], third[0])]
    assert same[0] == same[1]
    _, rows, _ = go(photographs / "b")
    assert len(rows) == 3  # the table has what earlier starts finished


def test_another_recipe_and_another_photograph_are_refused(go, photographs):
    go(photographs / "a")
    with pytest.raises(ValueError, match="another recipe: epsilon was 8.0 and is now 4.0"):
        go(photographs / "a", epsilon=4.0)
    Image.fromarray(255 - example(0)[0]).save(photographs / "a" / "exact.png")
    with pytest.raises(ValueError, match="holds exact as it was made of another file than .*exact.png is now; choose"):
        go(photographs / "a")


def test_a_damaged_photograph_costs_itself_and_is_done_once_it_is_mended(go, photographs):
    good = (photographs / "a" / "small.png").read_bytes()
    for place in ("a/broken.png", "a/small.png"):  # before the first that can be read, and behind it
        (photographs / place).write_bytes(good[:200])
    left_out, rows, _ = go(photographs / "a")
    assert left_out.keys() == {"broken", "small"} and [row["image"] for row in rows] == ["exact"]
    for name, reason in left_out.items():
        assert f"{name}.png cannot be read as an image" in reason
    (photographs / "a" / "small.png").write_bytes(good)
    left_out, rows, drawn = go(photographs / "a")
    assert left_out.keys() == {"broken"} and drawn == ["small"] and len(rows) == 2


def test_of_none_that_can_be_read_the_first_reason_is_told(go, photographs):
    for path in photographs.rglob("*.png"):
        path.write_bytes(b"no image")
    with pytest.raises(ValueError, match="None of the 2 photographs can be read; of the first: .*exact.png cannot be"):
        go(photographs / "a")


def test_a_photograph_that_is_too_much_for_the_model_costs_itself(go, photographs, monkeypatch):
    class Small(attack_run.PhotographAttack):
        def __call__(self, name, photograph, tick):
            if name == "large":
                raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating a tensor")
            return super().__call__(name, photograph, tick)

    monkeypatch.setattr(attack_run, "PhotographAttack", Small)
    left_out, rows, _ = go(photographs / "**")
    assert [row["image"] for row in rows] == ["exact", "small"]
    path = photographs / "b" / "large.png"
    assert left_out == {"conv/large": f"{path}: OOM when allocating a tensor"}


def test_two_of_one_name_have_files_of_their_own(go, photographs, tmp_path):
    (photographs / "b" / "exact.png").write_bytes((photographs / "a" / "small.png").read_bytes())
    _, rows, _ = go(photographs / "**")
    assert [row["image"] for row in rows] == ["a/exact", "b/exact", "large", "small"]
    assert [row["file"] for row in rows[:2]] == ["conv/a/exact/attacked.png", "conv/b/exact/attacked.png"]
    assert all(pathlib.Path(tmp_path / "run" / row["file"]).is_file() for row in rows)
