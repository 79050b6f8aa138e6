"""The front of lift over drag and most lift of sections, which trials of row 20.16 are to reach."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.spec import Limit, Objective
from ingenium.core.verdict import Verdict
from ingenium.runs.store import Store
from ingenium.searches.evolution import Evolution
from ingenium.searches.fronts import dominated, hypervolume
from ingenium.searches.search import Search
from ingenium.searches.space import Space
from ingenium.searches.stopping import Stop
from ingenium_book.studies.airfoils.wing_sections import WingTarget

FAMILY = "diffusion"  # on principal components of known sections
AIMS = ("lift_to_drag", "max_lift")
MISSING = 0.001  # of the lift that a section may fall short
AWAY = 1000  # seed of the reference and of the worst point
STEP = 0.3  # from the front, in spreads of a component
KNOWN = 256  # known sections whose medians are the point from which hypervolume is counted


@dataclass(frozen=True)
class ReportedTrials:
    """What was measured: components, both aims, and whether the lift is reached.

    Shapes: n designs, d components.
    """

    x: Float64[np.ndarray, "n d"]
    y: Float64[np.ndarray, "n 2"]
    held: Bool[np.ndarray, " n"]

    def and_(self, other: "ReportedTrials") -> "ReportedTrials":
        """These, then others."""
        pairs = ((self.x, other.x), (self.y, other.y), (self.held, other.held))
        return ReportedTrials(*map(np.concatenate, pairs))

    @property
    def front(self) -> np.ndarray:
        """Designs that reach the lift and that none of those beats in both aims."""
        rows = np.flatnonzero(self.held)
        return np.asarray(rows[~dominated(-self.y[rows], -self.y[rows])])

    def reached(self, target: float, worst: np.ndarray) -> int | None:
        """The first trial after which the hypervolume above `worst` is there."""
        for n in range(1, len(self.x) + 1):
            y = self.y[:n][self.held[:n]]
            if (hypervolume(-y, -worst) if len(y) else 0.0) >= target:
                return n
        return None


@cache
def requested() -> WingTarget:
    """The spec, with its known sections."""
    aims = tuple(Objective(name, "maximise") for name in AIMS)
    return WingTarget(limits=(Limit("lift_missing", at_most=MISSING),), objectives=aims)


@cache
def space() -> Space:
    """The cube about known sections."""
    return Space.of(requested().problem, requested().spec, requested().known)


@cache
def least() -> np.ndarray:
    """Medians of known sections of the asked thickness."""
    reported = tried(requested().drawn("bootstrap", KNOWN, AWAY))
    return np.asarray(np.median(reported.y[reported.held], 0))


@cache
def stream(source: str, count: int, seed: int) -> xr.Dataset:
    """New designs of a generator's prior, or from anywhere in the cube."""
    if source == "prior":
        return requested().drawn(FAMILY, count, seed)
    return space().designs(np.random.default_rng(seed).uniform(size=(count, space().m)))


@cache
def reference(calls: int) -> float:
    """Hypervolume of a long run of NSGA-II in the cube."""
    of = requested()
    with TemporaryDirectory() as place, Store(Path(place) / "search.sqlite") as store:
        store.sit({})
        search = Search(of.problem, of.spec, Evolution(space(), AWAY), store, seed=AWAY, batch=64)
        search.run(Stop(calls=calls))
        verdicts = search.verdicts()
    held = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    return hypervolume(-np.stack([verdicts[name].to_numpy()[held] for name in AIMS], 1), -least())


def tried(designs: xr.Dataset) -> ReportedTrials:
    """What the engine says."""
    verdicts = requested().measured(designs)
    y = np.stack([verdicts[name].to_numpy() for name in AIMS], 1)
    held = np.isfinite(y).all(1) & (verdicts["lift_missing"].to_numpy() <= MISSING)
    return ReportedTrials(requested().numbers(designs), y, held)


def near(parents: Float64[np.ndarray, "k d"], count: int, rng: np.random.Generator) -> xr.Dataset:
    """Designs a step from some, with a thickness drawn anew."""
    problem, span = requested().problem, requested().thickness
    x = parents[rng.integers(len(parents), size=count)]
    moved = torch.from_numpy(x + STEP * rng.standard_normal(x.shape))
    thick = rng.uniform(span.at_least, span.at_most, count)
    conditions = xr.Dataset({"thickness": (DESIGN, thick)})
    project = problem.project(requested().spec.fixed, conditions)
    return to_dataset(
        project(problem.decode(moved, conditions)), problem.variables, problem.labels()
    )


def bare(designs: xr.Dataset) -> xr.Dataset:
    """Designs without what they were drawn from."""
    return xr.Dataset({v.name: designs[v.name].variable for v in requested().problem.variables})
