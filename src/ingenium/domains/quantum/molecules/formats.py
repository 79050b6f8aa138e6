"""Molecule files as lines of SMILES."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines
from ingenium.domains.quantum.autoencoder.model import SMILES
from ingenium.domains.quantum.autoencoder.recipe import LONGEST
from ingenium.kits.chemistry.parsing import canonical, required
from ingenium.kits.chemistry.safety import DualUseScreen

FILE, NAME = "molecules.smi", "molecule_"
VARIABLE = Variable(SMILES, (), "1", "molecule as canonical SMILES", longest=LONGEST)


def molecules(listed: Sequence[str], index: Sequence[int]) -> xr.Dataset:
    """Build designs from SMILES."""
    about = {"units": VARIABLE.unit, "long_name": VARIABLE.long_name}
    text = (DESIGN, np.asarray(listed, dtype=object), about)
    return xr.Dataset({SMILES: text}, coords={DESIGN: np.asarray(index, dtype=np.int64)})


@dataclass(frozen=True)
class LinesOfSmiles:
    """SMILES format, a molecule per line: its SMILES and its name."""

    screen: DualUseScreen
    name: ClassVar[str] = "smi"
    endings: ClassVar[tuple[str, ...]] = (".smi", ".smiles")

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write all molecules into one file.

        Raises:
            InputError: for text that is no molecule, or one that the screen refuses.
        """
        path = folder / FILE
        index = designs[DESIGN].to_numpy().tolist()
        rows = [
            f"{self._one(str(text), f'design {i}')} {NAME}{i:06d}"
            for i, text in zip(index, designs[SMILES].values, strict=True)
        ]
        write_atomic(path, "\n".join(rows) + "\n")
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """Read such a file, or any with SMILES in its first column.

        Raises:
            InputError: naming the first line that is no molecule, or one that is refused.
        """
        file = path / FILE if path.is_dir() else path
        found = [row.split() for row in lines(file, "a file of molecules") if row.strip()]
        if not found:
            raise InputError("SMILES, a line each", f"none in {file}", "Write such as CCO.")
        listed = [self._one(row[0], f"line {i} of {file}") for i, row in enumerate(found, 1)]
        names = [row[1].removeprefix(NAME) if len(row) > 1 else "" for row in found]
        own = all(n.isdecimal() for n in names) and len(set(names)) == len(names)
        return molecules(listed, [int(n) for n in names] if own else range(len(listed)))

    def _one(self, text: str, what: str) -> str:
        return canonical(self.screen.admit(required(text, what), what))
