"""A whole experiment on six images: its numbers from scratch, and the same ones however its units come about."""

import pathlib
import runpy
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.data.batches import inside, to_input
from tfadvseg.experiments import checks
from tfadvseg.experiments.encounter import Protocol, white_box
from tfadvseg.experiments.gather import gather
from tfadvseg.experiments.measure import measure
from tfadvseg.experiments.run import Shards, refuse_probabilities, run
from tfadvseg.experiments.unit import UnitMaker
from tfadvseg.models import load
from tfadvseg.reports.examples import Attacked
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Cell

PROGRAM = pathlib.Path(__file__).with_name("six_images.py")
SIX = runpy.run_path(str(PROGRAM))
experiment, examples, example, grid = (SIX[name] for name in ("experiment", "examples", "example", "grid"))
CLEAN = Cell("made_up", "validation", "", "", "clean", 0.0)


def without_seconds(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def undisturbed(conv_model, tmp_path_factory):
    """(rows, findings, examples) of an undisturbed run, a unit an image. Its attacks stay alive, so that runs with the
    same ones need not be traced again."""
    protocol = Protocol(grid())
    maker = UnitMaker(white_box(conv_model, protocol))
    yield experiment(conv_model, tmp_path_factory.mktemp("undisturbed"), protocol)
    del maker


@pytest.fixture(scope="module")
def inputs(conv_model):
    """(images [1, 32, 48, 3], labels [1, 32, 48], size) of each example."""
    found = []
    for number in range(6):
        _, image, labels = example(number)
        made = to_input(tf.constant(image), tf.constant(labels), conv_model.input_size, conv_model.pad_colour)
        found.append((made["image"][None], made["labels"][None], tuple(made["size"].numpy())))
    return found


def iou_by_hand(labels, predictions):
    """Mean IoU in per cent over all images, pixel sets counted one class at a time."""
    found = []
    for c in range(11):
        both = sum(((truth == c) & (guess == c)).sum() for truth, guess in zip(labels, predictions, strict=True))
        either = sum(
            (((truth == c) | (guess == c)) & (truth != 255)).sum()
            for truth, guess in zip(labels, predictions, strict=True)
        )
        if either:
            found.append(both / either)
    return 100 * np.mean(found)


def test_rows_are_the_clean_one_and_then_the_attacks_in_their_order(undisturbed):
    rows, _, _ = undisturbed
    expected = [("clean", 0.0)] + [(name, attack.epsilon) for name, attack in grid()]
    assert [(row["attack"], row["epsilon"]) for row in rows] == expected
    assert {(row["dataset"], row["split"], row["model"], row["source_model"], row["images"]) for row in rows} == {
        ("made_up", "validation", "conv", "conv", 6)
    }


def test_the_network_is_good_and_the_attacks_hurt(undisturbed):
    rows, findings, _ = undisturbed
    assert rows[0]["iou"] > 30 and findings == []
    at_8 = {row["attack"]: row["iou"] for row in rows if row["epsilon"] == 8}
    assert max(at_8.values()) < rows[0]["iou"] - 5 and at_8["ifgsm"] < rows[0]["iou"] / 2


@pytest.mark.parametrize("cell", [("clean", 0.0), ("fgsm", 8.0), ("ifgsm_ll", 1.0), ("ifgsm", 8.0)])
def test_scores_equal_a_count_from_separate_attacks(undisturbed, conv_model, inputs, cell):
    name, epsilon = cell
    truths, guesses, confidences, entropies, pixels = [], [], [], [], 0
    for images, labels, (height, width) in inputs:
        clean = tf.argmax(conv_model(images), -1, tf.int32)
        perturbation = ATTACKS[name](epsilon)(conv_model, images, clean) if name != "clean" else 0.0
        p = tf.nn.softmax(tf.cast(conv_model(images + perturbation), tf.float64)).numpy()[0, :height, :width]
        truths.append(labels.numpy()[0, :height, :width])
        guesses.append(p.argmax(-1))
        confidences.append(p.max(-1).sum())
        entropies.append(-(p * np.log(p)).sum())
        pixels += height * width
    (row,) = [row for row in undisturbed[0] if (row["attack"], row["epsilon"]) == cell]
    assert row["iou"] == pytest.approx(iou_by_hand(truths, guesses), abs=1e-9)
    right = [(t == g)[t != 255] for t, g in zip(truths, guesses, strict=True)]
    assert row["pixel_accuracy"] == pytest.approx(100 * np.concatenate(right).mean(), abs=1e-9)
    assert row["mean_confidence"] == pytest.approx(sum(confidences) / pixels, rel=1e-5)  # float32
    assert row["mean_entropy"] == pytest.approx(sum(entropies) / pixels, rel=1e-4)


def test_units_in_another_order_give_the_same_rows(undisturbed, conv_model, tmp_path):
    protocol, shards = Protocol(grid()), Shards(examples(), 6, 1)
    encounter = white_box(conv_model, protocol)
    folder, make = RunFolder(tmp_path, {}, {}), UnitMaker(encounter)
    names = shards.units(encounter.name, conv_model)
    for name, batch in reversed(list(zip(names, shards.batches(conv_model), strict=True))):
        folder.save(name, make(batch, with_example=name == names[0]))
    found = gather([encounter], shards, folder, CLEAN)
    assert without_seconds(found.rows) == without_seconds(undisturbed[0])


@pytest.mark.parametrize("finished", [1, 4, 6])
def test_an_interrupted_run_goes_on_with_the_same_rows(undisturbed, conv_model, tmp_path, finished):
    class Interrupted(RunFolder):
        def save(self, unit, arrays):
            super().save(unit, arrays)
            if len(list(self.units.glob("*.npz"))) == finished:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment(conv_model, tmp_path, folder_class=Interrupted)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "units").glob("*.npz")}
    rows, _, shown = experiment(conv_model, tmp_path)
    assert len(before) == finished
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in (tmp_path / "units").glob("*.npz")}.items()
    assert without_seconds(rows) == without_seconds(undisturbed[0])
    np.testing.assert_array_equal(shown[0].attacked[-1].perturbation, undisturbed[2][0].attacked[-1].perturbation)


def test_a_run_killed_at_several_moments_ends_with_the_same_bits(undisturbed, conv_folder, conv_model, tmp_path):
    """SIGKILL after the first unit, while the third is half written, and after the fourth; then it runs to its end."""
    for finished, moment in ((1, ("1",)), (2, ("1", "inside")), (4, ("2",))):
        call = [sys.executable, str(PROGRAM), str(conv_folder), str(tmp_path), *moment]
        killed = subprocess.run(call, capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert len(list((tmp_path / "units").glob("*.npz"))) == finished
    rows, findings, (shown,) = experiment(conv_model, tmp_path)
    assert without_seconds(rows) == without_seconds(undisturbed[0]) and findings == []
    np.testing.assert_array_equal(shown.attacked[-1].perturbation, undisturbed[2][0].attacked[-1].perturbation)


def test_the_papers_grid_costs_80_gradients_an_image_and_batches_hardly_matter(conv_model, tmp_path):
    """Between batch sizes some signs differ, since sums are taken in another order: 0.2 points of IoU are allowed."""
    protocol = Protocol(grid(epsilons=EPSILONS))
    encounter = white_box(conv_model, protocol)
    maker = UnitMaker(encounter)
    one, four = (experiment(conv_model, tmp_path / str(n), protocol, batch_size=n)[0] for n in (1, 4))
    assert sum(row["gradients"] for row in one) == sum(row["gradients"] for row in four) == 80 * 6
    assert one[0]["gradients"] == 0 and len(one) == 33
    assert max(abs(a["iou"] - b["iou"]) for a, b in zip(one, four, strict=True)) <= 0.2
    assert encounter.work == 80 + 0.5 * 33
    del maker


def test_the_example_is_the_first_image_without_padding(undisturbed, conv_model, inputs):
    (shown,) = undisturbed[2]
    name, image, labels = example(0)
    assert (shown.model, shown.name) == ("conv", name)
    np.testing.assert_array_equal(shown.image, image)
    np.testing.assert_array_equal(shown.truth, labels[..., 0])
    assert [(a.attack, a.epsilon) for a in shown.attacked] == [(name, attack.epsilon) for name, attack in grid()]
    for attacked in shown.attacked:
        assert isinstance(attacked, Attacked) and np.abs(attacked.perturbation).max() == attacked.epsilon
        seen = tf.argmax(conv_model(inputs[0][0] + attacked.perturbation), -1, tf.int32)
        np.testing.assert_array_equal(attacked.prediction, seen[0])


@pytest.fixture(scope="module")
def batch(conv_model):
    """The second image, smaller than the input: 28 x 40 in 32 x 48."""
    return next(iter(Shards(examples().skip(1), 1, 1).batches(conv_model)))


def unit_of(model, batch, name="ifgsm", epsilon=4.0, settings=None, **protocol):
    attack = ATTACKS[name](epsilon, **(settings or {}))
    return UnitMaker(white_box(model, Protocol(((name, attack),), **protocol)))(batch, with_example=True)


def test_permuting_the_ground_truth_changes_no_example(conv_model, batch):
    """D7 of the protocol, for attacks on the network's own prediction; the scores do change."""
    shuffled = tf.random.experimental.stateless_shuffle(tf.reshape(batch["labels"], [-1]), (0, 0))
    other = batch | {"labels": tf.reshape(shuffled, batch["labels"].shape)}
    before, after = unit_of(conv_model, batch), unit_of(conv_model, other)
    np.testing.assert_array_equal(before["example_perturbations"], after["example_perturbations"])
    assert (before["matrices"] != after["matrices"]).any()


def test_the_ground_truth_rule_leads_away_from_the_labels(conv_model, batch):
    """Bit by bit the attack on the labels; padding and void are ignored there."""
    found = unit_of(conv_model, batch, labels="ground_truth")["example_perturbations"][0, 0]
    expected = ATTACKS["ifgsm"](4.0)(conv_model, batch["image"], batch["labels"])[0, :28, :40]
    np.testing.assert_array_equal(found, expected)
    assert (found != unit_of(conv_model, batch)["example_perturbations"][0, 0]).any()


def test_padding_may_be_left_alone(conv_model, batch):
    """The attacks are told which pixels are image; by default they may change all of them."""
    counted = inside(batch["size"], batch["image"].shape[1:3])
    alone = UnitMaker(white_box(conv_model, Protocol(grid(("fgsm",), (8.0,)), padding_attacked=False)))
    np.testing.assert_array_equal(alone._attackable(counted)[..., 0], tf.cast(counted, tf.float32))
    assert UnitMaker(white_box(conv_model, Protocol(grid(("fgsm",), (8.0,)))))._attackable(counted) is None


def test_padding_may_be_left_out_of_the_loss(conv_model, batch):
    """Then its labels are ignored; by default they are the network's prediction there."""
    counted = inside(batch["size"], batch["image"].shape[1:3])
    clean = measure(conv_model, batch["image"], counted, batch["labels"].numpy(), conv_model.classes)
    for in_loss in (True, False):
        protocol = Protocol(grid(("fgsm",), (8.0,)), padding_in_loss=in_loss)
        targets = UnitMaker(white_box(conv_model, protocol))._targets(batch["labels"], clean, counted).numpy()
        assert (targets[~counted.numpy()] == 255).all() == (not in_loss)
        np.testing.assert_array_equal(targets[counted.numpy()], clean.predictions[counted.numpy()])


@pytest.mark.parametrize("protocol", [{"padding_attacked": False}, {"padding_in_loss": False}])
def test_padding_that_stays_is_no_finding(conv_model, tmp_path, protocol):
    """Values that the protocol leaves alone say nothing about the network's gradients."""
    _, findings, _ = experiment(conv_model, tmp_path, Protocol(grid(("fgsm",), (8.0,)), **protocol))
    assert findings == []


def test_values_at_the_end_of_the_range_are_no_finding(conv_model, batch):
    """With in_range a black pixel cannot become darker; that is not a missing gradient."""
    attacks = grid(("fgsm",), (8.0,), in_range=True)
    unit = UnitMaker(white_box(conv_model, Protocol(attacks)))(batch | {"image": tf.zeros_like(batch["image"])})
    assert checks.findings(conv_model, attacks, [{"iou": 30.0}], [unit], {"iou": 60.0}) == []


class Probabilities:
    """What load gives for a file whose logits are probabilities."""

    def __init__(self, model):
        self.path, self.reading, self.model = model.path, model.reading, model

    def __call__(self, images):
        return tf.nn.softmax(self.model(images))


def test_probabilities_where_logits_belong_are_refused(conv_model, batch):
    refuse_probabilities(conv_model, batch["image"])
    with pytest.raises(ValueError, match="returns probabilities and not logits; say --model_output=probabilities"):
        refuse_probabilities(Probabilities(conv_model), batch["image"])


def test_a_run_refuses_a_saved_model_of_probabilities(tmp_path):
    """And takes it once it is read as what it is."""
    module = tf.Module()
    module.weights = tf.Variable(tf.random.stateless_normal((3, 11), (0, 0)) / 50)

    def probabilities(images):
        return {"p": tf.nn.softmax(tf.einsum("nhwi,ic->nhwc", images, module.weights))}

    signature = tf.function(probabilities).get_concrete_function(tf.TensorSpec((None, 32, 48, 3), tf.float32, "images"))
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"logits": signature})
    protocol, shards = Protocol(grid(("fgsm",), (8.0,))), Shards(examples(), 1)
    folder = RunFolder(tmp_path / "run", {}, {})
    with pytest.raises(ValueError, match="model returns probabilities and not logits"):
        run([white_box(load(tmp_path / "model"), protocol)], shards, folder, "off")
    assert not folder.has("model-00000")
    run([white_box(load(tmp_path / "model", output="probabilities"), protocol)], shards, folder, "off")
    assert folder.has("model-00000")


def test_shards_name_their_units_and_size_them_by_the_input(conv_model):
    name = white_box(conv_model, Protocol(grid())).name
    assert Shards(examples(), 6).units(name, conv_model) == ["conv-00000", "conv-00001"]  # 4 small images a unit
    assert Shards(examples(), 5, 2).units(name, conv_model) == ["conv-00000", "conv-00001", "conv-00002"]
    sizes = [len(batch["id"]) for batch in Shards(examples(), 5, 2).batches(conv_model)]
    assert sizes == [2, 2, 1]


def test_two_networks_of_one_name_are_refused(conv_model, conv_folder, tmp_path):
    protocol, folder = Protocol(grid()), RunFolder(tmp_path, {}, {})
    both = [white_box(model, protocol) for model in (conv_model, load(conv_folder))]
    with pytest.raises(ValueError, match="share the name 'conv'; rename a folder"):
        run(both, Shards(examples(), 6), folder, "off")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attacks": ()}, "name at least one attack and one epsilon"),
        ({"attacks": grid(), "labels": "truth"}, "Unknown labels 'truth'; choose one of: ground_truth, prediction"),
    ],
)
def test_protocols_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Protocol(**arguments)
