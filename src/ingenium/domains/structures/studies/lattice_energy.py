"""Row 20.7: lattices for a target specific energy absorption.

Graded plane lattices of 316L crushed to 50 % strain by an explicit frame engine with plastic
hinges, buckling and contact, both signs of crookedness. principal_flow_matching learns from 80 %
of the known lattices. At density 0.12 it is asked for 1.0 to 1.3 times the most that a known
lattice of about that density takes; the best counts. Baselines with as many crushes: Voronoi
foams, frames of random amplitude with walls sized for the least compliance, and, beside, a (1+1)
evolution. The error is that of proposals under the densities and energies of held-out lattices;
its bound of 10 % is ours, since the claim prints none. No rate effects, friction or fracture.
Budget: 5 seeds, 10 crushes a baseline; quick: 1 seed, 4.
Energies are in J/kg, up to 50 % strain; the 48.3 J/g of the claim are of another metal and strain
rate, so that only ratios are compared.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import xarray as xr
from numpy.typing import ArrayLike

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest
from ingenium.core.seeds import block_rng, one_thread
from ingenium.domains.structures.lattices import baselines
from ingenium.domains.structures.lattices.crushing import crush
from ingenium.domains.structures.lattices.known import classical
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings
from ingenium.domains.structures.lattices.verifier import stress_pa
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.generators import families
from ingenium.generators.model import Family
from ingenium.loop import training

DENSITY, ABOUT = 0.12, 0.02
FAMILY, NEAREST, OTHERS = "principal_flow_matching", "nearest_neighbours", "others"
ERROR = 0.10
HIGHER = (1.0, 1.1, 1.2, 1.3)  # of the most that a known lattice of about this density takes


@dataclass(frozen=True)
class Crushes:
    """Lattices that are crushed for each family, baseline and seed; targets; steps of the fit."""

    calls: int
    targets: int
    steps: int | None


@cache
def opened() -> Lattice:
    """The problem, with its known designs."""
    problem = Lattice(LatticeSettings())
    problem.prepare()
    return problem


def run(arm: str, seed: int, size: Crushes) -> dict[str, ArrayLike]:
    """What a family proposes, or what the rivals come to."""
    return _others(seed, size) if arm == OTHERS else _proposed(arm, seed, size)


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Energies (J/kg), gains and errors (%)."""
    table = {
        f"{name}_{key}": found(name, key)
        for name in (FAMILY, NEAREST)
        for key in ("error", "within_10_percent", "failed", "best", "diversity")
    }
    rivals = {key: found(OTHERS, key) for key in ("foam", "stiffest", "search")}
    gains = {k: 100 * (table[f"{FAMILY}_best"] / v - 1) for k, v in rivals.items()}
    known = opened().data()
    return {
        **table,
        **rivals,
        "gain_over_optimised": gains["stiffest"],
        "gain_over_foam": gains["foam"],
        "gain_over_search": gains["search"],
        "median_error": 100 * table[f"{FAMILY}_error"],
        "known_best": exact(_near(known)["energy"].to_numpy().max()),
        **{name: exact(value) for name, value in _classical().items()},
    }


def _near(known: xr.Dataset) -> xr.Dataset:
    return known.isel({DESIGN: np.abs(known["density"].to_numpy() - DENSITY) < ABOUT})


def _proposed(name: str, seed: int, size: Crushes) -> dict[str, ArrayLike]:
    """Median error over held-out energies, and the most that a proposal takes."""
    problem, whole = opened(), opened().data()
    known = training(problem)
    cond = problem.features(known)
    family = families.build(name, problem.codec.shape, cond.shape[1], seed=seed)
    with one_thread():
        x = problem.encode(known).to(torch.float32)
        family.fit(x, cond, families.plan(name, steps=size.steps, seed=seed))
    held = whole.isel({DESIGN: whole["held_out"].to_numpy()})
    targets = np.resize(held["energy"].to_numpy(), size.targets)
    under = np.resize(held["density"].to_numpy(), size.targets)
    found, _ = _measured(family, under, targets, block_rng(seed, 0, "targets"))
    high = np.resize(_near(known)["energy"].to_numpy().max() * np.array(HIGHER), size.calls)
    at = np.full(size.calls, DENSITY)
    best, fields = _measured(family, at, high, block_rng(seed, 1, "most"))
    flat, off = fields.reshape(len(fields), -1), np.abs(found / targets - 1)
    return {
        "error": float(np.median(off)),
        "within_10_percent": float((off <= ERROR).mean()),
        "failed": float(np.isnan(found).mean()),
        "best": float(np.nanmax(best)),
        "diversity": float(flat.std(0).mean() / flat.mean()),
    }


def _measured(
    family: Family, density: np.ndarray, energy: np.ndarray, rng: torch.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Specific energy of one proposal for each pair, and its walls."""
    problem = opened()
    asked = xr.Dataset({"density": (DESIGN, density), "energy": (DESIGN, energy)})
    with one_thread():
        x = family.propose(problem.features(asked), rng)
    arrays = problem.project({}, asked)(problem.decode(x.to(torch.float64), asked))
    designs = to_dataset(arrays, problem.variables, problem.labels())
    names = [q.name for q in problem.quantities]
    table = problem.verifier.measure(*to_arrays(designs, problem.variables)).numpy()
    return table[:, names.index("specific_energy")], designs["wall_m"].to_numpy()


def _energy(fields: tuple[np.ndarray, ...]) -> float:
    arrays = (*(torch.from_numpy(f) for f in fields), torch.ones(1, dtype=torch.float64))
    return float(opened().verifier.measure(*arrays)[0, 0])


def _others(seed: int, size: Crushes) -> dict[str, ArrayLike]:
    """The most of random foams, of frames sized to be stiff, and of a direct search."""
    rng, layout = np.random.default_rng([seed, 207]), opened().layout
    foams = [_foam_energy(rng) for _ in range(size.calls)]
    shapes = rng.uniform(-0.3, 0.3, size.calls)
    stiff = [
        _energy(baselines.stiffest(layout, DENSITY, float(a), float(i % 2)))
        for i, a in enumerate(shapes)
    ]
    _, search = baselines.climbed(layout, DENSITY, _energy, size.calls, rng)
    return {"foam": max(foams), "stiffest": max(stiff), "search": search}


def _foam_energy(rng: np.random.Generator) -> float:
    exact_tier = opened().exact
    frame = baselines.foam(opened().layout, DENSITY, rng)
    curves = [crush(frame, exact_tier.material, c) for c in exact_tier.crushing.both()]
    each = np.gradient(curves[0].strain)
    work = np.mean([(stress_pa(c, frame.width_m) * each).sum() for c in curves])
    return float(work / (DENSITY * exact_tier.material.density_kg_m3))


@cache
def _classical() -> dict[str, float]:
    """Energy of uniform lattices."""
    found = classical(opened().layout, DENSITY)
    return {k.replace(" ", "_").replace("-", "_"): _energy(fields) for k, fields in found.items()}


measure = Trials(
    arms={name: name for name in (FAMILY, NEAREST, OTHERS)},
    sizes=(Crushes(10, 12, None), Crushes(4, 6, 100)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(opened().data()),
)
