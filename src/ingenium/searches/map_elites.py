"""Quality diversity: the best design of each kind (MAP-Elites), by the package `ribs`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.core.seeds import block_rng
from ingenium.searches.generational import Generational
from ingenium.searches.packages import package
from ingenium.searches.space import Cube
from ingenium.searches.strategy import State

WORST = 1e12  # in place of an infinite cost
MOST = 4  # numbers that define the kind of a design
LEARNED = ("points", "cost", "behaviour")


@dataclass(frozen=True)
class ElitesSettings:
    """Number of cells, and the variation of elites."""

    size: int = 32  # designs of a generation
    cells: int = 256  # kinds: squares of a grid up to two numbers, cells of a tessellation above
    emitter: Literal["line", "cma"] = "line"
    near: float = 0.01  # of a child, on the side of the cube
    line: float = 0.5  # along the line between two elites, over its length; 0.2 for 1e5 calls
    step: float = 0.2  # first one of a run of `cma`
    wider: float = 0.5  # of the range of behaviours of the first designs, on each side


class MapElites(Generational):
    """An archive with a cell for each kind of design, which stores the best of its kind.

    A kind is a range of measured quantities or conditions: the behaviour. Children are elites that
    move along the line to another one (`line`), or samples of an adapted covariance that is
    rewarded for new or improved cells (`cma`). A lower cost is better, so that a feasible design
    replaces an infeasible one, and infeasible designs are stepping stones.

    A saved archive is reproduced from all its verdicts, since it depends on nothing else.

    Shapes: n points, m numbers, b numbers of a behaviour.
    Source: Mouret and Clune, 2015, arXiv:1504.04909 (the archive); Vassiliades et al., IEEE Trans.
        Evol. Comput. 22:623, 2018 (tessellation); Vassiliades and Mouret, GECCO 2018,
        arXiv:1804.03906 (lines); Fontaine et al., GECCO 2020, arXiv:1912.02400 (CMA-ME).
    """

    def __init__(
        self,
        space: Cube,
        seed: int,
        names: tuple[str, ...],
        settings: ElitesSettings = ElitesSettings(),
    ) -> None:
        """Set up the archive over the quantities and conditions of these names.

        Raises:
            InputError: for no name or too many, or one that is no number of a design.
        """
        package("ribs")
        super().__init__(space, settings.size, seed)
        self.names, self.settings = _checked(space, names), settings
        self.past: list[dict[str, np.ndarray]] = []  # finished generations
        self.archive: Any = None
        self.emitter: Any = None

    def collected(self, designs: xr.Dataset, verdicts: xr.Dataset) -> dict[str, np.ndarray]:
        """Add the behaviour of each design."""
        satisfied = [(verdicts if name in verdicts else designs)[name] for name in self.names]
        behaviour = np.stack([x.to_numpy().astype(np.float64) for x in satisfied], 1)
        return super().collected(designs, verdicts) | {"behaviour": behaviour}

    def offspring(self, rng: np.random.Generator) -> Float[np.ndarray, "n m"]:
        """Return known designs at first, then children of elites."""
        if self.archive is None:
            start = self.space.start
            rows = rng.choice(len(start), self.size, replace=len(start) < self.size)
            near = start[rows] + 0.02 * rng.standard_normal((self.size, self.space.m))
            return np.clip(near, 0.0, 1.0)
        self._requested = self.emitter.ask()
        return np.asarray(np.clip(self._requested, 0.0, 1.0))

    def survive(self, reported: dict[str, np.ndarray]) -> None:
        """Store the best of each kind."""
        if self.archive is None:
            self._begin(reported["behaviour"])
            self._add(reported, reported["points"])
        else:
            if self._next is None:  # a replay of points that an earlier instance proposed
                self._requested = self.emitter.ask()
            info = self._add(reported, self._requested)
            self.emitter.tell(self._requested, *self._worth(reported), info)
        self.past.append({name: reported[name] for name in LEARNED})

    def learned(self) -> State:
        """Return all verdicts."""
        if not self.past:
            return {}
        return {f"past.{n}": np.concatenate([p[n] for p in self.past]) for n in LEARNED}

    def relearn(self, state: State) -> None:
        """Reproduce the archive."""
        self.past, self.archive, self.emitter = [], None, None
        if "past.cost" in state:
            count = len(state["past.cost"]) // self.size
            parts = {name: np.split(state[f"past.{name}"], count) for name in LEARNED}
            for i in range(count):
                self._next = None
                self.survive({name: parts[name][i] for name in LEARNED})

    def progress(self) -> Mapping[str, float]:
        """Return the share of cells with an accepted design, and the sum of their worth.

        The worth of a design is 1 at best and 0 at worst (`Aim`), and 1 without objectives.
        Source: Pugh et al., Front. Robot. AI 3:40, 2016 (QD score).
        """
        if self.archive is None:
            return {"coverage": 0.0, "QD score": 0.0}
        cost = -self.archive.data("objective")
        satisfied = cost <= 0
        worth = np.where(cost[satisfied] < 0, -cost[satisfied], 1.0)
        return {
            "coverage": float(satisfied.sum()) / self.archive.cells,
            "QD score": float(worth.sum()),
        }

    def _begin(self, behaviour: Float[np.ndarray, "n b"]) -> None:
        """Set up an archive over the range of the first behaviours, and its emitter."""
        how, b = self.settings, len(self.names)
        finite = np.where(np.isfinite(behaviour), behaviour, np.nan)
        known = [column[np.isfinite(column)] for column in finite.T]
        low = np.array([c.min(initial=0.0) if not len(c) else c.min() for c in known])
        high = np.array([c.max(initial=1.0) if not len(c) else c.max() for c in known])
        more = how.wider * np.where(high > low, high - low, np.maximum(np.abs(low), 1.0))
        self.ranges = np.stack([low - more, high + more], 1)
        seed = block_rng(self.seed, 0, "elites").initial_seed() % 2**31
        archives, m = package("ribs.archives"), self.space.m
        if b <= 2:
            dims = [round(how.cells ** (1 / b))] * b
            self.archive = archives.GridArchive(
                solution_dim=m, dims=dims, ranges=self.ranges, seed=seed
            )
        else:
            rng = np.random.default_rng(seed)
            centroids = _spread(how.cells, self.ranges, rng)
            self.archive = archives.CVTArchive(
                solution_dim=m, centroids=centroids, ranges=self.ranges, seed=seed
            )
        self.emitter = self._emitter(seed + 1)

    def _emitter(self, seed: int) -> Any:
        how, m = self.settings, self.space.m
        emitters, bounds = package("ribs.emitters"), [(0.0, 1.0)] * m
        if how.emitter == "line":
            return emitters.IsoLineEmitter(
                self.archive,
                iso_sigma=how.near,
                line_sigma=how.line,
                x0=self.space.start.mean(0),
                bounds=bounds,
                batch_size=self.size,
                seed=seed,
            )
        return emitters.EvolutionStrategyEmitter(
            self.archive,
            x0=np.clip(self.space.start.mean(0), 0.02, 0.98),
            sigma0=how.step,
            ranker="2imp",
            bounds=bounds,
            batch_size=self.size,
            seed=seed,
        )

    def _worth(
        self, reported: dict[str, np.ndarray]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, "n b"]]:
        """Score to maximise, and finite behaviours; designs without an answer are the worst."""
        middle = self.ranges.mean(1)
        behaviour = reported["behaviour"]
        return -np.minimum(reported["cost"], WORST), np.where(
            np.isfinite(behaviour), behaviour, middle
        )

    def _add(self, reported: dict[str, np.ndarray], points: Float[np.ndarray, "n m"]) -> Any:
        objective, behaviour = self._worth(reported)
        return self.archive.add(points, objective, behaviour)


def behaviours(space: Cube) -> tuple[str, ...]:
    """Choose two quantities that define the kind of a design, where the spec names none.

    Quantities without limits or objectives in the spec come first, then limited ones.
    """
    spec = space.spec
    ranked = {o.quantity for o in spec.objectives}
    limited = {x.quantity for x in spec.limits}
    own = [q.name for q in space.problem.quantities if q.labels is None]
    free = [n for n in own if n not in ranked | limited]
    return (*free, *(n for n in own if n in limited - ranked), *(n for n in own if n in ranked))[:2]


def _checked(space: Cube, names: tuple[str, ...]) -> tuple[str, ...]:
    problem = space.problem
    able = [q.name for q in problem.quantities if q.labels is None]
    able += [c.name for c in problem.conditions if c.choices is None]
    unknown = [name for name in names if name not in able]
    if unknown or not 1 <= len(names) <= MOST:
        raise InputError(
            f"one to {MOST} of {', '.join(able)}",
            ", ".join(unknown or names) or "none",
            "Write map_elites:NAME,NAME.",
        )
    return names


def _spread(
    cells: int, ranges: Float[np.ndarray, "b 2"], rng: np.random.Generator
) -> Float[np.ndarray, "c b"]:
    """Centres of cells of about equal size, by k-means on uniform samples."""
    samples = rng.uniform(size=(40 * cells, len(ranges)))
    means = package("sklearn.cluster").KMeans(
        cells, n_init=1, max_iter=30, random_state=int(rng.integers(2**31))
    )
    centres = means.fit(samples).cluster_centers_
    return np.asarray(ranges[:, 0] + centres * (ranges[:, 1] - ranges[:, 0]))
