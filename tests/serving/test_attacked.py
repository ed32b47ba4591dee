"""Attacks inside of a reloaded SavedModel are the package's own, bit by bit, with a radius for each image."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from absl import flags
from absl.testing import flagsaver
from models import strangers

from pipelines.common import attacking
from pipelines.common.flags import define_steps
from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.pace import single_step, steps_of
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import inside
from tfadvseg.engine.exposure import attacked as shown
from tfadvseg.models import load, safety
from tfadvseg.models.reading import Reading
from tfadvseg.seeds import image_seeds
from tfadvseg.serving.attacked import SEEDED_AS, ServedAttack, attack_photographs
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.servable import export_servable, of_file
from tfadvseg.serving.served import Served, serve
from tfadvseg.transforms import TRANSFORMS

SIZES = {"own": (32, 48), "smaller": (27, 41), "larger": (50, 90)}
EPSILONS = np.array([2.5, 0.8, 2.5], np.float32)


def photographs(count, size):
    return np.random.default_rng(size).integers(0, 256, (count, *size, 3), np.uint8)


@pytest.fixture(scope="module")
def typed():
    """(flags) -> the attack that they stand for, and the package's own at a radius: (name, flags) -> both."""
    values = flags.FLAGS
    before = set(values)
    define_steps()
    flags.DEFINE_bool("in_range", None, "")
    flags.DEFINE_bool("whole_levels", False, "")
    flags.DEFINE_integer("seed", 0, "")
    values.mark_as_parsed()

    def made(name, **given):
        with flagsaver.flagsaver(**given):
            served = attacking.served(name, ())
            within = attacking.defaults().in_range if values.in_range is None else values.in_range
            settings = {"in_range": within, "whole_levels": values.whole_levels}

            def direct(epsilon):
                with flagsaver.flagsaver(**given):
                    return attacking.attack(name, epsilon, (), **settings)

            return served, direct

    yield made
    for name in set(values) - before:
        delattr(values, name)
    values.unparse_flags()


@functools.cache
def predicting(model):
    """Traced once a model."""
    return tf.function(lambda images: tf.argmax(model(images), -1, tf.int32))


def by_the_package(model, attack, photograph, seeds):
    """(adversarial, labels before, labels after), each photograph by itself."""
    placed, size = model.frame.place(tf.constant(photograph))
    counted = inside(size[None], placed.shape[:2])
    labels = tf.where(counted, predicting(model)(placed[None]), LEFT_OUT)
    attackable = tf.cast(counted, tf.float32)[..., None]
    made = attack(model, placed[None], labels, tf.constant(seeds), attackable)[0]
    lifted = model.frame.lift(made, size, photograph.shape[:2]).numpy()
    adversarial = shown(photograph, lifted, attack)
    return adversarial, model.segment(tf.constant(photograph)), model.segment(tf.constant(adversarial))


CASES = [
    ("fgsm", {}),
    ("fgsm_ll", {}),
    ("ifgsm", {}),
    ("ifgsm_ll", {}),
    ("mi_fgsm", {}),
    ("segpgd", {}),
    ("cospgd", {}),
    *((name, {"protocol": "literature"}) for name in ("fgsm", "ifgsm", "ifgsm_ll", "mi_fgsm", "segpgd", "cospgd")),
    ("ifgsm_ll", {"in_range": True, "whole_levels": True}),
    ("ifgsm", {"whole_levels": True}),
    ("fgsm_class", {"target_class": "3"}),
    ("padam", {"steps": 5}),
    ("apgd_ce", {"steps": 6}),
    ("ifgsm", {"start": "uniform", "restarts": 2, "keep": "accuracy", "seed": 3}),
]


@pytest.mark.parametrize(("name", "given"), CASES)
def test_it_is_the_packages_attack_at_each_images_radius(typed, conv_model, monkeypatch, tmp_path, name, given):
    if "target_class" in given:
        monkeypatch.setattr(attacking, "target_class", lambda *_: 3)
    served, direct = typed(name, **given)
    folder = export_servable(serve(of_file(conv_model), Served(attack=served)), "attacked", {}, tmp_path)
    safety.check(folder)
    loaded = tf.saved_model.load(str(folder))
    seeds = image_seeds(given.get("seed", 0), [SEEDED_AS])
    attacks = {epsilon: direct(round(float(epsilon), 3)) for epsilon in EPSILONS}  # kept, and traced once each
    on_files = given.get("whole_levels", False) and given.get("in_range", False)
    for size in SIZES.values():
        images = photographs(3, size)
        found = {
            key: value.numpy()
            for key, value in loaded.signatures["attacked"](images=images, epsilons=tf.constant(EPSILONS)).items()
        }
        assert found["adversarial"].dtype == (np.uint8 if on_files else np.float32)
        for i, (image, epsilon) in enumerate(zip(images, EPSILONS, strict=True)):
            adversarial, before, after = by_the_package(conv_model, attacks[epsilon], image, seeds)
            np.testing.assert_array_equal(found["adversarial"][i], adversarial)
            np.testing.assert_array_equal(found["labels_before"][i], before)
            np.testing.assert_array_equal(found["labels_after"][i], after)
            assert 0 < found["linf"][i] <= epsilon or (given.get("whole_levels") and epsilon < 1)
            added = adversarial.astype(np.float64) - image
            np.testing.assert_allclose(found["linf"][i], np.abs(added).max(), atol=2e-5)
            np.testing.assert_allclose(found["l2"][i], np.linalg.norm(added), rtol=1e-4)


@pytest.fixture(scope="module")
def attacked(conv_model, tmp_path_factory):
    """Iterative FGSM ll by the paper's protocol, reloaded."""
    attack = ServedAttack("ifgsm_ll", ATTACKS["ifgsm_ll"](1.0), steps_of(1.0, None))
    network = serve(of_file(conv_model), Served(attack=attack))
    loaded = tf.saved_model.load(str(export_servable(network, "x", {}, tmp_path_factory.mktemp("attacked"))))
    return lambda images, epsilons: (
        {
            key: value.numpy()
            for key, value in loaded.signatures["attacked"](images=images, epsilons=tf.constant(epsilons)).items()
        }
        | {"kept": loaded}
    )


@pytest.mark.parametrize("size", SIZES.values())
def test_an_epsilon_of_0_gives_the_photograph_back(attacked, size):
    images = photographs(2, size)
    found = attacked(images, [0.0, 4.0])
    np.testing.assert_array_equal(found["adversarial"][0], images[0])
    np.testing.assert_array_equal(found["labels_before"][0], found["labels_after"][0])
    assert found["linf"][0] == found["l2"][0] == 0
    assert np.abs(found["adversarial"][1] - images[1]).max() == 4


def test_neighbours_in_a_batch_change_nothing(attacked):
    images = photographs(3, (32, 48))
    together = attacked(images, EPSILONS)
    for i in range(3):
        alone = attacked(images[i : i + 1], EPSILONS[i : i + 1])
        for key in ("adversarial", "labels_before", "labels_after", "linf", "l2"):
            np.testing.assert_array_equal(alone[key][0], together[key][i])


@pytest.mark.parametrize(
    ("epsilons", "said"),
    [
        ([1.0, -0.5], r"Epsilons are grey levels from 0 to 255; got -0\.5\."),
        ([float("nan"), 1.0], r"from 0 to 255; got -?nan\."),
        ([float("inf"), 300.0], r"from 0 to 255; got inf, 300\."),
        ([255.1, 1.0], "from 0 to 255; got 255.1"),
        ([1.0], "Each image has an epsilon of its own; got 2 images and 1"),
        ([1.0] * 3, "got 2 images and 3"),
    ],
)
def test_radii_that_are_none_are_refused(attacked, epsilons, said):
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        attacked(photographs(2, (32, 48)), epsilons)


def test_the_largest_radius_is_taken(attacked):
    assert attacked(photographs(1, (32, 48)), [255.0])["linf"][0] <= 255


def test_a_network_of_any_size_is_attacked_on_photographs_as_they_are(tmp_path):
    strangers.save(tmp_path / "free", lambda net, images: {"logits": net(images)}, strangers.FREE)
    attack = ServedAttack("ifgsm", ATTACKS["ifgsm"](1.0, in_range=True), steps_of(1.0, None))
    for name, reading in (("as_is", None), ("multiples", Reading(fit="reflect", multiple=(16, 16)))):
        model = load(tmp_path / "free", reading)
        loaded = tf.saved_model.load(
            str(export_servable(serve(of_file(model), Served(attack=attack)), name, {}, tmp_path))
        )
        for size in ((28, 40), (61, 33)):
            images = photographs(2, size)
            found = loaded.signatures["attacked"](images=images, epsilons=tf.constant([2.0, 8.0]))
            for i, epsilon in enumerate((2.0, 8.0)):
                direct = ATTACKS["ifgsm"](epsilon, in_range=True)
                adversarial, before, _ = by_the_package(model, direct, images[i], np.zeros((1, 2), np.int32))
                same = found["adversarial"][i].numpy() == adversarial
                assert same.mean() > 0.99  # of sizes known when it runs TensorFlow chooses other kernels
                np.testing.assert_array_equal(found["labels_before"][i], before)
                assert np.mean(found["labels_after"][i].numpy() != before) > (0.05 if epsilon == 8 else 0)


@pytest.mark.parametrize(
    "name", ["noise", "dla", "hide", "alma_prox", "dag", "minimal_fgsm", "fspgd", "ifgsm_unseen", "ladder_mce"]
)
def test_an_attack_that_has_no_such_form_is_refused_in_a_sentence(typed, name):
    with pytest.raises(ValueError, match=f"^{name} cannot be served, since it is no gradient ascent in a ball"):
        typed(name)


def test_what_cannot_be_attacked_is_refused(conv_model):
    attack = ServedAttack("fgsm", ATTACKS["fgsm"](1.0), single_step)
    with pytest.raises(
        ValueError, match="draws at random, so that each gradient would be another one's; leave out the"
    ):
        serve(randomised(conv_model, TRANSFORMS["blur"]), Served(attack=attack))


def test_the_attack_runs_in_any_graph(conv_model):
    """Without a file, which the tests above go through."""
    attack = ServedAttack("fgsm", ATTACKS["fgsm"](1.0), single_step)
    images = photographs(1, (32, 48))
    graph = tf.function(lambda x, e: attack_photographs(conv_model, conv_model.frame, attack, x, e))
    found = graph(tf.constant(images), tf.constant([3.0]))
    assert set(np.unique(found["adversarial"] - images)) <= {-3.0, 0.0, 3.0}
