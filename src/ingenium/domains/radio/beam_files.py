"""HDF5 files of beams with the channels that they serve."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from ingenium.core.formats.arrays import HdfArrays


@dataclass(frozen=True, eq=False)
class BeamFile(HdfArrays):
    """HDF5 format, one file for all sets of users, with their requested SINR as a condition."""

    name: str = "beam-hdf5"

    def read(self, path: Path) -> xr.Dataset:
        designs = super().read(path)
        return designs.assign_coords(sinr=designs["requested_db"].variable)
