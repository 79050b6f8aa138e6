"""The names that a problem offers to a spec, as plain data: all that a reader can choose from.

It follows from the opened problem alone, so that problems of third parties are read like ours.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.setups import SetupEntry, entries
from ingenium.core.spec import Limit, parse
from ingenium.core.units import known
from ingenium.words import natures

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

Kind = Literal["limit", "condition", "setup", "given"]
UNITS = {  # by which a setting's name ends, where it states no unit
    "n_m": "N/m",
    "kg_m3": "kg/m**3",
    "m_s": "m/s",
    "mm": "mm",
    "m": "m",
    "pa": "Pa",
    "n": "N",
    "kg": "kg",
    "deg": "degree",
    "kwh": "kWh",
    "min": "minute",
    "pu": "pu",
    "percent": "percent",
    "kcal": "kcal/mol",
    "angstrom": "angstrom",
    "celsius": "degC",
    "kw": "kW",
    "db": "dB",
    "ah": "Ah",
    "v": "V",
    "hz": "Hz",
    "s": "s",
}
NO_MORE: Mapping[str, Quantity] = MappingProxyType({})
NUMBERS = ("number", "whole number")
DECIBEL = re.compile(r"\bin dB\b")  # of a ratio that its problem measures as a plain number
HEAD = re.compile(r"(?P<unit>rad/s|EUR/MWh|1/s|MW|pu|s)(?=[,;]|$)")  # of a setting's words
LISTED = re.compile(r"^(?:[\w-]+, ){1,}[\w-]+ or [\w-]+$")  # `u1, su3 or xy`, behind a setting
PLAIN = "°C:degC cm²:cm**2 cm³:cm**3 m²:m**2 m³:m**3 kg/m³:kg/m**3 EUR/kg:EUR/kg"
SPELT = dict(pair.split(":", 1) for pair in PLAIN.split())


@dataclass(frozen=True)
class ContractEntry:
    """One name of a spec: a quantity to limit, a condition, a setting, an input."""

    kind: Kind
    name: str  # as a spec writes it; of a nested setting with dots
    text: str = ""  # what it is, in words
    unit: str = "1"  # in which a bare number counts
    shown: str = ""  # display unit; `unit` if empty
    choices: tuple[str, ...] | None = None
    numeric: bool = True
    whole: bool = False
    several: bool = False  # a list
    lower: float | None = None
    upper: float | None = None
    measured: str | None = None  # of a condition: the quantity that measures it on a design
    fixable: bool = False
    default: Any = None  # of a setting
    adds: str = ""  # of a quantity that a setting adds: what to write under [setup]
    file: bool = False  # an input that only a file can be
    also: tuple[str, ...] = ()  # what engineers of the field call it as well
    spelled: tuple[tuple[str, str], ...] = ()  # a choice, and what they call it as well

    @property
    def counts_in(self) -> str:
        """Unit of its numbers for a reader: decibels where its words say so, for a plain number."""
        if self.unit == "1" and DECIBEL.search(self.text):
            return "dB"
        head = HEAD.match(self.text) if self.unit == "1" and self.kind == "setup" else None
        return head["unit"] if head else self.unit

    @property
    def readable(self) -> str:
        """Unit in which people of the field read a bare number."""
        return self.shown or self.counts_in


@dataclass(frozen=True)
class Contract:
    """A problem for a reader of requests."""

    problem: str
    summary: str
    field: str  # the summary of its domain
    entries: tuple[ContractEntry, ...]
    limits: tuple[Limit, ...]  # limits where a spec names none

    def __hash__(self) -> int:
        """The name of a problem is its own; defaults may be lists."""
        return hash(self.problem)

    @cached_property
    def by_name(self) -> dict[tuple[Kind, str], ContractEntry]:
        """Entries by kind and name."""
        return {(entry.kind, entry.name): entry for entry in self.entries}

    @classmethod
    def of(
        cls, problem: "Problem", field: str, more: Mapping[str, Quantity] = NO_MORE
    ) -> "Contract":
        """Build the contract of an opened problem, whose limits have their units.

        `more` are the quantities that settings add, by their names.
        """
        found = (*_limits(problem), *_added(problem, more))
        found += (*_conditions(problem), *_settings(problem), *_inputs(problem))
        return cls(problem.name, problem.summary, field, found, tuple(problem.limits))


def _limits(problem: "Problem") -> Iterator[ContractEntry]:
    fixable = {q.name for q in problem.fixable()}
    for q in problem.quantities:
        if q.labels is None:
            yield _limit(q, fixable=q.name in fixable)


def _added(problem: "Problem", more: Mapping[str, Quantity]) -> Iterator[ContractEntry]:
    for name, adds in problem.absent.items():
        if name in more:
            yield _limit(more[name], adds=adds)


def _limit(q: Quantity, *, fixable: bool = False, adds: str = "") -> ContractEntry:
    low, high = natures.ends(q)
    return ContractEntry(
        "limit",
        q.name,
        q.long_name,
        spelt(q.unit),
        q.shown,
        whole=natures.whole(q),
        lower=low,
        upper=high,
        fixable=fixable,
        adds=adds,
    )


def _conditions(problem: "Problem") -> Iterator[ContractEntry]:
    for c in problem.conditions:
        yield ContractEntry(
            "condition",
            c.name,
            c.long_name,
            spelt(c.unit),
            choices=c.choices,
            numeric=c.choices is None,
            whole="whole number" in c.long_name or "by number" in c.long_name,
            lower=None if c.choices else c.lower,
            upper=None if c.choices else c.upper,
            measured=c.measured,
        )


def _settings(problem: "Problem") -> Iterator[ContractEntry]:
    """Settings that are a number, a choice, a text, or a list of these, at every depth."""
    kind = problem.Settings
    try:
        usual = kind()
    except TypeError:  # one of them has no default
        return
    for one in entries(usual, {}):
        bare = one.type.removeprefix("list of ")
        plain = bare in (*NUMBERS, "text", "true or false") or bare.startswith('"')
        if plain and " in the " not in one.name:  # of a table in a list
            yield _setting(kind, one)


def _setting(kind: type, one: SetupEntry) -> ContractEntry:
    """Describe a setting by the comment behind it in the source."""
    bare = one.type.removeprefix("list of ")
    choices = tuple(bare.replace('"', "").split(" or ")) if bare.startswith('"') else None
    if one.type == "true or false":
        choices = ("true", "false")
    elif bare == "text":
        choices = _known(kind, one)
    return ContractEntry(
        "setup",
        one.name,
        one.meaning,
        unit=spelt(one.unit) or unit_of(one.name),
        choices=choices,
        numeric=bare in NUMBERS,
        whole=bare == "whole number",
        several=one.type.startswith("list of "),
        default=one.value if not isinstance(one.value, tuple) else list(one.value),
    )


def _known(kind: type, one: SetupEntry) -> tuple[str, ...] | None:
    """Texts that a setting accepts, as its error for another one lists them."""
    table: dict[str, Any] = {}
    inner = table
    *path, last = one.name.split(".")
    for step in path:
        inner = inner.setdefault(step, {})
    inner[last] = "?"
    try:
        parse(table, kind, "a setup")
    except InputError as error:
        return error.known or _listed(one.meaning)
    return _listed(one.meaning)


def _listed(meaning: str) -> tuple[str, ...] | None:
    """Texts that the meaning of a setting lists."""
    return tuple(re.split(r", | or ", meaning)) if LISTED.match(meaning) else None


def _inputs(problem: "Problem") -> Iterator[ContractEntry]:
    for i in problem.inputs:
        if i.kind in ("text", "file", "table"):
            file = i.kind != "text"
            yield ContractEntry("given", i.name, i.long_name, numeric=False, file=file)


def unit_of(name: str) -> str:
    """The unit at the end of a setting's name; 1 if there is none."""
    last = name.rpartition(".")[2]
    ends = [end for end in UNITS if last.endswith(f"_{end}") or (last == end != "m" and end != "n")]
    return UNITS[max(ends, key=len)] if ends else "1"


def spelt(unit: str) -> str:
    """Spelling of a unit for pint; 1 for counted things, such as chords."""
    plain = SPELT.get(unit, unit)
    return plain if not plain or known(plain) or plain.startswith("EUR") else "1"
