"""Beams with the channels that they serve, as HDF5."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import content, refusing

FILE = "beams.h5"
MOST = 200_000  # sets of a file


@dataclass(frozen=True, eq=False)
class BeamFile:
    """One HDF5 file for all sets of users."""

    variables: tuple[Variable, ...]
    sizes: Mapping[str, int]
    carrier_hz: float
    name: ClassVar[str] = "beam-hdf5"
    endings: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `beams.h5`."""
        import h5py

        path, buffer = folder / FILE, BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs["carrier_hz"] = self.carrier_hz
            file["design"] = designs[DESIGN].to_numpy().astype(np.int64)
            for v in self.variables:
                file[v.name] = designs[v.name].to_numpy().astype(np.float64)
                file[v.name].attrs["units"] = v.unit
        write_atomic(path, buffer.getvalue())
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), path)

    def read(self, path: Path) -> xr.Dataset:
        """Sets of a file, or of the one in a folder.

        Raises:
            InputError: for what is no such file, another carrier, or arrays of other sizes.
        """
        import h5py

        own = path / FILE if path.is_dir() else path
        what = "beams as HDF5 with the channels that they serve"
        data = content(own, what)
        with refusing(what, own), h5py.File(BytesIO(data), "r") as file:
            absent = [n for n in ("design", *(v.name for v in self.variables)) if n not in file]
            if absent:
                raise InputError(what, f"no {absent[0]} in {own}")
            if abs(float(file.attrs.get("carrier_hz", 0)) / self.carrier_hz - 1) > 1e-9:
                came = f"{file.attrs.get('carrier_hz')} in {own}"
                raise InputError(f"beams at {self.carrier_hz:g} Hz", came, "Use its own setup.")
            index = file["design"][()]
            n = len(index)
            if index.dtype.kind not in "iu" or len(set(index.tolist())) != n or not 0 < n <= MOST:
                raise InputError(
                    f"1 to {MOST} sets, each with a number of its own", f"{n} in {own}"
                )
            arrays = []
            for v in self.variables:
                shape = (n, *(self.sizes[d] for d in v.dims))
                if file[v.name].shape != shape or file[v.name].attrs.get("units") != v.unit:
                    raise InputError(f"{v.name} of shape {shape}", f"{file[v.name].shape} in {own}")
                arrays.append(torch.from_numpy(real_numbers(file[v.name][()])))
        asked = {"sinr": (DESIGN, arrays[-1].numpy())}
        return to_dataset(arrays, self.variables, asked, index=index)
