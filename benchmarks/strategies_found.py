"""Results of a search, call by call, and their curves.

Shapes: n calls, o objectives, g calls at which curves are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem
from ingenium.core.spec import Between, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.runs.store import Store
from ingenium.searches.fronts import grown, hypervolume
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategy import Strategy

LAST = 64  # calls over which the acceptance of a curve is counted


@dataclass(frozen=True)
class Found:
    """Every call of the engine in order: whether its design is feasible, and its objectives."""

    accepted: Bool[np.ndarray, " n"]
    values: Float[np.ndarray, "n o"]
    designs: xr.Dataset | None = None  # of the calls, if the best ones are measured again


@dataclass(frozen=True)
class Scale:
    """Range of each objective in which hypervolume is counted, as a share of that box.

    Designs worse than `worst` in any objective add nothing.
    """

    worst: tuple[float, ...]
    best: tuple[float, ...]

    def shares(self, values: Float[np.ndarray, "n o"]) -> Float[np.ndarray, "n o"]:
        """Losses: 1 for the worst values, 0 for the best."""
        worst, best = np.array(self.worst), np.array(self.best)
        found: np.ndarray = (values - best) / (worst - best)
        return found


class Counter:
    """The engine with a limited number of calls; calls without a design count too."""

    def __init__(self, problem: Problem, spec: Spec, calls: int) -> None:
        self.problem, self.spec, self.left = problem, spec, calls
        self.parts: list[Found] = []

    def __call__(self, designs: xr.Dataset) -> xr.Dataset:
        """Judge the designs, or the first of them if few calls are left."""
        designs = designs.isel({DESIGN: slice(0, self.left)})
        self.left -= designs.sizes[DESIGN]
        problem = self.problem
        verdicts = verify(
            designs,
            problem.verifier,
            self.spec.limits,
            variables=problem.variables,
            sizes=problem.sizes,
        )
        self.parts.append(found_of(self.spec, verdicts, designs))
        return verdicts

    def spend(self, calls: int) -> None:
        """Count calls that gave no acceptable design."""
        calls = min(calls, self.left)
        self.left -= calls
        values = np.full((calls, len(self.spec.objectives)), np.nan)
        self.parts.append(Found(np.zeros(calls, dtype=bool), values))

    def found(self) -> Found:
        """All calls so far; designs where each call had one."""
        parts = [p.designs for p in self.parts]
        return Found(
            np.concatenate([p.accepted for p in self.parts]),
            np.concatenate([p.values for p in self.parts]),
            _joined([p for p in parts if p is not None]) if all(parts) else None,
        )


def found_of(spec: Spec, verdicts: xr.Dataset, designs: xr.Dataset) -> Found:
    """Results of verdicts; a design not under the conditions of `spec` is not accepted."""
    accepted = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    for name, wanted in spec.conditions.items():
        if isinstance(wanted, Between) and wanted.at_least == wanted.at_most:
            accepted = accepted & np.isclose(designs[name].to_numpy(), wanted.at_least)
        elif isinstance(wanted, tuple):
            accepted = accepted & np.isin(designs[name].to_numpy(), wanted)
    values = [verdicts[o.quantity].to_numpy() for o in spec.objectives]
    empty = np.empty((len(accepted), 0))
    return Found(accepted, np.stack(values, 1) if values else empty, designs)


def searched(
    problem: Problem, spec: Spec, strategy: Strategy, calls: int, *, seed: int, batch: int
) -> Found:
    """Run one strategy as `ingenium search` does."""
    with TemporaryDirectory() as place, Store(Path(place) / "s.sqlite") as store:
        store.sit({})
        search = Search(problem, spec, strategy, store, seed=seed, batch=batch)
        search.run(Stop(calls=calls))
        return found_of(spec, search.verdicts(), search.designs(range(search.calls)))


def _joined(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    whole = xr.concat(parts, DESIGN)
    return whole.assign_coords({DESIGN: np.arange(whole.sizes[DESIGN])})


@dataclass(frozen=True)
class Curves:
    """A search at some numbers of calls."""

    calls: Int[np.ndarray, " g"]
    share: Float[np.ndarray, " g"]  # accepted among the last `LAST` calls
    hypervolume: Float[np.ndarray, " g"]
    best: Float[np.ndarray, "g o"]  # value of each objective among accepted designs


def curves(found: Found, scale: Scale, spec: Spec, calls: Sequence[int]) -> Curves:
    """Curves at `calls`, up to the end of the search; constant once there are no new designs."""
    maximise = np.array([o.sense == "maximise" for o in spec.objectives])
    front, done = np.empty((0, len(maximise))), 0
    best = np.where(maximise, -np.inf, np.inf)
    rows = []
    for end in calls:
        fresh = found.values[done:end][found.accepted[done:end]]
        if len(fresh):
            front = grown(front, scale.shares(fresh))
            ends = np.where(maximise, fresh.max(0), fresh.min(0))
            best = np.where(maximise, np.maximum(best, ends), np.minimum(best, ends))
        volume = hypervolume(front, np.ones(len(maximise))) if len(front) else 0.0
        window = found.accepted[max(end - LAST, 0) : end]
        share = float(window.mean()) if len(window) else 0.0
        rows.append((share, volume, np.where(np.isfinite(best), best, np.nan)))
        done = end
    return Curves(
        np.asarray(calls),
        np.array([r[0] for r in rows]),
        np.array([r[1] for r in rows]),
        np.stack([r[2] for r in rows]),
    )
