"""Row 20.7: lattices for a target specific energy absorption.

Graded plane lattices of 316L crushed to 50 % strain by an explicit frame engine with plastic
hinges, buckling and contact, both signs of crookedness. principal_flow_matching learns from 80 %
of the known lattices. At density 0.12 it is asked for 1.0 to 1.3 times the most that a known
lattice of about that density takes; the best counts. Baselines with as many crushes: Voronoi
foams, frames of random amplitude with walls sized for the least compliance, and, beside, a (1+1)
evolution. The error is that of proposals under the densities and energies of held-out lattices;
its bound of 10 % is ours, since the claim prints none. No rate effects, friction or fracture.
Budget: 5 seeds, 10 crushes a baseline; quick: 1 seed, 4.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Problem, Watch
from ingenium.core.seeds import block_rng, one_thread
from ingenium.domains.structures.lattices import baselines
from ingenium.domains.structures.lattices.crushing import crush
from ingenium.domains.structures.lattices.known import classical
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings
from ingenium.domains.structures.lattices.verifier import stress_pa
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families
from ingenium.generators.model import Family
from ingenium.loop import training

DENSITY = 0.12
FAMILY, NEAREST = "principal_flow_matching", "nearest_neighbours"
ERROR = 0.10
HIGHER = (1.0, 1.1, 1.2, 1.3)  # of the most that a known lattice of about this density takes
ABOUT = 0.02


@dataclass(frozen=True)
class Work:
    """Lattices that are crushed for each family, baseline and seed."""

    calls: int
    targets: int
    steps: int | None


FULL, QUICK = Work(10, 12, None), Work(4, 6, 100)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fit with each seed; propose for targets and for the most; crush all and the baselines."""
    problem = Lattice(LatticeSettings())
    problem.prepare(watch)
    known, work = training(problem), QUICK if budget.quick else FULL
    rows: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("lattice energy", i, len(budget.seeds))
        for name in (FAMILY, NEAREST):
            for key, value in _family(problem, known, name, seed, work).items():
                rows.setdefault(f"{name}_{key}", []).append(value)
        for key, value in _others(problem, seed, work).items():
            rows.setdefault(key, []).append(value)
    found = {k: np.array(v) for k, v in rows.items()}
    best = found[f"{FAMILY}_best"]
    values = {
        "gain_over_optimised": t_interval(100 * (best / found["stiffest"] - 1)),
        "gain_over_foam": t_interval(100 * (best / found["foam"] - 1)),
        "median_error": t_interval(100 * found[f"{FAMILY}_error"]),
    }
    beside = {k: t_interval(v) for k, v in found.items()}
    beside["gain_over_search"] = t_interval(100 * (best / found["search"] - 1))
    known_best = _near(problem.data())["energy"].to_numpy().max()
    beside["known_best"] = Interval(float(known_best), float(known_best), float(known_best))
    beside |= _classical(problem)
    return from_intervals(values, beside, dataset_digest(problem.data()), (NOTE,))


NOTE = (
    "Energies are of plane 316L lattices in J/kg, up to 50 % strain; the 48.3 J/g of the claim "
    "are of another metal and strain rate, so only ratios are compared."
)


def _near(known: xr.Dataset) -> xr.Dataset:
    return known.isel({DESIGN: np.abs(known["density"].to_numpy() - DENSITY) < ABOUT})


def _family(
    problem: Lattice, known: xr.Dataset, name: str, seed: int, work: Work
) -> dict[str, float]:
    """Median error over held-out energies, and the most that a proposal takes."""
    x = problem.encode(known).to(torch.float32)
    cond = problem.features(known)
    family = families.build(name, problem.codec.shape, cond.shape[1], seed=seed)
    with one_thread():
        family.fit(x, cond, families.plan(name, steps=work.steps, seed=seed))
    whole = problem.data()
    held = whole.isel({DESIGN: whole["held_out"].to_numpy()})
    targets = np.resize(held["energy"].to_numpy(), work.targets)
    under = np.resize(held["density"].to_numpy(), work.targets)
    asked = _conditions(under, targets)
    found, _ = _measured(problem, family, asked, block_rng(seed, 0, "targets"))
    most = _near(known)["energy"].to_numpy().max()
    high = np.resize(most * np.array(HIGHER), work.calls)
    best, fields = _measured(
        problem, family, _conditions(np.full(work.calls, DENSITY), high), block_rng(seed, 1, "most")
    )
    flat = fields.reshape(len(fields), -1)
    return {
        "error": float(np.median(np.abs(found / targets - 1))),
        "within_10_percent": float((np.abs(found / targets - 1) <= ERROR).mean()),
        "failed": float(np.isnan(found).mean()),
        "best": float(np.nanmax(best)),
        "diversity": float(flat.std(0).mean() / flat.mean()),
    }


def _conditions(density: np.ndarray, energy: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"density": (DESIGN, density), "energy": (DESIGN, energy)})


def _measured(
    problem: Lattice, family: Family, asked: xr.Dataset, rng: torch.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Specific energy of one proposal for each row, and its walls."""
    with one_thread():
        x = family.propose(problem.features(asked), rng)
    arrays = problem.project({}, asked)(problem.decode(x.to(torch.float64), asked))
    designs = to_dataset(arrays, problem.variables, problem.labels())
    return _energy(problem, designs), designs["wall_m"].to_numpy()


def _energy(problem: Problem, designs: xr.Dataset) -> np.ndarray:
    names = [q.name for q in problem.quantities]
    found: np.ndarray = problem.verifier.measure(*to_arrays(designs, problem.variables)).numpy()
    return found[:, names.index("specific_energy")]


def _others(problem: Lattice, seed: int, work: Work) -> dict[str, float]:
    """The most of random foams, of frames sized to be stiff, and of a direct search."""
    rng = np.random.default_rng([seed, 207])
    layout = problem.layout

    def energy(fields: baselines.Fields) -> float:
        arrays = (*(torch.from_numpy(f) for f in fields), torch.ones(1, dtype=torch.float64))
        return float(problem.verifier.measure(*arrays)[0, 0])

    foams = [_foam_energy(problem, rng) for _ in range(work.calls)]
    shapes = rng.uniform(-0.3, 0.3, work.calls)
    stiff = [
        energy(baselines.stiffest(layout, DENSITY, float(a), float(i % 2)))
        for i, a in enumerate(shapes)
    ]
    _, search = baselines.climbed(layout, DENSITY, energy, work.calls, rng)
    return {"foam": max(foams), "stiffest": max(stiff), "search": search}


def _foam_energy(problem: Lattice, rng: np.random.Generator) -> float:
    exact = problem.exact
    frame = baselines.foam(problem.layout, DENSITY, rng)
    curves = [crush(frame, exact.material, c) for c in exact.crushing.both()]
    each = np.gradient(curves[0].strain)
    work = np.mean([(stress_pa(c, frame.width_m) * each).sum() for c in curves])
    return float(work / (DENSITY * exact.material.density_kg_m3))


def _classical(problem: Lattice) -> dict[str, Interval]:
    out = {}
    for name, fields in classical(problem.layout, DENSITY).items():
        arrays = (*(torch.from_numpy(f) for f in fields), torch.ones(1, dtype=torch.float64))
        value = float(problem.exact.measure(*arrays)[0, 0])
        out[name.replace(" ", "_").replace("-", "_")] = Interval(value, value, value)
    return out
