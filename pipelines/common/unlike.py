"""In what the finished units of a job are of another recipe than its command would write now, before it is started."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from absl import flags

from tfadvseg.engine.posted import terms
from tfadvseg.models.spec import ModelSpec
from tfadvseg.runs.folder import recipe_of

from . import objects
from .standing import Standing

FLAGS = flags.FLAGS
SHOWN = 3
"""Differences that an error names."""


def refuse_unlike(standings: Sequence[Standing], models: Mapping[str, ModelSpec], shared: Collection[str]) -> None:
    """ValueError, one for all of these jobs, where their folders hold finished units of another recipe. shared: flags
    that all jobs are given. What is not seen here, a job's own start refuses, so nothing is ever mixed."""
    found = {one.job.name: differences(one, models, shared) for one in standings}
    names = [name for name, unlike in found.items() if unlike]
    if names:
        told = list(dict.fromkeys(text for unlike in found.values() for text in unlike))
        more = f", and {len(told) - SHOWN} more differ" if len(told) > SHOWN else ""
        raise ValueError(
            f"{standings[0].folder.parent} has finished units of another recipe, of {', '.join(names)}: "
            f"{', '.join(told[:SHOWN])}{more}; choose another `folder`, or repeat that recipe."
        )


def differences(one: Standing, models: Mapping[str, ModelSpec], shared: Collection[str]) -> list[str]:
    """In words; none where nothing is finished, or its recipe cannot be read."""
    try:
        before = recipe_of(one.folder) if one.finished_units else {}
    except ValueError:
        before = {}
    if not before:
        return []
    now = flags_of(one.arguments, shared)
    program = json.loads(json.dumps(terms()))
    photographs = objects.dataset().split(FLAGS.data_dir, FLAGS.split).chosen(FLAGS.every, int(now["limit"]))
    networks = {models[word].name: models[word].digest for word in one.job.networks}
    unlike = {
        "the program is another one": any(before.get(key) != program[key] for key in ("versions", "source")),
        "the machine computes in another way": before.get("arithmetic") != program["arithmetic"],
        "the photographs are others": before.get("data") != photographs.fingerprint(),
    } | {
        f"the network {name} is another one": digest != networks[name]
        for name, digest in before.get("models", {}).items()
        if name in networks
    }
    return unlike_flags(before, now) + [text for text, is_so in unlike.items() if is_so]


def unlike_flags(before: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """Those that a recipe holds. now: {flag: its value as text}."""
    was = {name: as_text(value) for name, value in before.items() if name in now and not isinstance(value, dict)}
    return [f"{name} was {text} and is now {now[name]}" for name, text in was.items() if text != now[name]]


def flags_of(arguments: Sequence[str], shared: Collection[str]) -> dict[str, str]:
    """{flag: its value as text} of a job: by its command line, of which later words count more, or else by default."""
    said = dict(word.removeprefix("--").split("=", 1) for word in arguments if "=" in word)
    return {name: as_text(FLAGS[name].value) for name in shared} | said


def as_text(value: Any) -> str:
    """As a command line has it."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
