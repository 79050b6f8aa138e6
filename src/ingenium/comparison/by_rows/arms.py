"""Arms of the comparison: what learns nothing, today's default, and the inverse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.comparison.by_rows.desk import RowAnswer, RowDesk
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.seeds import block_rng, one_thread
from ingenium.generators import offer
from ingenium.generators.inverse.family import CANDIDATES, Start
from ingenium.generators.inverse.newton import corrected, slopes, step
from ingenium.generators.model import Family
from ingenium.sampling.labels import measured
from ingenium.sampling.noise import uniform

NEAR = 24  # rows to start from
NEIGHBOURS = 200  # rows that slopes are fitted to
ROUNDS = 4  # calls for each start of a quasi-Newton search
RIDGE = 1e-3  # of the sum of squares
INVERSE, BASE = "inverse", "learns nothing"


@dataclass(frozen=True, eq=False)
class RowArms:
    """Arms with one seed; each answers a target with measured proposals."""

    desk: RowDesk
    seed: int

    def rng(self, target: int) -> torch.Generator:
        """Return the generator of a target, the same for all arms."""
        return block_rng(self.seed, target, "rows")

    def all(self) -> Mapping[str, Callable[[int], RowAnswer]]:
        """Return the arms by name."""
        found: dict[str, Callable[[int], RowAnswer]] = {
            "nearest row": self.nearest,
            "nearest row, moved": self.moved,
            "residual bootstrap on rows": self.bootstrap,
            "slopes of rows, quasi-Newton": self.by_slopes,
            "moved, slopes of rows, quasi-Newton": self.moved_by_slopes,
        }
        if self.desk.problem.comparison().repair_calls:
            found["nearest row, repaired"] = self.repaired
        return found | {
            f"{self.desk.problem.default_family} on known designs": self.default,
            INVERSE: self.inverse,
            f"{INVERSE}, quasi-Newton": self.inverse_and_engine,
        }

    def nearest(self, target: int) -> RowAnswer:
        """Return the rows nearest to the target, as they are."""
        start = self.desk.start(target, self.desk.nearest(target, self.desk.calls))
        return self.desk.measured(start.z, start.conditions)

    def repaired(self, target: int) -> RowAnswer:
        """Return the nearest rows after the repair of the problem, which costs calls."""
        own = self.desk
        n = max(1, int(own.calls / (1 + own.problem.comparison().repair_calls)))
        start = own.start(target, own.nearest(target, n))
        arrays = own.path.arrays(start.z, start.conditions)
        return own.answer(own.problem.repair(arrays, start.conditions))

    def moved(self, target: int) -> RowAnswer:
        """Return nearest rows moved at random until they are new."""
        start = self.desk.fresh.moved(self._near(target, self.desk.calls), self.rng(target))
        return self.desk.measured(start.z, start.conditions)

    def _near(self, target: int, n: int) -> Start:
        """Choose some of the nearest rows at random, as starts."""
        rows = self.desk.nearest(target, NEAR)
        u = uniform(torch.zeros(n), self.rng(target))
        return self.desk.start(target, rows[(u * NEAR).long()])

    def bootstrap(self, target: int) -> RowAnswer:
        """Return the regression on the requested numbers, with residuals of the nearest rows."""
        own, b = self.desk, self._regression
        rows = own.nearest(target, own.calls)
        off = own.targets.values[target].to(torch.float32) - own.asked[rows]
        start = own.start(target, rows)
        return own.measured(own.rows.z[rows] + off @ b, start.conditions)

    @cached_property
    def _regression(self) -> Float[Tensor, "g d"]:
        """Slopes of the whitened numbers over the requested quantities, on all rows."""
        asked, z = self.desk.asked, self.desk.rows.z
        return _least_squares(asked - asked.mean(0), z - z.mean(0))

    def by_slopes(self, target: int) -> RowAnswer:
        """Search from the nearest rows with slopes of the rows around them."""
        n = self.desk.calls // ROUNDS
        start = self.desk.start(target, self.desk.nearest(target, n))
        return self._searched(target, start, self._fitted(start))

    def moved_by_slopes(self, target: int) -> RowAnswer:
        """Search from rows that were moved along what changes no requested number."""
        own, rng = self.desk, self.rng(target)
        start = self._near(target, own.calls // ROUNDS)
        slope = self._fitted(start)
        moved = own.fresh.moved(start, rng)
        way = moved.z - start.z
        none, weight = torch.zeros(slope.shape[:2]), torch.ones(slope.shape[:2])
        along = step(slope, torch.einsum("ngd,nd->ng", slope, way) + none, weight)
        z = own.path.projected(start.z + way - along, start.conditions)
        return self._searched(target, Start(z, start.conditions, start.goal), slope)

    def _fitted(self, start: Start) -> Float[Tensor, "n g d"]:
        """Slopes of the requested quantities by least squares on neighbouring rows."""
        own, found = self.desk, []
        for z in start.z:
            off = own.rows.z - z
            near = off.square().sum(1).topk(NEIGHBOURS, largest=False).indices
            x, y = off[near], own.asked[near]
            found.append(_least_squares(x - x.mean(0), y - y.mean(0)).T)
        return torch.stack(found)

    def _searched(self, target: int, start: Start, slope: Float[Tensor, "n g d"]) -> RowAnswer:
        """Take Broyden's steps from some starts; each costs a call for each start."""
        own, answers = self.desk, list[RowAnswer]()
        wanted = own.targets.values[target].to(torch.float32)
        before: tuple[Tensor, Tensor] | None = None
        for _ in range(ROUNDS):
            answer = own.measured(start.z, start.conditions)
            answers.append(answer)
            y = answer.y[:, own.targets.columns]
            if before is not None:
                slope = corrected(slope, start.z - before[0], y - before[1])
            sound = y.isfinite().all(1, keepdim=True)
            off = torch.where(sound, wanted - y.nan_to_num(0.0), 0.0)
            before = start.z, y
            z = start.z + step(slope, off, torch.ones_like(off))
            z = own.path.projected(z, start.conditions)
            start = Start(z, start.conditions, start.goal)
        return RowAnswer(*(torch.cat([getattr(a, k) for a in answers]) for k in ("y", "points")))

    def default(self, target: int) -> RowAnswer:
        """Return proposals of today's default, conditioned on the requested numbers."""
        own, n = self.desk, self.desk.calls
        wanted = own.targets.values[target].to(torch.float32)
        with one_thread():
            cond = ((wanted - self._usual[1]) / self._usual[2]).expand(n, -1)
            x = self._usual[0].propose(cond, self.rng(target))
        z = own.family.whitening.encode(x)
        start = own.start(target, own.nearest(target, n))
        return own.measured(z, start.conditions)

    @cached_property
    def _usual(self) -> tuple[Family, Tensor, Tensor]:
        """Default family fitted to the known designs under what the engine measures of them."""
        own, problem = self.desk, self.desk.problem
        known = own.labeller.of("learned")
        arrays = to_arrays(known, problem.variables)
        y = own.family.scale.of(measured(problem, arrays)).to(torch.float32)
        cond = y[:, own.targets.columns]
        sound = cond.isfinite().all(1)
        middle, spread = cond[sound].mean(0), cond[sound].std(0).clamp_min(1e-6)
        x = problem.encode(known.isel({DESIGN: np.flatnonzero(sound.numpy())})).to(torch.float32)
        name, c = problem.default_family, cond.shape[1]
        name = name if offer.check(problem, name) == "engine" else "gaussian_copula"
        family = offer.make(problem, name, c)
        with one_thread():
            family.fit(x, (cond[sound] - middle) / spread, offer.plan(problem, name))
        return family, middle, spread

    def inverse(self, target: int) -> RowAnswer:
        """Return proposals of the inverse, with the screen against all rows."""
        found = self._inverted(target, self.desk.calls)
        return self.desk.measured(found.z, found.conditions)

    @torch.no_grad()
    def _inverted(self, target: int, n: int) -> Start:
        rng = self.rng(target)
        return self.desk.fresh.proposed(self._near(target, n * CANDIDATES), n, rng)

    def inverse_and_engine(self, target: int) -> RowAnswer:
        """Search from proposals of the inverse with the slopes of its forward model."""
        own, family = self.desk, self.desk.family
        start = self._inverted(target, own.calls // ROUNDS)
        columns = own.targets.columns
        inputs = own.path.inputs(start)
        slope = slopes(lambda z: family.predicted(z)[0], inputs, columns)[:, :, : family.d]
        return self._searched(target, start, slope)


def _least_squares(x: Float[Tensor, "n a"], y: Float[Tensor, "n b"]) -> Float[Tensor, "a b"]:
    """Coefficients of `y` over `x`, with a small ridge."""
    x, y = x.to(torch.float64), y.to(torch.float64)
    product = x.T @ x
    ridge = RIDGE * product.diagonal().mean() * torch.eye(len(product), dtype=torch.float64)
    found: Tensor = torch.linalg.solve(product + ridge, x.T @ y)
    return found.to(torch.float32)


LEARNED: Mapping[str, bool] = MappingProxyType({INVERSE: True, f"{INVERSE}, quasi-Newton": True})
