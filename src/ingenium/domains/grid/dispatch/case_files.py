"""Plans as folders of case files, one an hour: MATPOWER, PSS/E RAW 33, and pandapower JSON.

The case of each hour has a machine for each unit, plant and store, in that order; its loads are
those that are not shed. Reading refuses a case whose network or loads are not the system's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.domains.grid.dispatch.plan import DispatchPlan
from ingenium.domains.grid.dispatch.system import DispatchSystem
from ingenium.domains.grid.transmission import matpower as m
from ingenium.domains.grid.transmission import psse
from ingenium.domains.grid.transmission.matpower import CaseTables

NEAR = 1e-9  # MW and pu, by which a case file may differ from the system


@dataclass(frozen=True, eq=False)
class PlanFolders:
    """Folders of case files, a file an hour."""

    system: DispatchSystem
    assemble: Any  # arrays of many plans by name -> designs
    name: str
    ending: str
    separate: ClassVar[Literal[True]] = True

    @property
    def endings(self) -> tuple[str, ...]:
        """Ending of a file of one hour."""
        return (self.ending,)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `plan_00000/hour_00.m` and so on."""
        found = {}
        for i, number in enumerate(designs[DESIGN].to_numpy().tolist()):  # a folder a plan
            given = {str(n): designs[n].to_numpy()[i].astype(np.float64) for n in designs.data_vars}
            plan = DispatchPlan.of(self.system, given)
            found[number] = folder / f"plan_{number:05d}"
            found[number].mkdir(parents=True, exist_ok=True)
            for t in range(self.system.hours):
                text = self._text(case_of_hour(plan, t))
                path = found[number] / f"hour_{t:02d}{self.ending}"
                path.write_text(text, encoding="utf-8")
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a plan, or all plans of a folder.

        Raises:
            InputError: for hours that are missing, or cases of another system.
        """
        folders = [path] if (path / f"hour_00{self.ending}").exists() else sorted(
            path.glob("plan_*"))  # fmt: skip
        if not folders:
            raise InputError(
                f"plans in folders, plan_00000/hour_00{self.ending}", f"none in {path}"
            )
        rows = []
        for folder in folders:
            files = [folder / f"hour_{t:02d}{self.ending}" for t in range(self.system.hours)]
            if {p.name for p in folder.iterdir()} != {f.name for f in files}:
                raise InputError(
                    f"{files[0].name} to {files[-1].name}, and nothing else", f"others in {folder}"
                )
            hours = [hour_of_case(self.system, self._case(f), t) for t, f in enumerate(files)]
            rows.append({k: np.stack([h[k] for h in hours], -1) for k in hours[0]})
        numbers = [_number(f) for f in folders]
        index = numbers if len(set(numbers)) == len(numbers) else list(range(len(numbers)))
        return self.assemble({k: np.stack([r[k] for r in rows]) for k in rows[0]}, index)  # type: ignore[no-any-return]

    def _text(self, tables: CaseTables) -> str:
        if self.ending == ".raw":
            return psse.write_raw(tables)
        names = tuple((n,) for n in machines(self.system))
        return m.write_case(tables, ("hour of a plan",), names)

    def _case(self, file: Path) -> CaseTables:
        return psse.read_raw(file) if self.ending == ".raw" else m.read_case(file)


def machines(s: DispatchSystem) -> tuple[str, ...]:
    """Names of the machines of a case file, in order."""
    condensers = tuple(f"condenser_{s.net.bus[b]}" for b in np.flatnonzero(s.always))
    return (*s.units.names, *s.plants.names, *s.stores.names, *condensers)


def case_of_hour(plan: DispatchPlan, t: int) -> CaseTables:
    """Return the case of an hour."""
    s, net = plan.system, plan.system.net
    fixed = np.flatnonzero(s.always)
    at = np.concatenate([s.units.bus, s.plants.bus, s.stores.bus, fixed])
    gen = np.zeros((len(at), 10))
    p = [plan.p[:, t], plan.plant[:, t], plan.store[:, t], np.zeros(len(fixed))]
    on = [plan.on[:, t], *(np.ones(len(x)) for x in p[1:])]
    zero = np.zeros(len(s.stores.names))
    high = [s.units.q_max, s.plants.q_max[:, t], zero, s.q_always[1][fixed]]
    low = [s.units.q_min, s.plants.q_min[:, t], zero, s.q_always[0][fixed]]
    top = [s.units.p_max, s.plants.most[:, t], s.stores.power, np.zeros(len(fixed))]
    bottom = [s.units.p_min, s.plants.least[:, t], -s.stores.power, np.zeros(len(fixed))]
    volts = np.ones(len(net.bus))
    volts[s.controls] = plan.v[:, t]
    columns = {m.GEN_BUS: net.bus[at], m.PG: _joined(p), m.QMAX: _joined(high), m.VG: volts[at],
               m.QMIN: _joined(low), m.STATUS: _joined(on), m.PMAX: _joined(top),
               m.PMIN: _joined(bottom)}  # fmt: skip
    for column, values in columns.items():
        gen[:, column] = values
    gen[:, m.MBASE] = net.base_mva
    controlled = plan.controlled[:, t]
    load = s.load_mw[:, t].copy()
    load[s.loads] -= plan.shed[:, t]
    bus = _buses(plan, t, load, controlled)
    return CaseTables("hour", net.base_mva, bus, gen, _branches(s), np.zeros((0, 5)))


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(x, dtype=np.float64) for x in parts])


def _buses(
    plan: DispatchPlan, t: int, load: Float[np.ndarray, " b"], controlled: np.ndarray
) -> Float[np.ndarray, "b 13"]:
    net = plan.system.net
    bus = np.zeros((len(net.bus), 13))
    kind = np.where(controlled, 2, 1)
    kind[int(np.flatnonzero(controlled)[0])] = m.REFERENCE
    shunt = net.shunt * net.base_mva
    columns: dict[int, Any] = {m.BUS: net.bus, m.KIND: kind, m.PD: load, m.QD: plan.q_load[:, t],
               m.GS: shunt.real, m.BS: shunt.imag, m.AREA: 1, m.VM: plan.v_bus[:, t],
               m.KV: net.base_kv, m.ZONE: 1, m.VMAX: net.v_max, m.VMIN: net.v_min}  # fmt: skip
    for column, values in columns.items():
        bus[:, column] = values
    return bus


def _branches(s: DispatchSystem) -> Float[np.ndarray, "l 13"]:
    net = s.net
    rated, after = (np.where(np.isfinite(r), r, 0.0) for r in (net.rating, net.rating_after))
    ratio = np.where((net.tap == 1) & (net.shift == 0), 0.0, net.tap)
    columns = (net.bus[net.f], net.bus[net.t], net.r, net.x, net.charging, rated, after, after,
               ratio, np.rad2deg(net.shift), np.ones(len(net.f)), np.rad2deg(net.angle_min),
               np.rad2deg(net.angle_max))  # fmt: skip
    return np.stack([np.asarray(c, dtype=np.float64) for c in columns], 1)


def hour_of_case(s: DispatchSystem, case: CaseTables, t: int) -> Mapping[str, np.ndarray]:
    """Return the set-points of an hour from its case, after a check against the system.

    Raises:
        InputError: for another network, other loads or machines, or different voltages at a bus.
    """
    due = _branches(s)
    own = case.branch
    same = own.shape[0] == due.shape[0] and np.allclose(own[:, :11], due[:, :11], 0, NEAR)
    if not same or not np.array_equal(case.bus[:, m.BUS], s.net.bus):
        raise InputError(f"the network of {s.net.name}", f"another in hour {t}")
    count = len(machines(s))
    if len(case.gen) != count:
        raise InputError(f"{count} machines, as propose writes them", f"{len(case.gen)}, hour {t}")
    shed = s.load_mw[:, t] - case.bus[:, m.PD]
    off = np.setdiff1d(np.arange(len(shed)), s.loads)
    if np.abs(shed[off]).max(initial=0.0) > NEAR:
        raise InputError("loads of the system", f"another load in hour {t}", "Load only sheds.")
    share = np.divide(shed, s.load_mw[:, t], out=np.zeros_like(shed), where=s.load_mw[:, t] > 0)
    if np.abs(case.bus[:, m.QD] - s.load_mvar[:, t] * (1 - share)).max() > 1e-6:
        raise InputError("reactive loads of the system", f"others in hour {t}")
    units, plants, stores = len(s.units.names), len(s.plants.names), len(s.stores.names)
    p, ends = case.gen[:, m.PG], np.cumsum([units, plants, stores])
    volts = np.ones(len(s.net.bus))
    at = np.array([s.net.at.get(int(b), -1) for b in case.gen[:, m.GEN_BUS]])
    for b in np.unique(at):
        found = np.unique(case.gen[at == b, m.VG])
        if len(found) > 1:
            raise InputError("one voltage for all machines of a bus", f"{found.tolist()}")
        volts[b] = found[0]
    return {
        "on": case.gen[:units, m.STATUS],
        "p_mw": p[: ends[0]],
        "plant_mw": p[ends[0] : ends[1]],
        "store_mw": p[ends[1] : ends[2]],
        "v_pu": volts[s.controls],
        "shed_mw": np.where(np.abs(shed) < NEAR, 0.0, shed)[s.loads],
    }


def _number(folder: Path) -> int:
    found = re.fullmatch(r"plan_(\d{1,9})", folder.name)
    return int(found[1]) if found else 0
