"""A share of the units of a run: k of n, without anybody who coordinates."""

import dataclasses
import re
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Share:
    """Every `count`-th unit from number `index` on, which is counted from 1."""

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ValueError(
                f"A `shard` is one of 1/n to n/n, e.g. 3/8 for the third of eight; got {self.index}/{self.count}."
            )

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def of(self, names: Sequence[str]) -> list[str]:
        """Neighbours go to different shares, so that all of them have some of each network."""
        return list(names[self.index - 1 :: self.count])


WHOLE = Share()


def share_of(text: str, environment: Mapping[str, str]) -> Share:
    """ "k/n", or "auto" for what a SLURM array says, or "auto/n" for that or the index of a Kubernetes job, which does
    not say how many there are."""
    if match := re.fullmatch(r"(\d+)/(\d+)", text):
        return Share(int(match[1]), int(match[2]))
    match = re.fullmatch(r"auto(?:/(\d+))?", text)
    if not match:
        raise ValueError(f"`shard` is k/n, auto or auto/n; got {text!r}.")
    count = int(match[1]) if match[1] else None
    if "SLURM_ARRAY_TASK_ID" in environment:
        return _of_slurm(environment, count)
    if "JOB_COMPLETION_INDEX" in environment:
        if count is None:
            raise ValueError(
                "A Kubernetes job does not tell its pods how many they are; write `shard`=auto/n with its completions "
                "for n."
            )
        return Share(_number(environment, "JOB_COMPLETION_INDEX") + 1, count)
    raise ValueError(
        "`shard`=auto takes the index of a SLURM array or of an indexed Kubernetes job, and neither "
        "SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; write k/n."
    )


def _of_slurm(environment: Mapping[str, str], count: int | None) -> Share:
    task, first = (_number(environment, f"SLURM_ARRAY_TASK_{name}") for name in ("ID", "MIN"))
    step = _number(environment, "SLURM_ARRAY_TASK_STEP", 1)
    tasks, last = (_number(environment, f"SLURM_ARRAY_TASK_{name}") for name in ("COUNT", "MAX"))
    if last != first + (tasks - 1) * step or (task - first) % step:
        raise ValueError(
            f"`shard`=auto takes a SLURM array of evenly spaced numbers, e.g. --array=1-{tasks}; this one has {tasks} "
            f"tasks from {first} to {last}."
        )
    if count not in (None, tasks):
        raise ValueError(f"`shard`=auto/{count} meets a SLURM array of {tasks} tasks; leave the number out.")
    return Share((task - first) // step + 1, tasks)


def _number(environment: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environment.get(name, "" if default is None else str(default))
    if not text.isdigit():
        raise ValueError(f"`shard`=auto needs a whole number in {name}; got {text!r}.")
    return int(text)
