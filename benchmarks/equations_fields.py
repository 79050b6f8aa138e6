"""Solution fields a second: a learned operator against the equation's own solver at equal error.

Both run on one thread, on the same inputs that neither has seen, 64 together. The solver is
coarsened step by step, to find the one of equal error. The training of the operator is not part of
the times; the number of fields after which it has paid off, the solution of training fields
included, is reported if it was trained in this run.

Run `python -m benchmarks equations_fields`; a fit of Darcy's flow takes minutes, once.
"""

import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks.measuring import report, timed
from ingenium.core.designs import DESIGN
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec, parse
from ingenium.domains import open_problem
from ingenium.domains.equations.field.operator import FourierOperator
from ingenium.domains.equations.field.problem import COARSE, SolutionField
from ingenium.domains.equations.field.verifier import errors
from ingenium.generators import fitted
from ingenium.runs.loop import training

EXAMPLES = Path(__file__).parents[1] / "examples/equations"
FIELDS, SEED = 64, 20


def rows(spec: Spec) -> list[dict[str, object]]:
    """Rows of the operator, and of the solver at each coarseness."""
    problem = open_problem(spec)
    assert isinstance(problem, SolutionField)
    own = resolve(spec, problem)
    known = training(problem)
    began = time.process_time()
    made = fitted.fit(problem, known, own.generator, watch=silent)
    taught = time.process_time() - began
    family, e = made.family, problem.equation
    assert isinstance(family, FourierOperator)
    inputs = e.sample(FIELDS, torch.Generator().manual_seed(SEED))
    true = torch.cat([e.solved(a, e.judged_on) for a in inputs.split(16)])

    @torch.no_grad()
    def learned(own: torch.Tensor) -> torch.Tensor:
        condition = problem.codec.condition(own).float()
        solution = family.solution(condition, torch.Generator())
        return problem.codec.solution(solution)

    solvers = {f"solver on {e.points // n} points": partial(e.coarse, times=n) for n in COARSE}
    works = {"learned operator": learned} | solvers
    found = [_measured(work, inputs, true) for work in works.values()]
    solving = min(timed(partial(e.solved, inputs[:16], e.judged_on), 3).cpu_s) / 16
    whole = taught + known.sizes[DESIGN] * solving
    paid = ["" if made.cached else _paid(found, whole), *[""] * len(solvers)]
    return [
        {"equation": e.name, "by": by, "relative error": error, "fields/s": rate,
         "teaching paid after (fields)": after}
        for by, (error, rate), after in zip(works, found, paid, strict=True)
    ]  # fmt: skip


def _measured(
    work: Callable[[torch.Tensor], torch.Tensor], inputs: torch.Tensor, true: torch.Tensor
) -> tuple[float, float]:
    """Error, and fields per CPU second: the best of three."""
    error = float(errors(work(inputs), true)[0].mean())
    return error, FIELDS / min(timed(partial(work, inputs), 3).cpu_s)


def _paid(found: Sequence[tuple[float, float]], taught_s: float) -> str:
    """Number of fields after which operator and training cost less than an equally exact solver."""
    (error, own), *solvers = found
    rival = max((rate for off, rate in solvers if off <= error), default=0.0)
    if not rival:
        return "no solver as close"
    gain = 1 / rival - 1 / own
    return f"{taught_s / gain:,.0f}" if gain > 0 else "never"


def run() -> None:
    """Write and print a table."""
    found: list[dict[str, object]] = []
    for name in ("burgers", "darcy"):
        requested = tomllib.loads((EXAMPLES / f"{name}.toml").read_text())
        found += rows(parse(requested, Spec, name))
        report("equations_fields", "Solution fields a second, by error", found, {"fields": FIELDS})
