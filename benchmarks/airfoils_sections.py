"""Sections for one spec: the best known one, generators with and without repair, optimisers.

Every family proposes 32 designs for each of five seeds. They are left as they are; or each is
repaired by 30 steps of NeuralFoil's gradient; or, for as many evaluations of NeuralFoil, the best
four are repaired by many more. All are judged by NeuralFoil, and the best accepted two of each by
XFOIL too, where it is installed. CMA-ES and the gradient search for the optimum of NeuralFoil
itself: a gain by NeuralFoil and not by XFOIL exploits an error of NeuralFoil. Results of a source
are cached, so a stopped run resumes.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cma
import numpy as np
import torch
import xarray as xr

from benchmarks.measuring import report, save
from ingenium.core.designs import to_arrays
from ingenium.core.digest import digest, file_digest, folder_digest
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Spec, as_table, load
from ingenium.core.verdict import margins
from ingenium.domains import open_problem
from ingenium.domains.airfoils import cst, xfoil
from ingenium.domains.airfoils.cst import Arrays
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.refine import Refiner
from ingenium.domains.airfoils.section import VARIABLES, WingSection
from ingenium.evaluate.intervals import t_interval
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.runs.loop import training

FILE = Path(__file__)
SPEC = FILE.parents[1] / "examples/airfoils/section.toml"
FAMILIES = ("nearest_neighbours", "gaussian_copula", "vae")
SEEDS, CROWD, BEST = 5, 32, 2  # proposals of a seed, and those of them that XFOIL measures
REPAIRED, FEW = 30, 4  # steps for each proposal; and how many continue where the best are chosen
LONG = CROWD * (REPAIRED - 1) // FEW  # steps for each of these: as many evaluations, with choosing
STEPS, STARTS = 200, 24  # of the gradient that searches for the optimum, from known sections
ROUNDS, POPULATION = 120, 16  # of CMA-ES
BROKEN = 1e3  # lift over drag that a violated limit costs, for each of its unit


def opened(refine_steps: int) -> tuple[WingSection, Spec]:
    """Open the problem of the example, judged by NeuralFoil."""
    requested = load(SPEC)
    setup = {**requested.setup, "judge": "neuralfoil", "refine_steps": refine_steps}
    requested = replace(requested, setup=setup)
    problem = open_problem(requested)
    assert isinstance(problem, WingSection)
    return problem, resolve(requested, problem)


def judged(problem: WingSection, spec: Spec, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    """Lift over drag of each design, and its smallest margin."""
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
        "accepted, %": said([100 * share for share in shares]),
        "best by NeuralFoil, mean (95 %)": said(cheap),
        "best by XFOIL, mean (95 %)": said(exact),
        "CPU s": seconds,
    }


def said(values: list[float]) -> str | None:
    """Mean over seeds with Student's interval, and their number if some have no value."""
    if not values:
        return None
    found = t_interval(values)
    ends = f" ({found.low:.1f} to {found.high:.1f})" if len(values) > 1 else ""
    return f"{found.value:.1f}{ends}" + (
        f", {len(values)} seeds" if 1 < len(values) < SEEDS else ""
    )


def by_xfoil(problem: WingSection, spec: Spec, arrays: Arrays) -> list[float]:
    """The best values that XFOIL accepts among some designs; none without it."""
    if xfoil.absent() is not None:
        return []
    names = [q.name for q in problem.quantities]
    measured = XfoilVerifier(problem.settings).measure(*arrays).numpy()
    holds = margins(measured, names, spec.limits).min(1) >= 0
    ratio = measured[:, names.index("lift_to_drag")]
    return [float(ratio[holds].max())] if holds.any() else []


def proposals(family: str, steps: int, retained: int = CROWD) -> Callable[[], list[Arrays]]:
    """Return a function that samples a family's designs, a block for each seed, with repair."""

    def drawn() -> list[Arrays]:
        problem, spec = opened(0)
        known, choice = training(problem), GeneratorChoice(family=family)
        model = fitted.fit(problem, known, choice, watch=silent)
        generator = Generator(problem, model.family, spec, known)
        refiner, found = Refiner(problem.settings, problem.codec), []
        for seed in range(SEEDS):
            arrays = _arrays(generator.propose_block(seed, 0, range(CROWD)))
            if retained < CROWD:
                arrays = _best(problem, spec, arrays, retained)
            found.append(refiner.refined(arrays, steps))
        return found

    return drawn


def _best(problem: WingSection, spec: Spec, arrays: Arrays, count: int) -> Arrays:
    """Select the feasible designs of best glide ratio, or else those nearest to feasible."""
    ratio, margin = judged(problem, spec, arrays)
    first = np.lexsort((-np.nan_to_num(ratio), -np.minimum(margin, 0.0)))[:count]
    return tuple(a[first] for a in arrays)


def _arrays(designs: xr.Dataset) -> Arrays:
    return to_arrays(designs, VARIABLES)


def gradient() -> list[Arrays]:
    """Take many steps from the best known sections of the specified thickness, projected."""
    problem, spec = opened(0)
    start = _best(problem, spec, _within(problem, spec), STARTS)
    return [Refiner(problem.settings, problem.codec).refined(start, STEPS)]


def _within(problem: WingSection, spec: Spec) -> Arrays:
    known = training(problem)
    wanted: Any = spec.conditions["thickness"]
    fits = (known["thickness"] >= wanted.at_least) & (known["thickness"] <= wanted.at_most)
    some = known.isel(design=np.flatnonzero(fits.to_numpy()))
    onto = problem.project(spec.fixed, some)
    return onto(_arrays(some))


def evolution() -> list[Arrays]:
    """Run CMA-ES on the components of known sections, at the smallest specified thickness."""
    problem, spec = opened(0)
    wanted: Any = spec.conditions["thickness"]
    thin = xr.Dataset({"thickness": ("design", np.full(POPULATION, wanted.at_least))})
    onto = problem.project(spec.fixed, thin)
    found = []
    for seed in range(SEEDS):
        search = cma.CMAEvolutionStrategy(
            np.zeros(18), 0.5, {"seed": seed + 1, "popsize": POPULATION, "verbose": -9}
        )
        best, least = None, np.inf
        for _ in range(ROUNDS):
            requested = search.ask()
            arrays = onto(problem.codec.decode(torch.from_numpy(np.stack(requested))))
            ratio, margin = judged(problem, spec, arrays)
            bad = np.where(np.isfinite(margin), np.minimum(margin, 0), -1.0)
            cost = -np.nan_to_num(ratio) - BROKEN * bad
            search.tell(requested, cost.tolist())
            if cost.min() < least:
                least, best = cost.min(), tuple(a[[int(cost.argmin())]] for a in arrays)
        assert best is not None
        found.append(best)
    return found


def sources() -> dict[str, Callable[[], list[Arrays]]]:
    """All sources by name."""
    problem, spec = opened(0)
    found: dict[str, Callable[[], list[Arrays]]] = {
        "all known sections": lambda: [_arrays(problem.data())],
        "known sections, thickness and edge as asked": lambda: [_within(problem, spec)],
    }
    for family in FAMILIES:
        found[f"{family}, as proposed"] = proposals(family, 0)
        found[f"{family}, {REPAIRED} steps each"] = proposals(family, REPAIRED)
        found[f"{family}, best {FEW}, {LONG} steps"] = proposals(family, LONG, FEW)
    return found | {f"gradient, {STEPS} steps": gradient, "CMA-ES": evolution}


def stored_row(
    problem: WingSection, spec: Spec, name: str, source: Callable[[], list[Arrays]]
) -> Any:
    """The row of a source, from the cache if it was computed before with the same code."""
    code = [folder_digest(Path(cst.__file__).parent, but=["__pycache__"]), file_digest(FILE)]
    under = digest([as_table(spec), problem.system, name, code])[7:23]
    path = cache_folder() / "airfoils-sections" / f"{under}.json"
    if not path.is_file():
        began = time.process_time()
        runs = source()
        found = row(problem, spec, name, runs, time.process_time() - began)
        write_atomic(path, json.dumps(found))
    print(name, flush=True)
    return json.loads(path.read_text(encoding="utf-8"))


def run() -> None:
    """Run all sources in turn."""
    torch.set_num_threads(1)
    problem, spec = opened(0)
    rows: list[dict[str, Any]] = []
    about = {"spec": SPEC.name, "xfoil": xfoil.absent() or xfoil.find().version, "seeds": SEEDS}
    title = "Lift over drag of sections for cruise and climb, weighted mean over both points"
    for name, source in sources().items():
        rows.append(stored_row(problem, spec, name, source))
        save("airfoils_sections", title, rows, about)  # saved after each row
    report("airfoils_sections", title, rows, about)
