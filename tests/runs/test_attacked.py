"""An attacked photograph's files, read back, and its row by hand."""

import numpy as np
import pytest
from PIL import Image

from tfadvseg.data.files import read_labels
from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs import attacked
from tfadvseg.runs.attacked import (
    COLUMNS,
    AttackedPhotograph,
    fools_less,
    lost_by_class,
    save_labels,
    save_perturbation,
    save_photograph,
    share_changed,
)

SPACE = LabelSpace(("road", "sky", "car"), ((128, 64, 128), (70, 130, 180), (0, 0, 142)))
BEFORE = np.array([[0, 0, 0, 0], [1, 1, 1, 1]], np.uint8)
AFTER = np.array([[0, 1, 2, 2], [1, 1, 1, 0]], np.uint8)


def test_shares_are_of_the_pixels_of_the_label_before():
    """Of four pixels of road three are lost, of four of sky one; no car was there."""
    assert share_changed(BEFORE, AFTER) == 50
    assert lost_by_class(BEFORE, AFTER, SPACE) == {"road": 75.0, "sky": 25.0}
    assert lost_by_class(BEFORE, BEFORE, SPACE) == {"road": 0.0, "sky": 0.0}


def test_a_row_has_the_norms_of_the_file():
    photograph = np.full((2, 4, 3), 100, np.uint8)
    saved = photograph.copy()
    saved[0, 0, 0], saved[1, 1, 2] = 97, 104
    one = AttackedPhotograph("a", "enet", "ifgsm", 8.0, photograph, saved, BEFORE, AFTER)
    assert one.perturbation.dtype == np.int16 and sorted(set(one.perturbation.ravel())) == [-3, 0, 4]
    row = one.row(
        SPACE,
        file="enet/a/attacked.png",
        changed_float=60.0,
        changed_input=80.0,
        confidence_before=0.9,
        confidence_after=0.5,
        seconds=1.5,
    )
    assert tuple(row) == (*COLUMNS, "lost_road", "lost_sky")
    assert (row["linf"], row["l2"], row["height"], row["width"]) == (4, 5.0, 2, 4)
    assert (row["changed"], row["lost_road"], row["fools_less"]) == (50.0, 75.0, True)


@pytest.mark.parametrize(
    ("made", "saved", "less"),
    [
        (80.0, 60.0, False),
        (80.0, 59.9, True),
        (3.0, 2.0, True),
        (3.0, 2.1, False),
        (0.0, 0.0, False),
        (9.0, 20.0, False),
    ],
)
def test_a_file_fools_much_less_below_three_quarters_and_by_a_point(made, saved, less):
    assert fools_less(made, saved) is less


def test_a_file_is_read_back_and_held_to_its_bound(tmp_path, monkeypatch):
    photograph = np.random.default_rng(0).integers(20, 200, (6, 5, 3)).astype(np.uint8)
    pixels = photograph + np.uint8(8)
    found = save_photograph(tmp_path / "a.png", pixels, photograph, 8.0)
    np.testing.assert_array_equal(found, pixels)
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (5, 6))
    pixels[0, 0, 0] += 1
    with pytest.raises(ValueError, match="is 9 grey levels from its photograph, more than epsilon; this is a defect"):
        save_photograph(tmp_path / "a.png", pixels, photograph, 8.0)
    monkeypatch.setattr(attacked, "read_photograph", lambda path: photograph)
    with pytest.raises(ValueError, match="a.png does not hold what was written into it"):
        save_photograph(tmp_path / "a.png", pixels, photograph, 8.0)


def test_label_maps_hold_numbers_and_show_colours(tmp_path):
    save_labels(tmp_path / "labels.png", AFTER, SPACE)
    np.testing.assert_array_equal(read_labels(tmp_path / "labels.png", SPACE.palette), AFTER)
    with Image.open(tmp_path / "labels.png") as image:
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), SPACE.colours(AFTER))


def test_the_exact_perturbation_is_whole_numbers(tmp_path):
    added = np.array([[[-8, 0, 255]]], np.int16)
    save_perturbation(tmp_path / "perturbation.npz", added)
    with np.load(tmp_path / "perturbation.npz") as file:
        assert file["perturbation"].dtype == np.int16
        np.testing.assert_array_equal(file["perturbation"], added)
