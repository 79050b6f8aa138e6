"""The account of a request: each word became a value, belongs to one, or was not understood.

It is the last of the rules and the strictest: what is left over, a phrase or a single `except`,
makes the result a draft. Likeness of meaning excuses nothing.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ingenium.words.contract import Contract
from ingenium.words.lexicon import term, terms
from ingenium.words.reading import ReadValue, Span
from ingenium.words.titles import other_terms, title_form, title_terms

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?", re.UNICODE)
PIECE = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+|(?<=\d)[.,]\d+)*", re.UNICODE)  # with digits
PAUSE = re.compile(
    r"[;:.!?\n](?=\s|$)|,(?=\s)|\b(?:and|but|with|while|whose|where|when|which)\b", re.I
)
OPERATORS = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "nor",
        "neither",
        "without",
        "except",
        "excluding",
        "only",
        "unless",
        "than",
        "if",
        "otherwise",
        "instead",
        "or",
        "other",
        "rather",
    ]
)
SMALL = frozenset(["over", "under", "between", "above", "below", "among", "within", "against"])
RANKING = frozenset(
    [
        "least",
        "most",
        "lowest",
        "highest",
        "smallest",
        "largest",
        "best",
        "shortest",
        "ranked",
        "rank",
        "sorted",
        "sort",
        "ordered",
        "order",
        "by",
        "possible",
        "better",
    ]
)
FIXING = frozenset(["fixed", "fix", "exact", "exactly", "precisely"])
AGAINST = frozenset(
    ["than", "except", "without", "not", "no", "nor", "neither", "excluding", "only", "other"]
)
JOINED = 2  # words of no meaning between two that are left over, in one phrase


@cache
def fillers() -> frozenset[str]:
    """Words that say nothing of a spec."""
    text = files("ingenium.words").joinpath("fillers.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


def left_over(
    text: str,
    contract: Contract,
    found: Iterable[ReadValue],
    used: Iterable[Span],
    confirmed: Iterable[ReadValue] = (),
) -> list[Span]:
    """Phrases of a text that nothing consumed, in order.

    `used` are places that became something else: words of a question, a file, the cue of a verb.
    The names of what an answer has `confirmed` are explained wherever they stand.
    """
    values = list(found)
    taken = [s for v in values for s in v.words] + list(used)
    taken += [s for v in values for s in _listed(text, v)]
    own = [(segment, _own_terms(v)) for v in values for segment in _segments(text, v.words)]
    title = title_terms(contract.problem, contract.summary)
    title |= other_terms(contract.problem) - _choosable(contract, values)
    title |= {t for v in confirmed for t in _own_terms(v)} - OPERATORS
    usual = _usual(contract)
    form = title_form(contract.problem)
    taken += [m.span() for m in form.finditer(text)] if form else []
    left: list[Span] = []
    for match in PIECE.finditer(text):
        if any(a < match.end() and match.start() < b for a, b in taken):
            continue
        if match[0].lower() not in usual and not _explained(match, own, title):
            left.append(match.span())
    return _phrases(text, left)


def _usual(contract: Contract) -> frozenset[str]:
    """Words in the problem's own names of files and the like: `rural` of its grid."""
    texts = (e.default for e in contract.entries if e.kind == "setup" and not e.choices)
    plain = (t for t in texts if isinstance(t, str) and not re.search(r"[=()\[\]]", t))
    words = (w for t in plain for w in (*re.findall(r"[A-Za-z]{4,}", t), t))
    return frozenset(w.lower() for w in words)


def _choosable(contract: Contract, values: Iterable[ReadValue]) -> frozenset[str]:
    """Terms of choices that nothing has filled: a word of these is never a mere title."""
    filled = {v.entry.name for v in values}
    name = set(terms(contract.problem.replace(".", " ").replace("_", " ")))
    listed = (
        term
        for e in contract.entries
        if e.choices and e.name not in filled
        for choice in e.choices
        for term in terms(choice.replace("_", " "))
    )
    return frozenset(listed) - name


def _explained(
    match: re.Match[str], own: Sequence[tuple[Span, frozenset[str]]], title: frozenset[str]
) -> bool:
    word = match[0].lower()
    if word in OPERATORS or word.replace(".", "").replace(",", "").isdigit():
        return False
    if word in fillers() or len(word) == 1:
        return True
    said = term(word)
    if said in title or word in title:
        return True
    return any(a <= match.start() < b and {said, word} & names for (a, b), names in own)


def _own_terms(value: ReadValue) -> frozenset[str]:
    """Terms and small words by which an entry is called, and those of ranking or fixing it."""
    entry = value.entry
    plain = " ".join((entry.name, entry.text, *entry.also)).replace("_", " ").replace(".", " ")
    small = {w.lower() for w in WORD.findall(plain)} & SMALL
    ranked = RANKING if value.part == "objective" or "best" in entry.text else frozenset()
    fixed = FIXING if value.part == "fixed" else frozenset()
    return frozenset({*terms(plain), *small, *ranked, *fixed})


def _listed(text: str, value: ReadValue) -> list[Span]:
    """Words that join the choices of one value: `winter or autumn`."""
    if len(value.names) < 2:
        return []
    spans = sorted(value.words)
    gaps = [(a[1], b[0]) for a, b in pairwise(spans)]
    return [g for g in gaps if re.fullmatch(r"[\s,]*(?:or|and|nor)?[\s,]*", text[slice(*g)], re.I)]


def _segments(text: str, spans: Iterable[Span]) -> list[Span]:
    """The parts of a sentence around some places."""
    edges = [0, *(m.start() for m in PAUSE.finditer(text)), len(text)]
    found = []
    for start, end in spans:
        before = max(e for e in edges if e <= start)
        after = min((e for e in edges if e >= end), default=len(text))
        found.append((before, after))
    return found


def negated(text: str, span: Span) -> Span:
    """A phrase that ends in a negation, up to what is negated: `other than 4`."""
    last = PIECE.findall(text[slice(*span)])[-1:]
    if not last or last[0].lower() not in AGAINST:
        return span
    behind = [m for m in PIECE.finditer(text, span[1]) if m[0].lower() not in fillers()][:1]
    joined = behind and not PAUSE.search(text, span[1], behind[0].start())
    return (span[0], behind[0].end()) if joined else span


def _phrases(text: str, left: Sequence[Span]) -> list[Span]:
    """Join neighbours with nothing but small words between them."""
    joined: list[Span] = []
    for start, end in left:
        if joined:
            between = text[joined[-1][1] : start]
            small = WORD.findall(between)
            plain = not re.search(r"[,;:.!?\n\d]", between)
            if plain and len(small) <= JOINED and all(w.lower() in fillers() for w in small):
                joined[-1] = (joined[-1][0], end)
                continue
        joined.append((start, end))
    return joined
