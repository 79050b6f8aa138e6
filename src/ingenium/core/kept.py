"""Verified blocks of a run that is not whole yet: kept on disk, taken back, or done again."""

from contextlib import suppress
from pathlib import Path

import xarray as xr

from ingenium.core.netcdf import write_netcdf


def keep(path: Path, block: xr.Dataset) -> None:
    """Write a block with a checksum of each array."""
    arrays = {**block.data_vars, **block.coords}
    encoding = {
        str(name): {"fletcher32": True, "chunksizes": array.shape}
        for name, array in arrays.items()
        if array.dtype.kind in "biuf" and array.size and array.ndim
    }
    write_netcdf(path, block, encoding)


def kept(path: Path) -> xr.Dataset | None:
    """The block as it was written; none if it is absent or damaged."""
    with (
        suppress(OSError, ValueError, LookupError, RuntimeError),
        xr.open_dataset(path, engine="h5netcdf") as stored,
    ):
        return stored.load()
    return None
