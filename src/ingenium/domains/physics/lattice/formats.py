"""Files of ensembles: configurations, their couplings, and the count of each.

Counts follow from the law, and a file with other counts is refused; so is an ensemble whose
weighted means are off the exact curve.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.formats.arrays import Arrays, Derived, HdfArrays, NetcdfArrays
from ingenium.core.quantity import Variable
from ingenium.core.reading.trial import sound
from ingenium.core.seeds import BLOCK
from ingenium.domains.physics.lattice.ensemble import BEYOND, ENOUGH, lots, pulls
from ingenium.domains.physics.lattice.verifier import LawVerifier

COUNT = "count"
MEANT = 1e-9  # tolerance of numbers around a valid field
REPORTED = 1e-6  # relative tolerance of a file's count


@dataclass(frozen=True, eq=False)
class Hdf5Ensemble(HdfArrays):
    """HDF5 format of plain datasets, for programs without NetCDF."""

    def pack(self, designs: xr.Dataset, path: Path) -> None:
        whole, buffer = self.whole(designs), io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs.update(self.about)
            for name, array in whole.variables.items():
                file.create_dataset(str(name), data=array.to_numpy())
                file[str(name)].attrs["units"] = array.attrs.get("units", "1")
        write_atomic(path, sound(buffer.getvalue()))


def formats(
    verifier: LawVerifier, variables: tuple[Variable, ...], sizes: Mapping[str, int]
) -> dict[str, Arrays]:
    """Return both formats."""
    law = verifier.law
    count = Derived(
        COUNT,
        "1",
        lambda arrays: _measured(verifier, arrays)[:, -1],
        REPORTED,
        each=True,
        long_name="what it counts in means; 0 for none",
        instead="Name the sampler that proposed it, or propose again.",
    )

    def declared(kind: type[Arrays], file: str) -> Arrays:
        return kind(
            variables,
            sizes,
            file,
            about={"model": law.name, "coupling": law.coupling},
            derived=(count,),
            lenient=True,
            finite=True,
            check=partial(_check, verifier, variables),
        )

    both = declared(NetcdfArrays, "ensemble.nc"), declared(Hdf5Ensemble, "ensemble.h5")
    return {form.name: form for form in both}


def _check(
    verifier: LawVerifier, variables: tuple[Variable, ...], designs: xr.Dataset, path: Path
) -> None:
    """Refuse arrays that are no field of the model, such as links outside SU(3)."""
    law, arrays = verifier.law, to_arrays(designs, variables)
    for v, a, b in zip(variables, arrays, law.settled(arrays[:-1]), strict=False):
        off = (a - b).abs().flatten(1).amax(1) > MEANT if a.ndim > 1 else (a - b).abs() > MEANT
        if bool(off.any()):
            raise InputError(
                f"{v.name}: {v.long_name}, as {law.name} has it",
                f"another field in configuration {int(off.nonzero()[0])} of {path}",
                "Bring it to the field that it means.",
            )
    if designs.sizes[DESIGN] >= ENOUGH:
        _test(verifier, arrays, path)


def _test(verifier: LawVerifier, arrays: tuple[Tensor, ...], path: Path) -> None:
    """Refuse an ensemble off the exact curve, or with repeated configurations."""
    law, measured = verifier.law, _measured(verifier, arrays)
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


def _measured(verifier: LawVerifier, arrays: Sequence[Tensor]) -> np.ndarray:
    parts = zip(*(a.split(BLOCK) for a in arrays), strict=True)
    return torch.cat([verifier.measure(*part) for part in parts]).numpy()
