"""Tiles as files."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from tfadvseg.runs.tiles import Tile, load_tile, save_picture, save_tile

TILE = Tile(
    np.random.default_rng(0).uniform(-8, 8, (4, 6, 3)).astype(np.float32),
    8.0,
    np.array([0.5, 0.7]),
    "net",
    "ab12",
    "away from the prediction",
)


def test_the_file_gives_back_everything(tmp_path):
    save_tile(tmp_path / "tile.npz", TILE)
    read = load_tile(tmp_path / "tile.npz")
    for name, value in vars(TILE).items():
        np.testing.assert_array_equal(getattr(read, name), value)
    assert read.passes == 2


def test_a_file_that_is_none_gets_a_sentence(tmp_path):
    path = tmp_path / "tile.npz"
    for spoil in (lambda: path.write_bytes(b"no"), lambda: np.savez(path, values=TILE.values)):
        spoil()
        with pytest.raises(ValueError, match="is no tile, or a damaged one"):
            load_tile(path)
    save_tile(path, dataclasses.replace(TILE, epsilon=1.0))
    with pytest.raises(ValueError, match="of values within its epsilon 1"):
        load_tile(path)


def test_the_picture_has_grey_where_nothing_changes(tmp_path):
    values = np.zeros((2, 2, 3), np.float32)
    values[0, 0], values[1, 1] = 8, -8
    save_picture(tmp_path / "tile.png", dataclasses.replace(TILE, values=values))
    with Image.open(tmp_path / "tile.png") as picture:
        seen = np.asarray(picture)
    assert seen[0, 0].tolist() == [255] * 3 and seen[1, 1].tolist() == [0] * 3 and seen[0, 1, 0] in (127, 128)
