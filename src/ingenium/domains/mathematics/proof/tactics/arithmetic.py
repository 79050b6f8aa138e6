"""Arithmetic of numerals in base ten: closed steps for sums, products and order."""

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.prover import (
    ADD,
    SUB,
    Prover,
    co,
    number,
)


class DecimalArithmetic:
    """Closed steps on numbers of integers from 0 on, each made once."""

    def __init__(self, prover: Prover) -> None:
        self.p = prover
        self._known: dict[tuple[str, int, int], ProofStep] = {}

    def sum(self, a: int, b: int) -> ProofStep:
        """Return `( a + b ) = c`."""
        key = "+", a, b
        if key not in self._known:
            self._known[key] = self._sum(a, b)
        return self._known[key]

    def product(self, a: int, b: int) -> ProofStep:
        """Return `( a x. b ) = c`."""
        key = "x", a, b
        if key not in self._known:
            self._known[key] = self._product(a, b)
        return self._known[key]

    def complex(self, n: int) -> ProofStep:
        """Return that a number is in CC."""
        return self.p.by("nn0cni", self.natural(n))

    def natural(self, n: int) -> ProofStep:
        """Return that a number is in NN0."""
        return self.p.natural(number(n))

    def itself(self, tree: Tree) -> ProofStep:
        """Return `A = A`."""
        return self.p.by("eqid", goal=("wceq", tree, tree))

    def _named(self, label: str, total: int) -> ProofStep:
        """Return a theorem on two digits; that of 10 ends with two digits."""
        found = self.p.by(label)
        if total == 10:
            return self.p.by("eqtri", found, self.p.by("dec10"))
        return found

    def _sum(self, a: int, b: int) -> ProofStep:
        p = self.p
        if b == 0:
            return p.by("addid1i", self.complex(a))
        if a == 0:
            return p.by("addid2i", self.complex(b))
        if b > a:
            return p.by("addcomli", self.complex(b), self.complex(a), self.sum(b, a))
        if a < 10:
            return self._named(f"{a}p{b}e{a + b}", a + b)
        (high, low), total = divmod(a, 10), a % 10 + b % 10
        naturals = [self.natural(high), self.natural(low)]
        if b < 10:
            naturals.append(self.natural(b))
            same = self.itself(number(a))
            if total < 10:
                return p.by("decaddi", *naturals, same, self.sum(low, b))
            more = [self.sum(high, 1), self.natural(total - 10), self.sum(low, b)]
            return p.by("decaddci", *naturals, same, *more)
        naturals += [self.natural(b // 10), self.natural(b % 10)]
        both = [self.itself(number(a)), self.itself(number(b))]
        if total < 10:
            return p.by("decadd", *naturals, *both, self.sum(high, b // 10), self.sum(low, b % 10))
        carried = self._carried(self.sum(high, b // 10), high + b // 10, 1)
        more = [carried, self.natural(total - 10), self.sum(low, b % 10)]
        return p.by("decaddc", *naturals, *both, *more)

    def _carried(self, step: ProofStep, total: int, carry: int) -> ProofStep:
        """Return `( A + carry ) = C` from `A = total`."""
        _, term, _ = step.formula
        goal = ("wceq", co(term, number(carry), ADD), co(number(total), number(carry), ADD))
        return self.p.by("eqtri", self.p.by("oveq1i", step, goal=goal), self.sum(total, carry))

    def _product(self, a: int, b: int) -> ProofStep:
        p = self.p
        for zero, one, other, first in (
            ("mul02i", "mulid2i", b, a == 0 or a == 1),
            ("mul01i", "mulid1i", a, b == 0 or b == 1),
        ):
            if first:
                least = a if other == b and a < 2 else b
                return p.by(zero if least == 0 else one, self.complex(other))
        if a < 10 and b < 10 and a >= b:
            return self._named(f"{a}t{b}e{a * b}", a * b)
        if (a < b and b < 10) or (a < 10 <= b):
            return p.by("mulcomli", self.complex(b), self.complex(a), self.product(b, a))
        if b < 10:
            high, low = divmod(a, 10)
            part, low_part = low * b, self._two_digits(self.product(low, b), low * b)
            head = self._carried(self.product(high, b), high * b, part // 10)
            naturals = [self.natural(x) for x in (b, high, low)]
            digits = [self.natural(part % 10), self.natural(part // 10)]
            return p.by("decmul1c", *naturals, self.itself(number(a)), *digits, head, low_part)
        high, low = divmod(b, 10)
        part, low_part = a * low, self._two_digits(self.product(a, low), a * low)
        head = self._carried(self.product(a, high), a * high, part // 10)
        naturals = [self.natural(x) for x in (a, high, low)]
        digits = [self.natural(part % 10), self.natural(part // 10)]
        return p.by("decmul2c", *naturals, self.itself(number(b)), *digits, head, low_part)

    def _two_digits(self, step: ProofStep, n: int) -> ProofStep:
        """Write a result below ten with a 0 in front."""
        if n >= 10:
            return step
        return self.p.by("eqtri", step, self.p.by("dec0h", self.natural(n)))

    def difference(self, a: int, b: int) -> ProofStep:
        """Return `( a - b ) = c` for a of at least b."""
        c = a - b
        goal = ("wceq", co(number(a), number(b), SUB), number(c))
        naturals = [self.complex(x) for x in (a, b, c)]
        return self.p.by("subaddrii", *naturals, self.sum(b, c), goal=goal)

    def less(self, a: int, b: int) -> ProofStep:
        """Return `a < b`.

        Raises:
            NoStep: if it is not so.
        """
        p = self.p
        if not 0 <= a < b:
            raise NoStep(f"{a} is not less than {b}")
        if a == 0:
            return p.by("nngt0i", p.positive(number(b)))
        if b < 10:
            return p.by(f"{a}lt{b}")
        if a < 10:
            rest = [p.positive(number(b // 10)), self.natural(b % 10), self.natural(a)]
            return p.by("declti", *rest, self._digit(a))
        (x, c), (y, d) = divmod(a, 10), divmod(b, 10)
        if x == y:
            rest = [self.natural(x), self.natural(c), p.positive(number(d))]
            return p.by("declt", *rest, self.less(c, d))
        naturals = [self.natural(n) for n in (x, y, c, d)]
        return p.by("decltc", *naturals, self._digit(c), self.less(x, y))

    def _digit(self, d: int) -> ProofStep:
        """Return `d < 10`."""
        return self.p.by("10pos") if d == 0 else self.p.by(f"{d}lt10")
