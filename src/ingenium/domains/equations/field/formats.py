"""Fields as files: all pairs of a run in one NetCDF-4 file with their grid, after CF."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, check, real_numbers, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.netcdf import read_netcdf, write_netcdf
from ingenium.core.quantity import Variable
from ingenium.domains.equations.field.equation import FieldEquation

EQUATION = "equation"  # the attribute that says which one the fields solve
APART = 1e-9  # of a point from its place


@dataclass(frozen=True)
class NetcdfFields:
    """Inputs and solutions over their grid."""

    equation: FieldEquation
    variables: tuple[Variable, ...]
    sizes: Mapping[str, int]
    name: ClassVar[str] = "netcdf"
    endings: ClassVar[tuple[str, ...]] = (".nc",)
    file: ClassVar[str] = "fields.nc"

    @property
    def places(self) -> np.ndarray:
        """Of the points along each side."""
        n = self.equation.points
        return (np.arange(n) + (0.0 if self.equation.periodic else 0.5)) / n

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write them."""
        own = designs[[v.name for v in self.variables]].reset_coords(drop=True)
        at = {d: (d, self.places, {"long_name": d, "units": "1"}) for d in self.sizes}
        about = {
            EQUATION: f"{self.equation.written} ({self.equation!r})",
            "Conventions": "CF-1.11",
        }
        write_netcdf(folder / self.file, own.assign_coords(at).assign_attrs(about))
        return dict.fromkeys(designs[DESIGN].to_numpy().tolist(), folder / self.file)

    def read(self, path: Path) -> xr.Dataset:
        """Read them, or such a file of another program.

        Raises:
            InputError: for other arrays, another grid or equation, or numbers that are not finite.
        """
        file = path / self.file if path.is_dir() else path
        what = "solution fields as NetCDF"
        found = read_netcdf(file, what)
        absent = [n for n in (DESIGN, *(v.name for v in self.variables), *self.sizes)
                  if n not in found.variables]  # fmt: skip
        if absent:
            raise InputError(f"{what} with {', '.join(absent)}", f"none in {file}")
        check(found, self.variables, self.sizes)
        told = str(found.attrs.get(EQUATION, ""))
        if told and told != f"{self.equation.written} ({self.equation!r})":
            raise InputError(
                f"fields of {self.equation!r}", f"{told[:120]} in {file}", "Write the same setup."
            )
        for d, n in self.sizes.items():
            at = real_numbers(found[d].to_numpy())
            if at.shape != (n,) or not np.allclose(at, self.places, rtol=0, atol=APART):
                raise InputError(
                    f"{n} points along {d} from {self.places[0]:g} to {self.places[-1]:g}",
                    f"{at.size} others in {file}",
                )
        return to_dataset(
            [self._values(found, v, file) for v in self.variables],
            self.variables,
            {d: (d, self.places) for d in self.sizes},
            index=self._index(found, file),
        )

    def _values(self, found: xr.Dataset, v: Variable, file: Path) -> torch.Tensor:
        values = real_numbers(found[v.name].to_numpy())
        if not np.isfinite(values).all():
            raise InputError(f"finite numbers of {v.name}", f"NaN or infinity in {file}")
        return torch.from_numpy(values)

    @staticmethod
    def _index(found: xr.Dataset, file: Path) -> np.ndarray:
        index = found[DESIGN].to_numpy()
        if index.dtype.kind not in "iu":
            raise InputError("whole numbers of designs", f"{index.dtype} in {file}")
        return index
