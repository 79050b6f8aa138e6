"""Validity of a conformer: its bonds, its stereochemistry, and clashes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from rdkit import Chem

FAR = 4  # bonds between two atoms from which they may not touch
TABLE = Chem.GetPeriodicTable()


@dataclass(frozen=True)
class Shape:
    """Distances and chiralities that a molecule's graph determines.

    Shapes: b bonds, p pairs of far atoms, h stereocentres, e double bonds with two sides, n
        conformers, a atoms.
    """

    bonds: Int[np.ndarray, "b 2"]
    bond_angstrom: Float[np.ndarray, " b"]
    far: Int[np.ndarray, "p 2"]
    touching_angstrom: Float[np.ndarray, " p"]  # sum of van der Waals radii
    centres: Int[np.ndarray, "h 4"]  # three neighbours around the first
    sides: Int[np.ndarray, "e 4"]
    signs: Int[np.ndarray, " s"]  # of both, as specified

    @classmethod
    def of(cls, mol: Chem.Mol, model: Float[np.ndarray, "a 3"]) -> "Shape":
        """Derive them from a molecule with hydrogens and one correct conformer."""
        apart = Chem.GetDistanceMatrix(mol)
        bonds = np.array([(b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()])
        far = np.argwhere(np.triu(apart >= FAR))
        radius = np.array([TABLE.GetRvdw(a.GetAtomicNum()) for a in mol.GetAtoms()])
        centres, sides = _centres(mol), _sides(mol)
        return cls(
            bonds,
            _distance(model[None], bonds)[0],
            far,
            radius[far].sum(1),
            centres,
            sides,
            np.concatenate([_hands(model[None], centres), _turns(model[None], sides)], 1)[0],
        )

    def clash(self, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
        """Return the closest contact of far atoms, relative to the sum of their radii."""
        near = _distance(position, self.far) / self.touching_angstrom
        return np.asarray(near.min(1, initial=10.0))

    def stretch(self, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
        """Return the largest relative change of a bond's length."""
        change = _distance(position, self.bonds) / self.bond_angstrom - 1
        return np.asarray(np.abs(change).max(1))

    def stereo_changed(self, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
        """Return the number of stereocentres and double bonds with inverted configuration."""
        found = [_hands(position, self.centres), _turns(position, self.sides)]
        return np.asarray((np.concatenate(found, 1) != self.signs).sum(1).astype(float))


def _distance(position: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    apart = position[:, pairs[:, 0]] - position[:, pairs[:, 1]]
    return np.asarray(np.linalg.norm(apart, axis=-1))


def _centres(mol: Chem.Mol) -> Int[np.ndarray, "h 4"]:
    """Tetrahedral atoms of stated chirality, with three of their neighbours."""
    open_ = Chem.ChiralType.CHI_UNSPECIFIED
    stated = [a for a in mol.GetAtoms() if a.GetChiralTag() != open_]
    rows = [(a.GetIdx(), *[x.GetIdx() for x in a.GetNeighbors()][:3]) for a in stated]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _sides(mol: Chem.Mol) -> Int[np.ndarray, "e 4"]:
    """Double bonds of stated configuration, with a neighbour at each end."""
    rows = []
    for bond in mol.GetBonds():
        if bond.GetStereo() > Chem.BondStereo.STEREOANY:
            near, far = bond.GetStereoAtoms()
            rows.append((near, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), far))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _hands(position: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Sign of the volume spanned by the arms of each centre."""
    arms = position[:, centres[:, 1:]] - position[:, centres[:, :1]]
    return np.asarray(np.sign(np.linalg.det(arms)), dtype=np.int64)


def _turns(position: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """1 for ends on the same side of a double bond, -1 for opposite ones."""
    a, b, c, d = (position[:, sides[:, i]] for i in range(4))
    axis = c - b
    near, far = np.cross(a - b, axis), np.cross(d - c, axis)
    return np.asarray(np.sign((near * far).sum(-1)), dtype=np.int64)
