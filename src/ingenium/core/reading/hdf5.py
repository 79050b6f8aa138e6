"""HDF5 files that hold their own data: checked before any of their arrays is read.

A dataset may name data in other files (external storage, virtual datasets, external links), in
devices and pipes too, or need a filter that another library brings. The digest of such a file says
nothing of its data, and reading it may never end.

Source: HDF5 File Format Specification 3.0, The HDF Group.
"""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingenium.core.errors import InputError
from ingenium.core.reading.files import content, refusing
from ingenium.core.reading.trial import try_reading

if TYPE_CHECKING:
    import h5py

OWN_FILTERS = frozenset(range(1, 7))  # deflate, shuffle, Fletcher 32, szip, n-bit, scale and offset
MASKS = ("valid_min", "valid_max", "valid_range", "missing_value")  # which some readers apply
SCALES = ("scale_factor", "add_offset")
MOST_OBJECTS, MOST_TRIED = 10_000, 64 << 20  # bytes of an array that is read once before
INSTEAD = "Write the arrays into the file itself, in the units of their names."


def opened(path: Path, what: str) -> "h5py.File":
    """Open a file in memory, after checking all of its objects.

    Raises:
        InputError: for a file that is no HDF5, or as for `check_own_data`.
    """
    return opened_bytes(content(path, what), what, path)


def opened_bytes(data: bytes, what: str, path: Path) -> "h5py.File":
    """Open the bytes of a file as `opened` does."""
    import h5py

    with refusing(what, path):
        file = h5py.File(BytesIO(data), "r")
        check_own_data(file, what, scaled=False)
        try_reading(lambda: file.visititems(_read_whole), data, what, path, by="hdf5")
    return file


def _read_whole(name: str, held: Any) -> None:
    """Read attributes and array of one object; larger arrays than `MOST_TRIED` are left out."""
    list(held.attrs.values())
    if getattr(held, "nbytes", MOST_TRIED + 1) <= MOST_TRIED:
        np.asarray(held[()])


def check_own_data(file: "h5py.File", what: str, *, scaled: bool) -> None:
    """Refuse a file whose data are elsewhere, or other numbers to readers of the CF conventions.

    Args:
        file: that is open.
        what: it should be, as it reads after "expected".
        scaled: whether the reader applies `scale_factor`, `add_offset` and `_FillValue`.

    Raises:
        InputError: naming the object.
    """
    import h5py

    waiting: list[tuple[str, Any]] = [("", file)]
    seen = {h5py.h5o.get_info(file.id).addr}
    while waiting:
        place, group = waiting.pop()
        for name in group:
            at = f"{place}/{name}"
            if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
                raise InputError(f"{what} with all of its data", f"a link out at {at}", INSTEAD)
            held = group.get(name)
            if held is None:
                raise InputError(f"{what} whose links lead to objects", f"none at {at}", INSTEAD)
            place_in_file = h5py.h5o.get_info(held.id).addr
            if place_in_file in seen:
                continue
            seen.add(place_in_file)
            if len(seen) > MOST_OBJECTS:
                raise InputError(f"{what} of at most {MOST_OBJECTS} objects", "more")
            if isinstance(held, h5py.Dataset):
                _check_array(held, at, what, scaled=scaled)
            elif isinstance(held, h5py.Group):
                waiting.append((at, held))


def _check_array(held: "h5py.Dataset", at: str, what: str, *, scaled: bool) -> None:
    import h5py

    made = held.id.get_create_plist()
    if made.get_external_count() or made.get_layout() == h5py.h5d.VIRTUAL:
        raise InputError(f"{what} with all of its data", f"data outside of it at {at}", INSTEAD)
    odd = {made.get_filter(i)[0] for i in range(made.get_nfilters())} - OWN_FILTERS
    if odd:
        raise InputError(f"{what} packed by HDF5's own filters", f"{min(odd)} at {at}", INSTEAD)
    named = [word for word in (MASKS if scaled else MASKS + SCALES) if word in held.attrs]
    if named:
        raise InputError(f"{what} of numbers as they are", f"{named[0]} at {at}", INSTEAD)
