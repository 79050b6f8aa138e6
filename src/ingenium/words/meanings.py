"""Meanings of the measures of a request: the entry of each, or a question."""

import re
from dataclasses import replace
from itertools import pairwise

from ingenium.core.units import convert
from ingenium.words.bounds import Meaning, bounds_of, counted, paired, parts, sensed, twin
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import term, terms
from ingenium.words.lines import line_of
from ingenium.words.measures import Measure
from ingenium.words.pointing import Lexis, Pointing, fits, point
from ingenium.words.reading import Choice, OpenQuestion, ReadValue
from ingenium.words.relations import elsewhere, related
from ingenium.words.tokens import Request

KIN = 0.8  # by which an entry may be worse that is named like the one before
ENDED = 0.9  # by which a setting that is itself a bound rivals a limit, or a limit it
ENDS = frozenset(["highest", "lowest", "most", "least", "largest", "smallest"])
MARGIN = 0.12  # by which the best entry has to lead
LEAST_SCORE = 0.8  # below which a measure has no entry
EITHER = re.compile(
    r"\bor\b(?! (?:more|less|fewer|better|above|below|higher|lower|larger|smaller|faster|quicker"
    r"|longer|shorter|over|under|up|thicker|thinner|heavier|lighter|cheaper)\b)",
    re.I,
)
EVERYWHERE = re.compile(
    r"\b(?:at|in|on|of) (?:every|each|all)\b|\beverywhere\b|\bthroughout\b", re.I
)
SIDES = frozenset(("max", "min"))  # of a limit, which the request itself need not name
REACH = 4  # words before a number that a question shows with it
BRACKET = 40  # letters from a number to the same one in brackets


class Meanings:
    """Methods of a reader that assign measures to entries."""

    contract: Contract
    lexis: Lexis
    title: frozenset[str]  # terms of the problem's name and summary

    def _bounds(
        self, request: Request, used: set[int]
    ) -> tuple[list[ReadValue], list[OpenQuestion]]:
        """Read measures, merging those of one entry."""
        meanings: list[Meaning] = []
        requested: list[OpenQuestion] = []
        before: Meaning | None = None
        for i, measure in enumerate(request.measures):
            if i in used or self._again(request, i):
                continue
            measure = self._of_period(self._repeated(request, i))
            if measure.fault or measure.multiple:
                meaning = related(self.lexis, request, i)
            else:
                got = point(self.lexis, request, i)
                meaning = self._meaning(request, measure, got, before)
            if isinstance(meaning, OpenQuestion):
                requested.append(meaning)
                continue
            before = counted(sensed(request, self.contract, meaning))
            meanings += paired(request, self.contract, before)
            meanings += self._listed(request, before)
        found: dict[tuple[str, str], ReadValue] = {}
        for meaning in meanings:
            for part in parts(self.contract, meaning):
                if isinstance(part, OpenQuestion):
                    requested.append(part)
                    continue
                held = found.get(part.key)
                both = part if held is None else _together(held, part)
                if isinstance(both, OpenQuestion):
                    other = held and elsewhere(self.lexis, request, held, part)
                    found |= {part.key: other[0]} if other else {}
                    requested.append(other[1] if other else both)
                else:
                    found[part.key] = both
        barred = {q.about for q in requested if q.kind == "contradiction"}
        retained = [f for f in found.values() if not {f.entry.name, f.entry.measured} & barred]
        return [f for f in retained if not self._barred(f.entry, barred)], requested

    def _barred(self, entry: ContractEntry, barred: set[str]) -> bool:
        other = twin(self.contract, entry)
        return other is not None and other.name in barred

    def _listed(self, request: Request, one: Meaning) -> list[Meaning]:
        """Find the other entry of `strength and buckling used`, which one number bounds as well."""
        own = set(terms(one.entry.name))
        before = [m.end for m in request.measures if m.end <= one.measure.start]
        floor = max(before, default=0)
        tokens = [t for t in request.tokens if floor <= t.start < one.measure.start]
        pairs = {
            (a.term, b.term)
            for a, b in pairwise(tokens)
            if request.text[a.end : b.start].strip() == "and"
            and not request.paused(b.end, one.measure.start)
        }
        for n in self.lexis.numeric:
            other = set(n.name)
            if n.entry.kind != "limit" or len(other) < 2 or len(own - other) != 1:
                continue
            distance = [(x, y) for x in own - other for y in other - own]
            if len(distance) == 1 and {distance[0], distance[0][::-1]} & pairs:
                words = tuple((t.start, t.end) for t in tokens if t.term in other)
                return [replace(one, entry=n.entry, words=words)]
        return []

    def _again(self, request: Request, i: int) -> bool:
        """True if a number is repeated in the brackets behind it, with its name."""
        if i + 1 >= len(request.measures):
            return False
        one, two = request.measures[i : i + 2]
        between = request.text[one.end : two.start]
        inside = "(" in between and ")" not in between and len(between) < BRACKET
        return inside and two.sense == "value" and one.ends == two.ends and two.unit is None

    def _of_period(self, measure: Measure) -> Measure:
        """Read `4 MWh per year` as an energy, where the problem is about a year."""
        unit, _, period = (measure.unit or "").partition("/")
        periods = {"d": "day", "week": "week", "year": "year"}
        return replace(measure, unit=unit) if periods.get(period) in self.title else measure

    def _repeated(self, request: Request, i: int) -> Measure:
        """Return a measure with the sense of its repetition."""
        if not i or not self._again(request, i - 1):
            return request.measures[i]
        return replace(request.measures[i], sense=request.measures[i - 1].sense)

    def _meaning(
        self, request: Request, measure: Measure, got: Pointing, before: Meaning | None
    ) -> "Meaning | OpenQuestion":
        """Find the entry of a measure, or repeat the one before it if no words name another."""
        reckoned = self._reckoned(request, measure, got)
        if reckoned is not None:
            return reckoned
        again = (
            before is not None
            and (measure.unit is None or fits(measure.unit, before.entry.counts_in))
            and not request.stopped(before.measure.end, measure.start)
        )
        if before is not None and again and not self._own(request, measure, before, got):
            return Meaning(measure, before.entry, before.words)
        unsaid = self._unsaid(request, measure, before) or self._elsewhere(request, measure, got)
        if unsaid is not None:
            return unsaid
        if self._weak(request, measure, got):
            return self._open_question(request, measure, got)
        plain = self._plain_setting(measure, got) or self._kin(request, before, measure, got)
        if plain is not None:
            return Meaning(measure, plain, got.words)
        return self._rivalled(request, measure, got) or Meaning(measure, got.entries[0], got.words)

    def _reckoned(self, request: Request, measure: Measure, got: Pointing) -> OpenQuestion | None:
        """Ask about a number behind a slash, as in `L/300`, which is not computed."""
        if request.text[max(0, measure.start - 1)] != "/" or not got.entries:
            return None
        shown = request.text[max(0, measure.start - 12) : measure.end].split()[-1]
        one = next((e for e in got.entries if e.kind == "limit"), got.entries[0])
        text = f'{one.name}: "{shown}" is reckoned by nobody here; write the number.'
        return OpenQuestion(one.name, "open", text, ((measure.start, measure.end), *got.words))

    def _unsaid(
        self, request: Request, measure: Measure, before: Meaning | None
    ) -> OpenQuestion | None:
        """Ask about one of two bounds, or a share of something unnamed: no spec has either."""
        span = (measure.start, measure.end)
        said = request.text[slice(*span)]
        either = before and EITHER.search(request.text, before.measure.end, measure.start)
        if before and either and {measure.sense, before.measure.sense} <= {"least", "most"}:
            text = f'"{said}": all limits of a spec apply; which one?'
            return OpenQuestion("words", "open", text, (either.span(), span))
        return None

    def _weak(self, request: Request, measure: Measure, got: Pointing) -> bool:
        """True if too few words name the nearest entry of a measure."""
        strong = got.lone or (bool(got.scores) and got.scores[0] >= LEAST_SCORE and got.named)
        if not strong:
            return True
        first = got.entries[0]
        if self._titled(request, got):
            return True
        bare = measure.sense == "value" and measure.unit is None and first.unit not in ("1", "")
        if bare and not self._named_whole(request, measure, first):
            return True
        if bare and all(request.paused(*sorted((b, measure.start))) for _, b in got.words):
            return True
        return self._of_strangers(request, measure, got)

    def _titled(self, request: Request, got: Pointing) -> bool:
        """True if only words of the title explain the nearest entry, and none names it."""
        said = {term(request.text[a:b]) for a, b in got.words}
        named = said & {t for n in self.lexis.called(got.entries[0]) for t in n.name}
        return bool(said) and said <= self.title and not named and not got.lone

    def _worst(
        self, request: Request, measure: Measure, near: list[ContractEntry]
    ) -> ContractEntry | None:
        """The entry of the worst place, if a bound applies at each: `at every point`."""
        pause = min((p for p in request.pauses if p >= measure.end), default=len(request.text))
        _, end = request.clause(measure.start)
        if EVERYWHERE.search(request.text, measure.end, min(end, pause)) is None:
            return None
        heads = {"least": ("least_", "min_"), "most": ("max_", "most_", "peak_")}
        own = [e for e in near if e.name.startswith(heads.get(measure.sense, ("?",)))]
        return own[0] if len(own) == 1 else None

    def _rivalled(
        self, request: Request, measure: Measure, got: Pointing
    ) -> "Meaning | OpenQuestion | None":
        """Resolve entries that are equally near to a measure, or ask."""
        first = got.entries[0]
        rivals = [
            e
            for e, s in zip(got.entries[1:], got.scores[1:], strict=True)
            if s > got.scores[0] - (ENDED if _bounds_itself(first, e) else MARGIN)
            and not self._same(first, e)
        ]
        rivals = [e for e in rivals if not e.name.startswith(f"{first.name}_")]
        if not rivals:
            return None
        worst = self._worst(request, measure, [first, *rivals])
        if worst is not None:
            return Meaning(measure, worst, got.words)
        span = (measure.start, measure.end)
        names = " or ".join([first.name, *(e.name for e in rivals[:3])])
        text = f'"{request.text[slice(*span)]}": is it {names}?'
        choices = tuple(_choice(e, measure) for e in (first, *rivals[:3]))
        return OpenQuestion(first.name, "open", text, (*measure.spans, *got.words), choices)

    def _named_whole(self, request: Request, measure: Measure, entry: ContractEntry) -> bool:
        """True if the clause around a number names an entry in full: `3 lines` is no loading."""
        start, end = request.clause(measure.start)
        said = {t.term for t in request.tokens if start <= t.start < end}
        return any(set(n.name) - SIDES <= said for n in self.lexis.called(entry))

    def _of_strangers(self, request: Request, measure: Measure, got: Pointing) -> bool:
        """True if a bare number counts something unknown to the problem: `7 dwarfs`."""
        named = any(end <= measure.start for _, end in got.words)
        if named or measure.sense != "value" or measure.unit is not None:
            return False
        behind = [t for t in request.tokens if t.start >= measure.end][:1]
        if not behind or request.text[measure.end : behind[0].start].strip():
            return False
        own = behind[0].term
        known = any(own in n.name or own in n.text for n in self.lexis.namings)
        return not known and own not in self.title

    def _plain_setting(self, measure: Measure, got: Pointing) -> ContractEntry | None:
        """The setting of a number without a bound, if a limit is named as well."""
        first, best = got.entries[0], got.scores[0]
        own = [x for x in self.contract.limits if x.quantity == first.name]
        sides = {x.at_least is None for x in own}
        both_sides = any(x.at_least is not None and x.at_most is not None for x in own)
        if measure.sense != "value" or measure.high or first.kind != "limit":
            return None
        if len(sides) == 1 and not both_sides:
            return None
        both = zip(got.entries, got.scores, strict=True)
        near = [e for e, s in both if e.kind == "setup" and s > best - KIN and measure.unit]
        inner = bool(near) and first.unit == near[0].unit and "." in near[0].name
        return near[0] if near and not inner else None  # a material's modulus is none of a cell

    def _kin(
        self, request: Request, before: Meaning | None, measure: Measure, got: Pointing
    ) -> ContractEntry | None:
        """The entry, among nearly equal ones, whose name is most like that of the entry before."""
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
        """True if a measure has words of its own, besides those of the clause after it."""
        between = (before.measure.end, measure.start)
        if any(between[0] <= t.start < between[1] for t in request.tokens):
            return bool(got.words)
        return any(a >= measure.end and not request.paused(measure.end, a) for a, _ in got.words)

    def _elsewhere(
        self, request: Request, measure: Measure, got: Pointing
    ) -> "Meaning | OpenQuestion | None":
        """Resolve a measure whose unit supports one entry, and whose words another one."""
        if got.words or measure.unit is None or not got.scores:
            return None
        alike = [n for n in self.lexis.first if fits(measure.unit, n.entry.counts_in)]
        before = [m.end for m in request.measures if m.end <= measure.start]
        start, _ = request.clause(measure.start)
        start = max([start, *before])
        words = {
            t.term
            for t in request.tokens
            if start <= t.start < measure.start and not request.paused(t.end, measure.start)
        }
        for n in self.lexis.numeric:
            fit = fits(measure.unit, n.entry.counts_in)
            if n.entry.kind == "limit" and n.name and set(n.name) <= words and not fit:
                shown = request.text[measure.start : measure.end]
                return _other_unit(n.entry, shown, measure)
        if len(alike) == 1 and measure.unit != "percent":
            return Meaning(measure, alike[0].entry, ())
        return None

    def _open_question(self, request: Request, measure: Measure, got: Pointing) -> OpenQuestion:
        """Ask about a number that no entry fits."""
        span = (measure.start, measure.end)
        start, end = request.clause(measure.start)
        shown = request.text[slice(*span)]
        words = {t.term for t in request.tokens if start <= t.start < end}
        near = [
            n.entry
            for n in self.lexis.namings
            if n.entry.kind in ("limit", "condition") and n.name and set(n.name) <= words
        ]
        if near and measure.unit and not any(fits(measure.unit, e.counts_in) for e in near):
            places = {t.term: t.start for t in request.tokens if t.start < measure.start}
            one = max(near, key=lambda e: (*sorted(places.get(t, -1) for t in terms(e.name)), 0))
            return _other_unit(one, shown, measure)
        text = f'"{shown}": of what, in {self.contract.problem}?'
        near_ = [
            (t.start, t.end)
            for t in request.tokens
            if start <= t.start < measure.start and not request.paused(t.end, measure.start)
        ]
        choices = tuple(_choice(e, measure) for e in got.entries[:3])
        return OpenQuestion("words", "unread", text, (*measure.spans, *near_[-REACH:]), choices)

    def _same(self, one: ContractEntry, two: ContractEntry) -> bool:
        """True if both are one thing: a condition, and the quantity that measures it."""
        pair = {one.name.replace("min_", "max_"), two.name.replace("min_", "max_")}
        if set(bounds_of(self.contract, one)) >= {one, two}:
            return True
        twins = one.measured == two.name or two.measured == one.name
        return twins or one.name == two.name or (one.kind == two.kind and len(pair) == 1)


def _together(one: ReadValue, two: ReadValue) -> "ReadValue | OpenQuestion":
    """Merge two findings on one thing, or ask about their contradiction."""
    spans = tuple(dict.fromkeys((*one.words, *two.words)))
    name = one.entry.name
    pairs = [(one.low, two.low), (one.high, two.high), (one.exact, two.exact)]
    if any(a and b and _number(a, one.entry) != _number(b, one.entry) for a, b in pairs):
        reported = f"{name} is requested twice, differently; which one?"
        return OpenQuestion(name, "contradiction", reported, spans, _either(one, two))
    low, high, exact = one.low or two.low, one.high or two.high, one.exact or two.exact
    if low and high and _number(low, one.entry)[0] > _number(high, one.entry)[1]:
        text = f"{name}: no value is at least {low.ends[0]:g} and at most {high.ends[1]:g}."
        return OpenQuestion(name, "contradiction", text, spans, _either(one, two))
    return ReadValue(one.part, one.entry, spans, low=low, high=high, exact=exact)


def _either(one: ReadValue, two: ReadValue) -> tuple[Choice, ...]:
    """Answers to a contradiction: either of the two, or the range between them."""
    ends = [(v, m) for v in (one, two) for m in (v.low, v.high, v.exact) if m is not None]
    lines = [line_of(v.entry, m) for v, m in ends]
    single = [m for _, m in ends if m.high is None]
    if len(single) == 2 and single[0].unit == single[1].unit:
        low, high = sorted(single, key=lambda m: m.low.value)
        lines.append(line_of(one.entry, replace(low, high=high.low)))
    return tuple(Choice(line, line) for line in dict.fromkeys(lines))


def _bounds_itself(first: ContractEntry, other: ContractEntry) -> bool:
    """True for a setting such as `most_percent` and a limit, which the same words name."""
    kinds = {first.kind, other.kind}
    setting = first if first.kind == "setup" else other
    return kinds == {"setup", "limit"} and bool(ENDS & set(setting.name.split("_")))


def _choice(entry: ContractEntry, measure: Measure) -> Choice:
    line = line_of(entry, measure)
    return Choice(f"{line} ({entry.text})" if entry.text else line, line)


def _other_unit(entry: ContractEntry, shown: str, measure: Measure) -> OpenQuestion:
    text = f'{entry.name} is in {entry.readable}; "{shown}" measures something else. How much?'
    return OpenQuestion(entry.name, "open", text, measure.spans)


def _number(measure: Measure, entry: ContractEntry) -> tuple[float, ...]:
    """Convert the ends to the unit of the entry, without rounding noise."""
    unit = measure.unit or entry.readable
    return tuple(float(f"{convert(v, unit, entry.unit, of=entry.name):.9g}") for v in measure.ends)
