"""How alike molecules are: fingerprints, scaffolds, and groups to keep or to avoid."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from ingenium.domains.molecules.chemistry.contradictions import check_apart, check_drawn
from ingenium.domains.molecules.chemistry.parsing import canonical, pattern

RADIUS, BITS = 2, 2048  # of ECFP4


@cache
def _ecfp(bits: int) -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=bits)


def fingerprints(mols: Sequence[Chem.Mol], bits: int = BITS) -> UInt8[np.ndarray, "n bits"]:
    """Morgan fingerprints of radius 2, a byte a bit.

    Source: Rogers and Hahn, J. Chem. Inf. Model. 50:742, 2010 (ECFP4).
    """
    rows = [_ecfp(bits).GetFingerprintAsNumPy(m) for m in mols]
    return np.stack(rows) if rows else np.empty((0, bits), dtype=np.uint8)


def prints(mols: Sequence[Chem.Mol]) -> list[DataStructs.ExplicitBitVect]:
    """The same fingerprints as RDKit keeps them, for comparisons one by one."""
    return [_ecfp(BITS).GetFingerprint(m) for m in mols]


def similarity(mols: Sequence[Chem.Mol], query: Chem.Mol) -> Float[np.ndarray, " n"]:
    """Tanimoto similarity of the fingerprints to that of the query: 1 for equal ones."""
    (own,) = prints([query])
    return np.array(DataStructs.BulkTanimotoSimilarity(own, prints(mols)), dtype=np.float64)


def nearest(mols: Sequence[Chem.Mol], known: Sequence[Chem.Mol]) -> Float[np.ndarray, " n"]:
    """Tanimoto similarity to the most similar known molecule."""
    others = prints(known)
    rows = [DataStructs.BulkTanimotoSimilarity(own, others) for own in prints(mols)]
    return np.array([max(row, default=0.0) for row in rows], dtype=np.float64)


def scaffold(mol: Chem.Mol) -> str:
    """SMILES of the rings and what links them; no text for a molecule without rings.

    Source: Bemis and Murcko, J. Med. Chem. 39:2887, 1996.
    """
    return canonical(MurckoScaffold.GetScaffoldForMol(mol))


@dataclass(frozen=True)
class Groups:
    """Substructures that must be there and those that must not, as SMARTS."""

    keep: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Parse them once.

        Raises:
            InputError: for what is no SMARTS or never matches what it draws, one to keep that holds
                one to avoid, or one to avoid that every molecule holds.
        """
        for texts, what in ((self.keep, "a group to keep"), (self.avoid, "a group to avoid")):
            for text in texts:
                check_drawn(text, pattern(text, what), what)
        check_apart(self.kept, {text: _pattern(text) for text in self.avoid})

    @property
    def kept(self) -> dict[str, Chem.Mol]:
        """Queries of the groups to keep."""
        return {text: _pattern(text) for text in self.keep}

    def missing(self, mol: Chem.Mol) -> int:
        """How many of those to keep are not there."""
        return sum(not mol.HasSubstructMatch(_pattern(text)) for text in self.keep)

    def unwanted(self, mol: Chem.Mol) -> int:
        """How many of those to avoid are there."""
        return sum(mol.HasSubstructMatch(_pattern(text)) for text in self.avoid)


@cache
def _pattern(smarts: str) -> Chem.Mol:
    return pattern(smarts, "a group")
