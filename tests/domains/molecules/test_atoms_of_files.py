"""Electrons are those of the atoms in a file, and a file without them is reported."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rdkit import Chem

from ingenium.core.verify import verify
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.kits.chemistry.conformer import conformer
from ingenium.kits.chemistry.parsing import required
from ingenium.kits.chemistry.xtb import Geometry, single_point

PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"
EMBEDDED, FILE = 0, 1


@pytest.fixture(scope="module")
def problem(own_folders: Path) -> Lead:
    return Lead(LeadSettings(known=200, electrons="gfn2"))


def reported(problem: Lead, path: Path) -> xr.Dataset:
    designs = problem.formats["sdf"].read(path)
    limits = problem.limits
    return verify(
        designs, problem.verifier, limits, variables=problem.variables, sizes=problem.sizes
    )


def moved(block: str, atom: int, by: float) -> str:
    """A record with one atom elsewhere along z."""
    mol = Chem.MolFromMolBlock(block, removeHs=False)
    at = mol.GetConformer().GetAtomPosition(atom)
    at.z += by
    mol.GetConformer().SetAtomPosition(atom, at)
    return str(Chem.MolToMolBlock(mol))


def test_the_gap_is_that_of_the_written_atoms(problem: Lead, tmp_path: Path) -> None:
    """Another path to the same number: RDKit reads the file, and tblite computes its gap."""
    problem.formats["sdf"].write(problem.designs_of((PARACETAMOL, "O")), tmp_path)
    found = reported(problem, tmp_path)
    for i, mol in enumerate(Chem.SDMolSupplier(str(tmp_path / "molecules.sdf"), removeHs=False)):
        truth = single_point(Geometry.of(mol))
        assert truth is not None
        assert found["gap"].to_numpy()[i] == pytest.approx(truth.gap_ev, abs=1e-6)
        assert found["dipole"].to_numpy()[i] == pytest.approx(truth.dipole_debye, abs=1e-6)
    assert found["atoms_from"].to_numpy().tolist() == [FILE, FILE]


def test_an_atom_that_moves_changes_the_gap(problem: Lead, tmp_path: Path) -> None:
    shown = conformer(required(PARACETAMOL, "molecule"))
    block, path = Chem.MolToMolBlock(shown), tmp_path / "one.sdf"
    gaps = []
    for by in (0.0, 0.15):
        path.write_text(moved(block, 2, by))
        gaps.append(reported(problem, path)["gap"].item())
    assert abs(gaps[1] - gaps[0]) > 1e-2


def test_atoms_away_from_their_bonds_have_no_gap(problem: Lead, tmp_path: Path) -> None:
    """Otherwise a molecule passes with the electrons of another one of the same atoms."""
    block, path = Chem.MolToMolBlock(conformer(required("CCO", "molecule"))), tmp_path / "one.sdf"
    for by, answers in ((0.1, True), (3.0, False)):
        path.write_text(moved(block, 2, by))
        assert np.isfinite(reported(problem, path)["gap"].item()) == answers


@pytest.mark.parametrize("hydrogens", [True, False])
def test_a_file_without_all_atoms_in_space_is_embedded_and_says_so(
    problem: Lead, tmp_path: Path, hydrogens: bool
) -> None:
    flat, path = required(PARACETAMOL, "molecule"), tmp_path / "one.sdf"
    if hydrogens:
        flat = Chem.AddHs(flat)
        Chem.rdDepictor.Compute2DCoords(flat)
    else:
        flat = Chem.RemoveHs(conformer(flat))
    path.write_text(Chem.MolToMolBlock(flat))
    found, text = reported(problem, path), problem.designs_of((PARACETAMOL,))
    anew = verify(text, problem.verifier, (), variables=problem.variables, sizes=problem.sizes)
    assert found["atoms_from"].item() == EMBEDDED == anew["atoms_from"].item()
    assert found["gap"].item() == anew["gap"].item()
