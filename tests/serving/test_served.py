"""What a reloaded SavedModel answers of photographs, against direct computations by the package."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from models.strangers import FREE, save
from scipy.special import logsumexp
from serving.files import array_of, file_of

from tfadvseg.data.framing import Frame
from tfadvseg.models import describe, load, safety
from tfadvseg.models.reading import Reading
from tfadvseg.serving.answers import NOT_FINITE, answer
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.servable import export_servable, of_file
from tfadvseg.serving.served import Served, serve
from tfadvseg.transforms import TRANSFORMS

SIZES = [(32, 48), (28, 40), (33, 47), (64, 96), (96, 144), (1, 1), (7, 200), (121, 35)]
"""The network's own, smaller, odd, larger, an odd multiple, a pixel, flat, upright."""


def photographs(count, size):
    return np.random.default_rng(size).integers(0, 256, (count, *size, 3), np.uint8)


@pytest.fixture(scope="module")
def free(tmp_path_factory):
    """A network of any size, and one whose images are multiples of 16 filled up by their reflection."""
    folder = tmp_path_factory.mktemp("free")
    save(folder / "free", lambda net, images: {"logits": net(images)}, FREE)
    return load(folder / "free"), load(folder / "free", Reading(fit="reflect", multiple=(16, 16)))


@pytest.fixture(scope="module")
def models(conv_model, free):
    return {"one size": conv_model, "any size": free[0], "multiples": free[1]}


@pytest.fixture(scope="module")
def folders(models, tmp_path_factory):
    parent = tmp_path_factory.mktemp("served")
    return {
        name: export_servable(serve(of_file(model), Served(max_pixels=10_000)), name.replace(" ", "_"), {}, parent)
        for name, model in models.items()
    }


@pytest.fixture(scope="module")
def loaded(folders):
    return {name: tf.saved_model.load(str(folder)) for name, folder in folders.items()}


def expected(model, photograph):
    """(labels, confidence, entropy) by NumPy, from the logits of the one input, of all classes at once."""
    placed, inside = model.frame.place(tf.constant(photograph))
    logits = model(placed[None])[0]
    labels = np.argmax(model.frame.lift(logits, inside, photograph.shape[:2]).numpy(), -1)
    part = logits.numpy().astype(np.float64)[: inside[0], : inside[1]]
    log_p = part - logsumexp(part, -1, keepdims=True)
    return labels, np.exp(log_p.max(-1)).mean(), -(np.exp(log_p) * log_p).sum(-1).mean()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["one size", "any size", "multiples"])
def test_photographs_of_any_size_get_labels_of_their_size(loaded, models, name, size):
    for count in (1, 3):
        images = photographs(count, size)
        found = loaded[name].signatures["serving_default"](images=images)
        assert found["labels"].dtype == tf.uint8 and found["labels"].shape == (count, *size)
        for i, image in enumerate(images):
            labels, confidence, entropy = expected(models[name], image)
            np.testing.assert_array_equal(found["labels"][i], labels)
            np.testing.assert_allclose(found["confidence"][i], confidence, rtol=1e-5)
            np.testing.assert_allclose(found["entropy"][i], entropy, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["one size", "any size", "multiples"])
def test_files_of_different_sizes_are_answered_together(loaded, models, name):
    images = [photographs(1, size)[0] for size in ((33, 47), (32, 48), (64, 70))]
    files = [file_of(images[0]), file_of(images[1], "JPEG"), file_of(images[2])]
    images[1] = array_of(files[1])
    found = loaded[name].signatures["encoded"](image_bytes=tf.constant(files))
    for i, image in enumerate(images):
        labels, confidence, entropy = expected(models[name], image)
        map_of_labels = array_of(found["labels_bytes"][i].numpy())
        assert map_of_labels.dtype == np.uint8
        np.testing.assert_array_equal(map_of_labels, labels)
        np.testing.assert_allclose(found["confidence"][i], confidence, rtol=1e-5)
        np.testing.assert_allclose(found["entropy"][i], entropy, rtol=1e-4, atol=1e-6)


def test_one_file_that_is_too_large_or_damaged_refuses_its_request(loaded):
    encoded = loaded["one size"].signatures["encoded"]
    good = file_of(photographs(1, (33, 47))[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match="announces 101x100 pixels, and at most 10000 in all are"):
        encoded(image_bytes=tf.constant([good, file_of(np.zeros((100, 101), np.uint8))]))
    with pytest.raises(tf.errors.InvalidArgumentError):
        encoded(image_bytes=tf.constant([good, good[:-20]]))


def test_its_logits_and_their_gradient_are_those_of_the_network(folders, models, images):
    """And they are what the package finds and attacks in the file."""
    model = models["one size"]
    reloaded = load(folders["one size"])
    assert reloaded.spec.interface.signature == "logits" and reloaded.differentiable
    assert reloaded.card == dataclasses.replace(model.card, name="one_size")
    np.testing.assert_array_equal(reloaded(images), model(images))
    slopes = []
    for one in (model, reloaded):
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(one(images)[..., 3])
        slopes.append(tape.gradient(total, images).numpy())
    assert np.abs(slopes[0]).max() > 0
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-4, atol=1e-5 * np.abs(slopes[0]).max())


def test_what_the_sides_of_images_are_multiples_of_goes_along(folders):
    assert load(folders["multiples"]).frame.multiple == (16, 16)
    assert load(folders["any size"]).frame.size is None


@pytest.mark.parametrize(
    "reading",
    [Reading(), Reading(fit="stretch"), Reading(fit="reflect"), Reading(colour=(1.0, 2.0, 3.0))],
    ids=["own", "stretch", "reflect", "colour"],
)
def test_the_card_says_the_frame_that_is_served(conv_folder, tmp_path, reading):
    """Of the network's own card, or of a reading that says something else."""
    model, image = load(conv_folder, reading), photographs(1, (29, 31))
    again = load(export_servable(serve(of_file(model), Served()), "net", {}, tmp_path))
    card = again.card
    assert again.frame == model.frame == Frame(card.input_size, card.fit, card.pad_colour)
    assert again.frame != load(conv_folder).frame or reading == Reading()
    found = again.trackable.signatures["serving_default"](images=tf.constant(image))
    np.testing.assert_array_equal(found["labels"][0], again.segment(tf.constant(image[0])).numpy())


def test_the_file_only_computes(folders):
    """No operation that servers and models/safety.py refuse, and none of XLA's."""
    for folder in folders.values():
        safety.check(folder)
        operations, compiled = operations_of(folder)
        assert not any("PyFunc" in op or "Xla" in op or "File" in op for op in operations - SAVER)
        assert not compiled


SAVER = {"ShardedFilename"}


def operations_of(folder):
    """(the ops of a SavedModel's graph and functions, whether XLA shall compile any of them)."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    graph = SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    marked = [*nodes, *graph.library.function]
    return {node.op for node in nodes}, any(
        one.attr["_XlaMustCompile"].b for one in marked if "_XlaMustCompile" in one.attr
    )


def test_scores_that_are_no_numbers_are_refused_and_not_answered(conv_model):
    graph = tf.function(lambda images: answer(lambda x: x * np.nan, conv_model.frame, images))
    with pytest.raises(tf.errors.InvalidArgumentError, match=NOT_FINITE):
        graph(tf.constant(photographs(1, (32, 48))))


def test_what_else_a_file_of_ours_offers_stays(conv_model, tmp_path, images):
    """Logits of seeds; of a model over scales those are in tests/serving/test_multiscale.py."""
    folder = export_servable(randomised(conv_model, TRANSFORMS["blur"]), "blurred", {"transform": "blur"}, tmp_path)
    again = export_servable(serve(of_file(load(folder)), Served()), "served", {}, tmp_path)
    spec, seeds = describe(again), tf.constant([[1, 2], [3, 4]])
    assert spec.seeded
    direct = conv_model(TRANSFORMS["blur"](images, seeds))
    np.testing.assert_allclose(spec.open().logits_of_seeds(images, seeds), direct, rtol=1e-4, atol=1e-3)
    assert load(again).card.added == {"transform": "blur"}


def test_more_classes_than_a_label_map_holds_are_refused(conv_model):
    spec = dataclasses.replace(conv_model.spec, classes=257)
    with pytest.raises(ValueError, match="knows 257 classes, and label maps are served with 8 bits a pixel"):
        serve(of_file(dataclasses.replace(conv_model, spec=spec)), Served())
    with pytest.raises(ValueError, match="got a limit `max_pixels` of 6143"):
        Served(max_pixels=64 * 96 - 1)
    assert Served(max_pixels=64 * 96).max_pixels == 6144
