"""Problem `airfoils.morphing`: a section whose trailing edge bends at each operating point."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import SideBySide, Whitened
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.problem import Projection, Section
from ingenium.core.quantity import Variable
from ingenium.core.select import Metric
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.airfoils import morphing_report
from ingenium.domains.airfoils.cst import WEIGHTS
from ingenium.domains.airfoils.judge import engines, second
from ingenium.domains.airfoils.morphing_verifier import MorphingVerifier
from ingenium.domains.airfoils.naca import naca_2412, thickness_of
from ingenium.domains.airfoils.refine import Refiner, measurements
from ingenium.domains.airfoils.schedules import ScheduleDat, bending, best_schedules
from ingenium.domains.airfoils.section import CONDITIONS, VARIABLES, WingSection
from ingenium.domains.airfoils.settings import MorphingSettings
from ingenium.domains.airfoils.tail import Tail
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier

BENT_DEG = 5.0  # of the known answer
CHORDS_A_DEGREE = 0.002  # distance between designs for a degree: about how far it moves the tail


class Morphing(WingSection):
    """Sections with a smoothly bending tail and a deflection for each operating point."""

    name: ClassVar[str] = "airfoils.morphing"
    summary: ClassVar[str] = "morphing airfoils: one trailing-edge deflection for each speed"
    validity = ("lift_missing",)
    Settings: ClassVar[type] = MorphingSettings
    judged: ClassVar[str] = "The outline before it is bent, and the deflections in its title."
    unchecked: ClassVar[tuple[str, ...]] = (
        "The mechanism that bends the tail, and its wear, are not modelled; strain is that of a "
        "plate.",
        "Points may deviate by up to 0.01 chords from the curve that is judged.",
    )
    settings: MorphingSettings

    def __init__(self, settings: MorphingSettings) -> None:
        """Open the engines, and compute schedules for the known sections.

        Raises:
            InputError: for a lift far above that of every known section.
        """
        self.settings, self.conditions = settings, CONDITIONS
        bend = Variable(
            "deflection",
            ("point",),
            "degree",
            "slope of the tail against the section, above 0 down",
            -settings.most_deg,
            settings.most_deg,
        )
        self.variables = (*VARIABLES, bend)
        self.sizes = {"weight": WEIGHTS, "point": len(settings.points)}
        self.system = digest(asdict(settings))
        self.tail = Tail(settings.hinge)
        self.engines, self.notes = engines(settings, self.tail.cases)
        self.tiers = tuple(MorphingVerifier(e, settings) for e in self.engines)
        if isinstance(self.engines[-1], NeuralFoilVerifier):  # repair never calls XFOIL
            self.repair_calls = measurements(settings.refine_steps)
        self.second = second(self.engines[-1])
        self.formats = {"dat": ScheduleDat(self.variables, tuple(p.name for p in settings.points))}
        self.limits = (
            Limit("lift_missing", at_most=0.001, unit="1"),
            Limit("skin_strain", at_most=0.01, unit="1"),
            Limit("max_lift", at_least=1.3, unit="1"),
            Limit("edge_thickness", at_least=0.001, unit="1"),
        )
        for point in settings.points:
            self.reach(point)
        self.known = self._scheduled(self.read())
        learned = self.known.isel({DESIGN: np.flatnonzero(~self.known["held_out"].to_numpy())})
        whole = Whitened.of(to_arrays(learned, VARIABLES))
        self.codec = SideBySide((whole, bending(len(settings.points))))

    def _scheduled(self, known: xr.Dataset) -> xr.Dataset:
        some = known.isel({DESIGN: slice(0, None, self.settings.every)})
        arrays = to_arrays(some, VARIABLES)
        bend = best_schedules(arrays, self.settings)
        own = {str(k): some[k] for k in some.coords if k not in (DESIGN, "weight")}
        return to_dataset((*arrays, bend), self.variables, own | self.labels())

    def labels(self) -> dict[str, Any]:
        """Numbers of weights, names of points."""
        return super().labels() | {"point": [p.name for p in self.settings.points]}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose the section's hard constraints, and deflections within their range."""
        section, most = super().project(fixed, conditions), self.settings.most_deg

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (*section(arrays[:4]), arrays[4].clamp(-most, most))

        return onto

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Take some gradient steps of NeuralFoil on section and schedule, with a cost of energy."""
        s, most = self.settings, self.settings.most_deg
        weight = torch.tensor(s.weights, dtype=torch.float64)

        def price(whole: tuple[Tensor, ...]) -> Tensor:
            slope = torch.deg2rad(whole[4]).tan()
            return s.energy_price * (self.tail.energy(whole[:4], slope) @ weight)

        refiner = Refiner(s, self.codec, self.tail.cases, price)
        *section, bend = refiner.refined(arrays, s.refine_steps)
        return (*section, bend.clamp(-most, most))

    def steerable(self) -> Mapping[str, Callable[..., Tensor]]:
        """Mean lift over drag, by NeuralFoil."""
        return {"lift_to_drag": NeuralFoilVerifier(self.settings, self.tail.cases).glide}

    def metric(self, designs: xr.Dataset) -> Metric:
        """Distance of the surfaces and of the tails, in chords."""
        still, bend = super().metric(designs), to_arrays(designs, self.variables)[4].numpy()

        def of(i: int) -> np.ndarray:
            tails = CHORDS_A_DEGREE * np.sqrt(np.square(bend - bend[i]).mean(1))
            both: np.ndarray = np.hypot(still(i), tails)
            return both

        return of

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the best designs as they bend, and the gain and cost of bending."""
        return morphing_report.sections(
            self.settings, self.verifier, self.variables, (designs, verdicts)
        )

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """NACA 2412 with a bent tail: strain and energy from its thickness in closed form."""
        bend = torch.full((1, len(self.settings.points)), BENT_DEG, dtype=torch.float64)
        section = to_dataset((*naca_2412(), bend), self.variables, self.labels())
        curve = np.tan(np.deg2rad(BENT_DEG)) / (1 - self.settings.hinge)
        x = np.linspace(self.settings.hinge, 1, 2001)
        thick = thickness_of(x, 0.12)
        truth = {
            "max_thickness": 0.12,
            "skin_strain": curve * thick[0] / 2,
            "actuation_energy": curve**2 / 4 * np.trapezoid(thick**2, x),
            "deflection_step": 0.0,
        }
        return ((section, truth, 0.002),)
