"""Lattices that studies crush: the known ones, those brought to a density, and what they take.

Shapes: n designs, d numbers of a standardised one, x columns and y rows of cells.
"""

from functools import cache

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.domains.structures.lattices.crushing import crush
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings
from ingenium.domains.structures.lattices.verifier import stress_pa
from ingenium.runs.loop import training
from ingenium_book.studies.structures import lattice_rivals

DENSITY, ABOUT = 0.12, 0.02


@cache
def opened() -> Lattice:
    """The problem, with its known designs."""
    problem = Lattice(LatticeSettings())
    problem.prepare()
    return problem


def near(known: xr.Dataset) -> xr.Dataset:
    """Those of about the density that is asked for."""
    return known.isel({DESIGN: np.abs(known["density"].to_numpy() - DENSITY) < ABOUT})


def conditions(density: float | np.ndarray, energy: np.ndarray) -> xr.Dataset:
    """Densities and energies (J/kg) that are asked for."""
    at = np.broadcast_to(density, energy.shape)
    return xr.Dataset({"density": (DESIGN, at), "energy": (DESIGN, energy)})


def targets(count: int) -> xr.Dataset:
    """Those of held-out lattices."""
    whole = opened().data()
    held = whole.isel({DESIGN: whole["held_out"].to_numpy()})
    density, energy = (np.resize(held[name].to_numpy(), count) for name in ("density", "energy"))
    return conditions(density, energy)


def fields_of(designs: xr.Dataset) -> tuple[Tensor, ...]:
    """Arrays of lattices but for the energy that was asked for."""
    arrays = to_arrays(designs, opened().variables)
    return tuple(a for a, v in zip(arrays, opened().variables, strict=True) if v.given is None)


def crushed(
    fields: tuple[Tensor, ...], requested: xr.Dataset
) -> tuple[Float64[np.ndarray, " n"], Float64[Tensor, "n d"]]:
    """Specific energy of lattices brought to the densities asked for, and their numbers."""
    problem = opened()
    wanted = torch.from_numpy(requested["energy"].to_numpy().copy())
    arrays = problem.project({}, requested)((*fields[:3], wanted))
    designs = to_dataset(arrays, problem.variables, problem.labels())
    names = [q.name for q in problem.quantities]
    table = problem.verifier.measure(*to_arrays(designs, problem.variables)).numpy()
    return table[:, names.index("specific_energy")], problem.encode(designs).flatten(1).double()


@cache
def _known_numbers() -> Float64[Tensor, "m d"]:
    return opened().encode(training(opened())).flatten(1).double()


def distance(x: Float64[Tensor, "n d"]) -> Float64[Tensor, "n m"]:
    """Root mean square difference to the lattices that are learned from."""
    gap: Tensor = torch.cdist(x, _known_numbers()) / x.shape[1] ** 0.5
    return gap


@cache
def spacing() -> float:
    """Median distance of these to their nearest other one."""
    return float(distance(_known_numbers()).fill_diagonal_(np.inf).amin(1).median())


def energy_of(fields: tuple[np.ndarray, ...]) -> float:
    """Specific energy of one lattice (J/kg)."""
    arrays = (*(torch.from_numpy(f) for f in fields), torch.ones(1, dtype=torch.float64))
    return float(opened().verifier.measure(*arrays)[0, 0])


def stiffest(calls: int, rng: np.random.Generator) -> float:
    """The most of frames sized to be stiff, every other one with webs."""
    layout, shapes = opened().layout, rng.uniform(-0.3, 0.3, calls)
    each = [lattice_rivals.stiffest(layout, DENSITY, float(a), i % 2) for i, a in enumerate(shapes)]
    return max(energy_of(fields) for fields in each)


def climbed(calls: int, rng: np.random.Generator) -> float:
    """What a direct search reaches from the known lattice of about this density that takes most."""
    known = near(training(opened()))
    row = int(known["energy"].to_numpy().argmax())
    shape, wall, web = (f.numpy() for f in fields_of(known.isel({DESIGN: [row]})))
    start = (shape, wall, web)
    _, most = lattice_rivals.climbed(opened().layout, DENSITY, energy_of, start, calls, rng)
    return most


def foams(calls: int, rng: np.random.Generator) -> float:
    """The most of random foams."""
    return max(_foam_energy(rng) for _ in range(calls))


def _foam_energy(rng: np.random.Generator) -> float:
    exact_tier = opened().exact
    frame = lattice_rivals.foam(opened().layout, DENSITY, rng)
    curves = [crush(frame, exact_tier.material, c) for c in exact_tier.crushing.both()]
    each = np.gradient(curves[0].strain)
    work = np.mean([(stress_pa(c, frame.width_m) * each).sum() for c in curves])
    return float(work / (DENSITY * exact_tier.material.density_kg_m3))
