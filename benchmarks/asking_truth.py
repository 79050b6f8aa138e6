"""Intended meanings of requests, as data, compared with replies: the lines of `words/asking`."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.renamed import present_name
from ingenium.core.units import convert
from ingenium.words.contract import Contract, ContractEntry, Kind
from ingenium.words.replies import Reply

FOLDER = Path(__file__).parent / "words" / "asking"
KINDS: dict[str, Kind] = {
    "limit": "limit",
    "condition": "condition",
    "setup": "setup",
    "given": "given",
}
LINE = re.compile(r"(?P<kind>limit|condition|setup|given) (?P<name>\S+) (?P<rest>.+)")
Key = tuple[str, str]
Meanings = dict[Key, Any]


@dataclass(frozen=True)
class Truth:
    """A request, and what its author meant by it."""

    text: str
    voice: str
    trap: str
    verb: str  # `outside` where nothing installed does it
    problem: str
    want: tuple[str, ...]
    ask: tuple[str, ...]

    @property
    def outside(self) -> bool:
        """True for a request that no field serves."""
        return self.verb == "outside"


def truths(part: str) -> list[Truth]:
    """Requests of a part, such as `frozen`, `tuning`, `development2` or `fresh`."""
    rows = [json.loads(line) for line in (FOLDER / f"{part}.jsonl").read_text().splitlines()]
    return [Truth(**(r | {"want": tuple(r["want"]), "ask": tuple(r["ask"])})) for r in rows]


def check_digest(part: str) -> None:
    """Refuse requests that are not those of the digest beside them, as `sha256sum` writes it."""
    wanted = (FOLDER / f"{part}.sha256").read_text().split()[0]
    came = hashlib.sha256((FOLDER / f"{part}.jsonl").read_bytes()).hexdigest()
    if came != wanted:
        raise InputError(f"{part}.jsonl with the digest {wanted[:12]}", came[:12], "Restore it.")


def number(text: str, entry: ContractEntry) -> float:
    """A number with its unit, in the unit of an entry."""
    value, _, unit = text.strip().partition(" ")
    plain = unit and unit != entry.unit and not (entry.unit == "1" and unit == "dB")
    try:
        return convert(float(value), unit, entry.unit, of=text) if plain else float(value)
    except InputError:  # a unit of money or of counted things, as the entry writes it
        return float(value)


def present(line: str, contract: Contract | None) -> str:
    """An entry with the present name of what was renamed after it had been written."""
    match = LINE.fullmatch(line)
    if match is None or contract is None:
        return line
    own = [e.name for e in contract.entries if e.kind == match["kind"]]
    name = match["name"] if match["name"] in own else present_name(match["name"], own)
    return f"{match['kind']} {name} {match['rest']}" if name else line


def meanings(line: str, contract: Contract | None) -> list[Meanings]:
    """Alternatives that an entry of `want` accepts, each as a name with its value."""
    parts = [one.strip().removeprefix("maybe ") for one in line.split(" or ")]
    alone = len(parts) == 1
    return [m for one in parts if (m := _meaning(one, contract, must=alone)) is not None]


def _meaning(line: str, contract: Contract | None, *, must: bool) -> Meanings | None:
    line = present(line, contract)
    head, _, rest = line.partition(" ")
    if head in ("minimise", "maximise"):
        return {("objective", rest): head}
    if head in ("count", "option", "file"):
        name, _, value = line.removeprefix("option ").partition(" = ")
        return {("file", value): True} if head == "file" else {(head, name): _option(value)}
    match = LINE.fullmatch(line)
    assert match, line
    kind, name, rest = match["kind"], match["name"], match["rest"]
    entry = contract.by_name.get((KINDS[kind], name)) if contract else None
    if entry is None:  # of a spec without a contract, such as that of `operate`
        return {(kind, name): rest} if must else None
    if rest.startswith("in "):
        return {(kind, name): frozenset(rest[3:].split("|"))}
    if ".." in rest and entry.numeric:
        low, high = rest.removeprefix("= ").split("..")
        unit = high.partition(" ")[2]
        return {(kind, name): (number(f"{low} {unit}".strip(), entry), number(high, entry))}
    sign, _, value = rest.partition(" ")
    if sign == "=" and entry.numeric and ", " in value:
        values, _, unit = value.rpartition(" ") if not value[-1].isdigit() else (value, "", "")
        each = [number(f"{x} {unit}".strip(), entry) for x in values.split(", ")]
        return {(kind, name): frozenset(str(int(x) if entry.whole else x) for x in each)}
    if sign == "=":
        return {(kind, name): number(value, entry) if entry.numeric else value}
    bound = number(value, entry)
    return {(kind, name): (bound, None) if sign == ">=" else (None, bound)}


def _option(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def of_reply(reply: Reply) -> Meanings:
    """Values that a reply read from the words, in the same form; without defaults."""
    found: Meanings = {("file", str(f)): True for f in reply.files}
    found |= {("option", name): _option(str(value)) for name, value in reply.options.items()}
    if reply.made is None or reply.contract is None:
        return found
    spec, contract = reply.made.spec, reply.contract
    said = {o.place for o in reply.made.origins if not o.default}
    if reply.made.count is not None:
        found["count", "count"] = float(reply.made.count)
    for limit in spec.limits:
        entry = contract.by_name["limit", limit.quantity]
        ends = [
            convert(v, limit.unit or entry.unit, entry.unit, of="") if v is not None else None
            for side, v in (("at_least", limit.at_least), ("at_most", limit.at_most))
            for v in [v if f"limits.{limit.quantity}.{side}" in said else None]
        ]
        before = found.get(("limit", limit.quantity), (None, None))
        both = tuple(b if a is None else a for a, b in zip(before, ends, strict=True))
        if both != (None, None):
            found["limit", limit.quantity] = both
    for entry in contract.entries:
        if entry.kind == "setup" and f"setup.{entry.name}" in said:
            value: Any = spec.setup
            for step in entry.name.split("."):
                value = value[step]
            found["setup", entry.name] = _plain(value)
        if entry.kind == "given" and entry.name in spec.given:
            held = spec.given[entry.name]
            held = held.get("file", held) if isinstance(held, dict) else held
            found["given", entry.name] = str(held)
    for name, wanted in spec.conditions.items():
        found["condition", name] = _wanted(wanted)
    for name, fixed in spec.fixed.items():
        entry = contract.by_name["limit", name]
        value = convert(fixed.value, fixed.unit or entry.unit, entry.unit, of=name)
        found["limit", name] = (value, value)
    found |= {("objective", o.quantity): str(o.sense) for o in spec.objectives}
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return frozenset(map(str, value)) if isinstance(value, list | tuple) else value


def _wanted(wanted: Any) -> Any:
    if isinstance(wanted, tuple):
        return frozenset(wanted)
    return wanted if isinstance(wanted, str | int | float) else (wanted.at_least, wanted.at_most)


def same(one: Any, two: Any) -> bool:
    """True if two values agree; numbers to a part in a thousand."""
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(map(same, one, two))
    if isinstance(one, float | int) and isinstance(two, float | int):
        return abs(one - two) <= 1e-3 * max(abs(one), abs(two), 1e-12)
    return bool(str(one) == str(two)) if isinstance(one, str) else bool(one == two)


def missing(truth: Truth, reply: Reply, contract: Contract | None) -> list[str]:
    """Entries of `want` that a reply lacks or has otherwise."""
    found = of_reply(reply)
    return [
        line
        for line in truth.want
        if not line.startswith("maybe ")
        and not any(_has(found, one, contract) for one in meanings(line, contract))
    ]


def surplus(truth: Truth, reply: Reply, contract: Contract | None) -> list[Key]:
    """Values of a reply that nobody meant."""
    allowed = [one for line in truth.want for one in meanings(line, contract)]
    if "file" in truth.ask:
        allowed += [{("file", f): True} for f in reply.files]
    return [
        key
        for key, value in of_reply(reply).items()
        if not any(_covers(one, key, value, contract) for one in allowed)
        and not _implied(truth, key, contract)
    ]


def _has(found: Meanings, one: Meanings, contract: Contract | None) -> bool:
    return all(
        any(
            _covers({key: value}, k, v, contract) and k[0] in _counted(key)
            for k, v in found.items()
        )
        for key, value in one.items()
    )


def _counted(key: Key) -> tuple[str, ...]:
    """Parts of a spec that satisfy an entry: a limit is never satisfied by a target alone."""
    if key[0] in ("file", "given"):
        return ("file", "given")
    return ("limit",) if key[0] == "limit" else (key[0], "limit")


def _covers(one: Meanings, key: Key, value: Any, contract: Contract | None) -> bool:
    """True if a value is the one meant, or the range of the condition behind the same quantity."""
    for own, meant in one.items():
        if own == key and same(meant, value):
            return True
        if {own[0], key[0]} == {"file", "given"}:  # a file that the spec or the command names
            names = {own[1] if own[0] == "file" else meant, key[1] if key[0] == "file" else value}
            if len(names) == 1:
                return True
        if {own[0], key[0]} <= {"limit", "condition"} and own != key and contract is not None:
            names = {own, key}
            pairs = [e for e in contract.entries if e.kind == "condition" and e.measured]
            twins = any({("condition", e.name), ("limit", str(e.measured))} == names for e in pairs)
            if twins and (same(meant, value) or same(_ends(meant), _overlap(value, meant))):
                return True
    return False


def _ends(value: Any) -> Any:
    return value if isinstance(value, tuple) else (value, value)


def _overlap(value: Any, meant: Any) -> Any:
    """The ends of a range, only where the meaning names one."""
    named, ends = _ends(meant), _ends(value)
    return tuple(e if m is not None else None for e, m in zip(ends, named, strict=True))


def _implied(truth: Truth, key: Key, contract: Contract | None) -> bool:
    """True for a setting that a quantity of the request needs."""
    if contract is None or key[0] != "setup":
        return False
    own = {LINE.fullmatch(w) for line in truth.want for w in line.split(" or ")}
    names = {m["name"] for m in own if m and m["kind"] == "limit"}
    return any(e.adds.startswith(f"{key[1]} = ") for e in contract.entries if e.name in names)


def check(parts: Iterable[str], known: dict[str, Contract]) -> Iterator[str]:
    """Entries of `want` that no contract knows."""
    for part in parts:
        for truth in truths(part):
            for line in truth.want:
                try:
                    meanings(line, known.get(truth.problem))
                except (AssertionError, InputError) as error:
                    yield f"{truth.text}: {error}"
