"""A small closed-form domain: a steel cantilever under a tip load.

It represents a third-party package: `install` makes a distribution of it whose entry point the
engine finds, and the contract of every problem is tested on it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN
from ingenium.core.domain import Domain, Offer
from ingenium.core.errors import InputError
from ingenium.core.formats.columns import Columns
from ingenium.core.problem import Problem, Projection, Second, Section
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Fixed, Limit, Spec, parse
from plugged import distribution

MODULUS_PA = 210e9
DENSITY_KG_M3 = 7850.0
HEAVY_N = 8000.0  # from here on a load is called heavy
VARIABLES = (
    Variable("width_m", (), "m", "width of the section", lower=0.0),
    Variable("height_m", (), "m", "height of the section", lower=0.0),
    Variable("tip_load_n", (), "N", "load at the tip", lower=0.0),
)


@dataclass(frozen=True)
class Settings:
    """Settings of the beam, and two faults for tests."""

    length_m: float = 1.0
    known: int = 300
    pause_s: float = 0.0  # that the engine takes for each batch
    broken: bool = False  # the engine fails


@dataclass(frozen=True)
class EulerBernoulli:
    """Deflection, stress and mass of a cantilever in closed form.

    Source: Gere and Goodno, Mechanics of Materials, 8th ed., 2012, table H-1, case 4.
    """

    length_m: float
    pause_s: float = 0.0
    broken: bool = False
    name: str = "euler-bernoulli"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("deflection_m", "m", "deflection of the tip"),
        Quantity("stress_pa", "Pa", "largest bending stress", where=("stress_at",)),
        Quantity("mass_kg", "kg", "mass"),
        Quantity("stress_at", "", "place of the largest stress", labels=("tip", "root")),
    )

    def measure(self, *arrays: Tensor) -> Tensor:
        width, height, load = arrays
        time.sleep(self.pause_s)
        deflection = deflection_m(self.length_m, width, height, load)
        stress = 6 * load * self.length_m / (width * height**2)
        mass = DENSITY_KG_M3 * self.length_m * width * height
        found = torch.stack([deflection, stress, mass, torch.ones_like(mass)], 1)
        return torch.full_like(found, float("nan")) if self.broken else found


def deflection_m(length_m: float, width: Tensor, height: Tensor, load: Tensor) -> Tensor:
    return load * length_m**3 / (3 * MODULUS_PA * width * height**3 / 12)


@dataclass(frozen=True)
class UnitLoad:
    """Deflection by integrating the curvature twice: the unit load theorem."""

    length_m: float
    name: str = "unit load integral"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = EulerBernoulli.quantities[:1]

    def measure(self, *arrays: Tensor) -> Tensor:
        width, height, load = (a[:, None] for a in arrays)
        along = torch.linspace(0, self.length_m, 2001, dtype=torch.float64)
        lever = self.length_m - along
        curvature = load * lever / (MODULUS_PA * width * height**3 / 12)
        return torch.trapezoid(curvature * lever, along, dim=1)[:, None]


class BeamFiles:
    """One JSON file a beam, in whole tenths of a millimetre as in a workshop."""

    name = "beam-json"
    endings = (".json",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        paths = {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):
            beam = {
                "design": index,
                "width_mm": round(float(designs["width_m"][i]) * 1e3, 1),
                "height_mm": round(float(designs["height_m"][i]) * 1e3, 1),
                "tip_load_n": float(designs["tip_load_n"][i]),
            }
            paths[index] = folder / f"beam_{index:06d}.json"
            paths[index].write_text(json.dumps(beam))
        return paths

    def read(self, path: Path) -> xr.Dataset:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        try:
            beams = [json.loads(f.read_text()) for f in files]
            table = {
                "width_m": [b["width_mm"] / 1e3 for b in beams],
                "height_m": [b["height_mm"] / 1e3 for b in beams],
                "tip_load_n": [b["tip_load_n"] for b in beams],
            }
            return _designs(table, [b["design"] for b in beams])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError("a beam as JSON", str(path), "Write what propose writes.") from error


class BeamTable(Columns):
    """All beams in one CSV file."""

    def __init__(self) -> None:
        super().__init__(VARIABLES, file="beams.csv", name="beam-csv")


def _designs(table: Mapping[str, Any], index: Any) -> xr.Dataset:
    data = {
        v.name: (DESIGN, np.asarray(table[v.name], dtype=np.float64), {"units": v.unit})
        for v in VARIABLES
    }
    return xr.Dataset(data, coords={DESIGN: np.asarray(index)})


class Cantilever(Problem):
    """Sections of a cantilever for a load."""

    name: ClassVar[str] = "toy.cantilever"
    summary: ClassVar[str] = "Sections of a steel cantilever for a load at its tip"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "gaussian_copula"
    licence: ClassVar[str] = "CC0-1.0"
    judged: ClassVar[str] = "The numbers of the file, in tenths of a millimetre."
    unchecked: ClassVar[tuple[str, ...]] = ("Buckling and fatigue.",)
    notes = ("The beams were drawn by rule of thumb.",)

    def __init__(self, settings: Settings) -> None:
        if settings.length_m <= 0:
            raise InputError("a length above 0 m", settings.length_m, "Write length_m = 1.0.")
        self.settings = settings
        self.variables = VARIABLES
        self.sizes: Mapping[str, int] = {}
        self.conditions = (
            Condition("duty", "how hard the beam is loaded", choices=("light", "heavy")),
            Condition("load_n", "load at the tip", None, 1e3, 2e4, "N", middle=8e3, log=True),
        )
        self.limits = (
            Limit("deflection_m", at_most=0.004),
            Limit("stress_pa", at_most=160e6),
        )
        engine = EulerBernoulli(settings.length_m, settings.pause_s, settings.broken)
        self.tiers = (engine,)
        self.second = Second(UnitLoad(settings.length_m), 0.05)
        self.formats = {f.name: f for f in (BeamFiles(), BeamTable())}
        arrays = tuple(torch.as_tensor(self.data()[v.name].to_numpy()) for v in VARIABLES)
        self.codec = Channels.of(arrays, logs=(0, 1, 2))

    def data(self) -> xr.Dataset:
        rng = np.random.default_rng(1)
        n = self.settings.known
        load = rng.uniform(1000.0, 20000.0, n)
        height = 0.0095 * load ** (1 / 4) * self.settings.length_m * rng.lognormal(0, 0.1, n)
        width = height * rng.uniform(0.4, 0.8, n)
        designs = _designs({"width_m": width, "height_m": height, "tip_load_n": load}, np.arange(n))
        return designs.assign_coords(
            load_n=(DESIGN, load),
            duty=(DESIGN, np.where(load < HEAVY_N, "light", "heavy")),
            held_out=(DESIGN, rng.uniform(size=n) < 0.2),
        )

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        load = torch.as_tensor(conditions["load_n"].to_numpy().copy())

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            width, height, _ = arrays
            if "width_m" in fixed:
                width = torch.full_like(width, fixed["width_m"].value)
            return width, height, load

        return onto

    def fixable(self) -> tuple[Quantity, ...]:
        return (Quantity("width_m", "m", "width of the section"),)

    def steerable(self) -> Mapping[str, Any]:
        length = self.settings.length_m
        return {
            "deflection_m": lambda w, h, load: deflection_m(length, w, h, load),
            "mass_kg": lambda w, h, load: DENSITY_KG_M3 * length * w * h,
        }

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        figure = Figure(figsize=(6, 3.4), layout="constrained")
        axes = figure.add_subplot()
        axes.scatter(designs["width_m"] * 1e3, designs["height_m"] * 1e3, s=6)
        axes.set_xlabel("width (mm)")
        axes.set_ylabel("height (mm)")
        rows = (("Section", "Median"), ("height", f"{float(designs['height_m'].median()):.3f} m"))
        return (Section("Sections", "Width and height of all beams.", figure, rows),)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A beam of 100 by 100 mm and 1 m under 10 kN."""
        beam = _designs({"width_m": [0.1], "height_m": [0.1], "tip_load_n": [1e4]}, [0])
        i_m4 = 0.1**4 / 12
        truth = {
            "deflection_m": 1e4 * self.settings.length_m**3 / (3 * 210e9 * i_m4),
            "stress_pa": 1e4 * self.settings.length_m * 0.05 / i_m4,
            "mass_kg": 78.5 * self.settings.length_m,
        }
        return ((beam, truth, 1e-12),)


DOMAIN = Domain(
    name="toy",
    summary="Beams in closed form",
    package=__name__,
    problems={
        "cantilever": Offer(
            f"{__name__}:Cantilever", "Sections of a steel cantilever for a load at its tip"
        )
    },
)


def install(folder: Path, entries: Mapping[str, str] | None = None) -> Path:
    """Make a distribution with entry points in `folder`, for `sys.path`."""
    return distribution(folder, "toy-beams", entries or {"toy": "toy:DOMAIN"})


N = 2 * BLOCK + 9  # designs of a run: whole blocks and a part of one


LIGHT_ALONE = dict.fromkeys(("deflection_m", "stress_pa"), "the mass alone is looked at")


def spec(**entries: Any) -> Spec:
    """Heavily loaded beams, with further entries of a spec."""
    table = {"problem": "toy.cantilever", "conditions": {"duty": "heavy"}}
    return parse(table | entries, Spec, "spec")
