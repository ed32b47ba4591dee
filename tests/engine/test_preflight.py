"""Before the first attack every model is looked at: each fault of its own is warned of or refused, a sound one not."""

import numpy as np
import pytest
import tensorflow as tf
from six_images import grid, split

from tfadvseg.doctor.suggestion import compare, fitting, settled
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.preflight import examine, found
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.models import describe
from tfadvseg.runs.folder import RunFolder

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PHOTOGRAPHS = [split()[k] for k in (0, 2)]
"""Of the size of the network's input."""


@pytest.fixture
def stranger(conv_model, tmp_path):
    """Writes a SavedModel around the network that knows CamVid's colours: function(network, images) -> output."""

    def make(function, spec=None, name="stranger"):
        module = tf.Module()
        module.kept = conv_model.trackable
        given = spec or tf.TensorSpec((None, 32, 48, 3), tf.float32, "x")
        serve = tf.function(lambda x: {"y": function(conv_model, x)}).get_concrete_function(given)
        tf.saved_model.save(module, str(tmp_path / name), {"serve": serve})
        return tmp_path / name

    return make


def warned(folder, attacked=True, photographs=PHOTOGRAPHS, **reading):
    return examine(describe(folder, **reading), OpenModels(), photographs, attacked)


def test_a_sound_model_is_warned_of_nothing(stranger):
    assert warned(stranger(lambda net, x: net(x))) == []


def test_mean_and_std_outside_the_graph_are_noticed(stranger):
    folder = stranger(lambda net, x: net((x * STD + MEAN) * 255))
    (text,) = warned(folder, attacked=False)
    assert "with intensity_range [0.0, 1.0], mean [0.485, 0.456, 0.406], std [0.229, 0.224, 0.225]; a netw" in text
    assert text.startswith("stranger: its clean IoU is ") and f"pipelines.doctor --saved_model={folder}" in text
    assert warned(folder, intensity_range=(0.0, 1.0), mean=MEAN, std=STD) == []
    with pytest.raises(
        ValueError, match=r"it is zero everywhere.* it is not. stranger: its clean IoU is .* % as it is"
    ):
        warned(folder)


def test_blue_first_is_noticed(stranger):
    folder = stranger(lambda net, x: net(x[..., ::-1]))
    (text,) = warned(folder)
    assert "% with channel_order bgr; a network that is read wrongly looks more robust than it is" in text
    assert warned(folder, channel_order="bgr") == []


def test_another_order_of_the_classes_is_noticed(stranger):
    order = [1, 0, 3, 2, *range(4, 11)]
    (text,) = warned(stranger(lambda net, x: tf.gather(net(x), order, axis=-1)))
    assert "its classes 0, 1, 2, ... lie where the labels are 1, 0, 3, 2, 4, 5" in text


def test_a_model_that_draws_at_random_is_noticed(stranger):
    (text, *_) = warned(stranger(lambda net, x: net(x + 20 * tf.random.normal(tf.shape(x)))))
    assert text.startswith("stranger: it draws at random, answers the same images differently each time")


def test_normalisation_over_the_batch_is_noticed(stranger):
    (text,) = warned(stranger(lambda net, x: net(x) - tf.reduce_mean(net(x), 0, keepdims=True) / 2))
    assert text.startswith("stranger: its answer to an image depends on the others of a batch")


def test_rounding_of_the_images_is_noticed(stranger):
    whole = tf.TensorSpec((None, 32, 48, 3), tf.uint8, "x")
    (text,) = warned(stranger(lambda net, x: net(tf.cast(x, tf.float32)), whole))
    assert text.startswith("stranger: it rounds its images to whole grey levels")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda net, x: net(x) / 0.0, "returns scores that are no finite numbers"),
        (lambda net, x: net(tf.round(x)), r"No gradient .* of .*stranger \(an operation without a derivative"),
        (lambda net, x: net(x) * 1e6, r"No gradient leads to the input of .*stranger \(it is zero everywhere"),
        (lambda net, x: net(tf.stop_gradient(x)), "No gradient leads to the input of .*stranger"),
        (lambda net, x: tf.nn.softmax(net(x)), "returns probabilities and not logits"),
        (lambda net, x: tf.sigmoid((net(x)[..., :1] - 240) / 20), "probabilities of a foreground and not logits"),
        (lambda net, x: tf.math.top_k(net(x), 1).indices, "returns label maps and its graph shows no way around"),
    ],
)
def test_numbers_that_would_mean_nothing_are_refused(stranger, function, message):
    with pytest.raises(ValueError, match=message) as caught:
        warned(stranger(function), **({"classes": tuple("abcdefghijk")} if "label maps" in message else {}))
    assert "\n" not in str(caught.value)


def test_several_scores_within_0_and_1_are_noticed(stranger):
    (text,) = [one for one in warned(stranger(lambda net, x: tf.sigmoid(net(x) / 100))) if "lie in 0..1" in one]
    assert text.startswith("stranger: all its scores lie in 0..1; if each is the probability of a class by itself")


def test_label_maps_may_be_shown_images(stranger):
    folder = stranger(lambda net, x: tf.math.top_k(net(x), 1).indices)
    assert warned(folder, attacked=False, classes=tuple("abcdefghijk")) == []


def halves(net, x):
    """As encoders and decoders do it: fails on sides that are no multiples of 8."""
    small = tf.nn.avg_pool2d(x, 8, 8, "VALID")
    return tf.gather(tf.concat([tf.keras.layers.UpSampling2D(8)(small), x], -1), [0, 1, 2, 3, 4, 5] * 2, axis=-1)[
        ..., :11
    ]


FREE = tf.TensorSpec((None, None, None, 3), tf.float32, "x")


def test_sides_that_a_network_does_not_take_are_refused_with_those_that_it_takes(stranger):
    folder = stranger(halves, FREE)
    with pytest.raises(ValueError, match=r'fails on an image of 28x40 .* "multiple": \[8, 8\]'):
        warned(folder, photographs=[split()[1]])
    assert fitting(describe(folder), [split()[1]]).spec.frame.multiple == (8, 8)
    assert warned(folder, photographs=[split()[1]], multiple=(8, 8))[1:] == []


def test_all_models_are_looked_at_before_the_first_is_attacked(stranger, spec, tmp_path):
    broken = describe(stranger(lambda net, x: net(x) / 0.0, name="broken"))
    protocol, folder = Protocol(grid(("fgsm",), (8.0,))), RunFolder(tmp_path / "run", {}, {})
    with pytest.raises(ValueError, match="broken returns scores that are no finite numbers"):
        run(
            [white_box(spec, protocol), white_box(broken, protocol)],
            Shards(split(range(1))),
            folder,
            "off",
            OpenModels(),
        )
    assert not folder.has("conv-00000")


def test_what_was_found_is_kept_in_the_run(stranger, spec, tmp_path):
    noisy = describe(stranger(lambda net, x: net(x + 20 * tf.random.normal(tf.shape(x))), name="noisy"))
    scenario = Scenario(spec, Protocol(grid(("fgsm",), (8.0,))), (Target(spec), Target(noisy)))
    folder = RunFolder(tmp_path / "run", {}, {})
    run([scenario], Shards(split(range(1))), folder, "off", OpenModels())
    assert found(spec, folder) == [] and found(noisy, folder)[0].startswith("noisy: it draws at random")


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (lambda net, x: tf.nn.softmax(net(x)), "probabilities"),
        (lambda net, x: tf.sigmoid((net(x)[..., :1] - 240) / 20), "sigmoid"),
        (lambda net, x: net(x)[..., :1], "logits"),
        (lambda net, x: tf.sigmoid(net(x)), "logits"),
        (lambda net, x: tf.cast(tf.argmax(net(x), -1), tf.float32), "labels"),
    ],
)
def test_scores_are_called_what_they_are(stranger, function, output):
    """Sigmoids of several classes lie in 0..1, but so may logits."""
    assert fitting(describe(stranger(function)), PHOTOGRAPHS).spec.reading.output == output


def test_the_best_reading_is_settled_with_the_names_of_the_file(stranger, conv_model):
    folder = stranger(lambda net, x: net((x * STD[::-1] + MEAN[::-1])[..., ::-1] * 255))
    spec = describe(folder)
    how = settled(spec, compare(spec.open(), PHOTOGRAPHS), None)
    assert (how.signature, how.input_name, how.output_name, how.layout) == ("serve", "x", "y", "NHWC")
    images = tf.constant(np.stack([image for _, image, _ in PHOTOGRAPHS]), tf.float32)
    np.testing.assert_allclose(describe(folder, how).open()(images), conv_model(images), rtol=1e-3, atol=1e-2)


def test_other_photographs_than_the_inputs_size_try_other_fits(stranger):
    model = describe(stranger(lambda net, x: net(x))).open()
    names = [one.name for one in compare(model, PHOTOGRAPHS).tried]
    assert names[0] == "as it is read" and not any("fit" in name for name in names)
    assert {"fit stretch", "fit tiles"} <= {one.name for one in compare(model, [split()[3]]).tried}


def test_without_labels_no_reading_is_tried_but_its_lack_is_told(stranger):
    """Until somebody says how its images are prepared."""
    folder = stranger(lambda net, x: net(x[..., ::-1]))
    blank = [one._replace(labels=np.full_like(one.labels, 255)) for one in PHOTOGRAPHS]
    (text,) = warned(folder, photographs=blank)
    assert text.startswith("stranger: nothing says how it wants its images") and f"--saved_model={folder}" in text
    assert warned(folder, photographs=blank, channel_order="bgr") == []
    assert warned(folder, photographs=[blank[0], PHOTOGRAPHS[1]], channel_order="bgr") == []
