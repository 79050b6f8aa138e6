"""Problem `process.laboratory`: reaction conditions that reach a yield under limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.process import report
from ingenium.domains.process.formats import RECIPES
from ingenium.domains.process.instruments import (
    VARIABLES,
    Instruments,
    Integrator,
    settable,
    started,
)
from ingenium.domains.process.kinetics import Rate, ReactionNetwork

SHARE, MOST = 0.1, 20  # of the batches, that the other integrator measures again
NOTES = (
    "The laboratory is simulated: a kinetic model with noise, prices and failures of instruments.",
    "Rates are of no particular reaction; prices are round numbers.",
)


@dataclass(frozen=True)
class LaboratorySettings:
    """Settings of the reaction at 80 °C and of the instruments."""

    making: float = 0.12  # L²/mol²/s, rate of the reaction to the product
    wasting: float = 0.006  # L²/mol²/s, rate of the side reaction
    dying: float = 1e-4  # 1/s, rate of the catalyst's decay
    making_kj_mol: float = 55.0  # kJ/mol, activation energy of the reaction to the product
    wasting_kj_mol: float = 85.0  # kJ/mol, of the side reaction
    dying_kj_mol: float = 110.0  # kJ/mol, of the catalyst's decay
    noise: float = 0.01  # standard deviation of a reading of a yield
    failing: float = 0.05  # share of batches on which the instruments give no answer
    repeats: int = 3  # readings of a yield
    seed: int = 0  # seed of noise and failures
    known: int = 256  # number of training batches


class Laboratory(Problem):
    """Temperature, time, equivalents, catalyst and concentration of a batch."""

    name: ClassVar[str] = "process.laboratory"
    summary: ClassVar[str] = (
        "reaction conditions that reach a yield, in a simulated laboratory with noise, cost "
        "and failures"
    )
    Settings: ClassVar[type] = LaboratorySettings
    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults("bayesian")
    judged: ClassVar[str] = (
        "The conditions in the CSV, to which instruments are set, and the readings of their "
        "repeats."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether a real reaction has these rates: the laboratory is simulated.",
        "Heat of the reaction, mixing and scale.",
    )
    licence = "CC0-1.0"
    sizes: Mapping[str, int] = {}

    def __init__(self, settings: LaboratorySettings) -> None:
        """Open the problem.

        Raises:
            InputError: for fewer than two repeats, noise below 0, a share that is none, or too few
                training batches.
        """
        _check(settings)
        self.settings, self.system, self.notes = settings, digest(settings), NOTES
        self.variables = VARIABLES
        self.conditions = (Condition("wanted_yield", "yield of the kinetic model"),)
        self.limits = (
            Limit("reading_low", at_least=0.8),
            Limit("side_product", at_most=0.08),
            Limit("cost", at_most=150.0),
        )
        self.network = ReactionNetwork(
            Rate(settings.making, 1e3 * settings.making_kj_mol),
            Rate(settings.wasting, 1e3 * settings.wasting_kj_mol),
            Rate(settings.dying, 1e3 * settings.dying_kj_mol),
        )
        noise, failing, repeats = settings.noise, settings.failing, settings.repeats
        self.tiers = (Instruments(self.network, noise, failing, repeats, settings.seed),)
        self.second = Second(Integrator(self.network), SHARE, MOST)
        self.formats = {RECIPES.name: RECIPES}
        self.codec = Channels.between([(v.lower or 0.0, v.upper or 1.0) for v in VARIABLES])

    def data(self) -> xr.Dataset:
        """Return batches spread over the ranges, with the yields of the kinetic model."""
        low, high = (np.array([getattr(v, end) for v in VARIABLES]) for end in ("lower", "upper"))
        spread = qmc.Sobol(len(VARIABLES), rng=np.random.default_rng(0))
        table = qmc.scale(spread.random(self.settings.known), low, high)
        arrays = settable(tuple(torch.from_numpy(table).T))
        index = np.arange(len(table))
        under: dict[str, Any] = {"wanted_yield": (DESIGN, self.yields(arrays).numpy())}
        under |= {"held_out": (DESIGN, index % 5 == 4)}
        return to_dataset(arrays, VARIABLES, under, index=index)

    def yields(self, arrays: tuple[Tensor, ...]) -> Tensor:
        """Return the yields of the kinetic model."""
        temperature, time, _, catalyst, concentration = arrays
        worked = self.network.worked(temperature, time, catalyst * concentration)
        return self.network.after(started(arrays), temperature, worked)[:, 2] / concentration

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto what the instruments can be set to."""
        return settable

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the best recipes, readings over conditions, and instruments that failed."""
        return report.sections(designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Cost of three batches of an hour at 80 °C, added up by hand.

        Half a mol of A, one of B and 5 mmol of catalyst are 12.50 EUR, a litre of solvent 1.20, and
        an hour of the reactor at 60 K above room temperature 10.20.
        """
        numbers = torch.tensor([[353.15, 3600.0, 2.0, 0.01, 0.5]], dtype=torch.float64)
        design = to_dataset(tuple(numbers.T), VARIABLES, {})
        return ((design, {"expense": self.settings.repeats * 23.9}, 1e-9),)


def _check(settings: LaboratorySettings) -> None:
    if settings.repeats < 2:
        raise InputError("at least two repeats", settings.repeats, "Write repeats = 3.")
    if settings.noise < 0:
        raise InputError("noise of at least 0", settings.noise, "Write noise = 0.01.")
    if not 0 <= settings.failing < 1:
        raise InputError("failing from 0 to 1", settings.failing, "Write failing = 0.05.")
    if settings.known < 10:
        raise InputError("at least 10 known batches", settings.known, "Write known = 256.")
