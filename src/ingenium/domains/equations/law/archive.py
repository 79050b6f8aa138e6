"""Archive of the best laws of each size, with their constants.

Shapes: p laws, s tokens, k constants, v columns, r rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import pi

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.equations.law import fitting
from ingenium.domains.equations.law.evaluation import Evaluator
from ingenium.domains.equations.law.fitting import FittedConstants
from ingenium.domains.equations.law.language import CONSTANTS, Language, Postfix

EACH = 10  # laws of a size
BETTER = 0.95  # of the misfit of all shorter ones, that a law of the front must reach
HASTE = 1.1  # times the misfit, that more rounds of a fit may improve
AT_ONCE = 256  # laws that are fitted together
DIGITS = 12  # of a constant
CHANCE = 0.05  # of a simple number within reach of a constant by accident


def _simple() -> Float64[Tensor, " q"]:
    """Return simple numbers: small fractions, times pi or over it."""
    shares = {Fraction(a, b) for a, b in product(range(1, 17), (1, 2, 3, 4, 5, 6, 8, 12, 16))}
    found = {float(s) * pi**k for s in shares for k in (-1, 0, 1)}
    return torch.tensor(sorted({-x for x in found} | found), dtype=torch.float64)


SIMPLE = _simple()


@dataclass
class ExpressionCount:
    """Number of expressions that a search compared with its table; repeats count again."""

    rows: int = 0  # on rows: formulas of the bank, and each round of each fit
    algebra: int = 0  # products and sums of those, whose misfit follows from sums over rows


@dataclass(frozen=True)
class FittedLaw:
    """Formula with its constants and its misfit on the rows of the fit."""

    tokens: Postfix
    constants: tuple[float, ...]
    misfit: float


@dataclass(frozen=True, eq=False)
class LawFit:
    """Fits of constants to rows, and their simplification."""

    language: Language
    columns: Float64[Tensor, "v r"]
    target: Float64[Tensor, " r"]
    count: ExpressionCount = field(default_factory=ExpressionCount)  # each fit adds to it

    def fit(
        self, laws: Sequence[Postfix], start: Float64[Tensor, "p k"], rounds: int
    ) -> FittedConstants:
        """Fit by least squares from a start."""
        numbers = self.language.numbers(laws)
        done = fitting.fit(
            Evaluator(self.language), numbers, start, self.columns, self.target, rounds
        )
        self.count.rows += done.evaluations
        return done

    def fitted(
        self, laws: Sequence[tuple[Postfix, Sequence[float]]], rounds: int
    ) -> list[FittedLaw]:
        """Fit laws; drops those without values or with redundant constants."""
        spread = float(self.target.std(correction=0))
        found = []
        for start in range(0, len(laws), AT_ONCE):
            part = laws[start : start + AT_ONCE]
            most = max(1, *(len(c) for _, c in part)) if len(part) > 1 else CONSTANTS
            begun = torch.stack([padded(c) for _, c in part])[:, :most]
            done = self.fit([tokens for tokens, _ in part], begun, rounds)
            both = zip(part, done.constants.tolist(), done.loss.sqrt().tolist(), strict=True)
            for i, ((tokens, _), constants, loss) in enumerate(both):
                held = sum(t in self.language.held for t in tokens)
                own = constants[:held]
                if loss < float("inf") and not fitting.idle(done.slopes[i, :held], own, spread):
                    found.append(FittedLaw(tokens, tuple(own), loss / spread))
        return found

    def simplified(self, done: FittedConstants) -> Float64[Tensor, "p k"]:
        """Round constants to twelve digits, or to a simple number within two standard errors.

        A simple number is used only where one so close is unlikely by chance.
        """
        own, near = done.constants, fitting.errors(done, len(self.target))
        gap = (own[:, :, None] - SIMPLE).abs()
        close = gap.argmin(2)
        reach = 2 * near + 1e-11 * own.abs()
        place = torch.searchsorted(SIMPLE, own.contiguous()).clamp(4, len(SIMPLE) - 5)
        width = (SIMPLE[place + 4] - SIMPLE[place - 4]) / 8  # between simple numbers around here
        rare = 2 * reach / width < CHANCE
        snapped = (gap.amin(2) <= reach) & rare
        plain = torch.tensor(
            [[float(f"{x:.{DIGITS}g}") for x in row] for row in own.tolist()], dtype=torch.float64
        )
        return torch.where(snapped, SIMPLE[close], plain.reshape(own.shape))


def padded(constants: Sequence[float]) -> Float64[Tensor, " k"]:
    """Pad the constants of a law with zeros."""
    row = torch.zeros(CONSTANTS, dtype=torch.float64)
    row[: len(constants)] = torch.tensor(list(constants), dtype=torch.float64)
    return row


@dataclass(eq=False)
class LawArchive:
    """Best laws by size; of laws with the same misfit one is stored."""

    by_size: dict[int, list[FittedLaw]] = field(default_factory=dict)
    count: ExpressionCount = field(default_factory=ExpressionCount)  # of the search for them

    def add(self, laws: Iterable[FittedLaw]) -> None:
        """Store the best laws of each size."""
        for law in laws:
            own = self.by_size.setdefault(len(law.tokens), [])
            same = any(abs(law.misfit - o.misfit) <= 1e-9 * o.misfit for o in own)
            if not same and (len(own) < EACH or law.misfit < own[-1].misfit):
                own.append(law)
                own.sort(key=lambda o: o.misfit)
                del own[EACH:]

    def admits(self, law: FittedLaw) -> bool:
        """Return True if a law of a quick fit may have a place."""
        own = self.by_size.get(len(law.tokens), [])
        return len(own) < EACH or law.misfit < HASTE * own[-1].misfit

    def front(self) -> list[FittedLaw]:
        """Return the best law of each size that beats all shorter ones."""
        found: list[FittedLaw] = []
        for size in sorted(self.by_size):
            best = self.by_size[size][0]
            if best.misfit < BETTER * (found[-1].misfit if found else 1.0):
                found.append(best)
        return found

    def ranked(self) -> list[FittedLaw]:
        """Return the front, then all others by their distance from it."""
        front = self.front()
        rest = []
        for size, own in self.by_size.items():
            ahead = min((f.misfit for f in front if len(f.tokens) <= size), default=1.0)
            rest += [(law.misfit / max(ahead, 1e-300), size, law) for law in own]
        behind = [law for *_, law in sorted(rest, key=lambda r: r[:2]) if law not in front]
        return [*front, *behind]
