"""Distance between conformers: RMSD of heavy atoms after the best superposition.

Atoms that are symmetric in the constitution, such as those of a flipped phenyl group, may be
exchanged; mirror images may not.

Source: Kabsch, Acta Cryst. A 34:827, 1978; Meli and Biggin, J. Cheminform. 12:49, 2020 (symmetry).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from rdkit import Chem

from ingenium.core.errors import InputError

MOST = 2000  # symmetric numberings of the heavy atoms
AT_ONCE = 200_000  # superpositions
SHARED = Chem.MolFromSmarts("[O,N,S;D1;$([*]-[*]=[O,N,S;D1]),$([*]=[*]-[O,N,S;D1])]~[*]")
"""Ends that share electrons, such as both oxygens of a nitro group."""


@dataclass(frozen=True)
class Likeness:
    """Root mean square distances between conformers of one molecule.

    Shapes: s symmetric numberings, h heavy atoms, n and r conformers, a atoms.
    """

    orders: Int[np.ndarray, "s h"]

    @classmethod
    def of(cls, mol: Chem.Mol) -> "Likeness":
        """Find the symmetric numberings of a molecule, with or without hydrogens.

        Raises:
            InputError: if its heavy atoms can be numbered in too many ways.
        """
        alike = Chem.RWMol(mol)
        for atom in alike.GetAtoms():
            atom.SetFormalCharge(0) if atom.GetFormalCharge() else None
        for one, other in mol.GetSubstructMatches(SHARED):
            alike.GetBondBetweenAtoms(one, other).SetBondType(Chem.BondType.ONEANDAHALF)
        heavy = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() > 1]
        graph = _subgraph(alike, heavy)
        found = graph.GetSubstructMatches(graph, uniquify=False, maxMatches=MOST + 1)
        if len(found) > MOST:
            raise InputError(
                f"a molecule whose heavy atoms can be numbered in at most {MOST} equal ways",
                "one with more",
                "Leave out groups that repeat.",
            )
        return cls(np.asarray(heavy)[np.asarray(found)])

    def between(
        self, one: Float[np.ndarray, "n a 3"], other: Float[np.ndarray, "r a 3"]
    ) -> Float[np.ndarray, "n r"]:
        """Return the distance of each conformer to each other one (angstrom)."""
        fixed = _centred(other[:, self.orders[0]])
        ways = _centred(one[:, self.orders])  # n s h 3
        size = fixed.shape[1]
        own = np.square(ways[:, 0]).sum((-1, -2))[:, None] + np.square(fixed).sum((-1, -2))
        rows = max(1, AT_ONCE // (len(self.orders) * max(len(fixed), 1)))
        shared = [
            _overlap(ways[i : i + rows], fixed).max(1) for i in range(0, max(len(ways), 1), rows)
        ]
        square = np.maximum(own - 2 * np.concatenate(shared), 0.0) / size
        return np.asarray(np.sqrt(square))

    def distinct(
        self, position: Float[np.ndarray, "n a 3"], apart: float, most: int | None = None
    ) -> Int[np.ndarray, " m"]:
        """Select, in order, conformers at least `apart` (angstrom) from all selected ones."""
        taken: list[int] = []
        for i in range(len(position)):  # each depends on the previous ones
            near = taken and self.between(position[i : i + 1], position[taken]).min() < apart
            if not near:
                taken.append(i)
            if len(taken) == most:
                break
        return np.asarray(taken, dtype=np.int64)


def _subgraph(mol: Chem.RWMol, heavy: list[int]) -> Chem.Mol:
    graph, at = Chem.RWMol(), {}
    for i in heavy:
        at[i] = graph.AddAtom(Chem.Atom(mol.GetAtomWithIdx(i).GetAtomicNum()))
    for bond in mol.GetBonds():
        ends = (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        if set(ends) <= set(at):
            graph.AddBond(at[ends[0]], at[ends[1]], bond.GetBondType())
    return graph.GetMol()


def _centred(x: np.ndarray) -> np.ndarray:
    return np.asarray(x - x.mean(-2, keepdims=True))


def _overlap(ways: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Largest sum of products over rotations, of each numbering with each fixed conformer."""
    shared = np.einsum("nshi,rhj->nsrij", ways, fixed, optimize=True)
    values = np.linalg.svd(shared, compute_uv=False)
    sign = np.where(np.linalg.det(shared) < 0, -1.0, 1.0)
    return np.asarray(values[..., 0] + values[..., 1] + sign * values[..., 2])
