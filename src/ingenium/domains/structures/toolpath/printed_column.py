"""Problem: printed columns that bear a load with little concrete, on a feasible path."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.structures.toolpath import report
from ingenium.domains.structures.toolpath.formats import ColumnPaths
from ingenium.domains.structures.toolpath.independent import ColumnReference
from ingenium.domains.structures.toolpath.laying import ColumnPrinter
from ingenium.domains.structures.toolpath.settings import HALF_M, ColumnSettings
from ingenium.domains.structures.toolpath.verifier import ColumnVerifier

SHARE, MOST = 0.1, 2  # of the columns, that scikit-fem solves again
VARIABLES = (
    Variable("half_m", ("axis",), "m", "half widths of the foot", *HALF_M),
    Variable("power", (), "1", "of the outline: 2 is an ellipse, more a rectangle", 2.0, 8.0),
    Variable("taper", (), "1", "width of the head over that of the foot", 0.7, 1.1),
    Variable("swell", (), "1", "by which it is wider in its middle", 0.0, 0.1),
    Variable("turn_deg", (), "degree", "turn of the head against the foot", 0.0, 40.0),
    Variable("rings", (), "1", "along the outline", 1.0, 4.0),
    Variable("infill_foot", (), "1", "requested infill share at the foot", 0.0, 0.6),
    Variable("infill_head", (), "1", "requested infill share at the head", 0.0, 0.6),
)
PER_UNIT = (1000, 10, 100, 100, 1, 1, 100, 100)  # steps to which each is rounded


class PrintedColumn(Problem):
    """Columns of beads of concrete, by outline, rings and infill."""

    name: ClassVar[str] = "structures.toolpath"
    summary: ClassVar[str] = (
        "3D-printed columns as G-code: collision-free, load capacity from the beads as laid"
    )
    Settings: ClassVar[type] = ColumnSettings
    validity = ("collisions", "outside")
    default_family: ClassVar[str] = "gaussian_copula"
    judged: ClassVar[str] = (
        "All moves of the G-code: they must be those of the column that its header describes, and "
        "the deposited beads are what is solved."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Beads are assumed to bond without flaws, to be isotropic in strength, and not to weigh "
        "on each other.",
        "Fresh concrete is not judged: whether a layer carries load before it has set.",
        "Stress within 0.15 m of foot and head is not evaluated, unless `clear_m` is changed.",
        "No printed column was tested: strengths are assumptions.",
    )
    licence = "CC0-1.0"

    def __init__(self, settings: ColumnSettings) -> None:
        """Open the problem."""
        self.settings, self.system = settings, digest(asdict(settings))
        self.variables, self.sizes = VARIABLES, {"axis": 2}
        self.conditions = (
            Condition(
                "width",
                "requested mean width of the foot",
                lower=2 * HALF_M[0],
                upper=2 * HALF_M[1],
                unit="m",
                middle=HALF_M[0] + HALF_M[1],
                spread=0.1,
                measured="foot_width",
            ),
        )
        self.limits = (
            Limit("capacity", at_least=1.5, unit="1"),
            Limit("buckling", at_least=3.0, unit="1"),
            Limit("collisions", at_most=0.0, unit="1"),
            Limit("outside", at_most=0.0, unit="1"),
            Limit("hanging", at_most=0.01, unit="1"),
            Limit("mesh_change", at_most=0.1, unit="1"),
        )
        self.printer = ColumnPrinter(settings)
        self.tiers = (ColumnVerifier(self.printer),)
        self.second = Second(ColumnReference(self.printer), SHARE, MOST)
        self.formats = {"gcode": ColumnPaths(self.printer, self.variables)}
        bounds = [(v.lower or 0.0, v.upper or 1.0) for v in VARIABLES]
        self.codec = Channels.between(bounds, own=((2,), *[()] * (len(VARIABLES) - 1)))
        self.batch_size = 4

    def labels(self) -> dict[str, object]:
        """Return the names of the axes."""
        return {"axis": ["x", "y"]}

    def data(self) -> xr.Dataset:
        """Return columns spread over all numbers; good designs are not known."""
        spread = qmc.Sobol(self.codec.shape[0], rng=np.random.default_rng(0))
        size = 1 << (self.settings.known - 1).bit_length()
        x = torch.from_numpy(spread.random(size)[: self.settings.known])
        arrays = rounded(self.codec.decode(2 * x - 1))
        under = {"width": (DESIGN, arrays[0].sum(1).numpy())}
        held = np.arange(len(x)) % 10 == 9
        designs = to_dataset(arrays, self.variables, self.labels())
        return designs.assign_coords(under | {"held_out": (DESIGN, held)})

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Round rings to whole ones, and numbers to the precision of a file's header."""
        return rounded

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the lightest columns, their layers, and their savings."""
        return report.sections(self.printer, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Mass of a round pipe of one ring: circumference of its middle, times bead and height."""
        half, bead = 0.24, self.settings.bead_m
        rows = [[[half, half]], *([v] for v in (2.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0))]
        arrays = tuple(torch.tensor(row, dtype=torch.float64) for row in rows)
        design = to_dataset(arrays, self.variables, self.labels())
        count = np.ceil(half / bead - 0.02)
        width = half / count  # the width of beads with which whole rings would reach the middle
        volume = 2 * np.pi * (half - width / 2) * width * self.settings.height_m
        return ((design, {"mass": self.settings.density_kg_m3 * volume}, 5e-3),)


def rounded(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the nearest columns whose numbers are round."""
    return tuple(
        ((a * per).round() / per).clamp(v.lower, v.upper)
        for a, per, v in zip(arrays, PER_UNIT, VARIABLES, strict=True)
    )
