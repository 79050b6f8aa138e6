"""Check of the savings by units in a search of laws, counted in tried expressions."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy
from matplotlib.figure import Figure

from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, plane
from ingenium.evaluate.intervals import t_interval
from ingenium_book.checks.equations.laws import distilled, formulas, searched, write_table
from ingenium_book.findings import Commands, Finding, Picture

BANKS = (50, 200, 800, 3200)  # short formulas of a search, which is widened until the law is found
ROWS, EXACT = 120, 1e-9  # of a table; of a constant, to its simple number
Columns = Mapping[str, tuple[str, float, float]]  # unit and range; the target last, without
LAWS: Mapping[str, Columns] = {  # from six chapters of a textbook, in its letters
    "m*v**2/2 + m*g*h": {"m": ("kg", 1, 4), "v": ("m/s", 2, 9), "g": ("m/s^2", 2, 24),
                         "h": ("m", 0.5, 3), "W": ("J", 0, 0)},
    "p + d*v**2/2": {"p": ("Pa", 10, 60), "d": ("kg/m^3", 1, 5), "v": ("m/s", 2, 9),
                     "T": ("K", 270, 330), "P": ("Pa", 0, 0)},
    "a*b/(a + b)": {"a": ("ohm", 1, 9), "b": ("ohm", 1, 9), "V": ("V", 1, 9),
                    "R": ("ohm", 0, 0)},
    "x + v*t + a*t**2/2": {"x": ("m", 1, 9), "v": ("m/s", 1, 5), "t": ("s", 1, 4),
                           "a": ("m/s^2", 1, 5), "s": ("m", 0, 0)},
    "k*A*(T - U)/d": {"k": ("W/m/K", 1, 5), "A": ("m^2", 1, 5), "T": ("K", 320, 380),
                      "U": ("K", 270, 310), "d": ("m", 0.1, 0.5), "Q": ("W", 0, 0)},
    "q*(F + v*B)": {"q": ("C", 1, 5), "F": ("V/m", 1, 5), "v": ("m/s", 1, 5),
                    "B": ("T", 1, 5), "f": ("N", 0, 0)},
}  # fmt: skip


@dataclass(frozen=True)
class LawHunt:
    """Expressions tried until the exact law was found, or in all searches."""

    rows: int  # expressions on rows of the table
    algebra: int  # sums and products by linear algebra
    found: bool

    @property
    def all(self) -> int:
        """Number of both kinds."""
        return self.rows + self.algebra


def prior(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.6: expressions of a search with units and without, and the law of a network."""
    yield from distilled(commands)
    hunts = {law: (_hunted(commands, law, reported=True), _hunted(commands, law, reported=False))
             for law in LAWS}  # fmt: skip
    found, without = (sum(h[i].found for h in hunts.values()) for i in (0, 1))
    yield Finding(
        f"of {len(LAWS)} laws {found} are found exactly where units are told, and {without} where "
        f"they are not, from at most {BANKS[-1]} short formulas",
        found == len(LAWS),
    )
    pairs = list(hunts.values())
    yield _fewer("expressions in all", [(a.all, b.all) for a, b in pairs])
    # Where sums and products are found by algebra, few expressions are left to try on rows.
    rows = _fewer("expressions on rows of the table", [(a.rows, b.rows) for a, b in pairs])
    yield replace(rows, gap=True)
    yield Picture(
        _paired(hunts), "Expressions that were tried on each table until the exact law was there"
    )


def _fewer(what: str, pairs: Sequence[tuple[int, int]]) -> Finding:
    """Check that units save expressions, law by law."""
    reported, plain = np.array(pairs).T
    times = t_interval(np.log(plain / reported))
    low, middle, high = (math.exp(x) for x in (times.low, times.value, times.high))
    return Finding(
        f"until the exact law a median of {np.median(reported):,.0f} {what} are tried with units, "
        f"and {np.median(plain):,.0f} or more without: {middle:.3g} times as many on a law "
        f"({low:.3g} to {high:.3g})",
        low > 1,
    )


def _hunted(commands: Commands, law: str, *, reported: bool) -> LawHunt:
    """Count over searches that widen until they find a law; narrow ones count too."""
    names, rng = tuple(LAWS[law]), np.random.default_rng(len(law))
    columns = list(LAWS[law].values())
    x = np.stack([rng.uniform(low, high, ROWS) for _, low, high in columns[:-1]], 1)
    known = {n: sympy.Symbol(n) for n in names}
    truth = sympy.sympify(law, locals=known)
    y = sympy.lambdify([known[n] for n in names[:-1]], truth, "numpy")(*x.T)
    heads = [f"{n} [{u if reported else 1}]" for n, (u, *_) in zip(names, columns, strict=True)]
    write_table(commands, heads, x, y)
    rows = algebra = 0
    for bank in BANKS:
        reported_of = searched(commands, names, bank).answer["record"]["model"]["fit"]["losses"]
        rows += round(reported_of["expressions_on_rows"])
        algebra += round(reported_of["expressions_by_algebra"])
        for formula in formulas(commands, names):
            gap = sympy.nsimplify(formula, rational=True, tolerance=EXACT) - truth
            if sympy.simplify(gap) == 0:
                return LawHunt(rows, algebra, found=True)
    return LawHunt(rows, algebra, found=False)


def _paired(hunts: Mapping[str, tuple[LawHunt, LawHunt]]) -> Figure:
    """Plot a line for each law, from the search with units to the one without."""
    figure, axes = plane(5.6, 2.6)
    for row, (reported, plain) in enumerate(hunts.values()):
        axes.plot([reported.all, plain.all], [row, row], color=MUTED, lw=1, zorder=1)
        axes.scatter(reported.all, row, 24, OURS, label=None if row else "units told")
        face = KNOWN if plain.found else "white"
        axes.scatter(plain.all, row, 24, face, edgecolors=KNOWN,
                     label=None if row else "no units")  # fmt: skip
    axes.set_yticks(range(len(hunts)), [law.replace("**2", "²").replace("*", " ") for law in hunts])
    axes.set_xscale("log")
    axes.invert_yaxis()
    missed = any(not plain.found for _, plain in hunts.values())
    dress(axes, "expressions tried" + (" (hollow: the law was not found)" if missed else ""),
          grid=True)  # fmt: skip
    return figure
