"""What a matrix of transfer costs beside its parts: attacks on each source, and forward passes of each target.

    python -m benchmarks.transfer enet_scenes fcn8s_scenes [--photographs 4] [--epsilon 8] [--rounds 3]

Prints, for each round, seconds of the matrix in one pass (k sources, m targets, all attacks of the paper at one
epsilon), of its k attacks and k * m forward passes by themselves, and their ratio, by the clock and by the processor's
time (which other programs disturb less); then the medians of the ratios. At most 1.1 is promised.
"""

import argparse
import statistics
import tempfile
import time

import tensorflow as tf

from pipelines.common.objects import model_path
from tfadvseg import data
from tfadvseg.attacks import ATTACKS, PAPER
from tfadvseg.engine.arithmetic import THREADS, set_threads
from tfadvseg.engine.exposure import expose, in_frame
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.models import describe
from tfadvseg.runs.folder import RunFolder
from tfadvseg.studies.transfer.design import scenarios


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--photographs", type=int, default=4)
    parser.add_argument("--epsilon", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    set_threads(THREADS)
    scenes = data.named("scenes")
    shards = Shards(scenes.split(None, "validation").chosen(limit=options.photographs))
    models = [describe(model_path(name)).on(scenes.label_space, "scenes") for name in options.models]
    protocol = Protocol(tuple((name, ATTACKS[name](options.epsilon)) for name in PAPER))
    opened = OpenModels()
    parts = [Parts(one, shards, opened) for one in scenarios(models, models, lambda: protocol)]
    for part in parts:  # traced before anything is timed
        part.matrix(), part.attacks(), part.passes()
    print(f"{'matrix s':>10} {'attacks s':>10} {'passes s':>10} {'clock':>7} {'processor':>9}")
    ratios = []
    for _ in range(options.rounds):
        whole, attacks, passes = (
            [sum(column) for column in zip(*(timed(getattr(part, kind)) for part in parts), strict=True)]
            for kind in ("matrix", "attacks", "passes")
        )
        ratios.append([w / (a + p) for w, a, p in zip(whole, attacks, passes, strict=True)])
        print(f"{whole[0]:10.2f} {attacks[0]:10.2f} {passes[0]:10.2f} {ratios[-1][0]:7.3f} {ratios[-1][1]:9.3f}")
    clock, processor = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"{'median':32} {clock:7.3f} {processor:9.3f}")


class Parts:
    """One source's row of work: as a run does it, and its two halves alone."""

    def __init__(self, scenario: Scenario, shards: Shards, opened: OpenModels):
        self.scenario, self.split = scenario, shards.split
        self.batches = list(shards.batches(scenario.source))
        models = {model: opened[model] for model in scenario.models}
        self.seen = [[self.given(target, batch) for batch in self.batches] for target in scenario.targets]
        self.make, self.folder = UnitMaker(scenario, models), RunFolder(tempfile.mkdtemp(), {}, {})
        self.calls = {
            model: tf.function(lambda images, one=one: tf.argmax(one(images), -1)) for model, one in models.items()
        }

    def given(self, target: Target, batch):
        """A batch as the target is given it, in its own frame."""
        exposure = expose(batch, self.scenario.source.frame)
        return in_frame(exposure, target.model.frame, self.split, batch["index"].numpy()).images

    def matrix(self):
        for number, batch in enumerate(self.batches):
            self.folder.save(f"unit-{number}", self.make(batch, self.split))

    def attacks(self):
        for batch in self.batches:
            ids = [name.decode() for name in batch["id"].numpy()]
            self.make.perturb(expose(batch, self.scenario.source.frame), ids, lambda work: None)

    def passes(self):
        """As many as there are cells, clean ones among them."""
        for target, given in zip(self.scenario.targets, self.seen, strict=True):
            for images in given:
                for _ in range(len(self.scenario.protocol.attacks) + target.clean):
                    self.calls[target.model](images).numpy()


def timed(call):
    """(seconds by the clock, of the processor)."""
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - clock, time.process_time() - processor


if __name__ == "__main__":
    main()
