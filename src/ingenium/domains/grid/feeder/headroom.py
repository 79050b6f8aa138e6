"""Headroom of a feeder: the extra power at each step before a limit is reached."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.grid.feeder.powerflow import Engine
from ingenium.domains.grid.feeder.verifier import FeederVerifier

ITERATIONS = 30
FIRST, BEYOND = 1 / 64, 1.1  # of the largest power, for the slope; of the extrapolated root
NEAR_PU = 1e-6  # of the limit, on the feasible side


Ends = tuple[np.ndarray, np.ndarray]  # powers of rows, and the margins left there
Margins = Callable[[Any, np.ndarray], np.ndarray]  # of rows, at a power of each


@dataclass(frozen=True, eq=False)
class Strain:
    """Voltages of the nodes and the highest loading at each step."""

    lowest: Float64[np.ndarray, "*steps"]  # pu
    highest: Float64[np.ndarray, "*steps"]  # pu
    percent: Float64[np.ndarray, "*steps"]


@dataclass(frozen=True, eq=False)
class Headroom:
    """Extra infeed or load of all customers together, until a limit is reached.

    The extra power is shared among the nodes of loads in proportion to their rated power, without
    reactive power. Infeed may rise until the highest voltage reaches `highest_pu`, load until the
    lowest reaches `lowest_pu`, and both until a line or transformer reaches `most_percent`; where
    the limit is violated without extra power, the headroom is 0.

    Shapes: n days, t steps.
    Source: Liu, Ochoa, Riaz, Mancarella, Ting, San and Theunissen, Grid and market services from
        the edge, IEEE Power and Energy Magazine 19(4), 2021 (operating envelopes); Dowell and
        Jarratt, BIT 11, 1971 (the Illinois rule).
    """

    verifier: FeederVerifier
    lowest_pu: float
    highest_pu: float
    most_mw: float  # upper end of the search
    most_percent: float = math.inf

    def __post_init__(self) -> None:
        if not 0 < self.lowest_pu < self.highest_pu or min(self.most_mw, self.most_percent) <= 0:
            raise InputError(
                "a band of voltage, a largest power and a largest loading above 0",
                f"{self.lowest_pu} to {self.highest_pu} pu, {self.most_mw} MW and "
                f"{self.most_percent} percent",
            )

    @cached_property
    def share(self) -> Float64[np.ndarray, " node"]:
        """Share of the extra power at each node."""
        rated = self.verifier.profiles.load_p_mw.sum(0).numpy()
        return np.asarray(rated / rated.sum())

    def infeed_mw(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Float64[np.ndarray, "n t"]:
        """Return the extra infeed until a limit is reached."""
        return self._room(load_p, load_q, infeed_p, -1.0)

    def load_mw(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
    ) -> Float64[np.ndarray, "n t"]:
        """Return the extra load until a limit is reached."""
        return self._room(load_p, load_q, infeed_p, 1.0)

    def strain(
        self,
        load_p: Float[Tensor, "n u t"],
        load_q: Float[Tensor, "n u t"],
        infeed_p: Float[Tensor, "n g t"],
        extra_mw: Float64[np.ndarray, "n node t"],
    ) -> Strain:
        """Solve days with an extra load at nodes (infeed below 0); NaN without solution."""
        p, q = self.verifier.profiles.demand(load_p, load_q, infeed_p)
        more = extra_mw.transpose(0, 2, 1)
        rows = [a.reshape(-1, a.shape[2]) for a in (p.numpy() + more, q.numpy())]
        found = self._solved(rows[0], rows[1])
        shape = extra_mw.shape[::2]
        return Strain(*(a.reshape(shape) for a in (found.lowest, found.highest, found.percent)))

    def _room(
        self, load_p: Tensor, load_q: Tensor, infeed_p: Tensor, sign: float
    ) -> Float64[np.ndarray, "n t"]:
        n, _, t = load_p.shape
        days = max(1, self.verifier.rows // t)
        parts = []
        for first in range(0, n, days):  # blocks of designs bound the memory
            part = slice(first, first + days)
            p, q = self.verifier.profiles.demand(load_p[part], load_q[part], infeed_p[part])
            parts.append(self._root(p.flatten(0, 1).numpy(), q.flatten(0, 1).numpy(), sign))
        return np.concatenate(parts).reshape(n, t)

    def _root(
        self, p: Float64[np.ndarray, "b node"], q: Float64[np.ndarray, "b node"], sign: float
    ) -> Float64[np.ndarray, " b"]:
        """Largest power that leaves each row a margin; a step without a solution is beyond it."""

        def margins(rows: Any, extra_mw: Float64[np.ndarray, " c"]) -> Float64[np.ndarray, "2 c"]:
            return self._margins(p[rows], q[rows], sign * extra_mw, sign)

        def left(rows: Any, extra_mw: Float64[np.ndarray, " c"]) -> Float64[np.ndarray, " c"]:
            least: Float64[np.ndarray, " c"] = margins(rows, extra_mw).min(0)
            return least

        (low, f_low), (high, f_high) = self._ends(margins, len(p))
        room = np.where(f_high >= 0, high, 0.0)
        open_ = np.flatnonzero((f_low > 0) & ~(f_high >= 0))
        retained = np.zeros(len(p))  # which end was retained: 1 low, -1 high
        for _ in range(ITERATIONS):
            if not len(open_):
                break
            a, b, fa, fb = (x[open_] for x in (low, high, f_low, f_high))
            middle = np.where(np.isnan(fb), (a + b) / 2, (a * fb - b * fa) / (fb - fa))
            f = left(open_, middle)
            holds = f >= 0
            at, off = open_[holds], open_[~holds]
            f_high[at] = np.where(retained[at] == -1, f_high[at] / 2, f_high[at])
            f_low[off] = np.where(retained[off] == 1, f_low[off] / 2, f_low[off])
            low[at], f_low[at], retained[at] = middle[holds], f[holds], -1
            high[off], f_high[off], retained[off] = middle[~holds], f[~holds], 1
            near = np.abs(f) < NEAR_PU / 2
            room[open_] = np.where(near, middle, low[open_])
            open_ = open_[~near]
        return room

    def _ends(self, margins: Margins, rows: int) -> tuple[Ends, Ends]:
        """Powers that bracket the root of the smaller margin, and the margins there.

        The upper one is beyond the root of the margins' linear extrapolation; it is the largest
        power where no margin falls, or where none is used up there.
        """
        low, step = np.zeros(rows), self.most_mw * FIRST
        first, then = margins(slice(None), low), margins(slice(None), low + step)
        with np.errstate(divide="ignore", invalid="ignore"):
            fall = (first - then) / step
            ends = np.where(fall > 0, BEYOND * first / fall, np.inf).min(0)
        f_low = first.min(0)
        high = np.where((f_low > 0) & (ends < self.most_mw), ends, self.most_mw)
        f_high = margins(slice(None), high).min(0)
        again = np.flatnonzero((f_high >= 0) & (high < self.most_mw))
        if len(again):
            low[again], f_low[again] = high[again], f_high[again]
            high[again] = self.most_mw
            f_high[again] = margins(again, high[again]).min(0)
        return (low, f_low), (high, f_high)

    def _margins(
        self,
        p: Float64[np.ndarray, "b node"],
        q: Float64[np.ndarray, "b node"],
        extra_mw: Float64[np.ndarray, " b"],
        sign: float,
    ) -> Float64[np.ndarray, "2 b"]:
        """Margins of voltage and loading, slightly reduced, so that both limits are satisfied."""
        found = self._solved(p + extra_mw[:, None] * self.share, q)
        low, high = found.lowest - self.lowest_pu, self.highest_pu - found.highest
        loading = (self.most_percent - found.percent) / 100
        return np.stack([low if sign > 0 else high, loading]) - NEAR_PU / 2

    def _solved(self, p: Float64[np.ndarray, "b node"], q: Float64[np.ndarray, "b node"]) -> Strain:
        circuit = self.verifier.network.circuit
        flow = Engine(circuit, threads=self.verifier.threads).solve(p, q)
        voltage = np.abs(flow.voltage[:, circuit.free_nodes])
        loading = np.concatenate([flow.line_percent, flow.trafo_percent], 1)
        rated = np.where(np.isnan(loading) & flow.converged[:, None], 0.0, loading)
        percent = rated.max(1, initial=0.0)
        return Strain(voltage.min(1), voltage.max(1), percent)
