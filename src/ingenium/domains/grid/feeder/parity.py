"""Parity of the batched engine with pandapower, element by element, on the user's own net."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.data.packages import package
from ingenium.domains.grid.feeder.circuit import Circuit
from ingenium.domains.grid.feeder.grid_model import GridModel, UnsupportedError
from ingenium.domains.grid.feeder.mapping import SIGN
from ingenium.domains.grid.feeder.pandapower_loop import Factors, PandapowerLoop, ReferenceFlow
from ingenium.domains.grid.feeder.powerflow import PowerFlow, power_flow

TOLERANCES = {
    "voltage": (1e-6, "pu"),
    "line_loading": (1e-4, "percent"),
    "trafo_loading": (1e-4, "percent"),
    "power": (1e-6, "of the larger of 1 MVA and the power taken"),
}


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
    by_model: bool  # whether power-grid-model reproduces pandapower in all cases, as strictly


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
    model = _model_flows(net, circuit, factors)
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
            gaps = differences(_flow(circuit, found, row), theirs)
            _refuse(net, circuit, gaps, row)
            worst = {name: max(worst[name], gaps[name].max(initial=0.0)) for name in worst}
        if model and not _same(model[row], theirs):
            model = []
    volts, lines, trafos, power = (float(gap) for gap in worst.values())
    return Parity(cases + 1, volts, lines, trafos, power, by_model=bool(model))


def _model_flows(net: Any, circuit: Circuit, factors: Factors) -> list[ReferenceFlow]:
    """All cases by power-grid-model; none where it does not know a part of the net."""
    refused = package("power_grid_model.errors").PowerGridError
    try:
        return GridModel(net, circuit).flows(factors)
    except (UnsupportedError, refused):
        return []


def _same(one: ReferenceFlow, other: ReferenceFlow) -> bool:
    """Return whether two engines agree within the tolerances, or neither has a solution."""
    if not (one.solved and other.solved):
        return one.solved == other.solved
    gaps = differences(one, other)
    return all(gaps[k].max(initial=0.0) <= most for k, (most, _) in TOLERANCES.items())


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


def differences(one: ReferenceFlow, other: ReferenceFlow) -> dict[str, Float[np.ndarray, " e"]]:
    """Differences by bus (pu), line and transformer (percent), and of the import (relative).

    A loading without a rating counts as no difference.
    """
    scale = max(1.0, abs(one.slack_mva))
    pairs = {
        "voltage": (one.voltage_pu, other.voltage_pu),
        "line_loading": (one.line_percent, other.line_percent),
        "trafo_loading": (one.trafo_percent, other.trafo_percent),
        "power": (np.array([one.slack_mva]) / scale, np.array([other.slack_mva]) / scale),
    }
    return {
        name: np.where(name.endswith("loading") & ~np.isfinite(theirs), 0.0, np.abs(mine - theirs))
        for name, (mine, theirs) in pairs.items()
    }


def _flow(circuit: Circuit, flow: PowerFlow, row: int) -> ReferenceFlow:
    """One case of a batch."""
    return ReferenceFlow(
        np.abs(flow.voltage[row, circuit.bus_node]),
        flow.line_percent[row],
        flow.trafo_percent[row],
        complex(flow.slack_mw[row], flow.slack_mvar[row]),
    )


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
