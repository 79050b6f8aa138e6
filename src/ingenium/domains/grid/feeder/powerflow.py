"""Exact AC power flow of many steps in one batch, by lightsim2grid's Newton-Raphson."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Complex, Float

from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.data.packages import package, use_fastest
from ingenium.domains.grid.feeder.circuit import Circuit

TOLERANCE_PU = 1e-10  # of the power balance at each node
MAX_ITERATIONS = 15


@dataclass(frozen=True)
class PowerFlow:
    """State of a circuit at each step; NaN where the power flow has no solution."""

    voltage: Complex[np.ndarray, "b node"]  # pu
    line_percent: Float[np.ndarray, "b line"]
    trafo_percent: Float[np.ndarray, "b trafo"]
    slack_mw: Float[np.ndarray, " b"]  # taken from the feeding grid
    slack_mvar: Float[np.ndarray, " b"]
    loss_mw: Float[np.ndarray, " b"]

    @property
    def converged(self) -> Bool[np.ndarray, " b"]:
        """True for steps with a solution."""
        solved: np.ndarray = np.isfinite(self.slack_mw)
        return solved


def power_flow(
    circuit: Circuit,
    p_mw: Float[np.ndarray, "b node"],
    q_mvar: Float[np.ndarray, "b node"],
    *,
    rows: int = 8192,
    threads: int | None = None,
) -> PowerFlow:
    """Solve each row of demands (load less infeed) in batches of `rows`, to bound the memory.

    Every row starts from the state without demand, so it does not depend on the others.
    """
    engine = Engine(circuit, threads=threads)
    parts = [
        engine.solve(p_mw[i : i + rows], q_mvar[i : i + rows]) for i in range(0, len(p_mw), rows)
    ]
    columns = ("voltage", "line_percent", "trafo_percent", "slack_mw", "slack_mvar", "loss_mw")
    return PowerFlow(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


class Engine:
    """Power flow of one circuit, reused between batches of one run.

    Source: Tinney and Hart, Power flow solution by Newton's method, IEEE Trans. PAS-86, 1967;
    here by lightsim2grid (Donnon, RTE), with one symbolic factorisation for all rows.
    """

    def __init__(self, circuit: Circuit, *, threads: int | None = None) -> None:
        self.circuit = circuit
        self.threads = threads or os.cpu_count() or 1
        self.grid, self.start = engine_grid(circuit)
        self._sweep: Any = None
        self._rows = 0

    def solve(
        self, p_mw: Float[np.ndarray, "b node"], q_mvar: Float[np.ndarray, "b node"]
    ) -> PowerFlow:
        """Solve all rows together; needs about 150 bytes for each row and node."""
        p_mw, q_mvar = np.ascontiguousarray(p_mw), np.ascontiguousarray(q_mvar)
        if self._rows != len(p_mw):
            self._sweep, self._rows = self._fresh(), len(p_mw)
        self._sweep.modify_load_p(p_mw)
        self._sweep.modify_load_q(q_mvar)
        self._sweep.compute(self.start, MAX_ITERATIONS, TOLERANCE_PU)
        voltage = np.array(self._sweep.get_voltages())
        voltage[~np.array(self._sweep.converged_mask(), dtype=bool)] = np.nan
        return flow(self.circuit, voltage, p_mw, q_mvar)

    def _fresh(self) -> Any:
        core = package("lightsim2grid.lightsim2grid_cpp")
        sweep = core.InjectionSweepCPP(self.grid)
        sweep.nb_thread = self.threads
        return sweep


def flow(
    circuit: Circuit,
    voltage: Complex[np.ndarray, "b node"],
    p_mw: Float[np.ndarray, "b node"],
    q_mvar: Float[np.ndarray, "b node"],
) -> PowerFlow:
    """Compute currents, loadings and losses from voltages.

    Losses are computed from currents in the resistances and voltages at the conductances,
    independently of the power that the solver balanced.
    """
    c = circuit
    v_from, v_to = voltage[:, c.from_node], voltage[:, c.to_node]
    i_from = c.y_from * v_from + c.y_mutual * v_to
    i_to = c.y_mutual * v_from + c.y_to * v_to
    percent = np.maximum(np.abs(i_from) * c.percent_from, np.abs(i_to) * c.percent_to)
    series = np.square(np.abs(v_from - v_to))
    loss = series @ (-c.y_mutual.real)
    loss += np.square(np.abs(v_from)) @ (c.y_from + c.y_mutual).real
    loss += np.square(np.abs(v_to)) @ (c.y_to + c.y_mutual).real
    shunts = np.flatnonzero(c.y_shunt)
    loss += np.square(np.abs(voltage[:, shunts])) @ c.y_shunt[shunts].real
    v_slack = voltage[:, c.slack]
    i_slack = i_from[:, c.from_node == c.slack].sum(1) + i_to[:, c.to_node == c.slack].sum(1)
    power = v_slack * np.conj(i_slack + c.y_shunt[c.slack] * v_slack) * c.base_mva
    return PowerFlow(
        voltage=voltage,
        line_percent=percent[:, c.lines],
        trafo_percent=percent[:, c.trafos],
        slack_mw=power.real + p_mw[:, c.slack],
        slack_mvar=power.imag + q_mvar[:, c.slack],
        loss_mw=loss * c.base_mva,
    )


def engine_grid(circuit: Circuit) -> tuple[Any, Complex[np.ndarray, " node"]]:
    """Build lightsim2grid's model of the circuit, one load a node, and its no-load state.

    Each two-port enters as a line: the series branch -1/y_mutual and the remainder at both ends.

    Raises:
        NetworkError: if the no-load state has no solution.
    """
    core = package("lightsim2grid.lightsim2grid_cpp")
    c = circuit
    none, no_bus = np.zeros(0), np.zeros(0, np.int32)
    impedance = -1.0 / c.y_mutual
    grid = core.LSGrid()
    grid.set_sn_mva(c.base_mva)
    grid.init_bus(c.nodes, 1, c.base_kv, len(c.from_node), 0)
    grid.init_powerlines_full(
        *(impedance.real.copy(), impedance.imag.copy()),
        *(c.y_from + c.y_mutual, c.y_to + c.y_mutual),
        *(c.from_node.astype(np.int32), c.to_node.astype(np.int32)),
    )
    shunts = np.flatnonzero(c.y_shunt)
    at_1_pu = np.conj(c.y_shunt[shunts]) * c.base_mva
    grid.init_shunt(at_1_pu.real.copy(), at_1_pu.imag.copy(), shunts.astype(np.int32))
    grid.init_trafo(none, none, none.astype(complex), none, none, [], no_bus, no_bus, True)
    grid.init_loads(np.zeros(c.nodes), np.zeros(c.nodes), np.arange(c.nodes, dtype=np.int32))
    grid.init_sgens(none, none, none, none, none, none, no_bus)
    grid.init_storages(none, none, no_bus)
    wide = np.full(1, 1e6)
    feeder = np.full(1, c.slack, np.int32)
    grid.init_generators(np.zeros(1), np.full(1, c.slack_vm_pu), -wide, wide, feeder)
    grid.add_gen_slackbus(0, 1.0)
    use_fastest(grid)
    start = np.array(grid.ac_pf(np.full(c.nodes, c.slack_vm_pu, complex), 30, TOLERANCE_PU))
    if len(start) != c.nodes:
        raise NetworkError("a net with a solution without load", "one where the engine finds none")
    return grid, start
