"""JSON that anybody may have written."""

import json
from collections.abc import Iterable
from typing import Any

DEEPEST = 100
"""Lists and objects within each other; whoever walks through them needs more than one call for each."""


def parsed(text: str | bytes) -> Any:
    """The value; ValueError where it is no JSON, or its lists and objects are nested too deeply."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("its values are nested too deeply") from error
    level = _within([found])
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _within(one.values() if isinstance(one, dict) else one)]
        if not level:
            return found
    raise ValueError("its values are nested too deeply")


def _within(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    """The lists and objects of these; files may have tens of millions of numbers beside them."""
    return [one for one in values if isinstance(one, (dict, list))]
