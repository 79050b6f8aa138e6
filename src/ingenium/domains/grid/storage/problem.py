"""`grid.storage`: schedules of a battery behind a site, verified in scenarios of its day."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN
from ingenium.core.formats import Format
from ingenium.core.problem import (
    Projection,
    SearchDefaults,
    Second,
    Section,
)
from ingenium.core.quantity import Condition, Variable
from ingenium.core.recipe import Arrays
from ingenium.core.scenarios import scenario_rng
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.grid.planned import PIECES, PlannedProblem
from ingenium.domains.grid.sizing.hourly import STORAGE
from ingenium.domains.grid.storage import report
from ingenium.domains.grid.storage.battery import STEP_H
from ingenium.domains.grid.storage.cell_wear import check_installed
from ingenium.domains.grid.storage.formats import ScheduleCsv, ScheduleFiles, StorageNet
from ingenium.domains.grid.storage.machine import StoragePlant, aged
from ingenium.domains.grid.storage.opening import JUDGING, PLANNING, StorageSettings, open_site
from ingenium.domains.grid.storage.policies import families
from ingenium.domains.grid.storage.programme import PlanningRule, planned
from ingenium.domains.grid.storage.site import STEPS
from ingenium.domains.grid.storage.verifier import SecondSite, StorageVerifier
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Plant, Policy

MOST_WEAR, MOST_RESERVE = 0.12, 0.4
GROUPS = (6, 12, 16, 24)  # scenarios that a known schedule is planned on
NEAR_KWH, NEAR_KW = 1e-6, 1e-6  # rounding of sums
SHARE = 0.01


class SiteStorage(PlannedProblem):
    """Day schedules of a battery behind fast charging, with exact charge and AC power flow."""

    name: ClassVar[str] = "grid.storage"
    stored: ClassVar[str] = "storage_plans"
    summary: ClassVar[str] = (
        "battery schedules of a day at a fast-charging site: cost, wear and service in scenarios"
    )
    Settings: ClassVar[type] = StorageSettings
    judged: ClassVar[str] = (
        "The power of each quarter-hour as the file states it; demand, prices and the feeder's "
        "loads are those of the judging scenarios."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Temperature of the cells, and wear that depends on it.",
        "What follows after the day but for the charge that is left.",
        "What happens within a quarter of an hour; reactive power, asymmetry and harmonics.",
        "How likely a day is that differs from all scenarios.",
    )
    default_family: ClassVar[str] = "principal_flow_matching"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "evolution", objectives=(Objective("cost", "minimise"),)
    )
    validity = ("storage_beyond", "power_beyond")

    def __init__(self, settings: StorageSettings) -> None:
        """Open the site and sample its scenarios.

        Raises:
            MissingExtra: with the line that installs HiGHS.
        """
        STORAGE.package("highspy")  # before any work is done
        if settings.cell_days:
            check_installed()
        self.settings, self.site = settings, open_site(settings)
        self.notes, self.system = self.site.notes, self.site.digest
        self.licence = self.site.feeder.table.licence
        self.variables = (
            Variable("power_kw", ("time",), "kW", "discharge, or charge below 0, at the grid side"),
        )
        self.sizes = {"time": STEPS}
        self.conditions = (
            Condition("wear_price", "cost of discharged energy that a plan counts as wear",
                      upper=MOST_WEAR, unit="EUR/kWh"),
            Condition("reserve", "state of charge that a plan holds back for demand",
                      upper=MOST_RESERVE),
        )  # fmt: skip
        self.limits = (
            Limit("storage_beyond", at_most=NEAR_KWH),
            Limit("power_beyond", at_most=NEAR_KW),
            Limit("charge_at_end", at_least=self.site.battery.start_kwh - NEAR_KWH),
            Limit("service_missed", at_most=5.0, unit="percent"),
            Limit("min_voltage", at_least=0.9, unit="pu"),
            Limit("max_voltage", at_most=1.1, unit="pu"),
            Limit("max_trafo_loading", at_most=100.0, unit="percent"),
        )
        judge = StorageVerifier(self.site)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(SecondSite(self.site), SHARE, most=1)
        files = ScheduleFiles(self.site, self.variables[0], self.labels())
        written: tuple[Format, ...] = (ScheduleCsv(files), StorageNet(files))
        self.formats = {f.name: f for f in written}
        most = self.site.battery.power_kw
        self.codec = Channels.between([(-most, most)], (STEPS,))
        self._least = self.site.battery.least_on_the_way(STEPS)

    def labels(self) -> dict[str, Any]:
        """Return the starts of the steps."""
        about = {"units": "h", "long_name": "start of the step after midnight, in UTC+01:00"}
        return {"time": ("time", np.arange(STEPS) * STEP_H, about)}

    def plans(self, piece: int) -> Arrays:
        """Plan schedules on a few planning scenarios each, under sampled wear and reserve."""
        site, rows = self.site, []
        for k in range(piece, self.settings.known, PIECES):  # programmes of their own
            rng = scenario_rng(self.settings.seed + 2, k)
            rule = PlanningRule(rng.uniform(0, MOST_WEAR), rng.uniform(0, MOST_RESERVE))
            size = min(GROUPS[k % len(GROUPS)], self.settings.planning)
            own = site.planning.some(rng.choice(self.settings.planning, size, replace=False))
            found = planned(site, own, rule)
            if found is not None:
                rows.append((found.power_kw, rule.wear_eur_per_kwh, rule.reserve))
        power, wear, reserve = (np.array([r[i] for r in rows]) for i in range(3))
        kept = site.battery.project(torch.as_tensor(power.reshape(-1, STEPS)), self._least)
        return {"power_kw": kept.numpy(), "wear_price": wear, "reserve": reserve}

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose the limits of charge and power, with at least the start's charge at the end."""
        battery, least = self.site.battery, self._least

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (battery.project(arrays[0], least),)

        return onto

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the value line, the front, the fan of charge and the feeder."""
        found = report.sections(self._judge, designs, verdicts)
        if not (found and self.settings.cell_days):
            return found
        return (*found, report.aged(self.site, designs, verdicts, self.settings.cell_days))

    @cached_property
    def plant(self) -> Plant:
        """The site in service."""
        return StoragePlant(self.site, PLANNING, "site with a battery")

    @cached_property
    def held_out(self) -> Plant:
        """An aged battery under demand and forecast errors that nothing was tuned on."""
        return StoragePlant(aged(self.site), JUDGING, "site with an aged battery")

    @property
    def drill(self) -> Callable[[float], Drill]:
        """No faults, unless a spec names some."""
        return lambda seconds: Drill()

    @property
    def families(self) -> Mapping[str, Callable[[int], Policy]]:
        """A rolling programme, a rule by hand, and an idle battery."""
        assert isinstance(self.plant, StoragePlant)
        return families(self.plant)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """An idle battery loses what leaks, and saves nothing."""
        idle = self.data().isel({DESIGN: [0]}).copy(deep=True)
        idle["power_kw"][:] = 0.0
        battery = self.site.battery
        left = battery.start_kwh * (1 - battery.idle_per_day)
        return ((idle, {"charge_at_end": left, "power_beyond": 0.0}, 1e-9),)
