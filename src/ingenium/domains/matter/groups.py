"""Space groups with the Wyckoff positions used here.

Source: International Tables for Crystallography, volume A, 6th ed., 2016, standard settings;
    trigonal groups in hexagonal axes, centrosymmetric ones with the origin in a centre.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import choose
from ingenium.domains.matter import symmetry

Affine = tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, " 3"]]  # of x, y and z
_TERM = re.compile(r"([+-]?)(\d*)([xyz])|([+-]?\d+(?:/\d+)?)")
_CENTRED = {  # rows are primitive vectors, in conventional ones
    "P": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "I": ((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)),
    "F": ((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)),
    "R": ((2 / 3, 1 / 3, 1 / 3), (-1 / 3, 1 / 3, 1 / 3), (-1 / 3, -2 / 3, 1 / 3)),
}


@dataclass(frozen=True)
class SpaceGroup:
    """Space group in one setting, and the first coordinate triplet of some of its positions."""

    symbol: str
    number: int
    hall: int  # number of the setting in spglib's table
    positions: Mapping[str, str]

    @property
    def free_edges(self) -> tuple[int, int, int]:
        """Index of the edge that each edge of the cell equals."""
        if self.number >= 195:
            return 0, 0, 0
        return (0, 0, 2) if self.number >= 75 else (0, 1, 2)

    @property
    def hexagonal(self) -> bool:
        """True if a and b meet at 120 degrees; all other angles are right angles."""
        return 143 <= self.number <= 194

    @property
    def polar(self) -> bool:
        """True if the origin along z is arbitrary."""
        return self.symbol in ("P4mm", "R3m", "P6_3mc")

    @property
    def primitive(self) -> Float[np.ndarray, "3 3"]:
        """Primitive vectors, in conventional ones."""
        return np.array(_CENTRED[self.symbol[0]], dtype=float)

    @property
    def cells(self) -> int:
        """Number of primitive cells in the conventional one."""
        return round(1 / abs(float(np.linalg.det(self.primitive))))

    @property
    def operations_xyz(self) -> list[str]:
        """Operations as coordinate triplets, centring included."""
        rotations, translations = operations(self.hall)
        return [
            ",".join(_written(row, shift) for row, shift in zip(r, t, strict=True))
            for r, t in zip(rotations, translations, strict=True)
        ]

    def at(self, letter: str) -> Affine:
        """Return the first point of a position, as an affine map of x, y and z.

        Raises:
            InputError: for a letter that is not in the table.
        """
        choose(letter, self.positions, f"Wyckoff position of {self.symbol}")
        return _triplet(self.positions[letter])

    def free(self, letter: str) -> tuple[int, ...]:
        """Indices of x, y and z that a position leaves free."""
        return tuple(int(k) for k in np.flatnonzero(np.abs(self.at(letter)[0]).any(0)))


def _triplet(text: str) -> Affine:
    """Parse `x,x+1/2,0` into a matrix and a vector."""
    matrix, shift = np.zeros((3, 3)), np.zeros(3)
    for row, part in enumerate(text.split(",")):
        for sign, times, name, number in _TERM.findall(part):
            if name:
                matrix[row, "xyz".index(name)] += float(f"{sign}{times or 1}")
            else:
                shift[row] += float(Fraction(number))
    return matrix, shift


def _written(row: Float[np.ndarray, " 3"], shift: float) -> str:
    """Format one row of an operation, such as `-x+1/2`."""
    terms = [f"{'-' if k < 0 else '+'}{name}" for k, name in zip(row, "xyz", strict=True) if k]
    part = Fraction(float(shift)).limit_denominator(12)
    return "".join(terms).removeprefix("+") + (f"+{part}" if part else "")


@cache
def operations(hall: int) -> tuple[Float[np.ndarray, "m 3 3"], Float[np.ndarray, "m 3"]]:
    """Return rotations and translations of a setting, centring included."""
    found = symmetry.of_setting(hall)
    return found["rotations"].astype(float), found["translations"]


def _group(symbol: str, number: int, hall: int, positions: str) -> SpaceGroup:
    pairs = (entry.split(" ") for entry in positions.split("; "))
    return SpaceGroup(symbol, number, hall, dict(pairs))


GROUPS: Mapping[str, SpaceGroup] = {
    g.symbol: g
    for g in (
        _group("Pnma", 62, 292, "a 0,0,0; b 0,0,1/2; c x,1/4,z; d x,y,z"),
        _group("P4mm", 99, 376, "a 0,0,z; b 1/2,1/2,z; c 1/2,0,z"),
        _group(
            "P4/mbm",
            127,
            406,
            "a 0,0,0; b 0,0,1/2; c 0,1/2,1/2; d 0,1/2,0; g x,x+1/2,0; h x,x+1/2,1/2",
        ),
        _group("P4/nmm", 129, 409, "a 3/4,1/4,0; b 3/4,1/4,1/2; c 1/4,1/4,z"),
        _group("P4_2/mnm", 136, 419, "a 0,0,0; b 0,0,1/2; f x,x,0"),
        _group("I4/mmm", 139, 424, "a 0,0,0; b 0,0,1/2; c 0,1/2,0; e 0,0,z"),
        _group("I4/mcm", 140, 425, "a 0,0,1/4; b 0,1/2,1/4; c 0,0,0; d 0,1/2,0; h x,x+1/2,0"),
        _group("R3m", 160, 450, "a 0,0,z; b x,-x,z"),
        _group("P-3m1", 164, 456, "a 0,0,0; b 0,0,1/2; d 1/3,2/3,z"),
        _group("R-3m", 166, 458, "a 0,0,0; b 0,0,1/2; c 0,0,z"),
        _group("R-3c", 167, 460, "a 0,0,1/4; b 0,0,0; e x,0,1/4"),
        _group("P6_3mc", 186, 480, "a 0,0,z; b 1/3,2/3,z"),
        _group(
            "P6_3/mmc", 194, 488, "a 0,0,0; b 0,0,1/4; c 1/3,2/3,1/4; d 1/3,2/3,3/4; h x,2x,1/4"
        ),
        _group("F-43m", 216, 512, "a 0,0,0; b 1/2,1/2,1/2; c 1/4,1/4,1/4; d 3/4,3/4,3/4"),
        _group("Pm-3m", 221, 517, "a 0,0,0; b 1/2,1/2,1/2; c 0,1/2,1/2; d 1/2,0,0"),
        _group("Fm-3m", 225, 523, "a 0,0,0; b 1/2,1/2,1/2; c 1/4,1/4,1/4"),
    )
}
