"""Conformers against geometry, published energies, and other programs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rdkit import Chem
from rdkit.Chem import rdMolAlign, rdMolTransforms
from tblite.interface import Calculator

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.molecules.conformers import electrons, forces
from ingenium.domains.molecules.conformers.again import ConformerReference
from ingenium.domains.molecules.conformers.codec import ConformerCodec
from ingenium.domains.molecules.conformers.coverage import coverage
from ingenium.domains.molecules.conformers.formats import VARIABLE, ConformerFile
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.requested_molecule import closed, molecule
from ingenium.domains.molecules.conformers.search import ConformerSearch, searched, spun
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.runs.export import verified

AMIDE = "CC(=O)Nc1ccc(S(=O)(=O)NCc2ccc(C)cc2)cc1"
IBUPROFEN = "CC(C)Cc1ccc([C@H](C)C(=O)O)cc1"


@pytest.fixture(scope="module")
def amide() -> tuple[Chem.Mol, np.ndarray]:
    mol = molecule(AMIDE)
    return mol, forces.embedded(mol, 4, 1)


def filled(mol: Chem.Mol, position: np.ndarray) -> Chem.Mol:
    own = Chem.Mol(mol)
    own.RemoveAllConformers()
    for x in position:
        conformer = Chem.Conformer(len(x))
        conformer.SetPositions(np.ascontiguousarray(x))
        own.AddConformer(conformer, assignId=True)
    return own


@pytest.mark.parametrize("level", ["mmff", "gfn2"])
def test_butane_has_an_anti_and_two_gauche_conformers(level: str) -> None:
    """0.6 kcal/mol by coupled clusters, 0.6 to 0.9 in experiments.

    Source: Allinger et al., J. Chem. Phys. 106:5143, 1997 (0.62); Herrebout et al., J. Phys. Chem.
        99:578, 1995 (0.67, Raman).
    """
    found = searched("CCCC", ConformerSearch(starts=20, level=level))
    assert len(found.position) == 3
    above = found.gfn2_kcal - found.gfn2_kcal[0]
    assert above[1:] == pytest.approx([above[1]] * 2, abs=0.01)
    assert 0.5 < above[1] < 0.9
    angles = Torsions.of(molecule("CCCC")).angles(torch.from_numpy(found.position)).abs()
    assert angles[:, 0].rad2deg().tolist() == pytest.approx([180, 65, 65], abs=4)


def test_torsions_are_those_of_rdkit_and_turn_alone(amide: tuple[Chem.Mol, np.ndarray]) -> None:
    mol, x = amide
    torsions, position = Torsions.of(mol), torch.from_numpy(x)
    angles = torsions.angles(position)
    for row, conformer in zip(angles, filled(mol, x).GetConformers(), strict=True):
        truth = [rdMolTransforms.GetDihedralRad(conformer, *q) for q in torsions.quartets.tolist()]
        assert row.tolist() == pytest.approx(truth, abs=1e-9)
    by = torch.linspace(-3, 3, angles.numel(), dtype=torch.float64).reshape(angles.shape)
    turned = torsions.turned(position, by)
    off = torch.remainder(torsions.angles(turned) - angles - by + torch.pi, 2 * torch.pi)
    assert float((off - torch.pi).abs().max()) < 1e-9
    shape = Shape.of(mol, x[0])
    before, after = (
        np.linalg.norm(p[:, shape.bonds[:, 0]] - p[:, shape.bonds[:, 1]], axis=-1)
        for p in (x, turned.numpy())
    )
    np.testing.assert_allclose(after, before, atol=1e-9)


def test_likeness_is_that_of_rdkit(amide: tuple[Chem.Mol, np.ndarray]) -> None:
    mol, x = amide
    found = Likeness.of(mol).between(x, x)
    heavy = Chem.RemoveHs(filled(mol, x))
    for i in range(len(x)):
        for j in range(len(x)):
            truth = rdMolAlign.GetBestRMS(Chem.Mol(heavy), heavy, i, j)
            assert found[i, j] == pytest.approx(truth, abs=1e-5)


def test_the_oxygens_of_an_acid_are_told_apart() -> None:
    """RDKit treats them as equal where it has no hydrogens: 0.4 angstrom too near."""
    mol = molecule("CC(C)C(=O)O")
    oxygen = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 8]
    x = forces.embedded(mol, 1, 3)
    swapped = x.copy()
    swapped[0, oxygen] = x[0, oxygen[::-1]]
    own = float(Likeness.of(mol).between(x, swapped)[0, 0])
    heavy = Chem.RemoveHs(filled(mol, np.concatenate([x, swapped])))
    near, far = (
        rdMolAlign.GetBestRMS(
            Chem.Mol(heavy), heavy, 0, 1, symmetrizeConjugatedTerminalGroups=equal
        )
        for equal in (True, False)
    )
    assert own == pytest.approx(far, abs=1e-5)
    assert near < 1e-4 < 0.3 < far


def test_a_flipped_phenyl_is_the_same_and_a_mirror_image_is_not() -> None:
    mol = molecule("CCCc1ccccc1")
    torsions, x = Torsions.of(mol), forces.embedded(mol, 1, 3)
    ring = [
        i
        for i, q in enumerate(torsions.quartets.tolist())
        if mol.GetAtomWithIdx(q[1]).GetIsAromatic() or mol.GetAtomWithIdx(q[2]).GetIsAromatic()
    ]
    by = torch.zeros(1, len(torsions.quartets), dtype=torch.float64)
    by[0, ring] = torch.pi
    flipped = torsions.turned(torch.from_numpy(x), by).numpy()
    alike = Likeness.of(mol)
    assert float(alike.between(x, flipped)[0, 0]) < 0.05
    gauche = searched("CC[C@H](C)O", ConformerSearch(starts=20)).position[:1]
    assert float(Likeness.of(molecule("CC[C@H](C)O")).between(gauche, -gauche)[0, 0]) > 0.2


def test_energies_are_those_of_the_engines(amide: tuple[Chem.Mol, np.ndarray]) -> None:
    mol, x = amide
    numbers = np.array([a.GetAtomicNum() for a in mol.GetAtoms()])
    direct = Calculator("GFN2-xTB", numbers, x[0] / 0.529177210903)
    direct.set("verbosity", 0)
    truth = direct.singlepoint().get("energy") * 627.509474
    assert electrons.energy(mol, x[0]) == pytest.approx(truth, abs=1e-6)
    _, energy = forces.relaxed(mol, x)
    position, again = forces.relaxed(mol, x[2:3])
    assert again[0] == energy[2]
    assert forces.energies(mol, position)[0] == pytest.approx(energy[2], abs=1e-6)


def test_codec_takes_conformers_apart(amide: tuple[Chem.Mol, np.ndarray]) -> None:
    mol, x = amide
    torsions = Torsions.of(mol)
    position = torsions.framed(torch.from_numpy(x))
    codec = ConformerCodec(torsions, position[0])
    (back,) = codec.decode(codec.encode((position,)))
    torch.testing.assert_close(back, position, rtol=0, atol=1e-9)
    angles = torsions.angles(position[1:2]).expand(4, -1)
    (one,) = codec.decode(codec.joined(angles, codec.local(position)))
    torch.testing.assert_close(torsions.angles(one), angles)
    assert float(codec.encode((position[:1],))[0, 2 * angles.shape[1] :].abs().max()) < 1e-9


def test_a_mirror_image_and_a_turned_double_bond_are_noticed() -> None:
    mol = molecule("C/C=C/[C@H](O)CC")
    x = forces.embedded(mol, 2, 1)
    shape = Shape.of(mol, x[0])
    assert shape.stereo_changed(x).tolist() == [0, 0]
    assert shape.stereo_changed(-x).tolist() == [1, 1]
    other = forces.embedded(molecule("C/C=C\\[C@H](O)CC"), 1, 1)
    assert shape.stereo_changed(other).tolist() == [1]
    assert shape.clash(0.3 * x).max() < 0.5 < shape.clash(x).min()
    assert shape.stretch(1.2 * x)[0] == pytest.approx(0.2, abs=1e-9)


def test_random_torsions_are_spread(amide: tuple[Chem.Mol, np.ndarray]) -> None:
    mol, x = amide
    turned = spun(mol, np.repeat(x[:1], 200, 0), torch.Generator().manual_seed(1))
    angles = Torsions.of(mol).angles(torch.from_numpy(turned))
    assert float(torch.polar(torch.ones_like(angles), angles).mean(0).abs().max()) < 0.2


def test_coverage_of_a_small_table() -> None:
    distance = np.array([[0.1, 2.0, 0.6], [0.3, 1.0, 0.9]])
    found = coverage(distance, 0.5)
    assert found["cov_r"] == pytest.approx(1 / 3)
    assert found["amr_r"] == pytest.approx((0.1 + 1.0 + 0.6) / 3)
    assert (found["cov_p"], found["amr_p"]) == (1.0, pytest.approx(0.2))


def test_files_keep_every_digit_and_a_second_reading_agrees(tmp_path: Path) -> None:
    known = searched("CC[C@H](C)O", ConformerSearch(starts=20))
    mol = molecule("CC[C@H](C)O")
    position = torch.round(torch.from_numpy(known.position), decimals=4)
    file = ConformerFile(mol, Likeness.of(mol), 0.5)
    file.write(to_dataset((position,), (VARIABLE,), {}), tmp_path)
    back = file.read(tmp_path)["position"].to_numpy()
    np.testing.assert_array_equal(back, position.numpy())
    fewer = file.read(tmp_path / "ensemble.sdf")["position"].to_numpy()
    assert 1 < len(fewer) < len(back)
    distance = file.likeness.between(fewer, fewer) + np.eye(len(fewer))
    assert distance.min() >= 0.5
    energy, nearest = ConformerReference(file, lambda: known).measure(position[1:2])[0].tolist()
    above = float(known.gfn2_kcal[1] - known.gfn2_kcal[0])
    assert energy == pytest.approx(above, abs=0.01)
    assert nearest < 1e-3


def test_other_orders_of_atoms_are_matched_and_other_molecules_refused(tmp_path: Path) -> None:
    mol = molecule("CC[C@H](C)O")
    file = ConformerFile(mol, Likeness.of(mol), 0.5)
    x = forces.embedded(mol, 1, 1)
    turned = Chem.RenumberAtoms(filled(mol, x), list(range(mol.GetNumAtoms()))[::-1])
    path = tmp_path / "other.sdf"
    path.write_text(Chem.MolToMolBlock(turned) + "$$$$\n")
    read = file.read(path)["position"].to_numpy()
    assert float(file.likeness.between(read, x)[0, 0]) < 1e-3
    assert Shape.of(mol, x[0]).stereo_changed(read)[0] == 0
    other = molecule("CCCC")
    path.write_text(Chem.MolToMolBlock(filled(other, forces.embedded(other, 1, 1))) + "$$$$\n")
    with pytest.raises(InputError, match="record 1"):
        file.read(path)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("", "no text"),
        ("C1CC", "SMILES"),
        ("c1ccccc1", "bond to turn"),
        ("CC#CC", "bond to turn"),
        ("CCCC(=O)[O-].[Na+]", "salt"),
        ("CC[CH]C", "radical"),
        ("CC[13CH2]C", "isotope"),
        ("CCC(C)O", r"CC\[C@@H\]\(C\)O"),
        ("CC=CC(C)(C)CC", "leaves some of it open"),
        ("CCCB(O)O", "MMFF94"),
        ("C" * 70, "60 heavy atoms"),
        ("C" * 30, "15 bonds to turn"),
        ("CC*", "left open"),
    ],
)
def test_what_cannot_be_asked(smiles: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        molecule(smiles)


def test_an_open_centre_is_closed_the_same_way_each_time() -> None:
    assert closed("CC(C)Cc1ccc(C(C)C(=O)O)cc1") == closed("OC(=O)C(C)c1ccc(CC(C)C)cc1")
    assert molecule(closed("CCC(C)O")).GetNumAtoms() == 15


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"relax": "dft"}, "mmff"),
        ({"starts": 1}, "starts from 2"),
        ({"window_kcal": -1.0}, "window_kcal from 0.1"),
        ({"smiles": "O=C1CC2CCC1CC2"}, "bond to turn"),
        ({"smiles": "O=C(C)N1C[C@@H]2CC[C@@H](C1)N(CC)C2"}, "finds room"),
        ({"smiles": "CCCP(=O)(C)F"}, "dual-use|stereochemistry"),
    ],
)
def test_a_setup_that_cannot_be_is_refused(setup: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_problem(Spec("molecules.conformers", setup=setup))


def test_atoms_in_one_place_fail_alone() -> None:
    """Only one design fails; the others in the batch are measured as usual."""
    problem = open_problem(
        Spec(problem="molecules.conformers", setup={"smiles": "CCCC", "starts": 5})
    )
    designs = problem.data().isel({DESIGN: [0, 0, 0]}).copy(deep=True)
    designs["position"].values[1] = 0.0
    designs["position"].values[2, 1] = designs["position"].values[2, 0]
    found = verified(problem, resolve(Spec(problem=problem.name), problem), designs)
    assert found["verdict"].to_numpy().tolist() == ["accepted", "failed", "failed"]
