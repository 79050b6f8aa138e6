"""Laws of the Feynman tables, found exactly: the search of laws against Operon and gplearn.

All 120 equations of Udrescu and Tegmark (Science Advances 6, 2020, eaay2631), the bonus ones among
them, 300 rows each over the ranges of their tables. A law counts as found where its form, with
constants refitted to rows without noise, leaves less than 1e-7 of the spread of the target. `units`
states whether the search was given units: 80 laws, sampled at random, are those of the study of row
31.4, and the other 40 are searched here. Operon (0.6.2) and gplearn (0.4.3) take none, are
installed for this benchmark only, and run on 40 of the laws, sampled at random, like the search
without units; at the intermediate noises on 20 of these. Rows of the stored result are not run
again. The rates that SRBench publishes are listed too: of its own 116 of these laws, 10,000 rows
and hours each, where a formula counts that differs from the law by a constant or a factor.

Source: La Cava et al., NeurIPS 2021 (SRBench); github.com/cavalab/srbench, docs/csv/groundtruth.csv
of commit 3c18ece8, mean of `symbolic_solution_rate_(%)` over the group Feynman.

Run `python -m benchmarks equations_feynman`, with INGENIUM_FEYNMAN the folder of
FeynmanEquations.csv and BonusEquations.csv.
"""

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy
from scipy.optimize import least_squares

from benchmarks.measuring import RESULTS, report
from ingenium.core.units import base_unit
from ingenium.domains.equations.law.genetic import LawSearch
from ingenium.domains.equations.law.table import read
from ingenium_book.studies.equations.feynman import FOUND, ROWS, FeynmanLaw, everyone
from ingenium_book.studies.equations.feynman import OPERATIONS as EVERY
from ingenium_book.studies.equations.feynman_laws import (
    ARMS,
    BANK,
    GENERATIONS,
    SEARCHED,
    SPREAD,
    searched,
)

STUDIES = Path(__file__).parents[1] / "book" / "outcomes" / "results"
SEED, SECONDS = 7, 5  # of the rows; of gplearn
FEW, FEWER = 40, 20  # laws, sampled at random, on which rivals that take no units are compared
EVERYONE, LEFT = "all", "left"  # laws; those that the study of row 31.4 leaves
OURS = "search of laws"
EVALUATIONS = 300_000  # of Operon, which take longer than the search does
FEWER_AT = {0.1: 150_000}  # noise at which Operon finds more laws from fewer
NOISES = (0.0, 0.001, 0.01)  # that SRBench has too
PUBLISHED: Mapping[str, tuple[float, ...]] = {  # percent, by noise
    "AI Feynman": (55.8, 1.5, 0.0),
    "AFP_FE": (27.0, 15.9, 6.1),
    "DSR": (19.7, 16.8, 8.4),
    "Operon": (16.6, 0.3, 0.1),
    "gplearn": (16.3, 15.8, 13.2),
}
OPERATIONS = tuple(o for o in EVERY if o != "asin")  # inputs of rivals here


def untold(law: FeynmanLaw, noise: float) -> bool:
    """Run the search of laws without units, with the operations of its rivals."""
    units = ["1"] * len(law.units)
    own = read(law.table(law.noisy(noise), units), "target", ())
    return law.is_found(LawSearch(own, OPERATIONS, BANK, 1.0, 0).evolved([], GENERATIONS), units)


def with_units(law: FeynmanLaw, noise: float) -> bool:
    """Run the search of laws as in the study of row 31.4."""
    return searched(law, noise, law.seed)


def units_alone(law: FeynmanLaw, noise: float) -> bool:
    """The only product of powers that the units admit, if there is only one."""
    heads = [base_unit(u, of="a column")[1] for u in law.units]
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
    """Run Operon's regressor for a number of evaluations."""
    return operon_of(law, noise, FEWER_AT.get(noise, EVALUATIONS))[0]


def operon_of(law: FeynmanLaw, noise: float, evaluations: int) -> tuple[bool, int]:
    """The same with five steps of its own fit of constants, on one thread; and what it counted."""
    from pyoperon.sklearn import SymbolicRegressor

    made = SymbolicRegressor(
        allowed_symbols="add,sub,mul,div,square,sqrt,sin,cos,exp,log,tanh,constant,variable",
        max_evaluations=evaluations,
        generations=10**6,
        optimizer_iterations=5,
        n_threads=1,
        random_state=1,
    )
    made.fit(law.rows.T, law.noisy(noise))
    names = [f"X{i + 1}" for i in range(len(law.columns))]
    spent = made.stats_["residual_evaluations"] + made.stats_["jacobian_evaluations"]
    return _form(made.get_model_string(made.model_, 12), names, law), int(spent)


def gplearn(law: FeynmanLaw, noise: float) -> bool:
    """Run gplearn's regressor with its defaults and all its functions, for some seconds."""
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
    """True if a formula, its constants refitted to rows without noise, is the law."""
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


@dataclass(frozen=True)
class LawRun:
    """A method, whether it is given units, its noise, and the number of laws."""

    by: str
    units: bool
    noise: float
    method: Callable[[FeynmanLaw, float], bool]
    of: str = EVERYONE  # the laws

    @property
    def reported(self) -> dict[str, object]:
        """Columns of the table."""
        return {"by": self.by, "units": "told" if self.units else "not told", "noise": self.noise}


RUNS = (
    *(LawRun(f"{OURS}, the others", True, noise, with_units, LEFT) for noise in ARMS.values()),
    LawRun("units alone", True, 0.0, units_alone),
    *(LawRun(by, False, noise, method, few)
      for noise, few in ((0.0, "few"), (0.001, "fewer"), (0.01, "few"), (0.1, "fewer"))
      for by, method in ((OURS, untold), ("Operon", operon), ("gplearn", gplearn))),
)  # fmt: skip


def found_by(own: LawRun, chosen: Sequence[FeynmanLaw]) -> tuple[dict[str, object], str]:
    """A row of the table, and the names of the laws found."""
    found, began = [], time.process_time()
    for law in chosen:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                if own.method(law, own.noise):
                    found.append(law.name)
            except (ValueError, TypeError, ArithmeticError, RuntimeError) as error:
                print(own.by, law.name, type(error).__name__, str(error)[:80])
    seconds = (time.process_time() - began) / len(chosen)
    share = 100 * len(found) / len(chosen)
    row = own.reported | {"found": f"{len(found)} of {len(chosen)}", "percent": share}
    return row | {"seconds_each": seconds}, " ".join(found)


def reported() -> list[dict[str, object]]:
    """Rows of the study of row 31.4, where units are given."""
    retained = json.loads((STUDIES / "31.4.json").read_text(encoding="utf-8"))["values"]
    found = []
    for arm, noise in ARMS.items():
        own, seconds = (retained[n]["interval"]["value"] for n in (arm, f"{arm}_s"))
        found.append(_row(f"{OURS}, row 31.4", noise, (round(own * SEARCHED), SEARCHED), seconds))
    return found


def summed(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Sum over all laws, of the study and of the remaining ones, where both were run."""
    found = []
    for noise in ARMS.values():
        own = [r for r in rows if r["units"] == "told" and r["noise"] == noise
               and str(r["by"]).startswith(OURS)]  # fmt: skip
        if len(own) == 2:
            counts = np.array([[int(x) for x in str(r["found"]).split(" of ")] for r in own])
            spent = [float(str(r["seconds_each"])) for r in own] @ counts[:, 1]
            hits, laws = counts.sum(0)
            found.append(_row(f"{OURS}, all", noise, (hits, laws), spent / laws))
    return found


def _row(by: str, noise: float, found: tuple[int, int], seconds: float) -> dict[str, object]:
    hits, laws = found
    return {"by": by, "units": "told", "noise": noise, "found": f"{hits} of {laws}",
            "percent": 100 * hits / laws, "seconds_each": seconds}  # fmt: skip


def published() -> list[dict[str, object]]:
    """Rows of SRBench's published rates."""
    return [
        {"by": f"{by}, in SRBench", "units": "not told", "noise": noise, "found": None,
         "percent": rate, "seconds_each": None}
        for noise, rates in zip(NOISES, zip(*PUBLISHED.values(), strict=True), strict=True)
        for by, rate in zip(PUBLISHED, rates, strict=True)
    ]  # fmt: skip


def run() -> None:
    """Write and print a table; stored rows are not run again."""
    laws = groups()
    file = RESULTS / "equations_feynman.json"
    retained = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"rows": []}
    rows = reported()
    names: dict[str, str] = {}
    for own in RUNS:
        name = ", ".join(map(str, own.reported.values()))
        same = [r for r in retained["rows"] if own.reported.items() <= r.items()]
        row, found = (same[0], retained["laws"][name]) if same else found_by(own, laws[own.of])
        rows.append(row)
        names[name] = found
        about = {"rows_of_a_law": ROWS, "laws": names}
        whole = [*summed(rows), *rows, *published()]
        report("equations_feynman", "Feynman's laws found exactly", whole, about)


def groups() -> dict[str, list[FeynmanLaw]]:
    """Laws by the names of their groups."""
    every = everyone(SEED)
    left = np.random.default_rng(SPREAD).permutation(len(every))[SEARCHED:]
    few = {"few": some(every, FEW), "fewer": some(every, FEWER)}
    return few | {EVERYONE: every, LEFT: [every[i] for i in left]}


def some(every: Sequence[FeynmanLaw], n: int) -> list[FeynmanLaw]:
    """Sample laws at random."""
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))[:n]]
