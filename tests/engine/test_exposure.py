"""Perturbations live on the photograph: what a model of another frame is shown."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from six_images import example, go, grid, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.data.framing import Frame
from tfadvseg.engine.collect import foreign_frames
from tfadvseg.engine.exposure import attacked, expose, in_frame, whole_levels
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.metrics.counts import class_counts
from tfadvseg.runs.results import rows


@pytest.fixture(scope="module")
def batch(spec):
    return next(iter(Shards(split(), 6).batches(spec)))


def test_in_the_same_frame_the_input_is_perturbed_as_it_is(spec, batch):
    seen = in_frame(expose(batch, spec.frame), spec.frame, split(), batch["index"].numpy())
    r = np.random.default_rng(0).integers(-8, 9, batch["image"].shape).astype(np.float32)
    np.testing.assert_array_equal(seen.under(r), batch["image"] + r)


def test_in_another_frame_the_attacked_photograph_is_placed_anew(spec, batch):
    """The second image is 28 x 40 and fits both; the fourth is 64 x 96 and is shrunk by both."""
    frame = Frame((40, 56), "pad", (9.0, 8.0, 7.0))
    seen = in_frame(expose(batch, spec.frame), frame, split(), batch["index"].numpy())
    assert seen.images.shape == (6, 40, 56, 3) and seen.labels.shape == (6, 40, 56)
    r = np.random.default_rng(0).integers(-8, 9, batch["image"].shape).astype(np.float32)
    shown = seen.under(r).numpy()
    image, labels = example(1)
    np.testing.assert_array_equal(shown[1, :28, :40], image + r[1, :28, :40])
    np.testing.assert_allclose(shown[1, 28:], np.broadcast_to([9.0, 8.0, 7.0], (12, 56, 3)))
    np.testing.assert_array_equal(seen.labels[1, :28, :40], labels)
    assert (seen.labels.numpy()[1, 28:] == 255).all()
    large = example(3)[0] + tf.image.resize(r[3], (64, 96)).numpy()  # shrunk by half, so lifted twice as large
    np.testing.assert_allclose(shown[3, :37, :56], tf.image.resize(large, (37, 56)), atol=1e-3)
    assert np.abs(shown - seen.images).max() <= 8 + 1e-3


def test_a_colour_that_fills_nothing_up_makes_no_other_frame(spec, batch):
    """Of the six images only those that fill the input are alike in both frames."""
    exposure, other = expose(batch, spec.frame), dataclasses.replace(spec.frame, colour=(9.0, 8.0, 7.0))
    full = np.flatnonzero((exposure.size.numpy() == exposure.images.shape[1:3]).all(1))
    assert 0 < len(full) < 6
    filled = dataclasses.replace(
        exposure,
        images=tf.gather(exposure.images, full),
        labels=tf.gather(exposure.labels, full),
        size=tf.gather(exposure.size, full),
    )
    assert in_frame(filled, other, split(), full) is filled
    seen = in_frame(exposure, other, split(), batch["index"].numpy())
    assert seen is not exposure and (seen.images.numpy() == (9, 8, 7)).all(-1).any()
    wider = dataclasses.replace(spec.frame, size=(spec.frame.size[0], spec.frame.size[1] + 8))
    assert in_frame(filled, wider, split(), full) is not filled


@pytest.mark.parametrize(
    ("settings", "level", "expected"),
    [
        ({}, 251, 259.25),
        ({"in_range": True}, 251, 255),
        ({"in_range": True}, 246, 254.25),
        ({"whole_levels": True}, 251, 259),
        ({"whole_levels": True, "in_range": True}, 251, 255),
        ({"whole_levels": True}, 100.5, 108),
    ],
)
def test_range_and_whole_levels_hold_on_the_photograph_where_the_attack_keeps_them(settings, level, expected):
    photograph, lifted = np.full((1, 1, 3), level, np.float32), np.full((1, 1, 3), 8.25, np.float32)
    attack = ATTACKS["ifgsm"](8.25, **settings)
    np.testing.assert_array_equal(attacked(photograph, lifted, attack), np.full((1, 1, 3), expected))


def test_rounding_stays_within_epsilon():
    """To the nearest level, but for one that lies farther away; an attack that finds its own norm has no bound."""
    photograph, lifted = np.full((1, 3), 100, np.uint8), np.array([[8.4, 7.6, -8.4]], np.float32)
    np.testing.assert_array_equal(whole_levels(photograph, lifted, 7.9), [[107, 107, 93]])
    np.testing.assert_array_equal(whole_levels(photograph, lifted, None), [[108, 108, 92]])


def test_an_attack_is_brought_back_into_range_before_the_photograph_is_placed_anew(spec, batch):
    """A white photograph that is shrunk on its way to the source, and again to the target."""
    white = dataclasses.replace(
        split(), read=lambda number: (np.full_like(example(number)[0], 255), example(number)[1])
    )
    seen = in_frame(expose(batch, spec.frame), Frame((40, 56), "stretch"), white, batch["index"].numpy())
    r = np.random.default_rng(0).integers(-8, 9, batch["image"].shape).astype(np.float32)
    assert seen.under(r, ATTACKS["ifgsm"](8.0)).numpy().max() > 256
    shown = seen.under(r, ATTACKS["ifgsm"](8.0, in_range=True)).numpy()
    assert shown.max() <= 255 and shown.min() < 250


def test_the_targets_of_a_unit_share_what_was_decoded(spec, conv_model, batch):
    """Two more frames, one read of each photograph."""
    frames = Frame((32, 48), "stretch"), Frame((32, 48), "reflect")
    others = [dataclasses.replace(spec, name=frame.fit, frame=frame) for frame in frames]
    count = dict.fromkeys(range(6), 0)

    def read(number):
        count[number] += 1
        return example(number)

    scenario = Scenario(spec, Protocol(grid(("fgsm",), (8.0,))), tuple(Target(one) for one in (spec, *others)))
    make = UnitMaker(scenario, dict.fromkeys(scenario.models, conv_model))
    make(batch, dataclasses.replace(split(), read=read))
    assert count == dict.fromkeys(range(6), 1)


def test_frames_differ_where_anything_is_lost_between_them(spec):
    """Images 0 and 2 fill the input, 3 is shrunk to it and 1 is padded."""
    grey = dataclasses.replace(spec, name="grey", frame=Frame((32, 48)))
    wide = dataclasses.replace(spec, name="wide", frame=Frame((40, 56)))
    protocol = Protocol(grid(("fgsm",), (8.0,)))
    both, far = (Scenario(spec, protocol, (Target(spec), Target(one))) for one in (grey, wide))
    named = {"conv": spec.frame, "grey": grey.frame}
    assert foreign_frames([both], split([0, 2])) == foreign_frames([white_box(spec, protocol)], split()) == {}
    assert foreign_frames([both], split([0, 3])) == foreign_frames([both], split([0, 1])) == named
    assert foreign_frames([far, white_box(grey, protocol)], split([0])) == {"conv": spec.frame, "wide": wide.frame}


@pytest.fixture(scope="module")
def wide_folder(conv_model, make_card, tmp_path_factory):
    """The same network, for inputs of 40 x 56, which it stretches photographs to: saved_models/wide/1."""
    import keras

    from tfadvseg.data.labels import CAMVID
    from tfadvseg.serving.export import export

    colours = 100 + 0.2 * np.array(CAMVID.palette, np.float32)
    images = keras.Input((40, 56, 3))
    match = keras.layers.Conv2D(CAMVID.classes, 1)
    network = keras.Model(images, match(images), name="wide")
    match.set_weights([colours.T[None, None] / 60, -(colours**2).sum(1) / 120])
    card = dataclasses.replace(make_card("wide", network), fit="stretch")
    return export(network, card, tmp_path_factory.mktemp("saved_models"))


def test_networks_of_two_input_sizes_can_be_crossed(spec, conv_model, wide_folder, tmp_path):
    """Every cell from scratch: the white-box one as it always was, the other on the photographs."""
    from tfadvseg.models import describe

    wide = describe(wide_folder)
    protocol = Protocol(grid(("ifgsm",), (8.0,)))
    scenarios = [Scenario(spec, protocol, (Target(spec), Target(wide))), white_box(wide, protocol)]
    collected = go(scenarios, tmp_path, batch_size=3)
    found = {(row["source_model"], row["model"], row["attack"]): row for row in rows(collected.results)}
    (warning,) = (one for one in collected.warnings if "same frame" in one)
    assert "(conv: 32x48, pad with 123.68, 116.779, 103.939; wide: 40x56, stretch)" in warning
    assert set(found) == {
        ("conv", "conv", "clean"),
        ("conv", "conv", "ifgsm"),
        ("conv", "wide", "clean"),
        ("conv", "wide", "ifgsm"),
        ("wide", "wide", "clean"),
        ("wide", "wide", "ifgsm"),
    }
    same = [found[source, "wide", "clean"] for source in ("conv", "wide")]
    assert same[0]["iou"] == same[1]["iou"] and same[0]["mean_entropy"] == same[1]["mean_entropy"]
    assert found["conv", "wide", "ifgsm"]["iou"] < same[0]["iou"]

    model, counts = wide.open(), []
    for number in range(6):
        image, labels = example(number)
        placed, size = spec.frame.place(tf.constant(image))
        labels_there = tf.argmax(conv_model(placed[None]), -1, tf.int32)
        r = ATTACKS["ifgsm"](8.0)(conv_model, placed[None], labels_there)[0]
        attacked = tf.cast(image, tf.float32) + spec.frame.lift(r, size, image.shape[:2])
        shown = tf.image.resize(attacked, (40, 56))
        truth = tf.image.resize(labels[..., None], (40, 56), "nearest").numpy()[None, ..., 0]
        counts.append(class_counts(truth, tf.argmax(model(shown[None]), -1, tf.int32).numpy(), 11))
    k = [(c.source_model, c.model, c.attack) for c in collected.results.cells].index(("conv", "wide", "ifgsm"))
    for part in ("hits", "labelled", "predicted"):
        by_hand = np.concatenate([getattr(one, part) for one in counts])
        off = np.abs(getattr(collected.results.of(k), part) - by_hand)
        assert off.sum() <= 0.01 * by_hand.sum()  # batches of 3 and of 1 differ in a few signs
    wide_example = [example for example in collected.examples if example.model == "wide"][0]
    assert wide_example.image.shape == (40, 56, 3)


def test_pixels_belong_to_their_cell(spec, wide_folder, tmp_path):
    """Two networks of different input size: no entropy above ln 11, no confidence above 1."""
    from tfadvseg.models import describe

    protocol = Protocol(grid(("fgsm",), (8.0,)))
    collected = go([white_box(one, protocol) for one in (spec, describe(wide_folder))], tmp_path)
    for row in rows(collected.results):
        assert 0 <= row["mean_entropy"] <= np.log(11) and 1 / 11 <= row["mean_confidence"] <= 1
    assert collected.results.pixels[:, 1].tolist() == [28 * 40] * 2 + [40 * 56] * 2


def test_a_target_of_another_size_is_checked_too(spec, tmp_path):
    """Its scores are probabilities and not logits, which its entropy would take for uncertainty."""
    from tfadvseg.models import describe

    module = tf.Module()

    def probabilities(images):
        return {"p": tf.nn.softmax(images @ tf.fill((3, 11), 0.01))}

    signature = tf.function(probabilities).get_concrete_function(tf.TensorSpec((None, 24, 32, 3), tf.float32, "images"))
    tf.saved_model.save(module, str(tmp_path / "small"), signatures={"logits": signature})
    scenario = Scenario(spec, Protocol(grid(("fgsm",), (8.0,))), (Target(spec), Target(describe(tmp_path / "small"))))
    with pytest.raises(ValueError, match="small returns probabilities and not logits"):
        go([scenario], tmp_path / "run")
