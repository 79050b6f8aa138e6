"""Files of circuits as OpenQASM 2, one circuit per file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered, text
from ingenium.domains.quantum.distribution.template import Template
from ingenium.kits.circuits import qasm

MOST = 1 << 22  # bytes of a file


@dataclass(frozen=True)
class QasmFile:
    """OpenQASM 2 format: one file for each circuit, with all its qubits measured."""

    template: Template
    variables: tuple[Variable, ...]
    name: ClassVar[str] = "qasm"
    endings: ClassVar[tuple[str, ...]] = (".qasm",)
    separate: ClassVar[Literal[True]] = True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each circuit below `folder`."""
        angles = self.template.angles(*to_arrays(designs, self.variables))
        found = {}
        for i, row in zip(designs[DESIGN].to_numpy().tolist(), angles, strict=True):
            path = folder / f"circuit_{i:05d}.qasm"
            write_atomic(path, qasm.written(self.template.program(row)))
            found[i] = path
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a circuit, or all circuits of a folder.

        Raises:
            InputError: if there is no circuit, or one that does not fit these layers.
        """
        files, index = numbered(path, "circuit_*.qasm", "circuits as OpenQASM")
        rows = [self._read(file) for file in files]
        arrays = self.template.arrays(torch.stack(rows))
        return to_dataset(arrays, self.variables, {}, index=np.array(index))

    def _read(self, file: Path) -> torch.Tensor:
        program = qasm.read(text(file, "a circuit as OpenQASM 2", most=MOST))
        return self.template.placed(program)
