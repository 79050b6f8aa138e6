"""Measures that need more than an entry: a multiple of something unsaid, or a faulty number."""

import re
from collections.abc import Mapping

from ingenium.words.bounds import Meaning
from ingenium.words.lexicon import terms
from ingenium.words.measures import Measure
from ingenium.words.pointing import Lexis, Naming, view
from ingenium.words.reading import OpenQuestion
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


def _score(naming: Naming, seen: Mapping[str, float]) -> float:
    own = {**naming.text, **naming.name}
    return sum(seen.get(t, 0.0) * w for t, w in own.items() if t not in PLAIN)


def _reported(said: str) -> str:
    return f'"{said}" compares with something that the words do not state; write the number.'


def _spans(measure: Measure) -> tuple[tuple[int, int], ...]:
    return measure.spans
