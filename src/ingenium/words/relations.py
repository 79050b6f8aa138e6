"""Measures that need more than an entry: a multiple of something unsaid, or a faulty number."""

import re
from collections.abc import Mapping

from ingenium.words.bounds import Meaning
from ingenium.words.lexicon import terms
from ingenium.words.lines import line_of
from ingenium.words.measures import Measure
from ingenium.words.pointing import Lexis, Naming, point, view
from ingenium.words.reading import Choice, OpenQuestion, ReadValue
from ingenium.words.tokens import Request

FACTOR = re.compile(r"\bgrowth\b|\bby the usual\b|\bmultiple\b", re.IGNORECASE)
PLAIN = frozenset(terms("growth usual multiple scale planning all factor"))


def related(lexis: Lexis, request: Request, number: int) -> "Meaning | OpenQuestion":
    """The entry of a multiple, which has to be a factor itself; else a question."""
    measure = request.measures[number]
    said = request.text[measure.start : measure.end]
    if measure.fault:
        return OpenQuestion(
            "words", "unit", f'"{said}" {measure.fault}. What is meant?', measure.spans
        )
    seen = view(request, number).weights
    ranked = sorted(
        ((_score(n, seen), i) for i, n in enumerate(lexis.numeric) if FACTOR.search(n.entry.text)),
        reverse=True,
    )
    scored = list({lexis.numeric[i].entry.name: (s, i) for s, i in ranked[::-1]}.values())
    scored.sort(reverse=True)
    if not scored or scored[0][0] <= 0 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return OpenQuestion("words", "relative", _reported(said), _spans(measure))
    naming = lexis.numeric[scored[0][1]]
    places = view(request, number).places
    own = {*naming.name, *naming.text}
    return Meaning(measure, naming.entry, tuple(places[t] for t in own if t in places))


def elsewhere(
    lexis: Lexis, request: Request, one: ReadValue, two: ReadValue
) -> tuple[ReadValue, OpenQuestion] | None:
    """The better named of two values of one thing, and a question about the other number.

    None where no other entry could have it, so that they contradict each other.
    """
    if one.exact is None or two.exact is None:
        return None
    places = {m.start: i for i, m in enumerate(request.measures)}
    if not {one.exact.start, two.exact.start} <= set(places):
        return None
    got = [point(lexis, request, places[v.exact.start]) for v in (one, two) if v.exact]
    better = 0 if got[0].scores[0] >= got[1].scores[0] else 1
    kept, weak = (one, two)[better], (one, two)[1 - better]
    others = [e for e in got[1 - better].entries if e.name != weak.entry.name][:3]
    if not others or weak.exact is None or got[0].scores[0] == got[1].scores[0]:
        return None
    said = request.text[weak.exact.start : weak.exact.end]
    lines = [line_of(e, weak.exact) for e in others]
    choices = tuple(Choice(line, line) for line in lines)
    text = f'"{said}": of what, besides {weak.entry.name}?'
    return kept, OpenQuestion("words", "open", text, weak.exact.spans, choices)


def _score(naming: Naming, seen: Mapping[str, float]) -> float:
    own = {**naming.text, **naming.name}
    return sum(seen.get(t, 0.0) * w for t, w in own.items() if t not in PLAIN)


def _reported(said: str) -> str:
    return f'"{said}" compares with something that the words do not state; write the number.'


def _spans(measure: Measure) -> tuple[tuple[int, int], ...]:
    return measure.spans
