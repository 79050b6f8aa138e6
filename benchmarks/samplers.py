"""Quality of a diffusion model by solver and number of steps.

A small denoiser learns the six leading principal components of standardised days (unit variance in
training). Quality is the energy distance of its proposals under the held-out days' conditions to
the held-out days, compared with that of training days, and to proposals of the same model in very
many steps of second order: the latter is the error of the solver alone.

Source: Szekely and Rizzo, Energy statistics, J. Stat. Planning and Inference 143, 2013.
"""

import time
from typing import Any

import numpy as np
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from benchmarks.measuring import report, save, spread
from ingenium.core.designs import to_arrays
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.sampling.solvers import Ancestral, Ddim, Multistep, Solver, ladder
from ingenium.train.plan import Plan

COMPONENTS = 6
MEMBERS = 20  # proposals for each held-out day
SEEDS = 3
STEPS = (10, 20, 50, 1000)
EXACT = 1000  # steps of the second-order solver that represent the exact solution
FIT_STEPS, FIT_SECONDS = 10_000, 240.0
SOLVERS: dict[str, Solver] = {
    "ancestral": Ancestral(),
    "ddim": Ddim(),
    "second order (multistep)": Multistep(),
}


def energy_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Energy distance of two sets of vectors, without the bias of pairing a design with itself."""
    n, m = len(a), len(b)
    within = cdist(a, a).sum() / (n * (n - 1)) + cdist(b, b).sum() / (m * (m - 1))
    return float(2 * cdist(a, b).mean() - within)


def scores() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Principal scores and conditions of training days, and of held-out days."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    known = problem.data()
    x = problem.codec.encode(to_arrays(known, problem.variables)).flatten(1)
    cond = problem.features(known)
    held = torch.from_numpy(known["held_out"].to_numpy())
    mean = x[~held].mean(0)
    _, _, axes = torch.linalg.svd(x[~held] - mean, full_matrices=False)
    found = (x - mean) @ axes[:COMPONENTS].T
    found = (found / found[~held].std(0)).float()
    return found[~held], cond[~held], found[held], cond[held]


def proposals(model: Diffusion, solver: Solver, steps: int, cond: Tensor, seed: int) -> np.ndarray:
    """Propose some designs for each row of `cond`."""
    own = model.settings
    model.solver, model.levels = solver, ladder(steps, own.least, own.most)
    rng = torch.Generator().manual_seed(seed)
    return np.asarray(model.propose(cond.repeat(MEMBERS, 1), rng).numpy())


def quality(
    model: Diffusion,
    solver: Solver,
    steps: int,
    cond: Tensor,
    sets: tuple[np.ndarray, np.ndarray],
) -> dict[str, Any]:
    """Distances to both `sets` and seconds over some seeds; all solvers share a seed's noise."""
    held, exact = sets
    to_held, to_exact, seconds = [], [], []
    for seed in range(SEEDS):
        started = time.process_time()
        proposed = proposals(model, solver, steps, cond, seed)
        seconds.append(time.process_time() - started)
        to_held.append(energy_distance(proposed, held))
        to_exact.append(energy_distance(proposed, exact))
    return {
        "steps": steps,
        "energy distance": spread(to_held),
        "of the solver alone": spread(to_exact),
        "CPU seconds": spread(seconds),
        "designs/s of CPU": MEMBERS * len(cond) / float(np.median(seconds)),
    }


def run() -> None:
    """Fit once, then run every solver at every number of steps."""
    torch.set_num_threads(1)
    x, cond, held, held_cond = scores()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Diffusion((COMPONENTS,), cond.shape[1], DiffusionSettings(width=128))
    started = time.process_time()
    model.fit(x, cond, Plan(steps=FIT_STEPS, seconds=FIT_SECONDS))
    fit_s = time.process_time() - started
    real = held.numpy()
    exact = proposals(model, Multistep(), EXACT, held_cond, SEEDS)  # a seed that no row has
    title = "Diffusion by solver and steps: energy distance to held-out days"
    about = {
        "fit_cpu_s": fit_s,
        "proposals": MEMBERS * len(held),
        "held_out_days": len(held),
        "seeds": SEEDS,
        "training_days_energy_distance": energy_distance(x.numpy(), real),
    }
    rows: list[dict[str, Any]] = []
    for steps in STEPS:
        for name, solver in SOLVERS.items():
            rows.append({"solver": name, **quality(model, solver, steps, held_cond, (real, exact))})
            save("samplers", title, rows, about)  # saved even if it is stopped
    report("samplers", title, rows, about)
    print(f"training days to held-out days: {about['training_days_energy_distance']:.3g}")
