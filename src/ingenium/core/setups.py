"""Entries of a setup in words, for reports and pages of ledgers."""

import ast
import inspect
import io
import tokenize
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from types import NoneType
from typing import Any

from ingenium.core.places import Place

TOML_NAMES = {
    "str": "text",
    "float": "number",
    "int": "whole number",
    "bool": "true or false",
    "Any": "anything",
    "NoneType": "absent",
}


@dataclass(frozen=True)
class SetupEntry:
    """One entry of a setup as it was parsed."""

    name: str  # the place where it is or would be written
    type: str
    value: Any
    unit: str
    given: bool  # by the spec; else it is a default
    meaning: str = ""


def entries(settings: Any, requested: Mapping[str, Any]) -> Iterator[SetupEntry]:
    """List all entries of settings with the values a spec wrote; tables and lists are opened."""
    yield from _entries(Place(type(settings)), settings, requested)


def _entries(place: Place, found: Any, requested: Any, meaning: str = "") -> Iterator[SetupEntry]:
    if is_dataclass(found):
        own, notes = replace(place, kind=type(found)), _notes(type(found))
        for f in fields(found):
            part = _part(requested, f.name)
            yield from _entries(own.at(f.name), getattr(found, f.name), part, notes.get(f.name, ""))
    elif isinstance(found, tuple | list) and any(map(is_dataclass, found)):
        for i, one in enumerate(found):
            yield from _entries(place.at(i), one, _part(requested, i))
    elif isinstance(found, Mapping) and any(map(is_dataclass, found.values())):
        for name, one in found.items():
            yield from _entries(place.at(name), one, _part(requested, name))
    else:
        given = requested is not None
        yield SetupEntry(str(place), type_name(place.kind), found, place.unit, given, meaning)


def _part(requested: Any, step: int | str) -> Any:
    if isinstance(requested, Mapping):
        return requested.get(step)
    listed = isinstance(requested, list | tuple) and isinstance(step, int) and step < len(requested)
    return requested[step] if listed else None


def comments(kind: type) -> dict[str, str]:
    """Return the last comment in the lines of each field in the source of a dataclass."""
    inherited = [comments(base) for base in kind.__bases__ if is_dataclass(base)]
    source = inspect.getsource(kind)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    written = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    behind = {line: text for line, text in written.items() if not text.startswith(("fmt:", "noqa"))}
    (tree,) = ast.parse(source).body
    own = {
        node.target.id: behind[line]
        for node in getattr(tree, "body", ())
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if line in behind
    }
    return {k: v for notes in (*inherited, own) for k, v in notes.items()}


def _notes(kind: type) -> dict[str, str]:
    try:
        return comments(kind)
    except (OSError, TypeError, SyntaxError):  # the class has no source file
        return {}


def type_name(kind: Any) -> str:
    """Return a type as users write it in TOML, such as `list of number`."""
    if isinstance(kind, str):
        return kind
    if is_dataclass(kind):
        return f"table `{getattr(kind, '__name__', kind)}`"
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return type_name(inner[0]) + "".join(_bound(x) for x in inner[1:])
    if origin is typing.Literal:
        return " or ".join(f'"{x}"' for x in inner)
    if origin in (tuple, list):
        return f"list of {type_name(inner[0])}"
    if inner and isinstance(origin, type) and issubclass(origin, Mapping):
        return "table" if inner[1] is Any else f"table by name, of {type_name(inner[1])}"
    if inner:
        return " or ".join(type_name(x) for x in inner if x is not NoneType)
    plain = getattr(kind, "__name__", str(kind))
    return TOML_NAMES.get(plain, plain)


def _bound(mark: object) -> str:
    words = {"ge": " of at least {}", "max_length": " of at most {} characters"}
    return "".join(
        text.format(getattr(x, name))
        for x in getattr(mark, "metadata", ())
        for name, text in words.items()
        if hasattr(x, name)
    )


def in_words(name: str, found: Any) -> Iterator[str]:
    """Describe an entry of the setup; a list of tables in a line for each."""
    if isinstance(found, Mapping):
        yield f"{name}: {_pairs(found)}"
    elif isinstance(found, list | tuple) and any(isinstance(one, Mapping) for one in found):
        for i, one in enumerate(found, start=1):
            yield from in_words(f"{name} {i}", one)
    else:
        several = isinstance(found, list | tuple)
        yield f"{name} = {', '.join(map(plain, found)) or 'none' if several else plain(found)}"


def _pairs(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {plain(v)}" for k, v in found.items())


def plain(found: Any) -> str:
    """Return a value as it was requested, not rounded."""
    if isinstance(found, Mapping):
        return f"({_pairs(found)})"
    if isinstance(found, list | tuple):
        return f"({', '.join(map(plain, found))})"
    if isinstance(found, bool):
        return str(found).lower()  # as TOML writes it
    return f"{found:.12g}" if isinstance(found, float) else str(found)
