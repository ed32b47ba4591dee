"""Run folders that kill their workers, once at each of some moments, or fail them, wherever these run."""

import dataclasses
import os
import signal

import numpy as np

from tfadvseg.engine.unit import UnitMaker
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.store import Store

MOMENTS = ("before the gradient", "after the gradient", "while the file is written", "before the rename")


@dataclasses.dataclass
class Fuse:
    """Kills this process (SIGKILL), the first of all that come to a moment for the second time. place: a folder that
    all share; owner: the process that is spared."""

    place: str
    owner: int
    times: dict = dataclasses.field(default_factory=dict)

    def at(self, moment):
        self.times[moment] = self.times.get(moment, 0) + 1
        if os.getpid() == self.owner or self.times[moment] < 2:
            return
        try:
            os.close(os.open(f"{self.place}/{moment}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


class Faulty(RunFolder):
    """Sets its fuses where it is unpickled."""

    def __getstate__(self):
        return self.__dict__ | {"owner": os.getpid()}

    def __setstate__(self, state):
        self.__dict__ |= state
        fuse = Fuse(str(self.path.parent), self.owner)
        perturb, save, replace = UnitMaker.perturb, np.savez_compressed, os.replace

        def perturbing(*arguments):
            fuse.at(MOMENTS[0])
            made = perturb(*arguments)
            fuse.at(MOMENTS[1])
            return made

        def saving(file, **arrays):
            file.write(b"PK\x03\x04 and no more")
            fuse.at(MOMENTS[2])
            file.seek(0)
            save(file, **arrays)

        def replacing(source, target):
            fuse.at(MOMENTS[3])
            replace(source, target)

        UnitMaker.perturb, np.savez_compressed, os.replace = perturbing, saving, replacing


@dataclasses.dataclass
class Failing(RunFolder):
    """Its disk fails whoever it is unpickled by, after one unit, with this error number."""

    store: Store
    units: Store
    number: int

    def save(self, unit, arrays):
        if self.finished():
            raise OSError(self.number, os.strerror(self.number), f"{self.units}/{unit}")
        super().save(unit, arrays)
