"""Distributions of torsions around bonds of each kind, as histograms of known conformers.

Shapes: k kinds of bond, b bins, m torsions, n designs.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.conformers.torsions import Torsions

BINS = 36
ANY = "any"
FEWEST = 10  # torsions of a kind; with fewer a wider kind is used


@dataclass(frozen=True)
class TorsionHistograms:
    """Counts in each bin from -pi to pi, by kind."""

    counts: dict[str, list[int]]

    @classmethod
    def of(cls, known: Iterable[tuple[Chem.Mol, np.ndarray]]) -> "TorsionHistograms":
        """Count torsions of molecules and their conformers; mirror images count as well."""
        table: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(BINS, dtype=np.int64))
        for mol, position in known:
            torsions = Torsions.of(mol)
            angles = torsions.angles(torch.from_numpy(position)).numpy()
            for row, quartet in zip(angles.T, torsions.quartets.tolist(), strict=True):
                both = np.concatenate([row, -row])
                found, _ = np.histogram(both, BINS, (-math.pi, math.pi))
                for kind in kinds(mol, quartet):
                    table[kind] += found
        retained = {k: v.tolist() for k, v in sorted(table.items()) if v.sum() >= 2 * FEWEST}
        return cls(retained)

    @classmethod
    def read(cls, path: Path) -> "TorsionHistograms":
        """Read histograms from a file."""
        return cls(json.loads(path.read_text(encoding="ascii")))

    def drawn(
        self, mol: Chem.Mol, torsions: Torsions, n: int, rng: torch.Generator
    ) -> Float64[Tensor, "n m"]:
        """Sample torsions of a molecule independently."""
        rows = []
        for quartet in torsions.quartets.tolist():
            kind = next(k for k in kinds(mol, quartet) if k in self.counts)
            share = torch.tensor(self.counts[kind], dtype=torch.float64)
            place = torch.multinomial(share, n, replacement=True, generator=rng)
            within = torch.rand(n, generator=rng, dtype=torch.float64)
            rows.append((place + within) * (2 * math.pi / BINS) - math.pi)
        return torch.stack(rows, 1)


def kinds(mol: Chem.Mol, quartet: list[int]) -> tuple[str, str, str]:
    """Return the kinds of a torsion, from narrow to wide."""
    reported = [_reported(mol.GetAtomWithIdx(i)) for i in quartet]
    whole = min("-".join(reported), "-".join(reported[::-1]))
    middle = "-".join(sorted(reported[1:3]))
    return whole, middle, ANY


def _reported(atom: Chem.Atom) -> str:
    """Element, hydrogens, hybridisation and ring membership."""
    kind = atom.GetSymbol().lower() if atom.GetIsAromatic() else atom.GetSymbol()
    hydrogens = atom.GetTotalNumHs(includeNeighbors=True)
    ring = "r" if atom.IsInRing() else ""
    return f"{kind}H{hydrogens}{str(atom.GetHybridization()).lower()}{ring}"
