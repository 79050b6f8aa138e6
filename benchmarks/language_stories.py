"""`language.report`: 1,000 stories from 50 tables, 2,000 planted faults, time of a story.

Planted faults change one thing of a true sentence: a number by at least a unit of its last place, a
direction, a unit, a period, or a name. A changed period or name may be true by chance; DuckDB
recomputes the claims of the true sentence with that one thing replaced: what is still true is no
fault. Families are compared on the same tables. LANGUAGE_DATA names the folder of the series.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from benchmarks.language_tables import tables
from benchmarks.measuring import report
from ingenium.core.given import Given
from ingenium.domains.language.report.claims import Claim
from ingenium.domains.language.report.problem import TableStories
from ingenium.domains.language.report.slots import UnreadError

STORIES, FAULTS = 1000, 2000
SWAPS = {
    "rose": "fell", "climbed": "dropped", "grew": "declined", "went up": "went down",
    "highest": "lowest", "biggest": "smallest", "higher": "lower", "greater": "smaller",
    "above": "below", "over": "under", "upwards": "downwards", "risen": "fallen", "more": "less",
    "doubled": "tripled", "tripled": "quadrupled", "halved": "doubled",
}  # fmt: skip
SWAPS |= {b: a for a, b in SWAPS.items()} | {"doubled": "halved", "peaked": "was lowest"}
UNITS = ("EUR", "USD", "MW", "kg", "%", "percentage points", "m", "")
THRESHOLD = re.compile(r" (?:above|over) [\d.,]+ ?\S* in ")
NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w:]|-[\dQ])")


def main() -> None:
    """Write stories on every table, plant faults, and compare families."""
    rng, rows, caught, missed = Random(7), [], Counter[str](), []
    planted = Counter[str]()
    sources = tables()
    for name, csv, setup in sources:
        started = time.process_time()
        problem = TableStories(setup, Given({"table": csv.encode()}, {"table": name}))
        opened = time.process_time()
        row = {"table": name, "rows": len(problem.table.key), "opened_cpu_s": opened - started}
        row |= _stories(problem, -(-STORIES // len(sources)))
        rows.append(row)
        for kind, sentence in _faults(problem, rng, -(-FAULTS // len(sources))):
            planted[kind] += 1
            if _accepted(problem, sentence):
                missed.append([name, kind, sentence])
            else:
                caught[kind] += 1
        print(row, flush=True)
    count = sum(r["stories"] for r in rows)
    about = {
        "tables": len(rows),
        "stories": count,
        "accepted": sum(r["accepted"] for r in rows),
        "cpu_ms_a_story": 1000 * sum(r["cpu_s"] for r in rows) / count,
        "duckdb_cpu_ms_a_story": 1000 * sum(r["duckdb_cpu_s"] for r in rows) / count,
        "planted": dict(planted),
        "caught": dict(caught),
        "missed": missed[:20],
    }
    print(about)
    report("language_stories", "Stories from tables, and planted faults", rows, about)


def _stories(problem: TableStories, count: int) -> dict[str, Any]:
    """Write and verify stories; the time of both, and of the independent recount."""
    started = time.process_time()
    written = [problem.plan.story(Random(i)) for i in range(count)]
    found = [problem.reader.read(text) for text in written]
    ended = time.process_time()
    true = problem.formats["story"].check.true  # type: ignore[attr-defined]
    again = [problem.reader.read(text, true) for text in written]
    recounted = time.process_time()
    verifier = problem.verifier
    measured = [verifier._one(text) for text in written]  # type: ignore[attr-defined]
    agreed = sum(
        a is not None and b is not None and a.wrong == b.wrong
        for a, b in zip(found, again, strict=True)
    )
    row: dict[str, Any] = {"stories": count, "cpu_s": ended - started, "agreed": agreed}
    row["duckdb_cpu_s"] = recounted - ended
    row["accepted"] = sum(m[:6] == (0.0,) * 6 for m in measured)
    row["reading_ease"] = sum(m[8] for m in measured) / count
    for family, how in {
        "planned": {},
        "templates": {"template": True},
        "unplanned": {"planned": False},
    }.items():
        texts = [problem.plan.story(Random(i), **how).partition("\n- ")[0] for i in range(count)]
        row[f"self_bleu_{family}"] = self_bleu(texts)
    return row


def _faults(problem: TableStories, rng: Random, count: int) -> Iterator[tuple[str, str]]:
    """Sentences with one planted fault."""
    said = [s for listed in problem.plan.phrased for s in listed]
    kinds = ("number", "direction", "unit", "period", "name")
    made, tries = 0, 0
    while made < count and tries < 60 * count:
        tries += 1
        kind, sentence = kinds[made % 5], rng.choice(said)
        if kind == "name" and not problem.table.keys:
            kind = "number"
        if kind == "period" and not problem.table.periods:
            kind = "direction"
        fault = _planted(problem, kind, sentence, rng)
        if fault and fault != sentence:
            made += 1
            yield kind, fault


def _planted(problem: TableStories, kind: str, sentence: str, rng: Random) -> str:
    if kind in ("number", "unit"):
        spans = list(NUMBER.finditer(_masked(problem, sentence)))
        if THRESHOLD.search(sentence):
            spans = spans[1:]  # another threshold may have as many rows above it
        if not spans:
            return ""
        match = rng.choice(spans)
        if kind == "number":
            return sentence[: match.start()] + _other(match[0], rng) + sentence[match.end() :]
        own = [c.unit for c in problem.table.columns.values()]
        unit = next(
            (u for u in _units(problem) if u and sentence[match.end() :].startswith(f" {u}")), ""
        )
        others = [u for u in UNITS if u != unit and (u or "" not in own)]  # "10 %" can be 10, too
        after = sentence[match.end() + (len(unit) + 1 if unit else 0) :]
        other = rng.choice(others)
        return sentence[: match.end()] + (f" {other}" if other else "") + after
    if kind == "direction":
        masked = _masked(problem, sentence)
        there = [w for w in SWAPS if re.search(rf"\b{w}\b", masked)]
        if not there:
            return ""
        word = rng.choice(there)
        at = re.search(rf"\b{word}\b", masked)
        assert at is not None
        return sentence[: at.start()] + SWAPS[word] + sentence[at.end() :]
    values = problem.table.periods if kind == "period" else problem.table.keys
    return _replaced(problem, sentence, list(values), rng)


def _masked(problem: TableStories, sentence: str) -> str:
    """The sentence with periods and names as other characters, of the same length."""
    listed = sorted([*map(str, problem.table.periods), *problem.table.keys, *problem.table.columns],
                    key=len)[::-1]  # fmt: skip
    for text in listed:
        for form in (text, text[:1].upper() + text[1:]):
            sentence = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "_" * len(form), sentence)
    return sentence


def _units(problem: TableStories) -> list[str]:
    own = [c.unit for c in problem.table.columns.values()]
    return sorted({*own, "%", "percentage points"}, key=len)[::-1]


def _other(number: str, rng: Random) -> str:
    """Another number with as many digits, off by a unit of its last place or by more."""
    places = [i for i, c in enumerate(number) if c.isdigit()]
    at = rng.choice(places)
    digit = rng.choice([d for d in "123456789" if d != number[at]])
    return number[:at] + digit + number[at + 1 :]


def _replaced(problem: TableStories, sentence: str, values: list[Any], rng: Random) -> str:
    """The sentence with another period or name, if that makes one of its claims false."""
    there = [v for v in values if re.search(rf"(?<!\w){re.escape(str(v))}(?!\w)", sentence)]
    if not there or len(values) < 2:
        return ""
    old = max(there, key=lambda v: len(str(v)))
    new = rng.choice([v for v in values if v != old])
    try:
        claims = problem.reader.prose.claims(sentence)
    except UnreadError:
        return ""
    check = problem.formats["story"].check  # type: ignore[attr-defined]
    if all(check.true(_with(c, old, new)) for c in claims):
        return ""
    return re.sub(rf"(?<!\w){re.escape(str(old))}(?!\w)", str(new), sentence)


def _with(part: Any, old: Any, new: Any) -> Any:
    """A claim with every mention of one thing replaced."""
    if part == old:
        return new
    if isinstance(part, tuple):
        return tuple(_with(x, old, new) for x in part)
    if is_dataclass(part) and not isinstance(part, type):
        return replace(
            part, **{f.name: _with(getattr(part, f.name), old, new) for f in fields(part)}
        )
    return part


def _accepted(problem: TableStories, sentence: str) -> bool:
    try:
        claims: list[Claim] = problem.reader.prose.claims(sentence)
    except UnreadError:
        return False
    return not any(c.fault(problem.table) for c in claims)


def self_bleu(texts: list[str], most: int = 20) -> float:
    """Mean share of word pairs to quadruples of a text that another of the texts has, geometric."""
    grams = [_grams(t) for t in texts[:most]]
    found = []
    for i, own in enumerate(grams):
        shares = 1.0
        for n in (1, 2, 3, 4):
            others = {g for j, other in enumerate(grams) if j != i for g in other[n]}
            shares *= sum(g in others for g in own[n]) / max(1, len(own[n]))
        found.append(shares**0.25)
    return sum(found) / len(found)


def _grams(text: str) -> Mapping[int, list[tuple[str, ...]]]:
    words = re.findall(r"\w+", text.lower())
    return {n: list(zip(*(words[i:] for i in range(n)), strict=False)) for n in (1, 2, 3, 4)}


if __name__ == "__main__":
    main()
