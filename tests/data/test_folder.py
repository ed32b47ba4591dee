"""A folder of one's own: its classes from a file, masks of every kind, and what is refused."""

import pickle
import unicodedata

import numpy as np
import pytest
from PIL import Image

from tfadvseg import data
from tfadvseg.data.classes import read_classes
from tfadvseg.data.labels import voc_palette

COLOURS = ((128, 64, 128), (0, 0, 142), (0, 0, 0))
BOTH = "name,colour,index,ignored\nroad,#804080,3,\ncar,0 0 142,700,no\nvoid,#000000,0,yes\n"
INDICES = "name,index,ignored\nroad,3,\ncar,7,\nvoid,0,x\n"
BY_COLOUR = "name;color;ignore\r\nroad;#804080;\r\ncar;(0, 0, 142);0\r\nvoid;#000000;1\r\n"


def drawn(seed=0, shape=(5, 7)):
    """(image, labels of road, car and void)."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (*shape, 3)).astype(np.uint8), rng.choice([0, 1, 255], shape).astype(np.uint8)


def stored(labels, numbers, dtype=np.uint8):
    """What a file holds for road, car and void."""
    return np.select([labels == 0, labels == 1], numbers[:2], numbers[2]).astype(dtype)


def coloured(labels):
    return np.array(COLOURS, np.uint8)[stored(labels, (0, 1, 2))]


@pytest.fixture
def write(tmp_path):
    """(name, mask or None, name of the mask) -> writes both; the root has a space and an umlaut in its name."""
    root = tmp_path / "Meine Straßen"

    def write(image_name, mask, mask_name=None, shape=(5, 7)):
        path, mask_path = root / "images" / image_name, root / "masks" / (mask_name or image_name)
        for each in (path, mask_path):
            each.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn(0, shape)[0]).save(path)
        if mask is not None:
            (mask if isinstance(mask, Image.Image) else Image.fromarray(mask)).save(mask_path)

    write.root = root
    return write


@pytest.fixture
def open_split(write):
    def open_split(classes=INDICES, split="all", **options):
        write.root.mkdir(exist_ok=True)
        path = write.root / "classes.csv"
        path.write_text(classes)
        return data.named("folder", classes=str(path), **options).split(str(write.root), split)

    return open_split


def test_masks_of_indices(write, open_split):
    for seed, name in enumerate(("b.png", "a ö.png")):
        write(name, stored(drawn(seed)[1], (3, 7, 0)))
    split = open_split()
    assert split.ids == split.groups == ("a ö", "b") and split.dataset == "folder" and split.name == "all"
    for (_, image, labels), seed in zip(split, (1, 0), strict=True):
        np.testing.assert_array_equal(labels, drawn(seed)[1])
        assert labels.dtype == image.dtype == np.uint8


def palette_mask(labels, colours=COLOURS):
    image = Image.fromarray(stored(labels, (0, 1, 2)))
    image.putpalette(np.ravel(colours).tolist())
    return image


@pytest.mark.parametrize(
    ("classes", "mask"),
    [
        (BOTH, lambda labels: stored(labels, (3, 700, 0), np.uint16)),
        (BOTH, coloured),
        (BY_COLOUR, coloured),
        (BY_COLOUR, palette_mask),
        (BY_COLOUR, lambda labels: Image.fromarray(coloured(labels)).convert("RGBA")),
        ("name,index\nroad,0\ncar,1\nbush,2\n", lambda labels: np.where(labels == 255, 255, labels).astype(np.uint8)),
        ("name,index\nroad,0\ncar,1\n", lambda labels: stored(labels, (0, 1, 255))),
    ],
    ids=["16 bits", "colours", "colours of Excel", "palette by colour", "opaque", "a class unused", "255 is ignored"],
)
def test_masks_of_every_kind(write, open_split, classes, mask):
    labels = drawn(4)[1]
    write("a.png", mask(labels))
    np.testing.assert_array_equal(open_split(classes)[0].labels, labels)


def test_a_palette_gives_indices_where_the_file_of_classes_does(write, open_split):
    labels = drawn(1)[1]
    write("a.png", palette_mask(labels, ((9, 9, 9), (8, 8, 8), (7, 7, 7))))
    np.testing.assert_array_equal(open_split("name,index,ignored\nroad,0,\ncar,1,\nx,2,yes")[0].labels, labels)


def test_images_may_differ_in_size_and_kind(write, open_split):
    shapes = {"a.jpg": (1, 1), "b.png": (9, 4), "c.TIF": (6, 11), "d.jfif": (3, 2), "e.avif": (8, 8)}
    for name, shape in shapes.items():
        write(name, np.full(shape, 7, np.uint8), f"{name[0]}.png", shape)
    (write.root / "images" / "Thumbs.db").write_text("")
    (write.root / "images" / ".hidden.png").write_text("")
    assert [example.labels.shape for example in open_split()] == list(shapes.values())


def test_splits_are_folders_and_groups_are_the_folders_in_them(write, open_split):
    mask = np.full((5, 7), 3, np.uint8)
    for name in ("train/x.png", "val/drive1/0.png", "val/drive1/1.png", "val/drive2/0.png"):
        write(name, mask)
    split = open_split(split="val")
    assert split.ids == ("drive1/0", "1", "drive2/0") and split.groups == ("drive1", "drive1", "drive2")
    assert open_split(split="train").groups == ("x",) and len(open_split(split="all")) == 4
    with pytest.raises(ValueError, match="There is no folder .*Meine Straßen/images/test; `split`=all takes whatever"):
        open_split(split="test")


def test_other_folders_and_masks_beside_their_images(write, open_split):
    labels = drawn()[1]
    write("a.png", stored(labels, (3, 7, 0)), "a_mask.png")
    split = open_split(mask_name="{}_mask")
    np.testing.assert_array_equal(split[0].labels, labels)
    (write.root / "masks" / "a_mask.png").rename(write.root / "images" / "a_mask.png")
    beside = open_split(masks_folder="images", mask_name="{}_mask")
    assert beside.ids == ("a",)
    np.testing.assert_array_equal(beside[0].labels, labels)
    with pytest.raises(
        ValueError, match="Images and masks both lie in .*images; tell them apart by `mask_name`, such as"
    ):
        open_split(masks_folder="images")


@pytest.mark.parametrize(
    ("image", "mask", "names"),
    [
        ("7_sat.jpg", "7_mask.png", {"image_name": "{}_sat", "mask_name": "{}_mask"}),
        ("7.jpg", "label_7.png", {"mask_name": "label_{}"}),
        ("img_7 ö.png", "seg_7 ö_x.png", {"image_name": "img_{}", "mask_name": "seg_{}_x"}),
        ("7_img.png", "7.png", {"image_name": "{}_img"}),
        ("_mask_mask.png", "_mask_mask_mask.png", {"image_name": "{}_mask", "mask_name": "{}_mask_mask"}),
    ],
)
@pytest.mark.parametrize("place", ["../masks", ".", "../images"])
def test_names_are_paired_by_what_they_share(write, open_split, image, mask, names, place):
    """In two folders, and in one, where a file that fits both patterns is what the longer one says."""
    labels = drawn()[1]
    for folder in ("", "deep/"):
        write(f"{folder}{image}", stored(labels, (3, 7, 0)), f"../images/{place}/{folder}{mask}")
    split = open_split(masks_folder=f"images/{place}", **names)
    assert [(path.name, mask_path.name) for path, mask_path in split.origins] == [(image, mask)] * 2
    assert set(split.groups) == {".", "deep"}
    np.testing.assert_array_equal(split[1].labels, labels)


def test_files_of_other_names_are_left_out_and_a_missing_mask_is_named(write, open_split):
    write("7_sat.png", ONE, "7_mask.png")
    write("overview.png", ONE, "legend.png")
    both = {"image_name": "{}_sat", "mask_name": "{}_mask"}
    assert open_split(**both).ids == ("7_sat",)
    write("8_sat.png", ONE, "8_seg.png")
    with pytest.raises(
        ValueError, match=r"images/8_sat.png has no mask .*/masks/8_mask.png \(nor .*; where masks have"
    ):
        open_split(**both)
    with pytest.raises(ValueError, match="There is no image called rgb_{} in .*/images; names of images end in .png"):
        open_split(image_name="rgb_{}")


@pytest.mark.parametrize("text", ["", "_mask", "{}{}", "masks/{}", "masks\\{}"])
def test_a_pattern_without_one_place_for_what_is_shared_is_refused(open_split, text):
    with pytest.raises(ValueError, match="`mask_name` is a name without folder and suffix, with {} for what .* got '"):
        open_split(mask_name=text)


def test_masks_may_lie_below_their_images(write, open_split):
    write("../a.png", np.full((5, 7), 3, np.uint8), "a.png")
    assert open_split(images_folder=".").ids == ("a",)
    write("b.png", np.full((5, 7), 3, np.uint8), "../b_mask.png")
    assert open_split(masks_folder=".", mask_name="{}_mask").ids == ("b",)


def test_accents_may_be_written_in_two_ways(write, open_split):
    write(unicodedata.normalize("NFD", "ö.png"), np.full((5, 7), 3, np.uint8), unicodedata.normalize("NFC", "ö.png"))
    assert len(open_split()) == 1


def test_a_split_can_be_sent_away_and_its_fingerprint_holds_the_classes(write, open_split):
    write("a.png", np.full((5, 7), 3, np.uint8))
    split = open_split()
    again = pickle.loads(pickle.dumps(split))
    assert again == split
    np.testing.assert_array_equal(again[0].labels, split[0].labels)
    before = split.fingerprint()
    assert open_split(INDICES.replace("car,7", "bus,7")).fingerprint() != before


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([("a.png", "b.png")], r"images/a.png has no mask .*masks/a.png \(nor one that ends otherwise"),
        ([("a.png", "a.png"), ("a.jpg", "a.png")], "images/a.jpg and a.png are both images of one name"),
        ([("a.png", "a.png"), ("a.png", "a.tif")], "masks/a.png and a.tif are both masks of a.png"),
    ],
)
def test_images_without_one_mask_are_refused(write, open_split, names, message):
    for image, mask in names:
        write(image, np.full((5, 7), 3, np.uint8), mask)
    with pytest.raises(ValueError, match=message):
        open_split()


def test_missing_and_empty_folders_are_named(write, open_split):
    with pytest.raises(ValueError, match="The folder of images .*/images does not exist; name it by `images_folder`"):
        open_split()
    write("a.png", None)
    with pytest.raises(ValueError, match="images/a.png has no mask"):
        open_split()
    (write.root / "images/a.png").unlink()
    with pytest.raises(ValueError, match="There is no image in .*/images; names of images end in .png"):
        open_split()
    with pytest.raises(ValueError, match="The folder of masks .*/labels does not exist; name it by `masks_folder`"):
        open_split(masks_folder="labels")


ONE = np.full((5, 7), 3, np.uint8)
ODD = coloured(drawn()[1])
ODD[2, 4] = (1, 2, 3)
CLEAR = Image.fromarray(np.dstack([ODD, ONE]))


@pytest.mark.parametrize(
    ("classes", "mask", "message"),
    [
        (INDICES, np.where(np.eye(5, 7, 2), 4, 3).astype(np.uint8), r"label 4, first in row 0 and column 2 "),
        (INDICES, ODD, "a.png holds colours, but .*classes.csv gives none; add a column colour"),
        (BY_COLOUR, ONE, "a.png holds numbers, but .*classes.csv gives no index; add a column index"),
        (BY_COLOUR, ODD, r"holds the colour \(1, 2, 3\), first in row 2 and column 4 .* add a line for it"),
        (BY_COLOUR, CLEAR, "a.png is a mask of colours with transparent pixels"),
        (BY_COLOUR, palette_mask(drawn()[1], ((5, 5, 5),) * 3), r"holds the colour \(5, 5, 5\), first in row 0"),
        (INDICES, np.full((7, 5), 3, np.uint8), r"a.png is 5x7 but its image a.png is 7x5 \(one of"),
    ],
)
def test_masks_that_do_not_fit_are_refused(write, open_split, classes, mask, message):
    write("a.png", mask)
    with pytest.raises(ValueError, match=message):
        open_split(classes)[0]


def test_a_jpeg_is_no_mask(write, open_split):
    write("a.png", ONE, "a.jpg")
    with pytest.raises(ValueError, match="masks/a.jpg is JPEG, .* save labels as PNG"):
        open_split()[0]


def test_classes_are_the_lines_that_are_not_ignored(tmp_path):
    path = tmp_path / "classes.csv"
    path.write_bytes(("\ufeff" + BY_COLOUR).encode())
    space = read_classes(path).label_space
    assert space.names == ("road", "car") and space.palette == COLOURS[:2]
    path.write_text("name\tindex\nstraße\t1\nauto\t2\n")
    space = read_classes(path).label_space
    assert space.names == ("straße", "auto") and space.palette == voc_palette(3)[1:]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin with the names of its columns"),
        ("road,0\n", "must begin with the names of its columns, name and colour or index; got"),
        ("name,index,size\nroad,1,2\n", "has a column 'size'; its columns are name, colour, index, ignored"),
        ("name,index\n\nroad,1,2\n", "Line 3 of .*classes.csv has 3 columns and its head 2"),
        ("name,index\n,1\n", "Line 2 of .* has no name"),
        ("name,index\nroad,\n", "Line 2 of .* says neither the colour nor the index of road"),
        ("name,index\nroad,-1\n", "Line 2 of .* has the index '-1'; it is a whole number from 0 to 65535"),
        ("name,colour\nroad,red\n", "Line 2 of .* has the colour 'red'; write #80ff00"),
        ("name,colour\nroad,1 2 256\n", "has the colour '1 2 256'"),
        ("name,index,ignored\nroad,1,maybe\n", "has ignored='maybe'; write yes or no"),
        ("name,index\nroad,1\nroad,2\n", "lists the name road twice"),
        ("name,color,index,Colour\nroad,#000001,1,#000002\n", "classes.csv has the column colour 2 times; keep one"),
        ("name,index\nroad,1\ncar,1\n", "lists the index 1 twice"),
        ("name,colour\nroad,#000001\ncar,0 0 1\n", r"lists the colour \(0, 0, 1\) twice"),
        ("name,index,colour\nroad,1,#000001\ncar,2,\n", "gives car no colour, but others; fill the column"),
        ("name,index,ignored\nroad,1,yes\n", "lists 0 classes that are not ignored; there may be 1 to 254"),
        ("name,index\n" + "\n".join(f"c{i},{i}" for i in range(255)), "lists 255 classes that are not ignored"),
    ],
)
def test_a_file_of_classes_that_will_not_do_is_refused(tmp_path, text, message):
    (tmp_path / "classes.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_classes(tmp_path / "classes.csv")


def test_a_file_of_classes_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="no.csv cannot be read .No such file"):
        read_classes(tmp_path / "no.csv")
