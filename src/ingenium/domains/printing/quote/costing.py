"""Price and time of a part by powder bed, binder jetting, and casting in printed sand.

All numbers are assumptions of the setup, for a lot in which a build holds copies of one part.

Shapes: n quotes.
"""

from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from ingenium.core.errors import InputError
from ingenium.core.units import Unit
from ingenium.domains.printing.quote.flags import PartMeasures, Rules
from ingenium.domains.printing.quote.lot import LotPart

PROCESSES = ("powder bed", "binder jet", "sand casting")
POWDER, BINDER, SAND = range(3)
# What makes a process impossible without changes to the part.
BLOCKS = (("thin wall",), ("thin wall",), ("thin wall", "undercut", "no draft"))
PACKED = 0.6  # density of a bed of powder over that of the metal


@dataclass(frozen=True)
class LayerMachine:
    """A machine that builds layers in a box.

    Raises:
        InputError: for a value that is not above 0.
    """

    box_m: Annotated[tuple[float, float, float], Unit("m")] = (
        0.25,
        0.25,
        0.3,
    )  # width, depth and height of the build box
    gap_m: Annotated[float, Unit("m", 1e-4, 0.1)] = 4e-3  # distance between parts
    layer_m: Annotated[float, Unit("m", 1e-6, 1e-2)] = 50e-6  # thickness of a layer
    layer_s: Annotated[float, Unit("s", 0.1, 3600.0)] = 10.0  # time of a layer without scanning
    rate_m3_s: Annotated[float, Unit("m^3/s", 1e-12, 1e-3)] = (
        5e-9  # volume that scanning makes in a second
    )
    per_h: Annotated[float, Unit("EUR/h", 0.0, 1e4)] = 60.0  # hour of the machine
    build: Annotated[float, Unit("EUR", 0.0, 1e5)] = 120.0  # setting up and clearing a build
    wall_m: Annotated[float, Unit("m", 1e-5, 0.1)] = 4e-4  # thinnest that survives

    def __post_init__(self) -> None:
        if not min(*self.box_m, self.layer_m, self.layer_s, self.rate_m3_s) > 0:
            raise InputError("a machine with values above 0", self)
        if max(self.box_m) > 5:
            mm = [b / 1e3 for b in self.box_m]
            raise InputError("a box of at most 5 m", list(self.box_m), f"Write box_m = {mm}.")


@dataclass(frozen=True)
class Costs:
    """Machines and materials."""

    powder: LayerMachine = field(default_factory=LayerMachine)
    binder: LayerMachine = field(default_factory=lambda: LayerMachine(
        (0.4, 0.25, 0.2), 3e-3, 60e-6, 15.0, 1e-3, 30.0, 60.0, 1e-3))  # fmt: skip
    sand: LayerMachine = field(default_factory=lambda: LayerMachine(
        (1.0, 0.6, 0.5), 2e-2, 3e-4, 25.0, 1e-3, 40.0, 80.0, 3e-3))  # fmt: skip
    density_kg_m3: Annotated[float, Unit("kg/m^3", 500.0, 25e3)] = 7900.0  # of the metal
    powder_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e4)] = 60.0  # powder for laser melting
    fine_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e4)] = 35.0  # for binder jetting
    melt_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e4)] = 9.0  # metal for casting
    sand_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e3)] = 0.6  # sand of moulds
    binder_per_kg: Annotated[float, Unit("EUR/kg", 0.0, 1e4)] = 25.0  # binder of jets and moulds
    lost_share: float = 0.04  # of unfused powder that is not used again
    saturation: float = 0.6  # of the pores of a green part by binder
    sand_binder_share: float = 0.015  # mass of binder over that of sand
    sintered: float = 1.2  # green over final length
    support_per_cm3: Annotated[float, Unit("EUR/cm^3", 0.0, 1e3)] = (
        3.0  # supports of laser melting, with their removal
    )
    finish: Annotated[float, Unit("EUR", 0.0, 1e4)] = 12.0  # of a part, by hand
    furnace_h: Annotated[float, Unit("h", 0.0, 1e3)] = 30.0  # sintering of a load
    cast_h: Annotated[float, Unit("h", 0.0, 1e3)] = 16.0  # casting and cooling of a mould

    def __post_init__(self) -> None:
        if not 0 <= self.lost_share <= 1 or not 0 < self.saturation <= 1:
            raise InputError("shares from 0 to 1", (self.lost_share, self.saturation))

    @property
    def machines(self) -> tuple[LayerMachine, ...]:
        """Machines, in the order of `PROCESSES`."""
        return (self.powder, self.binder, self.sand)


class Quoted(NamedTuple):
    """Price, time and materials of one of the copies."""

    price: float
    cycle_h: float  # from start to finished copies
    powder_kg: float  # lost powder
    sand_kg: float
    binder_kg: float
    outside_m: float
    fit: int  # copies that a box holds


def quote(part: LotPart, process: int, direction: int, copies: int, costs: Costs) -> Quoted:
    """Quote a number of copies of a part; copies beyond a box take further builds."""
    machine = costs.machines[process]
    grown = costs.sintered if process == BINDER else 1.0
    wall = 0.03 if process == SAND else 0.0  # of sand around a part
    sides = [float(s) * grown + 2 * wall for s in part.sides_m[direction]]
    outside = max(max(s - b for s, b in zip(sides, machine.box_m, strict=True)), 0.0)
    across = [int((b + machine.gap_m) / (s + machine.gap_m) + 1e-9)
              for s, b in zip(sides, machine.box_m, strict=True)]  # fmt: skip
    levels = across[2] if process != POWDER else min(across[2], 1)  # supports stand on a plate
    fit = max(across[0] * across[1] * levels, 1)
    builds = -(-copies // fit)
    high = 1 if process == POWDER else -(-min(copies, fit) // max(across[0] * across[1], 1))
    height = high * sides[2] + (high - 1) * machine.gap_m
    metal = costs.density_kg_m3 * part.volume_m3
    bed = machine.box_m[0] * machine.box_m[1] * height * PACKED * costs.density_kg_m3 * builds
    support = float(part.support_m3[direction]) if process == POWDER else 0.0
    scanned = (part.volume_m3 + 0.2 * support) * copies / machine.rate_m3_s
    hours = builds * height / machine.layer_m * machine.layer_s / 3600
    hours += scanned / 3600 if process == POWDER else 0.0
    price = machine.per_h * hours + machine.build * builds + costs.finish * copies
    powder = sand = binder = 0.0
    if process == SAND:
        sand = 1500.0 * (sides[0] * sides[1] * sides[2] - part.volume_m3) * copies
        binder = costs.sand_binder_share * sand
        price += costs.melt_per_kg * 1.4 * metal * copies  # with gating
        price += costs.sand_per_kg * sand + costs.binder_per_kg * binder
        hours += costs.cast_h
    else:
        powder = costs.lost_share * max(bed - metal * copies, 0.0)
        per_kg = costs.powder_per_kg if process == POWDER else costs.fine_per_kg
        price += per_kg * (metal * copies + powder)
        price += costs.support_per_cm3 * 1e6 * support * copies
        if process == BINDER:
            pores = (1 - PACKED) / PACKED * part.volume_m3
            binder = 1000.0 * costs.saturation * pores * copies
            price += costs.binder_per_kg * binder
            hours += costs.furnace_h
    return Quoted(price / copies, hours, powder / copies, sand / copies, binder / copies,
                  outside, fit)  # fmt: skip


def blocking(found: PartMeasures, process: int, machine: LayerMachine) -> int:
    """Return the number of faults of a part that a process cannot make."""
    own = found.flags(Rules(wall_m=machine.wall_m))
    return len(own.intersection(BLOCKS[process]))
