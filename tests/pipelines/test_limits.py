"""Regions, hidden classes and universal perturbations as a user runs them."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tfadvseg.runs.tiles import load_tile


@pytest.fixture(scope="module")
def masks(tmp_path_factory):
    """Pictures of the photographs' size, 480x360, and of another."""
    folder = tmp_path_factory.mktemp("masks")
    for name, size in (("mask", (480, 360)), ("small", (48, 36))):
        picture = np.zeros(size[::-1], np.uint8)
        picture[: size[1] // 2] = 255
        Image.fromarray(picture).save(folder / f"{name}.png")
    return folder


FITTED = "--fit_split=validation"
FEW = ("--limit=2", "--epsilons=8", "--attacks=ifgsm")


def recipe(folder):
    return json.loads((folder / "recipe.json").read_text())["recipe"]


def test_a_mask_is_known_by_its_digest_and_reported_by_part(call, small, masks, tmp_path):
    flags = (*small, *FEW, f"--output={tmp_path}")
    ended = call("robustness", *flags, f"--region={masks / 'mask.png'}", "--hide=car")
    assert ended.returncode == 0, ended.stderr
    assert "Attacked here, broken there" in ended.stdout and "Hiding car" in ended.stdout
    text = (tmp_path / "results.md").read_text()
    assert "Nothing may change but the pixels that the mask marks." in text and "--hide=car" in text
    parts, hiding = pd.read_csv(tmp_path / "region.csv"), pd.read_csv(tmp_path / "hiding.csv")
    assert parts.part.tolist() == ["whole", "inside", "outside"] * 2 and hiding.attack.tolist() == ["ifgsm"]
    results = pd.read_csv(tmp_path / "results.csv")
    np.testing.assert_allclose(parts.iou[parts.part == "whole"], results.iou)
    assert results.linf[1] == 8
    own = recipe(tmp_path)
    assert own["hidden"] == own["hide"] == "car" and set(own["region"]) == {"mask"} and len(own["region"]["mask"]) == 64
    (masks / "mask.png").rename(masks / "renamed.png")
    again = call("robustness", *flags, f"--region={masks / 'renamed.png'}", "--hide=car")
    (masks / "renamed.png").rename(masks / "mask.png")
    assert again.returncode == 0 and "everything was finished before" in again.stderr, again.stderr
    other = call("robustness", *flags, "--region=car", "--hide=car")
    assert other.returncode == 1 and "belongs to a run of another recipe" in other.stderr


@pytest.mark.parametrize(
    ("pipeline", "words", "sentence"),
    [
        ("robustness", ["--region=cat"], "--region is a class, one of sky, building, pole, road, pavement, tree, "),
        ("robustness", ["--attacks=hide"], "To hide a class, --hide is one of sky, building, "),
        ("robustness", ["--attacks=hide", "--hide=cat"], "To hide a class, --hide is one of sky, building, "),
        ("robustness", ["--attacks=hide", "--hide=car", "--keep=iou"], "so --keep is last or loss; got iou."),
        ("transfer", ["--region=car"], "--region=car is what each attacked network predicts so, another region on "),
        ("universal", [FITTED, "--hide=car", "--target_image=first"], "give --hide or --target_image, not both."),
        ("universal", ["--tile=no.npz"], "no.npz is no tile, or a damaged one; take a tile.npz that "),
        ("universal", [FITTED, "--tile_size=5"], "--tile_size takes height x width, e.g. 184x240; got 5."),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(call, small, pipeline, words, sentence):
    ended = call(pipeline, *small, *words)
    assert ended.returncode == 1 and sentence in ended.stderr, ended.stderr
    assert ended.stderr.startswith("Error: ") and len(ended.stderr.splitlines()) == 1


def test_a_mask_of_another_size_is_one_sentence(call, small, masks, tmp_path):
    ended = call("robustness", *small, *FEW, f"--region={masks / 'small.png'}", f"--output={tmp_path}")
    assert ended.returncode == 1, ended.stderr
    said = ended.stderr.splitlines()[-1]
    assert said.endswith(
        "small.png is 48x36 but the photograph 0 is 480x360; a mask in --region has the photographs' size."
    )


FIT = ("--fit_split=validation", "--fit_limit=2", "--limit=1", "--passes=3", "--tile_size=24x20")


def test_a_tile_is_fitted_kept_and_shown_to_another_network(call, small, enet_folder, tmp_path):
    made, flags = tmp_path / "made", (*small, *FIT, "--hide=car")
    ended = call("universal", *flags, f"--output={made}")
    assert ended.returncode == 0, ended.stderr
    assert "Hiding car" in ended.stdout and "conv, hiding car: objective" in ended.stderr
    results = pd.read_csv(made / "results.csv")
    assert results.attack.tolist() == ["clean", "universal"] and results.gradients.tolist() == [0, 0]
    assert results.linf[1] == 3 and results.epsilon[1] == 10
    path = made / "tiles" / "conv" / "tile.npz"
    tile = load_tile(path)
    assert tile.values.shape == (24, 20, 3) and tile.passes == 3 and np.abs(tile.values).max() == 3
    with Image.open(path.with_suffix(".png")) as picture:
        assert picture.size == (20, 24)
    text = (made / "results.md").read_text()
    assert (
        "fitted to 2 images of camvid validation in 3 steps of 1, which reach 3 at most. It was fitted to the" in text
    )
    (made / "units" / "conv-00000.npz").unlink()
    again = call("universal", *flags, f"--output={made}")
    assert again.returncode == 0, again.stderr
    columns = results.columns.drop("seconds")
    pd.testing.assert_frame_equal(pd.read_csv(made / "results.csv")[columns], results[columns])
    np.testing.assert_array_equal(load_tile(path).values, tile.values)
    data = small[1:]
    shown = call(
        "universal", f"--models={enet_folder}", *data, "--limit=1", f"--tile={path}", f"--output={tmp_path / 'shown'}"
    )
    assert shown.returncode == 0 and "0 image gradients" in shown.stderr, shown.stderr
    results = pd.read_csv(tmp_path / "shown" / "results.csv")
    assert results.attack.tolist() == ["clean", "universal_of_conv"] and set(results.model) == {"thin_enet"}
    own = recipe(tmp_path / "shown")
    assert list(own["tiles"]) == ["universal_of_conv at 10"] and not {"passes", "epsilon", "fit_split"} & set(own)
    refused = call("universal", *small, f"--tile={path}", "--passes=3")
    assert refused.stderr == "Error: --passes means nothing here: --tile was fitted before; leave it out.\n"


def test_a_tile_leads_to_the_prediction_of_one_photograph(call, small, camvid, undrawn, tmp_path):
    for place, image in (("first", "first"), ("file", str(camvid / "val" / "0.png"))):
        ended = call("universal", *small, *FIT, f"--target_image={image}", f"--output={tmp_path / place}")
        assert ended.returncode == 0, ended.stderr
    one, other = (load_tile(tmp_path / place / "tiles" / "conv" / "tile.npz") for place in ("first", "file"))
    np.testing.assert_array_equal(one.values, other.values)
    assert (
        recipe(tmp_path / "file")["target"] != recipe(tmp_path / "first")["target"]
        and one.about == "toward the prediction on 0"
    )
    unknown = call("universal", *small, *FIT, "--target_image=7")
    assert unknown.stderr == "Error: Unknown target image '7'; choose one of: 0, 1, first.\n"
