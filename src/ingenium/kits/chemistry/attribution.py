"""Attribution of a predicted number to groups of a molecule: exact Shapley values.

A molecule is cut at single bonds into ring systems and functional groups. Each coalition of groups
is a molecule again, hydrogens in place of what is missing, and the share of a group is what it adds
to a coalition, on average over all orders of adding the groups.

Source: Shapley, Contributions to the Theory of Games II, 1953; Lundberg and Lee, 2017,
    arXiv:1705.07874.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Float
from rdkit import Chem

from ingenium.kits.chemistry.parsing import pattern

MOST_GROUPS = 8  # so that there are at most 256 coalitions; the smallest are joined
WHOLE = (
    "[CX4;!R]-[CX4;!R]",  # a chain of carbons
    "[!#6;!R]-[!#6;!R]",  # such as in a sulfonamide
    "[!#6;!R]-[$([#6;!R]=,#[!#6])]",  # of acids, esters, and amides
)
"""Single bonds next to rings at which no molecule is cut."""

Predict = Callable[[Sequence[Chem.Mol]], Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class Shares:
    """Contribution of each group to a prediction; with `start` they sum to the prediction."""

    groups: tuple[tuple[int, ...], ...]  # atoms of each group
    added: tuple[float, ...]
    start: float  # prediction without any group

    def by_atom(self) -> dict[int, float]:
        """Return for each atom the contribution of its group."""
        both = zip(self.groups, self.added, strict=True)
        return {atom: added for atoms, added in both for atom in atoms}


def shares(mol: Chem.Mol, predict: Predict, start: float) -> Shares:
    """Return the Shapley value of each group; `start` is the prediction without any group."""
    cut = groups(mol)
    count = len(cut)
    worth = np.empty(2**count)
    worth[0] = start
    worth[1:] = predict([_coalition(mol, cut, bits) for bits in range(1, 2**count)])
    coalitions = np.arange(2**count)
    size = np.array([bits.bit_count() for bits in coalitions.tolist()])
    weight = np.array([1 / (count * comb(count - 1, k)) for k in range(count)])
    added = []
    for i in range(count):
        without = coalitions[coalitions >> i & 1 == 0]
        gain = worth[without | 1 << i] - worth[without]
        added.append(float(weight[size[without]] @ gain))
    return Shares(cut, tuple(added), start)


def groups(mol: Chem.Mol) -> tuple[tuple[int, ...], ...]:
    """Return the atoms of each group, in order; never more groups than `MOST_GROUPS`."""
    whole = {
        frozenset(pair) for q in WHOLE for pair in mol.GetSubstructMatches(pattern(q, "a group"))
    }
    cuts = [
        bond.GetIdx()
        for bond in mol.GetBonds()
        if bond.GetBondType() == Chem.BondType.SINGLE
        and not bond.IsInRing()
        and frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) not in whole
    ]
    parts = [set(atoms) for atoms in _pieces(mol, cuts)]
    while len(parts) > MOST_GROUPS:
        smallest = min(parts, key=lambda part: (len(part), min(part)))
        parts.remove(smallest)
        alongside = {n.GetIdx() for i in smallest for n in mol.GetAtomWithIdx(i).GetNeighbors()}
        near = [part for part in parts if part & alongside] or parts
        min(near, key=lambda part: (len(part), min(part))).update(smallest)
    return tuple(tuple(sorted(part)) for part in sorted(parts, key=min))


def _pieces(mol: Chem.Mol, cuts: list[int]) -> Sequence[Sequence[int]]:
    distance = Chem.FragmentOnBonds(mol, cuts, addDummies=False) if cuts else mol
    found: Sequence[Sequence[int]] = Chem.GetMolFrags(distance)
    return found


def _coalition(mol: Chem.Mol, cut: tuple[tuple[int, ...], ...], bits: int) -> Chem.Mol:
    """The molecule of the chosen groups, with hydrogens at the bonds that were cut."""
    retained = {atom for i, atoms in enumerate(cut) if bits >> i & 1 for atom in atoms}
    made = Chem.RWMol(mol)
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        for own, other in (ends, ends[::-1]):
            if own in retained and other not in retained:
                atom = made.GetAtomWithIdx(own)
                if atom.GetNoImplicit() or atom.GetIsAromatic():
                    atom.SetNumExplicitHs(atom.GetNumExplicitHs() + 1)
    made.BeginBatchEdit()
    for atom in mol.GetAtoms():
        if atom.GetIdx() not in retained:
            made.RemoveAtom(atom.GetIdx())
    made.CommitBatchEdit()
    Chem.SanitizeMol(made)
    return made.GetMol()
