"""What must hold of any conformer of a molecule: its bonds, its stereochemistry, and room."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from rdkit import Chem

FAR = 4  # bonds between two atoms from which on they may not touch
TABLE = Chem.GetPeriodicTable()


@dataclass(frozen=True)
class Shape:
    """Distances and hands that a molecule's graph fixes.

    Shapes: b bonds, p pairs of far atoms, h stereocentres, e double bonds with two sides, n
        conformers, a atoms.
    """

    bonds: Int[np.ndarray, "b 2"]
    bond_angstrom: Float[np.ndarray, " b"]
    far: Int[np.ndarray, "p 2"]
    touching_angstrom: Float[np.ndarray, " p"]  # sum of van der Waals radii
    centres: Int[np.ndarray, "h 4"]  # three neighbours around the first
    sides: Int[np.ndarray, "e 4"]
    signs: Int[np.ndarray, " s"]  # of both, as asked for

    @classmethod
    def of(cls, mol: Chem.Mol, model: Float[np.ndarray, "a 3"]) -> "Shape":
        """Of a molecule with hydrogens and one conformer that is right."""
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
        """The closest that far atoms come, relative to where they touch."""
        near = _distance(position, self.far) / self.touching_angstrom
        return np.asarray(near.min(1, initial=10.0))

    def stretch(self, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
        """Largest relative change of a bond's length."""
        change = _distance(position, self.bonds) / self.bond_angstrom - 1
        return np.asarray(np.abs(change).max(1))

    def stereo_changed(self, position: Float[np.ndarray, "n a 3"]) -> Float[np.ndarray, " n"]:
        """Stereocentres and double bonds that are the other way round."""
        found = [_hands(position, self.centres), _turns(position, self.sides)]
        return np.asarray((np.concatenate(found, 1) != self.signs).sum(1).astype(float))


def _distance(position: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    apart = position[:, pairs[:, 0]] - position[:, pairs[:, 1]]
    return np.asarray(np.linalg.norm(apart, axis=-1))


def _centres(mol: Chem.Mol) -> Int[np.ndarray, "h 4"]:
    """Tetrahedral atoms whose hand is stated, with three of their neighbours."""
    open_ = Chem.ChiralType.CHI_UNSPECIFIED
    stated = [a for a in mol.GetAtoms() if a.GetChiralTag() != open_]
    rows = [(a.GetIdx(), *[x.GetIdx() for x in a.GetNeighbors()][:3]) for a in stated]
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _sides(mol: Chem.Mol) -> Int[np.ndarray, "e 4"]:
    """Double bonds whose sides are stated, with a neighbour at each end."""
    rows = []
    for bond in mol.GetBonds():
        if bond.GetStereo() > Chem.BondStereo.STEREOANY:
            near, far = bond.GetStereoAtoms()
            rows.append((near, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), far))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _hands(position: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Sign of the volume that the arms of each centre span."""
    arms = position[:, centres[:, 1:]] - position[:, centres[:, :1]]
    return np.asarray(np.sign(np.linalg.det(arms)), dtype=np.int64)


def _turns(position: np.ndarray, sides: np.ndarray) -> np.ndarray:
    """1 for ends on the same side of a double bond, -1 for opposite ones."""
    a, b, c, d = (position[:, sides[:, i]] for i in range(4))
    axis = c - b
    near, far = np.cross(a - b, axis), np.cross(d - c, axis)
    return np.asarray(np.sign((near * far).sum(-1)), dtype=np.int64)
