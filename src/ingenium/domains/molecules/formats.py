"""Files of molecules: lines of SMILES, and structure files with a conformer of each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray as xr
from jaxtyping import Float64
from rdkit import Chem, rdBase

from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import lines, text
from ingenium.core.remarks import remark
from ingenium.domains.molecules.columns import check_columns
from ingenium.domains.molecules.files import numbers
from ingenium.domains.molecules.language import ATOMS_AT, SMILES, variable
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.conformer import atoms, bonded, conformer
from ingenium.kits.chemistry.independent import counted
from ingenium.kits.chemistry.parsing import canonical, parsed, readable, stereo_marks
from ingenium.kits.chemistry.safety import DualUseScreen, note

NAME = "molecule_"
MOST_LINES = 12  # faulty lines that an error names
LINES, STRUCTURES = (".smi", ".smiles"), (".sdf", ".sd", ".mol")  # suffixes of each kind of file
COUNTED = {"weight": 0.05, "heavy_atoms": 0.0, "pieces": 0.0, "rings": 0.0, "charge": 0.0}
"""Largest differences between two counts of one record; weights are abridged in one of them."""
SPACE = "3D"  # in the second line of a record with three-dimensional positions
END = re.compile(r"^\$\$\$\$[^\n]*\n?", re.MULTILINE)  # of a record; the next may have no title


def molecules(smiles: Sequence[str], index: Sequence[int], longest: int) -> xr.Dataset:
    """Build designs from SMILES."""
    v = variable(longest)
    about = {"units": v.unit, "long_name": v.long_name}
    text = (DESIGN, np.asarray(smiles, dtype=object), about)
    return xr.Dataset({SMILES: text}, coords={DESIGN: np.asarray(index, dtype=np.int64)})


@dataclass(frozen=True)
class SmilesFile:
    """Format `molecules.smi`: a line a molecule, its SMILES and its name."""

    longest: int
    screen: DualUseScreen
    name: str = "smi"
    endings: ClassVar[tuple[str, ...]] = LINES

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all molecules into one file.

        Raises:
            InputError: for text that is no molecule, or a molecule that the screen refuses.
        """
        path = folder / "molecules.smi"
        found = admitted(designs, self.screen)
        rows = [f"{canonical(mol)} {NAME}{index:06d}" for index, mol in found.items()]
        write_atomic(path, "\n".join(rows) + "\n")
        return dict.fromkeys(found, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file, or any with SMILES in its first column.

        Designs are constitutions: stereochemistry is dropped, and a remark says of how many.

        Raises:
            InputError: with the lines that are no molecules or are refused; for a file with the
                suffix of a structure file.
        """
        file = path / "molecules.smi" if path.is_dir() else path
        _not(STRUCTURES, file, "lines of SMILES")
        found = [
            (i, x.split()) for i, x in enumerate(lines(file, "a file of molecules"), 1) if x.strip()
        ]
        if not found:
            raise InputError("SMILES, a line each", f"none in {file}", "Write such as CCO.")
        return molecules(
            self._constitutions(found, file),
            numbers([(*words, "", "")[1] for _, words in found], NAME),
            self.longest,
        )

    def records(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield the lines that are not empty."""
        for i, line in enumerate(lines(path, "a file of molecules"), 1):
            if line.strip():
                yield f"line {i}", f"{line}\n"

    def _constitutions(self, found: Sequence[tuple[int, list[str]]], file: Path) -> list[str]:
        """Return canonical SMILES of numbered lines; all lines that have none are named at once."""
        smiles, faults, flat = list[str](), list[InputError](), 0
        for i, (written, *further) in found:
            plain = _without_stereo(written)
            flat += plain != written
            what = f"the molecule in line {i} of {file}"
            try:
                check_name(further, what)
                smiles.append(canonical(self.screen.admit(readable(plain, what), what)))
            except InputError as error:
                faults.append(error)
        if faults:
            raise _joined(faults, file)
        if flat:
            remark(f"{flat} of {len(found)} lines of {file.name} state stereochemistry: dropped.")
        return smiles


def check_name(words: Sequence[str], what: str) -> None:
    """Refuse an extension where a name stands: it makes another molecule of the SMILES before it.

    Raises:
        InputError: for a word that begins as an extension of ChemAxon does.
    """
    if words and words[0].startswith("|"):
        raise InputError(
            f"{what} as SMILES and a name", words[0][:40], "Write the molecule itself as SMILES."
        )


def _without_stereo(smiles: str) -> str:
    """Return the SMILES without its stereochemistry, or as it is where it has none."""
    mol = parsed(smiles)
    if mol is None or not stereo_marks(mol):
        return smiles
    Chem.RemoveStereochemistry(mol)
    return str(Chem.MolToSmiles(mol))


def _joined(faults: Sequence[InputError], file: Path) -> InputError:
    """Return one error on several lines of a file, the first of them in full."""
    first, *rest = faults
    if not rest:
        return first
    lines = [str(x.expected).split(" in line ")[1].split(" of ")[0] for x in rest[:MOST_LINES]]
    more = f" and {len(rest) - MOST_LINES} more" if len(rest) > MOST_LINES else ""
    also = f"{len(rest)} other lines of {file.name} are faulty too: {', '.join(lines)}{more}."
    return InputError(first.expected, first.got, f"{first.instead} {also}")


MARKS = {  # of atoms that stand for something else, as RDKit names them
    "molFileAlias": "an alias of an atom",
    "molAttchpt": "a point of attachment",
    "molAttchOrd": "a point of attachment",
    "_MolFileRLabel": "an R group",
    "molRgroupLabel": "an R group",
}


@dataclass(frozen=True)
class StructureFile:
    """Format `molecules.sdf`: a record a molecule, with hydrogens and an ETKDG/MMFF conformer.

    The reader uses the atoms and bonds of each record, and with `placed` the positions of its
    atoms; it ignores properties. A conformer is one arrangement of a constitution, so its
    stereochemistry is not read. The same molecules are also written as lines of SMILES, for tools
    that read no structures.
    """

    longest: int
    screen: DualUseScreen
    name: str = "sdf"
    placed: bool = False  # whether a quantity depends on the positions of atoms
    endings: ClassVar[tuple[str, ...]] = STRUCTURES

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all molecules into one file, and their SMILES into another.

        Raises:
            InputError: for text that is no molecule, or a molecule that the screen refuses.
        """
        path = folder / "molecules.sdf"
        found = admitted(designs, self.screen)
        records = []
        for index, mol in found.items():  # one conformer each
            shown = conformer(mol)
            shown.SetProp("_Name", f"{NAME}{index:06d}")
            block = Chem.MolToMolBlock(shown)
            _recount(block, mol)
            records.append(f"{block}>  <SMILES>\n{canonical(mol)}\n\n$$$$\n")
        write_atomic(path, "".join(records))
        SmilesFile(self.longest, self.screen).write(designs, folder)
        return dict.fromkeys(found, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file, or any SDF.

        Raises:
            InputError: with the first record that is no molecule or is refused; for a file with the
                suffix of a SMILES file.
        """
        file = path / "molecules.sdf" if path.is_dir() else path
        _not(LINES, file, "an SDF")
        blocks = [b for b in END.split(text(file, "a file of molecules")) if b.strip()]
        if not blocks:
            raise InputError("an SDF with at least one record", f"none in {file}", "Write one.")
        what = [f"the molecule in record {i} of {file}" for i in range(1, len(blocks) + 1)]
        whole = [_from_block(b, w) for b, w in zip(blocks, what, strict=True)]
        mols = [_constitution(m, w) for m, w in zip(whole, what, strict=True)]
        read = [canonical(self.screen.admit(m, w)) for m, w in zip(mols, what, strict=True)]
        names = [b.splitlines()[0] for b in blocks]
        designs = molecules(read, numbers(names, NAME), self.longest)
        if not self.placed:
            return designs
        places = [_places(b, m) for b, m in zip(blocks, whole, strict=True)]
        return designs.assign({ATOMS_AT: ((DESIGN, "atom", "column"), _padded(places))})

    def records(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield the records of an SDF."""
        blocks = (b for b in END.split(text(path, "a file of molecules")) if b.strip())
        for i, block in enumerate(blocks, 1):
            yield f"record {i}", f"{block}$$$$\n"


def admitted(designs: xr.Dataset, screen: DualUseScreen) -> dict[int, Chem.Mol]:
    """Return the molecules of designs by their index.

    Raises:
        InputError: for text that is no molecule, or a molecule that the screen refuses, which is
            recorded.
    """
    found = {}
    both = zip(designs[DESIGN].to_numpy().tolist(), designs[SMILES].to_numpy(), strict=True)
    for index, smiles in both:
        mol = parsed(str(smiles))
        if mol is None:
            raise InputError("molecules to write", f'design {index}: "{smiles}"', "Leave it out.")
        found[int(index)] = mol
    refused = [mol for mol in found.values() if screen.refuses(mol)]
    if refused:
        note("export", refused)
        raise InputError(
            "molecules outside the classes of the dual-use screen",
            f"{len(refused)} inside",
            "Leave them out.",
        )
    return found


def _recount(block: str, mol: Chem.Mol) -> None:
    """Check a record's atoms and bonds by code independent of the writer.

    Raises:
        EngineError: if they are not those of the molecule.
    """
    own = {name: float(rules.BY_NAME[name].of(mol)) for name in COUNTED}
    found = counted(block)
    if any(abs(found[name] - own[name]) > COUNTED[name] for name in COUNTED):
        raise EngineError(f"the record of {canonical(mol)} holds {found}, not {own}")


def _from_block(record: str, what: str) -> Chem.Mol:
    """Molecule of one record, with its explicit hydrogens."""
    check_columns(record, what)
    with rdBase.BlockLogs():
        mol = Chem.MolFromMolBlock(record, removeHs=False)  # with them, valences are checked
    if mol is None or not mol.GetNumAtoms():
        raise InputError("an SDF of molecules", f"{what}, which is none", "Write V2000 or V3000.")
    marked = next((p for a in mol.GetAtoms() for p in MARKS if a.HasProp(p)), None)
    if marked or Chem.GetMolSubstanceGroups(mol):
        got = f"{what}, with {MARKS.get(marked or '', 'a group in brackets')}"
        raise InputError("an SDF of whole molecules", got, "Draw every atom.")
    return mol


def _constitution(whole: Chem.Mol, what: str) -> Chem.Mol:
    mol = Chem.RemoveHs(whole)
    if not mol.GetNumConformers() or mol.GetConformer().Is3D():
        Chem.RemoveStereochemistry(mol)
    return readable(Chem.MolToSmiles(mol), what)


def _places(record: str, mol: Chem.Mol) -> Float64[np.ndarray, "a 4"]:
    """Atoms of a record; none of a planar one or without all hydrogens.

    Atoms whose positions contradict the bonds get no positions, so that measurements are NaN.
    """
    flat = not mol.GetConformer().Is3D() and record.splitlines()[1][20:22] != SPACE
    if flat or any(a.GetTotalNumHs() for a in mol.GetAtoms()):
        return np.empty((0, 4))
    found = atoms(mol)
    if not bonded(mol):
        found[:, 1:] = np.nan
    return found


def _padded(places: Sequence[Float64[np.ndarray, "_ 4"]]) -> Float64[np.ndarray, "n most 4"]:
    """Positions padded with rows of zeros to the largest number of atoms."""
    out = np.zeros((len(places), max(map(len, places)), 4))
    for row, found in zip(out, places, strict=True):
        row[: len(found)] = found
    return out


def _not(endings: tuple[str, ...], file: Path, wanted: str) -> None:
    """Refuse a file whose suffix is that of the other format."""
    if file.suffix.lower() in endings:
        raise InputError(wanted, f"a file that ends in {file.suffix}", "")
