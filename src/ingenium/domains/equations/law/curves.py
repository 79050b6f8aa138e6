"""Laws of one product of powers: `W f(c P)`, with a factor W and a curve f of a few.

Where the factor has no constant of its own, the curve is inverted, and the exponents of P follow by
least squares on logarithms, without trial. Where it has one, P is a product that the units admit,
and c is tried on a grid.

Shapes: m rows, k extra bases, w factors, g places of a grid.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float64

from ingenium.domains.equations.law.archive import ExpressionCount
from ingenium.domains.equations.law.dimension import Dimension
from ingenium.domains.equations.law.language import LONGEST, PURE, Language, Postfix
from ingenium.domains.equations.law.pairs import Array, DraftLaw
from ingenium.domains.equations.law.powers import Exponents, PowerBase, admitted, value, written

RETAINED = 6  # sets of extra bases that are tried with one more
STEP, LOOSE = 1e-6, 0.3  # relative, of a slope; of a half, within which an exponent counts as whole
STEEP = 16  # halves of the largest power
ANSWERED = 0.9  # share of the rows on which a curve must be invertible
FACTORS, ARGUMENTS = 12, 6  # of a target's dimension, and pure numbers, that grids are tried with
DECAYS = np.geomspace(0.03, 50, 60)
WAVES = np.arange(0.25, 60, 0.25)


@dataclass(frozen=True)
class PowerCurve:
    """Function of one product; some have no global inverse."""

    written: Callable[[Postfix], Postfix]
    value: Callable[[Array], Array]
    inverse: Callable[[Array], Array] | None = None
    grid: Array | None = None
    needs: tuple[str, ...] = ()
    times: int = 1  # that the product is written


def _less(s: Postfix) -> Postfix:
    return *s, "exp", "1", "-"


CURVES = (
    PowerCurve(lambda s: s, lambda x: x, lambda z: z),
    PowerCurve(lambda s: ("1", *s, "+"), lambda x: 1 + x, lambda z: z - 1),
    PowerCurve(lambda s: ("1", "1", *s, "+", "/"), lambda x: 1 / (1 + x), lambda z: 1 / z - 1),
    PowerCurve(
        lambda s: ("1", *s, "+", "sqrt"),
        lambda x: np.sqrt(1 + x),
        lambda z: z * z - 1,
        needs=("sqrt",),
    ),
    PowerCurve(
        lambda s: ("1", "1", *s, "+", "sqrt", "/"),
        lambda x: 1 / np.sqrt(1 + x),
        lambda z: 1 / (z * z) - 1,
        needs=("sqrt",),
    ),
    PowerCurve(lambda s: (*s, "exp"), np.exp, np.log, needs=("exp",)),
    PowerCurve(_less, np.expm1, np.log1p, np.r_[-DECAYS, DECAYS], ("exp",)),
    PowerCurve(
        lambda s: ("1", *_less(s), "/"),
        lambda x: 1 / np.expm1(x),
        lambda z: np.log1p(1 / z),
        DECAYS,
        ("exp",),
    ),
    PowerCurve(
        lambda s: ("1", *s, "exp", "1", *s, "exp", "/", "+", "/"),
        lambda x: 0.5 / np.cosh(x),
        lambda z: np.arccosh(0.5 / z),
        DECAYS,
        ("exp",),
        2,
    ),
    PowerCurve(lambda s: (*s, "tanh"), np.tanh, np.arctanh, DECAYS, ("tanh",)),
    PowerCurve(lambda s: (*s, "asin"), np.arcsin, np.sin, needs=("asin",)),
    PowerCurve(lambda s: (*s, "sin"), np.sin, None, WAVES, ("sin",)),
    PowerCurve(lambda s: (*s, "cos"), np.cos, None, WAVES, ("cos",)),
    PowerCurve(lambda s: (*s, "sin", "sq"), lambda x: np.sin(x) ** 2, None, WAVES, ("sin",)),
)


@dataclass(frozen=True, eq=False)
class CurveSearch:
    """Search for laws of a target from columns and their parts."""

    language: Language
    columns: Sequence[PowerBase]  # without angles
    parts: Sequence[PowerBase]
    target: Array
    operations: Sequence[str]
    count: ExpressionCount

    def found(self) -> Iterator[DraftLaw]:
        """Yield laws with initial constants."""
        with np.errstate(all="ignore"):
            factors = self._products(self.language.target, FACTORS)
            for curve in CURVES:
                if not all(o in self.operations for o in curve.needs):
                    continue
                if curve.inverse is not None:
                    yield from self._undone(curve, curve.inverse, factors)
                if curve.grid is not None:
                    yield from self._tried(curve, curve.grid, factors)

    def _products(self, dim: Dimension, most: int) -> list[tuple[Postfix, Array]]:
        """Return products of columns with their values; 1 first for pure numbers."""
        made = [(written(self.columns, e), value(self.columns, e))
                for e in admitted(self.columns, dim, most)]  # fmt: skip
        one: list[tuple[Postfix, Array]] = [(("1",), np.ones_like(self.target))]
        return [*one, *made] if not any(dim) else made

    def _undone(
        self,
        curve: PowerCurve,
        inverse: Callable[[Array], Array],
        factors: Sequence[tuple[Postfix, Array]],
    ) -> Iterator[DraftLaw]:
        plain = curve is CURVES[0]
        one: list[tuple[Postfix, Array]] = [(("1",), np.ones_like(self.target))]
        for factor, size in one if plain else factors:
            dim = self.language.target if plain else self.language.zero
            z = self.target / size
            goal = inverse(z)
            slope = (inverse(z * (1 + STEP)) - goal) / STEP
            weight = np.abs(goal * self.target / slope)
            reported = np.isfinite(goal) & (goal != 0) & np.isfinite(weight)
            if reported.mean() < ANSWERED:
                continue
            weight = np.where(reported, weight, 0.0) / weight[reported].max()
            goal = np.where(reported, goal, 1.0)
            for exponents in self._exponents(goal, weight, dim):
                yield from self._law(curve, factor, size, exponents, (goal, weight))

    def _exponents(self, goal: Array, weight: Array, dim: Dimension) -> Iterator[Exponents]:
        """Yield integer or half-integer exponents of columns and parts with this dimension."""
        bases = [*self.columns, *self.parts]
        logs = np.log(np.abs([b.values for b in bases])) * weight
        own = np.vstack([weight, logs[: len(self.columns)]])
        wanted, more = np.log(np.abs(goal)) * weight, logs[len(self.columns) :]
        seen = set()
        for chosen in _chosen(own, more, wanted, self.count):
            rows = np.vstack([own, more[list(chosen)]])
            solved = 2 * np.linalg.lstsq(rows.T, wanted, rcond=1e-9)[0][1:]
            whole = np.rint(solved).astype(int)
            if np.abs(solved - whole).max() > LOOSE or np.abs(whole).max() > STEEP:
                continue
            exponents = np.zeros(len(bases), dtype=int)
            exponents[: len(self.columns)] = whole[: len(self.columns)]
            exponents[[len(self.columns) + i for i in chosen]] = whole[len(self.columns) :]
            after = np.array([b.dim for b in bases]).T @ exponents
            if tuple(after) != tuple(2 * d for d in dim) or not exponents.any():
                continue
            seen.add(tuple(exponents.tolist()))
        yield from sorted(seen)

    def _law(
        self,
        curve: PowerCurve,
        factor: Postfix,
        size: Array,
        exponents: Exponents,
        reported: tuple[Array, Array],
    ) -> Iterator[DraftLaw]:
        bases = [*self.columns, *self.parts]
        product, (goal, weight) = value(bases, exponents), reported
        squares = (weight / goal) ** 2
        held = float((squares * goal * product).sum() / (squares * product * product).sum())
        tokens = curve.written((PURE, *written(bases, exponents), "*"))
        tokens = tokens if factor == ("1",) else (*tokens, *factor, "*")
        yield from self._draft(tokens, (held,) * curve.times, size * curve.value(held * product))

    def _tried(
        self, curve: PowerCurve, grid: Array, factors: Sequence[tuple[Postfix, Array]]
    ) -> Iterator[DraftLaw]:
        """Yield the best grid value for each argument and factor."""
        y = self.target
        for argument, own in self._products(self.language.zero, ARGUMENTS)[1:]:
            places = grid / np.abs(own).max()
            shapes = curve.value(places[:, None] * own)
            self.count.rows += len(grid)
            self.count.algebra += len(grid) * len(factors)
            for factor, size in factors:
                whole = shapes * size
                scale = (whole @ y) / np.square(whole).sum(1)
                left = np.square(y).sum() - scale * (whole @ y)
                best = int(np.argmin(np.where(np.isfinite(left), left, np.inf)))
                tokens = curve.written((PURE, *argument, "*"))
                tokens = tokens if factor == ("1",) else (*tokens, *factor, "*")
                constants = (scale[best], *[places[best]] * curve.times)
                yield from self._draft((PURE, *tokens, "*"), constants, scale[best] * whole[best])

    def _draft(
        self, tokens: Postfix, constants: Sequence[float], made: Array
    ) -> Iterator[DraftLaw]:
        misfit = float(np.sqrt(np.square(self.target - made).mean()) / self.target.std())
        if np.isfinite(misfit) and len(tokens) <= LONGEST:
            yield DraftLaw(tokens, tuple(map(float, constants)), misfit)


def _chosen(
    own: Float64[np.ndarray, "_ m"],
    more: Float64[np.ndarray, "k m"],
    wanted: Array,
    count: ExpressionCount,
) -> list[tuple[int, ...]]:
    """Return sets of at most three extra bases that explain most alongside the columns."""
    base, _ = np.linalg.qr(own.T)
    rest = more - (more @ base) @ base.T
    goal = wanted - base @ (base.T @ wanted)
    gram, pull = rest @ rest.T, rest @ goal
    size = gram.diagonal()
    free = np.flatnonzero(size > 1e-9 * np.square(more).sum(1))
    singles = _ranked(gram, pull, [(i,) for i in free.tolist()])
    pairs = _ranked(gram, pull, list(combinations(free.tolist(), 2)))[:RETAINED]
    threes = {tuple(sorted((*p, i))) for p in pairs[:2] for i in free.tolist() if i not in p}
    best = _ranked(gram, pull, sorted(threes))[:2]
    count.algebra += 1 + len(free) * (len(free) + 1) // 2 + len(threes)
    return [(), *singles[:RETAINED], *pairs, *best]


def _ranked(
    gram: np.ndarray, pull: np.ndarray, sets: Sequence[tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Sort sets of equally many bases by the share of the residual that they explain."""
    if not sets:
        return []
    rows = np.array(sets)
    square, right = gram[rows[:, :, None], rows[:, None]], pull[rows]
    reported = np.linalg.cond(square) <= 1e9
    worth = np.full(len(rows), -np.inf)
    solved = np.linalg.solve(square[reported], right[reported][..., None])[..., 0]
    worth[reported] = (right[reported] * solved).sum(1)
    return [sets[i] for i in np.argsort(-worth, kind="stable")]
