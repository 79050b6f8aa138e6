"""Reads a request under the contract of one problem.

Everything that a spec may hold is a name of the contract, or a piece of the text: measures point at
entries, choices and codes are met where they stand, and what cannot be read is asked back.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from ingenium.core.units import convert
from ingenium.words.aims import aims
from ingenium.words.bounds import Meaning, paired, parts, sensed, twin
from ingenium.words.choices import of_choices
from ingenium.words.contract import Contract, Entry
from ingenium.words.lexicon import VAGUE, WORD, term, terms
from ingenium.words.measures import Measure
from ingenium.words.naming import texts, unnamed
from ingenium.words.numbers import Number
from ingenium.words.pointing import RULES, Lexis, Pointing, fits, point
from ingenium.words.reading import Found, Question, Reading, Span
from ingenium.words.tokens import Request

COUNT = Entry("setup", "n", "how many designs", whole=True)
PIECES = frozenset(terms("pieces pcs candidates examples scenarios cases variants items"))
CALENDAR = ("d", "week", "year")
LEAST_SCORE = 0.8  # below which a measure points at nothing
KIN = 0.8  # by which an entry may be worse that is named like the one before
MARGIN = 0.12  # by which the best entry has to lead
BY = re.compile(r"\s*(?:x|×|by|,)\s*", re.I)
BESIDE = 15  # letters from the name of a condition to its choice
NONE = re.compile(r"\b(?:no|without|none|zero|never|free of)\b(?:\s(?:any|of|an?|are|is)\b)?", re.I)
BESIDE = 15  # letters from the name of a condition to its choice
ONE = re.compile(r"\b(?P<one>one|single|1) (?P<what>[a-z]+)\b", re.I)
BRACKET = 40  # letters from a number to the same one in brackets
REACH = 4  # words before a number that is asked about, which are shown with it
EITHER = re.compile(r"\bor\b(?! more| less| fewer| better| above| below)", re.I)
RELATIVE = re.compile(r"\s*(?:less|more|fewer|lighter|heavier|better|cheaper|stiffer)\b", re.I)


class Reader:
    """Of requests to one problem."""

    def __init__(self, contract: Contract, weights: Sequence[float] | np.ndarray = RULES) -> None:
        self.contract = contract
        self.lexis = Lexis(contract)
        self.weights = weights
        names = terms(f"{contract.problem} {contract.summary}".replace("_", " ").replace(".", " "))
        self.title = frozenset(names)
        own = contract.problem.partition(".")[2].replace("_", " ")
        self.name = frozenset(terms(own))
        words = (terms(" ".join(e.choices)) for e in contract.entries if e.choices)
        self.categories = frozenset(t for listed in words for t in listed)
        parts_ = [p for e in contract.entries for p in e.name.split("_")]
        parts_ += re.findall(r"\d{2,}", contract.summary)
        self.digits = frozenset(p for p in parts_ if p.isdigit())
        texts_ = (e.text.lower() for e in contract.entries if e.kind == "limit")
        self.phrases = frozenset(x for t in texts_ for x in re.findall(r"\d+ % [a-z]+", t))

    def read(self, text: str, words: tuple[str, ...] = ()) -> Reading:
        """What a request asks of the problem; `words` are those whose slips are taken."""
        request = Request(text, self.digits, self.phrases, vocabulary=words)
        found, asked = self._choices(request)
        asked += self._named_only(request, found, asked)
        spans = {s for f in found for s in f.words}
        found += texts(request, self.lexis, spans)
        lists, listed = self._lists(request)
        found += lists
        counted, open_, counts = self._counts(request)
        found += counted
        asked += open_
        named = {s for f in found if f.names for s in f.words}
        goals, open_ = aims(request, self.lexis)
        goals = [g for g in goals if not named & set(g.words)]
        asked += open_
        request.taken.update(s for g in goals for s in g.words)
        bounds, open_ = self._bounds(request, listed | counts)
        found += bounds
        asked += open_
        found += self._nones(request, found)
        found += self._ones(request, found)
        found += goals
        asked += self._vague(request, found, asked)
        asked += unnamed(request, self.lexis, found)
        found, asked = self._added(found, asked)
        left = self._unread(request, found, asked)
        return Reading(text, self.contract.problem, tuple(found), tuple(asked), left)

    def _choices(self, request: Request) -> tuple[list[Found], list[Question]]:
        """Choices that are named; a word of a longer name is no name of its own."""
        found: list[Found] = []
        asked: list[Question] = []
        for naming in self.lexis.namings:
            got, open_ = of_choices(request, naming.entry)
            found += got
            asked += open_
        spans = {s for f in found for s in f.words}

        def inside(one: Found) -> bool:
            return all(
                any(a <= s[0] and s[1] <= b and (a, b) != s for a, b in spans) for s in one.words
            )

        kept = [self._no_quantity(request, f) for f in found if not inside(f)]
        return [f for f in kept if f.names], asked

    def _named_only(
        self, request: Request, found: list[Found], asked: list[Question]
    ) -> list[Question]:
        """Conditions that are named without any of their choices: `an attack on T7`."""
        done = {f.entry.name for f in found} | {q.about for q in asked}
        quantities = {t for n in self.lexis.numeric if len(n.name) == 1 for t in n.name}
        open_ = []
        for n in self.lexis.namings:
            entry = n.entry
            if entry.kind != "condition" or not entry.choices or entry.name in done:
                continue
            for token, after in zip(request.tokens, (*request.tokens[1:], None), strict=True):
                beside = after is not None and after.start - token.end <= 1
                alone = not (beside and after is not None and after.term in quantities)
                if request.text[: token.start].lower().endswith("under "):
                    continue  # `weeks under attack` says that there is some
                if set(n.name) == {token.term} and token.term in self.title and alone:
                    text = f"{entry.name}: which of {', '.join(entry.choices)}?"
                    span = ((token.start, token.end),)
                    open_.append(Question(entry.name, "missing", text, span))
                    break
        return open_

    def _no_quantity(self, request: Request, found: Found) -> Found:
        """Without choices that are names of quantities, unless their own condition is named."""
        if found.part != "condition":
            return found
        rivals = {t for n in self.lexis.numeric if n.entry.kind == "limit" for t in n.name}
        own = [t.start for t in request.tokens if t.term in terms(found.entry.name)]

        def meant(name: str) -> bool:
            places = [t.start for t in request.tokens if t.term in terms(name)]
            beside = any(abs(a - b) < BESIDE for a in own for b in places)
            own_words = set(terms(name))
            return beside or not own_words or not own_words <= rivals

        kept = tuple(name for name in found.names if meant(name))
        spans = tuple((t.start, t.end) for t in request.tokens for n in kept if t.term in terms(n))
        return replace(found, names=kept, words=spans or found.words)

    def _counts(self, request: Request) -> tuple[list[Found], list[Question], set[int]]:
        """How many designs are asked for."""
        places = [i for i in range(len(request.measures)) if self._counting(request, i)]
        values = {request.measures[i].low.value for i in places}
        spans = tuple((request.measures[i].start, request.measures[i].end) for i in places)
        if len(values) > 1:
            text = "How many designs: " + " or ".join(f"{v:g}" for v in sorted(values)) + "?"
            return [], [Question("n", "contradiction", text, spans)], set(places)
        if not places:
            return [], [], set()
        measure = request.measures[places[0]]
        return [Found("count", COUNT, spans, exact=measure)], [], set(places)

    def _counting(self, request: Request, number: int) -> bool:
        measure = request.measures[number]
        value, text = measure.low.value, request.text
        before = text[: measure.start].rstrip().lower()
        if measure.high is not None or value != int(value) or not 1 <= value <= 10**7:
            return False
        if re.search(r"(?:^|\W)(?:n|number)\s*[=:]?$", before) and measure.unit is None:
            return True
        if measure.sense != "value" or (measure.unit and measure.unit not in CALENDAR):
            return False
        if measure.cue and not re.search(r"\b(?:of|total)\s*$", before):
            return False
        own = [t for t in request.tokens if measure.start <= t.start < measure.end]
        behind = [t for t in request.tokens if t.start >= measure.end]
        near = [t for t in (*own, *behind) if t.end - measure.end < 60]
        near = [t for t in near if not request.stopped(measure.end, t.start)]
        near = [t for t in near if not request.paused(measure.end, t.start)][:4]
        if re.match(r"\s*(?:of them|of these|pcs|pieces\b)", text[measure.end :]):
            return True
        if any(t.term in self.name for t in near):
            return True
        if near and self._names(near[0].term):
            return False
        kinds = self.title | PIECES | self.categories
        return any(t.term in kinds for t in near)

    def _names(self, term: str) -> bool:
        """Whether a term names a quantity to limit or a condition by itself."""
        return any(
            term in n.name and (len(n.name) == 1 or term in terms(n.entry.name.rpartition(".")[2]))
            for n in self.lexis.numeric
        )

    def _lists(self, request: Request) -> tuple[list[Found], set[int]]:
        """Settings that are a list of numbers, as `60 x 20 cells`."""
        found: list[Found] = []
        used: set[int] = set()
        several = [n for n in self.lexis.namings if n.entry.several and n.entry.numeric]
        for i, (one, two) in enumerate(zip(request.measures, request.measures[1:], strict=False)):
            between = request.text[one.end : two.start].strip().lower()
            if between not in ("x", "×", "by") or one.high or two.high:
                continue
            near = [
                t
                for t in request.tokens
                if -30 < t.end - one.start <= 0 or 0 <= t.start - two.end < 15
            ]
            named = [n.entry for n in several if any(t.term in n.name for t in near)]
            if not named:
                named = [n.entry for n in several if n.entry.name == "cells" and near]
            if named:
                spans = ((one.start, one.end), (two.start, two.end))
                found.append(Found("setup", named[0], spans, copied=spans))
            used |= {i, i + 1} if named else set()
        return found, used

    def _bounds(self, request: Request, used: set[int]) -> tuple[list[Found], list[Question]]:
        """What measures say, those of one entry together."""
        meanings: list[Meaning] = []
        asked: list[Question] = []
        before: Meaning | None = None
        for i, measure in enumerate(request.measures):
            if i in used or self._again(request, i):
                continue
            got = point(self.lexis, request, i, self.weights)
            measure = self._told(request, i)
            meaning = self._meaning(request, measure, got, before)
            if isinstance(meaning, Question):
                asked.append(meaning)
                continue
            before = sensed(request, self.contract, meaning)
            meanings += paired(request, self.contract, before)
            meanings += self._listed(request, before)
        found: dict[tuple[str, str], Found] = {}
        for meaning in meanings:
            for part in parts(self.contract, meaning):
                if isinstance(part, Question):
                    asked.append(part)
                    continue
                held = found.get(part.key)
                both = part if held is None else _together(held, part)
                if isinstance(both, Question):
                    asked.append(both)
                else:
                    found[part.key] = both
        barred = {q.about for q in asked if q.kind == "contradiction"}
        kept = [f for f in found.values() if not {f.entry.name, f.entry.measured} & barred]
        return [f for f in kept if not self._barred(f.entry, barred)], asked

    def _listed(self, request: Request, one: Meaning) -> list[Meaning]:
        """The other entry of `strength and buckling used`, which one number bounds as well."""
        own = set(terms(one.entry.name))
        before = [m.end for m in request.measures if m.end <= one.measure.start]
        floor = max(before, default=0)
        tokens = [t for t in request.tokens if floor <= t.start < one.measure.start]
        pairs = {
            (a.term, b.term)
            for a, b in zip(tokens, tokens[1:], strict=False)
            if request.text[a.end : b.start].strip() == "and"
            and not request.paused(b.end, one.measure.start)
        }
        for n in self.lexis.numeric:
            other = set(n.name)
            if n.entry.kind != "limit" or len(other) < 2 or len(own - other) != 1:
                continue
            apart = [(x, y) for x in own - other for y in other - own]
            if len(apart) == 1 and {apart[0], apart[0][::-1]} & pairs:
                words = tuple((t.start, t.end) for t in tokens if t.term in other)
                return [replace(one, entry=n.entry, words=words)]
        return []

    def _barred(self, entry: Entry, barred: set[str]) -> bool:
        other = twin(self.contract, entry)
        return other is not None and other.name in barred

    def _again(self, request: Request, i: int) -> bool:
        """Whether a number is told once more in the brackets behind it, with its name."""
        if i + 1 >= len(request.measures):
            return False
        one, two = request.measures[i : i + 2]
        between = request.text[one.end : two.start]
        inside = "(" in between and ")" not in between and len(between) < BRACKET
        return inside and two.sense == "value" and one.ends == two.ends and two.unit is None

    def _told(self, request: Request, i: int) -> Measure:
        """A measure, with the sense of the number that it tells once more."""
        if not i or not self._again(request, i - 1):
            return request.measures[i]
        return replace(request.measures[i], sense=request.measures[i - 1].sense)

    def _meaning(
        self, request: Request, measure: Measure, got: Pointing, before: Meaning | None
    ) -> "Meaning | Question":
        """The entry of a measure; the one before it again where no words name another."""
        span = (measure.start, measure.end)
        if request.text[max(0, measure.start - 1)] == "/" and got.entries:
            shown = request.text[max(0, measure.start - 12) : measure.end].split()[-1]
            one = next((e for e in got.entries if e.kind == "limit"), got.entries[0])
            text = f'{one.name}: "{shown}" is reckoned by nobody here; write the number.'
            return Question(one.name, "open", text, (span, *got.words))
        strong = got.lone or (bool(got.scores) and got.scores[0] >= LEAST_SCORE and got.named)
        again = (
            before is not None
            and (measure.unit is None or fits(measure.unit, before.entry.unit))
            and not request.stopped(before.measure.end, measure.start)
        )
        if before is not None and again and not self._own(request, measure, before, got):
            return Meaning(measure, before.entry, before.words)
        either = before is not None and EITHER.search(
            request.text, before.measure.end, measure.start
        )
        if either and {measure.sense, before.measure.sense} <= {"least", "most"}:  # type: ignore[union-attr]
            text = f'"{request.text[slice(*span)]}": a spec holds all its limits; which one?'
            return Question("words", "open", text, (either.span(), span))
        if RELATIVE.match(request.text, measure.end) and measure.unit == "percent":
            text = f'"{request.text[slice(*span)]}" less or more than what?'
            return Question("words", "unread", text, (span,))
        other = self._elsewhere(request, measure, got)
        if other is not None:
            return other
        if not strong:
            return self._asked_back(request, measure, got)
        first = got.entries[0]
        if measure.sense == "value" and measure.unit is None and first.unit not in ("1", ""):
            if all(request.paused(*sorted((b, measure.start))) for _, b in got.words):
                return self._asked_back(request, measure, got)
        plain = self._plain_setting(measure, got)
        if plain is not None:
            return Meaning(measure, plain, got.words)
        kin = self._kin(request, before, measure, got)
        if kin is not None:
            return Meaning(measure, kin, got.words)
        rivals = [
            e
            for e, s in zip(got.entries[1:], got.scores[1:], strict=True)
            if s > got.scores[0] - MARGIN and not self._same(first, e)
        ]
        rivals = [e for e in rivals if not e.name.startswith(f"{first.name}_")]
        if rivals and got.scores[0] < got.scores[1] + MARGIN:
            names = " or ".join([first.name, *(e.name for e in rivals[:3])])
            text = f'"{request.text[slice(*span)]}": is it {names}?'
            return Question(first.name, "open", text, (span, *got.words))
        return Meaning(measure, first, got.words)

    def _plain_setting(self, measure: Measure, got: Pointing) -> Entry | None:
        """A setting that a number without a bound is of, where a limit is named as well."""
        first, best = got.entries[0], got.scores[0]
        own = [x for x in self.contract.limits if x.quantity == first.name]
        sides = {x.at_least is None for x in own}
        if measure.sense != "value" or measure.high or first.kind != "limit" or len(sides) == 1:
            return None
        both = zip(got.entries, got.scores, strict=True)
        near = [e for e, s in both if e.kind == "setup" and s > best - KIN and measure.unit]
        return near[0] if near else None

    def _kin(
        self, request: Request, before: Meaning | None, measure: Measure, got: Pointing
    ) -> Entry | None:
        """Of entries nearly as good as the first the one named most like the entry before."""
        if before is None or request.stopped(before.measure.end, measure.start):
            return None
        rivals = [
            e
            for e, s in zip(got.entries, got.scores, strict=True)
            if s > got.scores[0] - KIN and set(terms(e.name)) & set(terms(got.entries[0].name))
        ]
        like = set(terms(before.entry.name))
        common = [len(like & set(terms(e.name))) for e in rivals]
        best = max(common, default=0)
        if best < 2 or common.count(best) > 1 or rivals[common.index(best)] == before.entry:
            return None
        return rivals[common.index(best)]

    def _own(self, request: Request, measure: Measure, before: Meaning, got: Pointing) -> bool:
        """Whether a measure has words of its own, and not only those of the thought after it."""
        between = (before.measure.end, measure.start)
        if any(between[0] <= t.start < between[1] for t in request.tokens):
            return bool(got.words)
        return any(a >= measure.end and not request.paused(measure.end, a) for a, _ in got.words)

    def _elsewhere(
        self, request: Request, measure: Measure, got: Pointing
    ) -> "Meaning | Question | None":
        """Where only its unit speaks for an entry, and its words for another one."""
        if got.words or measure.unit is None or not got.scores:
            return None
        alike = [n for n in self.lexis.numeric if fits(measure.unit, n.entry.unit)]
        before = [m.end for m in request.measures if m.end <= measure.start]
        start, _ = request.clause(measure.start)
        start = max([start, *before])
        words = {
            t.term
            for t in request.tokens
            if start <= t.start < measure.start and not request.paused(t.end, measure.start)
        }
        for n in self.lexis.numeric:
            fit = fits(measure.unit, n.entry.unit)
            if n.entry.kind == "limit" and n.name and set(n.name) <= words and not fit:
                shown = request.text[measure.start : measure.end]
                text = (
                    f'{n.entry.name} is in {n.entry.readable}; "{shown}" measures something else.'
                )
                return Question(n.entry.name, "open", text, ((measure.start, measure.end),))
        if len(alike) == 1 and measure.unit != "percent":
            return Meaning(measure, alike[0].entry, ())
        return None

    def _asked_back(self, request: Request, measure: Measure, got: Pointing) -> Question:
        """About a number that no entry fits."""
        span = (measure.start, measure.end)
        start, end = request.clause(measure.start)
        shown = request.text[slice(*span)]
        words = {t.term for t in request.tokens if start <= t.start < end}
        near = [
            n.entry
            for n in self.lexis.namings
            if n.entry.kind in ("limit", "condition") and n.name and set(n.name) <= words
        ]
        if near and measure.unit and not any(fits(measure.unit, e.unit) for e in near):
            places = {t.term: t.start for t in request.tokens if t.start < measure.start}
            one = max(near, key=lambda e: (*sorted(places.get(t, -1) for t in terms(e.name)), 0))
            text = f'{one.name} is in {one.readable}; "{shown}" measures something else.'
            return Question(one.name, "open", text, (span,))
        text = f'"{shown}" is a number of nothing that {self.contract.problem} knows; of what?'
        near_ = [
            (t.start, t.end)
            for t in request.tokens
            if start <= t.start < measure.start and not request.paused(t.end, measure.start)
        ]
        return Question("words", "unread", text, (span, *near_[-REACH:]))

    def _same(self, one: Entry, two: Entry) -> bool:
        """Whether both are one thing: a condition, and what measures it."""
        pair = {one.name.replace("min_", "max_"), two.name.replace("min_", "max_")}
        twins = one.measured == two.name or two.measured == one.name
        return twins or one.name == two.name or (one.kind == two.kind and len(pair) == 1)

    def _nones(self, request: Request, found: list[Found]) -> list[Found]:
        """`no alerts`: what is counted and must not be there; a zero is what the word says."""
        more: list[Found] = []
        filled = {f.entry.name for f in found}
        for match in NONE.finditer(request.text):
            _, end = request.clause(match.start())
            after = [m.start for m in request.measures if m.start >= match.end()]
            end = min([end, *after, *(p for p in request.pauses if p > match.end())])
            words = [t for t in request.tokens if match.end() <= t.start < end][:3]
            if after and end == after[0]:
                continue
            entry, spans = self._counted(words)
            if entry is not None and entry.name not in filled:
                filled.add(entry.name)
                zero = Measure(match.start(), match.end(), Number(0.0, *match.span(), worded=True))
                more.append(Found("limit", entry, (match.span(), *spans), high=zero))
        return more

    def _ones(self, request: Request, found: list[Found]) -> list[Found]:
        """`one piece`: what is counted and limited to one by the problem itself."""
        filled = {f.entry.name for f in found}
        more = []
        for match in ONE.finditer(request.text):
            for n in self.lexis.numeric:
                lone = n.entry.kind == "limit" and set(n.name) == {term(match["what"])}
                own = [x for x in self.contract.limits if x.quantity == n.entry.name]
                if lone and any(x.at_most == 1 for x in own) and n.entry.name not in filled:
                    one = Measure(match.start(), match.end(), Number(1.0, *match.span("one"), True))
                    more.append(Found("limit", n.entry, (match.span(),), high=one))
        return more

    def _counted(self, words: Iterable) -> tuple[Entry | None, tuple[Span, ...]]:  # type: ignore[type-arg]
        best: tuple[float, Entry | None, tuple[Span, ...]] = (0.0, None, ())
        listed = list(words)
        for n in self.lexis.numeric:
            if n.entry.kind != "limit" or self._least(n.entry):
                continue
            met = [t for t in listed if t.term in n.name or t.term in n.text]
            score = sum(n.name.get(t.term, 0.5 * n.text.get(t.term, 0)) for t in met)
            missed = sum(w for t, w in n.name.items() if t not in {x.term for x in listed})
            if met and missed <= score and score - 0.3 * missed > best[0]:
                spans = tuple((t.start, t.end) for t in met)
                best = (score - 0.3 * missed, n.entry, spans)
        return best[1], best[2]

    def _least(self, entry: Entry) -> bool:
        """Whether none of it would break the problem's own limit."""
        return any(
            limit.quantity == entry.name and limit.at_least is not None and limit.at_least > 0
            for limit in self.contract.limits
        )

    def _vague(self, request: Request, found: list[Found], asked: list[Question]) -> list[Question]:
        """`with a low voltage`: how low?"""
        filled = {s for f in found for s in f.words} | {s for q in asked for s in q.words}
        open_: list[Question] = []
        for match in WORD.finditer(request.text):
            joined = request.text[match.end() : match.end() + 1] == "-"
            if match[0].lower() not in VAGUE or joined:
                continue
            if any(a < match.end() and match.start() < b for a, b in filled):
                continue
            start, end = request.clause(match.start())
            pause = [p for p in request.pauses if p >= match.end()]
            near = [t for t in request.tokens if match.end() <= t.start < min([end, *pause])][:2]
            entry = self._vaguely(near)
            bound = {f.entry.name for f in found if f.part in ("limit", "fixed", "condition")}
            if entry is None or entry.name in bound:
                continue
            if not any((t.start, t.end) in filled for t in near):
                text = f'{entry.name}: how much is "{match[0]}"?'
                spans = (match.span(), *((t.start, t.end) for t in near))
                open_.append(Question(entry.name, "missing", text, spans))
        return open_

    def _vaguely(self, near: list) -> Entry | None:  # type: ignore[type-arg]
        for token in near:
            own = [
                n
                for n in self.lexis.numeric
                if n.entry.kind == "limit" and (token.term in n.name or token.term in n.text)
            ]
            own.sort(key=lambda n: (token.term not in n.name, len(n.name)))
            if own and token.term not in self.name:
                return own[0].entry
        return None

    def _added(
        self, found: list[Found], asked: list[Question]
    ) -> tuple[list[Found], list[Question]]:
        """Settings without which a quantity is not measured."""
        setup = {f.entry.name for f in found if f.part == "setup"}
        for one in list(found):
            name, _, value = one.entry.adds.partition(" = ")
            entry = self.contract.by_name.get(("setup", name))
            if not value or entry is None or name in setup:
                continue
            setup.add(name)
            plain = value.split(" (")[0].strip('"')
            if entry.choices and plain in entry.choices:
                found.append(Found("setup", entry, one.words, names=(plain,)))
            else:
                text = f"{one.entry.name} is measured with {name} alone; which?"
                asked.append(Question(name, "missing", text, one.words))
        return found, asked

    def _unread(
        self, request: Request, found: list[Found], asked: list[Question]
    ) -> tuple[Span, ...]:
        """Thoughts of which nothing was used, and that say something."""
        used = [s for f in found for s in f.words] + [s for q in asked for s in q.words]
        edges = sorted({0, len(request.text), *request.stops, *request.pauses})
        left: list[Span] = []
        for start, end in zip(edges, edges[1:], strict=False):
            if any(a < end and start < b for a, b in used):
                continue
            own = [t for t in request.tokens if start <= t.start < end]
            if own and not all(t.term in self.title for t in own):
                left.append((own[0].start, max(t.end for t in own)))
        return tuple(left)


def _together(one: Found, two: Found) -> "Found | Question":
    """Two findings on one thing as one, or what they contradict each other in."""
    spans = tuple(dict.fromkeys((*one.words, *two.words)))
    name = one.entry.name
    pairs = [(one.low, two.low), (one.high, two.high), (one.exact, two.exact)]
    if any(a and b and _number(a, one.entry) != _number(b, one.entry) for a, b in pairs):
        return Question(name, "contradiction", f"{name} is asked twice, differently.", spans)
    low, high, exact = one.low or two.low, one.high or two.high, one.exact or two.exact
    if low and high and _number(low, one.entry)[0] > _number(high, one.entry)[1]:
        text = f"{name}: no value is at least {low.ends[0]:g} and at most {high.ends[1]:g}."
        return Question(name, "contradiction", text, spans)
    return Found(one.part, one.entry, spans, low=low, high=high, exact=exact)


def _number(measure: Measure, entry: Entry) -> tuple[float, ...]:
    """The ends in the unit of the entry, as far as a slip of rounding does not matter."""
    unit = measure.unit or entry.readable
    return tuple(float(f"{convert(v, unit, entry.unit, of=entry.name):.9g}") for v in measure.ends)
