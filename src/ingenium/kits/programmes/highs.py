"""HiGHS as a quiet, reproducible solver, and programmes built from blocks of rows.

Source: Huangfu and Hall, Parallelizing the dual revised simplex method, 2018 (HiGHS, MIT).
"""

import os
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ingenium.core.packages import Extra

WORDS = Extra("words")  # that brings HiGHS
SECONDS = 20.0  # of one solve, after which there is no answer
GAP = 1e-9  # relative, of integer programmes
NODES = 2**31 - 1


def solver(*, seconds: float = SECONDS, gap: float = GAP, nodes: int = NODES) -> Any:
    """Return a quiet solver on one thread, reproducible where no time limit ends it.

    Args:
        seconds: wall time of a solve, after which there is no answer.
        gap: relative gap at which an integer programme is solved.
        nodes: nodes of the search tree, after which the best solution so far counts.

    Raises:
        MissingExtra: with the line that installs HiGHS.
    """
    highspy = WORDS.package("highspy")
    _greeted()
    made = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("time_limit", seconds),
        ("mip_rel_gap", gap),
        ("mip_abs_gap", 1e-7),
        ("mip_max_nodes", nodes),
    ):
        made.setOptionValue(name, value)
    return made


@cache
def _greeted() -> None:
    """Create the first solver, whose banner would otherwise corrupt JSON on standard output."""
    highspy = WORDS.package("highspy")
    sys.stdout.flush()
    retained, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(retained, 1)
        os.close(retained)
        os.close(nowhere)


@dataclass
class ProgrammeBuilder:
    """Columns and rows of a minimisation, collected in blocks.

    >>> made = ProgrammeBuilder()
    >>> x = made.columns(2, 0.0, 4.0, cost=1.0)
    >>> made.row(x, [1.0, 1.0], 3.0, np.inf)
    >>> float(made.solve().objective)
    3.0
    """

    cost: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    row_low: list[float] = field(default_factory=list)
    row_high: list[float] = field(default_factory=list)

    def columns(
        self, n: int, low: Any, high: Any, *, cost: Any = 0.0, whole: bool = False
    ) -> Int[np.ndarray, " n"]:
        """Add columns; return their numbers."""
        first = len(self.cost)
        for own, values in ((self.low, low), (self.high, high), (self.cost, cost)):
            own.extend(np.broadcast_to(values, n).tolist())
        self.whole.extend([whole] * n)
        return np.arange(first, first + n)

    def row(self, columns: Any, values: Any, low: float | int, high: float | int) -> None:
        """Add one row."""
        at = np.asarray(columns, dtype=np.int32)
        self.rows.append((at, np.broadcast_to(np.asarray(values, dtype=np.float64), len(at))))
        self.row_low.append(float(low))
        self.row_high.append(float(high))

    def load(
        self,
        *,
        relaxed: bool = False,
        seconds: float = SECONDS,
        gap: float = GAP,
        nodes: int = NODES,
    ) -> Any:
        """Return a solver that holds the programme."""
        highspy = WORDS.package("highspy")
        one, model = solver(seconds=seconds, gap=gap, nodes=nodes), highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self.rows)
        model.col_cost_, model.col_lower_ = np.array(self.cost), np.array(self.low)
        model.col_upper_ = np.array(self.high)
        model.row_lower_, model.row_upper_ = np.array(self.row_low), np.array(self.row_high)
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.num_col_, matrix.num_row_ = len(self.cost), len(self.rows)
        matrix.start_ = np.cumsum([0, *(len(c) for c, _ in self.rows)])
        matrix.index_ = np.concatenate([np.zeros(0, np.int32), *(c for c, _ in self.rows)])
        matrix.value_ = np.concatenate([np.zeros(0), *(v for _, v in self.rows)])
        if not relaxed and any(self.whole):
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            model.integrality_ = [kinds[w] for w in self.whole]
        one.passModel(model)
        return one

    def solve(
        self,
        *,
        relaxed: bool = False,
        seconds: float = SECONDS,
        gap: float = GAP,
        nodes: int = NODES,
        start: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> "ProgrammeSolution":
        """Solve the programme, from values of some columns to start with."""
        one = self.load(relaxed=relaxed, seconds=seconds, gap=gap, nodes=nodes)
        if start is not None:
            columns, values = start
            one.setSolution(len(columns), columns.astype(np.int32), values.astype(np.float64))
        return solution(one)


@dataclass(frozen=True)
class ProgrammeSolution:
    """Values, objective and bound of a solve.

    `found` is False without any solution, or where the time ended before the search: what is found
    by then depends on the load of the machine.
    """

    values: Float[np.ndarray, " n"]
    objective: float
    bound: float
    found: bool
    optimal: bool


def solution(one: Any) -> ProgrammeSolution:
    """Run a loaded solver and return its solution."""
    highspy = WORDS.package("highspy")
    one.run()
    info, status = one.getInfo(), one.getModelStatus()
    values = np.array(one.getSolution().col_value)
    in_time = status != highspy.HighsModelStatus.kTimeLimit
    feasible = in_time and int(info.primal_solution_status) == 2  # HighsSolutionStatus: feasible
    optimal = status == highspy.HighsModelStatus.kOptimal
    objective = float(info.objective_function_value)
    bound = float(info.mip_dual_bound)
    is_mip = any(k == highspy.HighsVarType.kInteger for k in one.getLp().integrality_)
    return ProgrammeSolution(values, objective, bound if is_mip else objective, feasible, optimal)
