"""Gaussian-process estimate of the gap, from the gaps of other crystals by pw.x.

It screens and steers, and certifies nothing: with some dozen training crystals its error is some
tenths of an eV, which `error_ev` states by leave-one-out. Where pw.x has computed the gap of the
same atoms, that gap is returned, so no crystal is lost to a known error.

Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 2.25 and 5.12.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import PlaneWaveRun
from ingenium.domains.matter.wyckoff import ANGSTROM

REACH, NOISE = 3.0, 0.15  # in spreads of a feature; eV
SPREAD = 1.5  # eV, of gaps before anything is known


def features(crystals: Sequence[Crystal]) -> Float[np.ndarray, "n 9"]:
    """Features of the ions of A, B and X and their volume; all about 1 in size."""
    rows = []
    for c in crystals:
        a, b, x = (IONS[e] for e in c.sites.reduced)
        volume = abs(np.linalg.det(c.sites.primitive_m(c.edges_m))) / ANGSTROM**3
        units = c.atoms / 5
        edge = (volume / units) ** (1 / 3)
        rows.append(
            [
                *(ion.electronegativity for ion in (a, b, x)),
                *(ion.radius_angstrom for ion in (a, b, x)),
                edge / (2 * (b.radius_angstrom + x.radius_angstrom)),
                float(x.charges[0] > 0),
                max(b.charges) / 2,
            ]
        )
    return np.array(rows, dtype=np.float64).reshape(-1, 9)


@dataclass(frozen=True, eq=False)
class GapEstimate:
    """Gaussian process on the known gaps."""

    at: Float[np.ndarray, "m 9"]
    mean_ev: float
    weights: Float[np.ndarray, " m"]
    error_ev: float  # median over the known crystals, by leave-one-out
    found_ev: Mapping[str, float]  # by the digest of their atoms

    @classmethod
    def of(cls, crystals: Sequence[Crystal], gap_ev: Sequence[float]) -> "GapEstimate":
        """Fit on crystals of known gap; without any, the estimate is 1.5 eV.

        The error is the closed form of leave-one-out.
        """
        at, y = features(crystals), np.asarray(gap_ev, dtype=np.float64)
        if len(y) < 2:
            return cls(np.zeros((0, 9)), SPREAD, np.zeros(0), np.inf, {})
        inverse = np.linalg.inv(_kernel(at, at) + NOISE**2 * np.eye(len(y)))
        mean = float(y.mean())
        weights = inverse @ (y - mean)
        left_out = np.abs(weights / np.diagonal(inverse))
        found = {_atoms(c): float(ev) for c, ev in zip(crystals, y, strict=True)}
        return cls(at, mean, weights, float(np.median(left_out)), found)

    def ev(self, crystals: Sequence[Crystal]) -> Float[np.ndarray, " n"]:
        """Gap of each crystal, at least 0; exactly the known one for a training crystal."""
        guess = np.maximum(self.mean_ev + _kernel(features(crystals), self.at) @ self.weights, 0.0)
        pairs = zip(crystals, guess.tolist(), strict=True)
        return np.array([self.found_ev.get(_atoms(c), ev) for c, ev in pairs], dtype=np.float64)


def _atoms(crystal: Crystal) -> str:
    """Digest of the atoms, to the digits of files; independent of the cutoff."""
    return PlaneWaveRun(crystal, 0.0).key


def _kernel(one: Float[np.ndarray, "n d"], two: Float[np.ndarray, "m d"]) -> np.ndarray:
    scale = REACH * np.array([0.3, 0.3, 0.4, 0.3, 0.3, 0.4, 0.1, 0.5, 0.5])
    off = (one[:, None] - two[None]) / scale
    likeness: np.ndarray = SPREAD**2 * np.exp(-0.5 * np.square(off).sum(2))
    return likeness
