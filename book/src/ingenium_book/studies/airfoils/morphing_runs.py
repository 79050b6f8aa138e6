"""Bending trailing edges: the problem, a run of NSGA-II, and where new ones come from."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.codecs import Whitened
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.resolving import resolve
from ingenium.core.spec import Between, Fixed, Limit, Objective, Spec
from ingenium.core.verdict import margins
from ingenium.domains.airfoils.morphing import Morphing
from ingenium.domains.airfoils.morphing_verifier import MorphingVerifier
from ingenium.domains.airfoils.network import Size
from ingenium.domains.airfoils.schedules import SPREAD_DEG
from ingenium.domains.airfoils.section import VARIABLES
from ingenium.domains.airfoils.settings import MorphingSettings, Point
from ingenium.generators.copula import GaussianCopula
from ingenium.runs.loop import training
from ingenium.runs.store import Store
from ingenium.searches.evolution import Evolution
from ingenium.searches.fronts import hypervolume
from ingenium.searches.search import Search
from ingenium.searches.space import Space
from ingenium.searches.stopping import Stop
from ingenium.train.plan import Plan

POINTS = (  # of a light unmanned aircraft
    Point("loiter", lift=1.1, reynolds=4e5, weight=2.0),
    Point("cruise", lift=0.6, reynolds=7e5, weight=2.0),
    Point("dash", lift=0.2, reynolds=1.2e6),
)
STEP = 0.3  # from the front, in standardised units
STILL = 0.25  # share of proposals that do not bend
THICKNESS, EDGE, LEAST_LIFT = Between(0.10, 0.13), 0.002, 1.4
LIMITS = (
    Limit("lift_missing", at_most=0.001),
    Limit("max_lift", at_least=LEAST_LIFT),
    Limit("skin_strain", at_most=0.01),
    Limit("deflection_step", at_most=10.0),
)
AIMS = ("lift_to_drag", "actuation_energy")
"""To be large, to be small."""
LEAST = np.array([60.0, -3e-5])  # from which hypervolume is counted; few known schedules cost more


@dataclass(frozen=True)
class Designs:
    """Designs with what an engine says.

    Shapes: n designs, k quantities.
    """

    arrays: tuple[Tensor, ...]
    measured: Float64[np.ndarray, "n k"]

    def __getitem__(self, rows: np.ndarray) -> "Designs":
        return Designs(tuple(a[rows] for a in self.arrays), self.measured[rows])

    def and_(self, other: "Designs") -> "Designs":
        """These, then others."""
        arrays = tuple(torch.cat(pair) for pair in zip(self.arrays, other.arrays, strict=True))
        return Designs(arrays, np.concatenate([self.measured, other.measured]))


@dataclass(frozen=True, eq=False)
class Bench:
    """The problem by the largest NeuralFoil, or another size of it."""

    network: Size = "xlarge"

    @cached_property
    def problem(self) -> Morphing:
        """With schedules for every eighth of the known sections."""
        return Morphing(
            MorphingSettings(
                points=POINTS, judge="neuralfoil", network=self.network, refine_steps=0, every=8
            )
        )

    @property
    def verifier(self) -> MorphingVerifier:
        """The engine."""
        return MorphingVerifier(self.problem.engines[-1], self.problem.settings)

    @cached_property
    def spec(self) -> Spec:
        """Resolved."""
        requested = Spec(
            problem=Morphing.name,
            conditions={"thickness": THICKNESS},
            fixed={"edge_thickness": Fixed(EDGE)},
            limits=LIMITS,
            objectives=(Objective(AIMS[0], "maximise"), Objective(AIMS[1], "minimise")),
        )
        return resolve(requested, self.problem)

    @cached_property
    def names(self) -> list[str]:
        """Of the quantities."""
        return [q.name for q in self.problem.quantities]

    def column(self, measured: Float64[np.ndarray, "n k"], name: str) -> Float64[np.ndarray, " n"]:
        """One quantity."""
        found: np.ndarray = measured[:, self.names.index(name)]
        return found

    def aims(self, measured: Float64[np.ndarray, "n k"]) -> Float64[np.ndarray, "n 2"]:
        """Both aims, to be large."""
        sign = (1.0, -1.0)
        return np.stack([s * self.column(measured, a) for s, a in zip(sign, AIMS, strict=True)], 1)

    def held(self, measured: Float64[np.ndarray, "n k"]) -> Bool[np.ndarray, " n"]:
        """Which hold every limit."""
        margin = margins(measured, self.names, self.spec.limits)
        return np.asarray(np.isfinite(measured).all(1) & (margin >= 0).all(1))

    def front(self, found: Designs) -> Float64[np.ndarray, "n 2"]:
        """Aims of the designs that hold every limit."""
        return self.aims(found.measured[self.held(found.measured)])

    def reached(self, found: Designs) -> float:
        """Hypervolume of the designs that hold every limit."""
        front = self.front(found)
        return hypervolume(-front, -LEAST) if len(front) else 0.0

    def tried(self, arrays: tuple[Tensor, ...]) -> Designs:
        """Designs measured by the engine."""
        return Designs(arrays, self.problem.verifier.measure(*arrays).numpy())

    def evolved(self, calls: int, seed: int) -> Designs:
        """All designs of a run of NSGA-II that begins with known sections and schedules."""
        problem, spec = self.problem, self.spec
        strategy = Evolution(Space.of(problem, spec, training(problem)), seed)
        with TemporaryDirectory() as place, Store(Path(place) / "search.sqlite") as store:
            store.sit({})
            search = Search(problem, spec, strategy, store, seed=seed, batch=64)
            search.run(Stop(calls=calls))
            arrays = to_arrays(search.designs(range(search.calls)), problem.variables)
            return Designs(arrays, np.array(search.measured))


@dataclass(frozen=True, eq=False)
class ShapePrior:
    """Shapes of known sections, from which nothing of their flow is learned, and any bending."""

    problem: Morphing

    @cached_property
    def codec(self) -> Whitened:
        """Of the sections alone."""
        return Whitened.of(to_arrays(self.problem.read(), VARIABLES))

    @cached_property
    def family(self) -> GaussianCopula:
        """Of components, whatever the thickness."""
        x = self.codec.encode(to_arrays(self.problem.read(), VARIABLES)).to(torch.float32)
        family = GaussianCopula(self.codec.shape, 0)
        family.fit(x, torch.zeros(len(x), 0), Plan())
        return family

    def numbers(self, arrays: tuple[Tensor, ...]) -> Float64[np.ndarray, "n d"]:
        """Components, then deflections in their unit."""
        own = torch.cat([self.codec.encode(arrays[:4]), arrays[4] / SPREAD_DEG], 1)
        found: np.ndarray = own.numpy()
        return found

    def drawn(self, count: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """New designs."""
        own = torch.Generator().manual_seed(int(rng.integers(2**31)))
        x = self.family.propose(torch.zeros(count, 0), own).to(torch.float64)
        bend = rng.standard_normal((count, len(POINTS)))
        bend[rng.uniform(size=count) < STILL] = 0.0
        return self._made(torch.cat([x, torch.from_numpy(bend)], 1), rng)

    def near(
        self, arrays: tuple[Tensor, ...], count: int, rng: np.random.Generator
    ) -> tuple[Tensor, ...]:
        """Designs a step from some."""
        x = self.numbers(arrays)
        x = x[rng.integers(len(x), size=count)]
        return self._made(torch.from_numpy(x + STEP * rng.standard_normal(x.shape)), rng)

    def _made(self, x: Float64[Tensor, "n d"], rng: np.random.Generator) -> tuple[Tensor, ...]:
        count = len(self.codec.mean)
        arrays = (*self.codec.decode(x[:, :count]), x[:, count:] * SPREAD_DEG)
        thick = rng.uniform(THICKNESS.at_least, THICKNESS.at_most, len(x))
        conditions = xr.Dataset({"thickness": (DESIGN, thick)})
        return self.problem.project({"edge_thickness": Fixed(EDGE)}, conditions)(arrays)
