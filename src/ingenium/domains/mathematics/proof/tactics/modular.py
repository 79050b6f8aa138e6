"""Remainders of integer terms: sums, products, powers, and variables with a given remainder."""

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.equations import Equations
from ingenium.domains.mathematics.proof.tactics.prover import (
    ADD,
    CC,
    MUL,
    NN,
    NN0,
    POW,
    RP,
    RR,
    SUB,
    ZERO,
    ZZ,
    Prover,
    co,
    number,
    value,
)
from ingenium.domains.mathematics.proof.tactics.ring import term_of

MOD: Tree = ("cmo",)
DIVIDES: Tree = ("cdvds",)
TWO = number(2)
MOST_EXPONENT = 10**6


class Remainders:
    """Steps `( t mod m ) = ( r mod m )` with numerals r."""

    def __init__(self, prover: Prover, equations: Equations) -> None:
        self.p, self.ring = prover, equations.ring
        self._known: dict[tuple[Tree, int], tuple[int, ProofStep]] = {}

    def equal(self, term: Tree, modulus: Tree, result: Tree) -> ProofStep:
        """Return `( term mod modulus ) = result`.

        Raises:
            NoStep: if it is not so, or does not follow here.
        """
        m, wanted = value(modulus), value(result)
        if m is None or m < 1 or modulus != number(m) or result != number(wanted or 0):
            raise NoStep("a modulus or remainder that is no numeral")
        r, step = self.of(term, m)
        if r != wanted:
            raise NoStep("another remainder")
        return self.p.then(step, self._itself(r, m))

    def divides(self, divisor: Tree, term: Tree) -> ProofStep:
        """Return `divisor || term`.

        Raises:
            NoStep: if it is not so, or does not follow here.
        """
        p = self.p
        try:
            return self._factor(divisor, term)
        except NoStep:
            pass
        members = p.member(divisor, NN), p.member(term, ZZ)
        remainder = self.equal(term, divisor, ZERO)
        same = ("wb", ("wbr", divisor, term, DIVIDES), remainder.formula[2])
        return p.by("mpbird", remainder, p.applied("dvdsval3", *members, result=same))

    def _factor(self, divisor: Tree, term: Tree) -> ProofStep:
        """Return `divisor || term` for a number or variable that each monomial has as a factor."""
        p, m = self.p, value(divisor) or 1
        own = () if value(divisor) is not None else (divisor,)
        found = []
        for atoms, c in self.ring.normal(term)[0]:
            if c % m or any(a not in atoms for a in own):
                raise NoStep("a monomial without this factor")
            at = atoms.index(own[0]) if own else len(atoms)
            found.append((atoms[:at] + atoms[at + 1 :], c // m))
        quotient = term_of(tuple(found))
        whole = co(divisor, quotient, MUL)
        members = p.member(divisor, ZZ), p.member(quotient, ZZ)
        step = p.applied("dvdsmul1", *members, result=("wbr", divisor, whole, DIVIDES))
        return p.by("breqtrrd", step, self.ring.equal(term, whole))

    def leaves_a_rest(self, divisor: Tree, term: Tree) -> ProofStep:
        """Return `-. divisor || term`.

        Raises:
            NoStep: if it is not so, or does not follow here.
        """
        p, m = self.p, value(divisor)
        if not m:
            raise NoStep("a divisor that is no numeral")
        r, _ = self.of(term, m)
        remainder = self.equal(term, divisor, number(r))
        unequal = p.by("eqnetrd", remainder, p.nonzero(number(r)))
        members = p.member(divisor, NN), p.member(term, ZZ)
        zero = ("wceq", co(term, divisor, MOD), ZERO)
        same = p.applied("dvdsval3", *members, result=("wb", ("wbr", divisor, term, DIVIDES), zero))
        return p.by("mtbird", p.by("neneqd", unequal), same)

    def of(self, term: Tree, m: int) -> tuple[int, ProofStep]:
        """Return the remainder of a term, and its step."""
        key = term, m
        if key not in self._known:
            self._known[key] = self._of(term, m)
        return self._known[key]

    def _of(self, term: Tree, m: int) -> tuple[int, ProofStep]:
        p, modulus = self.p, number(m)
        n = value(term)
        if n is not None:
            return self._numeral(term, n, m)
        given = self._given(term, m)
        if given is not None:
            return given
        if isinstance(term, tuple) and term[0] == "cneg":
            if value(term[1]) is not None:
                return self._numeral(term, -(value(term[1]) or 0), m)
            return self._after(p.turned(p.by("mulm1d", p.member(term[1], CC))), m)
        if not isinstance(term, tuple) or term[0] != "co":
            raise NoStep("a term without a known remainder")
        _, a, b, operation = term
        if operation == SUB:
            return self._after(p.turned(p.by("negsubd", p.member(a, CC), p.member(b, CC))), m)
        if operation == POW:
            return self._power(a, b, m)
        if operation not in (ADD, MUL):
            raise NoStep("no sum and no product")
        (x, left), (y, right) = self.of(a, m), self.of(b, m)
        name, of = ("modadd12d", RR) if operation == ADD else ("modmul12d", ZZ)
        members = [p.member(t, of) for t in (a, number(x), b, number(y))]
        step = p.by(name, *members, p.member(modulus, RP), left, right)
        r, more = self._small(co(number(x), number(y), operation), m)
        return r, p.then(step, more)

    def _after(self, step: ProofStep, m: int) -> tuple[int, ProofStep]:
        """Go on with the right side of an equation."""
        modulus = self.p.same(number(m))
        r, more = self.of(step.formula[2][2], m)
        return r, self.p.then(self.p.inside(step, modulus, MOD), more)

    def _small(self, term: Tree, m: int) -> tuple[int, ProofStep]:
        """Return the remainder of a sum or product of two numerals."""
        a, b = value(term[1]) or 0, value(term[2]) or 0
        total = a + b if term[3] == ADD else a * b
        return self._numeral(term, total, m)

    def _numeral(self, term: Tree, n: int, m: int) -> tuple[int, ProofStep]:
        """Return the remainder of a term whose value is a number, by `n = ( r + ( k x. m ) )`."""
        p, modulus = self.p, number(m)
        k, r = divmod(n, m)
        if term == number(r):
            return r, p.same(co(term, modulus, MOD))
        split = self.ring.equal(term, co(number(r), co(number(k), modulus, MUL), ADD))
        inside = p.inside(split, p.same(modulus), MOD)
        same = ("wceq", inside.formula[2][2], co(number(r), modulus, MOD))
        members = p.member(number(r), RR), p.member(modulus, RP), p.member(number(k), ZZ)
        return r, p.then(inside, p.applied("modcyc", *members, result=same))

    def _given(self, term: Tree, m: int) -> tuple[int, ProofStep] | None:
        """Return the remainder that a fact states."""
        for fact, step in self.p.facts.items():
            if fact[0] == "wceq" and fact[1] == co(term, number(m), MOD):
                r = value(fact[2])
                if r is not None and r < m and fact[2] == number(r):
                    return r, self.p.then(step, self.p.turned(self._itself(r, m)))
        return None

    def _itself(self, r: int, m: int) -> ProofStep:
        """Return `( r mod m ) = r` for r below m."""
        p = self.p
        members = p.by("jca", p.member(number(r), RR), p.member(number(m), RP))
        order = self.ring.arithmetic
        above = p.by("nn0ge0d", p.member(number(r), NN0))
        both = p.by("jca", above, p.lifted(order.less(r, m)))
        same = ("wceq", co(number(r), number(m), MOD), number(r))
        return p.applied("modid", members, both, result=same)

    def _power(self, base: Tree, exponent: Tree, m: int) -> tuple[int, ProofStep]:
        """Return the remainder of a power, by squares."""
        p, e = self.p, value(exponent)
        if e is None or e > MOST_EXPONENT or exponent != number(e):
            raise NoStep("an exponent that is no numeral")
        member = p.member(base, CC)
        if e < 2:
            return self._after(p.by("exp0d" if e == 0 else "exp1d", member), m)
        if e == 2:
            return self._after(p.by("sqvald", member), m)
        order = self.ring.arithmetic
        if e % 2:
            plus = p.turned(p.lifted(order.sum(e - 1, 1)))
            step = p.by("expp1d", member, p.member(number(e - 1), NN0))
        else:
            plus = p.turned(p.lifted(order.product(e // 2, 2)))
            naturals = p.member(number(2), NN0), p.member(number(e // 2), NN0)
            step = p.by("expmuld", member, *naturals)
        return self._after(p.then(p.inside(p.same(base), plus, POW), step), m)


def learn_remainders(p: Prover) -> None:
    """Add the remainders of terms that are even, odd, or divisible by a number, to the facts."""
    for fact, step in list(p.facts.items()):
        try:
            if fact[0] == "wcel" and fact[2] in PARITY:
                p.learn(p.by("sylib", step, p.by(PARITY[fact[2]], goal=of_parity(fact))))
        except NoStep:
            continue
    for fact, step in list(p.facts.items()):
        try:
            if fact[0] == "wbr" and fact[3] == DIVIDES and value(fact[1]):
                zero = ("wceq", co(fact[2], fact[1], MOD), ZERO)
                members = p.member(fact[1], NN), p.member(fact[2], ZZ)
                same = p.applied("dvdsval3", *members, result=("wb", fact, zero))
                p.learn(p.by("mpbid", step, same))
            elif fact[0] == "wn" and fact[1][0] == "wbr" and fact[1][1:4:2] == (TWO, DIVIDES):
                one = ("wceq", co(fact[1][2], TWO, MOD), number(1))
                member = p.member(fact[1][2], ZZ)
                odd = p.applied("mod2eq1n2dvds", member, result=("wb", one, fact))
                p.learn(p.by("mpbird", step, odd))
        except NoStep:
            continue


PARITY: dict[Tree, str] = {("codd",): "isodd3", ("ceven",): "iseven2"}


def of_parity(fact: Tree) -> Tree:
    """Return what membership in the class Even or Odd says."""
    _, term, of = fact
    even = ("wbr", TWO, term, DIVIDES)
    said = even if of == ("ceven",) else ("wn", even)
    return ("wb", fact, ("wa", ("wcel", term, ZZ), said))
