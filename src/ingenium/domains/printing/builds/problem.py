"""Problem `printing.build`: orientation, supports, vectors and settings by region of a part."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import array_digest, digest
from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.units import Unit
from ingenium.domains.printing import calibration
from ingenium.domains.printing.alloys import alloy_of
from ingenium.domains.printing.builds.files import BuildFolders
from ingenium.domains.printing.builds.part import PART, column_m3, height_m, part_of
from ingenium.domains.printing.builds.plan import STEPS, Planner, PlanNumbers, plans
from ingenium.domains.printing.builds.timing import Prices, Timing
from ingenium.domains.printing.builds.verifier import (
    BuildMaking,
    BuildVerifier,
    DistortionReference,
)
from ingenium.domains.printing.frames.plant import HELD_OUT, SERVICE, MachineSpread, PoolPlant
from ingenium.domains.printing.frames.policies import families
from ingenium.domains.printing.frames.streams import frames
from ingenium.domains.printing.window import Disturbances, PrinterRanges, Process, Thresholds
from ingenium.monitor.stream import PlantMap, Stream
from ingenium.operate.drill import Drill, PersonActs, PlantFault
from ingenium.operate.plant import Plant, Policy
from ingenium.train.plan import Plan

SHARE, MOST, HELD_OUT_EVERY, LEAST_KNOWN = 0.05, 3, 5, 16
FAMILY = "flow_matching"
UPRIGHT = ((0, 0), (180, 0), (90, 0), (90, 90), (90, 180), (90, 270))  # as an engineer starts
DIRECTIONS, FLAT_SHARE = 2048, 0.04
SLOWER, SLOWER_TIMES = 0.8, 6
SPEEDS = np.array([7, 10])  # columns of a plan
BELOW_DEG, GAP_M, TURN_DEG = (40.0, 60.0), (4e-4, 1.2e-3), (15.0, 90.0)
ORIENTATIONS = 400  # looked at for the range of heights


@dataclass(frozen=True)
class BuildSettings:
    """Settings of the machine, the metal and the prices of builds of one part.

    Raises:
        InputError: for a scale, bed or strain that no build has.
    """

    alloy: str = "316L"  # name of the metal
    scale: float = 1.0  # factor on the size of the part
    plate_k: Annotated[float, Unit("K", 200.0, 1800.0)] = 353.0  # temperature of the build plate
    absorptivity: float | None = None  # None: the median of measured papers
    bed_m: Annotated[tuple[float, float, float], Unit("m")] = (
        0.1,
        0.1,
        0.1,
    )  # width, depth and height of the build space
    beam_m: Annotated[float, Unit("m", 1e-5, 2e-3)] = 80e-6  # diameter of the beam
    machine: PrinterRanges = field(default_factory=PrinterRanges)
    disturbances: Disturbances = field(default_factory=Disturbances)
    strain: tuple[float, float, float] = (-0.0025, -0.0025, -0.001)  # inherent, of a layer
    modulus_pa: Annotated[float, Unit("Pa", 1e9, 1e12)] = 190e9  # Young's modulus of the metal
    poisson: float = 0.3  # Poisson's ratio
    groups: int = 8  # of layers, that shrink one after the other
    escape_m: Annotated[float, Unit("m", 0.0, 0.1)] = 1e-3  # opening that powder runs through
    timing: Timing = field(default_factory=Timing)
    prices: Prices = field(default_factory=Prices)
    target_m: float | None = None  # width of the pool to operate; None: of a safe power
    known: int = 96  # plans to learn from

    def __post_init__(self) -> None:
        if not 1e-3 <= self.scale <= 1e3:
            raise InputError("a scale from 0.001 to 1000", self.scale, "Write scale = 1.")
        if not all(0.01 <= b <= 3 for b in self.bed_m):
            raise InputError(
                "a build space of 0.01 to 3 m along each axis",
                list(self.bed_m),
                f"Write bed_m = {[b / 1e3 for b in self.bed_m]}, if these are mm.",
            )
        if not all(abs(s) <= 0.05 for s in self.strain):
            raise InputError("inherent strains within 0.05", list(self.strain))
        if not 1 <= self.groups <= 60:
            raise InputError("from 1 to 60 groups of layers", self.groups, "Write groups = 8.")
        if not LEAST_KNOWN <= self.known <= 20_000:
            raise InputError(f"from {LEAST_KNOWN} to 20000 known plans", self.known)
        low, high = self.machine.beam_m
        if not low <= self.beam_m <= high:
            raise InputError(f"a beam_m from {low:g} to {high:g} m, as of the machine", self.beam_m)


class PrintBuild(Problem):
    """Build plans of a part: what is scanned in which order, on which supports, how long."""

    name: ClassVar[str] = "printing.build"
    summary: ClassVar[str] = (
        "build plans of a part: orientation, supports, scan vectors, settings by region, hours"
    )
    Settings: ClassVar[type] = BuildSettings
    inputs: ClassVar[tuple[Input, ...]] = (PART,)
    default_family: ClassVar[str] = FAMILY
    searches: ClassVar[SearchDefaults] = SearchDefaults("evolution", batch=16)
    judged: ClassVar[str] = (
        "The vectors in the CLI file, read back to voxels; 3MF, G-code and traveller must be those "
        "of the same plan."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Heat that builds up in the part: a pool is the same in every layer and over powder.",
        "Distortion is elastic, on the plate, by an inherent strain that is an assumption: measure "
        "a cantilever of your machine.",
        "Strength of supports, and the finish of faces.",
        "Prices, speeds of mirrors and recoater are assumptions of the setup.",
        "Whether a machine's own software takes the G-code: dialects of lasers differ.",
    )
    licence = "CC0-1.0"
    sizes: Mapping[str, int] = {}
    validity = ("missing", "excess", "outside")
    batch_size = 8

    def __init__(self, settings: BuildSettings, given: Given) -> None:
        """Open the problem.

        Raises:
            InputError: for an unknown alloy, or a part that is open or does not fit.
        """
        self.settings, self.given = settings, given
        alloy = alloy_of(settings.alloy).checked(settings.plate_k)
        found = settings.absorptivity or calibration.absorptivity_of(alloy)
        machine, disturbed = settings.machine, settings.disturbances
        self.process = Process(alloy, settings.plate_k, found, machine, disturbed)
        self.planner = Planner(part_of(given, settings.scale, settings.bed_m))
        shape = array_digest(np.asarray(self.planner.part.vertices))
        self.system = digest([asdict(settings), shape])
        self.thresholds = Thresholds(
            1.0, calibration.threshold("keyhole"), calibration.threshold("balling")
        )
        self.variables = _variables(machine)
        self.conditions = (self._height(),)
        self.limits = self._limits()
        s = settings
        making = BuildMaking(
            s.bed_m,
            s.beam_m,
            s.strain,
            s.modulus_pa,
            s.poisson,
            s.groups,
            s.escape_m,
            s.timing,
            s.prices,
        )
        pairs = tuple((float(w), float(d)) for w, d in calibration.pairs(calibrated=False))
        self.making = making
        self.tiers = (BuildVerifier(self.planner, self.process, making, pairs),)
        self.second = Second(DistortionReference(self.planner, making), SHARE, MOST)
        folders = BuildFolders(self.planner, making, alloy.density_kg_m3, self.variables)
        self.formats = {folders.name: folders}
        self.codec = Channels.between([(v.lower or 0.0, v.upper or 1.0) for v in self.variables])
        self.notes = (
            f"Absorptivity {found:.3g}; inherent strain, prices and speeds are those of the setup.",
        )

    def _limits(self) -> tuple[Limit, ...]:
        return (
            Limit("outside", at_most=0.0),
            Limit("missing", at_most=0.02),
            Limit("excess", at_most=0.02),
            Limit("hanging", at_most=2.0),
            Limit("trapped_powder", at_most=0.0),
            Limit("overlap", at_most=1.0),
            Limit("enthalpy", at_most=round(self.thresholds.enthalpy, 2)),
            Limit("slenderness", at_most=round(self.thresholds.slenderness, 2)),
            Limit("recoating", at_most=1.0),
        )

    def _height(self) -> Condition:
        rng = np.random.default_rng(0)
        z = 2 * rng.random(ORIENTATIONS) - 1
        lean, azimuth = np.degrees(np.arccos(z)).tolist(), (360 * rng.random(ORIENTATIONS)).tolist()
        ways = zip(lean, azimuth, strict=True)
        found = [height_m(self.planner.part, a, b) for a, b in ways]
        low, high = 0.9 * min(found), 1.1 * max(found)
        return Condition("build_height", "requested height of the oriented part", None, low, high,
                         "m", measured="height")  # fmt: skip

    @cached_property
    def _directions(self) -> Float64[np.ndarray, "m 2"]:
        """Directions with the least below overhangs, and the six of a cube."""
        spread = qmc.Sobol(2, rng=np.random.default_rng(0)).random(DIRECTIONS)
        # Even over the sphere, and not over the angles.
        lean = np.degrees(np.arccos(1 - 2 * spread[:, 0]))
        own = np.rint(np.column_stack([lean, 359 * spread[:, 1]]))
        best = np.argsort(column_m3(self.planner.part, *own.T), kind="stable")
        return np.concatenate([np.array(UPRIGHT), own[best[: round(FLAT_SHARE * DIRECTIONS)]]])

    @cached_property
    def _known(self) -> xr.Dataset:
        count = self.settings.known
        size = 1 << (count - 1).bit_length()
        spread = qmc.Sobol(len(self.variables), rng=np.random.default_rng(0)).random(size)
        low, high = np.array([(v.lower, v.upper) for v in self.variables], dtype=np.float64).T
        own = low + (high - low) * spread
        own[:, :2] = self._directions[(spread[:, 0] * len(self._directions)).astype(int)]
        settled = self._settled(tuple(torch.from_numpy(c.copy()) for c in own.T))
        found = np.stack([a.numpy() for a in settled], 1)
        rows = found[np.sort(np.argsort(~self._in_window(found), kind="stable")[:count])]
        heights = [height_m(self.planner.part, t, a) for t, a in rows[:, :2].tolist()]
        index = np.arange(len(rows))
        under: dict[str, Any] = {"build_height": (DESIGN, np.array(heights))}
        under |= {"held_out": (DESIGN, index % HELD_OUT_EVERY == HELD_OUT_EVERY - 1)}
        arrays = tuple(torch.from_numpy(np.ascontiguousarray(c)) for c in rows.T)
        return to_dataset(arrays, self.variables, under, index=index)

    def _in_window(self, rows: Float64[np.ndarray, "n v"]) -> Bool[np.ndarray, " n"]:
        """Mark plans whose regions fuse without keyholes under the disturbances."""
        own, inside = PlanNumbers(*rows.T), np.ones(len(rows), dtype=bool)
        beam = np.full(len(rows), self.settings.beam_m)
        for power, speed, hatch in (
            (own.power_w, own.speed_m_s, own.hatch_m),
            (own.skin_power_w, own.skin_speed_m_s, own.skin_hatch_m),
        ):
            tracks = np.stack([power, speed, beam, own.layer_m, hatch], 1)
            inside &= self.process.worst_overlap(tracks)[0] <= self.thresholds.overlap
            hot = self.process.worst_enthalpy(power, speed, beam)
            inside &= hot <= self.thresholds.enthalpy
        return inside

    def data(self) -> xr.Dataset:
        """Return the plans with little below their overhangs, in the window; none was measured."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto settings that survive the disturbances, in whole steps."""
        return self._settled

    def _settled(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Turn to the nearest direction of those with little to support, and settle each region.

        Where the machine's thinnest layer is too thick for a pool, the laser slows down.
        """
        low, high = np.array([(v.lower, v.upper) for v in self.variables], dtype=np.float64).T
        rows = np.clip(
            np.stack([a.detach().to(torch.float64).numpy() for a in arrays], 1), low, high
        )
        way, known = _unit(rows[:, :2]), _unit(self._directions)
        rows[:, :2] = self._directions[(way @ known.T).argmax(1)]
        found = self._regions(rows)
        out = np.flatnonzero(~self._in_window(found))
        for _ in range(SLOWER_TIMES):
            if not len(out):
                break
            rows[np.ix_(out, SPEEDS)] *= SLOWER
            found[out] = self._regions(np.clip(rows[out], low, high))
            out = out[~self._in_window(found[out])]
        return tuple(torch.from_numpy(np.ascontiguousarray(c)) for c in found.T)

    def _regions(self, rows: Float64[np.ndarray, "n v"]) -> Float64[np.ndarray, "n v"]:
        low, high = np.array([(v.lower, v.upper) for v in self.variables], dtype=np.float64).T
        own = PlanNumbers(*rows.T)
        core = self._region(own.power_w, own.speed_m_s, own.layer_m, own.hatch_m)
        skin = self._region(own.skin_power_w, own.skin_speed_m_s, core[:, 3], own.skin_hatch_m)
        columns = (*rows[:, :5].T, np.minimum(core[:, 3], skin[:, 3]), core[:, 0], core[:, 1],
                   core[:, 4], skin[:, 0], skin[:, 1], skin[:, 4])  # fmt: skip
        steps = np.array(STEPS)
        return np.asarray(np.clip(np.rint(np.stack(columns, 1) * steps) / steps, low, high))

    def _region(self, power: Any, speed: Any, layer: Any, hatch: Any) -> Float64[np.ndarray, "n 5"]:
        beam = np.full_like(power, self.settings.beam_m)
        return self.process.settle(np.stack([power, speed, beam, layer, hatch], 1), self.thresholds)

    def budgets(self) -> Mapping[str, Plan]:
        """Return a training plan of seconds, shorter for the few plans of a small setup."""
        return {FAMILY: Plan(steps=min(600, 7 * self.settings.known))}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the cheapest plans, what they weigh against, and layers of one of them."""
        from ingenium.domains.printing.builds import report

        return report.sections(self.planner, self.making, designs, verdicts)

    @cached_property
    def plant(self) -> Plant:
        """The melt pool in front of a camera, each scenario a machine a little off the nominal."""
        return self._pool(SERVICE, "simulated melt pool and camera", 0)

    @cached_property
    def held_out(self) -> Plant:
        """Other machines: absorptivity, spot, gain and drift from a wider range."""
        return self._pool(HELD_OUT, "other melt pools and cameras", 1)

    def _pool(self, spread: MachineSpread, name: str, seed: int) -> PoolPlant:
        own = self.settings
        return PoolPlant(self.process, own.beam_m, own.target_m, spread, name, seed)

    @property
    def drill(self) -> Callable[[float], Drill]:
        """Default drill: powder that absorbs little, and a person who stops the laser."""
        return drilled

    @property
    def families(self) -> Mapping[str, Callable[[int], Policy]]:
        """A PI rule on the width, and constant settings."""
        return families(self._pool(SERVICE, "simulated melt pool and camera", 0))

    def streams(self, designs: xr.Dataset) -> tuple[Stream, ...]:
        """Return simulated frames of each build, a row a layer, with planted disturbances."""
        arrays = (torch.from_numpy(designs[v.name].to_numpy()) for v in self.variables)
        found = plans(*arrays)
        pool = self._pool(SERVICE, "simulated melt pool and camera", 0)
        return tuple(
            frames(pool, self.planner.plan(n).layers, i)
            for i, n in enumerate(found)
            if n is not None
        )

    def layout(self) -> PlantMap | None:
        """Return None: tags of a frame have no places."""
        return None

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Height of the part as it stands in its file."""
        low, high = np.array([(v.lower, v.upper) for v in self.variables], dtype=np.float64).T
        own = 0.5 * (low + high)
        own[:2] = 0.0
        arrays = self._settled(tuple(torch.tensor([x], dtype=torch.float64) for x in own))
        z = float(self.planner.part.extents[2])
        return ((to_dataset(arrays, self.variables, {}), {"height": z}, 2e-6),)


def drilled(seconds: float) -> Drill:
    """Powder that absorbs 15 % less from a third on, and a stop by a person near the end."""
    return Drill(
        (PlantFault("absorption", seconds / 3, seconds / 6, 0.85),),
        (PersonActs(0.8 * seconds, seconds / 20, "stop", who="operator"),),
    )


def _unit(angles_deg: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 3"]:
    """Return directions as vectors."""
    lean, azimuth = np.radians(angles_deg).T
    flat = np.sin(lean)
    return np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), np.cos(lean)], 1)


def _ends(bounds: list[float]) -> tuple[float, float]:
    return bounds[0], bounds[1]


def _variables(machine: PrinterRanges) -> tuple[Variable, ...]:
    power, speed, _, layer, hatch = machine.bounds.tolist()
    return (
        Variable("tilt_deg", (), "degree", "lean of the part's upward axis from its z", 0.0, 180.0),
        Variable("azimuth_deg", (), "degree", "direction of that lean", 0.0, 359.0),
        Variable("below_deg", (), "degree", "faces flatter than this are supported", *BELOW_DEG),
        Variable("wall_gap_m", (), "m", "distance of walls of supports", *GAP_M, shown="mm"),
        Variable("turn_deg", (), "degree", "turn of the hatch from layer to layer", *TURN_DEG),
        Variable("layer_m", (), "m", "layer thickness", *_ends(layer), shown="um"),
        Variable("power_w", (), "W", "power in the core", *_ends(power), shown="W"),
        Variable("speed_m_s", (), "m/s", "speed in the core", *_ends(speed), shown="mm/s"),
        Variable("hatch_m", (), "m", "hatch in the core", *_ends(hatch), shown="um"),
        Variable("skin_power_w", (), "W", "power above overhangs", *_ends(power), shown="W"),
        Variable("skin_speed_m_s", (), "m/s", "speed above overhangs", *_ends(speed), shown="mm/s"),
        Variable("skin_hatch_m", (), "m", "hatch above overhangs", *_ends(hatch), shown="um"),
    )
