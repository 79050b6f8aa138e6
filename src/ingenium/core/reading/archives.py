"""Members of zip archives, and arrays in those of NumPy, unpacked within bounds.

The sizes in an archive's headers are checked before anything is unpacked, and unpacking stops at
them: neither a header nor a highly compressed member can fill the memory.
"""

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.reading.files import content, refusing

MOST_MEMBERS = 1000
MOST_UNPACKED = 256 << 20  # bytes of all members together
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
NUMBERS = "biuf"  # kinds of dtype
NPY = ".npy"


def members(path: Path, what: str, ending: str = "") -> dict[str, bytes]:
    """Unpack the members of a zip archive whose names end with `ending`.

    Raises:
        InputError: for a file that is no whole archive, or for members that are too many, too
            large, encrypted, duplicated, or neither stored nor deflated.
    """
    data = content(path, what)
    with refusing(what, path), zipfile.ZipFile(io.BytesIO(data)) as archive:
        listed = archive.infolist()
        _check(listed, what, path)
        wanted = [one for one in listed if one.filename.lower().endswith(ending)]
        return {one.filename: archive.read(one) for one in wanted}


def arrays(path: Path, what: str) -> dict[str, np.ndarray]:
    """Read the arrays of a NumPy archive, numbers alone.

    Raises:
        InputError: as for `members`, and for members that are no arrays of numbers.
    """
    found = members(path, what)
    with refusing(what, path):
        return {name.removesuffix(NPY): _array(name, data) for name, data in found.items()}


def _check(listed: list[zipfile.ZipInfo], what: str, path: Path) -> None:
    if len(listed) > MOST_MEMBERS:
        raise InputError(f"{what} of at most {MOST_MEMBERS} members", f"{len(listed)} in {path}")
    names = [one.filename for one in listed]
    if len(set(names)) < len(names):
        raise InputError(f"{what} with each member once", f"a doubled one in {path}")
    if any(one.flag_bits & 1 or one.compress_type not in PACKED for one in listed):
        raise InputError(
            f"{what}, stored or deflated and without a password",
            f"{path}, which is packed in another way",
        )
    size = sum(one.file_size for one in listed)
    if size > MOST_UNPACKED:
        raise InputError(f"{what} of at most {MOST_UNPACKED} bytes", f"{size} packed in {path}")


def _array(name: str, data: bytes) -> np.ndarray:
    """Read the array of a member; its header is checked before memory is allocated."""
    if not name.endswith(NPY):
        raise ValueError(f"{name} is no array")
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if header is None:
        raise ValueError(f"{name} is an array of version {version}")
    shape, column_first, dtype = header(file)
    if dtype.kind not in NUMBERS or dtype.names is not None:
        raise ValueError(f"{name} holds {dtype}, and numbers are read alone")
    if math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError(f"{name} has another length than its shape {shape} says")
    flat = np.frombuffer(data, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if column_first else "C").copy()
