"""Molecules as graphs: moves that preserve valences, and a model of them with a known truth."""

import numpy as np
import pytest
from rdkit import Chem
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import PairwiseKernel

from ingenium.domains.molecules.strategies.moves import (
    LARGEST_RING,
    crossed,
    editable,
    mutated,
    through_chain,
    through_ring,
)
from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.evaluate.kernels import Tanimoto, of_bits
from ingenium.kits.chemistry.parsing import canonical, parsed

DRUGS = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "O=C(NCCN1CCOCC1)c1ccc(Cl)cc1",
    "Cn1c(=O)c2c(ncn2C)n(C)c1=O",
    "CC(C)NCC(O)COc1cccc2ccccc12",
    "Cc1ccc(-c2cc(C(F)(F)F)nn2-c2ccc(S(N)(=O)=O)cc2)cc1",
    "O=c1[nH]c(=O)n(C2CCCO2)cc1F",
    "O=[N+]([O-])c1ccccc1C#N",
)
BONDS = {"C": 4, "N": 3, "O": 2, "F": 1, "Cl": 1, "S": 6}  # an atom has at most, without charge


@pytest.mark.parametrize("move", [mutated, lambda mol, rng: crossed(mol, parsed(DRUGS[1]), rng)])
def test_moves_keep_valences(move: object) -> None:
    """Count by hand from bonds and hydrogens, and compare with RDKit."""
    rng, made = np.random.default_rng(0), 0
    for turn in range(84):
        mol = move(parsed(DRUGS[turn % len(DRUGS)]), rng)  # type: ignore[operator]
        if mol is None:
            continue
        made += 1
        again = parsed(canonical(mol))
        assert again is not None
        assert canonical(again) == canonical(mol)
        assert len(Chem.GetMolFrags(again)) == 1
        assert not sum(a.GetNumRadicalElectrons() for a in again.GetAtoms())
        assert max((len(r) for r in again.GetRingInfo().AtomRings()), default=0) <= LARGEST_RING
        Chem.Kekulize(again, clearAromaticFlags=True)
        for atom in again.GetAtoms():
            order = sum(b.GetBondTypeAsDouble() for b in atom.GetBonds()) + atom.GetTotalNumHs()
            if atom.GetFormalCharge() == 0:
                assert order <= BONDS[atom.GetSymbol()], canonical(mol)
    assert made > 75


@pytest.mark.parametrize(("cut", "ends"), [(through_chain, 1), (through_ring, 2)])
def test_a_cut_leaves_a_part_with_its_ends(cut: object, ends: int) -> None:
    rng, whole = np.random.default_rng(1), parsed(DRUGS[4])
    sizes = set()
    for _ in range(40):
        piece = cut(editable(whole), rng)  # type: ignore[operator]
        if piece is None:
            continue
        assert len(piece.ends) == ends
        assert len(Chem.GetMolFrags(piece.mol)) == 1
        assert all(0 <= atom < piece.mol.GetNumAtoms() for atom, _ in piece.ends)
        assert editable(whole).HasSubstructMatch(piece.mol)
        sizes.add(piece.mol.GetNumAtoms())
    assert len(sizes) > 3


def shared(a: np.ndarray, b: np.ndarray, gamma: float) -> float:
    """Tanimoto's similarity of two rows of bits, counted bit by bit."""
    both = sum(1 for x, y in zip(a, b, strict=True) if x and y)
    return both / sum(1 for x, y in zip(a, b, strict=True) if x or y)


def test_the_process_is_that_of_another_package() -> None:
    rng = np.random.default_rng(2)
    x, new = (rng.random((n, 24)) < 0.4 for n in (60, 20))
    y = np.stack([np.sin(x[:, :9].sum(1)), x[:, 0] * x[:, 1] + 0.1 * x.sum(1)], 1)
    own = GaussianRegression.of(x.astype(np.float64), y, of_bits(0.03, (1e-3, 0.3)))
    noise = own.noise
    mean, covariance = own.posterior(new.astype(np.float64))
    kernel = PairwiseKernel(metric=shared, gamma_bounds="fixed")
    other = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None)
    other.fit(x.astype(np.float64), (y - y.mean(0)) / y.std(0))
    theirs, spread = other.predict(new.astype(np.float64), return_cov=True)
    np.testing.assert_allclose(mean, y.mean(0) + y.std(0) * theirs, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(covariance, spread[..., 0], atol=1e-8)
    samples = own.samples(new.astype(np.float64), 4000, rng)
    np.testing.assert_allclose(samples.mean(0), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(samples[..., 0].T), y[:, 0].var() * covariance, atol=0.1)


def test_tanimoto_is_counted() -> None:
    a = np.array([[1, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float32)
    b = np.array([[1, 0, 1, 0]], dtype=np.float32)
    np.testing.assert_allclose(Tanimoto()(a, b), [[1 / 3], [0.0]])
