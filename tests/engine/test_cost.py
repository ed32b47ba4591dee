"""What an experiment costs, beside a count by hand."""

import dataclasses
import math

import numpy as np
import pytest
from six_images import split

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.data.labels import CAMVID
from tfadvseg.engine import cost
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.initial_gradient import Starts
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.planned import Planned
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.engine.speed import gradient_seconds, speeds
from tfadvseg.runs.folder import RunFolder
from tfadvseg.studies.crf.design import with_crf


@pytest.fixture
def experiment(spec):
    """Two sources on three photographs in batches of two, so that the last unit has one."""
    own, other = spec, dataclasses.replace(spec, name="other", files="0" * 16)
    protocol = Protocol(tuple((name, ATTACKS[name](e)) for name in ("fgsm", "ifgsm") for e in (1.0, 8.0)))
    scenarios = (
        Scenario(own, protocol, (Target(own), Target(other, clean=False))),
        Scenario(other, protocol, (Target(other, "jpeg", trials=3),)),
    )
    return Experiment(scenarios, Shards(split(range(3)), batch_size=2))


def test_work_is_the_sum_over_scenarios_and_images(experiment):
    first, second = experiment.scenarios
    shared = first.protocol.cost
    # Two targets see four attacked images and one of them the clean one; the other one sees all five three times.
    assert first.work == shared.gradients + 0.5 * (shared.forwards + 4 + 1 + 4)
    assert second.work == shared.gradients + 0.5 * (shared.forwards + 3 * 5)
    assert cost.work(experiment) == 3 * (first.work + second.work)
    by_hand = sum(scenario.work for scenario in experiment.scenarios for _ in range(3))
    assert cost.work(experiment) == by_hand


def test_finished_units_are_taken_off_by_their_images(experiment):
    names = list(experiment.jobs)
    assert names == ["conv-00000", "conv-00001", "other-00000", "other-00001"]
    first, second = experiment.scenarios
    assert cost.work(experiment, {"conv-00001", "elsewhere-00000"}) == 2 * first.work + 3 * second.work
    assert cost.work(experiment, names) == 0


def test_what_is_measured_beside_attacks_is_told_apart(experiment):
    """Two objectives at the start of each of three photographs, of either network."""
    assert cost.beside_attacks(experiment) == 0
    objectives = (("away", away_from_labels), ("toward", toward_least_likely))
    starts = Starts(tuple(one.source for one in experiment.scenarios), objectives)
    with_starts = dataclasses.replace(experiment, extras=(starts,))
    assert cost.beside_attacks(with_starts) == cost.work(with_starts) - cost.work(experiment) == 2 * 2 * 3


def test_seconds_are_by_whose_gradients_they_are(experiment):
    first, second = experiment.scenarios
    known = {first.source.digest: 0.5, second.source.digest: 2.0}
    assert cost.seconds(experiment, known) == pytest.approx(3 * (0.5 * first.work + 2 * second.work))
    assert cost.seconds(experiment, known, {"other-00000", "other-00001"}) == pytest.approx(1.5 * first.work)
    assert math.isnan(cost.seconds(experiment, {first.source.digest: 0.5}))
    assert cost.seconds(experiment, {first.source.digest: 0.5}, {"other-00000", "other-00001"}) > 0


def test_what_units_took_is_told_by_network(experiment, tmp_path):
    folder = RunFolder(tmp_path, {}, {})
    first, second = experiment.scenarios
    folder.save("conv-00000", {"seconds": np.array([1.0, 2.5])})
    folder.save("conv-00001", {"seconds": np.array([0.5])})
    folder.save("other-00001", {"loss": np.array([7.0])})  # of what keeps no seconds nothing is known
    folder.save("other-00000", {"seconds": np.array([30.0])})  # graphs are traced in the first
    folder.save("elsewhere-00000", {"seconds": np.array([9.0])})
    assert cost.measured(experiment, folder) == {first.source.digest: (first.work, 0.5)}


def test_variants_of_a_crf_are_timed_by_one_of_them(spec, experiment, monkeypatch):
    variants = [with_crf(spec, dataclasses.replace(PARAMETERS["crf_rnn"], theta_beta=b), f"v{b}") for b in (1.0, 2.0)]
    protocol = experiment.scenarios[0].protocol
    made = Experiment(tuple(white_box(one, protocol) for one in (spec, *variants)), experiment.shards)
    monkeypatch.setattr("tfadvseg.engine.speed.planned", lambda folder: Planned(made, "", "", CAMVID, {}))
    times = {"conv": 0.25, "v1.0": 3.0}
    monkeypatch.setattr("tfadvseg.engine.speed.gradient_seconds", lambda spec, split: times.pop(spec.name))
    assert speeds(["one"]) == {spec.digest: 0.25, variants[0].digest: 3.0, variants[1].digest: 3.0}


def test_a_gradient_is_timed_once_a_network(experiment, monkeypatch):
    first, second = experiment.scenarios
    plan = Planned(experiment, "made up", "validation", CAMVID, {})
    monkeypatch.setattr("tfadvseg.engine.speed.planned", {"one": plan, "two": plan}.get)
    timed = []
    monkeypatch.setattr("tfadvseg.engine.speed.gradient_seconds", lambda spec, split: timed.append(spec.name) or 0.25)
    folders = ["one", "two"]
    assert speeds(folders) == {first.source.digest: 0.25, second.source.digest: 0.25}
    assert timed == ["conv", "other"]
    assert speeds(folders, [second.source.digest]) == {first.source.digest: 0.25}
    with pytest.raises(ValueError, match="holds no experiment"):
        speeds(["three"])


def test_the_gradient_of_one_image_is_what_is_timed(experiment, monkeypatch):
    asked = []

    def timed(model, size, repeats):
        asked.append((model.name, size, repeats))
        return 1.0, 2.0

    monkeypatch.setattr("tfadvseg.engine.speed.forward_and_gradient", timed)
    assert gradient_seconds(experiment.scenarios[0].attacked, experiment.shards.split) == 2.0
    assert asked == [("conv", (32, 48), 1)]
