"""Row 36.7: toolpaths of columns, checked for collisions and for what their beads bear.

Five columns of 3.6 m, superellipses that taper, swell and turn, with 1 MN beside their middle and
a force across, all drawn at random; settings were chosen on other columns (seeds 100 to 102).
Each is written as STL, read, cut into layers of 30 mm, filled by beads of 60 mm (one ring, and
rings and lines where the stress of the solid part asks for them), written as G-code and read.
What is laid is cut into voxels half as high as a layer and solved. Capacity: multiple of the load
at which 99.5 % of the concrete is still below 3 MPa of tension and 30 MPa of pressure (assumed
strengths; Rankine), linear, no weight of its own, beads bonded without flaw: no printed column
was loaded. The same for the solid mesh is the prediction; the filling is scaled until it bears
98.6 % of that, so that this part holds by search where it can. Rectangular: the solid square
column that bears as much. Uniform: the least of five infills of the same outline that bears as
much. Collisions: head with nozzle, cone and body against what is laid, move by move; two paths
that must collide (no hops; a second column after the first) show that the check can fail. Bounds
are those of the claim; on cells of twice the size scikit-fem solves the beads again: the work of
the load, and the capacity from its stresses, their eigenvalues and a quantile of their own.
Budget: 5 columns, about ten toolpaths each; quick: 1 of 1.2 m.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy import ndimage
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.strength import Strength
from ingenium.kits.solids.printing import bearing
from ingenium.kits.solids.printing.bearing import Head, Standing
from ingenium.kits.solids.printing.checked import Planner, Printed
from ingenium.kits.solids.printing.collisions import Machine, Printhead, course
from ingenium.kits.solids.printing.columns import Column
from ingenium.kits.solids.printing.files import read_mesh, write_stl
from ingenium.kits.solids.printing.toolpath import (
    Bead,
    Pattern,
    Toolpath,
    everywhere,
    toolpath,
)

HEIGHT_M = 3.6
BEAD = Bead(0.06, 0.03)
CONCRETE = Material(modulus_pa=25e9, poisson=0.2, density_kg_m3=2300.0, yield_pa=3e6)
STRENGTH = Strength(tension_pa=3e6, compression_pa=30e6)
CLEAR_M = 0.15  # from foot and head, where stress is not read
CLAIMED = 0.986  # of what finite elements say
LEVELS = (0.0, 0.125, 0.25, 0.5, 1.0)  # of uniform infill
HEAD = Printhead(nozzle_m=0.025, cone_deg=35.0, body_m=0.2, body_above_m=0.3)
MACHINE = Machine(HEAD, (-1.5, -1.5, 0.0), (2.5, 1.5, 4.0))
BELOW = 0.995  # of the material: what counts as its failure
COARSER = 2  # cells of the second engine along those of the first
APART_M = 0.7  # between the middles of two columns that stand side by side
SIDES_M = tuple(np.arange(0.12, 1.0, 0.06))  # of the rectangular columns that are tried


@dataclass(frozen=True)
class Work:
    """Height of the columns and edge of a cell, which is half as high as a layer."""

    height_m: float
    cell_m: float
    rounds: int  # of halving the scale of the shares


FULL, QUICK = Work(HEIGHT_M, 0.015, 2), Work(1.2, 0.015, 1)


@dataclass(frozen=True)
class Row:
    """What is found of one column; volumes in parts of that of its mesh."""

    collisions: float  # of the path that is handed over
    planted: float  # share of two paths built to collide in which the check finds it
    capacity: float  # of the beads, in parts of that of the solid part by finite elements
    printed_solid: float  # the same for a path that fills all
    buckling: float  # factor of the load, by that at which material fails
    material: float
    solid: float
    uniform: float  # least uniform infill that bears as much
    rectangular: float  # volume of the solid rectangular column that bears as much
    hanging: float  # share of what is laid that lies on nothing
    work_apart: float  # from scikit-fem's, relative, on larger cells
    capacity_apart: float  # likewise


def measure(budget: Budget, watch: Watch) -> Measured:
    """Five columns that no setting was chosen on."""
    work = QUICK if budget.quick else FULL
    rows = []
    for at, seed in enumerate(budget.seeds):
        watch("columns", at, len(budget.seeds))
        with TemporaryDirectory() as folder:
            rows.append(_row(*case(seed, work), work, Path(folder)))
    column = {name: np.array([getattr(row, name) for row in rows]) for name in rows[0].__dict__}
    values = {
        "collisions": _range(column["collisions"]),
        "planted": _range(100 * column["planted"]),
        "capacity": t_interval(100 * column["capacity"]),
        "saved": t_interval(100 * (1 - column["material"] / column["rectangular"])),
        "saved_of_uniform": t_interval(100 * (1 - column["material"] / column["uniform"])),
        "hanging": t_interval(100 * column["hanging"]),
        "agreement": _range(100 * column["work_apart"]),
        "capacity_agreement": _range(100 * column["capacity_apart"]),
    }
    beside = {
        "printed_solid.capacity_percent": t_interval(100 * column["printed_solid"]),
        "saved_of_solid_print_percent": t_interval(
            100 * (1 - column["material"] / column["solid"])
        ),
        "buckling_by_failure": t_interval(column["buckling"]),
    }
    for name in ("material", "solid", "uniform", "rectangular"):
        beside[f"{name}.volume_by_mesh"] = t_interval(column[name])
    return from_intervals(values, beside, digest([str(work), *map(repr, budget.seeds)]))


def _range(found: np.ndarray) -> Interval:
    """Mean, least and most of what holds for every column or not at all."""
    return Interval(float(found.mean()), float(found.min()), float(found.max()))


def case(seed: int, work: Work) -> tuple[Column, Head]:
    """A column and its load, drawn at random."""
    rng = np.random.default_rng(seed)
    half = (rng.uniform(0.19, 0.25), rng.uniform(0.19, 0.25))
    column = Column(
        work.height_m,
        half,
        power=rng.uniform(2.5, 8.0),
        taper=rng.uniform(0.75, 1.0),
        swell=rng.uniform(0.0, 0.1),
        turn_deg=rng.uniform(0.0, 40.0) * work.height_m / HEIGHT_M,
    )
    force = (rng.uniform(5e3, 2e4), rng.uniform(-1e4, 1e4), -1e6)
    return column, Head(force, (rng.uniform(-0.05, 0.05), rng.uniform(-0.05, 0.05)))


def standing(half_m: Sequence[float], height_m: float, head: Head, cell_m: float) -> Standing:
    """The grid about a column; numbers of cells across are multiples of four."""
    half = [math.ceil(wide / (2 * cell_m) - 1e-6) * 2 for wide in half_m]
    cells = (2 * half[0], 2 * half[1], round(height_m / cell_m))
    origin = (-half[0] * cell_m, -half[1] * cell_m, 0.0)
    return Standing(cells, cell_m, origin, CONCRETE, STRENGTH, head, CLEAR_M)


def _row(column: Column, head: Head, work: Work, folder: Path) -> Row:
    file = folder / "column.stl"
    write_stl(column.mesh(), file)
    mesh = read_mesh(file)
    half = tuple(np.abs(mesh.bounds[:, :2]).max(0).tolist())
    part = standing(half, work.height_m, head, work.cell_m)
    planner = Planner(mesh, Pattern(BEAD, hop_m=BEAD.height_m), part, folder)
    solid = planner.solid()
    truth = part.first_failure(solid)
    best = planner.adapted(CLAIMED * truth, rounds=work.rounds)
    infills = [planner.printed(everywhere(level), f"uniform_{level:g}") for level in LEVELS]
    volume = float(mesh.volume)
    merged = bearing.pooled(best.share, COARSER)
    work_apart, capacity_apart = disagreement(part.coarser(COARSER), merged)
    return Row(
        collisions=float(course(best.path, MACHINE).collides.sum()),
        planted=planted(planner, best),
        capacity=best.factor / truth,
        printed_solid=infills[-1].factor / truth,
        buckling=part.buckling(best.share) / best.factor,
        material=best.material_m3 / volume,
        solid=infills[-1].material_m3 / volume,
        uniform=_least_uniform(infills, best.factor) / volume,
        rectangular=rectangular_m3(head, work.height_m, best.factor) / volume,
        hanging=hanging(best.share),
        work_apart=work_apart,
        capacity_apart=capacity_apart,
    )


def _least_uniform(infills: list[Printed], factor: float) -> float:
    """Material of the least that bears the factor; of the solid print if none does."""
    enough = [one.material_m3 for one in infills if one.factor >= factor]
    return min(enough, default=infills[-1].material_m3)


def rectangular_m3(head: Head, height_m: float, factor: float) -> float:
    """Of a square solid column that bears a multiple of the load; between sides in logarithms."""
    sides, found = [], []
    for side in SIDES_M:
        part = standing((side / 2, side / 2), height_m, head, side / 12)
        sides.append(side)
        found.append(part.first_failure(np.ones(part.cells)))
        if found[-1] >= factor:
            break
    if len(found) == 1:
        return sides[0] ** 2 * height_m
    side = np.exp(np.interp(np.log(factor), np.log(found[-2:]), np.log(sides[-2:])))
    return float(side) ** 2 * height_m


def planted(planner: Planner, best: Printed) -> float:
    """Share of two paths that must collide in which the check finds it.

    Without hops; and a second column beside the first after that is whole.
    """
    low = replace(planner.pattern, hop_m=0.0)
    dragged = toolpath(planner.mesh, low, everywhere(LEVELS[1]))
    second = replace(best.path, corner_m=best.path.corner_m + np.array([APART_M, 0.0, 0.0]))
    paths = (dragged, Toolpath.joined([best.path, second]))
    return float(np.mean([course(path, MACHINE).collides.any() for path in paths]))


def hanging(share: bearing.Shares) -> float:
    """Share of the filled cells with none below, nor below a neighbour."""
    filled = share >= 0.5
    around = np.ones((3, 3, 1), dtype=bool)
    below = ndimage.binary_dilation(filled[:, :, :-1], around)
    return float((filled[:, :, 1:] & ~below).sum() / filled.sum())


def disagreement(part: Standing, share: bearing.Shares) -> tuple[float, float]:
    """Of the work of the load and of the capacity with scikit-fem's, relative."""
    load = part.load_n(share)
    moved = Reference(part.elastic).displacements_m(part.modulus_pa(share), load)
    ours = float((part.displacement_m(share) * load).sum())
    work = abs(ours / float((moved * load).sum()) - 1)
    return work, abs(part.first_failure(share) / other_failure(part, share, moved) - 1)


def other_failure(part: Standing, share: bearing.Shares, moved_m: Tensor) -> float:
    """Multiple of the force at which material fails, after scikit-fem's displacements.

    Its own stresses, LAPACK's eigenvalues, and the share of the material counted by sorting.
    """
    (stress,) = Reference(part.elastic).stress_pa(part.material.modulus_pa, moved_m[0]).numpy()
    principal = np.linalg.eigvalsh(stress)
    strength = part.strength
    use = np.maximum(
        principal[:, 2] / strength.tension_pa, -principal[:, 0] / strength.compression_pa
    )
    counted = part.read.numpy() & (share.ravel() >= 0.5)
    order = np.argsort(-use[counted])  # the most used first
    above = np.cumsum(share.ravel()[counted][order]) / share.ravel()[counted].sum()
    return 1 / float(use[counted][order][np.searchsorted(above, 1 - BELOW)])
