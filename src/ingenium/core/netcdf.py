"""NetCDF-4 files: written whole or not at all, on a full disk too, and read within bounds."""

import errno
import os
import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import xarray as xr

from ingenium.core.errors import InputError
from ingenium.core.folders import replacing, write_atomic
from ingenium.core.reading.files import content, refusing
from ingenium.core.reading.hdf5 import check_own_data
from ingenium.core.reading.trial import sound, try_reading

MOST_UNPACKED = 256 << 20  # bytes of all arrays
MOST_TEXTS = 100_000
ROOM = 1.1  # free space needed, relative to the size of the file


def write_netcdf(
    path: Path, data: xr.Dataset, encoding: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write a file completely or not at all.

    HDF5 crashes the process when the disk fills while it writes, so it writes to memory; larger
    data are written directly, if the disk has enough free space.

    Raises:
        StorageError: if it cannot be written.
    """
    if data.nbytes <= MOST_UNPACKED:
        packed = bytes(data.to_netcdf(engine="h5netcdf", encoding=encoding))
        write_atomic(path, sound(packed))
        return
    with replacing(path, needed=data.nbytes) as part:
        if shutil.disk_usage(part.parent).free < ROOM * data.nbytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        data.to_netcdf(part, engine="h5netcdf", encoding=encoding)


def read_netcdf(path: Path, what: str) -> xr.Dataset:
    """Read a whole file, after checking the size that its header declares.

    Raises:
        InputError: for a file that is not NetCDF-4, or too large.
    """
    import h5netcdf  # noqa: F401 - once, for both readings
    import h5py

    data = content(path, what)
    with refusing(what, path):
        with h5py.File(BytesIO(data)) as plain:  # refuses without a trace; h5netcdf prints one
            check_own_data(plain, what, scaled=True)
        try_reading(lambda: _loaded(data, path, what), data, what, path, by="netcdf")
        return _loaded(data, path, what)


def _loaded(data: bytes, path: Path, what: str) -> xr.Dataset:
    with xr.open_dataset(BytesIO(data), engine="h5netcdf", decode_timedelta=False) as found:
        held = list(found.variables.values())
        size = sum(v.nbytes for v in held)
        texts = sum(v.size for v in held if v.dtype.kind == "O")
        if size > MOST_UNPACKED or texts > MOST_TEXTS:
            raise InputError(
                f"{what} of at most {MOST_UNPACKED} bytes and {MOST_TEXTS} texts",
                f"{size} bytes and {texts} texts in {path}",
            )
        return found.load()
