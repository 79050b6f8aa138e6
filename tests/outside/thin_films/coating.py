"""The problem: thicknesses of alternating layers on glass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.formats.columns import Columns, TableColumn
from ingenium.core.problem import Problem, Projection, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.select import best
from ingenium.core.spec import Fixed, Limit
from ingenium.drawing import Axis, Plane, Requested, figure_of, table
from thin_films.engine import AIR, TransferMatrix
from thin_films.gaussian import Gaussian

NM = 1e-9
HIGH, LOW, GLASS = 2.35, 1.38, 1.52  # zinc sulphide, magnesium fluoride, crown glass
BAND_M = torch.linspace(450, 650, 41, dtype=torch.float64) * NM


@dataclass(frozen=True)
class Settings:
    """Settings of the coating."""

    pairs: int = 2  # of a layer of high and one of low index, from the air on
    centre_nm: float = 550.0
    known: int = 300


def coating_table(variables: tuple[Variable, ...], sizes: Mapping[str, int]) -> Columns:
    """All coatings in one CSV file, in hundredths of a nanometre."""
    column = TableColumn("thickness_nm", "nm", digits=2)
    return Columns(variables, (column,), file="layers.csv", name="layers-csv", sizes=sizes)


def stacks(thickness_m: np.ndarray, index: np.ndarray) -> xr.Dataset:
    """Coatings as a Dataset."""
    layers = ((DESIGN, "layer"), thickness_m, {"units": "m"})
    return xr.Dataset({"thickness_m": layers}, coords={DESIGN: index})


class Coating(Problem):
    """Layers of high and low index in turn, from the air to the glass."""

    name: ClassVar[str] = "thin_films.coating"
    summary: ClassVar[str] = "thicknesses of layers on glass for a wanted reflectance"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "gaussian_copula"
    steered_family: ClassVar[str] = "flow_matching"
    licence: ClassVar[str] = "CC0-1.0"
    judged: ClassVar[str] = "The layers of the table."
    unchecked: ClassVar[tuple[str, ...]] = ("Roughness, and how layers grow.",)

    def __init__(self, settings: Settings) -> None:
        if settings.pairs < 1:
            raise InputError("at least one pair of layers", settings.pairs, "Write pairs = 2.")
        self.settings = settings
        self.system = digest(settings)
        layers = 2 * settings.pairs
        self.sizes: Mapping[str, int] = {"layer": layers}
        self.variables = (
            Variable("thickness_m", ("layer",), "m", "thickness of each layer", lower=0.0),
        )
        self.conditions = (
            Condition("wanted", "wanted mean reflectance", lower=0.0, upper=1.0, unit="1"),
        )
        self.limits = (Limit("mean_reflectance", at_most=0.2),)
        centre, indices = settings.centre_nm * NM, (HIGH, LOW) * settings.pairs
        self.engine = TransferMatrix(indices, GLASS, centre, BAND_M)
        self.tiers = (self.engine,)
        self.formats = {"layers-csv": coating_table(self.variables, self.sizes)}
        self.quarter_m = centre / 4 / torch.tensor(indices, dtype=torch.float64)
        self.codec = Channels.of(to_arrays(self.data(), self.variables))

    def data(self) -> xr.Dataset:
        """Quarter waves, stretched at random."""
        rng, n = np.random.default_rng(1), self.settings.known
        stretch = rng.uniform(0.02, 2.0, (n, self.sizes["layer"]))
        designs = stacks(stretch * self.quarter_m.numpy(), np.arange(n))
        wanted, held_out = self.reflected(designs), rng.uniform(size=n) < 0.2
        return designs.assign_coords(wanted=(DESIGN, wanted), held_out=(DESIGN, held_out))

    def reflected(self, designs: xr.Dataset) -> np.ndarray:
        """Mean reflectance of each design over the band."""
        (thickness,) = to_arrays(designs, self.variables)
        return self.engine.over_band(thickness).mean(1).numpy()

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        return lambda arrays: (arrays[0].clamp_min(0.0),)

    def steerable(self) -> Mapping[str, Callable[..., Tensor]]:
        return {"mean_reflectance": lambda thickness: self.engine.over_band(thickness).mean(1)}

    def baselines(self) -> Mapping[str, Callable[[], Gaussian]]:
        """A family of the package's own, under the one feature that `wanted` becomes."""
        return {"gaussian": lambda: Gaussian(self.codec.shape, 1)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Reflectance over thickness, what was wanted of it, and the thinnest coatings."""
        verdict, thinnest = verdicts["verdict"].to_numpy(), best(verdicts, "stack_m")[:8]
        reflected = Axis.of(verdicts, "mean_reflectance", "mean reflectance")
        wanted = Axis(designs["wanted"].to_numpy(), "wanted")
        thickness = Axis.of(verdicts, "stack_m", "thickness")
        figure = figure_of(
            Plane(thickness, reflected, verdict, front=(1, 1)),
            Requested(wanted, reflected, verdict),
            size=(4.4, 3.4),
        )
        rows = table(
            ("coating", designs[DESIGN].to_numpy()[thinnest], ""),
            ("thickness (nm)", thickness.values[thinnest], ".0f"),
            ("mean reflectance", reflected.values[thinnest], ".1%"),
        )
        return (Section("Reflectance", "Each point is a coating.", figure, rows),)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A quarter-wave mirror, and the antireflection layer that is left without its others.

        Source: Macleod, Thin-Film Optical Filters, 4th ed., 2010, eq. 4.2 and 6.1.
        """
        mirror, single = self.quarter_m.numpy()[None], np.zeros((1, self.sizes["layer"]))
        single[0, 1] = self.quarter_m[1]
        admittance = {"mirror": (HIGH / LOW) ** (2 * self.settings.pairs) * GLASS}
        admittance["single"] = LOW**2 / GLASS
        truth = {k: {"reflectance": ((AIR - y) / (AIR + y)) ** 2} for k, y in admittance.items()}
        index = np.zeros(1, dtype=int)
        return (
            (stacks(mirror, index), truth["mirror"], 1e-12),
            (stacks(single, index), truth["single"], 1e-12),
        )
