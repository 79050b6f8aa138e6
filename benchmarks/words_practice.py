"""Requests generated from contracts, with the known meaning of each number.

They are the training data of the linear model: names of entries in their own words or in those of
their descriptions, bounds in many forms, one to four of them in a request.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.measures import SYMBOLS

ABOVE = ("at least {v}", "above {v}", "no less than {v}", "more than {v}", ">= {v}", "min {v}")
BELOW = ("at most {v}", "below {v}", "not more than {v}", "up to {v}", "<= {v}", "max {v}")
RANGES = ("between {a} and {b}", "from {a} to {b}", "{a} to {b}", "of {a} to {b}")
PLAIN = ("of {v}", "{v}", "= {v}", "is {v}")
FORMS = (
    "{name} {bound}",
    "{name}: {bound}",
    "a {name} {bound}",
    "{bound} {name}",
    "the {name} {bound}",
)
JOINS = (", ", " and ", "; ", " with ", ", and ")
SMALL_WORDS = frozenset(
    ["of", "the", "a", "an", "in", "on", "by", "at", "to", "and", "or", "for", "over", "from"]
)
UNITS = {unit: spelling for spelling, unit in reversed(SYMBOLS.items())}


@dataclass(frozen=True)
class Practice:
    """A request, and the entry that each of its numbers means, in order."""

    text: str
    entries: tuple[ContractEntry, ...]


def practice(
    contracts: Sequence[Contract], count: int, seed: int
) -> Iterator[tuple[Contract, Practice]]:
    """Generate requests from contracts in turn."""
    rng = random.Random(seed)
    for i in range(count):
        contract = contracts[i % len(contracts)]
        yield contract, _one(contract, rng)


def _one(contract: Contract, rng: random.Random) -> Practice:
    numeric = [e for e in contract.entries if e.numeric and not e.several and _sayable(e)]
    weights = [1.0 if e.kind != "setup" else 0.25 for e in numeric]
    chosen: list[ContractEntry] = []
    for entry in rng.choices(numeric, weights, k=rng.randint(1, 4)):
        if not {entry.name, entry.measured} & {x for e in chosen for x in (e.name, e.measured)}:
            chosen.append(entry)
    parts = [_said(e, rng) for e in chosen]
    head = contract.problem.partition(".")[2].replace("_", " ")
    text = head + rng.choice((": ", ", ", " with ", "; ")) + parts[0]
    for part in parts[1:]:
        text += rng.choice(JOINS) + part
    return Practice(text, tuple(chosen))


def _sayable(entry: ContractEntry) -> bool:
    return entry.unit in UNITS or entry.unit in ("1", "")


def _said(entry: ContractEntry, rng: random.Random) -> str:
    """Request a bound on an entry, in one of many forms."""
    value = rng.choice((rng.randint(1, 90), round(rng.uniform(0, 2), 2)))
    value = int(value) + 1 if entry.whole else value
    bounds = (ABOVE + BELOW) if entry.kind == "limit" else PLAIN
    if entry.kind == "condition" and rng.random() < 0.5:
        bounds = RANGES
    unit = UNITS.get(entry.unit, "")
    shown = f" {unit}" if unit and rng.random() < 0.85 else ""
    bound = rng.choice(bounds).format(v=f"{value}{shown}", a=value, b=f"{value + 3}{shown}")
    return rng.choice(FORMS).format(name=_name(entry, rng), bound=bound)


def _name(entry: ContractEntry, rng: random.Random) -> str:
    """Words of its name, of its description, or some of both."""
    own = entry.name.rpartition(".")[2].split("_")
    if entry.unit not in ("1", "") and entry.kind == "setup" and len(own) > 1:
        own = own[:-1]
    told = entry.text.split(",")[0].split(";")[0].split()
    kind = rng.random()
    if kind < 0.45 or not told:
        return " ".join(own)
    if kind < 0.8:
        return " ".join(told)
    keep = [w for w in told if w.lower() in SMALL_WORDS or rng.random() < 0.8]
    return " ".join(keep) or " ".join(own)
