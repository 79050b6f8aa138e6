"""Ensembles as files: configurations, their couplings, and what each counts.

What is written counts as the law says, and a file that says otherwise is refused; so is an
ensemble whose weighted means lie off the exact curve.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import h5py
import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, real_numbers, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.netcdf import MOST_UNPACKED, read_netcdf, write_netcdf
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import content, refusing
from ingenium.core.seeds import BLOCK
from ingenium.domains.physics.lattice.ensemble import BEYOND, ENOUGH, lots, pulls
from ingenium.domains.physics.lattice.verifier import LawVerifier

COUNT = "count"
MEANT = 1e-9  # how far numbers may lie from the field that they mean
TOLD = 1e-6  # of a count, within which a file says what the law does


@dataclass(frozen=True)
class _Layout:
    """What a file of an ensemble must hold."""

    verifier: LawVerifier
    variables: tuple[Variable, ...]
    sizes: Mapping[str, int]

    def filled(self, designs: xr.Dataset) -> xr.Dataset:
        """Designs with what each counts."""
        own = designs[[v.name for v in self.variables]]
        about = {"long_name": "what it counts in means; 0 for none", "units": "1"}
        return own.assign({COUNT: (DESIGN, self._measured(own)[:, -1], about)}).reset_coords(
            drop=True
        )

    def checked(self, found: xr.Dataset, path: Path) -> xr.Dataset:
        """Designs of a file.

        Raises:
            InputError: for other arrays, numbers that are not finite, counts that are not those of
                the law, or an ensemble that is not its own.
        """
        for key, own in _about(self).items():
            if found.attrs.get(key, own) != own:
                came = f"{found.attrs[key]} in {path}"
                raise InputError(f"an ensemble whose {key} is {own}", came, "Use its own setup.")
        names = [v.name for v in self.variables]
        absent = [n for n in (*names, COUNT, DESIGN) if n not in found.variables]
        if absent:
            raise InputError(
                f"an ensemble with {', '.join((*names, COUNT))} over {DESIGN}",
                f"{path} without {', '.join(absent)}",
            )
        for v in self.variables:
            self._check(found[v.name], v, path)
        arrays = tuple(torch.from_numpy(real_numbers(found[n].to_numpy())) for n in names)
        self._settle(arrays, path)
        index = found[DESIGN].to_numpy()
        if index.dtype.kind not in "iu":
            raise InputError("whole numbers of designs", f"{index.dtype} in {path}")
        designs = to_dataset(arrays, self.variables, {}, index=index)
        self._weigh(designs, real_numbers(found[COUNT].to_numpy()), path)
        return designs

    def _check(self, array: xr.DataArray, v: Variable, path: Path) -> None:
        unit = array.attrs.get("units", v.unit)
        if unit != v.unit:
            raise InputError(f"{v.name} in {v.unit}", f"{unit} in {path}")
        wanted = (DESIGN, *v.dims)
        sizes = {d: self.sizes[d] for d in v.dims}
        if array.dims != wanted or any(array.sizes[d] != s for d, s in sizes.items()):
            raise InputError(f"{v.name} over {wanted} of {sizes}", f"{dict(array.sizes)} in {path}")
        values = real_numbers(array.to_numpy())
        bad = ~np.isfinite(values).reshape(len(values), -1).all(1)
        if bad.any():
            raise InputError(
                f"finite numbers of {v.name}",
                f"NaN or infinity in configuration {int(np.flatnonzero(bad)[0])} of {path}",
                "Leave it out, or write it again.",
            )

    def _settle(self, arrays: tuple[torch.Tensor, ...], path: Path) -> None:
        """Refuse what is no field of the model, such as links that are no matrices of SU(3)."""
        own = self.verifier.law.settled(arrays[:-1])
        for v, a, b in zip(self.variables, arrays, own, strict=False):
            off = (a - b).abs().flatten(1).amax(1) > MEANT if a.ndim > 1 else (a - b).abs() > MEANT
            if bool(off.any()):
                raise InputError(
                    f"{v.name}: {v.long_name}, as {self.verifier.law.name} has it",
                    f"another field in configuration {int(off.nonzero()[0])} of {path}",
                    "Bring it to the field that it means.",
                )

    def _weigh(self, designs: xr.Dataset, told: np.ndarray, path: Path) -> None:
        measured = self._measured(designs)
        off = np.abs(told - measured[:, -1]) > TOLD * np.maximum(1.0, measured[:, -1])
        if off.any() or not np.isfinite(told).all():
            i = int(np.flatnonzero(off | ~np.isfinite(told))[0])
            raise InputError(
                f"a count of {measured[i, -1]:.9g} for configuration {i}, as the law and the "
                "density of the sampler of the setup have it",
                f"{told[i]:.9g} in {path}",
                "Name the sampler that proposed it, or propose again.",
            )
        if len(told) >= ENOUGH:
            self._test(designs, measured, path)

    def _test(self, designs: xr.Dataset, measured: np.ndarray, path: Path) -> None:
        """Refuse an ensemble off the exact curve, or one that repeats itself."""
        law, arrays = self.verifier.law, to_arrays(designs, self.variables)
        if len(np.unique(lots(*(a.numpy() for a in arrays)))) < len(measured):
            raise InputError(
                "independent configurations", f"one more than once in {path}", "Leave it out."
            )
        exact = np.stack([law.exact(b) for b in arrays[-1].tolist()])
        found = pulls(measured[:, -1], law.observed(measured), exact)
        for name, pull in zip(law.curve, found.tolist(), strict=True):
            if abs(pull) > BEYOND:
                raise InputError(
                    f"an ensemble of the law: its {name} within {BEYOND:g} standard errors",
                    f"{pull:+.1f} of them in {path}",
                    "Keep what the lots keep, with its counts, and nothing less.",
                )

    def _measured(self, designs: xr.Dataset) -> np.ndarray:
        arrays = to_arrays(designs, self.variables)
        parts = zip(*(a.split(BLOCK) for a in arrays), strict=True)
        return torch.cat([self.verifier.measure(*part) for part in parts]).numpy()


@dataclass(frozen=True)
class NetcdfEnsemble:
    """All configurations in one NetCDF-4 file."""

    layout: _Layout
    name: ClassVar[str] = "netcdf"
    endings: ClassVar[tuple[str, ...]] = (".nc",)
    file: ClassVar[str] = "ensemble.nc"

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write it."""
        whole = self.layout.filled(designs)
        write_netcdf(folder / self.file, whole.assign_attrs(_about(self.layout)))
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), folder / self.file)

    def read(self, path: Path) -> xr.Dataset:
        """Read it, or one like it.

        Raises:
            InputError: for anything but an ensemble of the law.
        """
        file = path / self.file if path.is_dir() else path
        return self.layout.checked(read_netcdf(file, "an ensemble as NetCDF"), file)


@dataclass(frozen=True)
class Hdf5Ensemble:
    """The same arrays as plain datasets of an HDF5 file, for programs without NetCDF."""

    layout: _Layout
    name: ClassVar[str] = "hdf5"
    endings: ClassVar[tuple[str, ...]] = (".h5", ".hdf5")
    file: ClassVar[str] = "ensemble.h5"

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write it."""
        whole, buffer = self.layout.filled(designs), io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs.update(_about(self.layout))
            for name, array in whole.variables.items():
                file.create_dataset(str(name), data=array.to_numpy())
                file[str(name)].attrs["units"] = array.attrs.get("units", "1")
        write_atomic(folder / self.file, buffer.getvalue())
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), folder / self.file)

    def read(self, path: Path) -> xr.Dataset:
        """Read it, or one like it.

        Raises:
            InputError: for anything but an ensemble of the law.
        """
        where = path / self.file if path.is_dir() else path
        what = "an ensemble as HDF5"
        data = content(where, what)
        dims: dict[str, tuple[str, ...]] = {v.name: v.dims for v in self.layout.variables}
        dims |= {COUNT: (), DESIGN: ()}
        found: dict[str, Any] = {}
        with refusing(what, where), h5py.File(io.BytesIO(data)) as file:
            for name, own in dims.items():
                held = file.get(name)
                if not isinstance(held, h5py.Dataset) or held.ndim != 1 + len(own):
                    raise InputError(f"{what} with {name} over {(DESIGN, *own)}", f"{where}")
                if held.nbytes > MOST_UNPACKED:
                    raise InputError(f"{what} of at most {MOST_UNPACKED} bytes", f"{held.nbytes}")
                found[name] = ((DESIGN, *own), held[()], dict(held.attrs))
            told = dict(file.attrs)
        with refusing(what, where):
            whole = xr.Dataset(found, attrs=told)
        return self.layout.checked(whole, where)


def _about(layout: _Layout) -> dict[str, str]:
    law = layout.verifier.law
    return {"model": law.name, "coupling": law.coupling}


def formats(
    verifier: LawVerifier, variables: tuple[Variable, ...], sizes: Mapping[str, int]
) -> dict[str, NetcdfEnsemble | Hdf5Ensemble]:
    """Both of them."""
    layout = _Layout(verifier, variables, sizes)
    return {"netcdf": NetcdfEnsemble(layout), "hdf5": Hdf5Ensemble(layout)}
