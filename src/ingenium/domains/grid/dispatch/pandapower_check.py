"""Independent power flow of plans by pandapower: all hours, and the worst outage."""

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.grid.data.packages import package, release_of
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.states import solve_hour
from ingenium.domains.grid.dispatch.verifier import DispatchVerifier

# Per-unit results do not depend on rated voltages, and pandapower's converter would move the tap
# of a branch that starts at its lower voltage to the other side.
ONE_KV = 100.0
COMPARED = ("loading", "v_min", "v_max", "loss", "loading_after")


@dataclass(frozen=True, eq=False)
class PandapowerHours:
    """Extremes of a plan by pandapower, from its own matrices and its own limits of machines.

    Shapes: n designs.
    """

    judge: DispatchVerifier
    name: ClassVar[str] = "pandapower"
    tier: ClassVar[Literal["exact"]] = "exact"

    @property
    def version(self) -> str:
        """Version of the package."""
        return release_of("pandapower").split()[1]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Compared quantities."""
        return tuple(q for q in self.judge.quantities if q.name in COMPARED)

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure plans one by one."""
        rows = []
        for i in range(len(arrays[0])):  # few designs are checked
            plan = self.judge.plan([a[i].numpy() for a in arrays])
            found = self._plan(plan)
            rows.append([found[q.name] for q in self.quantities])
        return torch.tensor(rows, dtype=torch.float64)

    def _plan(self, plan: DispatchPlan) -> dict[str, float]:
        """Solve each hour, and the outage that our engine found worst."""
        hours = [self._state(plan, t, -1, plan.p_bus[:, t]) for t in range(plan.system.hours)]
        volts = np.stack([v for v, _, _ in hours])
        found = {
            "loading": float(max(load.max() for _, load, _ in hours)),
            "v_min": float(volts.min()),
            "v_max": float(volts.max()),
            "loss": float(sum(loss for _, _, loss in hours)),
            "loading_after": 0.0,
        }
        if plan.system.after.outages:
            own = self.judge.measure_plan(plan)
            if own:
                t, k = int(own["worst_hour"]), int(own["worst_outage"]) - 1
                change = solve_hour(plan, t, [k]).change[1]
                _, load, _ = self._state(plan, t, k, plan.p_bus[:, t] + change)
                found["loading_after"] = float(load.max())
        return found

    def _state(
        self, plan: DispatchPlan, t: int, out: int, p: Float[np.ndarray, " b"]
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Voltages (pu), loads of branches (%) and losses (MW) of one state."""
        net = plan.system.net
        grid = self._grid(plan, t, out, p)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            package("pandapower").runpp(
                grid,
                init="flat",
                tolerance_mva=1e-8,
                enforce_q_lims=out >= 0,
                numba=False,
                lightsim2grid=False,
            )
        result = grid._ppc["branch"]
        sent = [np.hypot(result[:, c].real, result[:, c + 1].real) for c in (13, 15)]
        own = np.arange(len(net.f)) != out
        rating = (net.rating if out < 0 else net.rating_after)[own]
        load = 100 * np.maximum(*sent)[: own.sum()] / rating[self._order(grid, int(own.sum()))]
        volts = grid.res_bus.vm_pu.to_numpy()
        loss = float(np.nansum(result[:, 13].real + result[:, 15].real))
        return volts, load, loss

    @staticmethod
    def _order(grid: Any, count: int) -> np.ndarray:
        """Places in the case of pandapower's branches, which sorts lines before transformers."""
        lookup = grid._from_ppc_lookups["branch"]
        lines = lookup.index[lookup.element_type == "line"].tolist()
        others = lookup.index[lookup.element_type != "line"].tolist()
        return np.array([*lines, *others])[:count]

    @staticmethod
    def _grid(plan: DispatchPlan, t: int, out: int, p: Float[np.ndarray, " b"]) -> Any:
        """Return pandapower's net of a state, from tables of PYPOWER."""
        net, n = plan.system.net, len(plan.system.net.bus)
        at = np.flatnonzero(plan.controlled[:, t])
        low, high = (q[at, t] for q in plan.q_range)
        first = at[int((high - low).argmax())]
        bus = np.zeros((n, 13))
        bus[:, 0], bus[:, 1], bus[:, 7] = np.arange(n), 1, 1.0
        bus[at, 1] = 2
        bus[first, 1] = 3
        bus[:, 2] = np.where(plan.controlled[:, t], 0.0, -p)
        bus[:, 3] = plan.q_load[:, t]
        shunt = net.shunt * net.base_mva
        if out in net.cables:
            shunt[net.cables[out]] = 0.0
        bus[:, 4], bus[:, 5], bus[:, 9], bus[:, 11:] = shunt.real, shunt.imag, ONE_KV, (2, 0.1)
        gen = np.zeros((len(at), 21))
        gen[:, 0], gen[:, 1], gen[:, 5] = at, p[at], plan.v_bus[at, t]
        gen[:, 3], gen[:, 4], gen[:, 7] = high, low, 1
        gen[:, 8], gen[:, 9] = 1e5, -1e5
        own = np.arange(len(net.f)) != out
        branch = np.zeros((own.sum(), 13))
        ratio = np.where((net.tap == 1) & (net.shift == 0), 0.0, net.tap)
        columns = (net.f, net.t, net.r, net.x, net.charging)
        branch[:, :5] = np.stack(columns, 1)[own]
        branch[:, 5:8] = 1e4
        branch[:, 8], branch[:, 9], branch[:, 10] = ratio[own], np.rad2deg(net.shift)[own], 1
        case = {"version": 2, "baseMVA": net.base_mva, "bus": bus, "gen": gen, "branch": branch}
        convert = package("pandapower.converter.pypower.from_ppc").from_ppc
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return convert(case, f_hz=60)
