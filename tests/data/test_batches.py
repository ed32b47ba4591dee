"""Batches by index: order, sizes, and errors of readers as one sentence."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfadvseg import data
from tfadvseg.data.batches import BatchReader, batches
from tfadvseg.data.builders import load_examples
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Damaged, Split


def split_of(sizes, read=None):
    """Images of these sizes whose grey level is their index."""

    def draw(i):
        return np.full((*sizes[i], 3), i, np.uint8), np.full(sizes[i], i, np.uint8)

    ids = tuple(f"image_{i}" for i in range(len(sizes)))
    return Split("made", "train", ids, ids, tuple((i,) for i in range(len(sizes))), read or draw)


SIZES = [(4, 4)] * 5 + [(2, 3), (9, 4)]
SPLIT = split_of(SIZES)
FRAME = Frame((4, 4))


def indices(found):
    return [batch["index"].numpy().tolist() for batch in found]


def test_batches_keep_the_order_and_the_last_may_be_smaller():
    made = batches(SPLIT, FRAME, 3)
    found = list(made)
    assert len(made) == len(found) == 3
    assert [batch["id"].numpy().tolist() for batch in found] == [
        [b"image_0", b"image_1", b"image_2"],
        [b"image_3", b"image_4", b"image_5"],
        [b"image_6"],
    ]
    assert indices(found) == [[0, 1, 2], [3, 4, 5], [6]]
    assert found[1]["size"].numpy().tolist() == [[4, 4], [4, 4], [2, 3]]
    assert [int(batch["image"][0, 0, 0, 0]) for batch in found] == [0, 3, 6]


def test_a_batch_has_the_declared_types_and_shapes():
    spec = batches(SPLIT, FRAME, 3).dataset.element_spec
    assert {key: (value.dtype, value.shape.as_list()) for key, value in spec.items()} == {
        "id": (tf.string, [None]),
        "index": (tf.int64, [None]),
        "image": (tf.float32, [None, 4, 4, 3]),
        "labels": (tf.int32, [None, 4, 4]),
        "size": (tf.int32, [None, 2]),
        "damage": (tf.string, [None]),
    }


@pytest.mark.parametrize(
    ("first", "count", "expected"),
    [
        (2, 3, [[2, 3], [4]]),
        (5, None, [[5, 6]]),
        (0, 1, [[0]]),
        (4, 9, [[4, 5], [6]]),
        (7, 2, []),
        (0, 0, []),
    ],
)
def test_a_part_of_a_split_is_read_and_no_more(first, count, expected):
    read = []

    def draw(i):
        read.append(i)
        return np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)

    assert indices(batches(split_of(SIZES, draw), FRAME, 2, first, count)) == expected
    assert read == [i for batch in expected for i in batch]


def test_batches_can_be_gone_through_again():
    found = batches(SPLIT, FRAME, 2)
    assert indices(found) == indices(found) == [[0, 1], [2, 3], [4, 5], [6]]


@pytest.mark.parametrize("fit", ["pad", "reflect", "stretch"])
def test_images_and_labels_are_what_the_frame_makes_of_them(fit):
    frame = Frame((5, 4), fit, (8.0, 16.0, 32.0))
    (found,) = batches(SPLIT, frame, 7)
    for i, (_, image, labels) in enumerate(SPLIT):
        placed, size = frame.place(image)
        np.testing.assert_array_equal(found["image"][i], placed)
        np.testing.assert_array_equal(found["labels"][i], frame.place_labels(labels, size))
        np.testing.assert_array_equal(found["size"][i], size)


def test_without_a_size_images_of_one_size_make_a_batch():
    found = list(batches(split_of([(4, 6)] * 2 + [(3, 5)] * 2), Frame(), 2))
    assert [batch["image"].shape.as_list() for batch in found] == [[2, 4, 6, 3], [2, 3, 5, 3]]
    assert [batch["labels"].shape.as_list() for batch in found] == [[2, 4, 6], [2, 3, 5]]
    assert found[1]["size"].numpy().tolist() == [[3, 5], [3, 5]]


def test_without_a_size_single_images_may_have_any():
    found = list(batches(SPLIT, Frame(), 1))
    assert [tuple(batch["image"].shape[1:3]) for batch in found] == SIZES


@pytest.mark.parametrize("first", [0, 1])
def test_without_a_size_a_batch_of_several_sizes_is_refused_in_one_sentence(first):
    made = batches(split_of([(4, 4)] * 5 + [(5, 6)]), Frame(), 2 + first, first)
    found = iter(made)
    with pytest.raises(ValueError) as error:
        list(found)
    assert str(error.value) == (
        "A network without a fixed input size takes photographs of one size in a batch; "
        f"image_{4} is 4x4 and image_5 is 6x5, so set batch_size to 1."
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """CamVid's layout with three photographs of two sizes; TFDS_DATA_DIR in tmp_path."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    rng, root = np.random.default_rng(0), tmp_path / "camvid"
    (root / "val").mkdir(parents=True)
    for name, size in (("c", (16, 18)), ("a", (11, 10)), ("b", (16, 18))):
        Image.fromarray(rng.integers(0, 256, (*size, 3)).astype(np.uint8)).save(root / "val" / f"{name}.png")
        Image.fromarray(rng.integers(0, 12, size).astype(np.uint8)).save(root / "val" / f"{name}_labels.png")
    (root / "val.txt").write_text("\n".join(f"val/{name}.png val/{name}_labels.png" for name in "cab"))
    return root


def truncate(path):
    path.write_bytes(path.read_bytes()[:60])


def test_a_truncated_photograph_is_named_in_one_sentence(folder):
    split = data.named("camvid").split(str(folder), "val")
    content = (folder / "val" / "b.png").read_bytes()
    truncate(folder / "val" / "b.png")
    found = batches(split, Frame((12, 12)), 1)
    seen = []
    with pytest.raises(ValueError) as error:
        for batch in found:
            seen.append(batch["id"].numpy().tolist())
    assert seen == [[b"c"], [b"a"]]
    assert str(error.value).startswith(f"{folder}/val/b.png cannot be read as an image (")
    assert str(error.value).endswith("; it may be truncated.") and "\n" not in str(error.value)
    assert error.value.__suppress_context__
    (folder / "val" / "b.png").write_bytes(content)
    assert len(list(found)) == 3


def test_the_first_of_two_errors_is_told():
    def draw(i):
        raise (OSError, ValueError)[i % 2](f"number {i}")

    found = batches(split_of(SIZES, draw), FRAME, 2, first=3)
    with pytest.raises(ValueError, match="^number 3$"):
        list(found)


def test_errors_that_no_reader_raised_stay_what_they_are():
    """A reader that returns something else than an image."""
    wrong = split_of(SIZES, lambda i: (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="(?i)shape"):
        list(batches(wrong, FRAME, 2))


def test_batches_by_index_are_those_through_tfds(folder):
    dataset, frame = data.named("camvid"), Frame((12, 13), "pad", (123.68, 116.779, 103.939))
    (found,) = batches(dataset.split(str(folder), "val"), frame, 3)
    for i, example in enumerate(load_examples(dataset, str(folder), "val")):
        image, size = frame.place(example["image"])
        assert found["id"][i] == example["id"]
        np.testing.assert_array_equal(found["image"][i], image)
        np.testing.assert_array_equal(found["labels"][i], frame.place_labels(example["labels"][..., 0], size))


def damaged(sizes, *numbers, error=ValueError):
    """A split whose photographs of these numbers will not do."""
    sound = split_of(sizes)

    def draw(i):
        if i in numbers:
            raise error(f"number {i} will not do")
        return sound.read(i)

    return split_of(sizes, draw)


def told(found):
    return [[sentence.decode() for sentence in batch["damage"].numpy()] for batch in found]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((), [[0, 1, 2], [3, 4, 5], [6]]),
        ((1,), [[0, 2, 2], [3, 4, 5], [6]]),
        ((0, 1, 5), [[2, 2, 2], [3, 4, 3], [6]]),
        ((3, 4, 5, 6), [[0, 1, 2], [-1, -1, -1], [-1]]),
    ],
)
def test_another_of_its_batch_stands_in_for_a_damaged_photograph(numbers, expected):
    found = list(batches(damaged(SIZES, *numbers), FRAME, 3, strict=False))
    assert indices(found) == expected
    assert told(found) == [
        [f"number {i} will not do" if i in numbers else "" for i in part] for part in ([0, 1, 2], [3, 4, 5], [6])
    ]
    for batch in found:
        for row, index in enumerate(batch["index"].numpy()):
            if index >= 0:
                image, size = FRAME.place(SPLIT[index].image)
                assert batch["id"].numpy()[row] == f"image_{index}".encode()
                np.testing.assert_array_equal(batch["image"][row], image)
                np.testing.assert_array_equal(batch["labels"][row], FRAME.place_labels(SPLIT[index].labels, size))


def test_stand_ins_lie_within_the_part_that_is_read():
    found = list(batches(damaged(SIZES, 2, 4), FRAME, 2, first=2, count=3, strict=False))
    assert indices(found) == [[3, 3], [-1]]


def test_stand_ins_need_no_size_of_the_frame():
    found = list(batches(damaged([(4, 6)] * 2 + [(3, 5)] * 2, 0, 2, 3), Frame(), 2, strict=False))
    assert indices(found) == [[1, 1], [-1, -1]]
    assert found[0]["image"].shape.as_list() == [2, 4, 6, 3]


@pytest.mark.parametrize("error", [MemoryError, OSError, KeyError])
def test_what_says_nothing_of_a_photograph_ends_the_batches(error):
    found = []
    with pytest.raises(error):
        found.extend(batches(damaged(SIZES, 4, error=error), FRAME, 3, strict=False))
    assert indices(found) == [[0, 1, 2]]


def test_unless_strict_a_damaged_photograph_raises():
    with pytest.raises(ValueError, match="^number 4 will not do$"):
        list(batches(damaged(SIZES, 4), FRAME, 3))


@pytest.mark.parametrize("fit", ["pad", "reflect", "stretch"])
@pytest.mark.parametrize("damaged", [(), (1,), (0, 1, 2, 3), (4,)])
def test_a_batch_by_its_number_is_the_same_bit_by_bit(fit, damaged):
    def draw(number):
        if number in damaged:
            raise ValueError(f"{number} is damaged")
        rng = np.random.default_rng(number)
        shape = 30 + 7 * number, 61 - 5 * number
        return rng.integers(0, 256, (*shape, 3), np.uint8), rng.integers(0, 11, shape, np.uint8)

    ids = tuple("abcdef")
    split = Split("made", "train", ids, ids, tuple((number,) for number in range(6)), draw)
    frame = Frame((32, 48), fit, (1.5, 2.25, 3.0))
    expected = list(batches(split, frame, 4, strict=False))
    read = BatchReader(split, frame, 4, strict=False)
    for number in (1, 0):
        found = read(number)
        assert found.keys() == expected[number].keys()
        for key, value in expected[number].items():
            assert found[key].dtype == value.dtype
            np.testing.assert_array_equal(found[key].numpy(), value.numpy())
    if damaged:
        with pytest.raises(Damaged, match=f"{damaged[0]} is damaged"):
            BatchReader(split, frame, 4)(damaged[0] // 4)


def test_batches_of_several_sizes_are_refused_by_their_number_too():
    def draw(number):
        return np.zeros((8 + number, 8, 3), np.uint8), np.zeros((8 + number, 8), np.uint8)

    split = Split("made", "train", ("a", "b"), ("a", "b"), ((0,), (1,)), draw)
    with pytest.raises(ValueError, match="takes photographs of one size in a batch; a is 8x8 and b is 8x9"):
        BatchReader(split, Frame(None), 2)(0)
    assert BatchReader(split, Frame(None), 1)(1)["image"].shape == (1, 9, 8, 3)
