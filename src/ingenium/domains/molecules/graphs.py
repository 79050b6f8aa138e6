"""Molecules as graphs of atoms and bonds, and repair of invalid graphs.

Bonds of aromatic rings are of one kind, and a nitrogen with hydrogen in such a ring is a kind of
its own, so that a graph does not depend on the placement of its double bonds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from rdkit import Chem, rdBase
from torch import Tensor

from ingenium.domains.molecules.grammar import CHARGED, VALENCE
from ingenium.generators.graphs.graph import pairs
from ingenium.kits.chemistry.parsing import canonical, parsed

Kind = tuple[str, int, bool]  # element, charge, hydrogen in an aromatic ring
NEUTRAL = ("C", "N", "O", "F", "S", "Cl", "Br")
IONS = (("N", 1), ("O", -1), ("N", -1), ("S", -1), ("O", 1), ("S", 1), ("C", -1), ("P", 1))
PYRROLE: Kind = ("N", 0, True)
KINDS: dict[str, tuple[Kind, ...]] = {
    "moses": (*((e, 0, False) for e in NEUTRAL), PYRROLE),
    "zinc250k": (
        *((e, 0, False) for e in (*NEUTRAL, "I", "P")),
        PYRROLE,
        *((e, q, False) for e, q in IONS),
    ),
}
AROMATIC = 4  # after none, single, double, triple
TYPES = (
    Chem.BondType.ZERO,
    Chem.BondType.SINGLE,
    Chem.BondType.DOUBLE,
    Chem.BondType.TRIPLE,
    Chem.BondType.AROMATIC,
)
MOST_ATOMS = {"moses": 27, "zinc250k": 38}


@dataclass(frozen=True)
class MoleculeGraphs:
    """Kinds of atoms and bonds of the molecules of a data set.

    Shapes: n molecules, d numbers of one.
    """

    table: tuple[Kind, ...]
    nodes: int  # of the largest molecule
    bonds: int = len(TYPES)

    @property
    def kinds(self) -> int:
        """Number of kinds of atoms, including "no atom"."""
        return 1 + len(self.table)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one graph."""
        return (self.nodes + self.nodes * (self.nodes - 1) // 2,)

    def row(self, smiles: str) -> Int[np.ndarray, " d"] | None:
        """Return the graph of a molecule; None if these kinds cannot represent it."""
        mol = parsed(smiles)
        if mol is None or mol.GetNumAtoms() > self.nodes:
            return None
        number = {kind: 1 + i for i, kind in enumerate(self.table)}
        kinds = np.zeros(self.nodes, int)
        edges = np.zeros((self.nodes, self.nodes), int)
        for atom in mol.GetAtoms():
            pyrrole = atom.GetIsAromatic() and atom.GetTotalNumHs() and atom.GetSymbol() != "C"
            kind = (atom.GetSymbol(), atom.GetFormalCharge(), bool(pyrrole))
            kinds[atom.GetIdx()] = number.get(kind, -1)
        for bond in mol.GetBonds():
            ends = sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))
            edges[ends[0], ends[1]] = TYPES.index(bond.GetBondType())
        upper = pairs(self.nodes).numpy()
        row: np.ndarray = np.concatenate([kinds, edges[upper[0], upper[1]]])
        return None if (kinds < 0).any() else row

    def to_texts(self, x: Float[Tensor, "n d"]) -> list[str]:
        """Return the SMILES of graphs; invalid ones are repaired."""
        return [self.text(row)[0] for row in x.round().to(torch.int64).numpy()]

    def text(self, row: Int[np.ndarray, " d"]) -> tuple[str, bool]:
        """Return the SMILES of a graph, and whether it was valid without repair."""
        count = int((row[: self.nodes] > 0).sum())
        kinds = [self.table[k - 1] for k in row[:count]]
        upper = pairs(self.nodes).numpy()
        own = row[self.nodes :]
        bonds = {(int(upper[0, p]), int(upper[1, p])): int(own[p]) for p in np.flatnonzero(own)}
        mol = _sound(kinds, bonds)
        if mol is not None and len(Chem.GetMolFrags(mol)) == 1:
            return canonical(mol), True
        return canonical(_repaired(kinds, bonds)), False


def _sound(kinds: Sequence[Kind], bonds: dict[tuple[int, int], int]) -> Chem.Mol | None:
    """Molecule of a graph, if RDKit accepts it without repair."""
    mol = _built(kinds, bonds)
    with rdBase.BlockLogs():
        if Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
    text = canonical(mol)
    return parsed(text)


def _built(kinds: Sequence[Kind], bonds: dict[tuple[int, int], int]) -> Chem.RWMol:
    mol = Chem.RWMol()
    for element, charge, hydrogen in kinds:
        atom = Chem.Atom(element)
        atom.SetFormalCharge(charge)
        atom.SetNumExplicitHs(int(hydrogen))
        mol.AddAtom(atom)
    for (i, j), order in bonds.items():
        mol.AddBond(i, j, TYPES[order])
        if order == AROMATIC:
            mol.GetBondBetweenAtoms(i, j).SetIsAromatic(True)
            for k in (i, j):
                mol.GetAtomWithIdx(k).SetIsAromatic(True)
    return mol


def _repaired(kinds: Sequence[Kind], bonds: dict[tuple[int, int], int]) -> Chem.Mol:
    """Largest piece of a graph after a minimal repair.

    Aromatic bonds become single and double ones, bonds beyond the valence of an atom are lowered
    and then left out, those of late atoms first.
    """
    left = [_valence(kind) for kind in kinds]
    retained: dict[tuple[int, int], int] = {}
    aromatic = [ends for ends, order in bonds.items() if order == AROMATIC]
    for (i, j), order in sorted(bonds.items()):
        fits = min(1 if order == AROMATIC else order, left[i], left[j])
        if fits:
            retained[i, j] = fits
            left[i], left[j] = left[i] - fits, left[j] - fits
    for i, j in _doubled([e for e in aromatic if e in retained], kinds, left):
        retained[i, j] += 1
    plain = [(element, charge, False) for element, charge, _ in kinds]
    mol = _built(plain, retained)
    Chem.SanitizeMol(mol)
    pieces = Chem.GetMolFrags(mol, asMols=True)
    return parsed(canonical(max(pieces, key=lambda m: m.GetNumAtoms())))


def _doubled(
    bonds: Sequence[tuple[int, int]], kinds: Sequence[Kind], left: Sequence[int]
) -> list[tuple[int, int]]:
    """Bonds that become double: at most one at an atom, ends with few options first."""
    open_ends = {i for e in bonds for i in e if left[i] and not kinds[i][2]}
    near = {
        i: {k for e in bonds if i in e for k in e if k != i and k in open_ends} for i in open_ends
    }
    found = []
    while any(near.values()):
        i = min((i for i in near if near[i]), key=lambda i: (len(near[i]), i))
        j = min(near[i], key=lambda j: (len(near[j]), j))
        found.append((min(i, j), max(i, j)))
        for gone in (i, j):
            for other in near.pop(gone):
                if other in near:
                    near[other].discard(gone)
    return found


def _valence(kind: Kind) -> int:
    element, charge, hydrogen = kind
    most = CHARGED[element, charge] if charge else VALENCE[element]
    return most - int(hydrogen)
