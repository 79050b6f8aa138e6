"""Truth of statements on small numbers, exactly: a counterexample saves a search."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.index import Index, leaves
from ingenium.domains.mathematics.proof.goal import ProofGoal

_INTEGERS = (0, 1, 2, 3, -1, 4, 5, -2, 6, 7, 8, 9, 10, 12, 15, -3)
VALUES = (*map(Fraction, _INTEGERS), Fraction(1, 2), Fraction(-3, 2), Fraction(5, 3))
MOST_CASES, MOST_POWER, MOST_SIZE = 20_000, 12, 10**30
_WHOLE = {"ZZ": -(10**30), "NN0": 0, "NN": 1}
_DENSE = ("RR", "QQ", "CC", "RR*")


class Unknown(ValueError):  # noqa: N818 - reads as what it is
    """A formula whose truth is not computed here."""


def counterexample(goal: ProofGoal) -> dict[str, Fraction] | None:
    """Return small numbers for which a statement is false; None if none was found.

    A statement with quantifiers over infinite sets is only refuted where it begins with "for all".
    """
    judge = _Judge(goal.index)
    body, names = goal.conclusion, []
    while isinstance(body, tuple) and body[0] == "wral":
        parts = judge.bound(body)
        names.append((parts[1], parts[2]))
        body = parts[0]
    free = sorted(leaves(body).union(*(leaves(p) for p in goal.premises)))
    kinds = {f: goal.index.base.float_labels[f].symbols[0] for f in free}
    bound = [n for n, _ in names]
    if any(kinds[f] == "wff" or (kinds[f] == "setvar" and f not in bound) for f in free):
        return None
    for values in itertools.islice(itertools.product(VALUES, repeat=len(free)), MOST_CASES):
        given = dict(zip(free, values, strict=True))
        try:
            inside = all(judge.member(given.get(n, Fraction(0)), s) for n, s in names)
            given_true = inside and all(judge.true(p, given) for p in goal.premises)
            if given_true and not judge.true(body, given):
                return {goal.index.base.float_labels[f].symbols[1]: v for f, v in given.items()}
        except Unknown:
            continue
    return None


@dataclass(frozen=True)
class _Judge:
    """Truth and values of trees under numbers for variables."""

    index: Index

    def bound(self, tree: Tree) -> tuple[Tree, str, Tree]:
        """Return body, variable and class of a quantifier over a class."""
        types = self.index.grammar.productions[tree[0]].types
        parts = dict(zip(types, tree[1:], strict=True))
        return parts["wff"], parts["setvar"], parts["class"]

    def name(self, tree: Tree) -> str:
        return " ".join(self.index.grammar.symbols(tree))

    def true(self, tree: Tree, given: Mapping[str, Fraction]) -> bool:
        """Return the truth of a formula.

        Raises:
            Unknown: if it is not computed here.
        """
        if isinstance(tree, str):
            raise Unknown(tree)
        head, parts = tree[0], tree[1:]
        if head == "wn":
            return not self.true(parts[0], given)
        if head in ("wi", "wa", "wo", "wb"):
            one = self.true(parts[0], given)
            if head == "wi" and not one:
                return True
            if head == "wa" and not one:
                return False
            other = self.true(parts[1], given)
            return {"wi": other, "wa": other, "wo": one or other, "wb": one == other}[head]
        if head == "w3a":
            return all(self.true(p, given) for p in parts)
        if head in ("wceq", "wne"):
            same: bool = self.value(parts[0], given) == self.value(parts[1], given)
            return same is (head == "wceq")
        if head == "wcel":
            return self.member(self.value(parts[0], given), parts[1])
        if head == "wbr":
            return self.related(self.name(parts[2]), *(self.value(p, given) for p in parts[:2]))
        raise Unknown(head)

    def member(self, value: Fraction, of: Tree) -> bool:
        """Return True if a number is in a set of numbers."""
        name = self.name(of)
        whole = value.denominator == 1
        if name in _WHOLE:
            return whole and value >= _WHOLE[name]
        if name in _DENSE:
            return True
        if name == "RR+":
            return value > 0
        if name in ("Even", "Odd"):
            return whole and value % 2 == (name == "Odd")
        if name == "Prime":
            return (
                whole
                and value > 1
                and all(value % d for d in range(2, int(value)) if d * d <= value)
            )
        raise Unknown(name)

    def related(self, name: str, one: Fraction, other: Fraction) -> bool:
        """Return the truth of a relation."""
        if name == "<":
            return one < other
        if name == "<_":
            return one <= other
        if name == "||":
            if one.denominator != 1 or other.denominator != 1:
                return False
            return other == 0 if one == 0 else other % one == 0
        raise Unknown(name)

    def value(self, tree: Tree, given: Mapping[str, Fraction]) -> Fraction:
        """Return the value of a term.

        Raises:
            Unknown: if it is not computed here.
        """
        if isinstance(tree, str):
            if tree not in given:
                raise Unknown(tree)
            return given[tree]
        head, parts = tree[0], tree[1:]
        if head == "cv":
            return self.value(parts[0], given)
        digit = self.name(tree)
        if digit.isdigit():
            return Fraction(int(digit))
        if head == "cdc":
            return 10 * self.value(parts[0], given) + self.value(parts[1], given)
        if head == "cneg":
            return -self.value(parts[0], given)
        if head == "cfv" and self.name(parts[1]) == "abs":
            return abs(self.value(parts[0], given))
        if head == "co":
            one, other = (self.value(p, given) for p in parts[:2])
            return self.operated(self.name(parts[2]), one, other)
        raise Unknown(head)

    def operated(self, name: str, one: Fraction, other: Fraction) -> Fraction:
        """Return the value of an operation."""
        if name == "+":
            return one + other
        if name == "-":
            return one - other
        if name == "x.":
            return one * other
        if name == "/" and other:
            return one / other
        whole = other.denominator == 1
        if name == "^" and whole and abs(other) <= MOST_POWER and (one or other >= 0):
            found = one ** int(other)
            if abs(found) < MOST_SIZE:
                return found
        if name == "mod" and other > 0:
            return one % other
        raise Unknown(name)
