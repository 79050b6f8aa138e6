"""Counts: of designs, of lists of numbers, and of quantities limited to none or one."""

import re
from collections.abc import Sequence

from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import term, terms
from ingenium.words.measures import Measure
from ingenium.words.numbers import Number
from ingenium.words.pointing import Lexis
from ingenium.words.reading import OpenQuestion, ReadValue, Span
from ingenium.words.titles import other_terms
from ingenium.words.tokens import Request, Token

COUNT = ContractEntry("setup", "n", "how many designs", whole=True)
PIECES = frozenset(
    terms(
        "pieces pcs candidates examples scenarios cases variants items curves samples options "
        "configurations solutions runs versions images profiles proposals alternatives copies "
        "instances realisations realizations fields recipes structures suggestions sketches"
    )
)
CALENDAR = ("d", "week", "year")
SIZES = frozenset(terms("volume area"))  # of `support_volume`: no support has none
AGAINST = re.compile(r"\b(?:than|except|not|but)$")
NONE = re.compile(r"\b(?:no|without|none|zero|never|free of)\b(?:\s(?:any|of|an?|are|is)\b)?", re.I)
ONE = re.compile(r"\b(?P<one>one|single|1) (?P<what>[a-z]+)\b", re.I)


class Counts:
    """Methods of a reader for counts."""

    contract: Contract
    lexis: Lexis
    name: frozenset[str]  # terms of the name of the problem
    title: frozenset[str]  # and of its summary
    categories: frozenset[str]  # terms of all choices

    def _counts(self, request: Request) -> tuple[list[ReadValue], list[OpenQuestion], set[int]]:
        """Read the number of designs."""
        places = [i for i in range(len(request.measures)) if self._counting(request, i)]
        values = {request.measures[i].low.value for i in places}
        spans = tuple((request.measures[i].start, request.measures[i].end) for i in places)
        if len(values) > 1:
            text = "How many designs: " + " or ".join(f"{v:g}" for v in sorted(values)) + "?"
            return [], [OpenQuestion("n", "contradiction", text, spans)], set(places)
        if not places:
            return [], [], set()
        measure = request.measures[places[0]]
        nouns = [s for i in places for s in self._noun(request, request.measures[i])]
        return [ReadValue("count", COUNT, (*spans, *nouns), exact=measure)], [], set(places)

    def _noun(self, request: Request, measure: Measure) -> list[Span]:
        """The word behind a count, and `of them`."""
        of = re.match(r"\s*(?:of (?:them|these|those)|random)", request.text[measure.end :])
        if of:
            return [(measure.end, measure.end + of.end())]
        behind = [t for t in request.tokens if measure.end <= t.start < measure.end + 30]
        return [(t.start, t.end) for t in behind if t.term in PIECES][:1]

    def _counting(self, request: Request, number: int) -> bool:
        measure = request.measures[number]
        value, text = measure.low.value, request.text
        before = text[: measure.start].rstrip().lower()
        if (
            measure.fault
            or measure.high is not None
            or value != int(value)
            or not 1 <= value <= 10**7
        ):
            return False
        if any(a <= measure.start < b for a, b in request.taken) or AGAINST.search(before):
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
        if self._set_by(near) or self._of_things(request, measure, near):
            return False
        if any(t.term in self.name for t in near):
            return True
        if near and self._names(near[0].term):
            return False
        kinds = self.title | PIECES | self.categories
        other = other_terms(self.contract.problem)
        return any(
            t.term in kinds or (i < 2 and t.term in other and text[t.start : t.end].endswith("s"))
            for i, t in enumerate(near)
        )

    def _of_things(self, request: Request, measure: Measure, near: Sequence[Token]) -> bool:
        """True for `two areas` behind `of`: a number of places is no number of designs."""
        before = request.text[: measure.start].rstrip().lower()
        return before.endswith(" of") and measure.low.worded and bool(near)

    def _set_by(self, near: Sequence[Token]) -> bool:
        """True if a whole setting is named behind a number: `6 containers stacked`."""
        said = {t.term for t in near}
        whole = [n for n in self.lexis.numeric if n.entry.kind == "setup" and n.entry.whole]
        whole = [n for n in whole if n.written == n.entry.name or not self.title & set(n.name)]
        names = [n.last for n in whole]
        return any(own and own <= said and not own & self.name for own in names)

    def _names(self, term: str) -> bool:
        """True if a term alone names a quantity to limit or a condition."""
        return any(
            term in n.name and (len(n.name) == 1 or term in terms(n.entry.name.rpartition(".")[2]))
            for n in self.lexis.numeric
        )

    def _lists(self, request: Request) -> tuple[list[ReadValue], set[int]]:
        """Read settings that are a list of numbers, as `60 x 20 cells`."""
        found: list[ReadValue] = []
        used: set[int] = set()
        several = [n for n in self.lexis.namings if n.entry.several and n.entry.numeric]
        for i, (one, two) in enumerate(zip(request.measures, request.measures[1:], strict=False)):
            between = request.text[one.end : two.start].strip().lower()
            if between not in ("x", "\u00d7", "by") or one.high or two.high:
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
                found.append(ReadValue("setup", named[0], spans, copied=spans))
            used |= {i, i + 1} if named else set()
        return found, used

    def _ones(self, request: Request, found: list[ReadValue]) -> list[ReadValue]:
        """Read `one piece`: a count that the problem itself limits to one."""
        filled = {f.entry.name for f in found}
        more = []
        for match in ONE.finditer(request.text):
            for n in self.lexis.numeric:
                lone = n.entry.kind == "limit" and set(n.name) == {term(match["what"])}
                own = [x for x in self.contract.limits if x.quantity == n.entry.name]
                if lone and any(x.at_most == 1 for x in own) and n.entry.name not in filled:
                    one = Measure(match.start(), match.end(), Number(1.0, *match.span("one"), True))
                    more.append(ReadValue("limit", n.entry, (match.span(),), high=one))
        return more

    def _nones(self, request: Request, found: list[ReadValue]) -> list[ReadValue]:
        """Read `no alerts`: a count that must be zero."""
        more: list[ReadValue] = []
        filled = {f.entry.name for f in found}
        for match in NONE.finditer(request.text):
            _, end = request.clause(match.start())
            after = [m.start for m in request.measures if m.start >= match.end()]
            end = min([end, *after, *(p for p in request.pauses if p > match.end())])
            words = [t for t in request.tokens if match.end() <= t.start < end][:3]
            if after and end == after[0]:
                continue
            entry, spans = self._whole_none(words)
            if entry is None:
                entry, spans = self._counted(words)
            if entry is not None and entry.name not in filled:
                filled.add(entry.name)
                zero = Measure(match.start(), match.end(), Number(0.0, *match.span(), worded=True))
                more.append(ReadValue("limit", entry, (match.span(), *spans), high=zero))
        return more

    def _whole_none(self, words: Sequence[Token]) -> tuple[ContractEntry | None, tuple[Span, ...]]:
        """The quantity that is named in full behind a no."""
        said = [t.term for t in words]
        best: tuple[int, ContractEntry | None, tuple[Span, ...]] = (0, None, ())
        for n in self.lexis.numeric:
            name = set(n.name)
            if n.entry.kind != "limit" or self._least(n.entry) or len(name) <= best[0]:
                continue
            if name and name <= set(said[: len(name) + 1]):
                met = tuple((t.start, t.end) for t in words[: len(name) + 1] if t.term in name)
                best = (len(name), n.entry, met)
        return best[1], best[2]

    def _counted(self, words: Sequence[Token]) -> tuple[ContractEntry | None, tuple[Span, ...]]:
        best: tuple[float, ContractEntry | None, tuple[Span, ...]] = (0.0, None, ())
        listed = list(words)
        for n in self.lexis.numeric:
            if n.entry.kind != "limit" or self._least(n.entry):
                continue
            met = [t for t in listed if t.term in n.name or t.term in n.text]
            score = sum(n.name.get(t.term, 0.5 * n.text.get(t.term, 0)) for t in met)
            said = {x.term for x in listed} | SIZES
            missed = sum(w for t, w in n.name.items() if t not in said)
            most = score if n.entry.unit == "1" else 0.0  # what has a unit is named in full
            if met and missed <= most and score - 0.3 * missed > best[0]:
                spans = tuple((t.start, t.end) for t in met)
                best = (score - 0.3 * missed, n.entry, spans)
        return best[1], best[2]

    def _least(self, entry: ContractEntry) -> bool:
        """True if the problem's own limit forbids zero."""
        return any(
            limit.quantity == entry.name and limit.at_least is not None and limit.at_least > 0
            for limit in self.contract.limits
        )
