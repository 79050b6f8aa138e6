"""Solution fields a second: a learned operator beside the equation's own solver at equal error.

Both run on one thread, on the same inputs that neither has seen, 64 together. The solver is made
coarse step by step, so that the one that is as close can be read off. What the operator was taught
with is no part of the times: `equations_job` says what the examples take from nothing.

Run `python -m benchmarks equations_fields`; a fit of Darcy's flow takes minutes, once.
"""

import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from benchmarks.measuring import report, timed
from ingenium.core.asking import resolve
from ingenium.core.problem import silent
from ingenium.core.spec import Spec, parse
from ingenium.domains import open_problem
from ingenium.domains.equations.field.operator import FourierOperator
from ingenium.domains.equations.field.problem import COARSE, SolutionField
from ingenium.domains.equations.field.verifier import errors
from ingenium.generators import fitted
from ingenium.loop import training

EXAMPLES = Path(__file__).parents[1] / "examples/equations"
FIELDS, SEED = 64, 20


def rows(spec: Spec) -> list[dict[str, object]]:
    """The operator, and the solver at each coarseness."""
    problem = open_problem(spec)
    assert isinstance(problem, SolutionField)
    own = resolve(spec, problem)
    known = training(problem)
    made = fitted.fit(problem, known, own.generator, watch=silent).family
    assert isinstance(made, FourierOperator)
    e = problem.equation
    inputs = e.draw(FIELDS, torch.Generator().manual_seed(SEED))
    true = torch.cat([e.solved(a, e.judged_on) for a in inputs.split(16)])

    @torch.no_grad()
    def learned(own: torch.Tensor) -> torch.Tensor:
        told = problem.codec.told(own).float()
        solution = made.solution(told, torch.Generator())
        return problem.codec.solution(solution)

    solvers = {f"solver on {e.points // n} points": partial(e.coarse, times=n) for n in COARSE}
    works = {"learned operator": learned} | solvers
    return [_row(e.name, by, work, inputs, true) for by, work in works.items()]


def _row(
    equation: str,
    by: str,
    work: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    true: torch.Tensor,
) -> dict[str, object]:
    """Error, and fields a second of the processor: the best of three."""
    error = float(errors(work(inputs), true)[0].mean())
    spent = min(timed(partial(work, inputs), 3).cpu_s)
    return {"equation": equation, "by": by, "relative error": error, "fields/s": FIELDS / spent}


def run() -> None:
    """Write and print a table."""
    found: list[dict[str, object]] = []
    for name in ("burgers", "darcy"):
        asked = tomllib.loads((EXAMPLES / f"{name}.toml").read_text())
        found += rows(parse(asked, Spec, name))
        report("equations_fields", "Solution fields a second, by error", found, {"fields": FIELDS})
