"""Attacks limited to a region: where perturbations lie, what is counted inside, and in another frame."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from six_images import SIZES, go, grid, split

from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.conventions import IGNORED
from tfadvseg.data.framing import Frame
from tfadvseg.engine.exposure import ReadOnce, expose, in_frame
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.region import ClassRegion, MaskRegion, as_seen, inside_counts
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.metrics.counts import class_counts
from tfadvseg.runs.results import Results


@pytest.fixture(scope="module")
def second(spec):
    """(batch, split) of the second image, smaller than the input: 28 x 40 in 32 x 48."""
    one = split([1])
    return next(iter(Shards(one, 1).batches(spec))), one


def mask_file(folder, mask, name="mask.png"):
    Image.fromarray(mask).save(folder / name)
    return folder / name


@pytest.fixture
def mask(tmp_path):
    """A picture of the second image's size, and where it marks something: rows 3 to 11, columns 20 to 39."""
    marked = np.zeros((28, 40), bool)
    marked[3:12, 20:] = True
    return mask_file(tmp_path, np.where(marked, 7, 0).astype(np.uint8)), np.pad(marked, ((0, 4), (0, 8)))


def test_every_attack_leaves_what_lies_outside(spec, models, second, mask):
    """Whatever its rule, start and number of stages: exactly 0 outside, something inside. Not those that look for their
    own norm, which no command line gives a region; nor FSPGD, for which this network has no layer at a stride."""
    path, marked = mask
    many = {"restarts": 2, "start": "uniform"}
    for name, named in ATTACKS.items():
        if named.has(Trait.OWN_NORM) or name == "fspgd":
            continue
        settings = {"target": 1} if named.has(Trait.TO_A_CLASS) else {}
        settings |= {"hidden": 3} if named.has(Trait.HIDES) else {}
        settings |= {"steps": 4, **many} if named.has(Trait.STEPPING) and not named.has(Trait.HIDES) else {}
        protocol = Protocol(((name, named(4.0, **settings)),), region=MaskRegion(path))
        unit = UnitMaker(white_box(spec, protocol), models)(*second, with_example=True)
        perturbation = unit["example_0_perturbations"][0]
        outside = ~marked[:28, :40]
        assert (perturbation[outside] == 0).all(), name
        assert (perturbation[~outside] != 0).any() and unit["linf"] <= 4, name


def test_the_loss_still_counts_all_pixels(spec, models, conv_model, second, mask):
    """Bit by bit the attack with that `attackable` on all labels."""
    path, marked = mask
    unit = UnitMaker(white_box(spec, Protocol((("ifgsm", ATTACKS["ifgsm"](4.0)),), region=MaskRegion(path))), models)(
        *second, with_example=True
    )
    images = second[0]["image"]
    labels = tf.argmax(conv_model(images), -1, tf.int32)
    allowed = tf.constant(marked[None, ..., None], tf.float32)
    expected = ATTACKS["ifgsm"](4.0)(conv_model, images, labels, attackable=allowed)
    np.testing.assert_array_equal(unit["example_0_perturbations"][0], expected[0, :28, :40])


def test_a_class_is_what_the_network_predicts_on_the_clean_image(spec, models, conv_model, second):
    """Padding, which it predicts as something, too, is no part of it."""
    prediction = tf.argmax(conv_model(second[0]["image"]), -1).numpy()[0]
    number = int(np.bincount(prediction[:28, :40].ravel()).argmax())
    region = ClassRegion(number, "it")
    unit = UnitMaker(white_box(spec, Protocol(grid(("ifgsm",), (4.0,)), region=region)), models)(
        *second, with_example=True
    )
    own = prediction[:28, :40] == number
    changed = (unit["example_0_perturbations"][0] != 0).any(-1)
    assert changed.any() and not (changed & ~own).any()
    np.testing.assert_array_equal(unit["region"], own.sum())
    labels = second[0]["labels"].numpy()[:, :28, :40]
    for k, seen in enumerate(unit["example_0_predictions"]):
        expected = class_counts(np.where(own, labels, IGNORED), seen[None], spec.classes)
        for key, value in expected._asdict().items():
            np.testing.assert_array_equal(unit[f"{key}_inside"][k], value)
            assert (unit[f"{key}_inside"][k] <= unit[key][k]).all()


def test_values_that_may_not_change_are_no_dead_gradients(spec, models, second, mask):
    protocol = Protocol(grid(("fgsm",), (8.0,)), region=MaskRegion(mask[0]))
    assert UnitMaker(white_box(spec, protocol), models)(*second)["zero_share"] == 0


@dataclasses.dataclass(frozen=True)
class EveryOther:
    """The whole of the first photograph and of the third, nothing of the others."""

    text: str = "every other photograph"
    absent: str = "the photograph is another"

    def __call__(self, exposure, predict, photographs, indices):
        return tf.constant(indices % 2 == 0)[:, None, None] & exposure.counted


def test_parts_of_a_run_make_the_whole_and_survive_their_file(spec, tmp_path):
    """Photographs in which nothing can change stay as they are, and a warning names them."""
    protocol = Protocol(grid(("ifgsm",), (8.0,)), region=EveryOther())
    collected = go([white_box(spec, protocol)], tmp_path, images=4, batch_size=2)
    assert collected.warnings == [
        "conv: nothing could change in 2 of 4 images, where the photograph is another: image_1, image_3."
    ]
    collected.results.save(tmp_path / "cells.npz")
    read = Results.read(tmp_path / "cells.npz")
    np.testing.assert_array_equal(read.region, [[32 * 48, 0, 32 * 48, 0]] * 2)
    still = read.region[0] == 0
    np.testing.assert_array_equal(read.counts.predicted[1, still], read.counts.predicted[0, still])
    assert (read.linf[1] > 0).tolist() == (~still).tolist()
    parts = read.parts()
    assert parts["inside"].ids == ("image_0", "image_2") and parts["outside"].ids == ("image_1", "image_3")
    assert parts["inside"].groups == tuple(group for group, own in zip(read.groups, ~still, strict=True) if own)
    for key in ("hits", "labelled", "predicted"):
        found = {}
        for name, part in parts.items():  # images of which nothing counts are in no part
            found[name] = np.zeros_like(getattr(read.counts, key))
            found[name][:, [read.ids.index(one) for one in part.ids]] = getattr(part.counts, key)
        np.testing.assert_array_equal(found["inside"] + found["outside"], found["whole"])
        np.testing.assert_array_equal(found["whole"], getattr(read.counts, key))
        assert all((part >= 0).all() for part in found.values())


def test_a_mask_of_another_size_is_refused_by_name(spec, models, second, tmp_path):
    path = mask_file(tmp_path, np.ones((28, 41), np.uint8))
    make = UnitMaker(white_box(spec, Protocol(grid(("fgsm",), (8.0,)), region=MaskRegion(path))), models)
    with pytest.raises(ValueError, match="mask.png is 41x28 but the photograph image_1 is 40x28; a mask in `region`"):
        make(*second)


def test_a_mask_counts_by_its_pixels(tmp_path):
    """Colours count where they are not black, and a digest knows no name."""
    grey = np.zeros((4, 5), np.uint8)
    grey[1, 2] = 1
    colours = np.zeros((4, 5, 3), np.uint8)
    colours[1, 2, 2] = 200
    one, other = MaskRegion(mask_file(tmp_path, grey)), MaskRegion(mask_file(tmp_path, colours, "other.png"))
    np.testing.assert_array_equal(one.mask, grey)
    assert one.digest == other.digest != MaskRegion(mask_file(tmp_path, grey.T, "turned.png")).digest
    with pytest.raises(ValueError, match="black.png is 0 everywhere, so nothing could change; mark the `region` in it"):
        _ = MaskRegion(mask_file(tmp_path, 0 * grey, "black.png")).mask


def test_a_region_is_seen_where_its_photograph_lies():
    """Image 3, 64 x 96, shrunk to half in one frame and whole in another: every pixel stands for two by two."""
    assert SIZES[3] == (64, 96)
    one = split([3])
    batch = next(iter(Shards(one, 1).batches(type("Model", (), {"frame": Frame((32, 48))}))))
    exposure = expose(batch, Frame((32, 48)))
    own = np.random.default_rng(0).random((1, 32, 48)) < 0.3
    seen = in_frame(exposure, Frame((70, 100)), ReadOnce(one), batch["index"].numpy())
    found = as_seen(tf.constant(own), seen)
    np.testing.assert_array_equal(found[0, :64, :96], np.kron(own[0], np.ones((2, 2), bool)))
    assert not found[0, 64:].any() and not found[0, :, 96:].any()
    np.testing.assert_array_equal(as_seen(tf.constant(own), exposure), own)


def test_counts_inside_by_hand():
    labels = np.array([[[0, 1, 255, 1]]])
    found = inside_counts(labels, np.array([[[0, 0, 1, 1]]]), np.array([[[True, True, True, False]]]), 2)
    assert {key: value.tolist() for key, value in found.items()} == {
        "hits_inside": [[1, 0]],
        "labelled_inside": [[1, 1]],
        "predicted_inside": [[2, 0]],
        "region": [3],
    }


def test_the_protocol_says_what_may_change():
    plain = Protocol(grid(("fgsm",), (8.0,)))
    told = dataclasses.replace(plain, region=ClassRegion(8, "car")).text
    assert "padding is attacked" in plain.text and "padding is not attacked" in told
    assert told.endswith("; nothing changes but the pixels that a network predicts as car on the clean image")
