"""Parity of the batched engine with pandapower, element by element, on the user's own net."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.feeder.circuit import Circuit
from ingenium.domains.grid.feeder.mapping import SIGN
from ingenium.domains.grid.feeder.powerflow import PowerFlow, power_flow

TOLERANCES = {
    "voltage": (1e-6, "pu"),
    "line_loading": (1e-4, "percent"),
    "trafo_loading": (1e-4, "percent"),
    "power": (1e-6, "of the larger of 1 MVA and the power taken"),
}

PD, QD = 2, 3  # columns of pandapower's bus matrix

Factors = Mapping[str, tuple[Float[np.ndarray, "b e"], Float[np.ndarray, "b e"]]]


class ParityError(NetworkError):
    """The batched engine does not reproduce pandapower on this net."""


@dataclass(frozen=True)
class Parity:
    """Largest differences between the batched engine and pandapower over some cases."""

    cases: int
    voltage_pu: float
    line_percent: float
    trafo_percent: float
    power_relative: float  # of the power taken from the feeding grid


@dataclass(frozen=True)
class ReferenceFlow:
    """Result of pandapower for one case, in the order of the circuit; NaN without a solution."""

    voltage_pu: Float[np.ndarray, " bus"]
    line_percent: Float[np.ndarray, " line"]
    trafo_percent: Float[np.ndarray, " trafo"]
    slack_mva: complex

    @property
    def solved(self) -> bool:
        """True if pandapower found a solution."""
        return bool(np.isfinite(self.slack_mva))


class PandapowerLoop:
    """pandapower, one case after the other, on a copy of the original net."""

    def __init__(self, net: Any, circuit: Circuit) -> None:
        self.base = net
        self.net = whole(net)
        self.circuit = circuit

    def solve(self, factors: Factors, row: int) -> ReferenceFlow:
        """Solve the case in which each element has `row` of its factors times its own power."""
        self._set(factors, row)
        pandapower = package("pandapower")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pandapower.runpp(self.net, tolerance_mva=1e-9, numba=False)
        except pandapower.LoadflowNotConverged:
            return self._none()
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
            return self._none()
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

    def _none(self) -> ReferenceFlow:
        c = self.circuit
        bus, line, trafo = (
            np.full(len(index), np.nan) for index in (c.bus_index, c.line_index, c.trafo_index)
        )
        return ReferenceFlow(bus, line, trafo, complex(np.nan, np.nan))


def gate(net: Any, circuit: Circuit, rng: np.random.Generator, *, cases: int = 8) -> Parity:
    """Compare the net's own case and `cases` random ones, in which each element has its own p, q.

    The first two are solved with all of pandapower's tables, and so with its ratings; the others
    by its admittances.

    Raises:
        ParityError: with the element that differs most, and by how much.
    """
    factors = {}
    for table in SIGN:
        if len(net[table]):
            draws = rng.uniform(0.0, 1.0, (2, cases + 1, len(net[table])))
            draws[:, 0] = 1.0
            factors[table] = (draws[0], draws[1])
    found = power_flow(circuit, *demand(net, circuit, factors))
    whole, quick = (PandapowerLoop(net, circuit) for _ in range(2))
    worst = dict.fromkeys(("voltage", "line_loading", "trafo_loading", "power"), 0.0)
    for row in range(cases + 1):  # the reference solves one case at a time
        theirs = whole.solve(factors, row) if row < 2 else quick.solve_quickly(factors, row)
        if theirs.solved != found.converged[row]:
            raise ParityError(
                "a net on which pandapower and the batched engine solve the same cases",
                f"case {row}, solved only by {'pandapower' if theirs.solved else 'the engine'}",
            )
        if theirs.solved:
            gaps = differences(circuit, found, row, theirs)
            _refuse(net, circuit, gaps, row)
            worst = {name: max(worst[name], gaps[name].max(initial=0.0)) for name in worst}
    return Parity(cases + 1, *(float(gap) for gap in worst.values()))


def demand(
    net: Any, circuit: Circuit, factors: Factors
) -> tuple[Float[np.ndarray, "b node"], Float[np.ndarray, "b node"]]:
    """Return the power demand at each node (MW, Mvar) when each element has its factors."""
    rows = len(next(iter(factors.values()))[0])
    power = np.zeros((2, rows, circuit.nodes))
    for table, both in factors.items():
        node = circuit.node_of(net[table].bus.to_numpy())
        served = net[table].in_service.to_numpy(bool) & (node >= 0)
        scaling = net[table].scaling.fillna(1.0).to_numpy(float)
        scaling = scaling * (-1.0 if table == "sgen" else 1.0)
        for i, column in enumerate(("p_mw", "q_mvar")):
            value = net[table][column].fillna(0.0).to_numpy(float) * scaling * both[i]
            np.add.at(power[i].T, node[served], value[:, served].T)
    return power[0], power[1]


def differences(
    circuit: Circuit, flow: PowerFlow, row: int, theirs: ReferenceFlow
) -> dict[str, Float[np.ndarray, " e"]]:
    """Differences by bus (pu), line and transformer (percent), and of the import (relative).

    A loading without a rating counts as no difference.
    """
    ours = complex(flow.slack_mw[row], flow.slack_mvar[row])
    scale = max(1.0, abs(ours))
    pairs = {
        "voltage": (np.abs(flow.voltage[row, circuit.bus_node]), theirs.voltage_pu),
        "line_loading": (flow.line_percent[row], theirs.line_percent),
        "trafo_loading": (flow.trafo_percent[row], theirs.trafo_percent),
        "power": (np.array([ours]) / scale, np.array([theirs.slack_mva]) / scale),
    }
    return {
        name: np.where(name.endswith("loading") & ~np.isfinite(other), 0.0, np.abs(mine - other))
        for name, (mine, other) in pairs.items()
    }


def _refuse(
    net: Any, circuit: Circuit, gaps: Mapping[str, Float[np.ndarray, " e"]], row: int
) -> None:
    places = {
        "voltage": ("bus", circuit.bus_index),
        "line_loading": ("line", circuit.line_index),
        "trafo_loading": ("trafo", circuit.trafo_index),
        "power": ("ext_grid", net.ext_grid.index.to_numpy()),
    }
    for name, gap in gaps.items():
        tolerance, unit = TOLERANCES[name]
        if not gap.max(initial=0.0) <= tolerance:
            table, index = places[name]
            at = index[int(gap.argmax())]
            raise ParityError(
                f"agreement with pandapower within {tolerance:g} {unit}",
                f'{gap.max():.3g} {unit} at {table} {at} ("{net[table]["name"].get(at)}"), '
                f"in {'its own case' if row == 0 else f'random case {row}'}",
                "The engine cannot stand for this net; use another grid.",
            )
