"""Files of conformers: structure files with a record each, and plain atomic positions."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from rdkit import Chem, rdBase

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines, number, text
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.files import numbers

POSITION = "position"
NAME = "conformer_"
DIGITS = 4  # of an angstrom, in both files
VARIABLE = Variable(POSITION, ("atom", "axis"), "angstrom", "places of the atoms")


@dataclass(frozen=True)
class ConformerFile:
    """Format `conformers.sdf`, a record a conformer, with `ensemble.sdf`, the distinct ones.

    The ensemble contains, best first, each conformer at least `min_distance_angstrom`
    from all previous ones. It is for other programs; only the complete file is read back.
    """

    mol: Chem.Mol
    likeness: Likeness
    min_distance_angstrom: float
    name: str = "sdf"
    endings: ClassVar[tuple[str, ...]] = (".sdf", ".sd", ".mol")

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all conformers into one file, and the distinct ones into another."""
        path = folder / "conformers.sdf"
        position = designs[POSITION].to_numpy()
        index = designs[DESIGN].to_numpy().tolist()
        blocks = [self.record(x, i) for x, i in zip(position, index, strict=True)]
        differ = self.likeness.distinct(position, self.min_distance_angstrom)
        write_atomic(path, "".join(blocks))
        write_atomic(folder / "ensemble.sdf", "".join(blocks[i] for i in differ.tolist()))
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file, or any SDF of the same molecule with its hydrogens.

        Raises:
            InputError: with the first record that is no conformer of the molecule.
        """
        file = path / "conformers.sdf" if path.is_dir() else path
        records = Chem.SDMolSupplier()
        records.SetData(text(file, "a file of conformers"), removeHs=False, sanitize=True)
        with rdBase.BlockLogs():
            mols = list(records)
        if not mols:
            raise InputError("an SDF with at least one record", f"none in {file}", "Write one.")
        names, position = [], []
        for place, mol in enumerate(mols, 1):  # each may list its atoms in its own order
            position.append(self._matched(mol, f"record {place} of {file}"))
            names.append(mol.GetProp("_Name"))
        return _designs(np.array(position), names)

    def record(self, position: Float[np.ndarray, "a 3"], index: int) -> str:
        """Return one conformer as text."""
        own = Chem.Mol(self.mol)
        own.RemoveAllConformers()
        conformer = Chem.Conformer(len(position))
        conformer.SetPositions(np.ascontiguousarray(position))
        own.AddConformer(conformer)
        own.SetProp("_Name", f"{NAME}{index:06d}")
        smiles = Chem.MolToSmiles(Chem.RemoveHs(self.mol))
        return f"{Chem.MolToMolBlock(own)}>  <SMILES>\n{smiles}\n\n$$$$\n"

    def _matched(self, mol: Chem.Mol | None, what: str) -> Float[np.ndarray, "a 3"]:
        """Positions of the atoms in our order."""
        if mol is None or not mol.GetNumConformers() or not mol.GetConformer().Is3D():
            raise InputError(
                "an SDF of molecules in space", f"{what}, which is none", "Write V2000 or V3000."
            )
        same = Chem.MolToSmiles(_bare(mol)) == Chem.MolToSmiles(_bare(self.mol))
        same &= not sum(a.GetNumRadicalElectrons() for a in mol.GetAtoms())
        places = np.asarray(mol.GetConformer().GetPositions())
        if same and _alike(mol, self.mol):
            return places
        order = mol.GetSubstructMatch(_bare(self.mol)) if same else ()
        if not order:
            smiles = Chem.MolToSmiles(Chem.RemoveHs(self.mol))
            raise InputError(
                f"conformers of {smiles} with all hydrogens",
                f"{what}: {Chem.MolToSmiles(mol)}",
                "Name another file, or the setup of that molecule.",
            )
        return places[list(order)]


@dataclass(frozen=True)
class AtomFile:
    """Format `conformers.xyz`: elements and positions, one conformer after another."""

    mol: Chem.Mol
    name: str = "xyz"
    endings: ClassVar[tuple[str, ...]] = (".xyz",)

    @property
    def _elements(self) -> list[str]:
        return [a.GetSymbol() for a in self.mol.GetAtoms()]

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all conformers into one file."""
        path = folder / "conformers.xyz"
        index = designs[DESIGN].to_numpy().tolist()
        rows = []
        for i, x in zip(index, designs[POSITION].to_numpy(), strict=True):
            rows += [str(len(x)), f"{NAME}{i:06d}"]
            both = zip(self._elements, x.tolist(), strict=True)
            rows += [f"{e:2s} " + " ".join(f"{v:12.{DIGITS}f}" for v in at) for e, at in both]
        write_atomic(path, "\n".join(rows) + "\n")
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file; atoms must be in our order.

        Raises:
            InputError: if it has another molecule, or is no such file.
        """
        file = path / "conformers.xyz" if path.is_dir() else path
        found, each = lines(file, "a file of conformers"), len(self._elements) + 2
        whole = [found[i : i + each] for i in range(0, len(found), each)]
        try:
            rows = [[line.split() for line in part[2:]] for part in whole]
            position = np.array([[[number(v) for v in r[1:4]] for r in part] for part in rows])
            right = all([r[0] for r in part] == self._elements for part in rows)
            right &= all(int(part[0]) == len(self._elements) for part in whole)
            if not right or not len(whole) or position.ndim != 3:
                raise ValueError("other atoms")
        except (ValueError, IndexError) as error:
            wanted = " ".join(self._elements)
            raise InputError(
                f"an XYZ file with the atoms {wanted}", f"{file}: {error}", "Name another."
            ) from None
        return _designs(position, [part[1] for part in whole])


def _designs(position: Float[np.ndarray, "n a 3"], names: list[str]) -> xr.Dataset:
    """Designs, numbered by their names where all have one of ours."""
    array = torch.from_numpy(np.ascontiguousarray(position, dtype=np.float64))
    return to_dataset((array,), (VARIABLE,), {}, index=np.array(numbers(names, NAME)))


def _alike(one: Chem.Mol, other: Chem.Mol) -> bool:
    """Return whether both list the same atoms with the same bonds of the same orders."""
    atoms = [[a.GetAtomicNum() for a in m.GetAtoms()] for m in (one, other)]
    bonds = [
        {
            (frozenset((b.GetBeginAtomIdx(), b.GetEndAtomIdx())), b.GetBondType())
            for b in m.GetBonds()
        }
        for m in (one, other)
    ]
    return atoms[0] == atoms[1] and bonds[0] == bonds[1]


def _bare(mol: Chem.Mol) -> Chem.Mol:
    """The molecule without stereochemistry, which the verifier checks."""
    own = Chem.Mol(mol)
    Chem.RemoveStereochemistry(own)
    return own
