"""Cuts, joins and changes of molecular graphs with valid valences by construction.

Bonds are single, double or triple (Kekulé), and hydrogens fill free valences: a cut leaves a free
valence on both sides, and a join uses no more than is free.

Source: Jensen, Chem. Sci. 10:3567, 2019 (the moves); Brown et al., J. Chem. Inf. Comput. Sci.
    44:1079, 2004 (crossing of molecular graphs).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rdkit import Chem, rdBase

ORDER = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
ELEMENTS = {6: (4, 12.0), 7: (3, 4.0), 8: (2, 4.0), 16: (2, 1.0), 9: (1, 1.5), 17: (1, 1.0)}
"""Atomic numbers that a change may write: valence, and how often."""
LARGEST_RING = 7
SMALL_RING = 4  # up to here without double bonds
NEW_RINGS = (4, 5)  # bonds between atoms that a new bond closes into a ring of 5 or 6
ATTEMPTS = 8
IN_RING = 0.4  # share of crossings that cut through a ring


@dataclass(frozen=True)
class OpenPart:
    """Part of a molecule, with its cut atoms and the orders of the cut bonds."""

    mol: Chem.Mol
    ends: tuple[tuple[int, int], ...]


def editable(mol: Chem.Mol) -> Chem.RWMol:
    """Return a copy with plain bonds, whose hydrogens follow from its valences."""
    copy = Chem.RWMol(mol)
    Chem.Kekulize(copy, clearAromaticFlags=True)
    for atom in copy.GetAtoms():
        atom.SetNoImplicit(False)
        atom.SetNumExplicitHs(0)
    copy.UpdatePropertyCache(strict=False)
    return copy


def finished(mol: Chem.RWMol) -> Chem.Mol | None:
    """Return the molecule, or None where its rings are implausible or it is disconnected."""
    with rdBase.BlockLogs():
        if Chem.SanitizeMol(mol, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
    if len(Chem.GetMolFrags(mol)) != 1 or not all(map(_sound, _rings(mol))):
        return None
    return mol.GetMol()


def crossed(a: Chem.Mol, b: Chem.Mol, rng: np.random.Generator) -> Chem.Mol | None:
    """Join a piece of each molecule at the cuts; None where no attempt succeeds."""
    for _ in range(ATTEMPTS):
        cut = through_ring if rng.random() < IN_RING else through_chain
        pieces = [cut(editable(mol), rng) for mol in (a, b)]
        if pieces[0] is not None and pieces[1] is not None:
            made = finished(joined(pieces[0], pieces[1], rng))
            if made is not None:
                return made
    return None


def through_chain(mol: Chem.RWMol, rng: np.random.Generator) -> OpenPart | None:
    """Return one side of a single bond outside rings."""
    bonds = [
        b
        for b in mol.GetBonds()
        if b.GetBondType() == ORDER[1] and not mol.GetRingInfo().NumBondRings(b.GetIdx())
    ]
    return _side(mol, [bonds[rng.integers(len(bonds))]], rng) if bonds else None


def through_ring(mol: Chem.RWMol, rng: np.random.Generator) -> OpenPart | None:
    """Return one side of two bonds of a ring."""
    rings = mol.GetRingInfo().BondRings()
    if not rings:
        return None
    ring = rings[rng.integers(len(rings))]
    cut = rng.choice(ring, 2, replace=False)
    return _side(mol, [mol.GetBondWithIdx(int(i)) for i in cut], rng)


def _side(mol: Chem.RWMol, cut: list[Chem.Bond], rng: np.random.Generator) -> OpenPart | None:
    """One of the two parts without some bonds; None if there are not two."""
    ends = [(b.GetBeginAtomIdx(), b.GetEndAtomIdx(), int(b.GetBondTypeAsDouble())) for b in cut]
    for begin, end, _ in ends:
        mol.RemoveBond(begin, end)
    parts = Chem.GetMolFrags(mol)
    if len(parts) != 2:
        return None
    retained = parts[rng.integers(2)]
    inside = [(a if a in retained else b, order) for a, b, order in ends]
    place = {atom: i for i, atom in enumerate(retained)}
    for atom in sorted(set(range(mol.GetNumAtoms())) - set(retained), reverse=True):
        mol.RemoveAtom(atom)
    return OpenPart(mol.GetMol(), tuple((place[a], order) for a, order in inside))


def joined(first: OpenPart, second: OpenPart, rng: np.random.Generator) -> Chem.RWMol:
    """Join two pieces, ends paired at random; left-over ends get hydrogens."""
    whole = Chem.RWMol(Chem.CombineMols(first.mol, second.mol))
    shift = first.mol.GetNumAtoms()
    others = [second.ends[i] for i in rng.permutation(len(second.ends))]
    for (a, order), (b, other) in zip(first.ends, others, strict=False):
        if whole.GetBondBetweenAtoms(a, b + shift) is None:
            whole.AddBond(a, b + shift, ORDER[min(order, other)])
    return whole


def mutated(mol: Chem.Mol, rng: np.random.Generator) -> Chem.Mol | None:
    """Apply one small change to a molecule; None where no attempt succeeds."""
    for _ in range(ATTEMPTS):
        copy = editable(mol)
        change = CHANGES[rng.integers(len(CHANGES))]
        if change(copy, rng):
            made = finished(copy)
            if made is not None:
                return made
    return None


def _exchange(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Replace the element of an uncharged atom."""
    atom = mol.GetAtomWithIdx(int(rng.integers(mol.GetNumAtoms())))
    bonds = sum(int(b.GetBondTypeAsDouble()) for b in atom.GetBonds())
    new = _element(bonds, rng, but=atom.GetAtomicNum())
    if new is None or atom.GetFormalCharge():
        return False
    atom.SetAtomicNum(new)
    return True


def _append(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    free = _free(mol)
    if not free:
        return False
    at = free[rng.integers(len(free))]
    order = 2 if rng.random() < 0.2 and mol.GetAtomWithIdx(at).GetTotalNumHs() > 1 else 1
    new = mol.AddAtom(Chem.Atom(_element(order, rng) or 6))
    mol.AddBond(at, new, ORDER[order])
    return True


def _insert(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Insert an atom into a bond, which enlarges the bond's ring."""
    bond = mol.GetBondWithIdx(int(rng.integers(mol.GetNumBonds()))) if mol.GetNumBonds() else None
    if bond is None or bond.GetBondType() != ORDER[1]:
        return False
    a, b = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
    mol.RemoveBond(a, b)
    new = mol.AddAtom(Chem.Atom(_element(2, rng) or 6))
    mol.AddBond(a, new, ORDER[1])
    mol.AddBond(new, b, ORDER[1])
    return True


def _remove(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Remove an atom with at most two neighbours, which are then bonded to each other."""
    small = [a.GetIdx() for a in mol.GetAtoms() if a.GetDegree() <= 2]
    if len(small) == 0 or mol.GetNumAtoms() < 3:
        return False
    atom = mol.GetAtomWithIdx(small[rng.integers(len(small))])
    near = [n.GetIdx() for n in atom.GetNeighbors()]
    if len(near) == 2:
        if mol.GetBondBetweenAtoms(*near) is not None:
            return False
        mol.AddBond(*near, ORDER[1])
    mol.RemoveAtom(atom.GetIdx())
    return True


def _reorder(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    if not mol.GetNumBonds():
        return False
    bond = mol.GetBondWithIdx(int(rng.integers(mol.GetNumBonds())))
    order = int(bond.GetBondTypeAsDouble())
    room = min(a.GetTotalNumHs() for a in (bond.GetBeginAtom(), bond.GetEndAtom()))
    choice = [o for o in ORDER if o != order and o - order <= room]
    if not choice:
        return False
    bond.SetBondType(ORDER[choice[rng.integers(len(choice))]])
    return True


def _close(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Add a bond that closes a ring of five or six."""
    distance = Chem.GetDistanceMatrix(mol)
    free = _free(mol)
    pairs = [(a, b) for a in free for b in free if a < b and distance[a, b] in NEW_RINGS]
    if not pairs:
        return False
    a, b = pairs[rng.integers(len(pairs))]
    mol.AddBond(a, b, ORDER[1])
    return True


def _open(mol: Chem.RWMol, rng: np.random.Generator) -> bool:
    """Remove one bond of a ring."""
    within = [b for b in mol.GetBonds() if mol.GetRingInfo().NumBondRings(b.GetIdx())]
    if not within:
        return False
    bond = within[rng.integers(len(within))]
    mol.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    return True


CHANGES: tuple[Callable[[Chem.RWMol, np.random.Generator], bool], ...] = (
    _exchange,
    _exchange,
    _append,
    _append,
    _insert,
    _remove,
    _reorder,
    _close,
    _open,
)


def _element(bonds: int, rng: np.random.Generator, *, but: int = 0) -> int | None:
    """An element that can have this many bonds, if there is one."""
    able = [z for z, (valence, _) in ELEMENTS.items() if valence >= bonds and z != but]
    if not able:
        return None
    often = np.array([ELEMENTS[z][1] for z in able])
    return int(rng.choice(able, p=often / often.sum()))


def _free(mol: Chem.RWMol) -> list[int]:
    """Atoms with a hydrogen that can be replaced."""
    return [a.GetIdx() for a in mol.GetAtoms() if a.GetTotalNumHs()]


def _rings(mol: Chem.Mol) -> list[list[Chem.Bond]]:
    return [[mol.GetBondWithIdx(i) for i in ring] for ring in mol.GetRingInfo().BondRings()]


def _sound(ring: list[Chem.Bond]) -> bool:
    """Return whether a ring has at most seven atoms, isolated double bonds, none if small."""
    double = [b for b in ring if b.GetBondType() in (ORDER[2], ORDER[3])]
    ends = [i for b in double for i in (b.GetBeginAtomIdx(), b.GetEndAtomIdx())]
    alone = len(set(ends)) == len(ends)
    return len(ring) <= LARGEST_RING and alone and not (double and len(ring) <= SMALL_RING)
