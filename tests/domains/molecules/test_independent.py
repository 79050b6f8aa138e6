"""The independent reader of structure files: it reads their contents, and sees alterations."""

from pathlib import Path

import pytest
from rdkit import Chem

from ingenium.core.errors import EngineError
from ingenium.core.text import codes
from ingenium.domains.molecules import formats
from ingenium.domains.molecules.formats import COUNTED, StructureFile, molecules
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.conformer import conformer
from ingenium.kits.chemistry.independent import counted
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.safety import DualUseScreen
from ingenium.kits.chemistry.zinc import zinc250k

SDF = StructureFile(88, DualUseScreen())
WRITTEN = """water
  by hand

  3  2  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.1193 O   0  0
    0.0000    0.7632   -0.4770 H   0  0
    0.0000   -0.7632   -0.4770 H   0  0
  1  2  1  0
  1  3  1  0
M  END
"""


def test_a_record_that_was_written_by_hand() -> None:
    found = counted(WRITTEN)
    assert found == {
        "weight": pytest.approx(18.015),
        "heavy_atoms": 1,
        "pieces": 1,
        "rings": 0,
        "charge": 0,
    }
    distance = counted(WRITTEN.replace("  3  2  0", "  3  1  0").replace("  1  3  1  0\n", ""))
    assert distance["pieces"] == 2


def test_counts_are_those_of_real_molecules() -> None:
    """Charged ones of ZINC250k, and one with more charges than fit a line of a file."""
    many = ".".join(["[NH3+]CC[NH3+]"] * 5)
    for smiles in (*zinc250k()[:25], many, "[O-][N+](=O)c1ccccc1", "C1CC12CC2"):
        mol = parsed(str(smiles))
        found = counted(Chem.MolToMolBlock(conformer(mol)))
        for name, most in COUNTED.items():
            assert found[name] == pytest.approx(rules.BY_NAME[name].of(mol), abs=most + 1e-9)


def swapped(block: str) -> str:
    return block.replace(" O  ", " S  ", 1)


def shorter(block: str) -> str:
    """A block without the last bond."""
    lines = block.splitlines(keepends=True)
    atoms, bonds = int(lines[3][:3]), int(lines[3][3:6])
    lines[3] = f"{atoms:3d}{bonds - 1:3d}" + lines[3][6:]
    del lines[3 + atoms + bonds]
    return "".join(lines)


def closed(block: str) -> str:
    """A block with one more bond."""
    lines = block.splitlines(keepends=True)
    atoms, bonds = int(lines[3][:3]), int(lines[3][3:6])
    lines[3] = f"{atoms:3d}{bonds + 1:3d}" + lines[3][6:]
    lines.insert(4 + atoms + bonds, "  1  3  1  0\n")
    return "".join(lines)


def charged(block: str) -> str:
    return block.replace("M  END", "M  CHG  1   1   1\nM  END")


@pytest.mark.parametrize("altered", [swapped, shorter, closed, charged])
def test_a_writer_that_errs_writes_no_file(
    altered: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    right = Chem.MolToMolBlock
    monkeypatch.setattr(formats.Chem, "MolToMolBlock", lambda mol: altered(right(mol)))  # type: ignore[operator]
    with pytest.raises(EngineError, match=r"the record of CCCO holds"):
        SDF.write(molecules(["CCCO"], [0], 88), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_was_verified_is_what_the_file_says(tmp_path: Path) -> None:
    """Compare every cheap quantity of molecules read from the file, atoms and bonds alone."""
    problem = Library(LibrarySettings(known=200))
    designs = problem.data().isel(design=slice(0, 12))
    files = problem.formats["sdf"].write(designs, tmp_path)
    text = next(iter(files.values())).read_text()
    records = [r for r in text.split("$$$$\n") if r]
    bare = [Chem.MolFromMolBlock(r[: r.index("M  END") + 7]) for r in records]
    for mol in bare:
        Chem.RemoveStereochemistry(mol)
    again = problem.verifier.measure(codes([Chem.MolToSmiles(m) for m in bare], problem.longest))
    first = problem.verifier.measure(
        codes([str(s) for s in designs["smiles"].to_numpy()], problem.longest)
    )
    assert bool((again == first).all())
    assert again.shape[1] >= len(rules.RULES)
