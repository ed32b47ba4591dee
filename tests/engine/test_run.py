"""A whole run on six images: its numbers from scratch, and the same ones however its units come about."""

import pathlib
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from six_images import Killed, example, go, grid, split, without_seconds

from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.data.framing import inside
from tfadvseg.engine.collect import collect
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.models import describe
from tfadvseg.runs.examples import Attacked
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import rows

assert Killed  # the program that tests below kill


@pytest.fixture(scope="module")
def undisturbed(spec, models, tmp_path_factory):
    """What an undisturbed run found, a unit an image. Its attacks stay alive, so that runs with the same ones need not
    be traced again."""
    scenario = white_box(spec, Protocol(grid()))
    maker = UnitMaker(scenario, models)
    yield go([scenario], tmp_path_factory.mktemp("undisturbed"))
    del maker


@pytest.fixture(scope="module")
def inputs(spec):
    """(images [1, 32, 48, 3], labels [1, 32, 48], size) of each example."""
    found = []
    for number in range(6):
        image, labels = example(number)
        placed, size = spec.frame.place(tf.constant(image))
        found.append((placed[None], spec.frame.place_labels(tf.constant(labels), size)[None], tuple(size.numpy())))
    return found


def iou_by_hand(labels, predictions):
    """Mean IoU in per cent over all images, pixel sets counted one class at a time."""
    found = []
    for c in range(11):
        pairs = list(zip(labels, predictions, strict=True))
        both = sum(((truth == c) & (guess == c)).sum() for truth, guess in pairs)
        either = sum((((truth == c) | (guess == c)) & (truth != 255)).sum() for truth, guess in pairs)
        if either:
            found.append(both / either)
    return 100 * np.mean(found)


def test_rows_are_the_clean_one_and_then_the_attacks_in_their_order(undisturbed):
    found = rows(undisturbed.results)
    expected = [("clean", 0.0)] + [(name, attack.epsilon) for name, attack in grid()]
    assert [(row["attack"], row["epsilon"]) for row in found] == expected
    assert {(row["dataset"], row["split"], row["model"], row["source_model"], row["images"]) for row in found} == {
        ("made_up", "validation", "conv", "conv", 6)
    }


def test_the_network_is_good_and_the_attacks_hurt(undisturbed):
    found = rows(undisturbed.results)
    assert found[0]["iou"] > 30 and undisturbed.warnings == []
    at_8 = {row["attack"]: row["iou"] for row in found if row["epsilon"] == 8}
    assert max(at_8.values()) < found[0]["iou"] - 5 and at_8["ifgsm"] < found[0]["iou"] / 2


@pytest.mark.parametrize("cell", [("clean", 0.0), ("fgsm", 8.0), ("ifgsm_ll", 1.0), ("ifgsm", 8.0)])
def test_scores_equal_a_count_from_separate_attacks(undisturbed, conv_model, inputs, cell):
    name, epsilon = cell
    truths, guesses, confidences, entropies, norms, pixels = [], [], [], [], [], 0
    for images, labels, (height, width) in inputs:
        clean = tf.argmax(conv_model(images), -1, tf.int32)
        perturbation = ATTACKS[name](epsilon)(conv_model, images, clean) if name != "clean" else tf.zeros_like(images)
        p = tf.nn.softmax(tf.cast(conv_model(images + perturbation), tf.float64)).numpy()[0, :height, :width]
        truths.append(labels.numpy()[0, :height, :width])
        guesses.append(p.argmax(-1))
        confidences.append(p.max(-1).sum())
        entropies.append(-(p * np.log(p)).sum())
        norms.append(np.linalg.norm(perturbation.numpy()[0, :height, :width].astype(float)))
        pixels += height * width
    (row,) = [row for row in rows(undisturbed.results) if (row["attack"], row["epsilon"]) == cell]
    assert row["iou"] == pytest.approx(iou_by_hand(truths, guesses), abs=1e-9)
    right = [(t == g)[t != 255] for t, g in zip(truths, guesses, strict=True)]
    assert row["pixel_accuracy"] == pytest.approx(100 * np.concatenate(right).mean(), abs=1e-9)
    assert row["mean_confidence"] == pytest.approx(sum(confidences) / pixels, rel=1e-5)  # float32
    assert row["mean_entropy"] == pytest.approx(sum(entropies) / pixels, rel=1e-4)
    assert row["linf"] == epsilon and row["l2"] == pytest.approx(np.mean(norms), rel=1e-6)


def test_units_in_another_order_give_the_same_rows(undisturbed, spec, models, tmp_path):
    """And jobs may be done anywhere: a scenario and its models travel as bytes."""
    scenario = pickle.loads(pickle.dumps(white_box(spec, Protocol(grid()))))
    shards, folder, make = Shards(split(), 1), RunFolder(tmp_path, {}, {}), UnitMaker(scenario, models)
    todo = Experiment((scenario,), shards).jobs
    assert list(todo) == shards.units(scenario.name, spec)
    for job in reversed(todo.values()):
        batch = next(iter(shards.batches(spec, job.number)))
        folder.save(job.name, make(batch, shards.split, with_example=job.number == 0))
    found = collect([scenario], shards, folder, "made_up", "validation")
    assert without_seconds(found) == without_seconds(undisturbed)


@pytest.mark.parametrize("finished", [1, 4, 6])
def test_an_interrupted_run_goes_on_with_the_same_rows(undisturbed, spec, tmp_path, finished):
    class Interrupted(RunFolder):
        def save(self, unit, arrays):
            super().save(unit, arrays)
            if len(list(self.units.path.glob("*.npz"))) == finished:
                raise KeyboardInterrupt

    scenarios = [white_box(spec, Protocol(grid()))]
    with pytest.raises(KeyboardInterrupt):
        go(scenarios, tmp_path, folder_class=Interrupted)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "units").glob("*.npz")}
    after = go(scenarios, tmp_path)
    assert len(before) == finished
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in (tmp_path / "units").glob("*.npz")}.items()
    assert without_seconds(after) == without_seconds(undisturbed)
    same = after.examples[0].attacked[-1].perturbation
    np.testing.assert_array_equal(same, undisturbed.examples[0].attacked[-1].perturbation)


def test_a_missing_unit_in_the_middle_is_made_again(undisturbed, spec, tmp_path):
    scenarios = [white_box(spec, Protocol(grid()))]
    go(scenarios, tmp_path)
    (tmp_path / "units" / "conv-00003.npz").unlink()
    assert without_seconds(go(scenarios, tmp_path)) == without_seconds(undisturbed)


def test_a_run_killed_at_several_moments_ends_with_the_same_bits(undisturbed, conv_folder, spec, tmp_path):
    """SIGKILL after the first unit, while the third is half written, and after the fourth; then it runs to its end."""
    program = pathlib.Path(__file__).parents[1] / "six_images.py"
    for finished, moment in ((1, ("1",)), (2, ("1", "inside")), (4, ("2",))):
        call = [sys.executable, str(program), str(conv_folder), str(tmp_path), *moment]
        killed = subprocess.run(call, capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert len(list((tmp_path / "units").glob("*.npz"))) == finished
    after = go([white_box(spec, Protocol(grid()))], tmp_path)
    assert without_seconds(after) == without_seconds(undisturbed) and after.warnings == []


def test_the_papers_grid_costs_80_gradients_an_image_and_batches_hardly_matter(spec, models, tmp_path):
    """Between batch sizes some signs differ, since sums are taken in another order: 0.2 points of IoU are allowed."""
    scenario = white_box(spec, Protocol(grid(epsilons=EPSILONS)))
    maker = UnitMaker(scenario, models)
    one, four = (rows(go([scenario], tmp_path / str(n), batch_size=n).results) for n in (1, 4))
    assert sum(row["gradients"] for row in one) == sum(row["gradients"] for row in four) == 80 * 6
    assert one[0]["gradients"] == 0 and len(one) == 33
    assert max(abs(a["iou"] - b["iou"]) for a, b in zip(one, four, strict=True)) <= 0.2
    assert scenario.work == 80 + 0.5 * 33
    del maker


def test_the_example_is_the_first_image_without_padding(undisturbed, conv_model, inputs):
    (shown,) = undisturbed.examples
    image, labels = example(0)
    assert (shown.model, shown.name) == ("conv", "image_0")
    np.testing.assert_array_equal(shown.image, image)
    np.testing.assert_array_equal(shown.truth, labels)
    assert [(a.attack, a.epsilon) for a in shown.attacked] == [(name, attack.epsilon) for name, attack in grid()]
    for attacked in shown.attacked:
        assert isinstance(attacked, Attacked) and np.abs(attacked.perturbation).max() == attacked.epsilon
        prediction = tf.argmax(conv_model(inputs[0][0] + attacked.perturbation), -1, tf.int32)
        np.testing.assert_array_equal(attacked.prediction, prediction[0])


def test_shards_name_their_units_and_size_them_by_the_input(spec):
    name = white_box(spec, Protocol(grid())).name
    assert Shards(split()).units(name, spec) == ["conv-00000", "conv-00001"]  # 4 small images a unit
    assert Shards(split(range(5)), 2).units(name, spec) == ["conv-00000", "conv-00001", "conv-00002"]
    assert [len(batch["id"]) for batch in Shards(split(range(5)), 2).batches(spec)] == [2, 2, 1]
    assert [batch["id"].numpy()[0] for batch in Shards(split(), 2).batches(spec, 1)] == [b"image_2", b"image_4"]


def test_two_networks_of_one_name_are_refused(spec, conv_folder, tmp_path):
    other = describe(conv_folder)
    assert other == spec  # the same file is the same model
    protocol = Protocol(grid())
    copy = Scenario(other, protocol, (Target(other),), transform="blur")
    assert len(Experiment((white_box(spec, protocol), copy), Shards(split())).jobs) == 4
    stranger = describe(conv_folder, intensity_range=(0.0, 1.0))
    with pytest.raises(ValueError, match="share the name 'conv'; rename a folder"):
        Experiment((white_box(spec, protocol), white_box(stranger, protocol)), Shards(split()))


def test_two_scenarios_on_the_same_attack_are_refused(spec):
    with pytest.raises(ValueError, match="Two scenarios attack conv with the same gradient estimator; merge them"):
        Experiment((white_box(spec, Protocol(grid())), white_box(spec, Protocol(grid(("fgsm",))))), Shards(split()))


def test_models_are_opened_only_where_there_is_something_to_do(spec, tmp_path):
    class Counting(OpenModels):
        opened = 0

        def __getitem__(self, one):
            self.opened += 1
            return super().__getitem__(one)

    scenarios, models = [white_box(spec, Protocol(grid(("fgsm",), (8.0,))))], Counting()
    go(scenarios, tmp_path, models=models)
    assert models.opened > 0
    again = Counting()
    go(scenarios, tmp_path, models=again)
    assert again.opened == 0


def test_a_run_refuses_a_saved_model_of_probabilities(tmp_path):
    """And takes it once it is read as what it is."""
    module = tf.Module()
    module.weights = tf.Variable(tf.random.stateless_normal((3, 11), (0, 0)) / 50)

    def probabilities(images):
        return {"p": tf.nn.softmax(tf.einsum("nhwi,ic->nhwc", images, module.weights))}

    signature = tf.function(probabilities).get_concrete_function(tf.TensorSpec((None, 32, 48, 3), tf.float32, "images"))
    tf.saved_model.save(module, str(tmp_path / "model"), signatures={"logits": signature})
    protocol, shards = Protocol(grid(("fgsm",), (8.0,))), Shards(split(range(1)))
    folder = RunFolder(tmp_path / "run", {}, {})
    with pytest.raises(ValueError, match="model returns probabilities and not logits"):
        run([white_box(describe(tmp_path / "model"), protocol)], shards, folder, "off", OpenModels())
    assert not folder.has("model-00000")
    right = describe(tmp_path / "model", output="probabilities")
    run([white_box(right, protocol)], shards, folder, "off", OpenModels())
    assert folder.has("model-00000")


def test_the_iou_of_a_set_is_that_of_its_summed_counts(undisturbed):
    results = undisturbed.results
    found = rows(results)
    assert found[3]["iou"] == mean_iou(results.of(3).total())
    assert (
        results.pixels[3] == [np.prod(size) for size in ((32, 48), (28, 40), (32, 48), (32, 48), (32, 30), (32, 31))]
    ).all()


def test_the_photographs_part_of_an_input_is_what_counts(spec):
    batch = next(iter(Shards(split([1]), 1).batches(spec)))
    counted = inside(batch["size"], batch["image"].shape[1:3]).numpy()
    assert counted[0].sum() == 28 * 40 and counted[0, :28, :40].all()
