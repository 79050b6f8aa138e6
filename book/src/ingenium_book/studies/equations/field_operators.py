"""Row 31.13: how far off a learned operator is, and how fast the solver is that is as far off.

Burgers' equation at viscosity 0.1 on 128 points and Darcy's flow on 32 x 32, from 1,000 solved
fields, on 200 others; the authors report 0.0149 (256 points) and 0.0108 (85 x 85) at 500 passes,
of which there are 64 and 24 here. The solver is made coarse until it is no further off, and both
are timed on one thread, 64 fields together, the best of three. Seeds draw first weights, batches
and tested fields.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.problem import COARSE, SolutionField
from ingenium.domains.equations.field.settings import EquationSettings
from ingenium.domains.equations.field.verifier import errors
from ingenium.evaluate.trials import Readings, Trials

ARMS: Mapping[str, EquationSettings] = {
    "burgers": EquationSettings(equation="burgers", diffusion=0.1),
    "darcy": EquationSettings(equation="darcy", points=32),
}
TOGETHER = 64  # fields that are timed at once
REPEATS = 3  # of a timing, of which the shortest counts
TESTED = 10_000  # first seed of fields that are tested on


@dataclass(frozen=True)
class OperatorTrial:
    """How much is learned from, how long, and on how many fields it is tested."""

    known: int
    steps: Mapping[str, int]  # of the fit, by equation
    tested: int


def taught(
    settings: EquationSettings, family: str, seed: int, size: OperatorTrial
) -> tuple[SolutionField, Callable[[Tensor], Tensor], float]:
    """The problem, what proposes solutions of inputs, and what the fit took (s)."""
    problem = SolutionField(replace(settings, known=size.known))
    known = problem.data()
    x = problem.codec.encode(to_arrays(known, problem.variables)).float()[~known["held_out"].values]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = problem.baselines()[family]()
    plan = replace(problem.budgets()[family], steps=size.steps[settings.equation], seed=seed)
    began = time.process_time()
    model.fit(x, torch.zeros(len(x), 1), plan)
    spent = time.process_time() - began
    rng = torch.Generator().manual_seed(seed)

    @torch.no_grad()
    def propose(inputs: Tensor) -> Tensor:
        condition = problem.codec.condition(inputs).float()
        found: Tensor = problem.codec.solution(model.solution(condition, rng))
        return found

    return problem, propose, spent


def timed(solve: Callable[[Tensor], Tensor], inputs: Tensor) -> float:
    """Milliseconds of processor time a field."""
    solve(inputs[:1])
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        solve(inputs[:TOGETHER])
        spent.append(time.process_time() - began)
    return 1e3 * min(spent) / len(inputs[:TOGETHER])


def as_close(e: FieldEquation, inputs: Tensor, true: Tensor, error: float) -> float:
    """Time of the fastest solver that is no further off (ms a field)."""
    fine = timed(lambda a: e.solved(a, e.judged_on), inputs)
    close = [n for n in COARSE if float(errors(e.coarse(inputs, n), true)[0].mean()) <= error]
    return min([fine, *(timed(partial(e.coarse, times=n), inputs) for n in close)])


def run(settings: EquationSettings, seed: int, size: OperatorTrial) -> dict[str, np.ndarray]:
    """Error and times of an operator, and the time of the solver that is as close."""
    problem, propose, spent = taught(settings, "fno", seed, size)
    e = problem.equation
    inputs = e.sample(size.tested, torch.Generator().manual_seed(TESTED + seed))
    true = torch.cat([e.solved(a, e.judged_on) for a in inputs.split(16)])
    error = float(errors(propose(inputs), true)[0].mean())
    own, solver = timed(propose, inputs), as_close(e, inputs, true, error)
    solving = timed(lambda a: e.solved(a, e.judged_on), inputs)
    return {
        "error": np.array(error),
        "own_ms": np.array(own),
        "solver_ms": np.array(solver),
        "taught_s": np.array(spent + 1e-3 * size.known * solving),
    }


def read(found: Readings) -> dict[str, np.ndarray]:
    """The lesser gain, errors and times."""
    gain = {arm: found(arm, "solver_ms") / found(arm, "own_ms") for arm in ARMS}
    condition = {"faster": np.minimum(*gain.values())}
    for arm in ARMS:
        condition |= {f"{arm}_error": found(arm, "error"), f"{arm}_faster": gain[arm]}
        condition |= {f"{arm}_{n}": found(arm, n) for n in ("own_ms", "solver_ms", "taught_s")}
    return condition


def paid(found: Readings) -> tuple[str, ...]:
    """After how many fields the teaching, with the solving of what is learned from, has paid."""
    condition = []
    for arm in ARMS:
        own, solver, taught_s = (
            float(found(arm, n).mean()) for n in ("own_ms", "solver_ms", "taught_s")
        )
        after = f"after {1e3 * taught_s / (solver - own):,.0f} fields" if solver > own else "never"
        condition.append(
            f"{arm}: the {taught_s:.0f} s of teaching and of known fields have paid {after}."
        )
    return tuple(condition)


SIZES = (
    OperatorTrial(1000, {"burgers": 2000, "darcy": 1500}, 200),
    OperatorTrial(24, {"burgers": 20, "darcy": 4}, 16),
)
measure = Trials(arms=ARMS, sizes=SIZES, run=run, read=read, notes=paid)
