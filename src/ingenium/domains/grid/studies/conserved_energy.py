"""Row 22.14: days that hold the energy asked for, by projection, and what that costs.

Not covered: the calibration of a twin by a VAE, which stays open as a part without a value, so
that this row cannot count as reproduced. Covered: physics in generation on SimBench
1-LV-rural1--0-sw, every fifth week of each season held out. principal_autoregressive proposes 16
days for each held-out day under its calendar and levels. The same proposals are taken
unconstrained and projected onto load of at least 0, no PV at night, and the held-out day's own
energies of load and infeed. Energies are those that the AC power flow measures; residual: |E -
asked| over the mean of the held-out days, as some of them have no infeed at all. Night: 21:30 to
3:30 in winter time. Scores: all profiles of active power, in deviations. Balance: source less
loads and losses, the worst proposal of a day. That projected days hold what was asked is by
construction, checked here from outside; what is open is the price. Beside: bounds without
energies, and days scaled to the energies. Soft guidance is not compared. Bootstrap over seeds and
weeks. Budget: 5 seeds, 300 steps; quick: 1 seed, 60 steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64, Int
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Fixed, Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.studies.day_ahead import Rows, Work, kept_rows
from ingenium.domains.grid.studies.solved_runs import of_kind
from ingenium.evaluate import scores
from ingenium.evaluate.intervals import Interval, crossed_interval, skill
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

FAMILY = FeederDay.default_family
FULL, QUICK = Work(steps=300, members=16), Work(steps=60, members=8)
ENERGIES = {"load": "load_energy", "infeed": "infeed_energy"}
PROJECTED, FREE = "projected", "unconstrained"
NIGHT = np.r_[0:14, 86:96]  # 21:30 to 3:30 in winter time, when the sun is down in every season
LARGEST_RESIDUAL, LEAST_GAIN = 1e-9, 99.0  # relative; %
BALANCE = 1e-6  # relative
UNTESTED = Interval(np.nan, np.nan, np.nan)

Arrays = tuple[Tensor, ...]


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose the held-out days with each seed, with and without their energies held."""
    problem = open_problem(Spec(problem="grid.feeder_day"))
    if not isinstance(problem, FeederDay):
        raise EngineError("grid.feeder_day is not the problem that this study knows")
    return measure_energies(Asked.of(problem), budget, watch)


def measure_energies(asked: "Asked", budget: Budget, watch: Watch) -> Measured:
    """The measurement on a given feeder."""
    work = QUICK if budget.quick else FULL
    found: list[Rows] = []
    for i, seed in enumerate(budget.seeds):
        watch(f"{FAMILY}, seed {seed}", i, len(budget.seeds))
        key: list[object] = [asked.digest, FAMILY, seed, work]
        found.append(kept_rows(budget, key, partial(_rows, asked, seed, work)))
    table = {name: np.stack([rows[name] for rows in found]) for name in found[0]}
    rng = np.random.default_rng(0)
    beside = {name: crossed_interval(own, rng, groups=asked.week) for name, own in table.items()}
    note = "The calibration of a twin from sparse data is not tested."
    return from_intervals(_parts(table, asked.week), beside, asked.digest, (note,))


@dataclass(frozen=True, eq=False)
class Asked:
    """The held-out days of a feeder, each asked for by its own conditions and energies.

    Shapes: n held-out days, d channels of active power, t steps.
    """

    problem: FeederDay
    held: xr.Dataset
    energy: Mapping[str, Float64[np.ndarray, " n"]]  # kWh
    real: Float64[np.ndarray, "n d t"]  # in deviations of the training days
    week: Int[np.ndarray, " n"]
    digest: str

    @classmethod
    def of(cls, problem: FeederDay) -> "Asked":
        """All held-out days, their energies as the engine measures them."""
        days = problem.data()
        held = days.isel({DESIGN: np.flatnonzero(days["held_out"].to_numpy())})
        arrays = to_arrays(held, problem.variables)
        energy = {name: measured(problem, arrays)[name] for name in ENERGIES.values()}
        week = held["group"].to_numpy()
        return cls(problem, held, energy, active(problem, arrays), week, dataset_digest(days))

    def variants(self, proposed: Arrays) -> dict[str, Arrays]:
        """The same proposals free, with bounds, scaled to the energies, and projected.

        Proposals come in rounds of all held-out days.
        """
        n = len(self.week)
        rounds = len(proposed[0]) // n
        again = self.held.isel({DESIGN: np.tile(np.arange(n), rounds)})
        bounded = self.problem.project({}, again)(proposed)
        return {
            FREE: proposed,
            "bounded": bounded,
            "scaled": self._scaled(bounded),
            PROJECTED: self._projected(proposed),
        }

    def _scaled(self, arrays: Arrays) -> Arrays:
        """Each day times what its energies lack: the simplest way to hold them."""
        found = measured(self.problem, arrays)
        rounds = len(arrays[0]) // len(self.week)

        def lacking(name: str) -> Float[Tensor, "r 1 1"]:
            energy = np.tile(self.energy[name], rounds)
            some = found[name] > 0  # a day of nothing cannot be scaled
            factor = np.divide(energy, found[name], out=np.ones_like(energy), where=some)
            return torch.as_tensor(factor)[:, None, None]

        load, infeed = (lacking(name) for name in ENERGIES.values())
        return arrays[0] * load, arrays[1], arrays[2] * infeed

    def _projected(self, arrays: Arrays) -> Arrays:
        """By the problem's own projection, asked for one held-out day after the other."""
        n = len(self.week)
        out = tuple(array.clone() for array in arrays)
        for i in range(n):  # a spec asks for one energy
            rows = np.arange(i, len(arrays[0]), n)
            fixed = {name: Fixed(float(own[i])) for name, own in self.energy.items()}
            told = self.held.isel({DESIGN: np.full(len(rows), i)})
            onto = self.problem.project(fixed, told)
            for place, array in zip(out, onto(tuple(a[rows] for a in arrays)), strict=True):
                place[rows] = array
        return out

    def judged(self, arrays: Arrays) -> Rows:
        """Residuals, broken physics and scores by held-out day.

        A day whose power flow has no solution counts as off by all of its energy.
        """
        n = len(self.week)

        def worst(x: np.ndarray) -> Float64[np.ndarray, " n"]:
            found: np.ndarray = np.where(np.isfinite(x), x, 1.0).reshape(-1, n).max(0)
            return found

        found = measured(self.problem, arrays)
        rows: Rows = {"balance": worst(found["balance_error"])}
        for side, name in ENERGIES.items():
            off = np.abs(found[name].reshape(-1, n) - self.energy[name]) / self.energy[name].mean()
            off = np.where(np.isfinite(off), off, 1.0)
            rows |= {f"{side}_residual": off.mean(0), f"{side}_residual_worst": off.max(0)}
        dark = arrays[2].numpy()[:, of_kind(self.problem, "solar")][..., NIGHT]
        below = (arrays[0].numpy() < 0).reshape(-1, n, arrays[0][0].numel())
        rows["negative_load"] = 100 * below.mean((0, 2))
        rows["night_pv"] = 100 * np.abs(dark).reshape(-1, n, dark[0].size).max((0, 2))
        ensemble = active(self.problem, arrays).reshape(-1, *self.real.shape)
        rows["crps"] = scores.crps(ensemble, self.real)
        rows["energy_score"] = scores.energy_score(ensemble, self.real)
        return rows


def measured(problem: FeederDay, arrays: Arrays) -> dict[str, Float64[np.ndarray, " n"]]:
    """What the AC power flow of each day measures, by quantity."""
    columns = problem.feeder.verifier.measure(*arrays).numpy().T
    names = [quantity.name for quantity in problem.feeder.verifier.quantities]
    return dict(zip(names, columns, strict=True))


def active(problem: FeederDay, arrays: Arrays) -> Float64[np.ndarray, "n d t"]:
    """Active load and infeed in deviations of the training days."""
    x = problem.codec.encode(arrays).numpy()
    load = problem.sizes["load_profile"]
    return np.delete(x, np.s_[load : 2 * load], axis=1)  # reactive load, which nothing holds


def _rows(asked: Asked, seed: int, work: Work) -> Rows:
    """What each variant of one seed's proposals comes to."""
    problem, x = asked.problem, propose(asked, seed, work)
    return {
        f"{name}: {what}": values
        for name, arrays in asked.variants(problem.codec.decode(x)).items()
        for what, values in asked.judged(arrays).items()
    }


def propose(asked: Asked, seed: int, work: Work) -> Float[Tensor, "r d t"]:
    """Rounds of all held-out days under their own conditions."""
    problem = asked.problem
    days = problem.data()
    learned = days.isel({DESIGN: np.flatnonzero(~days["held_out"].to_numpy())})
    cond = problem.features(asked.held)
    family = families.build(FAMILY, problem.codec.shape, cond.shape[1], seed=seed)
    family.fit(
        problem.codec.encode(to_arrays(learned, problem.variables)).float(),
        problem.features(learned),
        families.plan(FAMILY, steps=work.steps, seed=seed),
    )
    return family.propose(cond.repeat(work.members, 1), block_rng(seed, 0, "conserved energy"))


def _parts(
    table: Mapping[str, Float64[np.ndarray, "s n"]], week: Int[np.ndarray, " n"]
) -> dict[str, Interval]:
    rng = np.random.default_rng(0)

    def less(what: str) -> Interval:
        gain = skill(table[f"{PROJECTED}: {what}"], table[f"{FREE}: {what}"], rng, groups=week)
        return Interval(100 * gain.value, 100 * gain.low, 100 * gain.high)

    values = {"calibration": UNTESTED}
    for side in ENERGIES:
        values[f"{side}_gain"] = less(f"{side}_residual")
    for what in ("load_residual_worst", "infeed_residual_worst", *BROKEN, "balance"):
        values[what] = crossed_interval(table[f"{PROJECTED}: {what}"], rng, groups=week)
    return values | {what: less(what) for what in LIKENESS}


BROKEN = {"negative_load": "values of load below 0", "night_pv": "most PV at night, of rated power"}
LIKENESS = {"crps": "CRPS", "energy_score": "energy score"}
