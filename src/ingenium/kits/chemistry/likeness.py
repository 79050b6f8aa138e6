"""Similarity of molecules: fingerprints and scaffolds."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from ingenium.kits.chemistry.parsing import canonical

RADIUS, BITS = 2, 2048  # of ECFP4


@cache
def _ecfp(bits: int) -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=bits)


def fingerprints(mols: Sequence[Chem.Mol], bits: int = BITS) -> UInt8[np.ndarray, "n bits"]:
    """Return Morgan fingerprints of radius 2, one byte for each bit.

    Source: Rogers and Hahn, J. Chem. Inf. Model. 50:742, 2010 (ECFP4).
    """
    rows = [_ecfp(bits).GetFingerprintAsNumPy(m) for m in mols]
    return np.stack(rows) if rows else np.empty((0, bits), dtype=np.uint8)


def prints(mols: Sequence[Chem.Mol]) -> list[DataStructs.ExplicitBitVect]:
    """Return the same fingerprints as RDKit bit vectors, for pairwise comparisons."""
    return [_ecfp(BITS).GetFingerprint(m) for m in mols]


def similarity(mols: Sequence[Chem.Mol], query: Chem.Mol) -> Float[np.ndarray, " n"]:
    """Return the Tanimoto similarity of each molecule to the query: 1 for equal fingerprints."""
    (own,) = prints([query])
    return np.array(DataStructs.BulkTanimotoSimilarity(own, prints(mols)), dtype=np.float64)


def nearest(mols: Sequence[Chem.Mol], known: Sequence[Chem.Mol]) -> Float[np.ndarray, " n"]:
    """Return the Tanimoto similarity of each molecule to its most similar known molecule."""
    others = prints(known)
    rows = [DataStructs.BulkTanimotoSimilarity(own, others) for own in prints(mols)]
    return np.array([max(row, default=0.0) for row in rows], dtype=np.float64)


def scaffold(mol: Chem.Mol) -> str:
    """Return the SMILES of the rings and their linkers; "" for a molecule without rings.

    Source: Bemis and Murcko, J. Med. Chem. 39:2887, 1996.
    """
    return canonical(MurckoScaffold.GetScaffoldForMol(mol))
