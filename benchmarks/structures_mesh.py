"""Do accepted designs of the examples hold their limits on cells of half the size?

Known designs are judged as a run judges them: half cells say of a share of the accepted ones what
the mesh is off, and limits hold beyond that. Then some of those that were accepted are measured on
half cells themselves, and judged by these values alone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.measuring import report
from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN
from ingenium.core.evidence import table, uncertainty
from ingenium.core.verdict import Verdict, margins, weighed
from ingenium.core.verify import measure, verify
from ingenium.domains import open_problem


@dataclass(frozen=True)
class Case:
    """An example, how many known designs are judged, and how many accepted ones measured again."""

    spec: str
    known: int
    again: int


CASES = (
    Case("examples/structures/cantilever.toml", known=200, again=12),
    Case("examples/structures/bracket.toml", known=48, again=4),
)


def held(case: Case) -> dict[str, Any]:
    """Of one example: accepted designs, with and without what the mesh is off, on half cells."""
    asked = specs.load(case.spec)
    problem = open_problem(asked)
    spec = resolve(asked, problem)
    designs = problem.data().isel({DESIGN: slice(0, case.known)})
    how = {"variables": problem.variables, "sizes": problem.sizes}
    plain = verify(designs, problem.verifier, spec.limits, **how)
    cross = cross_check(problem, designs, plain, spec.limits, 0)
    judged = weighed(plain, spec.limits, uncertainty(problem, {}, cross))
    names = [q.name for q in problem.quantities]
    row: dict[str, Any] = {"problem": problem.name, "spec": case.spec}
    for told, verdicts in (("plain", plain), ("beyond the mesh", judged)):
        rows = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)[: case.again]
        values = table(problem, verdicts)[rows]
        finer = problem.second.finer.verifier
        limit = measure(designs.isel({DESIGN: rows}), finer, **how)
        for column, quantity in enumerate(finer.quantities):
            at = names.index(quantity.name)
            own = limit[:, column]
            values[:, at] = (values[:, at] + own) / 2 if quantity.beyond else own  # at half cells
        hold = (margins(values, names, spec.limits) >= 0).all(1)
        row |= {f"{told}: again": len(rows), f"{told}: hold": int(hold.sum())}
    return row


def run() -> None:
    """All examples."""
    title = "Accepted designs that hold their limits on half cells"
    report("structures_mesh", title, [held(case) for case in CASES], {})
