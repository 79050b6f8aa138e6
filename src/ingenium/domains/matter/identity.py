"""Identification of atoms as a crystal of the list: its text, edges and free coordinates.

Only the lattice and the places decide, not other statements of a file. Atoms slightly off their
places, as in a P1 cell that looks cubic, are no crystal of the list.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.domains.matter import symmetry
from ingenium.domains.matter.charges import IONS
from ingenium.domains.matter.groups import SpaceGroup
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import ANGSTROM, Wyckoff

NEAR = 2e-5  # of an edge, that a place may be off: what files round away
SAME = 1e-3  # angstrom: within it spglib looks for operations
SHORTEST, LONGEST = 2.0, 80.0  # angstrom, of an edge
FAR = 100.0  # cells: larger numbers leave too few digits for the place in the cell
ROOM = 3.0, 500.0  # cubic angstrom, of an atom
CLOSEST = 0.65  # of the sum of two radii of ions: atoms nearer overlap
ORIGINS = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.0, 0.0, 0.5), (0.5, 0.5, 0.0))


def identified(structure: Any, listed: Mapping[str, tuple[str, ...]], where: str) -> Crystal:
    """Return the crystal that some atoms form.

    Raises:
        InputError: for a cell of another unit, overlapping atoms, or atoms of no crystal of the
            list.
    """
    if not (np.abs(structure.frac_coords) <= FAR).all():  # or no number, where spglib falls over
        reported = f"others in {where}"
        raise InputError(
            f"places as numbers up to {FAR:g} cells away", reported, "Write them again."
        )
    edges = np.array(structure.lattice.abc)
    room = structure.volume / len(structure)
    if not ((edges > SHORTEST) & (edges < LONGEST)).all() or not ROOM[0] < room < ROOM[1]:
        raise InputError(  # before any neighbour is looked for: pymatgen would take all memory
            f"edges from {SHORTEST:g} to {LONGEST:g} angstrom and {ROOM[0]:g} to {ROOM[1]:g} cubic "
            "angstrom for an atom",
            f"edges of {', '.join(f'{e:.3g}' for e in edges)} in {where}",
            "Write lengths in angstrom.",
        )
    nearest = closest(structure)
    if not nearest >= CLOSEST:
        raise InputError(
            f"atoms at least {CLOSEST:g} of the sum of their ionic radii apart",
            f"{nearest:.2f} in {where}",
            "Move them apart.",
        )
    elements = {e.symbol for e in structure.composition}
    texts = [text for text, (_, *own) in listed.items() if set(own) == elements]
    for candidate in (structure, symmetry.conventional(structure, SAME)):
        for text in texts if candidate is not None else ():
            found = _fitted(candidate, Wyckoff.of(text))
            if found is not None:
                return found
    group = symmetry.found(structure, SAME)
    number = 0 if group is None else group.number
    raise InputError(
        "atoms of a crystal that the problem knows, each at its place",
        f"{structure.composition.reduced_formula} of space group {number} in {where}",
        "Relax it under its symmetry, or name its type and elements in the setup.",
    )


def closest(structure: Any) -> float:
    """Least distance of two atoms, over the sum of their ionic radii."""
    first, second, _, distance = structure.get_neighbor_list(r=5.0)
    radius = np.array([IONS[s.specie.symbol].radius_angstrom for s in structure])
    if not len(distance):
        return np.inf
    return float((distance / (radius[first] + radius[second])).min())


def _fitted(structure: Any, sites: Wyckoff) -> Crystal | None:
    """Return the numbers that make a text equal these atoms."""
    edges = np.array(structure.lattice.abc) * ANGSTROM
    angles = (90, 90, 120 if sites.group.hexagonal else 90)
    stretched = np.abs(sites.tied(edges) / edges - 1).max() > NEAR
    turned = np.abs(np.array(structure.lattice.angles) - angles).max() > 1e-2
    if stretched or turned or len(structure) != len(sites.elements) * sites.group.cells:
        return None
    names = np.array([s.specie.symbol for s in structure])
    for origin in ORIGINS:
        points = structure.frac_coords - np.array(origin)
        free = _free(points, names, sites)
        if free is not None and _same(points, names, sites, free):
            return Crystal(sites, sites.tied(edges), sites.anchored(free))
    return None


def _free(
    points: Float[np.ndarray, "n 3"], names: np.ndarray, sites: Wyckoff
) -> Float[np.ndarray, " f"] | None:
    """Return the free coordinates of each orbit, from the first atom that fits its first point."""
    found: list[float] = []
    for element, letter in sites.orbits:
        own = points[names == element]
        here = _at(own, sites.group, letter)
        if here is None:
            return None
        found += here
    return np.array(found)


def _at(points: Float[np.ndarray, "n 3"], group: SpaceGroup, letter: str) -> list[float] | None:
    matrix, shift = group.at(letter)
    free = list(group.free(letter))
    slope = matrix[:, free]
    for point in points:
        gap = point - shift
        rows = [int(np.flatnonzero(np.abs(slope[:, k]) == 1)[0]) for k in range(len(free))]
        values = np.array([gap[r] / slope[r, k] for k, r in enumerate(rows)])
        values -= np.rint(values)
        off = gap - (slope @ values if free else 0.0)
        if np.abs(off - np.rint(off)).max() < NEAR:
            return [float(v) for v in values]
    return None


def _same(
    points: Float[np.ndarray, "n 3"], names: np.ndarray, sites: Wyckoff, free: np.ndarray
) -> bool:
    """Return True if the atoms and the places of the text coincide one to one."""
    elements, places = sites.conventional(free)
    taken = np.zeros(len(places), dtype=bool)
    own = np.array(elements)
    for point, name in zip(points, names, strict=True):
        off = places - point
        near = (np.abs(off - np.rint(off)).max(1) < NEAR) & (own == name) & ~taken
        if not near.any():
            return False
        taken[int(near.argmax())] = True
    return bool(taken.all())
