"""Symmetry detection by spglib."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingenium.domains.matter.packages import package


@contextmanager
def _quiet() -> Iterator[Any]:
    """Yield the package, with its deprecation warnings silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield package("spglib")


def found(structure: Any, symprec: float) -> Any:
    """Return number, letters and primitive atoms of a structure; None where there is no group."""
    with _quiet() as spglib:
        return spglib.get_symmetry_dataset(_cell(structure), symprec=symprec)


def conventional(structure: Any, symprec: float) -> Any:
    """Return the conventional cell in the standard setting; None where there is no group."""
    with _quiet() as spglib:
        cell = spglib.standardize_cell(
            _cell(structure), to_primitive=False, no_idealize=False, symprec=symprec
        )
    return None if cell is None else package("pymatgen.core").Structure(cell[0], cell[2], cell[1])


def of_setting(hall: int) -> Any:
    """Return rotations and translations of a setting, by its number in spglib's table."""
    with _quiet() as spglib:
        return spglib.get_symmetry_from_database(hall)


def _cell(structure: Any) -> tuple[Any, Any, list[int]]:
    return structure.lattice.matrix, structure.frac_coords, list(structure.atomic_numbers)
