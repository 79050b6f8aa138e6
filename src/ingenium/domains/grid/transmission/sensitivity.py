"""Sensitivities of flows, voltages and reactive power, linear around a state."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex, Float

from ingenium.domains.grid.transmission.net import Transmission


@dataclass(frozen=True, eq=False)
class FlowShares:
    """Shares of power at buses in flows, by the DC model; what is not balanced is load's.

    Shapes: l branches, b buses.
    Source: Wood, Wollenberg and Sheblé, Power Generation, Operation and Control, 3rd ed., ch. 7.
    """

    net: Transmission

    @cached_property
    def ptdf(self) -> Float[np.ndarray, "l b"]:
        """MW of flow, from the first end on, for each MW at a bus."""
        net, n = self.net, len(self.net.bus)
        at_from, at_to = net.incidence
        weight = 1.0 / (net.x * net.tap)
        turn = (at_from - at_to) * weight[:, None]
        matrix = (at_from - at_to).T @ turn
        shares = np.zeros((len(net.f), n))
        shares[:, 1:] = np.linalg.solve(matrix[1:, 1:].T, turn[:, 1:].T).T
        load = net.load_mw.clip(min=0.0)
        return np.asarray(shares - (shares @ (load / load.sum()))[:, None])

    @cached_property
    def lodf(self) -> Float[np.ndarray, "l l"]:
        """Share of the flow of an outage (column) that a branch takes over; NaN for islands."""
        net = self.net
        own = self.ptdf[:, net.f] - self.ptdf[:, net.t]
        own_share = np.diag(own)
        split = np.isin(np.arange(len(net.f)), list(net.split_by))
        found = own / np.where(split, np.nan, 1.0 - own_share)
        np.fill_diagonal(found, -1.0)
        return np.asarray(found)

    def after(self, branch: int, outage: int) -> Float[np.ndarray, " b"]:
        """Shares in the flow of a branch after an outage; -1 is none."""
        row = self.ptdf[branch]
        if outage < 0 or not np.isfinite(self.lodf[branch, outage]):
            return np.asarray(row)
        return np.asarray(row + self.lodf[branch, outage] * self.ptdf[outage])


@dataclass(frozen=True, eq=False)
class VoltageShares:
    """Changes of voltages and reactive power by the set-points of controlled buses.

    Shapes: b buses, c controlled buses that have voltage.
    """

    volts: Float[np.ndarray, "b c"]  # pu a pu
    mvar: Float[np.ndarray, "b c"]  # Mvar a pu


def voltage_shares(
    y: Complex[np.ndarray, "b b"],
    v: Complex[np.ndarray, " b"],
    controlled: Bool[np.ndarray, " b"],
    base_mva: float,
) -> VoltageShares:
    """Linearise a state by its Jacobian, at constant active power; one bus keeps its angle.

    Args:
        y: admittance matrix of the state.
        v: voltages; buses without any are left out.
        controlled: buses whose voltage is set.
        base_mva: of the per-unit system.

    Source: Zimmerman, AC power flows and their derivatives, MATPOWER Technical Note 2, 2010.
    """
    n = len(v)
    live = np.flatnonzero(np.abs(v) > 0)
    yl, vl = y[np.ix_(live, live)], v[live]
    current = yl @ vl
    by_angle = 1j * np.diag(vl) @ np.conj(np.diag(current) - yl * vl[None, :])
    unit = vl / np.abs(vl)
    by_size = np.diag(vl) @ np.conj(yl * unit[None, :]) + np.diag(np.conj(current) * unit)
    held = np.flatnonzero(controlled[live])
    free = np.flatnonzero(~controlled[live])
    turns = np.setdiff1d(np.arange(len(live)), held[:1])
    rows = np.concatenate([by_angle.real[turns], by_angle.imag[free]])
    size = np.concatenate([by_size.real[turns], by_size.imag[free]])
    matrix = np.concatenate([rows[:, turns], size[:, free]], 1)
    answer = np.linalg.solve(matrix, -size[:, held])
    volts, mvar = np.zeros((n, controlled.sum())), np.zeros((n, controlled.sum()))
    columns = np.flatnonzero(np.isin(np.flatnonzero(controlled), live[held]))
    volts[np.ix_(live[free], columns)] = answer[len(turns) :]
    volts[live[held], columns] = 1.0
    change = by_angle.imag[:, turns] @ answer[: len(turns)]
    change += by_size.imag[:, free] @ answer[len(turns) :] + by_size.imag[:, held]
    mvar[np.ix_(live, columns)] = change * base_mva
    return VoltageShares(volts, mvar)
