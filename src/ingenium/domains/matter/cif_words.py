"""Checks of the data items of a CIF against its atoms.

Source: Hall, Allen and Brown, The crystallographic information file, Acta Cryst. A47, 1991.
"""

from typing import Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.domains.matter.packages import package

OPERATIONS = ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz")
NUMBERS = ("_symmetry_Int_Tables_number", "_space_group_IT_number")
NAMES = ("_symmetry_space_group_name_H-M", "_space_group_name_H-M_alt")
FORMULA = "_chemical_formula_sum"


def check_words(text: str, structure: Any) -> None:
    """Refuse duplicate data items, a second crystal, and a group or formula of other atoms.

    A crystal may be described in a subgroup of its own, such as P1, by its operations.

    Raises:
        InputError: naming the data item.
    """
    rows = [row.strip() for row in text.split("\n")]
    words = [row.split()[0].lower() for row in rows if row.lower().startswith(("data_", "_"))]
    blocks = sum(word.startswith("data_") for word in words)
    twice = [word for word in words if words.count(word) > 1]
    if blocks != 1 or twice:
        got = f"{blocks} of them" if blocks != 1 else f"{twice[0]} twice"
        raise InputError("one crystal in a file, and each of its words once", got)
    (block,) = package("pymatgen.io.cif").CifFile.from_str(text).data.values()
    said = {key.lower(): value for key, value in block.data.items()}
    listed = next((said[w] for w in OPERATIONS if w in said), None)
    if listed is not None:
        _check_group(said, [listed] if isinstance(listed, str) else listed, structure)
    formula = said.get(FORMULA)
    own = structure.composition
    if formula is not None:
        reported = package("pymatgen.core").Composition(str(formula))
        if reported.reduced_formula != own.reduced_formula:
            raise InputError(f"the formula of its atoms, {own.reduced_formula}", str(formula))


def _check_group(said: dict[str, Any], listed: list[str], structure: Any) -> None:
    """Refuse a group that is not that of the listed operations."""
    operation = package("pymatgen.core.operations").SymmOp.from_xyz_str
    each = [operation(text) for text in listed]
    kind = package("spglib").get_spacegroup_type_from_symmetry(
        np.array([np.rint(x.rotation_matrix) for x in each], dtype=np.int32),
        np.array([x.translation_vector for x in each]),
        structure.lattice.matrix,
    )
    due = "operations of a group" if kind is None else f"{kind.international_short} ({kind.number})"
    for words, own in ((NUMBERS, kind and kind.number), (NAMES, kind and kind.international_short)):
        for word in words:
            reported = _plain(said.get(word.lower(), own))
            if reported != _plain(own):
                raise InputError(
                    f"{due}, which the operations in the file are", f"{word} {reported}"
                )


def _plain(value: Any) -> str:
    """Normalise a name: writers differ in spaces, underscores, quotes and case."""
    return "".join(str(value).split()).replace("_", "").strip("'\"").lower()
