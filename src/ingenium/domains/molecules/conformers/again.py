"""Independent measurement of conformers, from the text of a record by other code.

Energies come from the program `xtb` where it is installed, and otherwise from tblite on the
positions in the file; distances from RDKit's search over symmetric atoms.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from rdkit import Chem
from rdkit.Chem import rdMolAlign
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.molecules.conformers import electrons
from ingenium.domains.molecules.conformers.formats import ConformerFile
from ingenium.domains.molecules.conformers.likeness import SHARED
from ingenium.domains.molecules.conformers.search import ConformerEnsemble
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.xtb import HARTREE_KCAL

WAIT_S = 120
TOTAL = re.compile(r"TOTAL ENERGY\s+(-?\d+\.\d+)")


@dataclass(frozen=True)
class ConformerReference:
    """Energy above the lowest known conformer, and distance to the nearest."""

    file: ConformerFile
    known: Callable[[], ConformerEnsemble]
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar = (
        Quantity("energy", "kcal/mol", "above the lowest known conformer"),
        Quantity("nearest_known", "angstrom", "distance to the nearest known conformer"),
    )

    @property
    def mol(self) -> Chem.Mol:
        """The molecule."""
        return self.file.mol

    def measure(self, position: Float64[Tensor, "n a 3"]) -> Float64[Tensor, "n 2"]:
        """Measure each conformer from the text of its record."""
        records = [self.file.record(x, i) for i, x in enumerate(position.numpy())]
        return torch.tensor([self.measured(one) for one in records], dtype=torch.float64)

    @cached_property
    def _program(self) -> str | None:
        return shutil.which("xtb")

    @property
    def name(self) -> str:
        """Names of the measuring programs."""
        who = "the program xtb" if self._program else "tblite on the file"
        return f"{who}; RDKit's GetBestRMS"

    @property
    def version(self) -> str:
        """Versions of the measuring programs."""
        return f"{self._release}; {release_of('rdkit')}"

    @cached_property
    def _release(self) -> str:
        if self._program is None:
            return release_of("tblite")
        order = [self._program, "--version"]
        reported = subprocess.run(order, capture_output=True, text=True, timeout=WAIT_S)
        found = re.search(r"xtb version (\S+)", reported.stdout + reported.stderr)
        return found[1] if found else "unknown"

    def measured(self, record: str) -> tuple[float, float]:
        """Measure a record; infinite where its atoms differ."""
        numbers, position = atoms(record)
        own = [a.GetAtomicNum() for a in self.mol.GetAtoms()]
        if [Chem.GetPeriodicTable().GetAtomicNumber(e) for e in numbers] != own:
            return np.inf, np.inf
        energy = electrons.energy(self.mol, position)
        if self._program is not None:
            energy = self._by_program(record)
        return energy - float(self.known().gfn2_kcal.min()), self._nearest(record)

    def _by_program(self, record: str) -> float:
        charge = str(Chem.GetFormalCharge(self.mol))
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "one.sdf").write_text(record, encoding="ascii")
            order = [str(self._program), "one.sdf", "--gfn", "2", "--chrg", charge]
            reported = subprocess.run(
                order, cwd=folder, capture_output=True, text=True, timeout=WAIT_S
            )
        found = TOTAL.findall(reported.stdout)
        return float(found[-1]) * HARTREE_KCAL if found else float("nan")

    def _nearest(self, record: str) -> float:
        """Distance by RDKit, which aligns one pair of conformers at a time.

        Without hydrogens RDKit treats both oxygens of an acid as equal, which they are not: for
        such molecules no terminal atoms are exchanged, including those of nitro groups.
        """
        probe = Chem.RemoveHs(Chem.MolFromMolBlock(record, removeHs=False))
        ends = [len(mol.GetSubstructMatches(SHARED)) for mol in (self.mol, probe)]
        other = Chem.Mol(probe)
        found = []
        heavy = [a.GetIdx() for a in self.mol.GetAtoms() if a.GetAtomicNum() > 1]
        for known in self.known().position:
            other.GetConformer().SetPositions(np.ascontiguousarray(known[heavy]))
            found.append(
                rdMolAlign.GetBestRMS(
                    Chem.Mol(probe), other, symmetrizeConjugatedTerminalGroups=ends[0] == ends[1]
                )
            )
        return float(min(found))


def atoms(record: str) -> tuple[list[str], np.ndarray]:
    """Return elements and positions (angstrom) of a V2000 record, read by columns.

    Source: BIOVIA, CTfile Formats (V2000 connection tables).
    """
    lines = record.splitlines()
    start = next(i for i, line in enumerate(lines) if line.rstrip().endswith("V2000"))
    rows = lines[start + 1 : start + 1 + int(lines[start][:3])]
    places = [[float(row[i : i + 10]) for i in (0, 10, 20)] for row in rows]
    return [row[31:34].strip() for row in rows], np.array(places)
