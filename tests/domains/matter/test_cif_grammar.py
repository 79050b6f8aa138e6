"""The grammar of CIF, and files as other tools write them."""

import io
from pathlib import Path

import ase
import ase.io
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from ingenium.core.errors import InputError
from ingenium.domains.matter.cif_grammar import block
from ingenium.domains.matter.cif_words import check_words

TEXT = """# a note
data_one _a 'it''s' _b "x y"
loop_ _c _d 1 2
 3 'four' # a note
_e
;text
of two lines
;
"""


def test_names_and_values() -> None:
    found = block(TEXT.replace("''", "'"))
    assert found["_a"] == ["it's"]
    assert found["_b"] == ["x y"]
    assert (found["_c"], found["_d"]) == (["1", "3"], ["2", "four"])
    assert found["_e"] == ["text\nof two lines"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_a 1\ndata_one",
        "data_one _a 1 _A 2",
        "data_one _a 1 2",
        "data_one loop_ _a _b 1 2 3",
        "data_one loop_ 1 2",
        "data_one loop_ _cell_length_a 4",
        "data_one _a",
        "data_one _a 1 data_two _b 1",
        "data_one save_x _a 1",
        "data_one _a [1]",
        "data_one _a 'x",
        "data_one _a 1 stop_",
        "data_one\n_a\n;text without an end\n",
    ],
)
def test_what_is_no_crystal_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="CIF"):
        block(text)


@pytest.mark.parametrize(
    "listed",
    [
        ("x, y, z", "x, y, z"),
        ("x, y, z", "-y, x, z"),
        ("-x, -y, -z",),
        ("x, y, z", "x+1/4, y, z"),
        ("x, y, z", "0, y, z"),
        ("x, y, z", "z, x, y1"),
    ],
)
def test_operations_that_are_no_group_are_refused(listed: tuple[str, ...]) -> None:
    """spglib ends the process on some of them."""
    made = Structure(Lattice.cubic(4.0), ["Cs"], [[0, 0, 0]])
    rows = "".join(f"'{one}'\n" for one in listed)
    text = f"data_a\nloop_\n_symmetry_equiv_pos_as_xyz\n{rows}"
    with pytest.raises(InputError, match=r"operations (of a group|such as)"):
        check_words(text, made)


def test_files_of_pymatgen_and_ase_are_accepted(tmp_path: Path) -> None:
    made = Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], [[0, 0, 0], [0.5] * 3, [0.5, 0.5, 0]]
    )
    for precision in (None, 0.01):
        check_words(str(CifWriter(made, symprec=precision)), made)
    file = io.BytesIO()
    atoms = ase.Atoms("SrTiO3", scaled_positions=made.frac_coords, cell=[3.905] * 3, pbc=True)
    ase.io.write(file, atoms, format="cif")
    check_words(file.getvalue().decode(), made)
