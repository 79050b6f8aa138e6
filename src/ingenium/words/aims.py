"""Objectives in words: `as light as possible`, `minimise the cost`, `sort by mass`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingenium.words.adjectives import ADJECTIVES, GOOD
from ingenium.words.contract import ContractEntry
from ingenium.words.lexicon import STOP, WORD, term, terms
from ingenium.words.pointing import Lexis
from ingenium.words.reading import OpenQuestion, ReadValue, Span
from ingenium.words.tokens import Request

BEST = "best|optimal"
LOW = r"lowest|least|smallest|fewest|minimal|minimum|min|shortest|(?<!a )few"
HIGH = "highest|largest|most|greatest|maximal|maximum|max|biggest|longest"
VERBS = re.compile(
    r"\b(?P<down>minimi[sz]e|minimi[sz]ing|min|(?:lower|reduce|cut|decrease)(?= the\b))\b"
    r"|\b(?P<up>maximi[sz]e|max|(?:raise|increase|improve)(?= the\b))\b",
    re.I,
)
POSSIBLE = re.compile(
    r"\bas (?P<word>\w+(?:-like)?)(?P<what>(?:\s[\w-]+){0,3}?) as (?:possible|you can|can be)", re.I
)
SUPERLATIVE = re.compile(rf"\b(?:(?P<down>{LOW})|(?P<up>{HIGH})|(?P<best>{BEST}))\b", re.I)
OWN = re.compile(
    r"\b(?P<word>" + "|".join(w for w in ADJECTIVES if w.endswith("est")) + r")\b", re.I
)
PLAIN = re.compile(r"(?<!as )(?<!how )(?<!so )\b(?P<word>light|cheap|stiff|strong)\b", re.I)
MINIMAL = re.compile(r"\b(?P<what>(?:\w+\s){1,3})(?:minimal|as a minimum)\b", re.I)
RANKED = re.compile(r"\b(?:rank(?:ed)?|sort(?:ed)?|order(?:ed)?|then) by (?:the )?", re.I)
BETTER = re.compile(r"\bthe (?P<word>\w+) the better\b", re.I)
REFERRED = re.compile(r"\b(?:of|above|over|than|from|below|at|to)\s(?:the\s|its\s)?$", re.I)
ENDED = re.compile(r"\s*(?:$|[,.;:)]|\b(?:and|with|but|known|one|energy)\b)", re.I)
REACH = 5  # words behind a superlative that may name its quantity
FAR = 9  # words between a superlative and the number of its quantity
LITTLE = {"low", "small", "little", "few", "short", "narrow"}
MUCH = {"high", "large", "much", "many", "long", "big", "wide"}


@dataclass(frozen=True)
class WordedAim:
    """A request for more or less of a quantity named in words."""

    words: Span  # of the aim
    up: bool | None  # None: the better one
    near: tuple[Span, ...]  # where its quantity may be named, the likeliest first
    adjective: str = ""


def aims(request: Request, lexis: Lexis) -> tuple[list[ReadValue], list[OpenQuestion]]:
    """Objectives of a request, in its order."""
    found: dict[str, ReadValue] = {}
    requested: list[OpenQuestion] = []
    cues = [m.cue for m in request.measures if m.cue]
    wanted = [a for a in _aims(request) if not any(s <= a.words[0] < e for s, e in cues)]
    wanted = [a for a in wanted if not _titled(request, lexis, a)]
    for aim in sorted(wanted, key=lambda a: a.words):
        for entry, up, words in _meant(request, lexis, aim):
            before = found.get(entry.name)
            if before is not None and before.up != up:
                text = f"{entry.name} is requested as low and as high as possible; which?"
                requested.append(
                    OpenQuestion(entry.name, "contradiction", text, (aim.words, *before.words))
                )
            else:
                found.setdefault(
                    entry.name, ReadValue("objective", entry, (aim.words, *words), up=up)
                )
    barred = {q.about for q in requested}
    return [f for name, f in found.items() if name not in barred], requested


def _titled(request: Request, lexis: Lexis, aim: WordedAim) -> bool:
    """True if a plain adjective is part of the problem's title: `stiff shapes in a box`."""
    said = request.text[slice(*aim.words)]
    after = WORD.search(request.text, aim.words[1])
    called = lexis.contract.problem.partition(".")[2].replace("_", " ")
    if after and f"{said} {after[0]}".lower() in called:
        return True
    return bool(PLAIN.fullmatch(said)) and said.lower() in lexis.contract.summary.lower().split()


def _aims(request: Request) -> Iterator[WordedAim]:
    text = request.text
    for m in POSSIBLE.finditer(text):
        word = m["word"].lower().removesuffix("-like")
        clause = request.clause(m.start())[0]
        near = (m.span("what"), (_back(request, m.start(), clause), m.start()), m.span("word"))
        up = word in MUCH or (None if word not in LITTLE else False)
        yield WordedAim(m.span(), up or None if up is not False else False, near, word)
    for m in OWN.finditer(text):
        if term(m["word"]) == term("thick") and _measured(request, m.end()):
            continue
        yield WordedAim(m.span(), None, (_ahead(request, m.end()),), m["word"].lower())
    for m in BETTER.finditer(text):
        yield WordedAim(m.span(), m["word"].lower() not in LITTLE, (), m["word"].lower())
    for m in VERBS.finditer(text):
        if len(m[0]) > len("max") or not _measured(request, m.end()):
            yield WordedAim(m.span(), bool(m["up"]), (_ahead(request, m.end(), listed=True),))
    for m in SUPERLATIVE.finditer(text):
        if REFERRED.search(text, 0, m.start()) and ENDED.match(text, m.end()):
            continue
        reported = text[: m.start()].endswith("(") and any(
            m.start() - 3 <= x.end < m.start() for x in request.measures
        )
        if not reported and not _measured(request, m.end()) and not VERBS.match(text, m.start()):
            up = None if m["best"] else bool(m["up"])
            ahead = _ahead(request, m.end())
            clause = request.clause(m.start())[0]
            back = _back(request, m.start(), clause), m.start()
            alone = not text[slice(*ahead)].strip()
            yield WordedAim(m.span(), up, (back,) if alone else (ahead,))
    for m in RANKED.finditer(text):
        if SUPERLATIVE.match(text, m.end()):
            continue
        yield WordedAim(m.span(), None, (_ahead(request, m.end()),))
    for m in PLAIN.finditer(text):
        if not text.startswith((" than", " as", "-"), m.end()):
            yield WordedAim(m.span(), None, (_ahead(request, m.end()),), m["word"].lower())
    for m in MINIMAL.finditer(text):
        yield WordedAim(m.span(), False, (m.span("what"),))


def _ahead(request: Request, place: int, *, listed: bool = False) -> Span:
    """Return the span from a place to the end of its clause; a list continues over `and`."""
    pauses = [p for p in (*request.pauses, *request.stops) if p >= place]
    if listed:
        pauses = [p for p in pauses if not request.text.startswith("and ", p)]
    end = min(pauses, default=len(request.text))
    return place, min([end, *(m.start for m in request.measures if m.start >= place)])


def _back(request: Request, place: int, clause: int) -> int:
    pauses = [p + 1 for p in request.pauses if clause <= p < place]
    return max(pauses, default=clause)


def _measured(request: Request, place: int) -> bool:
    """True if a number follows in the same clause, so that the word belongs to a bound."""
    after = [m.start for m in request.measures if m.start >= place]
    if not after:
        return False
    between = request.text[place : after[0]]
    ended = re.search(r"[,;:]|\band\b", between) or request.stopped(place, after[0])
    return not ended and len(between.split()) <= FAR


def _meant(
    request: Request, lexis: Lexis, aim: WordedAim
) -> Iterator[tuple[ContractEntry, bool, tuple[Span, ...]]]:
    """Yield the quantities of an aim, and whether more of each is better."""
    adjective = ADJECTIVES.get(aim.adjective)
    met = False
    if adjective is not None:
        for wanted in (*adjective.of, *adjective.against):
            entry = by_term(lexis, wanted)
            if entry is not None:
                near = [named(request, lexis, span, wanted) for span in aim.near]
                best = next((e for e, _ in near if e is not None), entry)
                yield best, adjective.up != (wanted in adjective.against), ()
                return
    for start, end in aim.near:
        for piece in _pieces(request.text, start, end):
            entry, words = named(request, lexis, piece)
            own = [m for m in WORD.finditer(request.text, *piece) if m[0].lower() not in STOP]
            if entry is None or (met and len(words) < len(own)):
                break
            met = True
            yield entry, _up(aim, entry), words
        if met:
            return


def _up(aim: WordedAim, entry: ContractEntry) -> bool:
    own = [*terms(entry.name), *terms(entry.text)]
    adjective = ADJECTIVES.get(aim.adjective)
    if adjective is not None:
        return adjective.up != bool(set(own) & set(adjective.against))
    if aim.up is not None:
        return aim.up
    return next((GOOD[t] for t in own if t in GOOD), True)


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Parts of a list of quantities."""
    at = start
    for m in re.finditer(r"\band\b|,", text[start:end]):
        yield at, start + m.start()
        at = start + m.end()
    yield at, end


def by_term(lexis: Lexis, wanted: str) -> ContractEntry | None:
    """The quantity to limit whose name is nearest to a single term."""
    own = [n for n in lexis.numeric if n.entry.kind == "limit" and wanted in n.name]
    own.sort(key=lambda n: (wanted not in n.entry.name, len(n.name)))
    return own[0].entry if own else None


def named(
    request: Request, lexis: Lexis, span: Span, having: str = ""
) -> tuple[ContractEntry | None, tuple[Span, ...]]:
    """The quantity to limit that some words name best, and those words.

    `having` is a term that its name must contain.
    """
    listed = [t for t in request.tokens if span[0] <= t.start < span[1]]
    words = [(t.term, (t.start, t.end)) for t in listed][:REACH]
    words = [w for w in words if w[0] not in ("min", "max")] or words
    best: tuple[float, ContractEntry | None, tuple[Span, ...]] = (0.25, None, ())
    for n in lexis.numeric:
        if n.entry.kind != "limit" or not n.name or (having and having not in n.name):
            continue
        near = {t: 0.9**i for i, (t, _) in reversed(list(enumerate(words)))}
        score = sum(w * near.get(t, 0.0) for t, w in n.name.items())
        score += 0.5 * sum(w * near.get(t, 0.0) for t, w in n.text.items())
        score -= 0.25 * sum(w for t, w in n.name.items() if t not in near)
        score -= 0.0 if near.keys() & n.name.keys() else 0.02 * len(n.text)
        if score > best[0]:
            met = tuple(s for t, s in words if t in n.name or t in n.text)
            best = (score, n.entry, met)
    return best[1], best[2]
