"""The YAML that stands before a Markdown file. Every word is a quoted JSON string, so no name can be read otherwise."""

import json
import re
from typing import Any

UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Characters, beyond those that JSON escapes by itself, that YAML may not hold or takes for the end of a line."""


def front_matter(values: dict[str, Any]) -> str:
    """The lines from --- to ---; values: dictionaries with words for keys, lists, words and numbers."""
    return "\n".join(["---", *_lines(values), "---", ""])


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for key, own in value.items() for line in _entry(f"{key}:", own, "  ")]
    return [line for own in value for line in _entry("-", own, "  ")]


def _entry(head: str, value: Any, indent: str) -> list[str]:
    """What stands behind a key or a dash, on its line or below it."""
    if not isinstance(value, dict | list):
        return [f"{head} {_scalar(value)}"]
    if not value:
        return [f"{head} {json.dumps(value)}"]
    below = _lines(value)
    if head == "-":
        return [f"- {below[0]}", *(indent + line for line in below[1:])]
    return [head, *(indent + line for line in below)]


def _scalar(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
