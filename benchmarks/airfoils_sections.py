"""Sections for one spec: the best that is known, generators with and without mending, optimisers.

Every family proposes 64 designs, three times; all are judged by NeuralFoil, and the best accepted
three of each by XFOIL too, where it is installed. CMA-ES and the gradient look for the optimum of
NeuralFoil itself: what they gain on the generators by NeuralFoil and not by XFOIL is error of
NeuralFoil that they have found.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cma
import numpy as np
import torch
import xarray as xr
from torch import Tensor

from benchmarks.measuring import report, save, spread
from ingenium.core.asking import resolve
from ingenium.core.designs import to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import silent
from ingenium.core.spec import GeneratorChoice, Spec, load
from ingenium.core.verdict import margins
from ingenium.domains import open_problem
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.cst import Arrays
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.refine import Refiner
from ingenium.domains.airfoils.section import VARIABLES, WingSection
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.loop import training

SPEC = Path(__file__).parents[1] / "examples/airfoils/section.toml"
FAMILIES = ("nearest_neighbours", "gaussian_copula", "vae", "flow", "flow_matching", "diffusion")
SEEDS, BEST = 3, 3
STEPS = 400  # of the gradient that looks for the optimum
ROUNDS, CROWD = 200, 16  # of CMA-ES
BROKEN = 1e3  # lift over drag that a broken limit costs, for each of its unit


def opened(refine_steps: int) -> tuple[WingSection, Spec]:
    """The problem of the example, judged by NeuralFoil."""
    asked = load(SPEC)
    setup = {**asked.setup, "judge": "neuralfoil", "refine_steps": refine_steps}
    asked = replace(asked, setup=setup)
    problem = open_problem(asked)
    assert isinstance(problem, WingSection)
    return problem, resolve(asked, problem)


def judged(problem: WingSection, spec: Spec, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Lift over drag of each design, and the least of its margins."""
    names = [q.name for q in problem.quantities]
    measured = problem.verifier.measure(*arrays).numpy()
    margin = margins(measured, names, spec.limits).min(1)
    return measured[:, names.index("lift_to_drag")], np.where(np.isnan(margin), -np.inf, margin)


def row(
    problem: WingSection, spec: Spec, name: str, runs: list[Arrays], seconds: float
) -> dict[str, Any]:
    """Share accepted, and the best accepted design by both engines."""
    shares, cheap, exact = [], [], []
    for arrays in runs:
        ratio, margin = judged(problem, spec, arrays)
        held = np.flatnonzero(margin >= 0)
        shares.append(len(held) / len(ratio))
        first = held[np.argsort(-ratio[held], kind="stable")][:BEST]
        if len(first):
            cheap.append(float(ratio[first[0]]))
            exact += by_xfoil(problem, spec, tuple(a[first] for a in arrays))
    return {
        "source": name,
        "designs": len(runs[0][0]),
        "accepted": spread(shares),
        "best by NeuralFoil": spread(cheap) if cheap else None,
        "best by XFOIL": spread(exact) if exact else None,
        "CPU s": seconds,
    }


def by_xfoil(problem: WingSection, spec: Spec, arrays: Arrays) -> list[float]:
    """The best that XFOIL accepts of some designs; none without it."""
    if xfoil.absent() is not None:
        return []
    names = [q.name for q in problem.quantities]
    measured = XfoilVerifier(problem.settings).measure(*arrays).numpy()
    holds = margins(measured, names, spec.limits).min(1) >= 0
    ratio = measured[:, names.index("lift_to_drag")]
    return [float(ratio[holds].max())] if holds.any() else []


def proposals(refine_steps: int, family: str) -> Callable[[], list[Arrays]]:
    """Designs of one family, a block for each seed."""

    def drawn() -> list[Arrays]:
        problem, spec = opened(refine_steps)
        known, choice = training(problem), GeneratorChoice(family=family)
        model = fitted.fit(problem, known, choice, data=dataset_digest(known), watch=silent)
        generator = Generator(problem, model.family, spec, known)
        return [_arrays(generator.propose_block(seed, 0)) for seed in range(SEEDS)]

    return drawn


def _arrays(designs: xr.Dataset) -> Arrays:
    return to_arrays(designs, VARIABLES)


def gradient() -> list[Arrays]:
    """From the known sections of the asked thickness, projected, many steps."""
    problem, spec = opened(0)
    start = _within(problem, spec)
    return [Refiner(problem.settings, problem.codec).refined(start, STEPS)]


def _within(problem: WingSection, spec: Spec) -> Arrays:
    known = training(problem)
    wanted: Any = spec.conditions["thickness"]
    fits = (known["thickness"] >= wanted.at_least) & (known["thickness"] <= wanted.at_most)
    some = known.isel(design=np.flatnonzero(fits.to_numpy()))
    onto = problem.project(spec.fixed, some)
    return onto(_arrays(some))


def evolution() -> list[Arrays]:
    """CMA-ES on the components of known sections, at the least thickness that is asked for."""
    problem, spec = opened(0)
    wanted: Any = spec.conditions["thickness"]
    thin = xr.Dataset({"thickness": ("design", np.full(CROWD, wanted.at_least))})
    onto = problem.project(spec.fixed, thin)
    found = []
    for seed in range(SEEDS):
        search = cma.CMAEvolutionStrategy(
            np.zeros(18), 0.5, {"seed": seed + 1, "popsize": CROWD, "verbose": -9}
        )
        best, least = None, np.inf
        for _ in range(ROUNDS):
            asked = search.ask()
            arrays = onto(problem.codec.decode(torch.from_numpy(np.stack(asked))))
            ratio, margin = judged(problem, spec, arrays)
            bad = np.where(np.isfinite(margin), np.minimum(margin, 0), -1.0)
            cost = -np.nan_to_num(ratio) - BROKEN * bad
            search.tell(asked, cost.tolist())
            if cost.min() < least:
                least, best = cost.min(), tuple(a[[int(cost.argmin())]] for a in arrays)
        assert best is not None
        found.append(best)
    return found


def run() -> None:
    """All sources, one after the other."""
    torch.set_num_threads(1)
    problem, spec = opened(0)
    sources: dict[str, Callable[[], list[tuple[Tensor, ...]]]] = {
        "all known sections": lambda: [_arrays(problem.data())],
        "known sections, thickness and edge as asked": lambda: [_within(problem, spec)],
    }
    for family in FAMILIES:
        for steps in (0, 30):
            sources[f"{family}, {steps} steps"] = proposals(steps, family)
    sources |= {f"gradient, {STEPS} steps": gradient, "CMA-ES": evolution}
    rows: list[dict[str, Any]] = []
    about = {"spec": SPEC.name, "xfoil": xfoil.absent() or xfoil.find().version}
    title = "Sections for cruise and climb: lift over drag, weighted mean over both points"
    for name, source in sources.items():
        began = time.process_time()
        runs = source()
        rows.append(row(problem, spec, name, runs, time.process_time() - began))
        save("airfoils_sections", title, rows, about)  # what was measured stays
    report("airfoils_sections", title, rows, about)
