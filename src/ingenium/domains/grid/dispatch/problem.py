"""`grid.secure_dispatch`: plans of a day, verified before and after every single outage."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.formats import Format
from ingenium.core.formats.columns import StepColumns
from ingenium.core.problem import (
    Problem,
    Projection,
    SearchDefaults,
    Second,
    Section,
    Watch,
    silent,
)
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.grid.dispatch import report
from ingenium.domains.grid.dispatch.case_files import PlanFolders
from ingenium.domains.grid.dispatch.families import families
from ingenium.domains.grid.dispatch.formats import HourStamps, PlanJson
from ingenium.domains.grid.dispatch.known import KnownPlans
from ingenium.domains.grid.dispatch.opening import LICENCE, DispatchSettings, open_system
from ingenium.domains.grid.dispatch.pandapower_check import PandapowerHours
from ingenium.domains.grid.dispatch.snapshot import OPF
from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.domains.grid.dispatch.verifier import PICKUP_MW, DispatchVerifier

UNIT, PLANT, CONTROL, LOAD, STORE, TIME = (
    "unit",
    "plant",
    "machine_bus",
    "load_bus",
    "store",
    "time",
)
MOST_CARBON, MOST_MARGIN = 200.0, 20.0
RULES = ("switching_faults", "output_excess", "ramp_excess", "plant_excess", "store_excess",
         "shed_excess", "mismatch")  # fmt: skip  # what no plan can break, whatever a spec says
NEAR_MW, NEAR_PERCENT = 1e-3, 1e-4  # rounding of optima at their limits
HELD_OUT_EVERY = 4
CASES = (("matpower", ".m"), ("psse_raw", ".raw"))
SHARE = 0.05  # of the plans that pandapower solves too


class SecureDispatch(Problem):
    """Commitment and set-points of a transmission grid, hour by hour, secure after each outage."""

    name: ClassVar[str] = "grid.secure_dispatch"
    summary: ClassVar[str] = (
        "plans of a day: units, set-points and voltages, by AC power flow after every outage"
    )
    Settings: ClassVar[type] = DispatchSettings
    judged: ClassVar[str] = (
        "Commitment, power, voltages, stores and shedding of each hour, as the file states them; "
        "loads, wind and sun are the system's own."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Outages of units, of two branches simultaneously, and of bus bars; only spinning reserve "
        "covers the outage of a unit.",
        "Stability after an outage: only steady states are computed.",
        "The time after the last hour.",
        "Variation within an hour: load, wind and sun are hourly means.",
    )
    default_family: ClassVar[str] = "commitment"
    searches: ClassVar[SearchDefaults] = SearchDefaults("evolution", batch=8)
    validity = RULES
    batch_size = 4
    licence = LICENCE

    def __init__(self, settings: DispatchSettings) -> None:
        """Open the system, and check that its data fit each other.

        Raises:
            MissingExtra: with the line that installs HiGHS.
        """
        OPF.package("highspy")  # before any work is done
        self.settings = settings
        self.grid: DispatchSystem = open_system(settings)
        self.notes = self.grid.notes
        self.system = self.grid.digest
        self.plans = KnownPlans(self.grid, settings.known_plans)
        self.variables, bounds = _variables(self.grid)
        self.sizes = {d: self._size(d) for v in self.variables for d in v.dims}
        about = "price of CO2e under which a plan is cheapest"
        margin = "share of the ratings after outages that a plan leaves free"
        self.conditions = (
            Condition("carbon_price", about, upper=MOST_CARBON, unit="USD/t"),
            Condition("rating_left", margin, upper=MOST_MARGIN, unit="%"),
        )
        self.limits = _limits(self.grid)
        names = tuple(v.name for v in self.variables)
        judge = DispatchVerifier(self.grid, lambda: self.plans.bound_usd, names)
        self.tiers, self._judge = (judge,), judge
        self.second = Second(PandapowerHours(judge), SHARE, most=1)
        clock = HourStamps(np.datetime64(self.grid.start), self.grid.hours)
        form = StepColumns(self.variables, self.labels(), clock, "plan", label_first=True)
        cases = [PlanFolders(self.grid, self._assembled, name, ending) for name, ending in CASES]
        own_json = PlanJson(self.grid, self._assembled)
        written: tuple[Format, ...] = (form, own_json, *cases)
        self.formats = {f.name: f for f in written}
        own = [(self.sizes[v.dims[0]],) for v in self.variables]
        self.codec = Channels.between(bounds, (self.grid.hours,), own=own)

    def _assembled(self, arrays: Mapping[str, np.ndarray], index: list[int]) -> xr.Dataset:
        """Designs of arrays by the names of variables."""
        own = tuple(torch.as_tensor(arrays[v.name]) for v in self.variables)
        return to_dataset(own, self.variables, self.labels(), index=np.array(index))

    def _size(self, dim: str) -> int:
        s = self.grid
        return {UNIT: len(s.units.names), PLANT: len(s.plants.names), CONTROL: len(s.controls),
                LOAD: len(s.loads), STORE: len(s.stores.names), TIME: s.hours}[dim]  # fmt: skip

    def labels(self) -> dict[str, Any]:
        """Return names of units, plants and stores, numbers of buses, and hours."""
        s = self.grid
        found = {
            UNIT: (s.units.names, "thermal units"),
            PLANT: (s.plants.names, "renewable plants"),
            CONTROL: (s.net.bus[s.controls].astype(str), "buses whose voltage is controlled"),
            LOAD: (s.net.bus[s.loads].astype(str), "buses with a load"),
            STORE: (s.stores.names, "stores"),
        }
        used = {d for v in self.variables for d in v.dims}
        named = {d: (d, np.array(x, dtype=str), {"long_name": about})
                 for d, (x, about) in found.items() if d in used}  # fmt: skip
        about = {"units": "h", "long_name": "start of the hour after the first"}
        return named | {TIME: (TIME, np.arange(float(s.hours)), about)}

    def prepare(self, watch: Watch = silent) -> None:
        """Compute the bound, and the known plans."""
        self.plans.prepare(watch)

    @cached_property
    def _known(self) -> xr.Dataset:
        found = self.plans.complete()
        arrays = tuple(torch.as_tensor(found[v.name]) for v in self.variables)
        count = len(found["carbon_price"])
        held = np.arange(count) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        coords = {c.name: (DESIGN, found[c.name]) for c in self.conditions}
        coords["held_out"] = (DESIGN, held)
        made = to_dataset(arrays, self.variables, coords | self.labels())
        return made.assign_attrs(license=self.licence)

    def data(self) -> xr.Dataset:
        """Return plans committed by HiGHS and secured, at several prices of carbon."""
        return self._known

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return a chain of commitments, plans of HiGHS as they are, independent units, random."""
        found = families(self.grid.units, self.grid.hours, self.codec.shape, len(self.conditions))
        return dict(found)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose commitments of 0 or 1; the rest is dispatched by the repair."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (arrays[0].round().clamp(0.0, 1.0), *arrays[1:])

        return onto

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Bring commitments within their rules, and dispatch them by exact programmes."""
        carbon = conditions["carbon_price"].to_numpy()
        margin = conditions["rating_left"].to_numpy() / 100.0
        rows = []
        for i in range(len(arrays[0])):  # each commitment has a programme of its own
            plan = self.plans.repaired(arrays[0][i].numpy() > 0.5, carbon[i], margin[i])
            given = {v.name: a[i].numpy() for v, a in zip(self.variables, arrays, strict=True)}
            found = given if plan is None else plan.arrays()
            rows.append([found[v.name] for v in self.variables])
        return tuple(torch.as_tensor(np.stack(x)) for x in zip(*rows, strict=True))

    def metric(self, designs: xr.Dataset) -> Callable[[int], Float[np.ndarray, " n"]]:
        """Distance of plans: share of unit-hours committed otherwise, plus of energy moved."""
        on, p = (designs[n].to_numpy() for n in ("on", "p_mw"))
        total = np.abs(p).sum((1, 2)).mean()

        def of(i: int) -> Float[np.ndarray, " n"]:
            moved = np.abs(p - p[i]).sum((1, 2)) / (2 * total)
            return np.asarray(np.abs(on - on[i]).mean((1, 2)) + moved)

        return of

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the diagram under all outages, the trade-off with its bound, and the day."""
        return report.sections(self._judge, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The first known plan satisfies its rules; all units off balance nothing."""
        one = self.data().isel({DESIGN: [0]})
        rules = dict.fromkeys(RULES[:-1], 0.0)
        return ((one, rules, NEAR_MW),)


def _variables(
    s: DispatchSystem,
) -> tuple[tuple[Variable, ...], list[tuple[float, float]]]:
    """Variables of plans, and the bounds by which models see them."""
    made = [
        (Variable("on", (UNIT, TIME), "1", "commitment: 1 runs, 0 is off", 0.0, 1.0), (0.0, 1.0)),
        (Variable("p_mw", (UNIT, TIME), "MW", "power of units"), (0.0, s.units.p_max.max())),
        (Variable("v_pu", (CONTROL, TIME), "pu", "voltage set-points", 0.5, 1.5), (0.9, 1.1)),
        (Variable("shed_mw", (LOAD, TIME), "MW", "load that is shed"), (0.0, s.load_mw.max())),
    ]
    if s.plants.names:
        own = Variable("plant_mw", (PLANT, TIME), "MW", "power of wind, sun and water")
        made.append((own, (0.0, max(1.0, float(s.plants.most.max())))))
    if s.stores.names:
        own = Variable("store_mw", (STORE, TIME), "MW", "discharge, or charge below 0")
        made.append((own, (-float(s.stores.power.max()), float(s.stores.power.max()))))
    return tuple(v for v, _ in made), [(float(a), float(b)) for _, (a, b) in made]


def _limits(s: DispatchSystem) -> tuple[Limit, ...]:
    """Limits of every plan."""
    found = [Limit("switching_faults", at_most=0.0)]
    found += [Limit(name, at_most=NEAR_MW) for name in RULES[1:]]
    found += [
        Limit("reserve_short", at_most=NEAR_MW),
        Limit("shed", at_most=NEAR_MW),
        Limit("loading", at_most=100.0 + NEAR_PERCENT),
        Limit("voltage_excess", at_most=1e-6),
        Limit("angle_excess", at_most=1e-6),
        Limit("reactive_excess", at_most=NEAR_MW),
    ]
    if s.after.outages:
        found += [
            Limit("unsolved", at_most=0.0),
            Limit("violated", at_most=0.0),
            Limit("loading_after", at_most=s.after.percent + NEAR_PERCENT),
            Limit("v_min_after", at_least=s.after.v_min),
            Limit("v_max_after", at_most=s.after.v_max),
            Limit("pickup_excess", at_most=PICKUP_MW),
        ]
    return tuple(found)
