"""Files of arrays as declarations: all designs of a run in one file of HDF5 or NetCDF-4."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, check, real_numbers, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.netcdf import MOST_UNPACKED, read_netcdf, write_netcdf
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import refusing
from ingenium.core.reading.hdf5 import opened
from ingenium.core.reading.trial import sound

MOST = 200_000  # designs of a file
SAME = 1e-9  # relative, within which an attribute or a coordinate is the declared one


@dataclass(frozen=True, eq=False)
class Derived:
    """An array for other programs that follows from the variables of the designs.

    A file with a different array is refused: other programs must show the design that is judged.
    """

    name: str
    unit: str  # not written if it is empty
    of: Callable[[Sequence[Tensor]], np.ndarray]
    near: float = 0.0  # of its largest number, by which a file may differ from it
    each: bool = False  # whether `near` is of each number above 1, and not of the largest
    long_name: str = ""
    instead: str = "Write both anew, under the setup of the file."

    @property
    def attrs(self) -> dict[str, str]:
        """Meaning and unit as CF attributes."""
        reported = {"long_name": self.long_name, "units": self.unit}
        return {key: value for key, value in reported.items() if value}

    def require(self, found: np.ndarray, arrays: Sequence[Tensor], path: Path) -> None:
        """Refuse an array that differs.

        Raises:
            InputError: for another shape, kind or value.
        """
        due = self.of(arrays)
        fits = found.shape == due.shape and found.dtype.kind in (due.dtype.kind, "i", "u")
        size = np.abs(due).clip(1.0) if self.each else np.abs(due).max()
        if not fits or not (np.abs(found - due) <= self.near * size).all():
            raise InputError(
                f"`{self.name}` that follows from the other arrays",
                f"another one in {path}",
                self.instead,
            )


@dataclass(frozen=True, eq=False)
class Arrays(ABC):
    """One file for all designs: an array for each variable with its unit, and the design numbers.

    Shapes: n designs.
    """

    variables: tuple[Variable, ...]
    sizes: Mapping[str, int]
    file: str
    about: Mapping[str, Any] = field(default_factory=dict)  # attributes, which must be these
    derived: tuple[Derived, ...] = ()
    places: Mapping[str, np.ndarray] = field(default_factory=dict)  # along dimensions, written too
    lenient: bool = False  # whether attributes and units may be left out, as by other programs
    finite: bool = False  # whether NaN and infinity are refused
    check: Callable[[xr.Dataset, Path], None] | None = None  # additions of the field
    name: str = ""
    endings: ClassVar[tuple[str, ...]] = ()

    @property
    def what(self) -> str:
        """Description of an expected file, for a message."""
        return f"{self.file} of designs"

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write the file; return it for each design."""
        path = folder / self.file
        self.pack(designs, path)
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), path)

    def read(self, path: Path) -> xr.Dataset:
        """Read the file, the one in a folder, or one like it.

        Raises:
            InputError: for other arrays, shapes, units, attributes or places than declared.
        """
        own = path / self.file if path.is_dir() else path
        found = self.unpack(own)
        names = (DESIGN, *(v.name for v in self.variables), *(d.name for d in self.derived))
        absent = [name for name in (*names, *self.places) if name not in found.variables]
        if absent:
            raise InputError(f"{self.what} with {', '.join(names)}", f"no {absent[0]} in {own}")
        self._require_about(found, own)
        for v in self.variables:
            self._require_unit(found, v.name, v.unit, own)
        check(found, self.variables, self.sizes)
        arrays = [torch.from_numpy(self._numbers(found, v, own)) for v in self.variables]
        coords = {d: (d, at) for d, at in self.places.items()}
        designs = to_dataset(arrays, self.variables, coords, index=self._index(found, own))
        for one in self.derived:
            self._require_unit(found, one.name, one.unit, own)
            one.require(found[one.name].to_numpy(), arrays, own)
        if self.check is not None:
            self.check(designs, own)
        return designs

    def whole(self, designs: xr.Dataset) -> xr.Dataset:
        """Return everything that is written: variables, and the derived arrays of each design."""
        own, arrays = designs[[v.name for v in self.variables]], to_arrays(designs, self.variables)
        derived = {d.name: (DESIGN, d.of(arrays), d.attrs) for d in self.derived}
        at = {d: (d, x, {"long_name": d, "units": "1"}) for d, x in self.places.items()}
        whole = own.assign(derived).reset_coords(drop=True).assign_coords(at)
        return whole.assign_attrs(self.about).assign_attrs(Conventions="CF-1.11")

    @abstractmethod
    def pack(self, designs: xr.Dataset, path: Path) -> None:
        """Write the declared arrays into a file."""

    @abstractmethod
    def unpack(self, path: Path) -> xr.Dataset:
        """Read the declared arrays, of any size, shape and unit."""

    def _require_about(self, found: xr.Dataset, path: Path) -> None:
        for key, own in self.about.items():
            got = found.attrs.get(key)
            if got is None and self.lenient:
                continue
            if not _alike(got, own):
                shown = "none" if got is None else f"{str(got)[:120]}"
                raise InputError(
                    f"{self.what} whose {key} is {own}",
                    f"{shown} in {path}",
                    "Use the setup of the file.",
                )
        for d, at in self.places.items():
            own = real_numbers(found[d].to_numpy())
            if own.shape != at.shape or not np.allclose(own, at, rtol=0, atol=SAME):
                raise InputError(
                    f"{len(at)} places along {d} from {at[0]:g} to {at[-1]:g}",
                    f"{own.size} others in {path}",
                    "Use the setup of the file.",
                )

    def _require_unit(self, found: xr.Dataset, name: str, unit: str, path: Path) -> None:
        got = found[name].attrs.get("units", unit if self.lenient or not unit else "no unit")
        if unit and got != unit:
            raise InputError(f"{name} in {unit}", f"{got} in {path}", f'Write units = "{unit}".')

    def _numbers(self, found: xr.Dataset, v: Variable, path: Path) -> np.ndarray:
        values = real_numbers(found[v.name].to_numpy())
        odd = ~np.isfinite(values).reshape(len(values), -1).all(1)
        if self.finite and odd.any():
            raise InputError(
                f"finite numbers of {v.name}",
                f"NaN or infinity in design {int(odd.argmax())} of {path}",
                "Leave it out, or write it again.",
            )
        return values

    def _index(self, found: xr.Dataset, path: Path) -> np.ndarray:
        index = np.asarray(found[DESIGN].to_numpy())
        n = index.size
        if index.dtype.kind not in "iu" or len(set(index.tolist())) != n or not 0 < n <= MOST:
            raise InputError(
                f"1 to {MOST} designs, each with a whole number of its own", f"{n} in {path}"
            )
        return index


@dataclass(frozen=True, eq=False)
class HdfArrays(Arrays):
    """Plain datasets of an HDF5 file, for programs without NetCDF."""

    name: str = "hdf5"
    endings: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")

    def pack(self, designs: xr.Dataset, path: Path) -> None:
        import h5py

        buffer, arrays = BytesIO(), to_arrays(designs, self.variables)
        with h5py.File(buffer, "w") as file:
            file.attrs.update(self.about)
            file[DESIGN] = designs[DESIGN].to_numpy().astype(np.int64)
            for v, array in zip(self.variables, arrays, strict=True):
                file[v.name] = array.numpy()
                file[v.name].attrs["units"] = v.unit
            for one in self.derived:
                file[one.name] = one.of(arrays)
                file[one.name].attrs.update(one.attrs)
        write_atomic(path, sound(buffer.getvalue()))

    def unpack(self, path: Path) -> xr.Dataset:
        import h5py

        found: dict[str, xr.Variable] = {}
        dims: dict[str, tuple[str, ...]] = {v.name: (DESIGN, *v.dims) for v in self.variables}
        dims |= {d.name: () for d in self.derived} | {DESIGN: (DESIGN,)}
        with refusing(self.what, path), opened(path, self.what) as file:
            for name, own in dims.items():
                held = file.get(name)
                if not isinstance(held, h5py.Dataset):
                    continue
                if held.nbytes > MOST_UNPACKED:
                    raise InputError(
                        f"{self.what} of at most {MOST_UNPACKED} bytes", f"{held.nbytes} in {path}"
                    )
                own = own or tuple(f"{name} {i}" for i in range(held.ndim))
                found[name] = xr.Variable(own, held[()], dict(held.attrs))
            return xr.Dataset(found, attrs=dict(file.attrs))


@dataclass(frozen=True, eq=False)
class NetcdfArrays(Arrays):
    """NetCDF-4 after the CF conventions."""

    name: str = "netcdf"
    endings: ClassVar[tuple[str, ...]] = (".nc",)

    def pack(self, designs: xr.Dataset, path: Path) -> None:
        write_netcdf(path, self.whole(designs))

    def unpack(self, path: Path) -> xr.Dataset:
        return read_netcdf(path, self.what)


def _alike(got: Any, own: Any) -> bool:
    if isinstance(own, str) or isinstance(got, str) or got is None:
        return bool(got == own)
    try:
        return np.shape(got) == np.shape(own) and bool(np.allclose(got, own, rtol=SAME, atol=0))
    except TypeError:
        return False
