"""Exact tier of a build plan: its vectors read back to cubes, its hours, price and distortion.

Shapes: n plans, k quantities.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.counting import each
from ingenium.core.errors import EngineError
from ingenium.core.quantity import Quantity
from ingenium.domains.printing.builds import deposit
from ingenium.domains.printing.builds.distortion import Shrinking
from ingenium.domains.printing.builds.plan import BuildPlan, Planner, PlanNumbers, plans
from ingenium.domains.printing.builds.timing import Prices, Timing
from ingenium.domains.printing.criteria import overlap
from ingenium.domains.printing.window import Process
from ingenium.kits.solids.elastic.reference import Reference, ScikitFem

ELASTIC_CELLS, SMALL_CELLS = 12_000, 3_000  # at most, of the distortion and of its cross-check
QUANTITIES = (
    Quantity("height", "m", "height of the oriented part", shown="mm", lower=0.0),
    Quantity("outside", "m", "part beyond the build space", shown="mm", lower=0.0),
    Quantity("missing", "1", "share of the part that the vectors leave empty", lower=0.0),
    Quantity("excess", "1", "volume scanned outside of the part, over its volume", lower=0.0),
    Quantity("hanging", "mm^2", "area that lies on nothing, by 45 degrees", lower=0.0),
    Quantity("support_volume", "cm^3", "columns of supports, walls and gaps", lower=0.0),
    Quantity("trapped_powder", "mm^3", "powder that cannot leave", lower=0.0),
    Quantity("overlap", "1", "Tang's overlap, worst region and corner; fuses to 1", lower=0.0),
    Quantity("enthalpy", "1", "normalised enthalpy, worst region and corner", lower=0.0),
    Quantity("slenderness", "1", "length over width of pools, worst region and corner", lower=0.0),
    Quantity("fused_share", "1", "share of measured errors of pools under which all regions fuse",
             lower=0.0, upper=1.0),
    Quantity("distortion", "m", "largest displacement of the part on its plate", shown="mm",
             lower=0.0),
    Quantity("recoating", "1", "rise of a fresh top over the layer: the recoater meets it above 1",
             lower=0.0),
    Quantity("coarse_distortion", "m", "distortion on larger cells", shown="mm", lower=0.0),
    Quantity("hours", "h", "hours of the machine", lower=0.0),
    Quantity("price", "EUR", "price of the build", lower=0.0),
)  # fmt: skip


@dataclass(frozen=True)
class BuildMaking:
    """Machine, metal and prices of a plan."""

    bed_m: tuple[float, float, float]
    beam_m: float
    strain: tuple[float, float, float]
    modulus_pa: float
    poisson: float
    groups: int
    escape_m: float
    timing: Timing
    prices: Prices

    def seconds(self, plan: BuildPlan) -> Float64[np.ndarray, " h"]:
        """Return the seconds of each layer; supports have the speed of the core."""
        n = plan.numbers
        speed = np.array([n.speed_m_s, n.skin_speed_m_s, n.speed_m_s])
        return self.timing.seconds(plan.vectors, speed, plan.layers)

    def support_m3(self, plan: BuildPlan) -> float:
        """Return the volume of the columns of supports, from the vectors of their walls."""
        vectors, hatch = plan.vectors, plan.hatch
        own = vectors.length_um[vectors.region == 2].sum()
        return float(own * hatch.layer_um * hatch.support_um * 1e-18)

    def price(self, plan: BuildPlan, hours: float, density_kg_m3: float) -> float:
        """Return the price of a build of one part."""
        box = float(np.prod(plan.mesh.extents)) * density_kg_m3 * 0.6  # loose powder
        metal = float(plan.part.volume) * density_kg_m3
        return self.prices.price(hours, metal, box, self.support_m3(plan))

    def shrinking(self, plan: BuildPlan, most: int) -> Shrinking:
        """Return the stack of cells that shrinks, as deposited, merged to at most so many cells."""
        own = plan.deposit(self.beam_m)
        times = 1
        while np.prod([-(-n // times) for n in own.part.shape]) > most:
            times += 1
        part, support = (merged(np.minimum(a, 1.0), times) for a in (own.part, own.support))
        return Shrinking(part, support, times * own.cell_m, self.modulus_pa, self.poisson,
                         self.strain, self.groups)  # fmt: skip


def merged(share: Float64[np.ndarray, "x y z"], times: int) -> Float64[np.ndarray, "a b c"]:
    """Return means of blocks of cells, with empty cells where a block is not complete."""
    padded = np.pad(share, [(0, -n % times) for n in share.shape])
    x, y, z = (n // times for n in padded.shape)
    return np.asarray(padded.reshape(x, times, y, times, z, times).mean((1, 3, 5)))


@dataclass(frozen=True)
class BuildVerifier:
    """Checks of a plan on the vectors of its files, and its pools by Eagar and Tsai."""

    planner: Planner
    process: Process
    making: BuildMaking
    errors: tuple[tuple[float, float], ...]  # logarithms of measured over predicted pools
    name: ClassVar[str] = "vectors to voxels, inherent strain (own)"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 16"]:
        """Measure all quantities, plan by plan: each has its own cells."""
        found = np.full((len(arrays[0]), len(QUANTITIES)), np.nan)
        for row, numbers in each(zip(found, plans(*arrays), strict=True)):
            if numbers is not None:
                try:
                    row[:] = self._one(self.planner.plan(numbers))
                except EngineError:
                    continue  # too many vectors
        return torch.from_numpy(found)

    def _one(self, plan: BuildPlan) -> list[float]:
        making, own = self.making, plan.deposit(self.making.beam_m)
        missing, excess = deposit.wrong_share(own, plan.nominal)
        bridge = plan.numbers.wall_gap_m + plan.cell_m
        shrinking = making.shrinking(plan, ELASTIC_CELLS)
        moved, rise = shrinking.displacement_m()
        coarse = making.shrinking(plan, SMALL_CELLS)
        hours = float(making.seconds(plan).sum()) / 3600
        return [
            float(plan.mesh.extents[2]),
            float(np.maximum(plan.mesh.extents - np.array(making.bed_m), 0.0).max()),
            missing,
            excess,
            1e6 * deposit.hanging_m2(own, bridge),
            1e6 * making.support_m3(plan),
            1e9 * deposit.trapped_m3_of(own, making.escape_m),
            *self.pools(plan.numbers),
            shrinking.most_m(moved),
            rise / plan.numbers.layer_m,
            coarse.most_m(coarse.displacement_m()[0]),
            hours,
            making.price(plan, hours, self.process.alloy.density_kg_m3),
        ]

    def pools(self, n: PlanNumbers) -> tuple[float, float, float, float]:
        """Return overlap, enthalpy and slenderness in the worst region, and the fused share."""
        process, beam = self.process, self.making.beam_m
        rows = np.array([
            [n.power_w, n.speed_m_s, beam, n.layer_m, n.hatch_m],
            [n.skin_power_w, n.skin_speed_m_s, beam, n.layer_m, n.skin_hatch_m],
        ])  # fmt: skip
        power, speed, beams, layer, hatch = rows.T
        pool = process.pool(process.absorptivity * power, speed, beams)
        factors = np.exp(np.array(self.errors))[:, :, None]
        width, depth = factors[:, 0] * pool.width_m, factors[:, 1] * pool.depth_m
        fused = (overlap(hatch, layer, width, depth) <= 1).all(1).mean()
        return (
            float(process.worst_overlap(rows)[0].max()),
            float(process.worst_enthalpy(power, speed, beams).max()),
            float(process.worst_slenderness(power, speed, beams)[1].max()),
            float(fused),
        )


@dataclass(frozen=True, eq=False)
class DistortionReference(ScikitFem):
    """Independent distortion by scikit-fem's elements and a direct factorisation."""

    planner: Planner
    making: BuildMaking
    quantities: tuple[Quantity, ...] = tuple(q for q in QUANTITIES if q.name == "coarse_distortion")

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 1"]:
        """Return the distortion on larger cells."""
        found = torch.full((len(arrays[0]), 1), torch.nan, dtype=torch.float64)
        for row, numbers in zip(found, plans(*arrays), strict=True):
            if numbers is not None:
                own = self.making.shrinking(self.planner.plan(numbers), SMALL_CELLS)
                row[0] = own.most_m(own.displacement_m(_by_scikit_fem)[0])
        return found


def _by_scikit_fem(system, modulus_pa, load_n):  # type: ignore[no-untyped-def]
    return Reference(system).displacements_m(modulus_pa, load_n)
