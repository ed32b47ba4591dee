"""Units of work by their names: what is to be done with which photographs, by whomever and in any order."""

import dataclasses
import math
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tfadvseg.data.batches import Batches, BatchReader, batches
from tfadvseg.data.split import Split
from tfadvseg.engine.left_out import empty, none_readable, readable
from tfadvseg.engine.parts import Part
from tfadvseg.engine.scenario import Source


@dataclasses.dataclass(frozen=True)
class Shards:
    """The images of an experiment, and how many of them make a unit (0: by the size of the input).

    strict: whether a damaged one ends the run.
    """

    split: Split
    batch_size: int = 0
    strict: bool = False

    def size(self, model: Source) -> int:
        """Images in a unit of this model. One photograph keeps a CPU busy; of smaller images it takes a few."""
        small = model.frame.size is not None and math.prod(model.frame.size) < 100_000
        return self.batch_size or (4 if small else 1)

    def of(self, part: Part) -> "Shards":
        """As a part of an experiment wants them."""
        return dataclasses.replace(self, batch_size=1) if part.one_by_one else self

    def units(self, name: str, model: Source) -> list[str]:
        """The names of the units of something done with this model, in the order of their images."""
        return [f"{name}-{i:05d}" for i in range(math.ceil(len(self.split) / self.size(model)))]

    def units_of(self, part: Part) -> list[str]:
        """The names of the units of a part, in the order of their images."""
        own = self.of(part)
        most = math.ceil(part.photographs / own.size(part.source)) or None
        return own.units(part.name, part.source)[:most]

    def ids(self, model: Source, number: int) -> tuple[str, ...]:
        """The names of the images of a unit."""
        size = self.size(model)
        return self.split.ids[number * size : (number + 1) * size]

    def batches(self, model: Source, first: int = 0) -> Batches:
        """The batches of the units from number `first` on, in the model's frame; others may stand in for damaged images
        (`data.batches`)."""
        size = self.size(model)
        return batches(self.split, model.frame, size, first * size, strict=self.strict)

    def reader(self, model: Source) -> BatchReader:
        """They by their numbers."""
        return BatchReader(self.split, model.frame, self.size(model), self.strict)

    def readable(self, model: Source) -> Iterator[dict[str, tf.Tensor]]:
        """All batches less the damaged images, and none that is empty; ValueError where there is no other."""
        found = 0
        for batch in self.batches(model):
            if not empty(batch):
                found += 1
                yield readable(batch)
        if not found:
            raise none_readable(self.split)


@dataclasses.dataclass(frozen=True)
class Job:
    """A unit of work: its name, the part of the experiment that it belongs to, and its number there. shards: the images
    as the part has them."""

    name: str
    part: Part
    number: int
    shards: Shards

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of its images."""
        return self.shards.ids(self.part.source, self.number)


def jobs_of(parts: Sequence[Part], shards: Shards) -> list[Job]:
    """All units of work, in the order in which one process would do them; they may be done in any."""
    return [
        Job(name, part, number, shards.of(part)) for part in parts for number, name in enumerate(shards.units_of(part))
    ]
