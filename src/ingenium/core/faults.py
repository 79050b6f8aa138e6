"""Faults of a table that a user wrote, reported by their place in it."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType
from typing import Any

from pydantic_core import ErrorDetails

from ingenium.core.errors import InputError
from ingenium.core.places import Place, Step, bare, inner_kind, rivals_of
from ingenium.core.renamed import present_name
from ingenium.core.setups import plain, type_name

UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
ABSENT = ("missing", "missing_argument")
SCALARS = (bool, int, float, str)
SCALAR_KINDS = frozenset(SCALARS)


@dataclass(frozen=True)
class Table:
    """A table to be parsed into a settings dataclass, and the places of its entries."""

    kind: type
    where: str  # the whole in words, such as the path of a file
    under: tuple[str, ...] = ()  # the keys of its place in the file

    def refusal(self, faults: Sequence[ErrorDetails]) -> InputError:
        """Return the first fault of a validation; unknown entries of a table are one fault."""
        fault = min(faults, key=lambda f: _rank(f, faults))
        first, reported = fault["type"], fault.get("ctx", {}).get("error")
        place = self._place(fault["loc"])
        if isinstance(reported, InputError):  # by settings that check themselves
            inside = f", in {place.headed}" if fault["loc"] else ""
            again = InputError(reported.expected + inside, reported.got, reported.instead)
            again.known = reported.known
            return again
        if first in UNKNOWN or first in ABSENT:
            alongside = _alongside(fault, faults)
            return self._ill_filled(
                self._place(fault["loc"][:-1]),
                unknown=[str(f["loc"][-1]) for f in alongside if f["type"] in UNKNOWN],
                absent=[str(f["loc"][-1]) for f in alongside if f["type"] in ABSENT],
            )
        if first == "implausible":
            requested = fault["ctx"]
            return InputError(f"{place} {fault['msg']}", requested["got"], requested["instead"])
        tables = first == "tuple_type" and is_dataclass(bare(inner_kind(bare(place.kind), 0)))
        return InputError(
            expected=f"{self._of_all(str(place))} as a value where: "
            + fault["msg"].removeprefix("Value error, "),
            got=_short(fault["input"]),
            instead=f"Write [[{place}]], in double brackets."
            if tables
            else "Write a value that satisfies this; docs/reference/spec.md lists all entries.",
        )

    def check_kinds(self, entry: Any) -> None:
        """Refuse a truth value for a number, and a text or a number for what it only reads as.

        Raises:
            InputError: naming the first such entry of the table, at any depth.
        """
        self._check_kinds(Place(self.kind, self.under), entry)

    def _check_kinds(self, place: Place, entry: Any) -> None:
        kinds = [k for k in rivals_of(place.kind) if k is not NoneType]
        if isinstance(entry, Mapping):
            for name, inner in entry.items():
                self._check_kinds(place.at(str(name)), inner)
        elif isinstance(entry, list | tuple):
            for i, inner in enumerate(entry):
                self._check_kinds(place.at(i), inner)
        elif isinstance(entry, SCALARS) and kinds and SCALAR_KINDS.issuperset(kinds):
            written = {type(entry)} if isinstance(entry, bool | str) else {int, float}
            if not written.intersection(kinds):
                raise InputError(
                    f"{self._of_all(str(place))} as {' or '.join(map(type_name, kinds))}",
                    f'"{entry}"' if isinstance(entry, str) else plain(entry),
                    "Write a value of that type; numbers and true or false stand without quotes.",
                )

    def _ill_filled(
        self, table: Place, *, unknown: Sequence[str], absent: Sequence[str]
    ) -> InputError:
        """Return the error for a table with unknown entries, or without required ones."""
        lacking = ", ".join(str(table.at(name)) for name in absent)
        if not unknown:
            return InputError(
                expected=f"{_counted('the entry', 'the entries', absent)} " + self._of_all(lacking),
                got="nothing",
                instead=f"Write {', '.join(f'{name} = ...' for name in absent)} .",
            )
        names = _entries(table.kind)
        near = {u: present_name(u, names) or _closest(u, names) for u in unknown}
        meant = ", ".join(f"{found} for {u}" for u, found in near.items() if found)
        instead = [
            f"Write {meant}." if meant else "",
            f"Write one of {', '.join(names)}." if names else "",
            f"It needs {', '.join(absent)}." if absent else "",
        ]
        return InputError(
            expected=f"only known entries in {self._of_all(table.headed)}",
            got=f"{_counted('the unknown entry', 'the unknown entries', unknown)} "
            + ", ".join(f'"{table.at(u)}"' for u in unknown),
            instead=" ".join(filter(None, instead)),
        )

    def _of_all(self, place: str) -> str:
        return f"{place} in {self.where}" if place else self.where

    def _place(self, loc: Sequence[Step]) -> Place:
        """Return the place in the user's table from a location of pydantic."""
        place = Place(self.kind, self.under)
        for step in loc:
            place = place.at(step)
        return place


def _rank(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> tuple[bool, bool, int]:
    """Sort key of faults, the least is reported: values, then names, in the rival they fit best."""
    ill_filled = fault["type"] in UNKNOWN
    return (
        fault["type"] not in ("value_error", "implausible"),
        not ill_filled,
        len(_alongside(fault, faults)) if ill_filled else 0,
    )


def _alongside(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Faults of the same table."""
    return [f for f in faults if f["loc"][:-1] == fault["loc"][:-1]]


def _closest(name: str, names: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=0.5)), "")


def _counted(one: str, several: str, names: Sequence[str]) -> str:
    return one if len(names) == 1 else several


def _entries(kind: Any) -> list[str]:
    """Names of the entries that a table may hold."""
    table = bare(kind)
    return [f.name for f in fields(table)] if is_dataclass(table) else []


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]} ..."
