"""The 120 equations of Udrescu and Tegmark, with rows drawn over the ranges of their tables.

The tables are not shipped; their folder stands in `INGENIUM_FEYNMAN`. They name no units: those are
in `feynman_units`.

Source: Udrescu and Tegmark, Science Advances 6, 2020, eaay2631 (FeynmanEquations.csv, and
    BonusEquations.csv with 20 harder ones).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import sympy

from ingenium.domains.equations.law.archive import FittedLaw, LawArchive, LawFit
from ingenium.domains.equations.law.table import read
from ingenium_book.owned import owned
from ingenium_book.studies.equations.feynman_units import UNITS

PLACE, FILES = "INGENIUM_FEYNMAN", ("FeynmanEquations.csv", "BonusEquations.csv")
OPERATIONS = ("+", "-", "*", "/", "sq", "sqrt", "sin", "cos", "exp", "log", "tanh", "asin")
ROWS, FOUND = 300, 1e-7  # rows of a law; misfit, in spreads of the target, of one that is found
AS_WELL = 1.15  # times the least misfit of a front, that the shortest law is taken within
ROUNDS = 60  # of the fit without noise


@dataclass(frozen=True, eq=False)
class FeynmanLaw:
    """An equation of the tables, with rows that were drawn."""

    name: str
    columns: Sequence[str]
    rows: np.ndarray
    clean: np.ndarray  # the target without noise
    seed: int

    @classmethod
    def of(cls, row: pd.Series, seed: int) -> "FeynmanLaw":
        """From a row of the table."""
        places = [k for k in range(1, 11) if isinstance(row[f"v{k}_name"], str)]
        names = [str(row[f"v{k}_name"]) for k in places]
        rng = np.random.default_rng([seed, len(names), *row["Filename"].encode()])
        drawn = [rng.uniform(float(row[f"v{k}_low"]), float(row[f"v{k}_high"]), ROWS)
                 for k in places]  # fmt: skip
        known = {n: sympy.Symbol(n) for n in names}
        truth = sympy.lambdify(
            list(known.values()), sympy.sympify(row["Formula"], locals=dict(known)), "numpy"
        )
        clean = np.asarray(truth(*drawn)) * 1.0
        return cls(row["Filename"], names, np.stack(drawn), clean, seed)

    @property
    def units(self) -> tuple[str, ...]:
        """Of the columns, and of the target."""
        return tuple(UNITS[self.name].split())

    def noisy(self, noise: float) -> np.ndarray:
        """The target with errors of a share of its root mean square."""
        size = noise * float(np.sqrt(np.square(self.clean).mean()))
        return self.clean + size * np.random.default_rng([self.seed, 5]).standard_normal(ROWS)

    def table(self, target: np.ndarray, units: Sequence[str]) -> str:
        """As a user writes it."""
        names = [f"{n}_0" if n == "c" else n for n in (*self.columns, "target")]
        heads = [f"{n} [{u}]" for n, u in zip(names, units, strict=True)]
        frame = pd.DataFrame(np.vstack([self.rows, target]).T, columns=heads)
        return frame.to_csv(index=False, float_format="%.15g")

    def is_found(self, found: LawArchive, units: Sequence[str]) -> bool:
        """Whether the shortest law that fits as well as any is this one.

        Its constants are fitted anew to rows without noise, of which it then leaves nothing.
        """
        law = chosen(found)
        if law is None:
            return False
        clean = read(self.table(self.clean, units), "target", ())
        again = LawFit(clean.language, clean.columns, clean.values)
        done = again.fitted([(law.tokens, law.constants)], ROUNDS)
        return bool(done) and done[0].misfit < FOUND


def chosen(found: LawArchive) -> FittedLaw | None:
    """The shortest law of the front that fits as well as any."""
    front = found.front()
    if not front:
        return None
    least = max(AS_WELL * front[-1].misfit, FOUND)
    return next(law for law in front if law.misfit <= least)


def everyone(seed: int) -> list[FeynmanLaw]:
    """All laws of both tables.

    Raises:
        InputError: if nothing says where they are, or they are not there.
    """
    files = owned(PLACE, FILES, "the authors' page")
    tables = [pd.read_csv(file, encoding="utf-8-sig") for file in files]
    rows = pd.concat(tables).dropna(subset=["Formula", "Filename"])
    return [FeynmanLaw.of(row, seed) for _, row in rows.iterrows()]
