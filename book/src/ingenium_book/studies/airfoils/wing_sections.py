"""The problem of sections that several studies of searches ask about, opened the same way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Between, Fixed, GeneratorChoice, Limit, Objective, Spec
from ingenium.core.verify import verify
from ingenium.domains.airfoils.section import WingSection
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.runs.loop import training

# A small electric aircraft: 55 m/s and 35 m/s on a chord of 1.1 m, at sea level.
POINTS = (
    Point("cruise", lift=0.35, reynolds=4.1e6, weight=2.0),
    Point("climb", lift=0.85, reynolds=2.6e6),
)
THICKNESS, EDGE = Between(0.13, 0.16), 0.0025  # chords: room for the spar, a tail that can be built
LIMITS = (
    Limit("lift_missing", at_most=0.001),
    Limit("moment", at_least=-0.09),
    Limit("max_lift", at_least=1.5),
)


@dataclass(frozen=True, eq=False)
class WingTarget:
    """A spec of sections; NeuralFoil judges, and no proposal is mended."""

    limits: tuple[Limit, ...] = LIMITS
    objectives: tuple[Objective, ...] = ()
    thickness: Between = THICKNESS
    conditions: Mapping[str, Between] = field(default_factory=dict)  # beside it
    _made: dict[str, Generator] = field(default_factory=dict, repr=False)  # by family

    @cached_property
    def problem(self) -> WingSection:
        """With both operating points."""
        return WingSection(SectionSettings(points=POINTS, judge="neuralfoil", refine_steps=0))

    @cached_property
    def spec(self) -> Spec:
        """Resolved."""
        requested = Spec(
            problem=WingSection.name,
            conditions={"thickness": self.thickness, **self.conditions},
            fixed={"edge_thickness": Fixed(EDGE)},
            limits=self.limits,
            objectives=self.objectives,
        )
        return resolve(requested, self.problem)

    @cached_property
    def known(self) -> xr.Dataset:
        """Sections that may be learned from."""
        return training(self.problem)

    def generator(self, family: str) -> Generator:
        """A family fitted to the known sections."""
        if family not in self._made:
            choice = GeneratorChoice(family=family)
            model = fitted.fit(self.problem, self.known, choice, watch=silent)
            self._made[family] = Generator(self.problem, model.family, self.spec, self.known)
        return self._made[family]

    def drawn(self, family: str, count: int, seed: int) -> xr.Dataset:
        """Proposals that nobody has measured."""
        generator = self.generator(family)
        parts = [
            generator.propose_block(seed, block, range(min(BLOCK, count - block * BLOCK)))
            for block in range(-(-count // BLOCK))
        ]
        return xr.concat(parts, DESIGN)

    def measured(self, designs: xr.Dataset) -> xr.Dataset:
        """The verdicts of NeuralFoil."""
        problem = self.problem
        return verify(
            designs,
            problem.verifier,
            self.spec.limits,
            variables=problem.variables,
            sizes=problem.sizes,
        )

    def numbers(self, designs: xr.Dataset) -> Float64[np.ndarray, "n 18"]:
        """Components of sections, of unit spread over the known ones."""
        found: np.ndarray = self.problem.encode(designs).numpy()
        return found

    def columns(
        self, measured: Float[np.ndarray, "n k"], names: tuple[str, ...]
    ) -> Float[np.ndarray, "n q"]:
        """Some quantities of rows of a verifier."""
        order = [q.name for q in self.problem.quantities]
        return measured[:, [order.index(name) for name in names]]


def arrays_of(requested: WingTarget, designs: xr.Dataset) -> tuple[torch.Tensor, ...]:
    """Designs as a verifier takes them."""
    return to_arrays(designs, requested.problem.variables)
