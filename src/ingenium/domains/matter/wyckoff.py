"""Crystal as space group, Wyckoff letters and elements, with the remaining free numbers.

`Pm-3m Cs_a Pb_b I_c` is such a text: atoms are placed by the operations of the group, so that none
can leave its symmetry, and the edge of the cube is the only number left.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from math import gcd

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError, choose
from ingenium.domains.matter.groups import GROUPS, SpaceGroup, operations

_ORBIT = re.compile(r"([A-Z][a-z]?)_([a-z])")
_GENERIC = np.array([0.1371, 0.2193, 0.3307])  # coordinates in no special position
ANGSTROM = 1e-10


@dataclass(frozen=True, eq=False)
class Wyckoff:
    """Places of a crystal's atoms, as an affine map of its free coordinates.

    Shapes: m atoms of the primitive cell, f free coordinates.
    """

    text: str
    group: SpaceGroup
    orbits: tuple[tuple[str, str], ...]  # element and letter
    elements: tuple[str, ...]  # of each atom
    slope: Float[np.ndarray, "m 3 f"]  # of primitive fractional coordinates
    origin: Float[np.ndarray, "m 3"]

    @classmethod
    def of(cls, text: str) -> "Wyckoff":
        """Parse a text; cached, since the same few recur.

        Raises:
            InputError: for an invalid text, or a group or letter that is not in the table.
        """
        return _read(text)

    @property
    def free(self) -> int:
        """Number of coordinates that the positions leave free."""
        return int(self.slope.shape[2])

    @property
    def formula(self) -> dict[str, int]:
        """Atoms of each element in the primitive cell, in the order of the text."""
        count = Counter(self.elements)
        return {e: count[e] for e, _ in self.orbits}

    @property
    def reduced(self) -> dict[str, int]:
        """Formula divided by the common factor of its counts."""
        whole = self.formula
        common = gcd(*whole.values())
        return {e: n // common for e, n in whole.items()}

    def cell_m(self, edges_m: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
        """Conventional vectors in rows."""
        cell = np.diag(edges_m)
        if self.group.hexagonal:
            cell[1] = edges_m[1] * np.array([-0.5, np.sqrt(0.75), 0.0])
        return cell

    def primitive_m(self, edges_m: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
        """Primitive vectors in rows."""
        vectors: np.ndarray = self.group.primitive @ self.cell_m(edges_m)
        return vectors

    def coordinates(self, free: Float[np.ndarray, " f"]) -> Float[np.ndarray, "m 3"]:
        """Coordinates of the atoms, in primitive vectors."""
        places: np.ndarray = self.origin + self.slope @ free[: self.free]
        return places

    def conventional(
        self, free: Float[np.ndarray, " f"]
    ) -> tuple[list[str], Float[np.ndarray, "p 3"]]:
        """Elements and places of the atoms of the conventional cell, in [0, 1)."""
        points = self.coordinates(free) @ self.group.primitive
        rotations, translations = operations(self.group.hall)
        still = np.abs(rotations - np.eye(3)).max((1, 2)) == 0
        moved = np.concatenate([points + t for t in translations[still]])
        inside = moved - np.floor(moved + 1e-9)
        return list(self.elements) * int(still.sum()), inside

    def first_points(self, free: Float[np.ndarray, " f"]) -> list[Float[np.ndarray, " 3"]]:
        """Return one place of each orbit, in conventional vectors."""
        found, used = [], 0
        for _, letter in self.orbits:
            matrix, shift = self.group.at(letter)
            own = list(self.group.free(letter))
            found.append(matrix[:, own] @ free[used : used + len(own)] + shift)
            used += len(own)
        return found

    def anchored(self, free: Float[np.ndarray, " f"]) -> Float[np.ndarray, " f"]:
        """Shift the first atom to 0 along z in polar groups, where that origin is arbitrary."""
        if not self.group.polar:
            return free
        moved, along = free.copy(), self._along_z()
        moved[along] -= free[along[0]]
        moved[along] -= np.floor(moved[along] + 1e-6)
        return moved

    def _along_z(self) -> list[int]:
        """Indices of the free coordinates that are a z."""
        axes = [axis for _, letter in self.orbits for axis in self.group.free(letter)]
        return [k for k, axis in enumerate(axes) if axis == 2]

    def tied(self, edges_m: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
        """Return the edges, made equal where the group requires it."""
        return edges_m[list(self.group.free_edges)]


@cache
def _read(text: str) -> Wyckoff:
    symbol, *rest = text.split(" ")
    group = GROUPS[choose(symbol, GROUPS, "space group")]
    found = [_ORBIT.fullmatch(part) for part in rest]
    if not found or not all(found):
        raise InputError(
            "a space group, and an element with a Wyckoff letter for each orbit",
            text,
            "Write such as Pm-3m Cs_a Pb_b I_c.",
        )
    orbits = tuple((m.group(1), m.group(2)) for m in found if m)
    fixed = [letter for _, letter in orbits if not group.free(letter)]
    if len(set(fixed)) < len(fixed):
        raise InputError("each position without free coordinates once", text, "Change a letter.")
    counts = [len(group.free(letter)) for _, letter in orbits]
    slopes, origins, elements = [], [], []
    for k, (element, letter) in enumerate(orbits):
        matrix, shift = _orbit(symbol, letter)
        wide = np.zeros((len(matrix), 3, sum(counts)))
        before = sum(counts[:k])
        wide[:, :, before : before + counts[k]] = matrix[:, :, list(group.free(letter))]
        slopes.append(wide)
        origins.append(shift)
        elements += [element] * len(matrix)
    return Wyckoff(
        text, group, orbits, tuple(elements), np.concatenate(slopes), np.concatenate(origins)
    )


@cache
def _orbit(symbol: str, letter: str) -> tuple[np.ndarray, np.ndarray]:
    """Return all points of a position in the primitive cell, as affine maps of x, y and z."""
    group = GROUPS[symbol]
    matrix, shift = group.at(letter)
    rotations, translations = operations(group.hall)
    inverse = np.linalg.inv(group.primitive)
    slopes = inverse.T @ rotations @ matrix
    origins = (rotations @ shift + translations) @ inverse
    seen: list[np.ndarray] = []
    retained = []
    for k, point in enumerate(slopes @ _GENERIC + origins):
        if not any(np.abs((point - p) - np.rint(point - p)).max() < 1e-6 for p in seen):
            seen.append(point)
            retained.append(k)
    return slopes[retained], origins[retained] - np.floor(origins[retained] + 1e-9)
