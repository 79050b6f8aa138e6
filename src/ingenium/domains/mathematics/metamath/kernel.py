"""The kernel: proofs are checked by substitution and disjoint variables, and by nothing else.

Source: N. Megill, D. A. Wheeler, Metamath, 2nd ed., 2019, sections 4.3 and appendix B.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.mathematics.metamath.database import (
    PROVES,
    Assertion,
    Database,
    Hypothesis,
    Pair,
)

Expression = tuple[str, ...]
MOST_SYMBOLS, MOST_STEPS = 1 << 16, 1 << 18  # of an expression; of a proof
_LETTERS = re.compile(r"[A-Z?]*")


class ProofError(Exception):
    """A proof that the kernel refuses; the message names the step."""


@dataclass(frozen=True)
class Theorem:
    """A statement to prove: its hypotheses, conclusion, disjoint pairs, and what it may cite."""

    label: str
    floats: tuple[Hypothesis, ...]  # mandatory, in the order of the database
    essentials: tuple[Hypothesis, ...]
    symbols: Expression
    disjoint: frozenset[Pair]
    before: int  # only assertions that come earlier may be cited
    active: Mapping[str, Hypothesis]  # hypotheses that the proof may name
    hidden: frozenset[str] = frozenset()  # labels that may not be cited

    @cached_property
    def mandatory(self) -> tuple[str, ...]:
        """Labels of mandatory hypotheses."""
        return tuple(h.label for h in (*self.floats, *self.essentials))

    @cached_property
    def variables(self) -> frozenset[str]:
        """Mandatory variables."""
        return frozenset(h.symbols[1] for h in self.floats)


@dataclass(frozen=True)
class Checked:
    """A proof that the kernel accepted."""

    steps: int  # of logic: citations of assertions that prove
    cited: tuple[str, ...]  # assertions, each once, in order of first use


def of_assertion(assertion: Assertion) -> Theorem:
    """Return an assertion of a database as a statement to prove from what comes before it."""
    return Theorem(
        assertion.label,
        assertion.floats,
        assertion.essentials,
        assertion.symbols,
        assertion.disjoint,
        assertion.order,
        assertion.active,
    )


def check(database: Database, theorem: Theorem, proof: str) -> Checked:
    """Check a proof, normal or compressed.

    Raises:
        ProofError: naming the step that is wrong.
    """
    words = proof.split()
    run = ProofRun(database, theorem)
    if words[:1] == ["("]:
        run.compressed(words)
    else:
        for word in words:
            run.label(word)
    return run.ended()


class ProofRun:
    """The stack of a proof that is being checked."""

    def __init__(self, database: Database, theorem: Theorem) -> None:
        self.base, self.theorem = database, theorem
        self.variables = frozenset(h.symbols[1] for h in theorem.active.values() if h.kind == "$f")
        self.stack: list[Expression] = []
        self.cited: dict[str, None] = {}
        self.count = self.steps = 0

    def compressed(self, words: Sequence[str]) -> None:
        """Run a compressed proof."""
        if ")" not in words:
            raise ProofError("a compressed proof without a closing parenthesis")
        end = words.index(")")
        labels = list(words[1:end])
        own = self.theorem.mandatory
        doubled = [x for x in labels if x in own]
        if doubled or len(set(labels)) != len(labels):
            raise ProofError(f"a label twice in the list: {(doubled or labels)[0]}")
        letters = "".join(words[end + 1 :])
        if not _LETTERS.fullmatch(letters):
            raise ProofError("letters other than A to Z in a compressed proof")
        saved: list[Expression] = []
        number, fresh = 0, False
        for letter in letters:
            if letter == "?":
                raise ProofError("a step that is not proved: ?")
            if letter == "Z":
                if not fresh:
                    raise ProofError("a Z that follows no step")
                saved.append(self.stack[-1])
                fresh = False
            elif letter >= "U":
                number, fresh = number * 5 + ord(letter) - 84, False
                if number > MOST_STEPS:
                    raise ProofError("a number beyond all steps")
            else:
                at = number * 20 + ord(letter) - 65
                number, fresh = 0, True
                if at < len(own):
                    self.label(own[at])
                elif at < len(own) + len(labels):
                    self.label(labels[at - len(own)])
                elif at < len(own) + len(labels) + len(saved):
                    self.push(saved[at - len(own) - len(labels)])
                else:
                    raise ProofError(f"step {self.count + 1} refers to none that exists")
        if number:
            raise ProofError("a number that does not end")

    def label(self, word: str) -> None:
        """Run one step."""
        if word == "?":
            raise ProofError("a step that is not proved: ?")
        if word in self.theorem.active:
            self.push(self.theorem.active[word].symbols)
            return
        cited = self.base.assertions.get(word)
        if cited is None:
            raise ProofError(
                f"step {self.count + 1} cites {word}, which the database does not have"
            )
        if cited.order >= self.theorem.before or word == self.theorem.label:
            raise ProofError(f"step {self.count + 1} cites {word}, which comes later")
        if word in self.theorem.hidden:
            raise ProofError(f"step {self.count + 1} cites {word}, which is hidden")
        self._cite(cited)

    def _cite(self, cited: Assertion) -> None:
        base = len(self.stack) - len(cited.mandatory)
        if base < 0:
            raise ProofError(f"step {self.count + 1}, {cited.label}, lacks hypotheses")
        given: dict[str, Expression] = {}
        for hypothesis, found in zip(cited.mandatory, self.stack[base:], strict=True):
            if hypothesis.kind == "$f":
                if found[0] != hypothesis.symbols[0]:
                    what = f"{hypothesis.symbols[1]} must be of type {hypothesis.symbols[0]}"
                    raise ProofError(f"step {self.count + 1}, {cited.label}: {what}")
                given[hypothesis.symbols[1]] = found[1:]
        for hypothesis, found in zip(cited.mandatory, self.stack[base:], strict=True):
            if hypothesis.kind == "$e" and substituted(hypothesis.symbols, given) != found:
                wanted = " ".join(substituted(hypothesis.symbols, given))[:120]
                got = " ".join(found)[:120]
                raise ProofError(
                    f"step {self.count + 1}, {cited.label}: {hypothesis.label} is {wanted}, "
                    f"not {got}"
                )
        self._disjoint(cited, given)
        del self.stack[base:]
        self.cited.setdefault(cited.label)
        self.steps += cited.symbols[0] == PROVES
        self.push(substituted(cited.symbols, given))

    def _disjoint(self, cited: Assertion, given: Mapping[str, Expression]) -> None:
        for one, other in cited.mandatory_disjoint:
            first = self.variables.intersection(given[one])
            for a in first:
                for b in self.variables.intersection(given[other]):
                    if a == b or ((a, b) if a < b else (b, a)) not in self.theorem.disjoint:
                        raise ProofError(
                            f"step {self.count + 1}, {cited.label}: {one} and {other} must be "
                            f"disjoint, but {a} and {b} are not"
                        )

    def push(self, expression: Expression) -> None:
        self.count += 1
        if self.count > MOST_STEPS or len(expression) > MOST_SYMBOLS:
            raise ProofError("a proof beyond the bounds of its length")
        self.stack.append(expression)

    def ended(self) -> Checked:
        """Return what was proved."""
        if len(self.stack) != 1:
            raise ProofError(f"a proof that leaves {len(self.stack)} expressions")
        if self.stack[0] != self.theorem.symbols:
            raise ProofError(f"a proof of {' '.join(self.stack[0])[:200]}")
        return Checked(self.steps, tuple(self.cited))


def substituted(symbols: Sequence[str], given: Mapping[str, Expression]) -> Expression:
    """Return an expression with expressions in place of its variables."""
    found: list[str] = []
    for symbol in symbols:
        if symbol in given:
            found += given[symbol]
        else:
            found.append(symbol)
    return tuple(found)
