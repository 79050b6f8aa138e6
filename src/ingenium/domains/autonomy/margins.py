"""Margins of sampled loops: gain, phase and distance from -1, in batches of laws.

Shapes: n laws, q outputs, f frequencies, s numbers of a state.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex128, Float64, Int64

from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.linear import LinearMachine

POINTS, HALVINGS = 600, 40
LOWEST = 1e-4  # of the highest frequency that a period can carry
MOST_DB = 60.0  # at which margins are capped


@dataclass(frozen=True, eq=False)
class SampledLoop:
    """Loop of one machine under many laws with one action, cut open at the action."""

    machine: LinearMachine
    law: FeedbackLaw

    def at(
        self, rows: Int64[np.ndarray, " n"], omega: Float64[np.ndarray, "n f"]
    ) -> Complex128[np.ndarray, "n f"]:
        """Response of the loop, for some laws at their frequencies in rad/s."""
        h = self.law.wiring.period_s
        z = np.exp(1j * omega * h)
        own = self.law.some(rows).answer(z)
        found: np.ndarray = np.einsum("nqf,nfq->nf", own, self._plant(z))
        return found

    def _plant(self, z: Complex128[np.ndarray, "n f"]) -> Complex128[np.ndarray, "n f q"]:
        """Response from the action to each output, by the modes of the sampled machine."""
        sampled = self.machine.sampled(self.law.wiring.period_s)
        eye = np.eye(len(sampled.drive))
        solved = np.linalg.solve(
            z[..., None, None] * eye - sampled.dynamics, sampled.drive[:, None].astype(complex)
        )
        found: np.ndarray = (self.machine.outputs @ solved)[..., 0]
        return found

    def margins(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Gain in dB (up or down, the nearer), phase in degrees, and the peak of sensitivity.

        `MOST_DB` and 180 degrees where nothing crosses. They are meaningful only for loops that are
        stable when closed.
        """
        n = len(self.law.filter_s)
        top = np.pi / self.law.wiring.period_s
        grid = np.geomspace(LOWEST * top, 0.9999 * top, POINTS)
        every = np.arange(n)
        omega = np.broadcast_to(grid, (n, POINTS))
        loop = np.einsum(
            "nqf,fq->nf", self.law.answer(np.exp(1j * omega / top * np.pi)), self._grid(grid)
        )
        gain, phase = np.full(n, MOST_DB), np.full(n, 180.0)
        rows, at = self._crossings(loop.imag, grid, lambda x: x.imag)
        real = self.at(rows, at[:, None])[:, 0].real
        db = np.abs(20 * np.log10(np.maximum(-real, 1e-12)))
        np.minimum.at(gain, rows[real < 0], db[real < 0])
        rows, at = self._crossings(np.abs(loop) - 1, grid, lambda x: np.abs(x) - 1)
        angle = np.degrees(np.angle(self.at(rows, at[:, None])[:, 0]))
        np.minimum.at(phase, rows, 180 - np.abs(angle))
        return gain, phase, (1 / np.abs(1 + loop)).max(1) + 0.0 * every

    def _grid(self, grid: Float64[np.ndarray, " f"]) -> Complex128[np.ndarray, "f q"]:
        h = self.law.wiring.period_s
        found: np.ndarray = self._plant(np.exp(1j * grid * h)[None])[0]
        return found

    def _crossings(
        self,
        values: Float64[np.ndarray, "n f"],
        grid: Float64[np.ndarray, " f"],
        of: Callable[[np.ndarray], np.ndarray],
    ) -> tuple[Int64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
        """Rows and frequencies of sign changes, to rounding."""
        rows, left = np.nonzero(np.sign(values[:, :-1]) * np.sign(values[:, 1:]) < 0)
        low, high = grid[left].copy(), grid[left + 1].copy()
        before = np.sign(values[rows, left])
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            same = np.sign(of(self.at(rows, middle[:, None])[:, 0])) == before
            low, high = np.where(same, middle, low), np.where(same, high, middle)
        return rows, (low + high) / 2
