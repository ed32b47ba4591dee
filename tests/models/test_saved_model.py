"""SavedModels of another origin: read rightly, or refused in a sentence that lists what the file offers."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ifgsm
from tfadvseg.models import describe, load
from tfadvseg.models.reading import Reading

WEIGHTS = np.random.default_rng(0).normal(0, 2, (3, 4)).astype(np.float32)
IMAGES = tf.constant(np.random.default_rng(1).integers(0, 256, (3, 4, 6, 3)), tf.float32)


class Stranger(tf.Module):
    """Probabilities of 4 classes from BGR images in -1..1, under a name of its own."""

    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(WEIGHTS)

    @tf.function
    def score(self, picture):
        return {"softmax": tf.nn.softmax(tf.einsum("nhwi,ic->nhwc", picture, self.weights))}


def known_logits(images):
    return (np.asarray(images)[..., ::-1] / 127.5 - 1) @ WEIGHTS


def save(folder, functions, **shapes):
    """A SavedModel whose signatures are `functions`, of one argument of the given shape (or TensorSpec)."""
    module = tf.Module()
    module.kept = tf.Variable(WEIGHTS)
    specs = {
        name: shape if isinstance(shape, tf.TensorSpec) else tf.TensorSpec(shape, tf.float32)
        for name, shape in shapes.items()
    }
    signatures = {
        name: tf.function(function).get_concrete_function(specs.get(name, tf.TensorSpec((None, 4, 6, 3), tf.float32)))
        for name, function in functions.items()
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)
    return folder


@pytest.fixture(scope="module")
def stranger_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "stranger"
    module = Stranger()
    signature = module.score.get_concrete_function(tf.TensorSpec((None, None, None, 3), tf.float32))
    tf.saved_model.save(module, str(folder), signatures={"serve_me": signature})
    return folder


@pytest.fixture(scope="module")
def stranger(stranger_folder):
    return load(
        stranger_folder, signature="serve_me", intensity_range=(-1.0, 1.0), channel_order="bgr", output="probabilities"
    )


def test_a_stranger_has_a_name_and_no_card(stranger, stranger_folder):
    assert (stranger.name, stranger.card, stranger.input_size, stranger.classes) == ("stranger", None, None, 4)
    assert stranger.path == stranger_folder and stranger.frame.colour == (0.0, 0.0, 0.0)


def test_a_stranger_gives_its_logits_up_to_the_constant_of_a_softmax(stranger):
    found = stranger(IMAGES).numpy() - known_logits(IMAGES)
    np.testing.assert_allclose(found, np.broadcast_to(found[..., :1], found.shape), atol=1e-4)  # float32 softmax


def test_a_stranger_is_attacked_like_the_known_function(stranger):
    """Same signs, so the same perturbation: the gradients of a linear function are far from zero."""
    weights = tf.constant(WEIGHTS)

    def known(images):
        return tf.einsum("nhwi,ic->nhwc", tf.reverse(images, [-1]) / 127.5 - 1, weights)

    labels = tf.argmax(known(IMAGES), -1, tf.int32)
    expected, found = (ifgsm(4.0)(model, IMAGES, labels).numpy() for model in (known, stranger))
    assert (found != expected).mean() < 0.005 and np.abs(found).max() == 4


def test_a_wrong_reading_is_another_function(stranger_folder):
    rgb = load(stranger_folder, signature="serve_me", intensity_range=(-1, 1), output="probabilities")
    difference = rgb(IMAGES).numpy() - known_logits(IMAGES)
    assert np.ptp(difference, axis=-1).max() > 1


def test_a_probability_of_zero_stays_finite(tmp_path):
    """Where the scores before the softmax are not to be found, behind a reshape."""

    def score(images):
        p = tf.nn.softmax(1e4 * tf.einsum("nhwi,ic->nhwc", images, WEIGHTS))
        return {"p": tf.reshape(p, tf.shape(p))}

    saturated = load(save(tmp_path / "hidden", {"p": score}), output="probabilities")
    logits = saturated(IMAGES).numpy()
    assert np.isfinite(logits).all() and logits.min() == pytest.approx(np.log(np.finfo(np.float32).tiny), rel=1e-6)


def test_before_the_softmax_nothing_is_saturated(stranger):
    saturated = load(
        stranger.path, signature="serve_me", intensity_range=(-1e4, 1e4), channel_order="bgr", output="probabilities"
    )
    assert saturated(IMAGES).numpy().min() < -1000


def test_the_digest_tells_weights_apart(stranger, tmp_path):
    module = Stranger()
    module.weights.assign(WEIGHTS + 1)
    signature = module.score.get_concrete_function(tf.TensorSpec((None, None, None, 3), tf.float32))
    tf.saved_model.save(module, str(tmp_path / "other"), signatures={"serve_me": signature})
    assert load(tmp_path / "other", signature="serve_me").digest != stranger.digest


def test_files_that_change_after_they_were_described_are_not_opened(tmp_path):
    spec = describe(save(tmp_path, {"logits": lambda images: {"logits": images}}))
    spec.open()
    save(tmp_path, {"logits": lambda images: {"logits": images + 1.0}})
    with pytest.raises(ValueError, match=f"The files of {tmp_path} have changed since this run began; let them be"):
        spec.open()


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="none does not exist; a model is a SavedModel's folder"):
        load(tmp_path / "none")


def test_a_folder_without_a_saved_model_is_refused(tmp_path):
    (tmp_path / "1").mkdir()
    with pytest.raises(ValueError, match="neither saved_model.pb nor a numbered version with one"):
        load(tmp_path)


def test_a_missing_signature_is_answered_with_those_there_are(stranger_folder):
    offer = r"'serve_me': picture float32 \[\?, \?, \?, 3\] -> softmax float32 \[\?, \?, \?, 4\]"
    with pytest.raises(ValueError, match=rf"no signature 'logits'; it offers {offer}; .* as `signature`"):
        load(stranger_folder, signature="logits")


def test_a_file_without_signatures_says_so(tmp_path):
    save(tmp_path / "empty", {})
    with pytest.raises(ValueError, match="it has no signature. It offers no signature at all"):
        load(tmp_path / "empty")


@pytest.mark.parametrize(
    ("function", "shape", "offer"),
    [
        (lambda x: {"a": x, "b": x}, (None, 4, 6, 3), r"(?=.*a float32 \[\?, 4, 6, 3\]).*b float32"),
        (lambda x: {"scores": tf.reduce_mean(x, (1, 2))}, (None, 4, 6, 3), r"scores float32 \[\?, 3\]"),
        (lambda x: {"scores": x}, (None, 4, 6, 1), r"x float32 \[\?, 4, 6, 1\]"),
        (lambda x: {"scores": x[:, :, ::3]}, (None, 16, 24, 3), r"scores float32 \[\?, 16, 8, 3\]"),
    ],
)
def test_signatures_from_something_else_to_something_else_are_refused(tmp_path, function, shape, offer):
    save(tmp_path / "odd", {"logits": function}, logits=shape)
    with pytest.raises(ValueError, match=f"does not go from images to the scores .* It offers .*{offer}"):
        load(tmp_path / "odd")


@pytest.mark.parametrize("shape", [None, (None, 4, 6, None)])
def test_a_file_that_does_not_say_its_classes_is_asked(tmp_path, shape):
    save(tmp_path / "silent", {"logits": lambda x: {"scores": x * 2}}, logits=shape)
    found = load(tmp_path / "silent")
    assert found.classes == 3 and np.array_equal(found(IMAGES), 2 * IMAGES)


@pytest.fixture
def copy(stranger_folder, tmp_path):
    return shutil.copytree(stranger_folder, tmp_path / "copy")


@pytest.mark.parametrize("kept", [0, 10, 0.5, -1])
def test_a_truncated_graph_is_refused(copy, kept):
    data = (copy / "saved_model.pb").read_bytes()
    (copy / "saved_model.pb").write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(ValueError, match="copy (cannot be loaded as a SavedModel; it may be damaged|has no signature)"):
        load(copy, signature="serve_me")


def test_missing_variables_are_refused(copy):
    shutil.rmtree(copy / "variables")
    with pytest.raises(ValueError, match="copy cannot be loaded as a SavedModel; it may be damaged"):
        load(copy, signature="serve_me")


@pytest.mark.parametrize("name", ["variables.index", "variables.data-00000-of-00001"])
@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: data[:5] + b"\xff" * 9 + data[14:]]
)
def test_damaged_variables_are_refused(copy, name, damage):
    path = copy / "variables" / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="copy cannot be loaded as a SavedModel; it may be damaged"):
        load(copy, signature="serve_me")


def test_a_damaged_card_is_refused(copy):
    (copy / "assets.extra").mkdir()
    (copy / "assets.extra" / "card.json").write_text("{")
    with pytest.raises(ValueError, match="card.json is damaged"):
        load(copy, signature="serve_me")


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"channel_order": "grb"}, "channel order 'grb'; choose one of: rgb, bgr"),
        ({"output": "scores"}, "Unknown model output 'scores'; choose one of: .*probabilities"),
        ({"intensity_range": (1.0, -1.0)}, "from its low to its high end; got 1.0 to -1.0"),
        ({"intensity_range": (0.0, float("inf"))}, "from its low to its high end; got 0.0 to inf"),
    ],
)
def test_readings_that_make_no_sense_are_refused(reading, message):
    with pytest.raises(ValueError, match=message):
        Reading(**reading)


def test_a_model_is_described_without_its_weights(stranger, stranger_folder, copy):
    """From the graph's file alone; only opening it needs the variables."""
    how = {"signature": "serve_me", "intensity_range": (-1.0, 1.0), "channel_order": "bgr", "output": "probabilities"}
    spec = describe(stranger_folder, **how)
    assert spec == stranger.spec and hash(spec) == hash(stranger.spec) and spec.digest == stranger.digest
    shutil.rmtree(copy / "variables")
    closed = describe(copy, **how)
    assert (closed.classes, closed.frame.size) == (4, None) and closed.digest != spec.digest
    with pytest.raises(ValueError, match="copy cannot be loaded as a SavedModel; it may be damaged"):
        closed.open()


def test_the_card_says_how_photographs_become_inputs(conv_folder):
    spec = describe(conv_folder)
    assert (spec.frame.size, spec.frame.fit, spec.frame.colour) == ((32, 48), "pad", (123.68, 116.779, 103.939))


def test_another_card_is_another_model(conv_folder, tmp_path):
    """It decides numbers, so a run does not go on with it."""
    folder = shutil.copytree(conv_folder, tmp_path / "conv")
    card = folder / "assets.extra" / "card.json"
    card.write_text(card.read_text().replace('"fit": "pad"', '"fit": "stretch"'))
    before, after = describe(conv_folder), describe(folder)
    assert after.frame.fit == "stretch" and after.digest != before.digest


def test_a_card_with_an_unknown_fit_is_refused(conv_folder, tmp_path):
    folder = shutil.copytree(conv_folder, tmp_path / "odd")
    card = folder / "assets.extra" / "card.json"
    card.write_text(card.read_text().replace('"fit": "pad"', '"fit": "strech"'))
    with pytest.raises(ValueError, match="fit 'strech'; choose one of: stretch, pad, reflect"):
        describe(folder)
