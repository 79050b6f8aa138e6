"""Verifier of schedules: charge, costs and wear in every scenario, with AC power flow of each step.

Shapes: n schedules, s scenarios, t steps, b nodes.
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.quantity import SCENARIOS, Quantity
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.feeder.circuit import Circuit
from ingenium.domains.grid.feeder.powerflow import PowerFlow, power_flow
from ingenium.domains.grid.storage.opening import SiteScenarios, StorageSite
from ingenium.domains.grid.storage.outcome import SiteOutcome, costs, follow, idle, nominated
from ingenium.domains.grid.storage.programme import foresight_eur

KW = 1000.0  # of one MW
HIGH = 0.9  # quantile of the cost
FEEDER = ("min_voltage", "max_voltage", "max_line_loading", "max_trafo_loading")
LEAST = ("min_voltage", "expected_min_voltage")
QUANTITIES = (
    Quantity("cost", "EUR", "mean cost of the day: energy, imbalance, missed demand and wear",
             error="cost_error"),
    Quantity("cost_error", "EUR", "standard error of the mean cost"),
    Quantity("cost_high", "EUR", "cost that 90 % of the scenarios do not exceed"),
    Quantity("saved", "EUR", "mean cost of the idle battery less the mean cost"),
    Quantity("above_foresight", "EUR", "mean cost above the bound for one who knows the scenario"),
    Quantity("energy_cost", "EUR", "imports less exports, and charge missing at the end"),
    Quantity("imbalance_cost", "EUR", "imbalance at its declared charge"),
    Quantity("missed_cost", "EUR", "demand that is not served, at its declared worth"),
    Quantity("wear_cost", "EUR", "lost capacity, at the cost of a new battery"),
    Quantity("imbalance", "kWh", "deviation of the site's exchange from its nomination"),
    Quantity("service_missed", "percent", "demand that is not served", error="service_error"),
    Quantity("service_error", "percent", "standard error of the missed demand"),
    Quantity("cycles", "1", "full equivalent cycles by rainflow counting"),
    Quantity("deepest_cycle", "1", "range of the deepest cycle, as a share of the capacity"),
    Quantity("capacity_lost", "percent", "capacity that the day costs, by the wear law"),
    Quantity("charge_at_end", "kWh", "energy at the end of the schedule itself"),
    Quantity("charge_short", "kWh", "mean energy missing at the end, below that of the start"),
    Quantity("storage_beyond", "kWh", "energy of the schedule beyond empty or full"),
    Quantity("power_beyond", "kW", "power of the schedule beyond what its charge allows"),
    Quantity("min_voltage", "pu", "lowest voltage of the feeder in any scenario"),
    Quantity("max_voltage", "pu", "highest voltage of the feeder in any scenario"),
    Quantity("max_line_loading", "percent", "highest loading of a line in any scenario"),
    Quantity("max_trafo_loading", "percent", "highest loading of a transformer in any scenario"),
    Quantity("expected_min_voltage", "pu", "lowest voltage under the point forecast"),
    Quantity("expected_max_voltage", "pu", "highest voltage under the point forecast"),
    Quantity(SCENARIOS, "1", "scenarios that judge"),
)  # fmt: skip
NAMES = tuple(q.name for q in QUANTITIES)


@dataclass(frozen=True, eq=False)
class StorageVerifier:
    """Measures schedules in the judging scenarios of a site."""

    site: StorageSite
    name: ClassVar[str] = "lightsim2grid"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    @property
    def version(self) -> str:
        """Version of the power flow."""
        return release_of("lightsim2grid").split()[1]

    def measure(self, power_kw: Float64[Tensor, "n t"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities; NaN for a schedule with a step without a solution."""
        found = self._measured(power_kw, self.site.judging)
        expected = self.flows(follow(self.site, self.site.forecast, power_kw), self.site.forecast)
        found["expected_min_voltage"] = expected["min_voltage"]
        found["expected_max_voltage"] = expected["max_voltage"]
        columns = torch.as_tensor(np.stack([found[name] for name in NAMES], 1))
        solved = columns.isfinite().all(1, keepdim=True)
        return torch.where(solved, columns, torch.nan)

    def _measured(
        self, power_kw: Float64[Tensor, "n t"], scenarios: SiteScenarios
    ) -> dict[str, Float[np.ndarray, " n"]]:
        site, battery = self.site, self.site.battery
        outcome = follow(site, scenarios, power_kw)
        own = costs(site, scenarios, outcome, nominated(site, power_kw))
        total, root = own.total, np.sqrt(len(scenarios.price))
        missed = 100.0 * own.missed_kwh / (scenarios.demand_kw.sum(1) / 4.0).clip(min=1e-9)
        energy, power = battery.beyond(power_kw)
        return {
            "cost": total.mean(1),
            "cost_error": total.std(1, ddof=1) / root,
            "cost_high": np.quantile(total, HIGH, axis=1),
            "saved": self.idle_eur - total.mean(1),
            "above_foresight": total.mean(1) - self.bound_eur.mean(),
            "energy_cost": own.energy.mean(1),
            "imbalance_cost": own.imbalance.mean(1),
            "missed_cost": own.missed.mean(1),
            "wear_cost": own.wear.mean(1),
            "imbalance": own.imbalance_kwh.mean(1),
            "service_missed": missed.mean(1),
            "service_error": missed.std(1, ddof=1) / root,
            "cycles": own.full_cycles.mean(1),
            "deepest_cycle": own.deepest.max(1),
            "capacity_lost": 100.0 * own.lost.mean(1),
            "charge_at_end": battery.energy_after(power_kw)[:, -1].numpy(),
            "charge_short": (battery.start_kwh - own.end_kwh).clip(min=0.0).mean(1),
            "storage_beyond": energy.numpy(),
            "power_beyond": power.numpy(),
            SCENARIOS: np.full(len(total), float(len(scenarios.price))),
            **self.flows(outcome, scenarios),
        }

    @cached_property
    def bound_eur(self) -> Float[np.ndarray, " s"]:
        """Lowest cost of each judging scenario with foresight."""
        return foresight_eur(self.site, self.site.judging)

    @cached_property
    def idle_eur(self) -> float:
        """Mean cost with the battery idle, but for peaks that it shaves."""
        none = idle(self.site)
        outcome = follow(self.site, self.site.judging, none)
        own = costs(self.site, self.site.judging, outcome, nominated(self.site, none))
        return float(own.total.mean())

    def flows(
        self, found: SiteOutcome, scenarios: SiteScenarios
    ) -> dict[str, Float[np.ndarray, " n"]]:
        """Return extremes over scenarios and steps; NaN where a step has no solution."""
        n, s, t = found.import_kw.shape
        values = {name: np.full(n, np.nan) for name in FEEDER}
        p, q = self.site.demand_mw(scenarios.day)
        for i in range(n):  # schedule by schedule, which bounds the memory
            own = p.copy()
            own[:, :, self.site.node] += found.import_kw[i].numpy() / KW
            if np.isfinite(own).all():
                flow = power_flow(self._circuit, own.reshape(s * t, -1), q.reshape(s * t, -1))
                for name, value in self._extremes(flow).items():
                    values[name][i] = value
        return values

    def _extremes(self, flow: PowerFlow) -> dict[str, float]:
        if not flow.converged.all():
            return {}
        magnitude = np.abs(flow.voltage[:, self._circuit.free_nodes])
        low, high = float(magnitude.min()), float(magnitude.max())
        loads = (flow.line_percent, flow.trafo_percent)
        most = [float(np.nan_to_num(x).max(initial=0.0)) for x in loads]
        return dict(zip(FEEDER, (low, high, *most), strict=True))

    @property
    def _circuit(self) -> Circuit:
        return self.site.feeder.verifier.network.circuit


@dataclass(frozen=True, eq=False)
class SecondSite:
    """Independent cross-check: charge step by step in plain numbers, voltages by a second engine.

    Shapes: n schedules, t steps.
    """

    site: StorageSite
    tier: ClassVar[Literal["exact"]] = "exact"
    NAMES: ClassVar[tuple[str, ...]] = (
        "charge_at_end",
        "expected_min_voltage",
        "expected_max_voltage",
    )

    @property
    def name(self) -> str:
        """Name of the engine."""
        return self.site.feeder.verifier.network.second.name

    @property
    def version(self) -> str:
        """Version of its package."""
        return release_of(self.name).split()[1]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Charge at the end, and voltages under the point forecast."""
        return tuple(q for q in QUANTITIES if q.name in self.NAMES)

    def measure(self, power_kw: Float64[Tensor, "n t"]) -> Float64[Tensor, "n k"]:
        """Measure schedules; NaN for one with an unsolved step."""
        rows = []
        for plan in power_kw:  # for a few schedules: each step is solved on its own
            low, high = self._voltages(plan)
            rows.append([self._charge(plan.tolist()), low, high])
        return torch.tensor(rows, dtype=torch.float64)

    def _charge(self, plan: list[float]) -> float:
        b = self.site.battery
        now, leak = b.start * b.energy_kwh, (1.0 - b.idle_per_day) ** (0.25 / 24.0)
        for p in plan:
            loss = b.loss_at_full * p * p / b.power_kw
            cells = p / b.efficiency**0.5 if p > 0 else p * b.efficiency**0.5
            now = now * leak - 0.25 * (cells + loss)
        return now

    def _voltages(self, plan: Float64[Tensor, " t"]) -> tuple[float, float]:
        feeder, scenarios = self.site.feeder.verifier, self.site.forecast
        circuit, net = feeder.network.circuit, deepcopy(feeder.network.net)
        bus = int(circuit.bus_index[circuit.bus_node == self.site.node][0])
        site = {"name": "site", "bus": bus, "p_mw": 1.0, "q_mvar": 0.0, "scaling": 1.0}
        new = net.load.iloc[[0]].assign(**site, in_service=True)
        net["load"] = pd.concat([net.load, new.set_axis([net.load.index.max() + 1])])
        table, day = self.site.feeder.table, scenarios.day[0]
        own = (table.load_p[day].T, table.load_q[day].T, table.infeed_p[day].T)
        factors = feeder.profiles.factors(*own)
        taken = follow(self.site, scenarios, plan[None]).import_kw[0, 0].numpy() / KW
        p, q = factors["load"]
        factors["load"] = (np.column_stack([p, taken]), np.column_stack([q, 0.0 * taken]))
        free = np.isin(circuit.bus_node, circuit.free_nodes)
        found = feeder.network.second(net, circuit).flows(factors)
        if not all(step.solved for step in found):
            return np.nan, np.nan
        volts = np.stack([step.voltage_pu[free] for step in found])
        return float(volts.min()), float(volts.max())
