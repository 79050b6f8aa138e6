"""Torsions of a molecule: measurement, and rotation of parts about their bonds."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.conformers.requested_molecule import turning


@dataclass(frozen=True)
class Torsions:
    """Rotatable bonds of a molecule.

    The second atom of each is fixed, the third moves with all atoms attached to it. Rotation about
    one bond leaves the torsions of all others unchanged.

    Shapes: m bonds, a atoms, n conformers.
    """

    quartets: Int[Tensor, "m 4"]
    moved: Bool[Tensor, "m a"]

    @classmethod
    def of(cls, mol: Chem.Mol) -> "Torsions":
        """Find the torsions of a molecule with hydrogens, outwards from its largest rigid part."""
        bonds = turning(mol)
        root = _root(mol, bonds)
        rank = list(Chem.CanonicalRankAtoms(mol, breakTies=True))
        quartets, moved = [], []
        for one, other in bonds:
            beyond = _beyond(mol, one, other)
            stays, turns = (one, other) if root not in beyond else (other, one)
            quartets.append(
                (_first(mol, stays, turns, rank), stays, turns, _first(mol, turns, stays, rank))
            )
            side = _beyond(mol, stays, turns)
            moved.append([i in side for i in range(mol.GetNumAtoms())])
        order = sorted(range(len(bonds)), key=lambda i: -sum(moved[i]))
        return cls(torch.tensor(quartets)[order], torch.tensor(moved)[order])

    @property
    def frame(self) -> tuple[int, int, int]:
        """Three atoms that no rotation moves: at the origin, on the x axis, and in the plane."""
        fixed = ~self.moved.any(0)
        first = int(fixed[self.quartets[:, 1]].to(torch.int64).argmax())
        a, b, c, _ = self.quartets[first].tolist()
        return b, c, a

    def angles(self, position: Float[Tensor, "n a 3"]) -> Float[Tensor, "n m"]:
        """Return torsions from -pi to pi, positive where the far bond is turned clockwise.

        Source: IUPAC, Pure Appl. Chem. 68:2193, 1996 (sign).
        """
        a, b, c, d = (position[:, self.quartets[:, i]] for i in range(4))
        axis = torch.nn.functional.normalize(c - b, dim=-1)
        near, far = a - b, d - c
        u = near - (near * axis).sum(-1, keepdim=True) * axis
        v = far - (far * axis).sum(-1, keepdim=True) * axis
        return torch.atan2((torch.linalg.cross(u, v) * axis).sum(-1), (u * v).sum(-1))

    def turned(
        self, position: Float[Tensor, "n a 3"], by: Float[Tensor, "n m"]
    ) -> Float[Tensor, "n a 3"]:
        """Return the conformers with each torsion changed by an angle."""
        for i, (_, b, c, _) in enumerate(self.quartets.tolist()):  # bonds rotate one after another
            axis = torch.nn.functional.normalize(position[:, c] - position[:, b], dim=-1)[:, None]
            arm = position - position[:, None, b]
            cos, sin = by[:, i].cos()[:, None, None], by[:, i].sin()[:, None, None]
            along = (arm * axis).sum(-1, keepdim=True) * axis
            crossed = torch.linalg.cross(axis.expand_as(arm), arm)
            swung = position[:, None, b] + along + (arm - along) * cos + crossed * sin
            position = torch.where(self.moved[i][None, :, None], swung, position)
        return position

    def framed(self, position: Float[Tensor, "n a 3"]) -> Float[Tensor, "n a 3"]:
        """Return the conformers moved and rotated rigidly into `frame`."""
        origin, along, plane = (position[:, i] for i in self.frame)
        x = torch.nn.functional.normalize(along - origin, dim=-1)
        arm = plane - origin
        y = torch.nn.functional.normalize(arm - (arm * x).sum(-1, keepdim=True) * x, dim=-1)
        axes = torch.stack([x, y, torch.linalg.cross(x, y)], -1)
        return (position - origin[:, None]) @ axes


def _root(mol: Chem.Mol, bonds: list[tuple[int, int]]) -> int:
    """An atom of the largest rigid part."""
    cut = [mol.GetBondBetweenAtoms(i, j).GetIdx() for i, j in bonds]
    parts = Chem.GetMolFrags(Chem.FragmentOnBonds(mol, cut, addDummies=False))
    largest: list[int] = max(map(list, parts), key=len)
    return min(largest)


def _beyond(mol: Chem.Mol, stays: int, turns: int) -> set[int]:
    """Atoms attached to `turns` when its bond to `stays` is cut."""
    found, todo = {turns}, [turns]
    while todo:
        for atom in mol.GetAtomWithIdx(todo.pop()).GetNeighbors():
            i = atom.GetIdx()
            if i not in found and i != stays:
                found.add(i)
                todo.append(i)
    return found


def _first(mol: Chem.Mol, of: int, other: int, rank: list[int]) -> int:
    """Neighbour of highest rank, heavy atoms first."""
    near = [a for a in mol.GetAtomWithIdx(of).GetNeighbors() if a.GetIdx() != other]
    best = max(near, key=lambda a: (a.GetAtomicNum() > 1, rank[a.GetIdx()]))
    return int(best.GetIdx())
