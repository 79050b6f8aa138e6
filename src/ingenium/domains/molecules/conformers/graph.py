"""Graph of a molecule for a network: heavy atoms, bonds, and pairs with variable distances.

Shapes: h heavy atoms, e directed bonds, p pairs, q quartets, m torsions.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.conformers.torsions import Torsions

ELEMENTS = (6, 7, 8, 9, 16, 17, 35)  # and all others
HYBRIDS = (Chem.HybridizationType.SP, Chem.HybridizationType.SP2, Chem.HybridizationType.SP3)
KINDS = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
RINGS = (3, 4, 5, 6)  # sizes, and larger
ATOM, BOND = 8 + 5 + 5 + 3 + 3 + 5, 4 + 2  # numbers of each
NEAREST, FARTHEST = 3, 12  # bonds between the atoms of a pair; longer ones count as the farthest


@dataclass(frozen=True)
class Graph:
    """Network inputs of a molecule."""

    atoms: Float[Tensor, "h f"]
    ends: Int[Tensor, "2 e"]  # from, to
    bonds: Float[Tensor, "e g"]
    pairs: Int[Tensor, "2 p"]
    apart: Int[Tensor, " p"]  # bonds between them, from 0 for `NEAREST`
    quartets: Int[Tensor, "4 q"]  # all neighbours at both ends of each torsion
    about: Int[Tensor, " q"]  # their torsion
    moved: Bool[Tensor, "m h"]
    axes: Int[Tensor, "m 2"]
    heavy: Int[Tensor, " h"]  # indices among all atoms

    @classmethod
    def of(cls, mol: Chem.Mol, torsions: Torsions) -> "Graph":
        """Build the graph of a molecule with hydrogens."""
        heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
        bonds = [b for b in mol.GetBonds() if {b.GetBeginAtomIdx(), b.GetEndAtomIdx()} <= {*heavy}]
        ends = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in bonds]
        reported = torch.tensor([_bond(b) for b in bonds], dtype=torch.float32)
        moved = torsions.moved[:, heavy]
        far = torch.as_tensor(Chem.GetDistanceMatrix(mol), dtype=torch.int64)[heavy][:, heavy]
        changes = (moved[:, :, None] != moved[:, None, :]).any(0) & (far >= NEAREST)
        pairs = torch.triu(changes).nonzero().T
        quartets, about = _quartets(mol, torsions)
        place = torch.full((mol.GetNumAtoms(),), -1)
        place[heavy] = torch.arange(len(heavy))
        way = place[torch.tensor(ends).T]
        return cls(
            torch.tensor([_atom(mol.GetAtomWithIdx(i)) for i in heavy], dtype=torch.float32),
            torch.cat([way, way.flip(0)], 1),
            torch.cat([reported, reported]),
            pairs,
            far[pairs[0], pairs[1]].clamp(max=FARTHEST) - NEAREST,
            place[torch.tensor(quartets).T],
            torch.tensor(about),
            moved,
            place[torsions.quartets[:, 1:3]],
            torch.tensor(heavy),
        )

    def torsions(self, whole: Torsions) -> Torsions:
        """Return the torsions of heavy atoms only, with the graph's numbering."""
        place = torch.full((whole.moved.shape[1],), -1)
        place[self.heavy] = torch.arange(len(self.heavy))
        return Torsions(place[whole.quartets], self.moved)


def _one_of(value: object, choices: tuple[object, ...]) -> list[float]:
    """One-hot encoding of a value, the last entry for any other."""
    found = [float(value == c) for c in choices]
    return [*found, float(not any(found))]


def _atom(atom: Chem.Atom) -> list[float]:
    size = next((s for s in RINGS if atom.IsInRingSize(s)), 0 if not atom.IsInRing() else 9)
    charge = atom.GetFormalCharge()
    return [
        *_one_of(atom.GetAtomicNum(), ELEMENTS),
        *_one_of(atom.GetDegree() - atom.GetTotalNumHs(includeNeighbors=True), (1, 2, 3, 4)),
        *_one_of(atom.GetTotalNumHs(includeNeighbors=True), (0, 1, 2, 3)),
        *[float(atom.GetHybridization() == h) for h in HYBRIDS],
        float(atom.GetIsAromatic()),
        float(charge > 0),
        float(charge < 0),
        *([0.0] * (len(RINGS) + 1) if not size else _one_of(size, RINGS)),
    ]


def _bond(bond: Chem.Bond) -> list[float]:
    kind = [float(bond.GetBondType() == k) for k in KINDS]
    return [*kind, float(bond.GetIsConjugated()), float(bond.IsInRing())]


def _quartets(mol: Chem.Mol, torsions: Torsions) -> tuple[list[tuple[int, ...]], list[int]]:
    """All quartets of heavy atoms that measure each torsion."""
    rows, about = list[tuple[int, ...]](), list[int]()
    for i, (_, b, c, _) in enumerate(torsions.quartets.tolist()):
        near, far = (_heavy(mol, of, other) for of, other in ((b, c), (c, b)))
        rows += [(a, b, c, d) for a in near for d in far]
        about += [i] * (len(near) * len(far))
    return rows, about


def _heavy(mol: Chem.Mol, of: int, other: int) -> list[int]:
    near = mol.GetAtomWithIdx(of).GetNeighbors()
    return [a.GetIdx() for a in near if a.GetAtomicNum() > 1 and a.GetIdx() != other]
