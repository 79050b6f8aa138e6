"""Laws composed of two or three formulas of the bank, by linear algebra over all of them.

A law is `c A B`, found by the logarithm, or one of five forms around a sum S = a A + b B + ... with
a factor W: W S, W / S, W sqrt(S), W / sqrt(S) and W exp(S). The target is transformed to S, each
row is weighted by the effect of an error of S on the target, and all pairs are solved together.

Shapes: n formulas of the bank, m rows, w factors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float64

from ingenium.domains.equations.law.archive import ExpressionCount
from ingenium.domains.equations.law.bank import FormulaBank
from ingenium.domains.equations.law.dimension import less
from ingenium.domains.equations.law.language import LONGEST, Postfix

BEST = 6  # stored for each form, factor and size
FACTORS, TERMS = 160, 220  # formulas that are tried as W, and as A and B
THIRDS, SWEEPS = 2, 4  # pairs that are tried with a third, and rounds of exchanging one of three
OWN, EACH = 16, 4  # factors of the dimension of the target, and of each other one
Array = Float64[np.ndarray, " m"]


@dataclass(frozen=True)
class DraftLaw:
    """Formula with initial constants."""

    tokens: Postfix
    constants: tuple[float, ...]
    misfit: float  # on the rows of the bank, in spreads of the target


@dataclass(frozen=True)
class LawForm:
    """Form of a law: the target as a function of a factor and a sum."""

    name: str
    sum_of: Callable[[Array, Array], Array]  # of the target and the factor
    weight: Callable[[Array, Array, Array], Array]  # of target, factor and sum
    written: Callable[[Postfix, Postfix], Postfix]  # factor, sum
    power: int  # of the target and factor in the dimension of the sum; 0: a pure number
    needs: str = ""  # an operation
    turned: bool = False  # the factor over the target, and not the target over the factor


@dataclass(frozen=True)
class LawTerm:
    """Formula of the bank multiplied by a constant, or divided by one."""

    held: str  # the token of the constant
    formula: int = 0
    over: bool = False

    def written(self, bank: FormulaBank) -> Postfix:
        """Return its tokens."""
        own = bank.postfix(self.formula)
        if self.over:
            return (*own, self.held, "/")
        return (self.held,) if own == ("1",) else (self.held, *own, "*")


FORMS = (
    LawForm("sum", lambda y, w: y / w, lambda y, w, s: w, lambda w, s: (*s, *w, "*"), 1),
    LawForm(
        "over",
        lambda y, w: w / y,
        lambda y, w, s: y * y / w,
        lambda w, s: (*w, *s, "/"),
        1,
        turned=True,
    ),
    LawForm(
        "root",
        lambda y, w: (y / w) ** 2,
        lambda y, w, s: y / (2 * s),
        lambda w, s: (*s, "sqrt", *w, "*"),
        2,
        "sqrt",
    ),
    LawForm(
        "over root",
        lambda y, w: (w / y) ** 2,
        lambda y, w, s: y / (2 * s),
        lambda w, s: (*w, *s, "sqrt", "/"),
        2,
        "sqrt",
        turned=True,
    ),
    LawForm(
        "exp",
        lambda y, w: np.log(y / w),
        lambda y, w, s: y,
        lambda w, s: (*s, "exp", *w, "*"),
        0,
        "exp",
    ),
)


def drafts(
    bank: FormulaBank, target: Array, operations: tuple[str, ...], count: ExpressionCount
) -> Iterator[DraftLaw]:
    """Yield laws that fit, of all forms and sizes; adds the scored ones to `count`."""
    spread = float(target.std())
    with np.errstate(all="ignore"):
        yield from _products(bank, target, spread, count)
        for form in FORMS:
            if not form.needs or form.needs in operations:
                yield from _sums(bank, target, spread, form, count)


def _products(
    bank: FormulaBank, y: Array, spread: float, count: ExpressionCount
) -> Iterator[DraftLaw]:
    """Yield `c A B` and `c A`, by the residual of the logarithm."""
    logs = np.log(np.abs(bank.values))
    logs -= logs.mean(1, keepdims=True)
    signs = np.sign(bank.values)
    goal = np.log(np.abs(y)) - np.log(np.abs(y)).mean()
    if not np.isfinite(goal).all():
        return
    language = bank.language
    own = np.square(logs).sum(1)
    toward = logs @ goal
    for (held, unit), (dim, left) in product(language.units, bank.by_dimension.items()):
        right = bank.of(less(language.target, dim, unit))
        if not len(right):
            continue
        count.algebra += len(left) * len(right)
        cross = logs[left] @ logs[right].T
        gap = own[left][:, None] + own[right][None] + 2 * cross + goal @ goal
        gap -= 2 * (toward[left][:, None] + toward[right][None])
        total = bank.size[left][:, None] + bank.size[right][None]
        gap = np.where(np.isfinite(gap), gap, np.inf)
        for size in np.unique(total):
            flat = np.where(total == size, gap, np.inf).ravel()
            for at in np.argpartition(flat, min(BEST, len(flat) - 1))[:BEST]:
                if not np.isfinite(flat[at]):
                    continue
                i, j = left[at // len(right)], right[at % len(right)]
                if not np.ptp(signs[i] * signs[j] * np.sign(y)):
                    yield _scaled(bank, y, spread, int(i), int(j), held)


def _scaled(bank: FormulaBank, y: Array, spread: float, i: int, j: int, held: str) -> DraftLaw:
    """Return the product of two formulas, 1 omitted, with its best factor as the token `held`."""
    whole = bank.values[i] * bank.values[j]
    factor = float(whole @ y / (whole @ whole))
    parts = [bank.postfix(k) for k in (i, j) if bank.heads[k] != "1"] or [("1",)]
    tokens: Postfix = parts[0] if len(parts) == 1 else (*parts[0], *parts[1], "*")
    misfit = float(np.sqrt(np.square(y - factor * whole).mean())) / spread
    return DraftLaw((held, *tokens, "*"), (factor,), misfit)


def _sums(
    bank: FormulaBank, y: Array, spread: float, form: LawForm, count: ExpressionCount
) -> Iterator[DraftLaw]:
    """Yield laws of one form, with each of the short formulas as its factor."""
    language = bank.language
    ones = len(language.names)  # the number of the formula 1
    for w in dict.fromkeys([ones, *_factors(bank)]):
        factor = bank.values[w]
        goal = form.sum_of(y, factor)
        if not np.isfinite(goal).all():
            continue
        share = [t - d for t, d in zip(language.target, bank.dims[w], strict=True)]
        sign = -1 if form.turned else 1
        if form.power == 0 and any(share):
            continue
        dim = tuple(sign * form.power * s for s in share)
        own = [(LawTerm(held), less(dim, unit)) for held, unit in language.units]
        own += [(LawTerm(held, over=True), less(dim, less(language.zero, unit)))
                for held, unit in language.constants]  # fmt: skip
        terms = [replace(t, formula=int(i)) for t, d in own
                 for i in bank.first(d, TERMS // len(own))]  # fmt: skip
        weight = np.abs(form.weight(y, factor, goal))
        if not terms or not np.isfinite(weight).all():
            continue
        count.algebra += len(terms) * (len(terms) + 1) // 2  # terms alone, and all pairs
        basis = bank.values[[t.formula for t in terms]] * weight
        sums = TermSums(basis @ basis.T, basis @ (goal * weight), count)
        yield from _solved(bank, form, (int(w), terms), basis, goal * weight, spread, sums)


def _factors(bank: FormulaBank) -> list[int]:
    """Return short formulas to try as W: some of each dimension, more of the target's."""
    found = []
    for dim in bank.by_dimension:
        found += bank.first(dim, OWN if dim == bank.language.target else EACH).tolist()
    return sorted(found, key=lambda i: int(bank.size[i]))[:FACTORS]


@dataclass(frozen=True, eq=False)
class TermSums:
    """Sums over rows, which give the share of a goal that any few terms explain."""

    gram: Float64[np.ndarray, "k k"]
    pull: Float64[np.ndarray, " k"]
    count: ExpressionCount

    def explained(self, rows: tuple[int, ...]) -> float:
        """Part of the goal's square that some terms explain."""
        if len(rows) == 1:
            return float(self.pull[rows] ** 2 / self.gram[rows * 2])
        own, pull = self.gram[np.ix_(rows, rows)], self.pull[list(rows)]
        return float(pull @ np.linalg.lstsq(own, pull, rcond=None)[0])

    def pairs(self) -> Float64[np.ndarray, "k k"]:
        """Part of the goal's square that each pair explains, above the diagonal."""
        own, pull = self.gram.diagonal(), self.pull
        det = own[:, None] * own[None] - self.gram**2
        even = pull[:, None] ** 2 * own[None] + pull[None] ** 2 * own[:, None]
        gained = (even - 2 * pull[:, None] * pull[None] * self.gram) / det
        gained = np.where(det > 1e-10 * own[:, None] * own[None], gained, -np.inf)
        gained[np.tril_indices(len(pull))] = -np.inf
        return gained

    def third(self, pair: tuple[int, ...]) -> int:
        """Return the term that explains most of the residual of a pair."""
        gram, pull, rows = self.gram, self.pull, list(pair)
        self.count.algebra += len(pull)
        both = np.c_[pull[rows], gram[rows]]
        share = np.linalg.lstsq(gram[np.ix_(rows, rows)], both, rcond=None)[0]
        rest = pull - gram[:, rows] @ share[:, 0]
        own = gram.diagonal() - np.einsum("ij,ji->i", gram[:, rows], share[:, 1:])
        worth = np.where(own > 1e-9 * gram.diagonal(), rest**2 / np.maximum(own, 1e-300), -np.inf)
        worth[rows] = -np.inf
        return int(np.argmax(worth))

    def three(self, pair: tuple[int, ...]) -> tuple[int, ...]:
        """Extend a pair to three terms, each the best given the other two."""
        terms = (*pair, self.third(pair))
        for _ in range(SWEEPS):
            before = set(terms)
            for place in range(3):
                others = terms[:place] + terms[place + 1 :]
                terms = (*others[:place], self.third(others), *others[place:])
            if set(terms) == before:
                break
        return terms


def _solved(
    bank: FormulaBank,
    form: LawForm,
    of: tuple[int, Sequence[LawTerm]],
    basis: np.ndarray,
    goal: np.ndarray,
    spread: float,
    sums: TermSums,
) -> Iterator[DraftLaw]:
    """Yield laws of the best pairs of terms by size, and a few with a third."""
    w, terms = of
    gained, most = sums.pairs(), goal @ goal
    sizes = bank.size[[t.formula for t in terms]]
    total = sizes[:, None] + sizes[None]
    alone = np.argsort(-(sums.pull**2) / sums.gram.diagonal())
    found: list[tuple[int, ...]] = [(int(i),) for i in alone[:2]]
    for size in np.unique(total):
        flat = np.where(total == size, gained, -np.inf).ravel()
        best = np.argpartition(-flat, min(2, len(flat) - 1))[:2]
        found += [divmod(int(at), len(terms)) for at in best if np.isfinite(flat[at])]
    both = [(one, gained[one]) for one in found if len(one) == 2]
    few = sorted(both, key=lambda pair: -pair[1])[:THIRDS]
    found += [sums.three(pair) for pair, _ in few]
    for one in found:
        rows = list(one)
        solved = np.linalg.lstsq(basis[rows].T, goal, rcond=None)[0]
        left = max(most - sums.explained(one), 0.0)
        misfit = float(np.sqrt(left / len(goal))) / spread
        chosen = [terms[row] for row in rows]
        tokens = _written(bank, form, w, chosen)
        if np.isfinite(misfit) and misfit < 1.0 and len(tokens) <= LONGEST and solved.all():
            held = (1 / x if t.over else x for t, x in zip(chosen, solved, strict=True))
            yield DraftLaw(tokens, tuple(held), misfit)


def _written(bank: FormulaBank, form: LawForm, w: int, terms: Sequence[LawTerm]) -> Postfix:
    tokens: list[str] = []
    for place, term in enumerate(terms):
        part = term.written(bank)
        tokens += [*part, *(["+"] if place else [])]
    if bank.heads[w] == "1" and form.name in ("sum", "root", "exp"):
        return (*tokens, form.needs) if form.needs else tuple(tokens)
    return form.written(bank.postfix(w), tuple(tokens))
