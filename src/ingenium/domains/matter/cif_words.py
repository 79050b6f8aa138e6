"""Checks of the data items of a CIF against its atoms.

Source: Hall, Allen and Brown, The crystallographic information file, Acta Cryst. A47, 1991.
"""

import re
from typing import Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.matter.cif_grammar import WHAT, block
from ingenium.domains.matter.packages import package

OPERATIONS = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
NUMBERS = ("_symmetry_Int_Tables_number", "_space_group_IT_number")
NAMES = ("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt")
FORMULA = "_chemical_formula_sum"
_TERM = r"(?:[xyz]|[0-9]+/[0-9]+|[0-9]*\.[0-9]+|[0-9]+)"
_PLACE = rf"[-+]?{_TERM}(?:[-+]{_TERM})*"
OPERATION = re.compile(rf"{_PLACE},{_PLACE},{_PLACE}")
UNKNOWN = (".", "?")
NUMERIC = ("_cell_length", "_cell_angle", "_atom_site_fract", "_atom_site_occupancy")
FIGURE = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?:\([0-9]+\))?")
MOST_OPERATIONS, STEPS = 192, 24  # of a space group; of an edge
SITES = {
    "_atom_site_disorder_group": UNKNOWN,
    "_atom_site_disorder_assembly": UNKNOWN,
    "_atom_site_calc_flag": (*UNKNOWN, "d", "calc", "c"),
    "_atom_site_attached_hydrogens": (*UNKNOWN, "0"),
}


def check_words(text: str, structure: Any) -> None:
    """Refuse duplicate data items, a second crystal, and a group or formula of other atoms.

    A crystal may be described in a subgroup of its own, such as P1, by its operations.

    Raises:
        InputError: naming the data item.
    """
    said = block(text)
    _check_sites(said)
    for word in (w for w in said if w.startswith(NUMERIC)):
        odd = [x for x in said[word] if not FIGURE.fullmatch(x)]
        if odd:
            raise InputError("numbers, such as 3.905(2)", f"{word} {odd[0][:40]}")
    (seen,) = package("pymatgen.io.cif").CifFile.from_str(text).data.values()
    if {key.lower() for key in seen.data} != said.keys():
        raise InputError(WHAT, "a file that pymatgen reads in another way", "Write it with a tool.")
    lists = [said[word] for word in OPERATIONS if word in said]
    if len({tuple(map(_plain, each)) for each in lists}) > 1:
        raise InputError("one list of operations", f"two that differ, {' and '.join(OPERATIONS)}")
    if lists:
        _check_group(said, lists[0], structure)
    elif not any(w.lower() in said for w in NAMES) and any(w.lower() in said for w in NUMBERS):
        raise InputError(
            "the operations of its group, or its name", "its number alone", "List them."
        )
    (formula,) = said.get(FORMULA, [None])
    own = structure.composition
    if formula not in (None, *UNKNOWN):
        reported = package("pymatgen.core").Composition(str(formula))
        if reported.reduced_formula != own.reduced_formula:
            raise InputError(f"the formula of its atoms, {own.reduced_formula}", str(formula))


def _check_sites(said: dict[str, list[str]]) -> None:
    """Refuse atoms that readers count in different ways: alternatives, dummies, hydrogens."""
    for word, plain in SITES.items():
        odd = [value for value in said.get(word, []) if value.lower() not in plain]
        if odd:
            raise InputError("atoms that are all there, and all listed", f"{word} {odd[0]}")


def _check_group(said: dict[str, list[str]], listed: list[str], structure: Any) -> None:
    """Refuse a group that is not that of the listed operations."""
    operation = package("pymatgen.core.operations").SymmOp.from_xyz_str
    odd = [text for text in listed if not OPERATION.fullmatch("".join(text.lower().split()))]
    if odd:
        raise InputError("operations such as -y, x, z+1/2", odd[0][:60])
    each = [operation(text) for text in listed]
    _check_closed([x.affine_matrix for x in each])
    kind = package("spglib").get_spacegroup_type_from_symmetry(
        np.array([np.rint(x.rotation_matrix) for x in each], dtype=np.int32),
        np.array([x.translation_vector for x in each]),
        structure.lattice.matrix,
    )
    due = "operations of a group" if kind is None else f"{kind.international_short} ({kind.number})"
    for words, own in ((NUMBERS, kind and kind.number), (NAMES, kind and kind.international_short)):
        for word in words:
            (value,) = said.get(word.lower(), [own])
            reported = _plain(own if value in UNKNOWN else value)
            if reported != _plain(own):
                raise InputError(
                    f"{due}, which the operations in the file are", f"{word} {reported}"
                )


def _check_closed(each: list[np.ndarray]) -> None:
    """Refuse operations that are no group, on which spglib would crash.

    Raises:
        InputError: for too many operations, one twice, or a product that is not listed.
    """
    turned = all(abs(round(float(np.linalg.det(matrix)))) == 1 for matrix in each)
    if turned and len(each) <= MOST_OPERATIONS:
        known = {_key(matrix) for matrix in each}
        products = {_key(a @ b) for a in each for b in each}
        if len(known) == len(each) and products == known:
            return
    raise InputError("operations of a group, each once", f"{len(each)} that are none")


def _key(matrix: np.ndarray) -> tuple[int, ...]:
    """Rotation, and translation in 24ths of an edge, of an operation up to whole edges."""
    whole = np.rint(STEPS * matrix).astype(int)
    whole[:3, 3] %= STEPS
    return tuple(whole.ravel().tolist())


def _plain(value: Any) -> str:
    """Normalise a name: writers differ in spaces, underscores, quotes and case."""
    return "".join(str(value).split()).replace("_", "").strip("'\"").lower()
