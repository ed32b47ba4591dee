"""SavedModels over scales: a signature for each, one set of variables, of networks of the zoo and of strangers."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import strangers
from tfadvseg.models import card, describe, load, scales, zoo
from tfadvseg.models.zoo.multiscale import branches
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.export import export
from tfadvseg.serving.multiscale import export_multiscale
from tfadvseg.serving.servable import export_servable
from tfadvseg.transforms import TRANSFORMS

SIZE, WIDTH, SCALES = (32, 48), 0.03, (0.5, 0.75, 1.0)


@pytest.fixture(scope="module")
def fcn8s(make_card, tmp_path_factory):
    """(network, folder of its SavedModel, folder over scales)."""
    keras.utils.set_random_seed(0)
    network = zoo.build("fcn8s_vgg", 11, SIZE, WIDTH)
    models = tmp_path_factory.mktemp("scales")
    made = dataclasses.replace(make_card("fcn8s", network), architecture="fcn8s_vgg", width=WIDTH)
    folder = export(network, made, models)
    return network, folder, export_multiscale(describe(folder), "over_scales", SCALES, "max", models)


@pytest.fixture(scope="module")
def opened(fcn8s):
    return [spec.open() for spec in scales(fcn8s[2])]


def stored(folder):
    """{variable: its shape} in a SavedModel's file, but for bookkeeping."""
    found = tf.train.list_variables(str(folder / "variables" / "variables"))
    return sorted(tuple(shape) for name, shape in found if "OBJECT_GRAPH" not in name)


def gradient(model, images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(model(images) * tf.cast(tf.range(model.classes) - 1, tf.float32))
    return tape.gradient(total, images).numpy()


def test_a_network_of_the_zoo_gets_a_signature_for_each_scale(fcn8s, opened, images):
    network, *_ = fcn8s
    expected = zoo.build_multiscale("fcn8s_vgg", 11, SIZE, WIDTH)
    expected.set_weights(network.get_weights())
    parts = branches(expected)
    for model, wanted in zip(opened, [parts[50], parts[75], parts[100], expected], strict=True):
        np.testing.assert_allclose(model(images), wanted(images, training=False), rtol=1e-4, atol=1e-4)
        assert np.abs(gradient(model, images)).max() > 0
    np.testing.assert_allclose(opened[2](images), load(fcn8s[1])(images), rtol=1e-4, atol=1e-4)
    assert np.abs(opened[0](images) - opened[2](images)).max() > 0.01


def test_its_variables_are_stored_once(fcn8s):
    network, folder, over_scales = fcn8s
    assert stored(over_scales) == stored(folder) and len(stored(folder)) >= len(network.weights)
    sizes = [(f / "variables" / "variables.data-00000-of-00001").stat().st_size for f in (over_scales, folder)]
    assert sizes[0] < sizes[1] + 10_000


def test_its_branches_can_be_told_apart(fcn8s):
    found = scales(fcn8s[2])
    assert [spec.name for spec in found] == ["over_scales@50", "over_scales@75", "over_scales@100", "over_scales"]
    assert [spec.scale for spec in found] == [50, 75, 100, None] and len({spec.digest for spec in found}) == 4
    assert len({spec.frame for spec in found}) == 1 and found[0].bare.name == "over_scales@50"
    assert describe(fcn8s[2], signature="logits_75") == found[1] and describe(fcn8s[2]) == found[3]
    with pytest.raises(ValueError, match="fcn8s/1 has no signature of a scale, such as logits_50; pipelines.export"):
        scales(fcn8s[1])


def test_its_card_says_what_was_added(fcn8s):
    before, after = card.read(fcn8s[1]), card.read(fcn8s[2])
    assert (after.architecture, after.width, after.parameters) == ("fcn8s_vgg", WIDTH, before.parameters)
    assert after.name == "over_scales" and after.scores == {}
    assert after.provenance["added"] == {"scales": [1.0, 0.75, 0.5], "fusion": "max"}
    assert after.provenance["of the network"] == before.provenance


def test_other_scales_and_the_average_can_be_made_of_it_again(fcn8s, opened, images, tmp_path):
    spec = describe(fcn8s[2])
    again = scales(export_multiscale(spec, "again", (0.5, 1), "average", tmp_path))
    half, full, both = (one.open()(images) for one in again)
    np.testing.assert_allclose(half, opened[0](images), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(both, (half + full) / 2, rtol=1e-4, atol=1e-4)


def test_what_would_be_lost_is_refused(fcn8s, tmp_path):
    """A scale, since all would be made anew of the whole network; a reading, since it would be built by its card."""
    branch = describe(fcn8s[2], signature="logits_50")
    with pytest.raises(ValueError, match="over_scales@50 is one scale of a model over scales; name over_scales, of"):
        export_multiscale(branch, "again", SCALES, "max", tmp_path)
    read = describe(fcn8s[1], signature="logits", channel_order="bgr")
    with pytest.raises(ValueError, match="is built anew by its card, which would forget the channel order of its read"):
        export_multiscale(read, "again", SCALES, "max", tmp_path)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("command", ["training", "import"])
def test_an_older_card_says_its_width_in_its_provenance(command, fcn8s, tmp_path):
    spec = describe(fcn8s[1])
    text = (spec.path / card.FILE).read_text()
    try:
        provenance = {command: {"width": WIDTH}}
        dataclasses.replace(card.read(spec.path), width=None, provenance=provenance).write(spec.path)
        folder = export_multiscale(spec, "older", [1], "max", tmp_path)
    finally:
        (spec.path / card.FILE).write_text(text)
    assert card.read(folder).width == WIDTH and stored(folder) == stored(spec.path)


def test_deeplab_is_exported_with_its_scales(make_card, tmp_path):
    """As training does it; here of VGG-16, whose graph is smaller."""
    network = zoo.build_multiscale("deeplab_v2_vgg", 11, (33, 49), WIDTH)
    folder = export(network, make_card("deeplab", network), tmp_path)
    images = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 33, 49, 3)), tf.float32)
    for spec in scales(folder):
        part = network if spec.scale is None else branches(network)[spec.scale]
        np.testing.assert_allclose(spec.open()(images), part(images, training=False), rtol=1e-4, atol=1e-4)
    assert sum(int(np.prod(shape)) for shape in stored(folder)) >= network.count_params()


@pytest.mark.parametrize("fusion", ["max", "average"])
def test_a_stranger_of_any_size_is_resized_around(fusion, tmp_path):
    form, images = strangers.FORMS["any height and width"], strangers.IMAGES
    form.write(tmp_path / "theirs")
    folder = export_multiscale(describe(tmp_path / "theirs"), "theirs_scales", SCALES, fusion, tmp_path)
    *parts, whole = (spec.open() for spec in scales(folder))
    expected = [
        tf.image.resize(form.logits(tf.image.resize(images, size)), strangers.SIZE) for size in ((8, 12), (12, 18))
    ] + [form.logits(images)]
    for part, wanted in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part(images), wanted, rtol=1e-4, atol=1e-5)
        assert np.abs(gradient(part, images)).max() > 0
    fused = {"max": np.max, "average": np.mean}[fusion](expected, 0)
    np.testing.assert_allclose(whole(images), fused, rtol=1e-4, atol=1e-5)
    if fusion == "average":
        mean = np.mean([gradient(part, images) for part in parts], 0)
        np.testing.assert_allclose(gradient(whole, images), mean, rtol=1e-3, atol=1e-4 * np.abs(mean).max())
    assert stored(folder) == stored(tmp_path / "theirs")
    with pytest.raises(ValueError, match="is over scales already; name the network that it was made of"):
        export_multiscale(describe(folder), "again", SCALES, fusion, tmp_path)


def test_a_stranger_that_needs_multiples_gets_them_at_every_scale(tmp_path):
    def strict(net, x):
        with tf.control_dependencies([tf.debugging.assert_equal(tf.shape(x)[1:3] % 8, [0, 0])]):
            return net(tf.identity(x))

    strangers.save(tmp_path / "theirs", strict, strangers.FREE)
    spec = describe(tmp_path / "theirs", multiple=(8, 8), colour=(1.0, 2.0, 3.0))
    found = scales(export_multiscale(spec, "theirs_scales", SCALES, "max", tmp_path))
    assert {(one.frame.multiple, one.frame.colour) for one in found} == {((8, 8), (1.0, 2.0, 3.0))}
    for one in found:
        assert one.open()(strangers.IMAGES).shape == (3, *strangers.SIZE, 4)


def test_one_of_a_fixed_size_that_cannot_be_built_anew_is_refused(conv_model, fcn8s, tmp_path):
    """A stranger, and a network of the zoo behind a transform, which a network built anew would not have."""
    hidden = export_servable(randomised(load(fcn8s[1]), TRANSFORMS["blur"]), "hidden", {"transform": "blur"}, tmp_path)
    for spec in (conv_model.spec, describe(hidden)):
        with pytest.raises(ValueError, match=r"takes images of one size and is no network that this package can build"):
            export_multiscale(spec, "scales", SCALES, "max", tmp_path)
    assert not (tmp_path / "scales").exists()
