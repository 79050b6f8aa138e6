"""Structure types, as Wyckoff texts with placeholders for elements, and starts of relaxations.

Source: the types' names are those of Mehl et al., The AFLOW Library of Crystallographic Prototypes,
    Computational Materials Science 136:S1, 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import ANGSTROM, Wyckoff


@dataclass(frozen=True)
class Prototype:
    """Structure type: its text with A, B and X, the shape of its cell, and its free coordinates."""

    name: str
    pattern: str  # A, B and X are placeholders of elements
    shape: tuple[float, float, float] = (1.0, 1.0, 1.0)  # edges over the first
    free: tuple[float, ...] = ()
    packing: float = 1.0  # volume over that of ions as cubes of their diameters, about

    def text(self, **elements: str) -> str:
        """Return the Wyckoff text of a compound of this type."""
        symbol, *orbits = self.pattern.split(" ")
        return " ".join([symbol, *(elements[o[0]] + o[1:] for o in orbits)])

    def start(self, **elements: str) -> Crystal:
        """Return the starting crystal of a relaxation, with edges from the radii of the ions."""
        sites = Wyckoff.of(self.text(**elements))
        volume = self.packing * sum((2 * IONS[e].radius_angstrom) ** 3 for e in sites.elements)
        unit = abs(np.linalg.det(sites.primitive_m(np.array(self.shape))))
        edges = np.array(self.shape) * ANGSTROM * (volume / unit) ** (1 / 3)
        return Crystal(sites, sites.tied(edges), np.array(self.free))


PEROVSKITES: Mapping[str, Prototype] = {
    p.name: p
    for p in (
        Prototype("cubic", "Pm-3m A_a B_b X_c"),
        Prototype("tetragonal", "P4mm A_a B_b X_b X_c", (1.0, 1.0, 1.06), (0.0, 0.54, 0.04, 0.54)),
        Prototype("rhombohedral", "R3m A_a B_a X_b", (1.0, 1.0, 1.24), (0.0, 0.48, 0.17, 0.34)),
        Prototype("tilted in phase", "P4/mbm A_c B_a X_b X_g", (1.0, 1.0, 0.72), (0.22,)),
        Prototype("tilted out of phase", "I4/mcm A_b B_c X_a X_h", (1.0, 1.0, 1.43), (0.21,)),
        Prototype("tilted about three", "R-3c A_a B_b X_e", (1.0, 1.0, 2.43), (0.56,)),
        Prototype(
            "orthorhombic",
            "Pnma A_c B_b X_c X_d",
            (1.0, 1.41, 0.98),
            (0.04, -0.01, 0.48, 0.07, 0.29, 0.04, -0.29),
        ),
        Prototype("faces shared", "P6_3/mmc A_d B_a X_h", (1.0, 1.0, 0.83), (0.16,), 1.05),
        Prototype(
            "edges shared",
            "Pnma A_c B_c X_c X_c X_c",
            (1.0, 0.46, 1.7),
            (0.42, 0.83, 0.16, 0.06, 0.02, 0.89, 0.30, 0.21, 0.16, 0.49),
        ),
    )
}
BINARIES: Mapping[str, tuple[Prototype, ...]] = {  # A is the cation
    "1:1": (
        Prototype("rock salt", "Fm-3m A_a X_b"),
        Prototype("CsCl", "Pm-3m A_a X_b"),
        Prototype("zinc blende", "F-43m A_a X_c", packing=1.5),
        Prototype("wurtzite", "P6_3mc A_b X_b", (1.0, 1.0, 1.63), (0.0, 0.375), 1.5),
        Prototype("litharge", "P4/nmm A_c X_a", (1.0, 1.0, 1.26), (0.235,), 1.2),
    ),
    "1:2": (
        Prototype("fluorite", "Fm-3m A_a X_c"),
        Prototype("CdI2", "P-3m1 A_a X_d", (1.0, 1.0, 1.6), (0.26,), 1.1),
        Prototype("CdCl2", "R-3m A_a X_c", (1.0, 1.0, 4.6), (0.255,), 1.1),
        Prototype("rutile", "P4_2/mnm A_a X_f", (1.0, 1.0, 0.65), (0.305,)),
        Prototype(
            "cotunnite",
            "Pnma A_c X_c X_c",
            (1.0, 0.59, 1.18),
            (0.25, 0.1, 0.36, 0.43, 0.02, 0.83),
        ),
    ),
}
