"""Phrase grammar: findings to sentences, by walks through an automaton of phrases.

A symbol is a phrase; numbers, names and periods of a finding lie in phrases as they are, and no
symbol is a digit. So a walk cannot write a number that the finding does not have.
"""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Literal

from ingenium.domains.language.report.findings import StoryFinding
from ingenium.language.automaton import Automaton

Tone = Literal["plain", "formal"]
VERBS: dict[Tone, dict[str, tuple[str, ...]]] = {
    "plain": {
        "rise": ("rose", "climbed", "grew", "went up"),
        "fall": ("fell", "dropped", "went down"),
        "was": ("{was}", "stood at"),
        "highest": ("highest", "biggest"),
        "lowest": ("lowest", "smallest"),
    },
    "formal": {
        "rise": ("increased",),
        "fall": ("declined", "decreased"),
        "was": ("amounted to", "came to"),
        "highest": ("highest", "largest"),
        "lowest": ("lowest",),
    },
}
BY_PERIOD = ("lead highest", "lead lowest", "share")  # stated with their period if there is one
PLURAL = re.compile(r"[^aious]s$")  # at the end of a heading
SINGULAR = {"was": "was", "has": "has", "its": "its"}
Part = str | tuple[str, ...]
CHANGES: tuple[tuple[Part, ...], ...] = (
    ("{S} ", "*", " by {n}", (" ({also})", ""), " from {p0} to {p1}."),
    ("From {p0} to {p1}, {s} ", "*", " by {n}", (" to {to}", ""), "."),
    ("{S} ", "*", " from {start} {i0} to {to} {i1}."),
    ("Between {p0} and {p1}, {s} ", "*", " by {n}", "."),
)
FORMS: dict[str, tuple[tuple[Part, ...], ...]] = {
    "figure": (("{S} ", "*was", " {n}", "{when}."), ("{When}, {s} ", "*was", " {n}.")),
    "rise": CHANGES,
    "fall": CHANGES,
    "multiple": (("{S} {times} from {p0} to {p1}.",), ("From {p0} to {p1}, {s} {times}.",)),
    "extreme highest": (
        ("The ", "*highest", " {c}{scope} {was} {n}, ", ("", "recorded ", "reached "), "{place}."),
        ("{C}{scope} peaked at {n} ", "{place}."),
        ("{C}{scope} {was} highest ", "{place}, at {n}."),
    ),
    "extreme lowest": (
        ("The ", "*lowest", " {c}{scope} {was} {n}, ", ("", "recorded ", "seen "), "{place}."),
        ("{C}{scope} {was} lowest ", "{place}, at {n}."),
    ),
    "lead highest": (
        ("{When}, {k} had the ", "*highest", " {c}, at {n}", (", ahead of {k2} at {n2}.", ".")),
        ("{k} had the ", "*highest", " {c}, at {n}", (", followed by {k2} at {n2}.", ".")),
    ),
    "lead lowest": (
        ("{When}, {k} had the ", "*lowest", " {c}, at {n}", (", followed by {k2} at {n2}.", ".")),
        ("{k} had the ", "*lowest", " {c}, at {n}", (", before {k2} at {n2}.", ".")),
    ),
    "compared": (
        ("{When}, {c} {was} {n} ", ("higher", "greater"), " in {k} than in {k2}."),
        ("{C} in {k} {was} {n} ", ("higher", "more"), " than in {k2}", " {when}."),
        ("{C} in {k} {was} {n} ", ("above", "higher than"), " that of {k2}", " {when}."),
    ),
    "share": (
        ("{When}, {k} ", ("accounted for", "made up"), " {n} of ", ("the total ", ""), "{c}."),
        ("{k} ", ("accounted for", "made up"), " {n} of ", ("the total ", ""), "{c}."),
    ),
    "count": (
        ("{C} {was} ", ("above", "over"), " {n} in {n1} of ", ("the ", ""), "{n2} {noun}."),
    ),
    "trend up": (("{C}{scope} trended upwards from {p0} to {p1}", ("{slope}", ""), "{test}."),),
    "trend down": (("{C}{scope} trended downwards from {p0} to {p1}", ("{slope}", ""), "{test}."),),
    "streak": (("{C}{scope} {has} {moved} in every {noun} since {since}.",),),
    "record": (
        ("{When}, {c}{scope} {was} the {best} since {since}", (", at {n}.", ".")),
        ("{When}, {c}{scope} {was} at {its} {best} since {since}", (", at {n}.", ".")),
    ),
}  # fmt: skip
Choice = Callable[[str, Sequence[str]], str]  # the sentence so far, and the phrases that may follow


def phrasing(finding: StoryFinding, tone: Tone, form: int) -> Automaton[int, str] | None:
    """Return the automaton of one form of a finding; None if the form does not fit."""
    slots = finding.slots
    parts = FORMS[finding.kind][form]
    when = slots.get("when", "").strip()
    both = slots | {"when": f" {when}" if when else "", "When": when[:1].upper() + when[1:]}
    several = PLURAL.search(slots.get("c") or slots["s"].partition(" in ")[0]) is not None
    both |= {"was": "were", "has": "have", "its": "their"} if several else SINGULAR
    both |= {k.upper(): _upper(slots[k]) for k in ("s", "c") if k in slots}
    if slots.get("alpha"):
        both["test"] = f" (Mann-Kendall test, p < {slots['alpha']})"
        both["slope"] = f", by {slots['n']} a {slots['noun']}" if slots["n"] else ""
    wants_when = any("{When}" in p for p in parts if isinstance(p, str))
    if (wants_when and not when) or (finding.kind in BY_PERIOD and when and not wants_when):
        return None
    moves: dict[int, dict[str, int]] = {}
    for state, part in enumerate(parts):
        options = _options(part, finding.kind, tone)
        filled = [o.format(**both).replace("  ", " ").replace(" .", ".") for o in options]
        retained = [f for f in filled if "()" not in f]
        moves[state] = dict.fromkeys(retained, state + 1)
    return Automaton(moves, frozenset({len(parts)}))


def _options(part: Part, kind: str, tone: Tone) -> tuple[str, ...]:
    if isinstance(part, tuple):
        return part
    return VERBS[tone][part[1:] or kind] if part.startswith("*") else (part,)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def walk(automaton: Automaton[int, str], choose: Choice) -> str:
    """Return the sentence of one walk from the start to an end."""
    state, text = 0, ""
    while state not in automaton.ends:
        ways = automaton.open(state, len(automaton.moves) - state)
        symbol = choose(text, list(ways))
        text, state = text + symbol, ways[symbol]
    return text.replace("  ", " ").replace(" .", ".").replace(" ,", ",")


def by_chance(rng: Random) -> Choice:
    """Choose every phrase with the same probability."""
    return lambda text, options: rng.choice(options)


def first(text: str, options: Sequence[str]) -> str:
    """Choose the first phrase: a template."""
    return options[0]


def sentence(finding: StoryFinding, tone: Tone, choose: Choice, rng: Random | None) -> str:
    """Return a sentence on a finding; without random numbers, of its first form."""
    listed = [phrasing(finding, tone, i) for i in range(len(FORMS[finding.kind]))]
    fitting = [a for a in listed if a is not None]
    return walk(rng.choice(fitting) if rng else fitting[0], choose)
