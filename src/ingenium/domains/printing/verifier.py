"""Exact tier of a track: voxel enthalpy as set and in the worst corner, and the three criteria.

Shapes: n tracks, k quantities.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import scipy
import torch
from jaxtyping import Float64
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.printing.criteria import overlap, slenderness
from ingenium.domains.printing.enthalpy import EnthalpyLaw, Voxels, solve
from ingenium.domains.printing.window import Process

ACROSS = 8  # voxels on half of a pool's width
QUANTITIES = (
    Quantity("width", "m", "width of the melt pool", shown="um", lower=0.0),
    Quantity("depth", "m", "depth of the melt pool", shown="um", lower=0.0),
    Quantity("length", "m", "length of the melt pool", shown="um", lower=0.0),
    Quantity("overlap", "1", "Tang's overlap in the worst corner; fuses to 1", lower=0.0),
    Quantity("enthalpy", "1", "normalised enthalpy in the worst corner", lower=0.0),
    Quantity("slenderness", "1", "length over width in the worst corner", lower=0.0),
    Quantity(
        "fused_share",
        "1",
        "share of the measured errors of width and depth under which tracks as set fuse",
        lower=0.0,
        upper=1.0,
    ),
    Quantity("build_rate", "mm^3/s", "hatch times layer times speed", lower=0.0),
    Quantity(
        "imbalance", "1", "absorbed energy that is neither stored nor conducted", rounding=1e-9
    ),
    Quantity("width_by_integral", "m", "width by Eagar and Tsai", shown="um", lower=0.0),
)


@dataclass(frozen=True)
class TrackVerifier:
    """Melt pools of settings by the enthalpy method, and the errors that such pools have."""

    process: Process
    errors: tuple[tuple[float, float], ...]  # logarithms of measured over predicted sizes
    across: int = ACROSS
    name: ClassVar[str] = "voxel enthalpy (own, numba)"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = QUANTITIES

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 10"]:
        """Measure all quantities; each track is a simulation of its own."""
        settings = np.stack([a.numpy() for a in arrays], 1)
        power, speed, beam, layer, hatch = settings.T
        process = self.process
        material = EnthalpyLaw.of(process.alloy, process.plate_k)
        _, corner = process.worst_overlap(settings)
        corners = np.stack([np.stack(c, 1) for c in process.thinnest(power, speed, beam)])
        plain = np.stack([process.absorptivity * power, speed, beam], 1)
        set_, slim = self._pools(plain, material)
        worst, more = self._pools(corners[corner, np.arange(len(power))], material)
        d = process.disturbed
        wide, thick = (1 + d.hatch) * hatch, (1 + d.layer) * layer
        nominal, disturbed = process.worst_slenderness(power, speed, beam)
        grown = disturbed / np.maximum(nominal, 1e-9)
        integral = process.pool(*plain.T).width_m
        found = [
            set_[:, 0],
            set_[:, 1],
            set_[:, 2],
            overlap(wide, thick, worst[:, 0], worst[:, 1]),
            process.worst_enthalpy(power, speed, beam),
            slenderness(set_[:, 2], set_[:, 0]) * np.where(nominal > 0, grown, 1.0),
            self._fused(hatch, layer, set_),
            1e9 * hatch * layer * speed,
            np.maximum(slim, more),
            integral,
        ]
        return torch.from_numpy(np.stack(found, 1))

    def _pools(
        self, tracks: Float64[np.ndarray, "n 3"], material: EnthalpyLaw
    ) -> tuple[Float64[np.ndarray, "n 3"], Float64[np.ndarray, " n"]]:
        """Sizes and energy imbalance of tracks of an absorbed power, speed and beam."""
        about = self.process.pool(*tracks.T)
        sizes = np.stack([about.width_m, about.depth_m, about.length_m], 1)
        found, off = np.zeros((len(tracks), 3)), np.zeros(len(tracks))
        for i, (absorbed, speed, beam) in enumerate(tracks):  # a simulation each
            if sizes[i, 0] <= 0:
                continue  # nothing melts, by a tier that melts more
            voxels = Voxels.around(tuple(sizes[i]), 0.25 * beam, across=self.across)
            pool = solve(absorbed, speed, 0.25 * beam, material, voxels)
            found[i] = pool.width_m, pool.depth_m, pool.length_m
            off[i] = pool.imbalance
        return found, off

    def _fused(
        self,
        hatch: Float64[np.ndarray, " n"],
        layer: Float64[np.ndarray, " n"],
        sizes: Float64[np.ndarray, "n 3"],
    ) -> Float64[np.ndarray, " n"]:
        factors = np.exp(np.array(self.errors))[:, :, None] * sizes.T[None, :2]
        return np.asarray((overlap(hatch, layer, factors[:, 0], factors[:, 1]) <= 1).mean(0))


@dataclass(frozen=True)
class IntegralByQuadpack:
    """Independent cross-check: Eagar and Tsai's integral by QUADPACK, its isotherm by Brent."""

    process: Process
    name: ClassVar[str] = "Eagar-Tsai by scipy (QUADPACK)"
    version: str = scipy.__version__
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (QUANTITIES[-1],)

    def measure(self, *arrays: Float64[Tensor, " n"]) -> Float64[Tensor, "n 1"]:
        """Return the width of each pool; one root at a time."""
        rows = torch.stack(arrays[:3], 1).tolist()
        return torch.tensor([[self._width(*row)] for row in rows], dtype=torch.float64)

    def _width(self, power_w: float, speed_m_s: float, beam_m: float) -> float:
        alloy, plate = self.process.alloy, self.process.plate_k
        conductivity, capacity = alloy.secant(plate)
        a, sigma2 = conductivity / capacity, (0.25 * beam_m) ** 2
        front = self.process.absorptivity * power_w / (np.pi * capacity * np.sqrt(4 * np.pi * a))
        rise = alloy.melting_k - plate

        def kernel(r: float, x: float, y: float) -> float:
            t = r * r  # r is the root of time
            spread = 2 * a * t + sigma2
            return float(2 * np.exp(-((x + speed_m_s * t) ** 2 + y * y) / (2 * spread)) / spread)

        def hottest(y: float) -> float:
            def cold(x: float) -> float:
                peak = np.sqrt(max(-x, 0.0) / speed_m_s)
                ends = (0.0, 0.5 * peak + 1e-5, peak + 1e-4, 3 * peak + 1e-3, 0.3)
                both = pairwise(ends)
                return -sum(quad(kernel, p, q, (x, y), epsrel=1e-8, limit=200)[0] for p, q in both)

            found = minimize_scalar(cold, bounds=(-40 * beam_m, 0.0), method="bounded",
                                    options={"xatol": 1e-8})  # fmt: skip
            return float(front * -float(found.fun) - rise)

        if hottest(0.0) <= 0:
            return 0.0
        far = beam_m
        while hottest(far) > 0:
            far *= 1.5
        return 2 * float(brentq(hottest, 0.0, far, xtol=1e-9))
