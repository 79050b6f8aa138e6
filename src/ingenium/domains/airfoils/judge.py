"""XFOIL as a verifier of sections, and the choice of the verifying engine."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.counting import each
from ingenium.core.problem import Second
from ingenium.core.quantity import Quantity
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.cst import arrays_of, outline
from ingenium.domains.airfoils.polar import OperatingPoints
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.domains.airfoils.verifier import (
    AtPoints,
    Cases,
    NeuralFoilVerifier,
    of_shape,
    quantities,
    rigid,
)

PRINTED = 1.5e-4  # lift; XFOIL's file has four decimals
WIDEST = 1.6  # degrees between two converged angles on both sides of the required lift
PAST_STALL = 2.0  # degrees beyond the maximum lift that NeuralFoil predicts
COARSE, FINE = 2.0, 1.0  # degrees of the sweep, far from the maximum lift and near it
SHARE = 0.1  # of the designs that XFOIL measures too where NeuralFoil verifies


@dataclass(frozen=True)
class XfoilVerifier:
    """Verifier of sections by XFOIL at the required lift; NeuralFoil supplies starting angles."""

    settings: SectionSettings
    cases: Cases = rigid
    name: str = "xfoil"
    tier: Literal["exact"] = "exact"

    @property
    def version(self) -> str:
        """Version of XFOIL."""
        return xfoil.find().version

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of NeuralFoil, measured by XFOIL."""
        return quantities(self.settings.points)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """All quantities; NaN where surfaces cross or XFOIL does not converge."""
        shape = of_shape(*arrays[:4])
        whole = torch.full((len(shape), len(self.quantities)), torch.nan, dtype=torch.float64)
        sound = ~shape.isnan().any(1)
        if sound.any():
            found = self._at_points(tuple(a[sound] for a in arrays))
            whole[sound] = torch.cat([shape[sound], found.columns(self.settings)], 1)
        return whole

    def _at_points(self, arrays: tuple[Tensor, ...]) -> AtPoints:
        points, n = self.settings.points, len(arrays[0])
        with torch.no_grad():
            start = NeuralFoilVerifier(self.settings, self.cases).working(*arrays)
        outlines = outline(arrays_of(self.cases(arrays, len(points))))
        cases = [
            self._case(outlines[k], points[k % len(points)], start, k) for k in range(len(outlines))
        ]
        program = xfoil.find()
        # One process for each case; the threads only wait for them.
        with ThreadPoolExecutor(self.settings.processes) as pool:
            solved = pool.map(lambda case: xfoil.solved(case, program), cases)
            polars = [one for _ in each(range(n)) for one in islice(solved, len(points))]
        requested = [p.lift for _ in range(n) for p in points]
        rows = [at_lift(polar, lift) for polar, lift in zip(polars, requested, strict=True)]
        table = torch.tensor(rows, dtype=torch.float64).view(n, len(points), 5)
        return AtPoints(*table.unbind(2))

    def _case(
        self, points: Float[np.ndarray, "p 2"], point: Point, start: OperatingPoints, k: int
    ) -> xfoil.LiftCase:
        near, top = float(start.angle_deg[k]), float(start.most_at_deg[k])
        s = self.settings
        angles = sweep_angles(near, top)
        return xfoil.LiftCase(points, point.reynolds, s.amplification, near, point.lift, angles)


def sweep_angles(near: float, top: float) -> tuple[float, ...]:
    """Return angles in degrees around the required lift, then on to beyond the maximum lift."""
    last = max(top, near) + PAST_STALL
    angles = [near - 0.5]
    at = near + 0.5
    while at <= last:
        angles.append(at)
        at += COARSE if at + COARSE <= top - 2 else FINE
    return tuple(angles)


def at_lift(polar: Float[np.ndarray, "r 4"], lift: float) -> tuple[float, ...]:
    """Return angle, lift, drag and moment at the required lift, and the maximum lift found.

    Where XFOIL did not converge at the lift itself, values are interpolated between two adjacent
    converged angles. Where all converged lifts are below the required one, the highest counts if a
    larger angle had less lift; otherwise the maximum is unknown and the result is NaN.
    """
    none = (np.nan,) * 5
    if len(polar) == 0:
        return none
    most = float(polar[:, 1].max())
    exact = np.flatnonzero(np.abs(polar[:, 1] - lift) < PRINTED)
    if len(exact):
        angle, _, drag, moment = polar[exact[0]]
        return angle, lift, drag, moment, most
    if most < lift:
        top = polar[polar[:, 1].argmax()]
        return (*top, most) if polar[:, 0].max() > top[0] else none
    rows = polar[polar[:, 0].argsort(kind="stable")]
    up = np.flatnonzero((rows[:-1, 1] < lift) & (rows[1:, 1] >= lift))
    near = [i for i in up if rows[i + 1, 0] - rows[i, 0] <= WIDEST]
    if not near:
        return none
    low, high = rows[near[0]], rows[near[0] + 1]
    share = (lift - low[1]) / (high[1] - low[1])
    angle, _, drag, moment = low + share * (high - low)
    return angle, lift, drag, moment, most


def engines(
    settings: SectionSettings, cases: Cases = rigid
) -> tuple[tuple[NeuralFoilVerifier | XfoilVerifier, ...], tuple[str, ...]]:
    """Return the engines, the verifying one last, and notes for readers of the results.

    Raises:
        EngineError: if XFOIL is requested as the verifier and cannot be used here.
    """
    cheap = NeuralFoilVerifier(settings, cases)
    missing = xfoil.absent() if settings.judge == "best" else None
    if settings.judge == "xfoil" or (settings.judge == "best" and missing is None):
        xfoil.find()
        return (cheap, XfoilVerifier(settings, cases)), ()
    why = f" {missing}." if missing else ""
    return (cheap,), (f"Verdicts are NeuralFoil's; XFOIL has judged none of them.{why}",)


def second(judge: NeuralFoilVerifier | XfoilVerifier) -> Second | None:
    """Return the cross-check: NeuralFoil on all designs, or XFOIL, if available, on some."""
    if isinstance(judge, XfoilVerifier):
        return Second(NeuralFoilVerifier(judge.settings, judge.cases), 1.0)
    if xfoil.absent() is None:
        return Second(XfoilVerifier(judge.settings, judge.cases), SHARE)
    return None
