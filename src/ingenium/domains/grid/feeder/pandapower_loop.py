"""Power flow by pandapower, one case after the other on the original net."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.feeder.circuit import Circuit

PD, QD = 2, 3  # columns of pandapower's bus matrix

Factors = Mapping[str, tuple[Float[np.ndarray, "b e"], Float[np.ndarray, "b e"]]]


@dataclass(frozen=True)
class ReferenceFlow:
    """Result of an engine for one case, in the order of the circuit; NaN without a solution."""

    voltage_pu: Float[np.ndarray, " bus"]
    line_percent: Float[np.ndarray, " line"]
    trafo_percent: Float[np.ndarray, " trafo"]
    slack_mva: complex

    @property
    def solved(self) -> bool:
        """True if there is a solution."""
        return bool(np.isfinite(self.slack_mva))

    @staticmethod
    def none(circuit: Circuit) -> "ReferenceFlow":
        """Return the result of a case without a solution."""
        c = circuit
        bus, line, trafo = (
            np.full(len(index), np.nan) for index in (c.bus_index, c.line_index, c.trafo_index)
        )
        return ReferenceFlow(bus, line, trafo, complex(np.nan, np.nan))


class PandapowerLoop:
    """pandapower, one case after the other, on a copy of the original net."""

    name: ClassVar[str] = "pandapower"

    def __init__(self, net: Any, circuit: Circuit) -> None:
        self.base = net
        self.net = whole(net)
        self.circuit = circuit

    def flows(self, factors: Factors) -> list[ReferenceFlow]:
        """Solve all rows of factors, by which the power of each element is multiplied."""
        rows = range(len(next(iter(factors.values()))[0]))
        return [self.solve_quickly(factors, row) for row in rows]

    def solve(self, factors: Factors, row: int) -> ReferenceFlow:
        """Solve the case in which each element has `row` of its factors times its own power."""
        self._set(factors, row)
        pandapower = package("pandapower")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pandapower.runpp(self.net, tolerance_mva=1e-9, numba=False)
        except pandapower.LoadflowNotConverged:
            return ReferenceFlow.none(self.circuit)
        net, c = self.net, self.circuit
        return ReferenceFlow(
            net.res_bus.vm_pu.loc[c.bus_index].to_numpy(float),
            net.res_line.loading_percent.loc[c.line_index].to_numpy(float),
            net.res_trafo.loading_percent.loc[c.trafo_index].to_numpy(float),
            complex(net.res_ext_grid.p_mw.sum(), net.res_ext_grid.q_mvar.sum()),
        )

    def solve_quickly(self, factors: Factors, row: int) -> ReferenceFlow:
        """Like `solve`, with cached admittances and without pandapower's result tables.

        Powers, voltages and currents are pandapower's; ratings are those that `gate` checked.
        """
        self._set(factors, row)
        pandapower = package("pandapower")
        recycle = {"bus_pq": True, "trafo": False, "gen": False}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pandapower.runpp(
                    self.net, tolerance_mva=1e-9, recycle=recycle, only_v_results=True, numba=False
                )
            solved = bool(self.net._ppc["success"])
        except pandapower.LoadflowNotConverged:
            solved = False
        if not solved:
            self.net = whole(self.base)  # the next case must not start from this solution
            return ReferenceFlow.none(self.circuit)
        inner, c = self.net._ppc["internal"], self.circuit
        voltage = inner["V"]
        percent = np.maximum(
            np.abs(inner["Yf"] @ voltage) * c.percent_from,
            np.abs(inner["Yt"] @ voltage) * c.percent_to,
        )
        injected = voltage * np.conj(inner["Ybus"] @ voltage) * inner["baseMVA"]
        taken = inner["bus"][c.slack, PD] + 1j * inner["bus"][c.slack, QD]
        slack = complex(injected[c.slack] + taken)
        return ReferenceFlow(
            np.abs(voltage)[c.bus_node], percent[c.lines], percent[c.trafos], slack
        )

    def _set(self, factors: Factors, row: int) -> None:
        for table, (p, q) in factors.items():
            self.net[table]["p_mw"] = self.base[table].p_mw.to_numpy(float) * p[row]
            self.net[table]["q_mvar"] = self.base[table].q_mvar.to_numpy(float) * q[row]
