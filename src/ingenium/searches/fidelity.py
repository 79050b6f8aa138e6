"""Bayesian optimisation over two tiers, which chooses the tier of each design by its cost ratio."""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int
from scipy.stats import norm, qmc

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.verdict import Verdict
from ingenium.searches.cokriging import CoKriging
from ingenium.searches.fronts import order
from ingenium.searches.screening import CHEAP_LOSS, CHEAP_MARGIN, TIER
from ingenium.searches.space import Space, points_of
from ingenium.searches.strategy import State

REPORTED = ("points", "cheap", "exact", "sent")
NEAR = 1e-6  # of two points that are one
LITTLE = 1e-12


@dataclass(frozen=True)
class FidelitySettings:
    """Alternation of the two tiers, and the search for the next points."""

    first: int = 6  # points about known designs that both tiers measure
    spread: int = 3  # times as many that the cheap one measures at first
    cheap: int = 6  # points of one turn of the cheap tier, at most
    share: float = 0.5  # cost of cheap measurements between two exact ones, at most, in exact ones
    learned: int = 200  # rows that the models learn from: the best, and the last
    raw: int = 512  # points among which the best is looked for
    climbs: int = 4  # rounds of ever nearer points about the best


class Fidelity:
    """Multi-fidelity optimisation: the best point is measured by the exact or the cheap tier.

    The worth of a point is the expected improvement over the best accepted design, times the
    probability of feasibility; before any design is feasible, that probability alone. The cheap
    tier measures the point of the largest worth, and a few distinct others, if it would remove a
    larger share of the variance there than the square root of its cost ratio. Where it has
    measured, or where the gap between the tiers is wide, it would not: then the expensive tier
    measures. Several objectives get new random weights each time. At least two thirds of the cost
    go to the exact tier: a cost ratio near zero, or a cheap tier that misleads the model, would
    otherwise confine a search to the cheap one.

    The coordinate `tier` of designs selects the tiers: 0 the cheap one alone, 1 both.

    Shapes: r measured rows, n points, m numbers of a point, k outcomes: limits, then objectives.
    Source: Kandasamy et al., NeurIPS 2016, arXiv:1603.06288, section 3 (the cheap tier while it
        is unsure by more than a threshold that grows with the root of its price); Knowles, IEEE
        Trans. Evol. Comput. 10:50, 2006 (random weights); Schonlau, Welch and Jones, IMS Lecture
        Notes 34:11, 1998 (limits as probabilities).
    """

    def __init__(
        self, space: Space, cost_ratio: float, settings: FidelitySettings = FidelitySettings()
    ) -> None:
        """Search a cube of designs; `cost_ratio` is the cost ratio of cheap to exact measurements.

        Raises:
            InputError: for a cost ratio that is not between 0 and 1.
        """
        if not 0 < cost_ratio < 1:
            raise InputError(
                "a cost ratio above 0 and below 1", cost_ratio, "Write --cost-ratio 0.01, say."
            )
        self.space, self.cost_ratio, self.settings = space, cost_ratio, settings
        self.reported: dict[str, np.ndarray] = {}
        self.since = 0  # points of the cheap tier since the last exact one

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return one point for the exact tier, or some for the cheap one."""
        rng_points = np.random.default_rng(int(torch.randint(2**31, (), generator=rng)))
        how = self.settings
        sent = int(self.reported["sent"].sum()) if self.reported else 0
        if sent < how.first:
            points = self._about(rng_points, min(n, how.first * how.spread))
            tier = np.zeros(len(points), dtype=np.int64)
            tier[: min(how.first - sent, len(points))] = 1
        else:
            points, exact = self._promising(rng_points, n)
            tier = np.full(len(points), int(exact))
        return self.space.designs(points).assign_coords({TIER: (DESIGN, tier)})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Add the measurements of both tiers."""
        exact = _outcomes(verdicts, "margin", "loss")
        exact[verdicts["verdict"].to_numpy() == Verdict.SCREENED] = np.nan
        sent = verdicts["verdict"].to_numpy() != Verdict.SCREENED
        cheap = _outcomes(verdicts, CHEAP_MARGIN, CHEAP_LOSS)
        fresh = {"points": points_of(designs), "cheap": cheap, "exact": exact, "sent": sent}
        old = self.reported or {name: values[:0] for name, values in fresh.items()}
        first = {tuple(x): i for i, x in enumerate(old["points"])}
        again = [first.get(tuple(x), -1) for x in fresh["points"]]
        for row, known in enumerate(again):  # a point that the cheap tier had measured before
            if known >= 0 and sent[row]:
                old["exact"][known], old["sent"][known] = exact[row], True
        new = np.flatnonzero(np.array(again) < 0)
        self.reported = {name: np.concatenate([old[name], fresh[name][new]]) for name in REPORTED}
        self.since = 0 if sent.any() else self.since + len(new)

    def state_dict(self) -> State:
        """Return all measurements."""
        return {"since": np.array(self.since)} | self.reported

    def load_state_dict(self, state: State) -> None:
        """Load measurements."""
        self.since = int(state["since"])
        self.reported = {name: np.array(state[name]) for name in REPORTED if name in state}

    def _about(self, rng_points: np.random.Generator, n: int) -> Float[np.ndarray, "n m"]:
        """Points about known designs."""
        start = self.space.start[rng_points.integers(len(self.space.start), size=n)]
        return np.clip(start + 0.05 * rng_points.standard_normal(start.shape), 0.0, 1.0)

    def _promising(
        self, rng_points: np.random.Generator, n: int
    ) -> tuple[Float[np.ndarray, "n m"], bool]:
        """Return the points of the largest worth, and whether the exact tier measures them."""
        how, rows = self.settings, self._rows()
        worth = self._worth(rows, rng_points)
        points = self._candidates(rng_points, rows)
        for climb in range(how.climbs):
            top = points[np.argsort(-worth(points)[0], kind="stable")[:8]]
            near = top.repeat(16, 0)
            step = 0.1 * 0.4**climb * rng_points.standard_normal(near.shape)
            move = rng_points.uniform(size=near.shape) < max(0.3, 1 / self.space.m)
            points = np.concatenate([points, np.clip(near + step * move, 0.0, 1.0)])
        value, reported = worth(points)
        value[_taken(points, self.reported["points"][self.reported["sent"]])] = -np.inf
        best = int(value.argmax())
        left = int(how.share / self.cost_ratio) - self.since
        if reported[best] < np.sqrt(self.cost_ratio) or left < 1:
            return points[[best]], True
        value[reported < np.sqrt(self.cost_ratio)] = -np.inf
        return _distance(points, value, min(n, how.cheap, left)), False

    def _rows(self) -> Int[np.ndarray, " s"]:
        """Rows that the models learn from: the best of the exact tier, and the last."""
        reported, most = self.reported, self.settings.learned
        if len(reported["points"]) <= most:
            return np.arange(len(reported["points"]))
        limits = len(self.space.spec.limits)
        exact = np.where(np.isfinite(reported["exact"]), reported["exact"], 0.0)
        short = np.maximum(-exact[:, :limits], 0.0)
        short[~np.isfinite(reported["exact"]).all(1)] = np.inf
        best = order(exact[:, limits:].sum(1), short, exact[:, limits:])[: most // 2]
        rows: np.ndarray = np.union1d(best, np.arange(len(exact))[-(most // 2) :])
        return rows

    def _candidates(
        self, rng_points: np.random.Generator, rows: Int[np.ndarray, " s"]
    ) -> Float[np.ndarray, "n m"]:
        """Candidates all over the cube, and the points that only the cheap tier has measured."""
        sobol = qmc.Sobol(self.space.m, rng=rng_points).random(self.settings.raw)
        near = self.reported["points"][rows][-64:].repeat(4, 0)
        near = np.clip(near + 0.05 * rng_points.standard_normal(near.shape), 0.0, 1.0)
        waiting = self.reported["points"][~self.reported["sent"]][-256:]
        return np.concatenate([sobol, near, waiting])

    def _worth(self, rows: Int[np.ndarray, " s"], rng_points: np.random.Generator) -> "Worth":
        """Models of all outcomes, and the best accepted loss."""
        reported = {name: self.reported[name][rows] for name in REPORTED}
        count, x = len(self.space.spec.limits), reported["points"]
        columns = list(zip(reported["cheap"].T[:count], reported["exact"].T[:count], strict=True))
        limits = tuple(CoKriging.of(x, cheap, exact) for cheap, exact in columns)
        if reported["exact"].shape[1] == count:
            return Worth(limits, None, None)
        weights = rng_points.dirichlet(np.ones(reported["exact"].shape[1] - count))
        known = np.isfinite(reported["exact"]).all(1)
        low, high = (f(reported["exact"][known, count:], axis=0) for f in (np.min, np.max))
        cheap, exact = (
            chebyshev(
                (reported[name][:, count:] - low) / np.where(high > low, high - low, 1), weights
            )
            for name in ("cheap", "exact")
        )
        satisfied = known & (np.nan_to_num(reported["exact"][:, :count], nan=-1.0) >= 0).all(1)
        best = float(exact[satisfied].min()) if satisfied.any() else None
        return Worth(limits, CoKriging.of(x, cheap, exact), best)


@dataclass(frozen=True)
class Worth:
    """Worth of measuring points, and the information of the cheap tier.

    Shapes: n points.
    """

    limits: tuple[CoKriging, ...]
    loss: CoKriging | None
    best: float | None  # loss of an accepted design

    def __call__(
        self, points: Float[np.ndarray, "n m"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Return the log worth, and the relative reduction of variance by a cheap measurement."""
        worth, shares = np.zeros(len(points)), []
        for model in self.limits:
            mean, variance, part = model.expected(points)
            worth += norm.logcdf(mean / np.sqrt(variance + LITTLE))
            shares.append(part / (variance + LITTLE))
        if self.loss is not None:
            mean, variance, part = self.loss.expected(points)
            shares.append(part / (variance + LITTLE))
            if self.best is not None:
                worth += log_improvement(mean, np.sqrt(variance + LITTLE), self.best)
        return worth, np.mean(shares, 0)


def log_improvement(
    mean: Float[np.ndarray, " n"], spread: Float[np.ndarray, " n"], best: float
) -> Float[np.ndarray, " n"]:
    """Logarithm of the expected improvement of normal losses over the best.

    Source: Ament et al., NeurIPS 2023, arXiv:2310.20708, section 4 (its tail).
    """
    z = (best - mean) / spread
    near = np.maximum(z, -6.0)
    whole = np.log(norm.pdf(near) + near * norm.cdf(near))
    far = (
        norm.logpdf(z) - 2 * np.log(np.maximum(np.abs(z), 1.0)) + np.log1p(-3 / np.maximum(z**2, 6))
    )
    found: np.ndarray = np.log(spread) + np.where(z > -6.0, whole, far)
    return found


def chebyshev(
    loss: Float[np.ndarray, "n o"], weights: Float[np.ndarray, " o"]
) -> Float[np.ndarray, " n"]:
    """Scalarise losses: the largest weighted one, plus a little of their sum."""
    weighed = loss * weights
    found: np.ndarray = weighed.max(1) + 0.05 * weighed.sum(1)
    return found


def _outcomes(verdicts: xr.Dataset, margin: str, loss: str) -> Float[np.ndarray, "n k"]:
    """Margins and losses; NaN where they were not measured."""
    both = np.concatenate([verdicts[margin].to_numpy(), verdicts[loss].to_numpy()], 1)
    return np.where(np.isfinite(both), both, np.nan)


def _taken(
    points: Float[np.ndarray, "n m"], by: Float[np.ndarray, "r m"]
) -> Bool[np.ndarray, " n"]:
    """Mark points that are among others."""
    found = np.zeros(len(points), dtype=bool)
    for one in by:  # a single comparison would take much memory
        found |= np.abs(points - one).max(1) < NEAR
    return found


def _distance(
    points: Float[np.ndarray, "n m"], worth: Float[np.ndarray, " n"], count: int
) -> Float[np.ndarray, "k m"]:
    """Points of the largest worth with a minimum distance."""
    least = 0.03 * np.sqrt(points.shape[1])
    taken: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(taken) == count or not np.isfinite(worth[row]):
            break
        if all(np.linalg.norm(points[row] - points[other]) >= least for other in taken):
            taken.append(row)
    return points[taken]
