"""A dataset is looked through as a user does it: the page, the sheet, what is damaged, where files come from."""

import json

import numpy as np
import pytest
from PIL import Image

from tfadvseg.data.labels import CAMVID


@pytest.fixture
def mine(tmp_path):
    """Four photographs of a folder of one's own in two drives, with CamVid's classes in colours."""
    root, rng = tmp_path / "meine Bilder ä", np.random.default_rng(0)
    for i in range(4):
        for folder in ("images", "masks"):
            (root / folder / f"drive{i % 2}").mkdir(parents=True, exist_ok=True)
        labels = np.full((30, 40 + i), 3)  # road
        labels[:10], labels[10:12, :5] = 0, 255 if i == 3 else 8
        Image.fromarray(rng.integers(0, 256, (*labels.shape, 3)).astype(np.uint8)).save(
            root / "images" / f"drive{i % 2}" / f"{i}.png"
        )
        Image.fromarray(CAMVID.colours(labels)).save(root / "masks" / f"drive{i % 2}" / f"{i}.png")
    pairs = zip(CAMVID.names, CAMVID.palette, strict=True)
    lines = ["name,colour,ignored", *(f"{name},{hexadecimal(colour)},no" for name, colour in pairs)]
    (root / "classes.csv").write_text("\n".join([*lines, "void,#000000,yes"]))
    return root


def hexadecimal(colour):
    return "#{:02x}{:02x}{:02x}".format(*colour)


@pytest.fixture
def flags(mine):
    return ("--dataset=folder", f"--data_dir={mine}", f"--classes={mine / 'classes.csv'}", "--split=all")


def test_a_page_says_what_a_dataset_holds_and_a_sheet_shows_it(call, flags, tmp_path):
    sheet = tmp_path / "new" / "sheet.png"
    ended = call("inspect_data", *flags, f"--sheet={sheet}")
    assert ended.returncode == 0 and ended.stderr == ""
    out = " ".join(ended.stdout.split())
    assert "folder, split all 4 photographs, in 2 groups of alike ones; 4 of them can be read." in out
    assert "Width x height (images): 40x30 (1), 41x30 (1), 42x30 (1), 43x30 (1)." in out
    labelled = 30 * (40 + 41 + 42 + 43) - 10
    assert f"car {100 * 30 / labelled:.3f} 3 75.0" in out and f"sky {100 * 1660 / labelled:.3f} 4 100.0" in out
    assert f"{100 * 10 / (labelled + 10):.2f} % of {labelled + 10:,} pixels are ignored." in out
    assert "No image has building, pole, pavement, tree, sign_symbol, fence, pedestrian, bicyclist." in out
    assert f"Sheet: {sheet}" in out
    with Image.open(sheet) as picture:
        assert min(picture.size) > 300
        shown = {tuple(colour) for colour in np.asarray(picture.convert("RGB")).reshape(-1, 3)}
    assert {CAMVID.palette[0], CAMVID.palette[3], CAMVID.palette[8], (0, 0, 0)} <= shown
    assert [path.name for path in sheet.parent.iterdir()] == ["sheet.png"]


def test_damaged_files_are_all_named_at_the_end(call, flags, mine, tmp_path):
    first, second = mine / "images/drive0/2.png", mine / "masks/drive1/1.png"
    first.write_bytes(first.read_bytes()[:100])
    Image.fromarray(np.full((30, 41, 3), 9, np.uint8)).save(second)
    ended = call("inspect_data", *flags, f"--sheet={tmp_path / 'sheet.png'}")
    assert ended.returncode == 1
    out = " ".join(ended.stdout.split())
    assert f"Photographs that cannot be used: - {first} cannot be read" in out
    assert f"- {second} holds the colour (9, 9, 9), first in row 0" in out and "2 of them can be read" in out
    assert ended.stderr == "Error: 2 of 4 photographs cannot be used; each is named above.\n"
    assert (tmp_path / "sheet.png").exists()


def test_a_sheet_may_be_left_out(call, flags):
    ended = call("inspect_data", *flags, "--samples=0", "--limit=1")
    assert ended.returncode == 0 and "1 photographs" in ended.stdout and "Sheet" not in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "told", "sentence"),
    [
        (["--dataset=voc"], "VOCtrainval_11-May-2012.tar", "The dataset voc needs --data_dir, the folder that holds"),
        (
            ["--dataset=cityscapes", "--data_dir=/nowhere"],
            "https://www.cityscapes-dataset.com after registration",
            "The data folder /nowhere does not exist; --data_dir must hold Cityscapes' folders",
        ),
        (["--dataset=ade20k"], "terms at https://groups", "The dataset ade20k needs --data_dir, the folder"),
        (["--dataset=folder"], "a CSV file with the columns", "The dataset folder needs --classes, a CSV file"),
        (
            ["--dataset=camvid", "--classes=a.csv"],
            "https://github.com/alexgkendall",
            "The dataset camvid takes no --classes; leave it out.",
        ),
    ],
)
def test_who_has_no_files_is_told_where_they_come_from(call, arguments, told, sentence):
    ended = call("inspect_data", *arguments)
    assert ended.returncode == 1 and told in ended.stdout
    assert ended.stderr.startswith(f"Error: {sentence}") and ended.stderr.count("\n") == 1


def test_a_folder_of_ones_own_is_attacked(call, undrawn, conv_folder, flags, tmp_path):
    """Its classes reach the engine, and the recipe holds the files and not where they lie."""
    run = tmp_path / "run"
    ended = call("robustness", *flags, f"--models={conv_folder}", "--attacks=fgsm", "--epsilons=4", f"--output={run}")
    assert ended.returncode == 0, ended.stderr
    recipe = json.loads((run / "recipe.json").read_text())["recipe"]
    assert recipe["dataset"] == "folder" and not {"classes", "data_dir", "mask_name"} & set(recipe)
    assert "void" not in (run / "results.csv").read_text() and "folder,all" in (run / "results.csv").read_text()
