"""Share of accepted designs of the examples that satisfy their limits on cells of half the size.

Known designs are judged as in a run: half cells estimate the mesh error from a share of the
accepted ones, and limits must be satisfied beyond it. Then some accepted ones are measured on half
cells themselves, and judged by these values alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.measuring import report
from ingenium.core import spec as specs
from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN
from ingenium.core.evidence import table, uncertainty
from ingenium.core.resolving import resolve
from ingenium.core.verdict import Verdict, margins, weighed
from ingenium.core.verify import measure, verify
from ingenium.domains import open_problem


@dataclass(frozen=True)
class Case:
    """An example, its number of known designs to judge, and of accepted ones to measure again."""

    spec: str
    known: int
    again: int


CASES = (
    Case("examples/structures/cantilever.toml", known=200, again=12),
    Case("examples/structures/bracket.toml", known=48, again=4),
)


def held(case: Case) -> dict[str, Any]:
    """Accepted designs of one example, with and without the mesh error, on half cells."""
    requested = specs.load(case.spec)
    problem = open_problem(requested)
    spec = resolve(requested, problem)
    designs = problem.data().isel({DESIGN: slice(0, case.known)})
    how = {"variables": problem.variables, "sizes": problem.sizes}
    plain = verify(designs, problem.verifier, spec.limits, **how)
    cross = cross_check(problem, designs, plain, spec.limits, 0)
    judged = weighed(plain, spec.limits, uncertainty(problem, {}, cross))
    names = [q.name for q in problem.quantities]
    row: dict[str, Any] = {"problem": problem.name, "spec": case.spec}
    for reported, verdicts in (("plain", plain), ("beyond the mesh", judged)):
        rows = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)[: case.again]
        values = table(problem, verdicts)[rows]
        finer = problem.second.finer.verifier
        limit = measure(designs.isel({DESIGN: rows}), finer, **how)
        for column, quantity in enumerate(finer.quantities):
            at = names.index(quantity.name)
            own = limit[:, column]
            values[:, at] = (values[:, at] + own) / 2 if quantity.beyond else own  # at half cells
        hold = (margins(values, names, spec.limits) >= 0).all(1)
        row |= {f"{reported}: again": len(rows), f"{reported}: hold": int(hold.sum())}
    return row


def run() -> None:
    """Run all examples."""
    title = "Accepted designs that hold their limits on half cells"
    report("structures_mesh", title, [held(case) for case in CASES], {})
