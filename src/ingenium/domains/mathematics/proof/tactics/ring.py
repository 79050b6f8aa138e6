"""Ring normal form: each term of CC equals a sorted sum of integers times products of atoms.

A polynomial is a list of monomials in ascending order; a monomial is the sorted tuple of its atoms.
Its term is `( c x. M )`, where M is 1 or a product, and sums are nested to the left; 0 is `0`.
"""

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.arithmetic import DecimalArithmetic
from ingenium.domains.mathematics.proof.tactics.prover import (
    ADD,
    CC,
    MUL,
    NN0,
    ONE,
    POW,
    SUB,
    ZERO,
    Prover,
    co,
    number,
    value,
)

Monomial = tuple[Tree, ...]
Polynomial = tuple[tuple[Monomial, int], ...]
MOST_TERMS, MOST_POWER, MOST_DIGITS = 40, 12, 40


def _order(monomial: Monomial) -> tuple[int, str]:
    return len(monomial), repr(monomial)


def product_term(atoms: Monomial) -> Tree:
    """Return the term of a product of atoms."""
    if not atoms:
        return ONE
    found = atoms[0]
    for a in atoms[1:]:
        found = co(found, a, MUL)
    return found


def monomial_term(atoms: Monomial, coefficient: int) -> Tree:
    """Return the term of a monomial."""
    return co(number(coefficient), product_term(atoms), MUL)


def term_of(polynomial: Polynomial) -> Tree:
    """Return the term of a polynomial."""
    if not polynomial:
        return ZERO
    found = monomial_term(*polynomial[0])
    for m in polynomial[1:]:
        found = co(found, monomial_term(*m), ADD)
    return found


class Ring:
    """Normal forms under the facts of a prover, with their steps."""

    def __init__(self, prover: Prover) -> None:
        self.p, self.arithmetic = prover, DecimalArithmetic(prover)
        self._known: dict[Tree, tuple[Polynomial, ProofStep]] = {}

    def equal(self, one: Tree, other: Tree) -> ProofStep:
        """Return `one = other` for terms with the same normal form.

        Raises:
            NoStep: if they differ.
        """
        (p, left), (q, right) = self.normal(one), self.normal(other)
        if p != q:
            raise NoStep("two different normal forms")
        return self.p.then(left, self.p.turned(right))

    def normal(self, term: Tree) -> tuple[Polynomial, ProofStep]:
        """Return the polynomial of a term, and that the term equals its normal form."""
        if term not in self._known:
            found = self._normal(term)
            if len(found[0]) > MOST_TERMS:
                raise NoStep("a polynomial of too many terms")
            self._known[term] = found
        return self._known[term]

    def _normal(self, term: Tree) -> tuple[Polynomial, ProofStep]:
        p = self.p
        n = value(term)
        if n is not None:
            return self._numeral(term, n)
        if isinstance(term, tuple) and term[0] == "cneg":
            n = value(term[1])
            if n == 0:
                return (), p.lifted(p.by("neg0"))
            if n is not None and term[1] == number(n):
                return (((), -n),), p.turned(p.by("mulid1d", self._cc(term)))
            minus = p.turned(p.by("mulm1d", self._cc(term[1])))
            return self._after(minus)
        if isinstance(term, tuple) and term[0] == "co":
            _, a, b, operation = term
            if operation == SUB:
                return self._after(p.turned(p.by("negsubd", self._cc(a), self._cc(b))))
            if operation in (ADD, MUL):
                (x, one), (y, other) = self.normal(a), self.normal(b)
                inside = p.inside(one, other, operation)
                found, step = self._added(x, y) if operation == ADD else self._multiplied(x, y)
                return found, p.then(inside, step)
            exponent = value(b)
            if operation == POW and exponent is not None and exponent <= MOST_POWER:
                return self._power(a, b, exponent)
        return self._atom(term)

    def _after(self, step: ProofStep) -> tuple[Polynomial, ProofStep]:
        """Go on with the right side of an equation."""
        found, more = self.normal(step.formula[2][2])
        return found, self.p.then(step, more)

    def _cc(self, term: Tree) -> ProofStep:
        return self.p.member(term, CC)

    def _numeral(self, term: Tree, n: int) -> tuple[Polynomial, ProofStep]:
        p = self.p
        if n == 0:
            return (), p.same(term)
        plain = p.same(number(n))
        if term != number(n):  # with the symbol 10
            if term != ("c10",):
                raise NoStep("a numeral with the symbol 10 inside")
            plain = p.lifted(p.by("dec10"))
        step = p.turned(p.by("mulid1d", self._cc(number(n))))
        return (((), n),), p.then(plain, step)

    def _atom(self, term: Tree) -> tuple[Polynomial, ProofStep]:
        return (((term,), 1),), self.p.turned(self.p.by("mulid2d", self._cc(term)))

    def _power(self, base: Tree, exponent: Tree, n: int) -> tuple[Polynomial, ProofStep]:
        p = self.p
        if n < 2:
            return self._after(p.by("exp0d" if n == 0 else "exp1d", self._cc(base)))
        if n == 2:
            return self._after(p.by("sqvald", self._cc(base)))
        less = number(n - 1)
        plus = p.turned(p.lifted(self.arithmetic.sum(n - 1, 1)))
        step = p.by("expp1d", self._cc(base), p.member(less, NN0))
        return self._after(p.then(p.inside(p.same(base), plus, POW), step))

    def _added(self, x: Polynomial, y: Polynomial) -> tuple[Polynomial, ProofStep]:
        """Return the sum, and `( X + Y ) = sum`."""
        p = self.p
        if not y:
            return x, p.by("addid1d", self._cc(term_of(x)))
        if not x:
            return y, p.by("addid2d", self._cc(term_of(y)))
        if len(y) == 1:
            return self._inserted(x, y[0])
        head, last = y[:-1], y[-1:]
        parts = [self._cc(term_of(z)) for z in (x, head, last)]
        distance = p.turned(p.by("addassd", *parts))
        found, step = self._added(x, head)
        inside = p.inside(step, p.same(term_of(last)), ADD)
        total, more = self._added(found, last)
        return total, p.then(distance, inside, more)

    def _inserted(self, x: Polynomial, m: tuple[Monomial, int]) -> tuple[Polynomial, ProofStep]:
        """Return a sum with one more monomial; x is not 0."""
        p = self.p
        head, last = x[:-1], x[-1]
        if _order(m[0]) > _order(last[0]):
            return (*x, m), p.same(co(term_of(x), monomial_term(*m), ADD))
        if m[0] == last[0]:
            found, step = self._joined(last, m)
            if not head:
                return found, step
            parts = [self._cc(t) for t in (term_of(head), monomial_term(*last), monomial_term(*m))]
            inside = p.inside(p.same(term_of(head)), step, ADD)
            start = p.then(p.by("addassd", *parts), inside)
            if found:
                return (*head, *found), start
            return head, p.then(start, p.by("addid1d", self._cc(term_of(head))))
        terms = monomial_term(*last), monomial_term(*m)
        if not head:
            parts = [self._cc(t) for t in terms]
            return (m, last), p.by("addcomd", *parts)
        parts = [self._cc(t) for t in (term_of(head), *terms)]
        found, step = self._inserted(head, m)
        inside = p.inside(step, p.same(terms[0]), ADD)
        start = p.then(p.by("add32d", *parts), inside)
        if found:
            return (*found, last), start
        return (last,), p.then(start, p.by("addid2d", self._cc(terms[0])))

    def _joined(
        self, one: tuple[Monomial, int], other: tuple[Monomial, int]
    ) -> tuple[Polynomial, ProofStep]:
        """Return the sum of two monomials of the same atoms."""
        p = self.p
        atoms = product_term(one[0])
        a, b = number(one[1]), number(other[1])
        start = p.turned(p.by("adddird", self._cc(a), self._cc(b), self._cc(atoms)))
        inside = p.inside(self.sum(one[1], other[1]), p.same(atoms), MUL)
        total = one[1] + other[1]
        if total:
            return ((one[0], total),), p.then(start, inside)
        return (), p.then(start, inside, p.by("mul02d", self._cc(atoms)))

    def _multiplied(self, x: Polynomial, y: Polynomial) -> tuple[Polynomial, ProofStep]:
        """Return the product, and `( X x. Y ) = product`."""
        p = self.p
        if not x:
            return (), p.by("mul02d", self._cc(term_of(y)))
        if not y:
            return (), p.by("mul01d", self._cc(term_of(x)))
        if len(x) == 1 and len(y) == 1:
            return self._monomials(x[0], y[0])
        by_left = len(x) > 1
        head, last = (x[:-1], x[-1:]) if by_left else (y[:-1], y[-1:])
        parts = [head, last, y] if by_left else [x, head, last]
        name = "adddird" if by_left else "adddid"
        start = p.by(name, *(self._cc(term_of(z)) for z in parts))
        one, left = self._multiplied(head, y) if by_left else self._multiplied(x, head)
        other, right = self._multiplied(last, y) if by_left else self._multiplied(x, last)
        found, step = self._added(one, other)
        return found, p.then(start, p.inside(left, right, ADD), step)

    def _monomials(
        self, x: tuple[Monomial, int], y: tuple[Monomial, int]
    ) -> tuple[Polynomial, ProofStep]:
        p = self.p
        terms = [number(x[1]), product_term(x[0]), number(y[1]), product_term(y[0])]
        start = p.by("mul4d", *(self._cc(t) for t in terms))
        atoms, step = self._atoms(x[0], y[0])
        inside = p.inside(self.product(x[1], y[1]), step, MUL)
        return ((atoms, x[1] * y[1]),), p.then(start, inside)

    def _atoms(self, x: Monomial, y: Monomial) -> tuple[Monomial, ProofStep]:
        """Return the sorted product of atoms."""
        p = self.p
        if not y:
            return x, p.by("mulid1d", self._cc(product_term(x)))
        if not x:
            return y, p.by("mulid2d", self._cc(product_term(y)))
        if len(y) > 1:
            parts = [self._cc(product_term(z)) for z in (x, y[:-1], y[-1:])]
            distance = p.turned(p.by("mulassd", *parts))
            found, step = self._atoms(x, y[:-1])
            inside = p.inside(step, p.same(y[-1]), MUL)
            whole, more = self._atoms(found, y[-1:])
            return whole, p.then(distance, inside, more)
        if repr(y[0]) >= repr(x[-1]):
            return (*x, *y), p.same(co(product_term(x), y[0], MUL))
        if len(x) == 1:
            return (y[0], x[0]), p.by("mulcomd", self._cc(x[0]), self._cc(y[0]))
        parts = [self._cc(t) for t in (product_term(x[:-1]), x[-1], y[0])]
        found, step = self._atoms(x[:-1], y)
        inside = p.inside(step, p.same(x[-1]), MUL)
        return (*found, x[-1]), p.then(p.by("mul32d", *parts), inside)

    def sum(self, a: int, b: int) -> ProofStep:
        """Return `( a + b ) = c` for integers of either sign."""
        p, n = self.p, self.arithmetic
        self._bounded(a, b)
        if a >= 0 and b >= 0:
            return p.lifted(n.sum(a, b))
        if a < 0 and b < 0:
            distance = p.turned(p.by("negdid", self._cc(number(-a)), self._cc(number(-b))))
            return p.then(distance, p.by("negeqd", p.lifted(n.sum(-a, -b))))
        if a < 0:
            turned = p.by("addcomd", self._cc(number(a)), self._cc(number(b)))
            return p.then(turned, self.sum(b, a))
        minus = p.by("negsubd", self._cc(number(a)), self._cc(number(-b)))
        if a >= -b:
            return p.then(minus, p.lifted(n.difference(a, -b)))
        opposite = p.turned(p.by("negsubdi2d", self._cc(number(-b)), self._cc(number(a))))
        return p.then(minus, opposite, p.by("negeqd", p.lifted(n.difference(-b, a))))

    def product(self, a: int, b: int) -> ProofStep:
        """Return `( a x. b ) = c` for integers of either sign."""
        p, n = self.p, self.arithmetic
        self._bounded(a, b)
        whole = p.lifted(n.product(abs(a), abs(b)))
        parts = self._cc(number(abs(a))), self._cc(number(abs(b)))
        if a >= 0 and b >= 0:
            return whole
        if a < 0 and b < 0:
            return p.then(p.by("mul2negd", *parts), whole)
        step = p.then(p.by("mulneg1d" if a < 0 else "mulneg2d", *parts), p.by("negeqd", whole))
        return step if a * b else p.then(step, p.lifted(p.by("neg0")))

    @staticmethod
    def _bounded(*numbers: int) -> None:
        if any(abs(n) >= 10**MOST_DIGITS for n in numbers):
            raise NoStep("a number of too many digits")
