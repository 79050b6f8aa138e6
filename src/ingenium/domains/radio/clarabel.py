"""Cross-check of least power as a second-order cone programme, by Clarabel through CVXPY."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.core.quantity import Quantity

EXTRA = Extra("dev")
CLOSE = 1e-9  # to which it solves


@dataclass(frozen=True, eq=False)
class Clarabel:
    """Interior-point solver that shares no method with the fixed point.

    Source: Wiesel, Eldar and Shamai, IEEE Trans. Signal Process. 54, 2006, eq. 11 (cones);
    Goulart and Chen, 2024, arXiv:2405.12762 (the solver).
    """

    limit: float | None = None  # of the power of each antenna
    name: ClassVar[str] = "clarabel"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("power", "1", "of all beams, by the transmitter's unit"),
    )

    @property
    def version(self) -> str:
        """Version of the solver."""
        return EXTRA.release_of("clarabel")

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 1"]:
        """Solve a programme for each set; NaN where there is no solution."""
        channel = torch.complex(arrays[0], arrays[1])
        sinr = 10 ** (arrays[4] / 10)
        found = [power(h, float(s), self.limit) for h, s in zip(channel, sinr, strict=True)]
        return torch.tensor(found, dtype=torch.float64)[:, None]


def power(channel: Complex128[Tensor, "u a"], sinr: float, limit: float | None = None) -> float:
    """Least power for one set, where no antenna exceeds the limit.

    Raises:
        MissingExtra: with the line that installs CVXPY.
    """
    cvxpy: Any = EXTRA.package("cvxpy")
    users, antennas = channel.shape
    h = channel.conj().resolve_conj().numpy()
    scale = float(np.abs(h).max())  # so that numbers are near 1
    beam = cvxpy.Variable((antennas, users), complex=True)
    rules = []
    for k in range(users):  # a cone a user
        own = (h[k] / scale) @ beam
        rest = [own[j] for j in range(users) if j != k]
        rules += [
            cvxpy.imag(own[k]) == 0,
            cvxpy.real(own[k]) >= sinr**0.5 * cvxpy.norm(cvxpy.hstack([*rest, 1.0])),
        ]
    if limit is not None:
        rules += [cvxpy.norm(row) <= scale * limit**0.5 for row in beam]
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(beam, "fro")), rules)
    try:
        problem.solve(solver="CLARABEL", tol_gap_abs=CLOSE, tol_gap_rel=CLOSE, tol_feas=CLOSE)
    except cvxpy.SolverError:
        return float("nan")
    return float("nan") if problem.value is None else float(problem.value) ** 2 / scale**2
