"""JSON that anybody may have written."""

import collections.abc
import dataclasses
import json
import re
import types
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")
DEEPEST = 100
"""Lists and objects within each other; whoever walks through them needs more than one call for each."""
HALF, HALF_OF_BYTES = re.compile(r"\\u[dD]"), re.compile(rb"\\u[dD]")
"""How an escape of a surrogate begins."""


def parsed(text: str | bytes) -> Any:
    """The value; ValueError where it is no JSON, its lists and objects are nested too deeply, or its text cannot be
    written again."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("its values are nested too deeply") from error
    _refuse_halves(text, found)
    level = _within([found])
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _within(one.values() if isinstance(one, dict) else one)]
        if not level:
            return found
    raise ValueError("its values are nested too deeply")


def _refuse_halves(text: str | bytes, found: Any) -> None:
    """ValueError where there is half a pair of surrogates, which an escape may tell of and no UTF-8 holds."""
    if HALF_OF_BYTES.search(text) if isinstance(text, bytes) else HALF.search(text):
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("its text holds halves of characters") from error
        except RecursionError as error:
            raise ValueError("its values are nested too deeply") from error


def _within(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    """The lists and objects of these; files may have tens of millions of numbers beside them."""
    return [one for one in values if isinstance(one, (dict, list))]


def as_typed(kind: Any, value: Any, name: str) -> Any:
    """A JSON value as a type that annotations of fields have: lists become tuples, objects dataclasses, whole numbers
    floats where these belong, and keys whole numbers. name: of the value, for ValueError where it is of another
    type."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):  # of something or nothing
        return None if value is None else as_typed(next(one for one in arguments if one is not type(None)), value, name)
    if origin in (tuple, list):
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} is a list; got {value!r}.")
        kinds = [arguments[0]] * len(value) if origin is list or arguments[-1] is Ellipsis else arguments
        if len(kinds) != len(value):
            raise ValueError(f"{name} is a list of {len(kinds)}; got {value!r}.")
        return origin(as_typed(one, part, name) for one, part in zip(kinds, value, strict=True))
    if origin in (dict, collections.abc.Mapping):
        of_key, of_value = arguments
        return {_key(of_key, key, name): as_typed(of_value, one, name) for key, one in _object(value, name).items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, _object(value, name), name)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise ValueError(f"{name} is a number of fewer digits; got {len(str(value))}.") from error
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} is of type {kind.__name__}; got {value!r}.")
    return value


def fields_of(kind: type[T], value: Any, name: str) -> T:
    """A dataclass of what an object says of its fields, whatever else it says. Errors as `as_typed`."""
    known = _hints(kind)
    own = {field: one for field, one in _object(value, name).items() if field in known}
    return _dataclass(kind, own, name)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is an object of named values; got {value!r}.")
    return value


def _key(kind: type, key: str, name: str) -> Any:
    """JSON has text alone for keys."""
    if kind is int and not (key.isascii() and key.isdigit() and len(key) < 10):
        raise ValueError(f"{name} has whole numbers for keys; got {key!r}.")
    return kind(key)


def _dataclass(kind: Any, fields: dict[str, Any], name: str) -> Any:
    hints = _hints(kind)
    if unknown := [field for field in fields if field not in hints]:
        raise ValueError(f"{name} has no field {unknown[0]!r}; its fields are {', '.join(hints)}.")
    needed = (one for one in dataclasses.fields(kind) if _is_needed(one))
    if missing := [one.name for one in needed if one.name not in fields]:
        raise ValueError(f"{name} has no {missing[0]}.")
    return kind(**{field: as_typed(hints[field], one, field) for field, one in fields.items()})


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    known = typing.get_type_hints(kind)
    return {field.name: known[field.name] for field in dataclasses.fields(kind)}
