"""Problem: graded lattices with a target energy absorption per kilogram under crushing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, Projection, Second, Section, Watch, silent
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.units import Unit
from ingenium.domains.structures.lattices import known, report
from ingenium.domains.structures.lattices.crushing import Crushing
from ingenium.domains.structures.lattices.formats import CellTable, StlLattice
from ingenium.domains.structures.lattices.layout import STEEPEST, Layout
from ingenium.domains.structures.lattices.material import STEEL_316L, Ductile
from ingenium.domains.structures.lattices.proportion import printed
from ingenium.domains.structures.lattices.verifier import CrushVerifier, WallSum

FEWEST = 20
MOST_J_KG = 1e5
HELD_OUT_EVERY = 5
NEAR_BRICKS = 0.005  # of their density: the mesh is built from dots of a sixth of a wall
SHARE, MOST = 0.1, 4  # of the designs of a run whose bodies are checked


@dataclass(frozen=True)
class LatticeSettings:
    """Settings of the box, cells and metal of lattices, the crushing, and the training set.

    Raises:
        InputError: for too few known lattices, or no depth.
    """

    layout: Layout = field(default_factory=Layout)
    material: Ductile = STEEL_316L
    crushing: Crushing = field(default_factory=Crushing)
    depth_m: Annotated[float, Unit("m", 1e-4, 10.0)] = 0.04  # of the lattice, out of its plane
    known: int = 240  # lattices to learn from, made by the engine

    def __post_init__(self) -> None:
        if self.known < FEWEST or not self.depth_m > 0:
            raise InputError(
                f"at least {FEWEST} known lattices and a depth above 0 m",
                (self.known, self.depth_m),
                "Write known = 240.",
            )


class Lattice(Problem):
    """Graded plane lattices, by relative density and specific energy.

    The body in the STL is verified through its walls: they are found by sectioning, and a frame of
    these walls is crushed (`CrushVerifier`). The body itself is not simulated: there is no mesh of
    solid elements, no fracture and no friction.
    """

    name: ClassVar[str] = "structures.lattice"
    summary: ClassVar[str] = "graded lattices that absorb a given energy when crushed"
    Settings: ClassVar[type] = LatticeSettings
    judged: ClassVar[str] = (
        "The walls that are recovered from cross-sections of the body, and its volume."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "The crushing simulation uses a frame of the walls instead of the body, without fracture "
        "or friction.",
        "Between the cuts only the volume of the body is compared with that of its walls.",
        "No independent engine crushes a share: the one that was tried stops at the first fold. "
        "Tests compare first peaks of frames that bend with plastic limit analysis, within 8 %.",
    )
    default_family: ClassVar[str] = "principal_flow_matching"

    def __init__(self, settings: LatticeSettings) -> None:
        """Open the problem."""
        layout = settings.layout
        self.layout = layout
        across = ("column", "row")
        thickness = (0.0, layout.thickest_m)
        self.variables = (
            Variable("amplitude", across, "1", "peak of a line over the row's height; up is +"),
            Variable("wall_m", across, "m", "thickness of lines and uprights", *thickness),
            Variable("web_m", across, "m", "thickness of webs, 0 for none", *thickness),
            Variable("wanted_j_kg", (), "J/kg", "target energy", 0.0, given="energy"),
        )
        self.sizes = dict(zip(across, layout.cells, strict=True))
        self.conditions = _conditions()
        self.limits = (
            Limit("energy_gap", at_least=-0.1, at_most=0.1),
            Limit("energy_scatter", at_most=0.1),
            Limit("imbalance", at_most=0.1),
        )
        exact = CrushVerifier(layout, settings.material, settings.depth_m, settings.crushing)
        self.tiers = (exact,)
        self.second = Second(WallSum(layout), SHARE, MOST)
        forms = (StlLattice, CellTable)  # the first one is verified
        self.formats = {f.name: f(layout, settings.depth_m, self.variables) for f in forms}
        self.codec = Channels.between(((-STEEPEST, STEEPEST), thickness, thickness), layout.cells)
        self.batch_size = 8
        self.exact = exact
        self.dataset = known.dataset(exact, settings.known)

    def prepare(self, watch: Watch = silent) -> None:
        """Crush the training lattices."""
        self.dataset.complete(watch)

    def data(self) -> xr.Dataset:
        """Return all known lattices, conditioned on their own density and measured energy."""
        made = self.dataset.complete()
        energy = made["specific_energy"]
        held = np.arange(len(energy)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        columns: dict[str, Any] = {
            v.name: (
                (DESIGN, *v.dims),
                made[v.name] if v.given is None else energy,
                {"units": v.unit, "long_name": v.long_name},
            )
            for v in self.variables
        }
        under = {"density": made["relative_density"], "energy": energy, "held_out": held}
        coords: dict[str, Any] = {k: (DESIGN, v) for k, v in under.items()}
        whole = xr.Dataset(columns, {DESIGN: np.arange(len(energy))} | coords)
        return whole.isel({DESIGN: np.flatnonzero(np.isfinite(energy))})

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Bound walls to printable ones, and scale the body to the requested density."""
        density = conditions["density"].to_numpy().astype(np.float64)

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            shape, wall, web = (a.detach().numpy() for a in arrays[:3])
            held = printed(self.layout, shape, wall, web, density)
            return (*(torch.from_numpy(h) for h in held), arrays[3])

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report pictures of the crushing, and requested against measured energy."""
        return report.sections(self.exact, designs, verdicts, self.data())

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Bricks of one thickness: the union of rectangles, and of round ends beyond the box."""
        layout, thickness = self.layout, 2 * self.layout.thinnest_m
        columns, rows = layout.cells
        place = [(i, j) for i in range(columns + 1) for j in range(rows) if (i + j) % 2 == 0]
        at_plates = sum((j in (0, rows - 1)) for _, j in place)
        free_m = len(place) * (layout.height_m / rows - thickness) + at_plates * thickness / 2
        ends = (rows - 1) * math.pi / 4 + at_plates * math.pi / 8
        area = (rows - 1) * layout.width_m * thickness + free_m * thickness + ends * thickness**2
        one = torch.ones((1, *layout.cells), dtype=torch.float64)
        arrays = (0 * one, thickness * one, 0 * one, torch.tensor([1000.0], dtype=torch.float64))
        density = area / (layout.width_m * layout.height_m)
        solid_kg = layout.width_m * layout.height_m * self.exact.depth_m
        solid_kg *= self.exact.material.density_kg_m3
        truth = {"relative_density": density, "mass": density * solid_kg}
        return ((to_dataset(arrays, self.variables, self.labels()), truth, NEAR_BRICKS),)


def _conditions() -> tuple[Condition, ...]:
    low, high = known.DENSITIES
    return (
        Condition(
            "density",
            "relative density",
            lower=low / 2,
            upper=2 * high,
            middle=0.12,
            spread=0.5,
            log=True,
            measured="relative_density",
            exact=True,
        ),
        Condition(
            "energy",
            "specific energy",
            lower=1.0,
            upper=MOST_J_KG,
            unit="J/kg",
            middle=1500.0,
            log=True,
            measured="specific_energy",
        ),
    )
