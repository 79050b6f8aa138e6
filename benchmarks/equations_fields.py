"""Solution fields a second: a learned operator beside the equation's own solver at equal error.

Both run on one thread, on the same inputs that neither has seen, 64 together. The solver is made
coarse until it is just as close as the operator; what the operator was taught with, its fit and the
solving of its known fields, is told as processor time beside.

Run `python -m benchmarks equations_fields`; a fit of Darcy's flow takes minutes, once.
"""

import time
import tomllib
from pathlib import Path

import torch

from benchmarks.measuring import report
from ingenium.core.asking import resolve
from ingenium.core.problem import silent
from ingenium.core.spec import Spec, parse
from ingenium.domains import open_problem
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
    began = time.process_time()
    known = training(problem)
    made = fitted.fit(problem, known, own.generator, watch=silent)
    taught = time.process_time() - began
    e, cond = problem.equation, torch.zeros(FIELDS, 1)
    inputs = e.draw(FIELDS, torch.Generator().manual_seed(SEED))
    true = torch.cat([e.solved(a, e.judged_on) for a in inputs.split(16)])
    began = time.process_time()
    x = made.family.propose(cond, torch.Generator().manual_seed(SEED))
    spent = time.process_time() - began
    drawn, u = problem.codec.decode(x)
    assert torch.equal(problem.project({}, known)((drawn, u))[0], inputs)
    table = [_row(e.name, "learned operator", u, true, spent)]
    table[0] |= {"taught_s": None if made.cached else taught}
    for times in COARSE:
        e.coarse(inputs[:1], times)
        began = time.process_time()
        u = e.coarse(inputs, times)
        spent = time.process_time() - began
        table.append(_row(e.name, f"solver on {e.points // times} points", u, true, spent))
    return table


def _row(
    equation: str, by: str, u: torch.Tensor, true: torch.Tensor, spent: float
) -> dict[str, object]:
    error = float(errors(u, true)[0].mean())
    return {"equation": equation, "by": by, "error": error, "fields_a_second": FIELDS / spent}


def run() -> None:
    """Write and print a table."""
    found: list[dict[str, object]] = []
    for name in ("burgers", "darcy"):
        asked = tomllib.loads((EXAMPLES / f"{name}.toml").read_text())
        found += rows(parse(asked, Spec, name))
        report("equations_fields", "Solution fields a second, by error", found, {"fields": FIELDS})
