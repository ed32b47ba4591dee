"""The table of datasets: what each is made of, what it tells, and options that only some have."""

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data


def test_every_dataset_has_a_name_classes_and_what_its_users_are_told(tmp_path):
    (tmp_path / "classes.csv").write_text("name,index\nroad,0\n")
    for name in data.DATASETS:
        options = {"classes": str(tmp_path / "classes.csv")} if name == "folder" else {}
        dataset = data.named(name, **options)
        assert dataset.name == name and {"train", "validation"} <= set(dataset.splits)
        assert dataset.label_space.classes and len(set(dataset.label_space.palette)) == dataset.label_space.classes
        assert "data_dir" in data.about(name) and all(len(line) <= 120 for line in data.about(name).splitlines())


@pytest.mark.parametrize("name", ["ade20k", "camvid", "cityscapes", "cityscapes_full", "voc"])
def test_a_public_dataset_tells_where_it_comes_from_and_for_what_use(name):
    assert "http" in data.about(name) and ("use" in data.about(name))


@pytest.mark.parametrize("name", ["ade20k", "camvid", "cityscapes", "cityscapes_full", "folder", "voc"])
@pytest.mark.parametrize("data_dir", [None, "/no/where"])
def test_a_missing_folder_is_one_sentence(name, data_dir, tmp_path):
    (tmp_path / "classes.csv").write_text("name,index\nroad,0\n")
    dataset = data.named(name, **({"classes": str(tmp_path / "classes.csv")} if name == "folder" else {}))
    with pytest.raises(
        ValueError, match=r"needs `data_dir`, the folder|/no/where does not exist; `data_dir` must hold"
    ):
        dataset.split(data_dir, "train")


def test_an_option_that_a_dataset_does_not_have_is_refused():
    with pytest.raises(ValueError, match="The dataset camvid takes no `classes`; leave it out"):
        data.named("camvid", classes="classes.csv")
    with pytest.raises(ValueError, match="folder needs `classes`, a CSV file with the columns name"):
        data.named("folder")


ADE = data.named("ade20k")


@pytest.fixture
def ade(tmp_path):
    """Two photographs to train on, a grey one and one of colours, and one to validate on."""
    root, rng = tmp_path / "Szènes ä b" / "ADEChallengeData2016", np.random.default_rng(0)
    for split, names in (("training", ("ADE_train_00000002", "ADE_train_00000001")), ("validation", ("ADE_val_1",))):
        for folder in ("images", "annotations"):
            (root / folder / split).mkdir(parents=True)
        for number, name in enumerate(names):
            image = rng.integers(0, 256, (5, 7, 3) if number else (5, 7)).astype(np.uint8)
            Image.fromarray(image).save(root / "images" / split / f"{name}.jpg")
            Image.fromarray(rng.integers(0, 151, (5, 7)).astype(np.uint8)).save(
                root / "annotations" / split / f"{name}.png"
            )
    return root


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_ade20k_counts_its_classes_from_one_and_ignores_zero(ade, dtype):
    path = ade / "annotations/training/ADE_train_00000001.png"
    stored = np.arange(0, 35).reshape(5, 7).astype(dtype)
    stored[0, 1] = 150
    Image.fromarray(stored).save(path)
    for data_dir in (ade.parent, ade):
        split = ADE.split(str(data_dir), "train")
        assert split.ids == split.groups == ("ADE_train_00000001", "ADE_train_00000002")
        labels = split[0].labels
        assert labels[0, 0] == 255 and labels[0, 1] == 149 and labels.dtype == np.uint8
        np.testing.assert_array_equal(labels.ravel()[2:], stored.ravel()[2:] - 1)
        assert split[1].image.shape == (5, 7, 3)  # grey
    assert ADE.split(str(ade), "val").ids == ("ADE_val_1",)
    names = ADE.label_space.names
    assert (names[0], names[12], names[149], len(set(names))) == ("wall", "person", "flag", 150)


def test_ade20k_refuses_what_is_missing_or_no_class(ade):
    annotation = ade / "annotations/training/ADE_train_00000001.png"
    for wrong, dtype in ((151, np.uint8), (257, np.uint16)):  # the second would be 1 in 8 bits
        Image.fromarray(np.full((5, 7), wrong, dtype)).save(annotation)
        with pytest.raises(ValueError, match=rf"00000001.png holds label {wrong}, first in row 0 .*\(0 to 150\)"):
            ADE.split(str(ade), "train")[0]
    annotation.unlink()
    with pytest.raises(ValueError, match=f"{annotation} does not exist; every photograph in .* needs its annotation"):
        ADE.split(str(ade), "train")
    for path in (ade / "images/validation").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="There is no photograph .*/images/validation/"):
        ADE.split(str(ade), "val")
