"""Frozen values as JSON and back: this package's dataclasses, its functions by their names, numbers, text, paths.

Reading one builds dataclasses and looks functions up. It runs nothing else that a file may name, so a run folder of
anybody can be read.
"""

import base64
import collections.abc
import dataclasses
import functools
import importlib
import pathlib
import types
import typing
from typing import Any

PACKAGE = __name__.partition(".")[0]


def as_json(value: Any) -> Any:
    """What `json` can write; TypeError for what is none of these values."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, pathlib.PurePath):
        return {"path": str(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return {"value": _name(type(value)), "of": {name: as_json(one) for name, one in fields.items()}}
    if isinstance(value, tuple):
        named = {"value": _name(type(value))} if hasattr(value, "_fields") else {}
        return named | {"tuple": [as_json(one) for one in value]}
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {"dict": [[as_json(key), as_json(one)] for key, one in value.items()]}
    if isinstance(value, types.FunctionType | type):
        return {"name": _name(value)}
    raise TypeError(f"{type(value).__name__} is no value that can be written as JSON: {value!r}")


def of_json(written: Any) -> Any:
    """The value; ValueError where it is none that `as_json` writes."""
    if isinstance(written, list):
        return [of_json(one) for one in written]
    if not isinstance(written, dict):
        return written
    match written:
        case {"bytes": str(text)}:
            return base64.b64decode(text)
        case {"path": str(path)}:
            return pathlib.Path(path)
        case {"value": name, "of": dict(fields)}:
            found = _named(name)
            if not (isinstance(found, type) and dataclasses.is_dataclass(found)):
                raise ValueError(f"{name!r} is no dataclass of {PACKAGE}.")
            return found(**_fitting(found, {field: of_json(one) for field, one in fields.items()}))
        case {"value": name, "tuple": list(parts)}:
            found = _named(name)
            if not (isinstance(found, type) and issubclass(found, tuple) and hasattr(found, "_fields")):
                raise ValueError(f"{name!r} is no named tuple of {PACKAGE}.")
            if len(parts) != len(found._fields):
                raise ValueError(f"{name!r} has {len(found._fields)} fields; got {len(parts)}.")
            return found(**_fitting(found, dict(zip(found._fields, map(of_json, parts), strict=True))))
        case {"tuple": list(parts)}:
            return tuple(map(of_json, parts))
        case {"dict": list(pairs)}:
            return {of_json(key): of_json(one) for key, one in pairs}
        case {"name": name}:
            return _named(name)
    raise ValueError(f"{sorted(written)} are no keys of a value.")


def _fitting(kind: type, given: dict[str, Any]) -> dict[str, Any]:
    """The fields, where each may stand in this class; ValueError for the first that may not."""
    hints = _hints(kind)
    if wrong := [field for field, one in given.items() if not _fits(one, hints.get(field, Any))]:
        raise ValueError(f"{wrong[0]} of '{kind.__module__}:{kind.__qualname__}' is of another type.")
    return given


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """Types of the fields of a dataclass or named tuple, as far as they are known here."""
    try:
        return typing.get_type_hints(kind)
    except NameError:  # of a name that is imported for type checkers alone
        return {}


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value may stand in a field of this type: by its class, and that of its parts, and in that of a protocol
    by the names that it has."""
    if hint is Any:  # which is a class
        return True
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in arguments)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = arguments[:1] * len(value) if arguments[-1:] == (Ellipsis,) else arguments
        return len(kinds) == len(value) and all(map(_fits, value, kinds))
    if origin is collections.abc.Callable:
        return callable(value)
    if getattr(hint, "_is_protocol", False):
        return not isinstance(value, type) and all(hasattr(value, name) for name in _members(hint))
    if hint in (int, float):
        return isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
    kind = type(None) if hint is None else origin or hint
    return isinstance(value, kind) if isinstance(kind, type) else True


@functools.cache
def _members(protocol: type) -> frozenset[str]:
    """What a protocol asks for: its public methods and fields, and whether it can be called."""
    asked = (base for base in protocol.__mro__ if getattr(base, "_is_protocol", False) and base is not typing.Protocol)
    names = {name for base in asked for name in (*vars(base), *vars(base).get("__annotations__", {}))}
    return frozenset(name for name in names if name == "__call__" or not name.startswith("_"))


def _name(thing: Any) -> str:
    """ "module:name", by which it is found again."""
    name = f"{thing.__module__}:{thing.__qualname__}"
    try:
        found = _named(name)
    except ValueError as error:
        raise TypeError(str(error)) from error
    if found is not thing:
        raise TypeError(f"{name} is not what its name leads to.")
    return name


def _named(name: Any) -> Any:
    """A class or function that a module of this package defines; ValueError for all else."""
    module, _, own = str(name).partition(":")
    if module.partition(".")[0] == PACKAGE and own.isidentifier():
        try:
            found = getattr(importlib.import_module(module), own, None)
        except ImportError as error:
            raise ValueError(f"There is no {name!r} here.") from error
        if isinstance(found, types.FunctionType | type) and found.__module__ == module:
            return found
    raise ValueError(f"{name!r} is no class or function of {PACKAGE}.")
