"""Entries of a setup in words, as reports and the pages of ledgers tell what was asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from ingenium.core.places import Place, bare


@dataclass(frozen=True)
class SetupEntry:
    """One entry of a setup as it was understood."""

    name: str  # the place where it is or would be written
    type: str
    value: Any
    unit: str
    given: bool  # by the spec; else it is a default


def entries(settings: Any, asked: Mapping[str, Any]) -> Iterator[SetupEntry]:
    """All entries of settings, tables and lists of tables opened, beside what a spec wrote."""
    yield from _entries(Place(type(settings)), settings, asked)


def _entries(place: Place, found: Any, asked: Any) -> Iterator[SetupEntry]:
    if is_dataclass(found):
        own = replace(place, kind=type(found))
        for f in fields(found):
            yield from _entries(own.at(f.name), getattr(found, f.name), _part(asked, f.name))
    elif isinstance(found, tuple | list) and any(map(is_dataclass, found)):
        for i, one in enumerate(found):
            yield from _entries(place.at(i), one, _part(asked, i))
    elif isinstance(found, Mapping) and any(map(is_dataclass, found.values())):
        for name, one in found.items():
            yield from _entries(place.at(name), one, _part(asked, name))
    else:
        yield SetupEntry(str(place), type_name(place.kind), found, place.unit, asked is not None)


def _part(asked: Any, step: int | str) -> Any:
    """What a spec wrote at a place, None where it wrote nothing."""
    if isinstance(asked, Mapping):
        return asked.get(step)
    listed = isinstance(asked, list | tuple) and isinstance(step, int) and step < len(asked)
    return asked[step] if listed else None


def type_name(kind: Any) -> str:
    """A type as Python writes it, without what is noted of it."""
    own = bare(kind) or kind
    return own.__name__ if isinstance(own, type) else re.sub(r"(?:\w+\.)+(?=\w)", "", str(own))


def in_words(name: str, found: Any) -> Iterator[str]:
    """An entry of the setup in words; of a list of tables, a line for each."""
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
    """A value as it was asked, not rounded."""
    if isinstance(found, Mapping):
        return f"({_pairs(found)})"
    if isinstance(found, list | tuple):
        return f"({', '.join(map(plain, found))})"
    if isinstance(found, bool):
        return str(found).lower()  # as TOML writes it
    return f"{found:.12g}" if isinstance(found, float) else str(found)
