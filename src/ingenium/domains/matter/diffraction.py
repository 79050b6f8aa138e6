"""Powder diffraction patterns, by pymatgen."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingenium.domains.matter.packages import package
from ingenium.domains.matter.potential import Crystal

SOURCE = "Copper K-alpha, 1.54184 angstrom"
LAST_DEG = 80.0


@dataclass(frozen=True, eq=False)
class PowderPattern:
    """Lines of a powder pattern."""

    two_theta_deg: Float[np.ndarray, " p"]
    intensity: Float[np.ndarray, " p"]  # the highest is 100
    indices: tuple[str, ...]


def peaks(crystal: Crystal) -> PowderPattern:
    """Compute the lines up to `LAST_DEG`.

    Source: De Graef and McHenry, Structure of Materials, 2nd ed., 2012, chapter 13.
    """
    cell = package("pymatgen.core")
    full = crystal.sites.cell_m(crystal.edges_m) * 1e10
    elements, points = crystal.sites.conventional(crystal.free)
    calculator = package("pymatgen.analysis.diffraction.xrd").XRDCalculator("CuKa")
    found = calculator.get_pattern(
        cell.Structure(full, elements, points), two_theta_range=(5, LAST_DEG)
    )
    names = ["".join(str(i) for i in line[0]["hkl"]) for line in found.hkls]
    return PowderPattern(np.asarray(found.x), np.asarray(found.y), tuple(names))
