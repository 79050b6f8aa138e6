"""Zoning rules that a brief breaks: bounds on quantities, and forbidden uses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingenium.domains.words.rooms.brief import single
from ingenium.words.lexicon import terms

AMOUNT = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|o'clock|m2|m\b|dB\b|[a-z]+(?: (?:spaces?|stands?))?)?"
)
UPPER = re.compile(r"at most|no more than|not more than|at the latest|below|maximum", re.I)
LOWER = re.compile(r"at least|no less than|at the earliest|minimum", re.I)
BANNED = re.compile(
    r"^(?P<what>.+?) (?:are|is) (?:not (?:allowed|permitted)|prohibited|forbidden)", re.I
)
BROAD = ("m", "m2", "%", "")  # units of many things, whose words have to agree as well
EMPTY = frozenset(terms("at most least more than no is are has have provide kept there it"))


@dataclass(frozen=True)
class BrokenRule:
    """Rule, and the words of the brief that break it."""

    number: int  # from 1 on
    rule: str
    words: str


def rules_of(text: str) -> list[str]:
    """Split rules into sentences."""
    return [s.strip() for s in re.split(r"(?<=[.;])\s+", text) if s.strip()]


def broken(brief: str, rules: str) -> list[BrokenRule]:
    """Return rules that a brief breaks, with the words that break them."""
    return [found for i, rule in enumerate(rules_of(rules), 1) for found in _one(brief, i, rule)]


def _one(brief: str, number: int, rule: str) -> Iterator[BrokenRule]:
    banned = BANNED.match(rule)
    if banned is not None:
        what = single(banned["what"])
        match = re.search(rf"\b{re.escape(what)}s?\b", brief.lower())
        if match is not None:
            yield BrokenRule(number, rule, brief[match.start() : match.end()])
        return
    bound = next(iter(AMOUNT.finditer(rule)), None)
    upper, lower = UPPER.search(rule), LOWER.search(rule)
    if bound is None or not (upper or lower):
        return
    for words, amount in _amounts(brief):
        if _alike(rule, bound, words, amount):
            value, limit = float(amount["number"]), float(bound["number"])
            if (upper and value > limit) or (not upper and value < limit):
                yield BrokenRule(number, rule, words)
                return


def _amounts(brief: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield numbers of a brief, each with its clause."""
    for clause in re.split(r"(?<=[.;,])\s+|\band\b", brief):
        for match in AMOUNT.finditer(clause):
            yield clause.strip(), match


def _alike(rule: str, bound: re.Match[str], words: str, amount: re.Match[str]) -> bool:
    """Return True if a number of a brief is of the kind that a rule bounds."""
    units = [single(m["unit"]) if m["unit"] else "" for m in (bound, amount)]
    if units[0] != units[1]:
        return False
    shared = (set(terms(rule)) & set(terms(words))) - EMPTY
    shared -= {t for t in shared if t.isdigit() or t in terms(units[0])}
    return units[0] not in BROAD or bool(shared)
