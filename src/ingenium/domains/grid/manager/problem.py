"""`grid.home_manager`: tables of discrete actions of a home battery, against rule and optimum."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium import __version__
from ingenium.core.codecs import Channels
from ingenium.core.designs import to_dataset
from ingenium.core.problem import (
    Projection,
    SearchDefaults,
    Second,
    Section,
)
from ingenium.core.quantity import SCENARIOS, Quantity, Variable
from ingenium.core.recipe import Arrays
from ingenium.core.scenarios import scenario_rng
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.grid.manager import report
from ingenium.domains.grid.manager.engine import ACTIONS, SHAPE, optimum, rule, run, wrong_way
from ingenium.domains.grid.manager.formats import BALANCE, CHARGE, PERIOD, PRICE, TableCsv
from ingenium.domains.grid.manager.home import UNITS, HomeSettings, ManagedHome, open_home
from ingenium.domains.grid.manager.tables import improved, voted
from ingenium.domains.grid.planned import PIECES, PlannedProblem

NEAR_EUR = 1e-9
SOME = 6  # weeks that a known table is planned on
QUANTITIES = (
    Quantity("cost", "EUR", "mean cost of a week: imports, less exports, and wear",
             error="cost_error"),
    Quantity("cost_error", "EUR", "standard error of the mean cost"),
    Quantity("saved", "EUR", "mean cost of the rule that never purchases, less that of the table"),
    Quantity("above_optimum", "EUR", "mean cost above the least of each week"),
    Quantity("closed", "percent", "share of the way from the rule to the optimum"),
    Quantity("imports", "kWh", "mean energy from the grid in a week"),
    Quantity("cycles", "1", "full equivalent cycles of a week"),
    Quantity("purchases", "percent", "hours in which the battery is charged from the grid"),
    Quantity("wrong_way", "1", "states in which surplus is not stored or deficit is not served"),
    Quantity("charge_beyond", "1", "units beyond empty or full in any hour"),
    Quantity("no_action", "1", "entries that are none of the actions"),
    Quantity(SCENARIOS, "1", "weeks that judge"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TableVerifier:
    """Measures tables in all judging weeks, and visits all their states.

    Shapes: n tables; b, p, c, d layers of surplus, price, charge and period; q quantities.
    """

    home: ManagedHome
    name: ClassVar[str] = "ingenium"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, purchase: Float64[Tensor, "n b p c d"]) -> Float64[Tensor, "n q"]:
        """Measure all quantities; NaN for tables with entries that are no numbers."""
        own = purchase.numpy()
        finite = np.isfinite(own).all((1, 2, 3, 4))
        clean = np.where(np.isfinite(own), own, 0.0)
        table = clean.round().clip(0, ACTIONS - 1).astype(np.int64)
        found = run(self.home, self.home.judging, table)
        mean, count = found.cost.mean(1), found.cost.shape[1]
        best, plain = self.optimum_eur.mean(), self.rule_eur.mean()
        after = found.units + found.moves
        surplus = self.home.judging.surplus_kw[None]
        s = self.home.settings
        bought = found.moves * s.unit_kwh / s.way > np.maximum(surplus, 0.0) + 1e-9
        columns = (
            mean,
            found.cost.std(1, ddof=1) / np.sqrt(count),
            plain - mean,
            mean - best,
            100.0 * (plain - mean) / max(plain - best, 1e-12),
            found.imports.mean(1),
            np.abs(found.moves).sum(2).mean(1) / 2 / UNITS,
            100.0 * bought.mean((1, 2)),
            wrong_way(self.home, table).astype(np.float64),
            np.maximum(after - UNITS, -after).max((1, 2)).clip(0).astype(np.float64),
            (clean != table).sum((1, 2, 3, 4)).astype(np.float64),
            np.full(len(table), float(count)),
        )
        return torch.as_tensor(np.where(finite[:, None], np.stack(columns, 1), np.nan))

    @cached_property
    def optimum_eur(self) -> Float64[np.ndarray, " w"]:
        """Least cost of each judging week."""
        return optimum(self.home, self.home.judging).cost

    @cached_property
    def rule_eur(self) -> Float64[np.ndarray, " w"]:
        """Cost of the rule in each judging week."""
        return np.asarray(run(self.home, self.home.judging, rule()).cost[0])


@dataclass(frozen=True, eq=False)
class PlainManager:
    """Independent cross-check: one hour after another in plain Python numbers."""

    home: ManagedHome
    name: ClassVar[str] = "plain Python"
    version: ClassVar[str] = __version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = tuple(
        q for q in QUANTITIES if q.name in ("cost", "imports")
    )

    def measure(self, purchase: Float64[Tensor, "n b p c d"]) -> Float64[Tensor, "n q"]:
        """Measure tables one by one."""
        weeks = self.home.judging
        rows = []
        for table in purchase.tolist():
            pairs = [self._week(table, *w) for w in
                     zip(weeks.surplus_kw.tolist(), weeks.price.tolist(), strict=True)]  # fmt: skip
            rows.append([sum(x) / len(pairs) for x in zip(*pairs, strict=True)])
        return torch.tensor(rows, dtype=torch.float64)

    def _week(
        self, table: list[Any], surplus: list[float], prices: list[float]
    ) -> tuple[float, float]:
        """Cost (EUR) and imports (kWh) of a week."""
        s, above = self.home.settings, self.home.price_above.tolist()
        unit, way, units, cost, taken = s.unit_kwh, s.efficiency**0.5, UNITS // 2, 0.0, 0.0
        for hour, (x, price) in enumerate(zip(surplus, prices, strict=True)):
            layer = (x > -s.large_kw) + (x > 0) + (x > s.large_kw)
            dear = sum(price > a for a in above)
            action = table[layer][dear][units * 5 // (UNITS + 1)][hour % 24 // 6]
            room = min(UNITS - units, s.most)
            want = {2: (s.most + 1) // 2, 3: s.most}.get(round(action), 0)
            if x > 0:
                move = max(min(math.floor(x * way / unit + 1e-9), room), min(want, room))
            elif action == 0:
                move = -min(math.floor(-x / way / unit + 1e-9), units, s.most)
            else:
                move = min(want, room)
            units += move
            grid = (move * unit / way if move > 0 else move * unit * way) - x
            cost += price * grid if grid > 0 else s.feed_in_eur * grid
            cost += s.wear_eur * unit * max(-move, 0)
            taken += max(grid, 0.0)
        return cost - self.home.end_eur * (units - UNITS // 2), taken


class HomeManager(PlannedProblem):
    """Tables of discrete actions of a home battery, by layers of surplus, price and charge."""

    name: ClassVar[str] = "grid.home_manager"
    stored: ClassVar[str] = "home_tables"
    summary: ClassVar[str] = (
        "tables of discrete actions of a home battery by surplus, price and charge: cost against "
        "rule and optimum"
    )
    Settings: ClassVar[type] = HomeSettings
    judged: ClassVar[str] = (
        "The action of each combination of layers as the file states it; load, sun and tariff are "
        "those of the judging weeks."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "What happens within an hour.",
        "Ageing beyond a constant cost of each kWh.",
        "Charges for the peak of the imports.",
        "Weeks unlike those of the data.",
    )
    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "evolution", objectives=(Objective("cost", "minimise"),)
    )
    validity = ("wrong_way", "charge_beyond", "no_action")

    def __init__(self, settings: HomeSettings) -> None:
        """Read or sample the weeks."""
        self.settings, self.home = settings, open_home(settings)
        self.system, self.notes = self.home.digest, (self.home.note,)
        dims = ("balance", "price", "charge", "period")
        self.variables = (
            Variable("purchase", dims, "1", "0 nothing, 1 the grid serves, 2 and 3 it charges",
                     0.0, ACTIONS - 1.0),
        )  # fmt: skip
        self.sizes = dict(zip(dims, SHAPE, strict=True))
        self.conditions = ()
        self.limits = (
            Limit("wrong_way", at_most=0.0),
            Limit("charge_beyond", at_most=0.0),
            Limit("no_action", at_most=0.0),
            Limit("saved", at_least=-NEAR_EUR, unit="EUR"),
        )
        judge = TableVerifier(self.home)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(PlainManager(self.home), 0.01, most=1)
        form = TableCsv(self.variables[0], self.labels())
        self.formats = {form.name: form}
        self.codec = Channels.between([(0.0, ACTIONS - 1.0)], own=[SHAPE])

    def labels(self) -> dict[str, Any]:
        """Return the names of layers."""
        names = {"balance": BALANCE, "price": PRICE, "charge": CHARGE, "period": PERIOD}
        return {d: (d, np.array(x, dtype=str)) for d, x in names.items()}

    def plans(self, piece: int) -> Arrays:
        """Vote optima of some planning weeks into tables, and improve them there."""
        rows: list[Int64[np.ndarray, "b p c d"]] = []
        every = self.home.planning
        for k in range(piece, self.settings.known, PIECES):  # weeks of their own
            rng = scenario_rng(self.settings.seed + 8, k)
            size = min(SOME, len(every.price))
            weeks = every.some(rng.choice(len(every.price), size, replace=False))
            rows.append(improved(self.home, weeks, voted(self.home, weeks), rng))
        return {"purchase": np.array(rows).reshape(-1, *SHAPE).astype(np.float64)}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Round entries to actions."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (arrays[0].to(torch.float64).round().clamp(0.0, ACTIONS - 1.0),)

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the table of the least cost, its place between rule and optimum, and a week."""
        return report.sections(self.home, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The rule saves nothing against itself, and purchases nothing."""
        own = (torch.as_tensor(rule().astype(np.float64)),)
        answer = {"saved": 0.0, "closed": 0.0, "wrong_way": 0.0, "purchases": 0.0}
        return ((to_dataset(own, self.variables, self.labels()), answer, 1e-9),)
