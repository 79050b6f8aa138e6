"""A Metamath database in memory: symbols, hypotheses, assertions and their scopes.

Source: N. Megill, D. A. Wheeler, Metamath, 2nd ed., 2019, ch. 4.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ingenium.core.errors import InputError

MOST_CHARACTERS = 1 << 26
_COMMENT = re.compile(r"(?<!\S)\$\((?!\S).*?(?<!\S)\$\)(?!\S)", re.S)
_STATEMENT = re.compile(r"\s*(?:(\$[{}])|(?:(\S+)\s+)?\$([cvdaefp])\s(.*?)(?<=\s)\$\.)(?!\S)", re.S)
_LABEL = re.compile(r"[A-Za-z0-9._-]+")
_SYMBOL = re.compile(r"[!-#%-~]+")
PROVES = "|-"
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A floating or essential hypothesis."""

    label: str
    kind: Literal["$f", "$e"]
    symbols: tuple[str, ...]  # typecode first


@dataclass(frozen=True)
class DatabaseScope:
    """Hypotheses and disjoint-variable statements that are active, the latest first."""

    before: "DatabaseScope | None" = None
    item: "Hypothesis | tuple[str, ...] | None" = None

    def items(self) -> Iterator["Hypothesis | tuple[str, ...]"]:
        """Yield what is active, the latest first."""
        here: DatabaseScope | None = self
        while here is not None and here.item is not None:
            yield here.item
            here = here.before


@dataclass
class Assertion:
    """An axiom, definition or theorem with what is needed to cite it.

    Hypotheses and disjoint pairs are collected from the scope at first use.
    """

    label: str
    kind: Literal["$a", "$p"]
    order: int
    symbols: tuple[str, ...]
    proof: str
    scope: DatabaseScope = field(repr=False)

    @cached_property
    def _active(self) -> tuple[list[Hypothesis], list[tuple[str, ...]]]:
        items = list(self.scope.items())[::-1]
        hypotheses = [i for i in items if isinstance(i, Hypothesis)]
        return hypotheses, [i for i in items if not isinstance(i, Hypothesis)]

    @cached_property
    def essentials(self) -> tuple[Hypothesis, ...]:
        """Essential hypotheses, in order."""
        return tuple(h for h in self._active[0] if h.kind == "$e")

    @cached_property
    def variables(self) -> frozenset[str]:
        """Mandatory variables: those of the conclusion and of essential hypotheses."""
        floats = {h.symbols[1] for h in self._active[0] if h.kind == "$f"}
        used = set(self.symbols).union(*(h.symbols for h in self.essentials))
        return frozenset(used & floats)

    @cached_property
    def mandatory(self) -> tuple[Hypothesis, ...]:
        """Mandatory hypotheses, in order."""
        own = self.variables
        return tuple(h for h in self._active[0] if h.kind == "$e" or h.symbols[1] in own)

    @cached_property
    def floats(self) -> tuple[Hypothesis, ...]:
        """Mandatory floating hypotheses, in order."""
        return tuple(h for h in self.mandatory if h.kind == "$f")

    @cached_property
    def disjoint(self) -> frozenset[Pair]:
        """Pairs of variables in the scope that must stay disjoint, each in alphabetical order."""
        return disjoint_pairs(self._active[1])

    @cached_property
    def mandatory_disjoint(self) -> tuple[Pair, ...]:
        """Disjoint pairs of mandatory variables."""
        own = self.variables
        return tuple(sorted(p for p in self.disjoint if p[0] in own and p[1] in own))

    @property
    def active(self) -> dict[str, Hypothesis]:
        """All hypotheses that its proof may name."""
        return {h.label: h for h in self._active[0]}


def disjoint_pairs(groups: Sequence[Sequence[str]]) -> frozenset[Pair]:
    """Return all pairs of each group, each in alphabetical order."""
    found = set()
    for group in groups:
        for i, a in enumerate(group):
            found |= {(a, b) if a < b else (b, a) for b in group[i + 1 :]}
    return frozenset(found)


@dataclass
class Database:
    """Assertions by label, in the order of the file, with the outermost scope at its end."""

    name: str
    text: str = field(repr=False)
    constants: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    assertions: dict[str, Assertion] = field(default_factory=dict, repr=False)
    labels: frozenset[str] = frozenset()  # of hypotheses and assertions
    scope: DatabaseScope = field(default_factory=DatabaseScope, repr=False)

    @cached_property
    def floats(self) -> dict[str, Hypothesis]:
        """Floating hypotheses that are active at the end, by their variables."""
        items = [i for i in self.scope.items() if isinstance(i, Hypothesis)]
        return {i.symbols[1]: i for i in reversed(items) if i.kind == "$f"}

    @cached_property
    def float_labels(self) -> dict[str, Hypothesis]:
        """Floating hypotheses that are active at the end, by their labels."""
        return {h.label: h for h in self.floats.values()}

    @cached_property
    def order(self) -> list[Assertion]:
        """Assertions in the order of the file."""
        return list(self.assertions.values())


def read(text: str, name: str) -> Database:
    """Read a database.

    Raises:
        InputError: for a text that is none, with the number of the statement and what is wrong.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"a database of at most {MOST_CHARACTERS} characters", len(text))
    reader = _DatabaseReader(Database(name, text))
    bare = _COMMENT.sub(" ", text)
    for word in ("$(", "$)", "$["):
        if word in bare:
            instead = "Write all of it in one file." if word == "$[" else "Close each comment."
            raise InputError(
                f"{name} without a stray {word}", _near(bare, bare.find(word)), instead
            )
    at = 0
    number = 0
    while found := _STATEMENT.match(bare, at):
        number += 1
        reader.take(number, found)
        at = found.end()
    if bare[at:].strip():
        what = "Metamath statements, such as wi $a wff ( ph -> ps ) $."
        raise InputError(what, _near(bare, at), f"Correct {name} there; `metamath` says more.")
    return reader.whole()


def _near(text: str, at: int) -> str:
    return repr(" ".join(text[at : at + 80].split()))


class _DatabaseReader:
    """State of the reader: symbols, labels and nested scopes."""

    def __init__(self, database: Database) -> None:
        self.base = database
        self.constants: set[str] = set()
        self.active: set[str] = set()  # variables
        self.typed: set[str] = set()  # active variables with a floating hypothesis
        self.ever: set[str] = set()
        self.labels: set[str] = set()
        self.scope = DatabaseScope()
        self.stack: list[tuple[DatabaseScope, set[str], set[str]]] = []

    def take(self, number: int, found: re.Match[str]) -> None:
        """Take one statement."""
        brace, label, kind, body = found.groups()
        if brace == "${":
            self.stack.append((self.scope, set(self.active), set(self.typed)))
        elif brace == "$}":
            if not self.stack:
                raise self._refusal(number, "a $} that closes a ${", "one without")
            self.scope, self.active, self.typed = self.stack.pop()
        elif kind in "cvd":
            if label is not None:
                raise self._refusal(number, f"${kind} without a label", label)
            self._symbols(number, kind, body.split())
        else:
            self._labelled(number, label, kind, body)

    def _symbols(self, number: int, kind: str, words: list[str]) -> None:
        if kind == "d":
            absent = [w for w in words if w not in self.active]
            if absent or len(set(words)) != len(words) or len(words) < 2:
                raise self._refusal(number, "$d of different active variables", " ".join(words))
            self.scope = DatabaseScope(self.scope, tuple(words))
            return
        for word in words:
            taken = word in self.constants or word in self.active or word in self.labels
            if not _SYMBOL.fullmatch(word) or taken or (kind == "c" and word in self.ever):
                raise self._refusal(number, f"a new symbol in ${kind}", word)
        if kind == "c" and self.stack:
            raise self._refusal(number, "$c outside of all ${ $}", " ".join(words))
        (self.constants if kind == "c" else self.active).update(words)
        self.ever.update(words)

    def _labelled(self, number: int, label: str | None, kind: str, body: str) -> None:
        if label is None or not _LABEL.fullmatch(label) or label in self.labels:
            raise self._refusal(number, f"a new label before ${kind}", str(label))
        formula, _, proof = body.partition("$=") if kind == "p" else (body, "", "")
        words = tuple(formula.split())
        if not words or words[0] not in self.constants or (kind == "p" and not proof.split()):
            raise self._refusal(number, f"a typecode and a proof of {label}", body[:60])
        if kind == "f":
            if len(words) != 2 or words[1] not in self.active or words[1] in self.typed:
                raise self._refusal(number, f"{label} as a type of a new variable", body[:60])
            self.typed.add(words[1])
        else:
            for word in words:
                if word not in self.constants and word not in self.typed:
                    raise self._refusal(number, f"symbols of {label} that are declared", word)
        self.labels.add(label)
        if kind in "ef":
            named: Literal["$e", "$f"] = "$e" if kind == "e" else "$f"
            self.scope = DatabaseScope(self.scope, Hypothesis(label, named, words))
            return
        assertion = Assertion(
            label,
            "$a" if kind == "a" else "$p",
            len(self.base.assertions),
            words,
            proof.strip(),
            self.scope,
        )
        self.base.assertions[label] = assertion

    def whole(self) -> Database:
        """Return the database after the last statement."""
        if self.stack:
            raise InputError(f"{self.base.name} with a $}} for each ${{", f"{len(self.stack)} open")
        if not self.base.assertions:
            raise InputError("a Metamath database with assertions", f"none in {self.base.name}")
        self.base.constants = frozenset(self.constants)
        self.base.variables = frozenset(self.active)
        self.base.labels = frozenset(self.labels)
        self.base.scope = self.scope
        return self.base

    def _refusal(self, number: int, expected: str, got: str) -> InputError:
        where = f"in statement {number} of {self.base.name}"
        return InputError(f"{expected} {where}", got or "nothing", "`metamath` says more.")
