"""Places of entries in a TOML file, with the type and unit expected there."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union

from ingenium.core.units import Unit

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
Step = int | str


@dataclass(frozen=True)
class Place:
    """A place in a TOML file, such as `material.E`, or `moment` of a `[[cases]]`."""

    kind: Any  # type of the entry; None where it is not known
    keys: tuple[str, ...] = ()  # from the top of the file, or of one table of a list
    of: str = ""  # that table in words, such as `the third [[setup.cases]]`

    def __str__(self) -> str:
        path = ".".join(self.keys)
        return f"{path} in {self.of}" if path and self.of else path or self.of

    @property
    def unit(self) -> str:
        """Unit of the number at this place; empty where none is stated."""
        return next((x.name for x in _marks(self.kind) if isinstance(x, Unit)), "")

    @property
    def headed(self) -> str:
        """Place in words: the heading of a table, the path of an entry; empty for a whole file."""
        if not self.keys:
            return self.of
        return str(self) if self.of or not is_dataclass(bare(self.kind)) else f"[{self}]"

    def at(self, step: Step) -> "Place":
        """Return the place of an entry or item; the name of a rival type leads to that type."""
        rivals = rivals_of(self.kind)
        if len(rivals) > 1:
            named = [k for k in rivals if getattr(k, "__name__", str(k)) == step]
            return Place(named[0] if named else None, self.keys, self.of)
        inner = inner_kind(bare(self.kind), step)
        if isinstance(step, str):
            return Place(inner, (*self.keys, step), self.of)
        if not is_dataclass(bare(inner)):
            return Place(inner, (), f"{_ordinal('value', step)} of {self}")
        within = f" of {self.of}" if self.of else ""
        return Place(inner, (), _ordinal(f"[[{'.'.join(self.keys)}]]", step) + within)


def _ordinal(what: str, step: int) -> str:
    return f"the {ORDINALS[step]} {what}" if step < len(ORDINALS) else f"{what} number {step + 1}"


def rivals_of(kind: Any) -> list[Any]:
    """Types that a value may have, without None."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return rivals_of(inner[0])
    if origin in (Union, UnionType):
        return [r for k in inner if k is not NoneType for r in rivals_of(k)]
    return [kind]


def bare(kind: Any) -> Any:
    """Strip annotations and the option None from a type."""
    rivals = rivals_of(kind)
    return rivals[0] if len(rivals) == 1 else None


def inner_kind(kind: Any, step: Step) -> Any:
    """Type of an entry of a table, or of an item of a list; None where it is unknown."""
    if is_dataclass(kind):
        return typing.get_type_hints(kind, include_extras=True).get(str(step))
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if not isinstance(origin, type) or not inner:
        return None
    if issubclass(origin, Mapping):
        return inner[1]
    each = isinstance(step, int) and Ellipsis not in inner and step < len(inner)
    return inner[step] if each else inner[0]  # type: ignore[index]


def _marks(kind: Any) -> Iterator[Any]:
    """Yield the metadata of all annotated types in a type."""
    inner = typing.get_args(kind)
    if typing.get_origin(kind) is Annotated:
        yield from inner[1:]
        inner = inner[:1]
    for part in inner:
        yield from _marks(part)
