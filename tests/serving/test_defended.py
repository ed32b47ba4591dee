"""Networks with something around them as SavedModels: reloaded, they give the same logits and gradients."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.data.framing import Frame
from tfadvseg.data.labels import LabelSpace
from tfadvseg.models import describe, load
from tfadvseg.models.postprocessed import PostprocessedModel
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.servable import export_servable, postprocessed
from tfadvseg.transforms import TRANSFORMS

SEEDS = tf.constant([[3, 5], [7, 11]])


@pytest.fixture(scope="module")
def defended(conv_model, tmp_path_factory):
    """{transform: folder of the SavedModel}."""
    models = tmp_path_factory.mktemp("defended")
    return {
        name: export_servable(randomised(conv_model, TRANSFORMS[name]), f"conv_{name}", {"transform": name}, models)
        for name in ("jpeg", "blur", "hsv", "grayscale")
    }


def refined(model, refinement):
    """The model with a refinement, ready to be written."""
    return postprocessed(PostprocessedModel(model, dataclasses.replace(model.spec, refinement=refinement)))


def gradient(logits, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(logits(images) * tf.cast(tf.range(11) - 4, tf.float32))
    return tape.gradient(total, images).numpy()


@pytest.mark.parametrize("name", ["jpeg", "blur", "hsv", "grayscale"])
def test_it_reloads_with_its_draws_and_its_gradient(defended, conv_model, images, name):
    loaded = tf.saved_model.load(str(defended[name]))  # kept alive: its variables die with it
    reloaded = loaded.signatures["logits_of_seeds"]

    def expected(x):
        return conv_model(TRANSFORMS[name](x, SEEDS))

    def found(x):
        return reloaded(images=x, seeds=SEEDS)["logits"]

    np.testing.assert_allclose(found(images), expected(images), rtol=1e-4, atol=1e-3)  # of logits up to 247
    slope = gradient(expected, images)
    close = np.isclose(gradient(found, images), slope, rtol=1e-3, atol=1e-4 * np.abs(slope).max())
    assert np.abs(slope).max() > 0 and close.mean() > 0.999  # rounding may choose another side of a kink


def test_a_class_map_holds_for_the_draws_of_seeds(defended, conv_model, images):
    names = conv_model.card.names
    space = LabelSpace(names[1:], conv_model.card.palette[1:])
    spec = describe(defended["grayscale"], class_map=(names[1], *names[1:])).on(space, "streets")
    assert spec.seeded
    logits = conv_model(TRANSFORMS["grayscale"](images, SEEDS))
    expected = tf.concat([tf.reduce_logsumexp(logits[..., :2], -1)[..., None], logits[..., 2:]], -1)
    np.testing.assert_allclose(spec.open().logits_of_seeds(images, SEEDS), expected, rtol=1e-4, atol=1e-3)


def test_its_main_signature_draws_anew(defended, images):
    model = load(defended["grayscale"])
    assert (model.name, model.input_size, model.classes) == ("conv_grayscale", (32, 48), 11)
    assert np.abs(model(images) - model(images)).max() > 0.01
    assert model.card.provenance["added"] == {"transform": "grayscale"}
    assert model.card.provenance["network"]["name"] == "conv" and model.card.names[0] == "sky"


def test_a_refined_network_reloads_with_its_gradient(conv_model, images, tmp_path):
    """Logits sharpened where the image is bright: a refinement that sees both."""

    def sharpen(logits, images):
        return logits * (1 + images[..., :1] / 255)

    folder = export_servable(refined(conv_model, sharpen), "conv_sharp", {"refinement": "sharpen"}, tmp_path)
    reloaded = load(folder)

    def expected(x):
        return sharpen(conv_model(x), x)

    np.testing.assert_allclose(reloaded(images), expected(images), rtol=1e-5, atol=1e-5)
    slope = gradient(expected, images)
    np.testing.assert_allclose(gradient(reloaded, images), slope, rtol=1e-4, atol=1e-5 * np.abs(slope).max())


@pytest.mark.parametrize("name", ["deeplab_vgg", "deeplab_resnet"])
def test_a_network_with_deeplabs_crf_reloads_with_its_gradient(name, conv_model, images, tmp_path):
    refine = DenseCrfRefinement(dataclasses.replace(PARAMETERS[name], iterations=3))
    reloaded = load(export_servable(refined(conv_model, refine), "conv_crf", {"crf": name}, tmp_path))
    expected = tf.function(lambda x: refine(conv_model(x), x))
    np.testing.assert_allclose(reloaded(images), expected(images), rtol=1e-4, atol=1e-4)
    slope, plain = gradient(expected, images), gradient(conv_model, images)
    np.testing.assert_allclose(gradient(reloaded, images), slope, rtol=1e-3, atol=1e-4 * np.abs(slope).max())
    assert np.abs(slope - plain).max() > 0.01 * np.abs(plain).max()


def test_a_strangers_network_of_any_size_takes_a_crf(tmp_path):
    module = tf.Module()
    module.kernel = tf.Variable(np.random.default_rng(0).normal(0, 0.05, (3, 4)), dtype=tf.float32)
    score = tf.function(lambda images: {"scores": tf.einsum("nhwi,ic->nhwc", images, module.kernel)})
    signature = score.get_concrete_function(tf.TensorSpec((None, None, None, 3), tf.float32))
    tf.saved_model.save(module, str(tmp_path / "any"), {"logits": signature})
    refine = DenseCrfRefinement(dataclasses.replace(PARAMETERS["deeplab_vgg"], iterations=2))
    model = load(tmp_path / "any")
    reloaded = load(export_servable(refined(model, refine), "any_crf", {"crf": "deeplab_vgg"}, tmp_path))
    assert reloaded.input_size is None and reloaded.card.input_size is None
    for size in ((9, 12), (5, 20)):
        images = tf.constant(np.random.default_rng(1).integers(0, 256, (2, *size, 3)), tf.float32)
        expected = tf.function(lambda x: refine(model(x), x))(images)
        np.testing.assert_allclose(reloaded(images), expected, rtol=1e-4, atol=1e-4)


def test_a_strangers_network_gets_a_card(conv_model, tmp_path):
    stranger = dataclasses.replace(conv_model, card=None)
    card = load(export_servable(randomised(stranger, TRANSFORMS["blur"]), "theirs", {}, tmp_path)).card
    assert card.names[:2] == ("class_0", "class_1") and len(set(card.palette)) == 11


def test_a_network_without_a_fixed_size_is_refused(conv_model):
    with pytest.raises(ValueError, match="takes images of any size"):
        of_any_size = dataclasses.replace(conv_model.spec, frame=Frame())
        randomised(dataclasses.replace(conv_model, spec=of_any_size), TRANSFORMS["blur"])
