"""Reads a request under the contract of one problem.

All contents of a spec are names of the contract, or pieces of the text: measures are assigned to
entries, choices and codes are matched in place, and unread parts become questions.
"""

import re
from dataclasses import replace

from ingenium.words.adjectives import VAGUE
from ingenium.words.aims import aims
from ingenium.words.choices import of_choices
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.counts import Counts
from ingenium.words.lexicon import WORD, terms
from ingenium.words.meanings import Meanings
from ingenium.words.naming import texts, unnamed
from ingenium.words.numbered import numbered_names
from ingenium.words.pointing import Lexis
from ingenium.words.reading import OpenQuestion, ReadValue, RequestReading, Span
from ingenium.words.slots import slots
from ingenium.words.titles import title_form
from ingenium.words.tokens import Request

PLAIN_ADJECTIVES = frozenset(["light", "cheap", "stiff", "strong", "thin", "thick"])
ALONGSIDE = 15  # letters from the name of a condition to its choice


class RequestReader(Counts, Meanings):
    """Reader of requests to one problem."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.lexis = Lexis(contract)
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
        called = " ".join(
            x
            for e in contract.entries
            for x in (*e.also, *(e.choices or ()), *dict(e.spelled).values())
        )
        self.nouns = frozenset(m.removesuffix("s") for m in re.findall(r"\b[A-Z]\w*", called))
        self.numbered = numbered_names(contract)
        self.phrases = frozenset(x for t in texts_ for x in re.findall(r"\d+ % [a-z]+", t))

    def read(self, text: str, words: tuple[str, ...] = ()) -> RequestReading:
        """Read a request to the problem; `words` is the vocabulary for spelling corrections."""
        request = Request(
            text, self.digits, self.phrases, self.numbered, nouns=self.nouns, vocabulary=words
        )
        found, requested = self._choices(request)
        requested += self._named_only(request, found, requested)
        spans = {s for f in found for s in f.words}
        found += texts(request, self.lexis, spans)
        filled = slots(request, self.contract, found)
        request.taken.update(s for f in filled for s in f.words)
        request.taken.update(self._named_low(text))
        found += filled
        lists, listed = self._lists(request)
        found += lists
        counted, open_, counts = self._counts(request)
        found += counted
        requested += open_
        named = {s for f in found if f.names for s in f.words}
        goals, open_ = aims(request, self.lexis)
        goals = [g for g in goals if not named & set(g.words)]
        requested += open_
        request.taken.update(s for g in goals for s in g.words)
        bounds, open_ = self._bounds(request, listed | counts | self._filled(request, found))
        found += bounds
        requested += open_
        found += self._nones(request, found)
        found += self._ones(request, found)
        found += [g for g in goals if not self._limited(request, g, found)]
        requested += self._vague(request, found, requested)
        requested += unnamed(request, self.lexis, found)
        found, requested = self._added(found, requested)
        return RequestReading(text, self.contract.problem, tuple(found), tuple(requested))

    def _named_low(self, text: str) -> set[Span]:
        """Places of `low-voltage feeder` and the like, which name no quantity."""
        form = title_form(self.contract.problem)
        found = form.finditer(text) if form else ()
        return {m.span() for m in found if m[0].lower().startswith("low")}

    def _filled(self, request: Request, found: list[ReadValue]) -> set[int]:
        """Measures that a slot has used."""
        spans = [s for f in found for s in f.words]
        return {
            i
            for i, m in enumerate(request.measures)
            if any(a <= m.start and m.end <= b for a, b in spans)
        }

    def _limited(self, request: Request, goal: ReadValue, found: list[ReadValue]) -> bool:
        """True for a plain adjective whose quantity has a limit: `a light bracket under 500 g`."""
        plain = len(goal.words) == 1 and " " not in request.text[slice(*goal.words[0])]
        word = request.text[slice(*goal.words[0])].lower()
        limited = any(f.part == "limit" and f.entry == goal.entry for f in found)
        return plain and limited and word in PLAIN_ADJECTIVES

    def _choices(self, request: Request) -> tuple[list[ReadValue], list[OpenQuestion]]:
        """Read choices that are named; a word inside a longer name does not count."""
        found: list[ReadValue] = []
        requested: list[OpenQuestion] = []
        for naming in self.lexis.namings:
            got, open_ = of_choices(request, naming.entry)
            found += got
            requested += open_
        spans = {s for f in found for s in f.words}

        def inside(one: ReadValue) -> bool:
            return all(
                any(a <= s[0] and s[1] <= b and (a, b) != s for a, b in spans) for s in one.words
            )

        retained = [self._no_quantity(request, f) for f in found if not inside(f)]
        return [f for f in retained if f.names], requested

    def _named_only(
        self, request: Request, found: list[ReadValue], requested: list[OpenQuestion]
    ) -> list[OpenQuestion]:
        """Ask about conditions that are named without a choice: `an attack on T7`."""
        done = {f.entry.name for f in found} | {q.about for q in requested}
        quantities = {t for n in self.lexis.numeric if len(n.name) == 1 for t in n.name}
        open_ = []
        for n in self.lexis.namings:
            entry = n.entry
            if entry.kind != "condition" or not entry.choices or entry.name in done:
                continue
            for token, after in zip(request.tokens, (*request.tokens[1:], None), strict=False):
                alongside = after is not None and after.start - token.end <= 1
                alone = not (alongside and after is not None and after.term in quantities)
                if request.text[: token.start].lower().endswith("under "):
                    continue  # `weeks under attack` implies some
                if set(n.name) == {token.term} and token.term in self.title and alone:
                    text = f"{entry.name}: which of {', '.join(entry.choices)}?"
                    span = ((token.start, token.end),)
                    open_.append(OpenQuestion(entry.name, "missing", text, span))
                    break
        return open_

    def _no_quantity(self, request: Request, found: ReadValue) -> ReadValue:
        """Skip choices that are also names of quantities, unless their own condition is named."""
        if found.part != "condition":
            return found
        rivals = {t for n in self.lexis.numeric if n.entry.kind == "limit" for t in n.name}
        own = [t.start for t in request.tokens if t.term in terms(found.entry.name)]

        def meant(name: str) -> bool:
            places = [t.start for t in request.tokens if t.term in terms(name)]
            alongside = any(abs(a - b) < ALONGSIDE for a in own for b in places)
            own_words = set(terms(name))
            return alongside or not own_words or not own_words <= rivals

        retained = tuple(name for name in found.names if meant(name))
        spans = tuple(
            (t.start, t.end) for t in request.tokens for n in retained if t.term in terms(n)
        )
        if any(c.isdigit() for name in retained for c in name):
            spans = found.words
        return replace(found, names=retained, words=spans or found.words)

    def _vague(
        self, request: Request, found: list[ReadValue], requested: list[OpenQuestion]
    ) -> list[OpenQuestion]:
        """Ask about vague words, such as `with a low voltage`."""
        filled = {s for f in found for s in f.words} | {s for q in requested for s in q.words}
        open_: list[OpenQuestion] = []
        for match in WORD.finditer(request.text):
            form = title_form(self.contract.problem)
            joined = request.text[match.end() : match.end() + 1] == "-" or (
                form is not None and form.match(request.text, match.start()) is not None
            )
            if match[0].lower() not in VAGUE or joined:
                continue
            if any(a < match.end() and match.start() < b for a, b in filled):
                continue
            _, end = request.clause(match.start())
            pause = [p for p in request.pauses if p >= match.end()]
            near = [t for t in request.tokens if match.end() <= t.start < min([end, *pause])][:2]
            entry = self._vaguely(near)
            bound = {f.entry.name for f in found if f.part in ("limit", "fixed", "condition")}
            if entry is None or entry.name in bound:
                continue
            if not any((t.start, t.end) in filled for t in near):
                text = f'{entry.name}: how much is "{match[0]}"?'
                spans = (match.span(), *((t.start, t.end) for t in near))
                open_.append(OpenQuestion(entry.name, "missing", text, spans))
        return open_

    def _vaguely(self, near: list) -> ContractEntry | None:  # type: ignore[type-arg]
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
        self, found: list[ReadValue], requested: list[OpenQuestion]
    ) -> tuple[list[ReadValue], list[OpenQuestion]]:
        """Add settings that a quantity requires."""
        setup = {f.entry.name for f in found if f.part == "setup"}
        for one in list(found):
            name, _, value = one.entry.adds.partition(" = ")
            entry = self.contract.by_name.get(("setup", name))
            if not value or entry is None or name in setup:
                continue
            setup.add(name)
            plain = value.split(" (")[0].strip('"')
            if entry.choices and plain in entry.choices:
                found.append(ReadValue("setup", entry, one.words, names=(plain,)))
            else:
                text = f"{one.entry.name} is measured with {name} alone; which?"
                requested.append(OpenQuestion(name, "missing", text, one.words))
        return found, requested
