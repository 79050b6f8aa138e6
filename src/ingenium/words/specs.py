"""Conversion of a reading to a spec: each value is from the request, or a declared default."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingenium.core.spec import Limit, Spec, parse
from ingenium.core.units import convert
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.files import FILE
from ingenium.words.measures import Measure, measures
from ingenium.words.numbers import numbers
from ingenium.words.reading import ReadValue, RequestReading, Span

TITLE = 120  # characters of a request that head its report


@dataclass(frozen=True)
class ValueOrigin:
    """A line of a spec, and the origin of its value."""

    place: str  # such as `conditions.season` or `limits.mass.at_most`
    value: Any
    unit: str = ""
    words: tuple[Span, ...] = ()  # none for a default
    default: str = ""  # source of a default, in words; empty for a value of the request
    note: str = ""  # what a value of the request replaces


@dataclass(frozen=True)
class Worded:
    """A spec that follows from a request, and the origin of each of its lines."""

    spec: Spec
    origins: tuple[ValueOrigin, ...]
    count: int | None


def worded(reading: RequestReading, contract: Contract) -> Worded:
    """Build the spec of a reading.

    Raises:
        InputError: if a number is outside the problem's declared range.
    """
    origins: list[ValueOrigin] = []
    table: dict[str, Any] = {"problem": contract.problem, "title": _title(reading.text)}
    origins.append(ValueOrigin("problem", contract.problem, words=reading.title))
    setup = _setup(reading, contract, origins)
    given = {f.entry.name: _given(reading, f, origins) for f in reading.of("given")}
    conditions = {f.entry.name: _condition(f, origins) for f in reading.of("condition")}
    fixed = {f.entry.name: _fixed(f, origins) for f in reading.of("fixed")}
    limits = _limits(reading, contract, origins)
    objectives = [_objective(f, origins) for f in reading.of("objective")]
    parts = {
        "setup": setup,
        "given": given,
        "conditions": conditions,
        "fixed": fixed,
        "limits": limits,
        "objectives": objectives,
    }
    table |= {name: part for name, part in parts.items() if part}
    count = _count(reading, origins)
    return Worded(parse(table, Spec, "what was read"), tuple(origins), count)


def _title(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TITLE else flat[: TITLE - 1] + "…"


def _count(reading: RequestReading, origins: list[ValueOrigin]) -> int | None:
    for found in reading.of("count"):
        if found.exact is not None:
            value = int(found.exact.low.value)
            origins.append(ValueOrigin("n", value, words=found.words))
            return value
    return None


def _given(reading: RequestReading, found: ReadValue, origins: list[ValueOrigin]) -> Any:
    """An input of a problem: a text as it stands, or the file that holds it."""
    value = _copied(reading, found, origins, "given")
    return {"file": value} if isinstance(value, str) and FILE.fullmatch(value) else value


def _setup(
    reading: RequestReading, contract: Contract, origins: list[ValueOrigin]
) -> dict[str, Any]:
    setup: dict[str, Any] = {}
    _groups(reading, contract, setup, origins)
    for found in reading.of("setup"):
        name = found.entry.name
        if found.exact is not None:
            value: Any = _converted(found.exact.ends[0], found.exact, found.entry)
            value = int(value) if found.entry.whole else value
            origins.append(ValueOrigin(f"setup.{name}", value, found.entry.unit, found.words))
        elif found.names:
            listed = [{"true": True, "false": False}.get(n, n) for n in found.names]
            value = listed if found.entry.several else listed[0]
            origins.append(ValueOrigin(f"setup.{name}", value, words=found.words))
        else:
            value = _copied(reading, found, origins, "setup")
        inner = setup
        *path, last = name.split(".")
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return setup


def _groups(
    reading: RequestReading, contract: Contract, setup: dict[str, Any], origins: list[ValueOrigin]
) -> None:
    """Defaults of a group of settings, such as a material, of which the request names some."""
    named = {f.entry.name for f in reading.of("setup")}
    for group in {n.rpartition(".")[0] for n in named} - {""}:
        for entry in contract.entries:
            head, _, last = entry.name.rpartition(".")
            if head != group or entry.name in named or entry.default is None:
                continue
            inner = setup
            for step in group.split("."):
                inner = inner.setdefault(step, {})
            inner[last] = entry.default
            reported = "the problem's own setting"
            origin = ValueOrigin(f"setup.{entry.name}", entry.default, entry.unit, (), reported)
            origins.append(origin)


def _copied(
    reading: RequestReading, found: ReadValue, origins: list[ValueOrigin], part: str
) -> Any:
    pieces: list[Any] = [reading.text[a:b] for a, b in found.copied]
    if found.entry.numeric:
        values = [numbers(piece)[0].value for piece in pieces]
        pieces = [int(v) if found.entry.whole else v for v in values]
    value = pieces if found.entry.several else pieces[0]
    origins.append(ValueOrigin(f"{part}.{found.entry.name}", value, words=found.words))
    return value


def _condition(found: ReadValue, origins: list[ValueOrigin]) -> Any:
    entry, place = found.entry, f"conditions.{found.entry.name}"
    if found.names:
        value: Any = found.names[0] if len(found.names) == 1 else list(found.names)
        origins.append(ValueOrigin(place, value, words=found.words))
        return value
    if found.exact is not None:
        value = _converted(found.exact.ends[0], found.exact, entry)
        origins.append(ValueOrigin(place, value, entry.unit, found.words))
        return value
    ends = {}
    for name, measure, end, bound in (
        ("at_least", found.low, 0, entry.lower),
        ("at_most", found.high, 1, entry.upper),
    ):
        if measure is None:
            ends[name] = bound
            reported = f"the end of the range of {entry.name}"
            origins.append(ValueOrigin(f"{place}.{name}", bound, entry.unit, default=reported))
        else:
            ends[name] = _converted(measure.ends[end], measure, entry)
            origins.append(ValueOrigin(f"{place}.{name}", ends[name], entry.unit, found.words))
    return ends


def _fixed(found: ReadValue, origins: list[ValueOrigin]) -> dict[str, Any]:
    assert found.exact is not None
    unit = found.exact.unit or found.entry.readable
    origins.append(ValueOrigin(f"fixed.{found.entry.name}", found.exact.ends[0], unit, found.words))
    return {"value": found.exact.ends[0], "unit": unit}


def _objective(found: ReadValue, origins: list[ValueOrigin]) -> dict[str, str]:
    sense = "maximise" if found.up else "minimise"
    origins.append(ValueOrigin(f"objectives.{found.entry.name}", sense, words=found.words))
    return {"quantity": found.entry.name, "sense": sense}


def _limits(
    reading: RequestReading, contract: Contract, origins: list[ValueOrigin]
) -> list[dict[str, Any]]:
    """Limits of the request, and the problem's own where it names none."""
    limits = []
    requested = set()
    for found in reading.of("limit"):
        requested.add(found.entry.name)
        limits += list(_limit(found, origins, _replaced(found, contract)))
    for own in contract.limits:
        if own.quantity not in requested and limits:
            origins += list(_default(own))
            limits.append(_plain(own))
    if not limits:
        origins += [origin for own in contract.limits for origin in _default(own)]
    return limits


def _replaced(found: ReadValue, contract: Contract) -> str:
    """Describe what a limit of the request replaces."""
    own = [x for x in contract.limits if x.quantity == found.entry.name]
    bounds = [(s, b) for x in own for s, b in (("at least", x.at_least), ("at most", x.at_most))]
    reported = " and ".join(f"{side} {bound:g}" for side, bound in bounds if bound is not None)
    return f"replaces the problem's own {reported}" if reported else ""


def _limit(found: ReadValue, origins: list[ValueOrigin], note: str) -> Iterator[dict[str, Any]]:
    """Yield one limit, or two if its ends have different units."""
    entry = found.entry
    low = found.low and (found.low.ends[0], found.low)
    high = found.high and (found.high.ends[1], found.high)
    sides = [("at_least", low), ("at_most", high)]
    units = {pair[1].unit for _, pair in sides if pair}
    tables: dict[str, dict[str, Any]] = {}
    for name, pair in sides:
        if not pair:
            continue
        value, measure = pair
        unit = measure.unit or (entry.readable if len(units) == 1 else entry.unit)
        unit = entry.unit if unit == entry.counts_in else unit
        convert(value, unit, entry.unit, of=entry.name)
        one = tables.setdefault(unit, {"quantity": entry.name})
        one |= {name: value} | ({"unit": unit} if unit not in ("1", "") else {})
        bare = measure.unit is None and unit not in ("1", "")
        reported = f"{unit}, the problem's own unit" if bare else unit
        place = f"limits.{entry.name}.{name}"
        origins.append(ValueOrigin(place, value, reported, found.words, note=note))
    yield from tables.values()


def _plain(limit: Limit) -> dict[str, Any]:
    table = {
        "quantity": limit.quantity,
        "at_least": limit.at_least,
        "at_most": limit.at_most,
        "unit": limit.unit,
        "beyond_uncertainty": limit.beyond_uncertainty,
    }
    return {name: value for name, value in table.items() if value is not None}


def _default(limit: Limit) -> Iterator[ValueOrigin]:
    for name, bound in (("at_least", limit.at_least), ("at_most", limit.at_most)):
        if bound is not None:
            reported = "the problem's own limit"
            yield ValueOrigin(
                f"limits.{limit.quantity}.{name}", bound, limit.unit or "", (), reported
            )


def _converted(value: float, measure: Measure, entry: ContractEntry) -> float:
    """Convert a number of the request to the most plausible value in the unit of its entry."""
    if measure.unit in (None, entry.unit, entry.counts_in):
        return value
    if entry.whole and measure.unit in ("d", "week", "year"):
        return value
    assert measure.unit is not None
    unit = entry.counts_in if entry.kind == "setup" else entry.unit
    return float(f"{convert(value, measure.unit, unit, of=entry.name):.12g}")


def traced(made: Worded, text: str, contract: Contract) -> list[str]:
    """Places of a spec whose value is neither in its words nor a declared default.

    It reads the words again: a number must occur in them, in some unit; a name must be one of the
    contract's, or a piece of the text.
    """
    names = {e.name for e in contract.entries} | {
        c for e in contract.entries for c in (e.choices or ())
    }
    return [o.place for o in made.origins if not o.default and not _stands(o, text, names)]


def _stands(origin: ValueOrigin, text: str, names: set[str]) -> bool:
    values = origin.value if isinstance(origin.value, list) else [origin.value]
    return all(_one_stands(v, origin, text, names) for v in values)


def _one_stands(value: Any, origin: ValueOrigin, text: str, names: set[str]) -> bool:
    if isinstance(value, bool) or origin.place == "problem":
        return bool(origin.words) or origin.place == "problem"
    if isinstance(value, str):
        pieces = [text[a:b] for a, b in origin.words]
        return bool(pieces) and (
            value in names or value in pieces or value in ("minimise", "maximise")
        )
    near = [m for a, b in _joined(origin.words, text) for m in measures(text[a:b])]
    units = {m.unit for m in near}
    ends = [(v + step, unit) for m in near for v in m.ends for unit in units for step in _steps(m)]
    zero = any(
        text[a:b].lower().startswith(("no", "without", "zero", "free", "never"))
        for a, b in origin.words
    )
    one = any(text[a:b].lower().startswith(("one", "single")) for a, b in origin.words)
    return (
        (value == 0 and zero)
        or (value == 1 and one)
        or any(_equal(float(value), v, u, origin) for v, u in ends)
    )


def _joined(words: Sequence[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Join words that follow each other: `before 1` bounds otherwise than `1`."""
    found: list[tuple[int, int]] = []
    for first, end in sorted(words):
        follows = found and not text[found[-1][1] : first].strip()
        found.append((found.pop()[0] if follows else first, end))
    return found


def _steps(measure: Measure) -> tuple[float, ...]:
    """Return the step that a strict bound adds to a count: `fewer than 5` is at most 4."""
    return (0.0, -1.0, 1.0) if measure.strict else (0.0,)


def _equal(value: float, written: float, unit: str | None, origin: ValueOrigin) -> bool:
    if abs(value - written) <= 1e-9 * max(1.0, abs(value)):
        return True
    if unit is None or not origin.unit:
        return False
    there = convert(written, unit, origin.unit.partition(",")[0], of=origin.place)
    return abs(value - there) <= 1e-9 * max(1e-12, abs(value))
