"""What it takes to print a part: layers, time, money, and which way up is cheapest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.checks import Direction, overhang
from ingenium.kits.solids.printing.mesh import Trimesh

HOUR_S = 3600.0
AXES: tuple[Direction, ...] = (
    (0.0, 0.0, 1.0),
    (0.0, 0.0, -1.0),
    (1.0, 0.0, 0.0),
    (-1.0, 0.0, 0.0),
    (0.0, 1.0, 0.0),
    (0.0, -1.0, 0.0),
)


@dataclass(frozen=True)
class Process:
    """Laser powder-bed fusion of AlSi10Mg with one laser, one part on the plate.

    Layer, volume rate and density are the maker's. The machine's rate lies in the range that
    is quoted in trade, 80 to 250 euros an hour. Recoating, the share of a support's columns
    that is melted, and the prices of powder, set-up and removal are assumptions: set your own.

    Source: EOS Aluminium AlSi10Mg for EOS M 290, 60 µm, process data sheet.

    Raises:
        InputError: for a value that is not above 0, or a support denser than solid.
    """

    layer_m: float = 60e-6
    rate_m3_s: float = 10.5e-9
    density_kg_m3: float = 2660.0
    recoat_s: float = 9.0
    support_density: float = 0.2
    overhang_deg: float = 45.0
    machine_eur_h: float = 120.0
    powder_eur_kg: float = 60.0
    setup_eur: float = 60.0
    removal_eur_m2: float = 4000.0  # of supported surface, by hand

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value > 0 and math.isfinite(value)):
                raise InputError(f"`{field.name}` above 0", value)
        if self.support_density > 1:
            raise InputError("a support no denser than solid", self.support_density)


@dataclass(frozen=True)
class Build:
    """One part printed one way up."""

    direction: tuple[float, float, float]  # upward
    layers: int
    support_m3: float  # of the columns, melted or not
    overhang_m2: float
    mass_kg: float  # of the part alone
    time_s: float
    cost_eur: float


def build(
    mesh: Trimesh, process: Process | None = None, direction: Direction = (0.0, 0.0, 1.0)
) -> Build:
    """Time and cost of one part: melting, recoating, powder, set-up and support removal.

    Raises:
        InputError: for a direction of no length.
    """
    process = process or Process()
    hanging = overhang(mesh, direction, process.overhang_deg)  # refuses a direction of no length
    up = np.asarray(direction, dtype=np.float64)
    up = up / np.linalg.norm(up)
    along = np.asarray(mesh.vertices) @ up
    layers = math.ceil(float(np.ptp(along)) / process.layer_m - 1e-6)
    melted = float(mesh.volume) + process.support_density * hanging.support_m3
    time = melted / process.rate_m3_s + layers * process.recoat_s
    cost = (
        time / HOUR_S * process.machine_eur_h
        + melted * process.density_kg_m3 * process.powder_eur_kg
        + hanging.area_m2 * process.removal_eur_m2
        + process.setup_eur
    )
    return Build(
        (float(up[0]), float(up[1]), float(up[2])),
        layers,
        hanging.support_m3,
        hanging.area_m2,
        float(mesh.volume) * process.density_kg_m3,
        time,
        cost,
    )


def cheapest(
    mesh: Trimesh, process: Process | None = None, directions: Sequence[Direction] = AXES
) -> Build:
    """The direction that costs least; of equals, the first.

    Raises:
        InputError: for no direction, or one of no length.
    """
    if not directions:
        raise InputError("at least one direction", "none")
    return min((build(mesh, process, d) for d in directions), key=lambda b: b.cost_eur)
