"""Equations that follow from given equations by a linear combination, with monomials as unknowns.

The combination is found exactly in rational numbers; with D the common denominator, the kernel sees
`( D x. L ) + T = ( D x. R ) + S` by ring normal form and `S = T` from the given equations.
"""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.prover import (
    ADD,
    CC,
    DIV,
    MUL,
    NN0,
    ONE,
    POW,
    SUB,
    ZZ,
    Prover,
    co,
    number,
    value,
)
from ingenium.domains.mathematics.proof.tactics.ring import Monomial, Ring, product_term

MOST_FACTS, MOST_ROWS, MOST_DEGREE = 40, 160, 3
Vector = dict[Monomial, Fraction]


class Equations:
    """Equations among the facts of a prover."""

    def __init__(self, prover: Prover) -> None:
        self.p, self.ring = prover, Ring(prover)
        self._fractions: dict[Tree, tuple[Tree, Tree, ProofStep, ProofStep | None]] = {}

    def equal(self, one: Tree, other: Tree) -> ProofStep:
        """Return `one = other`.

        Raises:
            NoStep: if it follows neither by ring normal form nor from the facts.
        """
        p = self.p
        (n, d, left, x), (m, e, right, y) = self.fraction(one), self.fraction(other)
        if d == e == ONE:
            return self.polynomial(one, other)
        cross = self.polynomial(co(n, e, MUL), co(m, d, MUL))
        whole = co(d, e, MUL)
        start = self.ring.equal(co(whole, one, MUL), co(co(d, one, MUL), e, MUL))
        end = self.ring.equal(co(co(e, other, MUL), d, MUL), co(whole, other, MUL))
        to_n, from_m = p.inside(left, p.same(e), MUL), p.inside(p.turned(right), p.same(d), MUL)
        step = p.then(start, to_n, cross, from_m, end)
        zero = self._product_nonzero(d, e, x, y)
        members = [p.member(t, CC) for t in (one, other, whole)]
        return p.by("mulcanad", *members, zero or p.nonzero(whole), step)

    def polynomial(self, one: Tree, other: Tree) -> ProofStep:
        """Return `one = other` for terms without quotients."""
        try:
            return self.ring.equal(one, other)
        except NoStep:
            return self._assembled(one, other, self._combination(one, other))

    def _facts(self) -> list[ProofStep]:
        """Return given equations of complex numbers, without quotients."""
        found = []
        for tree, step in list(self.p.facts.items())[:MOST_FACTS]:
            if isinstance(tree, tuple) and tree[0] == "wceq":
                try:
                    found.append(self.cleared(step))
                except NoStep:
                    continue
        return found

    def cleared(self, fact: ProofStep) -> ProofStep:
        """Return an equation multiplied by its denominators."""
        _, _, (_, one, other) = fact.formula
        p = self.p
        (n, d, left, _), (m, e, right, _) = self.fraction(one), self.fraction(other)
        if d == e == ONE:
            return fact
        # n e = d one e = d other e = e other d = m d
        start = p.inside(p.turned(left), p.same(e), MUL)
        swap = p.inside(p.inside(p.same(d), fact, MUL), p.same(e), MUL)
        turn = self.ring.equal(co(co(d, other, MUL), e, MUL), co(co(e, other, MUL), d, MUL))
        del n, m
        return p.then(start, swap, turn, p.inside(right, p.same(d), MUL))

    def fraction(self, term: Tree) -> tuple[Tree, Tree, ProofStep, ProofStep | None]:
        """Return N and D without quotients, `( D x. term ) = N`, and that D is not 0."""
        if term not in self._fractions:
            self._fractions[term] = self._fraction(term)
        return self._fractions[term]

    def _fraction(self, term: Tree) -> tuple[Tree, Tree, ProofStep, ProofStep | None]:
        p = self.p
        if not _has_quotient(term):
            return term, ONE, p.by("mulid2d", p.member(term, CC)), None
        if term[0] == "cneg":
            n, d, step, nonzero = self.fraction(term[1])
            turn = self.ring.equal(co(d, term, MUL), ("cneg", co(d, term[1], MUL)))
            return ("cneg", n), d, p.then(turn, p.by("negeqd", step)), nonzero
        if term[0] != "co":
            return term, ONE, p.by("mulid2d", p.member(term, CC)), None
        _, a, b, operation = term
        exponent = value(b)
        if operation == POW and exponent is not None:
            return self._power(a, b)
        if operation not in (ADD, SUB, MUL, DIV):
            return term, ONE, p.by("mulid2d", p.member(term, CC)), None
        (n, d, left, x), (m, e, right, y) = self.fraction(a), self.fraction(b)
        if operation == DIV:
            return self._quotient(term, (n, d, left, x), (m, e, right, y))
        both = self._product_nonzero(d, e, x, y)
        da, eb, denominator = co(d, a, MUL), co(e, b, MUL), co(d, e, MUL)
        if operation == MUL:
            turn = self.ring.equal(co(denominator, term, MUL), co(da, eb, MUL))
            return co(n, m, MUL), denominator, p.then(turn, p.inside(left, right, MUL)), both
        split = co(co(da, e, MUL), co(eb, d, MUL), operation)
        turn = self.ring.equal(co(denominator, term, MUL), split)
        parts = p.inside(left, p.same(e), MUL), p.inside(right, p.same(d), MUL)
        whole = co(co(n, e, MUL), co(m, d, MUL), operation)
        return whole, denominator, p.then(turn, p.inside(*parts, operation)), both

    def _power(self, base: Tree, exponent: Tree) -> tuple[Tree, Tree, ProofStep, ProofStep | None]:
        p = self.p
        n, d, step, nonzero = self.fraction(base)
        members = p.member(d, CC), p.member(base, CC), p.member(exponent, NN0)
        turn = p.turned(p.by("mulexpd", *members))
        if nonzero is not None:
            nonzero = p.by("expne0d", members[0], nonzero, p.member(exponent, ZZ))
        inside = p.inside(step, p.same(exponent), POW)
        return co(n, exponent, POW), co(d, exponent, POW), p.then(turn, inside), nonzero

    def _product_nonzero(
        self, d: Tree, e: Tree, x: ProofStep | None, y: ProofStep | None
    ) -> ProofStep | None:
        if x is None and y is None:
            return None
        one = [s or self.p.nonzero(t) for s, t in ((x, d), (y, e))]
        return self.p.by("mulne0d", self.p.member(d, CC), self.p.member(e, CC), *one)

    def _quotient(
        self,
        term: Tree,
        above: tuple[Tree, Tree, ProofStep, ProofStep | None],
        below: tuple[Tree, Tree, ProofStep, ProofStep | None],
    ) -> tuple[Tree, Tree, ProofStep, ProofStep | None]:
        """Return `( ( D x. M ) x. ( a / b ) ) = ( N x. E )` from D a = N and E b = M."""
        p = self.p
        _, a, b, _ = term
        (n, d, left, x), (m, e, right, _) = above, below
        members = p.member(a, CC), p.member(b, CC)
        nonzero = p.nonzero(b)
        whole = p.by("divcan2d", *members, nonzero)
        start = p.inside(p.inside(p.same(d), p.turned(right), MUL), p.same(term), MUL)
        _, _, (_, _, opened) = start.formula
        middle = co(co(d, e, MUL), co(b, term, MUL), MUL)
        turn = self.ring.equal(opened, middle)
        cancelled = p.inside(p.same(co(d, e, MUL)), whole, MUL)
        back = self.ring.equal(co(co(d, e, MUL), a, MUL), co(co(d, a, MUL), e, MUL))
        step = p.then(start, turn, cancelled, back, p.inside(left, p.same(e), MUL))
        denominator = co(d, m, MUL)
        zero = self.below(b, m, e, right, below[3])
        parts = p.member(d, CC), p.member(m, CC), x or p.nonzero(d), zero
        return co(n, e, MUL), denominator, step, p.by("mulne0d", *parts)

    def below(
        self, b: Tree, m: Tree, e: Tree, step: ProofStep, nonzero: ProofStep | None
    ) -> ProofStep:
        """Return that M is not 0, from `( E x. b ) = M`."""
        p = self.p
        try:
            return p.nonzero(m)
        except NoStep:
            parts = p.member(e, CC), p.member(b, CC), nonzero or p.nonzero(e), p.nonzero(b)
            return p.by("eqnetrrd", step, p.by("mulne0d", *parts))

    def _difference(self, one: Tree, other: Tree) -> Vector:
        """Return the polynomial of a difference."""
        found: Vector = {}
        for sign, tree in ((1, one), (-1, other)):
            for atoms, c in self.ring.normal(tree)[0]:
                found[atoms] = found.get(atoms, Fraction(0)) + sign * c
        return {m: c for m, c in found.items() if c}

    def _combination(self, one: Tree, other: Tree) -> list[tuple[ProofStep, Monomial, Fraction]]:
        """Return facts with multipliers whose sum is the wanted equation."""
        target = self._difference(one, other)
        usable: list[tuple[ProofStep, Vector]] = []
        for fact in self._facts():
            try:
                row = self._difference(*fact.formula[2][1:])
            except NoStep:
                continue
            if row:
                usable.append((fact, row))
        atoms = sorted({a for _, row in usable for m in (*row, *target) for a in m}, key=repr)
        for degree in range(MOST_DEGREE + 1):
            factors = [
                m
                for k in range(degree + 1)
                for m in itertools.combinations_with_replacement(atoms, k)
            ]
            if len(factors) * len(usable) > MOST_ROWS:
                break
            pairs = [(f, m, times(row, m)) for f, row in usable for m in factors]
            weights = solved([row for _, _, row in pairs], target)
            if weights is not None:
                return [(f, m, w) for (f, m, _), w in zip(pairs, weights, strict=True) if w]
        raise NoStep("no combination of the given equations")

    def _assembled(
        self, one: Tree, other: Tree, used: Sequence[tuple[ProofStep, Monomial, Fraction]]
    ) -> ProofStep:
        """Return the equation from facts and their multipliers."""
        p = self.p
        common = math.lcm(*(w.denominator for _, _, w in used))
        sums: ProofStep | None = None
        for fact, atoms, w in used:
            n = int(w * common)
            turned = fact if n > 0 else p.turned(fact)
            whole = co(number(abs(n)), product_term(atoms), MUL)
            scaled = p.inside(p.same(whole), turned, MUL)
            sums = scaled if sums is None else p.inside(sums, scaled, ADD)
        if sums is None:
            raise NoStep("nothing to combine")
        _, _, (_, s, t) = sums.formula  # S = T, where S - T = D ( one - other )
        d = number(common)
        left, right = co(d, one, MUL), co(d, other, MUL)
        crossed = self.ring.equal(co(left, t, ADD), co(right, s, ADD))
        swapped = p.then(crossed, p.inside(p.same(right), sums, ADD))
        members = [p.member(x, CC) for x in (left, right, t)]
        return self._divided(one, other, d, p.by("addcan2ad", *members, swapped))

    def _divided(self, one: Tree, other: Tree, d: Tree, step: ProofStep) -> ProofStep:
        """Return `one = other` from `( D x. one ) = ( D x. other )`."""
        p = self.p
        more = [p.member(x, CC) for x in (one, other, d)]
        return p.by("mulcanad", *more, p.nonzero(d), step)


def _has_quotient(tree: Tree) -> bool:
    if not isinstance(tree, tuple):
        return False
    own = tree[0] == "co" and tree[3] == DIV
    return own or any(_has_quotient(t) for t in tree[1:])


def times(row: Vector, atoms: Monomial) -> Vector:
    """Return a polynomial times a monomial."""
    return {tuple(sorted((*m, *atoms), key=repr)): c for m, c in row.items()}


def solved(rows: Sequence[Vector], target: Vector) -> list[Fraction] | None:
    """Return weights with which rows add up to a target, exactly; None if there are none."""
    keys = sorted({k for row in (*rows, target) for k in row}, key=repr)
    table = [[row.get(k, Fraction(0)) for row in rows] + [target.get(k, Fraction(0))] for k in keys]
    pivots: list[int] = []
    at = 0
    for column in range(len(rows)):
        pivot = next((i for i in range(at, len(table)) if table[i][column]), None)
        if pivot is None:
            continue
        table[at], table[pivot] = table[pivot], table[at]
        lead = table[at][column]
        table[at] = [x / lead for x in table[at]]
        for i, row in enumerate(table):
            if i != at and row[column]:
                factor = row[column]
                table[i] = [x - factor * y for x, y in zip(row, table[at], strict=True)]
        pivots.append(column)
        at += 1
    if any(row[-1] for row in table[at:]):
        return None
    weights = [Fraction(0)] * len(rows)
    for i, column in enumerate(pivots):
        weights[column] = table[i][-1]
    return weights
