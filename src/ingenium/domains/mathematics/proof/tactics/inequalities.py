"""Inequalities of real terms: squares, and Farkas combinations of given inequalities.

What is to be non-negative is written as a sum of non-negative parts with positive weights; the
weights come from an exact completion of squares or from a linear programme, made rational.
"""

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.equations import Equations, Vector, solved, times
from ingenium.domains.mathematics.proof.tactics.prover import (
    ADD,
    MUL,
    NN,
    NN0,
    ONE,
    RP,
    RR,
    SUB,
    ZERO,
    Prover,
    co,
    number,
)
from ingenium.domains.mathematics.proof.tactics.ring import Monomial, monomial_term

LESS, AT_MOST = ("clt",), ("cle",)
MOST_PARTS, MOST_BASIS = 120, 10
Part = tuple[ProofStep, Vector, bool]  # 0 <_ Q or 0 < Q, the polynomial of Q, True for <


class Inequalities:
    """Inequalities among the facts of a prover."""

    def __init__(self, prover: Prover, equations: Equations) -> None:
        self.p, self.ring = prover, equations.ring

    def related(self, one: Tree, other: Tree, sign: Tree) -> ProofStep:
        """Return `one <_ other` or `one < other`.

        Raises:
            NoStep: if it does not follow here.
        """
        if sign not in (LESS, AT_MOST):
            raise NoStep("another relation")
        target = self._difference(other, one)
        strict = sign == LESS
        if not strict:
            try:
                rest, used = self._reduced(target)
                return self._assembled(one, other, used + self._squares(rest), strict=False)
            except NoStep:
                pass
        parts = self._parts(target)
        return self._assembled(one, other, self._farkas(parts, target, strict), strict=strict)

    def _difference(self, one: Tree, other: Tree) -> Vector:
        found: Vector = {}
        for tree, s in ((one, 1), (other, -1)):
            for m, c in self.ring.normal(tree)[0]:
                found[m] = found.get(m, Fraction(0)) + s * c
        return {m: c for m, c in found.items() if c}

    def _part(self, step: ProofStep) -> Part:
        """Return a part from `0 <_ Q` or `0 < Q`."""
        _, _, (_, _, q, sign) = step.formula
        row = {m: Fraction(c) for m, c in self.ring.normal(q)[0]}
        return step, row, sign == LESS

    def _square(self, term: Tree) -> Part:
        return self._part(self.p.by("sqge0d", self.p.member(term, RR)))

    def _squares(self, target: Vector) -> list[tuple[Part, Fraction]]:
        """Complete the squares of a polynomial in its half monomials, exactly."""
        basis: list[Monomial] = [m[::2] for m in target if m[::2] == m[1::2] and m]
        basis = sorted({*basis, *((a,) for m in target for a in m if len(m) < 3)}, key=repr)
        basis.append(())
        size = len(basis)
        pairs = {times({x: Fraction(1)}, y).popitem()[0]: (i, j)
                 for i, x in enumerate(basis) for j, y in enumerate(basis) if i <= j}  # fmt: skip
        if size > MOST_BASIS or any(m not in pairs for m in target):
            raise NoStep("no sum of squares of these monomials")
        gram = [[Fraction(0)] * size for _ in range(size)]
        for m, c in target.items():
            i, j = pairs[m]
            gram[i][j] += c / 2
            gram[j][i] += c / 2
        found = []
        for i in range(size):
            pivot = gram[i][i]
            if pivot < 0 or (pivot == 0 and any(gram[i])):
                raise NoStep("not a sum of squares")
            if pivot == 0:
                continue
            row = [gram[i][j] / pivot for j in range(size)]
            scale = math.lcm(*(x.denominator for x in row))
            form = [(basis[j], int(row[j] * scale)) for j in range(size) if row[j]]
            found.append((self._square(_sum(form)), pivot / scale**2))
            for j, k in itertools.product(range(size), repeat=2):
                gram[j][k] -= pivot * row[j] * row[k]
        return found

    def _reduced(self, target: Vector) -> tuple[Vector, list[tuple[Part, Fraction]]]:
        """Eliminate variables that a given equation states, and return the equations used."""
        p, used = self.p, []
        for fact, step in list(p.facts.items()):
            if fact[0] != "wceq" or not isinstance(fact[1], str):
                continue
            try:
                row = self._difference(fact[1], fact[2])
                weight = target.get(((fact[1],)), Fraction(0)) / row[fact[1],]
                if not weight or any(fact[1] in m for m in row if m != (fact[1],)):
                    continue
                turned = p.by("eqcomd", step) if weight > 0 else step
                member = p.member(turned.formula[2][1], RR)
                part = self._part(self._positive(p.by("eqled", member, turned)))
            except (NoStep, KeyError):
                continue
            target = {m: target.get(m, 0) - weight * row.get(m, 0) for m in {*target, *row}}
            target = {m: Fraction(c) for m, c in target.items() if c}
            used.append((part, abs(weight)))
        return target, used

    def _parts(self, target: Vector) -> list[Part]:
        """Return what is known not to be negative: facts, squares, and products of two facts."""
        p = self.p
        found: list[Part] = []
        for fact in list(p.facts.values()):
            for step in self._of_fact(fact):
                try:
                    found.append(self._part(step))
                except NoStep:
                    continue
        facts = found[:12]
        found.append(self._part(p.lifted(p.by("nngt0i", p.positive(ONE)))))
        atoms = sorted({a for m in target for a in m}, key=repr)[:6]
        if max((len(m) for m in target), default=0) > 1:
            for a, b in itertools.combinations([*atoms, ONE], 2):
                for operation in (ADD, SUB):
                    try:
                        found.append(self._square(co(a, b, operation)))
                    except NoStep:
                        continue
            for (one, _, _), (other, _, _) in itertools.combinations_with_replacement(facts, 2):
                try:
                    found.append(self._part(self._product(one, other)))
                except NoStep:
                    continue
        return found[:MOST_PARTS]

    def _product(self, one: ProofStep, other: ProofStep) -> ProofStep:
        parts = [self._weak(s) for s in (one, other)]
        members = [self.p.member(s.formula[2][2], RR) for s in parts]
        return self.p.by("mulge0d", *members, *parts)

    def _weak(self, step: ProofStep) -> ProofStep:
        """Return `0 <_ Q` from `0 < Q`."""
        _, _, (_, zero, q, sign) = step.formula
        if sign == AT_MOST:
            return step
        return self.p.by("ltled", self.p.member(zero, RR), self.p.member(q, RR), step)

    def _of_fact(self, fact: ProofStep) -> list[ProofStep]:
        """Return `0 <_ Q` or `0 < Q` for what a fact says."""
        p = self.p
        formula = fact.formula[2]
        try:
            if formula[0] == "wbr" and formula[3] in (LESS, AT_MOST):
                return [self._positive(fact)]
            if formula[0] == "wceq":
                members = [p.member(t, RR) for t in formula[1:]]
                ways = p.by("eqled", members[0], fact), p.by("eqled", members[1], p.turned(fact))
                return [self._positive(w) for w in ways]
            if formula[0] == "wcel" and formula[2] == NN:
                return [self._positive(p.by("nnge1d", fact))]
            if formula[0] == "wcel" and formula[2] == NN0:
                return [p.by("nn0ge0d", fact)]
            if formula[0] == "wcel" and formula[2] == RP:
                return [p.by("rpgt0d", fact)]
        except NoStep:
            pass
        return []

    def _positive(self, fact: ProofStep) -> ProofStep:
        """Return `0 <_ ( b - a )` from `a <_ b`, or with <."""
        p = self.p
        _, a, b, sign = fact.formula[2]
        one, other = p.member(a, RR), p.member(b, RR)
        if sign == LESS:
            return p.by("mpbid", fact, p.by("posdifd", one, other))
        return p.by("mpbird", fact, p.by("subge0d", other, one))

    def _farkas(
        self, parts: Sequence[Part], target: Vector, strict: bool
    ) -> list[tuple[Part, Fraction]]:
        """Return parts with non-negative weights that add up to a target."""
        keys = sorted({m for _, row, _ in parts for m in row} | set(target), key=repr)
        table = np.array([[float(row.get(k, 0)) for _, row, _ in parts] for k in keys])
        wanted = np.array([float(target.get(k, 0)) for k in keys])
        cost = np.array([1.0 + 0.01 * len(row) for _, row, _ in parts])
        above, least = None, None
        if strict:
            above, least = [[-1.0 if s else 0.0 for _, _, s in parts]], [-1e-6]
        found = linprog(cost, above, least, table, wanted, bounds=(0, None), method="highs")
        if found.status != 0 or found.x is None:
            raise NoStep("no combination of the given inequalities")
        used = [i for i, w in enumerate(found.x) if w > 1e-9]
        weights = solved([parts[i][1] for i in used], target)
        if weights is None or any(w < 0 for w in weights):
            raise NoStep("no exact combination")
        return [(parts[i], w) for i, w in zip(used, weights, strict=True) if w]

    def _assembled(
        self, one: Tree, other: Tree, used: Sequence[tuple[Part, Fraction]], *, strict: bool
    ) -> ProofStep:
        """Return the inequality from parts and their weights."""
        p = self.p
        common = math.lcm(*(w.denominator for _, w in used)) if used else 1
        whole: ProofStep | None = None
        for (step, _, sharp), w in sorted(used, key=lambda x: strict and x[0][2]):
            scaled = self._scaled(step if strict and sharp else self._weak(step), int(w * common))
            whole = scaled if whole is None else self._plus(whole, scaled)
        if whole is None:
            whole = p.by("nn0ge0d", p.member(ZERO, NN0))
        d = number(common)
        left, right = co(d, one, MUL), co(d, other, MUL)
        _, _, (_, _, total, sign) = whole.formula
        if strict != (sign == LESS):
            raise NoStep("no strict part")
        step = p.by("breqtrd", whole, self.ring.equal(total, co(right, left, SUB)))
        members = [p.member(t, RR) for t in (left, right)]
        plain = [p.member(t, RR) for t in (one, other)] + [p.member(d, RP)]
        if strict:
            scaled = p.by("mpbird", step, p.by("posdifd", *members))
            return p.by("mpbird", scaled, p.by("ltmul2d", *plain))
        scaled = p.by("mpbid", step, p.by("subge0d", *reversed(members)))
        return p.by("mpbird", scaled, p.by("lemul2d", *plain))

    def _scaled(self, step: ProofStep, n: int) -> ProofStep:
        """Return `0 <_ ( n x. Q )`, or with <."""
        p = self.p
        _, _, (_, _, q, sign) = step.formula
        members = p.member(number(n), RR), p.member(q, RR)
        if sign == LESS:
            return p.by("mulgt0d", *members, p.by("nngt0d", p.member(number(n), NN)), step)
        return p.by("mulge0d", *members, p.by("nn0ge0d", p.member(number(n), NN0)), step)

    def _plus(self, one: ProofStep, other: ProofStep) -> ProofStep:
        """Return that a sum is not negative, or positive if one of two is."""
        p = self.p
        signs = [s.formula[2][3] == LESS for s in (one, other)]
        name = {(False, False): "addge0d", (False, True): "addgegt0d", (True, True): "addgt0d"}
        members = [p.member(s.formula[2][2], RR) for s in (one, other)]
        return p.by(name[signs[0], signs[1]], *members, one, other)


def _sum(parts: Sequence[tuple[Monomial, int]]) -> Tree:
    """Return the term of a sum of monomials."""
    found: Tree | None = None
    for atoms, c in parts:
        term = monomial_term(atoms, c)
        found = term if found is None else co(found, term, ADD)
    return found
