"""Who makes the units of a run: what --shard, --workers and --cluster stand for."""

import contextlib
import os
from collections.abc import Iterator

import tensorflow as tf
from absl import flags

from tfadvseg.engine.actors import actors
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.posted import posted
from tfadvseg.engine.processes import processes
from tfadvseg.engine.share import WHOLE, Share, share_of
from tfadvseg.engine.team import Crew, Hand, Team, alone
from tfadvseg.engine.worker import Worker
from tfadvseg.runs.folder import RunFolder

FLAGS = flags.FLAGS


def share() -> Share:
    """--shard; the whole where it is not given."""
    if not _given("shard"):
        return WHOLE
    if not FLAGS.output:
        raise ValueError("The shares of a run meet in one run folder; name it by --output.")
    return share_of(FLAGS.shard, os.environ)


@contextlib.contextmanager
def crew(experiment: Experiment, folder: RunFolder, models: OpenModels, share: Share = WHOLE) -> Iterator[Crew]:
    """Who makes its units: this process, which has these models open, or --workers, or actors on a --cluster."""
    finished = folder.finished()
    units = sum(name not in finished for name in share.of(list(experiment.jobs)))
    gpus = len(tf.config.list_physical_devices("GPU"))
    several = bool(_given("cluster")) or ("workers" in FLAGS and FLAGS.workers != 1)
    if not several or not units:
        yield alone(Worker(experiment, folder, models))
        return
    prefix = "" if share == WHOLE else f"shard-{share.index}-"
    with posted(experiment, folder, FLAGS.threads) as orders, contextlib.ExitStack() as stack:
        hands: list[Hand] = []
        if address := _given("cluster"):
            wanted = FLAGS.workers if FLAGS["workers"].present else 0
            hands += stack.enter_context(actors(address, orders, folder, wanted, units, FLAGS.threads, prefix))
        else:
            count = FLAGS.workers or gpus or max(1, (os.cpu_count() or 1) // FLAGS.threads)
            hands += processes(orders, folder, min(count, units), gpus, prefix)
        yield stack.enter_context(Team(hands))


def _given(flag: str) -> str | None:
    """Its value; None also where a pipeline does not have it."""
    return FLAGS[flag].value if flag in FLAGS else None
