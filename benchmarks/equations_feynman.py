"""Laws of the Feynman tables, found exactly: the search of laws beside Operon and gplearn.

All 120 equations of Udrescu and Tegmark (Science Advances 6, 2020, eaay2631), the bonus ones among
them, 300 rows each over the ranges of their tables. A law counts as found where its form, with
constants fitted anew to rows without noise, leaves less than 1e-7 of the spread of the target.
`units` says whether the search was told units; Operon (0.6.2) and gplearn (0.4.3) take none, and
are installed beside the project for this alone.

Run `python -m benchmarks equations_feynman`, with FEYNMAN the folder of FeynmanEquations.csv
and BonusEquations.csv.
"""

import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import sympy
from scipy.optimize import least_squares

from benchmarks.feynman_units import UNITS
from benchmarks.measuring import report
from ingenium.core.units import base_unit
from ingenium.domains.equations.law.archive import LawFit
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.table import MeasuredTable, read

ROWS, FOUND, SECONDS = 300, 1e-7, 2  # rows; misfit of a law that is found; of gplearn
EVALUATIONS = 100_000  # of Operon, which take about as long
OPERATIONS = ("+", "-", "*", "/", "sq", "sqrt", "sin", "cos", "exp", "log", "tanh")


@dataclass(frozen=True, eq=False)
class FeynmanLaw:
    """An equation of the tables, with rows that were drawn."""

    name: str
    columns: Sequence[str]
    rows: np.ndarray
    clean: np.ndarray

    @classmethod
    def of(cls, row: pd.Series) -> "FeynmanLaw":
        """From a row of the table."""
        places = [k for k in range(1, 11) if isinstance(row[f"v{k}_name"], str)]
        names = [str(row[f"v{k}_name"]) for k in places]
        rng = np.random.default_rng([7, len(names), *row["Filename"].encode()])
        drawn = [rng.uniform(float(row[f"v{k}_low"]), float(row[f"v{k}_high"]), ROWS)
                 for k in places]  # fmt: skip
        known = {n: sympy.Symbol(n) for n in names}
        truth = sympy.lambdify(
            list(known.values()), sympy.sympify(row["Formula"], locals=dict(known)), "numpy"
        )
        return cls(row["Filename"], names, np.stack(drawn), np.asarray(truth(*drawn)) * 1.0)

    def noisy(self, noise: float) -> np.ndarray:
        """The target with errors of a share of its root mean square."""
        size = noise * float(np.sqrt(np.square(self.clean).mean()))
        return self.clean + size * np.random.default_rng(5).standard_normal(ROWS)

    def table(self, target: np.ndarray, units: str) -> MeasuredTable:
        """As the search reads it."""
        names = [f"{n}_0" if n == "c" else n for n in (*self.columns, "target")]
        heads = [f"{n} [{u}]" for n, u in zip(names, units.split(), strict=True)]
        frame = pd.DataFrame(np.vstack([self.rows, target]).T, columns=heads)
        return read(frame.to_csv(index=False, float_format="%.15g"), "target", ())


def ours(law: FeynmanLaw, noise: float, *, units: bool) -> bool:
    """The shortest law of the front that fits as well as any, with constants fitted anew."""
    told = UNITS[law.name] if units else " ".join("1" for _ in (*law.columns, ""))
    own = law.table(law.noisy(noise), told)
    search = LawSearch(own, OPERATIONS, 2000, 1.0, 0)
    front = search.evolved([], 2).front()
    if not front:
        return False
    least = max(1.15 * front[-1].misfit, FOUND)
    best = next(f for f in front if f.misfit <= least)
    clean = law.table(law.clean, told)
    again = LawFit(clean.language, clean.columns, clean.values)
    done = again.fitted([(best.tokens, best.constants)], 60)
    return bool(done) and done[0].misfit < FOUND


def units_alone(law: FeynmanLaw, noise: float) -> bool:
    """The one product of powers that the units admit, if they admit only one."""
    heads = [base_unit(u, of="a column")[1] for u in UNITS[law.name].split()]
    bases = sorted({b for h in heads for b in h})
    if not bases:
        return False
    powers = sympy.Matrix([[h.get(b, 0) for h in heads] for b in bases])
    own, wanted = powers[:, :-1], powers[:, -1]
    if own.rank() < len(law.columns):
        return False
    symbols = sympy.symbols(f"p:{len(law.columns)}")
    found = list(sympy.linsolve((own, wanted), *symbols))
    if not found:
        return False
    product = np.prod(law.rows ** np.array(found[0], dtype=float)[:, None], 0)
    ratio = law.clean / product
    return float(np.std(ratio)) < FOUND * float(np.abs(ratio).mean())


def operon(law: FeynmanLaw, noise: float) -> bool:
    """Operon's regressor with five steps of its own fit of constants, on one thread."""
    from pyoperon.sklearn import SymbolicRegressor

    made = SymbolicRegressor(
        allowed_symbols="add,sub,mul,div,square,sqrt,sin,cos,exp,log,tanh,constant,variable",
        max_evaluations=EVALUATIONS,
        generations=10**6,
        optimizer_iterations=5,
        n_threads=1,
        random_state=1,
    )
    made.fit(law.rows.T, law.noisy(noise))
    names = [f"X{i + 1}" for i in range(len(law.columns))]
    return _form(made.get_model_string(made.model_, 12), names, law)


def gplearn(law: FeynmanLaw, noise: float) -> bool:
    """gplearn's regressor with its defaults and all its functions, for some seconds."""
    from gplearn.genetic import SymbolicRegressor

    made = SymbolicRegressor(
        population_size=500,
        generations=1,
        function_set=("add", "sub", "mul", "div", "sqrt", "sin", "cos", "log"),
        parsimony_coefficient=1e-3,
        warm_start=True,
        random_state=1,
    )
    began = time.process_time()
    while time.process_time() < began + SECONDS:
        made.fit(law.rows.T, law.noisy(noise))
        made.set_params(generations=made.generations + 2)
    names = [f"X{i}" for i in range(len(law.columns))]
    return _form(str(made._program), names, law)


def _form(text: str, names: Sequence[str], law: FeynmanLaw) -> bool:
    """Whether a formula with its constants fitted anew to rows without noise is the law."""
    known = {n: sympy.Symbol(n) for n in names}
    calls = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "square": lambda a: a**2,
    }
    whole = sympy.sympify(text.replace("^", "**"), locals=known | calls)
    numbers = sorted(whole.atoms(sympy.Float), key=str)
    free = [sympy.Symbol(f"_k{i}") for i in range(len(numbers))]
    open_ = whole.subs(dict(zip(numbers, free, strict=True)))
    compiled = sympy.lambdify([free, *known.values()], open_, "numpy")
    spread = float(law.clean.std())

    def rest(held: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            found = (compiled(list(held), *law.rows) - law.clean) / spread
        return np.nan_to_num(np.asarray(found) * np.ones(ROWS), nan=1e6, posinf=1e6, neginf=-1e6)

    start = np.array([float(n) for n in numbers])
    if len(start):
        start = least_squares(rest, start, method="trf", max_nfev=60, xtol=1e-15, ftol=1e-15).x
    return float(np.sqrt(np.square(rest(start)).mean())) < FOUND


RUNS: Sequence[tuple[str, bool, float, Callable[[FeynmanLaw, float], bool]]] = (
    ("search of laws", True, 0.0, partial(ours, units=True)),
    ("search of laws", True, 0.01, partial(ours, units=True)),
    ("units alone", True, 0.0, units_alone),
    ("Operon", False, 0.0, operon),
    ("search of laws", False, 0.0, partial(ours, units=False)),
    ("gplearn", False, 0.0, gplearn),
    ("search of laws", True, 0.1, partial(ours, units=True)),
    ("search of laws", True, 0.001, partial(ours, units=True)),
    ("Operon", False, 0.01, operon),
)


def everyone(folder: Path) -> list[FeynmanLaw]:
    """All laws of both tables."""
    names = ("FeynmanEquations.csv", "BonusEquations.csv")
    tables = [pd.read_csv(folder / n, encoding="utf-8-sig") for n in names]
    rows = pd.concat(tables).dropna(subset=["Formula", "Filename"])
    return [FeynmanLaw.of(row) for _, row in rows.iterrows()]


def run() -> None:
    """Write and print a table."""
    chosen = everyone(Path(os.environ["FEYNMAN"]))
    rows: list[dict[str, object]] = []
    for name, units, noise, method in RUNS:
        found, began = [], time.process_time()
        for law in chosen:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    if method(law, noise):
                        found.append(law.name)
                except (ValueError, TypeError, ArithmeticError, RuntimeError) as error:
                    print(name, law.name, type(error).__name__, str(error)[:80])
        seconds = (time.process_time() - began) / len(chosen)
        told = {"by": name, "units": "told" if units else "not told", "noise": noise}
        rows.append(told | {"found": f"{len(found)} of {len(chosen)}", "seconds_each": seconds,
                            "laws": " ".join(found)})  # fmt: skip
        report("equations_feynman", "Feynman's laws found exactly", rows, {"rows": ROWS})
