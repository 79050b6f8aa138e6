"""Operating envelopes measured by power flow on the actual days, at full use."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64, Int
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.grid.consumers.load_series import LoadSeries
from ingenium.domains.grid.data.packages import release_of
from ingenium.domains.grid.data.profiles import DayTable
from ingenium.domains.grid.feeder.headroom import NEAR_PU, Headroom, Strain
from ingenium.domains.grid.feeder.measurements import KW
from ingenium.domains.grid.feeder.verifier import FeederVerifier

STEP_H = 0.25
SIDES = ("export", "import")
SIGN = {"export": -1.0, "import": 1.0}  # of the extra load
NEAR_PERCENT = 100 * NEAR_PU
STRAINED = (
    Quantity("max_voltage", "pu", "highest voltage with all of the export in use"),
    Quantity("min_voltage", "pu", "lowest voltage with all of the import in use"),
    Quantity("max_loading", "percent", "highest loading of a line or transformer with either"),
)
QUANTITIES = (
    Quantity("verified_day", "d", "day that it was solved on, after the first of the data"),
    Quantity("learned", "1", "1 for a day that was learned from, else 0"),
    Quantity("export_broken", "1", "share of steps beyond a limit if all of the export is used"),
    Quantity("import_broken", "1", "share of steps beyond a limit if all of the import is used"),
    Quantity("export_energy", "kWh", "energy that may be exported in addition"),
    Quantity("import_energy", "kWh", "energy that may be imported in addition"),
    Quantity("export_share", "1", "energy that may be exported, over what the day had room for"),
    Quantity("import_share", "1", "energy that may be imported, over what the day had room for"),
    *STRAINED,
)


@dataclass(frozen=True, eq=False)
class EnvelopeVerifier:
    """Solves each step of the real day twice: with full export, and with full import.

    A step is violated where a voltage or a loading exceeds its limit. A day with an unsolved step
    is NaN.

    Shapes: n designs, v nodes of loads, t steps.
    """

    headroom: Headroom
    rooms: LoadSeries  # headroom of days, export and import (kW)
    table: DayTable  # the days of the feeder, in the order of the headrooms
    nodes: Int[np.ndarray, " v"]  # of the circuit
    name: ClassVar[str] = FeederVerifier.name
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    @property
    def version(self) -> str:
        """Version of the power flow."""
        return self.headroom.verifier.version

    def measure(
        self,
        export_kw: Float64[Tensor, "n v t"],
        import_kw: Float64[Tensor, "n v t"],
        envelope_day: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities; NaN for days that are not the feeder's."""
        place = self.rooms.place(envelope_day.numpy())
        found = np.full((len(place), len(QUANTITIES)), np.nan)
        known = np.flatnonzero(place >= 0)
        if len(known):
            both = (export_kw[known].numpy(), import_kw[known].numpy())
            found[known] = self._measure(dict(zip(SIDES, both, strict=True)), place[known])
        return torch.as_tensor(found)

    def strained(
        self, side: str, kw: Float64[np.ndarray, "n v t"], place: Int[np.ndarray, " n"]
    ) -> Strain:
        """Return voltages and loading of days with full use of one side."""
        extra = np.zeros((len(kw), len(self.headroom.share), kw.shape[2]))
        extra[:, self.nodes] = SIGN[side] * kw / KW
        load_p, load_q, infeed_p = self.days(place)
        return self.headroom.strain(load_p, load_q, infeed_p, extra)

    def days(self, place: Int[np.ndarray, " n"]) -> tuple[Tensor, Tensor, Tensor]:
        """Return load, reactive load and infeed of some days, by profile."""
        day, own = self.rooms.ahead[place], self.table
        load_p, load_q, infeed_p = own.load_p[day], own.load_q[day], own.infeed_p[day]
        return torch.as_tensor(load_p), torch.as_tensor(load_q), torch.as_tensor(infeed_p)

    def broken(self, found: Strain) -> Float64[np.ndarray, "n t"]:
        """Return 1 for steps beyond a limit, else 0; NaN without a solution."""
        h = self.headroom
        beyond = found.highest > h.highest_pu + NEAR_PU
        beyond |= found.lowest < h.lowest_pu - NEAR_PU
        beyond |= found.percent > h.most_percent + NEAR_PERCENT
        return np.where(np.isfinite(found.lowest), beyond, np.nan)

    def _measure(
        self, kw: Mapping[str, Float64[np.ndarray, "n v t"]], place: Int[np.ndarray, " n"]
    ) -> Float64[np.ndarray, "n k"]:
        strain = {side: self.strained(side, kw[side], place) for side in SIDES}
        energy = [kw[side].sum((1, 2)) * STEP_H for side in SIDES]
        day = self.rooms.ahead[place]
        room = self.rooms.load[:, day].sum(2) * STEP_H
        columns = [self.rooms.number[day], self.rooms.train[day]]
        columns += [self.broken(strain[side]).mean(1) for side in SIDES]
        columns += [*energy, *(e / r.clip(min=1e-9) for e, r in zip(energy, room, strict=True))]
        columns += [strain["export"].highest.max(1), strain["import"].lowest.min(1)]
        columns += [np.maximum(*(s.percent.max(1) for s in strain.values()))]
        return np.stack([np.asarray(c, dtype=np.float64) for c in columns], 1)


@dataclass(frozen=True, eq=False)
class SecondEnvelopes:
    """Extremes of the same steps by the second engine of the network, element by element."""

    judge: EnvelopeVerifier
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = STRAINED

    @property
    def name(self) -> str:
        """Name of the engine."""
        return self.judge.headroom.verifier.network.second.name

    @property
    def version(self) -> str:
        """Version of its package."""
        return release_of(self.name).split()[1]

    @cached_property
    def rated_mw(self) -> Float64[np.ndarray, " node"]:
        """Rated load of each node."""
        return np.asarray(self.judge.headroom.verifier.profiles.load_p_mw.sum(0).numpy())

    def measure(
        self,
        export_kw: Float64[Tensor, "n v t"],
        import_kw: Float64[Tensor, "n v t"],
        envelope_day: Float64[Tensor, " n"],
    ) -> Float64[Tensor, "n 3"]:
        """Measure highest voltage with export, lowest with import, highest loading with either."""
        place = self.judge.rooms.place(envelope_day.numpy())
        rows = []
        for i in range(len(place)):  # few designs are checked
            steps = [d[0].T.numpy() for d in self.judge.days(place[i : i + 1])]
            low, high, percent = [], [], []
            for side, kw in zip(SIDES, (export_kw[i], import_kw[i]), strict=True):
                found = self._day(steps, SIGN[side] * kw.numpy() / KW)
                low.append(found[0])
                high.append(found[1])
                percent.append(found[2])
            rows.append([high[0], low[1], max(percent)])
        return torch.tensor(rows, dtype=torch.float64)

    def _day(
        self, steps: list[np.ndarray], extra_mw: Float64[np.ndarray, "v t"]
    ) -> tuple[float, float, float]:
        """Lowest and highest voltage, and loading of a day; the extra is at its load elements."""
        feeder = self.judge.headroom.verifier
        factors = feeder.profiles.factors(*steps)
        net, circuit = feeder.network.net, feeder.network.circuit
        more = np.zeros((len(self.rated_mw), extra_mw.shape[1]))
        more[self.judge.nodes] = extra_mw / self.rated_mw[self.judge.nodes, None]
        p, q = factors["load"]
        node = circuit.node_of(net["load"].bus.to_numpy())
        served = (feeder.profiles.rows["load"] >= 0) & (node >= 0)
        factors["load"] = (p + np.where(served[:, None], more[node], 0.0).T, q)
        found = feeder.network.second(net, circuit).flows(factors)
        if not all(step.solved for step in found):
            return np.nan, np.nan, np.nan
        free = np.isin(circuit.bus_node, circuit.free_nodes)
        voltage = np.stack([step.voltage_pu[free] for step in found])
        loading = [np.concatenate([s.line_percent, s.trafo_percent]) for s in found]
        percent = np.nan_to_num(loading).max(initial=0.0)  # NaN: no rating
        return float(voltage.min()), float(voltage.max()), float(percent)
