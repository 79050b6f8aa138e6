"""NetCDF-4 files that are whole or absent, on a full disk too."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.folders import write_atomic


def write_netcdf(
    path: Path, data: xr.Dataset, encoding: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write a file at once or not at all.

    HDF5 crashes the process when the disk fills while it writes, so it writes to memory.

    Raises:
        StorageError: if it cannot be written.
    """
    write_atomic(path, bytes(data.to_netcdf(engine="h5netcdf", encoding=encoding)))
