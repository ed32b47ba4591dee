"""JSON that anybody may have written."""

import json
from typing import Any

DEEPEST = 100
"""Lists and objects within each other; whoever walks through them needs more than one call for each."""


def parsed(text: str | bytes) -> Any:
    """The value; ValueError where it is no JSON, or its lists and objects are nested too deeply."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("its values are nested too deeply") from error
    level = [found]
    for _ in range(DEEPEST):
        level = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
        if not level:
            return found
    raise ValueError("its values are nested too deeply")


def _parts(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
