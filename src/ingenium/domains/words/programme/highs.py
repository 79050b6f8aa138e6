"""HiGHS: solver of programmes, and reader and writer of MPS and LP.

Source: Huangfu and Hall, Parallelizing the dual revised simplex method, 2018 (HiGHS, MIT).
"""

import math
import os
import sys
from functools import cache
from pathlib import Path

import highspy
import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.words.programme.linear import LinearProgramme, LinearSum, Row
from ingenium.kits.programmes.highs import solver
from ingenium.trust.environments.limits import Limits, surroundings
from ingenium.trust.environments.worker import Worker, WorkerDied

MOST_MB = 2000  # of the process that reads files


def loaded(made: LinearProgramme) -> highspy.Highs:
    """Load a programme into HiGHS."""
    model = highspy.HighsLp()
    v, r = len(made.names), len(made.rows)
    goal = made.goal or LinearSum({})
    model.num_col_, model.num_row_ = v, r
    cost = np.zeros(v)
    cost[list(goal.shares)] = list(goal.shares.values())
    model.col_cost_, model.offset_ = cost, goal.constant
    model.col_lower_, model.col_upper_ = np.array(made.lower), np.array(made.upper)
    model.row_lower_ = np.array([row.low for row in made.rows])
    model.row_upper_ = np.array([row.high for row in made.rows])
    model.col_names_ = [spelt(name) for name in made.names]
    model.row_names_ = [f"row_{i}" for i in range(r)]
    model.sense_ = highspy.ObjSense.kMaximize if made.most else highspy.ObjSense.kMinimize
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[whole] for whole in made.whole]
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.num_col_, matrix.num_row_ = v, r
    matrix.start_ = np.cumsum([0, *(len(row.shares) for row in made.rows)])
    matrix.index_ = np.array([k for row in made.rows for k in row.shares], dtype=np.int32)
    matrix.value_ = np.array([x for row in made.rows for x in row.shares.values()])
    one: highspy.Highs = solver()
    one.passModel(model)
    return one


def spelt(name: str) -> str:
    """Return a name in the characters that MPS and LP allow."""
    plain = (c if c == "_" or (c.isalnum() and c.isascii()) else f"_{ord(c):x}_" for c in name)
    return "".join(plain)


def optimum(made: LinearProgramme) -> float:
    """Return the optimum; infinite if infeasible, NaN if unbounded or without an answer."""
    worst = -math.inf if made.most else math.inf
    if any(a > b for a, b in zip(made.lower, made.upper, strict=True)):
        return worst
    one = loaded(made)
    one.run()
    status = one.getModelStatus()
    if status == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        one.setOptionValue("presolve", "off")
        one.run()
        status = one.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return worst
    if status != highspy.HighsModelStatus.kOptimal:
        return math.nan
    return float(one.getInfo().objective_function_value)


def plan(made: LinearProgramme) -> dict[str, float]:
    """Return the nonzero variables of the best plan."""
    one = loaded(made)
    one.run()
    values = one.getSolution().col_value
    return {n: round(x, 6) for n, x in zip(made.names, values, strict=True) if abs(x) > 1e-6}


def write(made: LinearProgramme, path: Path) -> None:
    """Write MPS or LP, by the suffix of the path."""
    if loaded(made).writeModel(str(path)) == highspy.HighsStatus.kError:
        raise InputError("a programme that HiGHS writes", f"{path}")


@cache
def reader() -> Worker:
    """Return the process that reads files for this one."""
    seen = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", str(Path(__file__).with_name("model_reader.py"))]
    return Worker("HiGHS", command, Limits(memory_mb=MOST_MB), surroundings(seen))


def read(path: Path) -> LinearProgramme:
    """Read a programme from MPS or LP.

    Raises:
        InputError: for an invalid file, or one on which HiGHS does not terminate.
    """
    try:
        found = reader().ask(str(path.resolve()))
    except WorkerDied:
        found = None
    if found is None:
        raise InputError("a programme as MPS or LP", f"{path}", "Write what propose writes.")
    shares: list[dict[int, float]] = [{} for _ in found["row_lower"]]
    start, index, value = found["start"], found["index"], found["value"]
    for outer in range(len(start) - 1):
        for k in range(start[outer], start[outer + 1]):
            row, column = (outer, index[k]) if found["by_row"] else (index[k], outer)
            shares[row][column] = value[k]
    return LinearProgramme(
        found["names"],
        found["lower"],
        found["upper"],
        found["whole"] or [False] * len(found["names"]),
        [Row(*ends) for ends in zip(shares, found["row_lower"], found["row_upper"], strict=True)],
        LinearSum({i: c for i, c in enumerate(found["cost"]) if c}, found["offset"]),
        found["most"],
    )
