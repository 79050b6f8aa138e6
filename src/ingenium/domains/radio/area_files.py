"""Files of channels of several sites: a folder with an HDF5 file for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.formats import Format
from ingenium.domains.radio.formats import FILE

SITE, NUMBER = "site", "site_number"  # the condition, and the variable of designs


@dataclass(frozen=True, eq=False)
class AreaFolder:
    """Folder format; each file has the format of a site's own problem."""

    names: Sequence[str]
    files: Sequence[Format]  # of the sites, in their order
    name: ClassVar[str] = "sionna-hdf5"
    endings: ClassVar[tuple[str, ...]] = ()

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a folder for each site that has any channel."""
        found: dict[int, Path] = {}
        for i, (name, file) in enumerate(zip(self.names, self.files, strict=True)):
            own = np.flatnonzero(designs[NUMBER].to_numpy() == i)
            if len(own):
                (folder / name).mkdir(exist_ok=True)
                found |= file.write(designs.isel({DESIGN: own}), folder / name)
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read all channels of a folder, or those of one file in it, by their numbers.

        Raises:
            InputError: for a folder without any, a number that occurs twice, or an invalid file.
        """
        if path.is_file():
            return self._of_site(path)
        files = [path / name / FILE for name in self.names if (path / name / FILE).is_file()]
        if not files:
            raise InputError(f"a folder with {self.names[0]}/{FILE} and so on", f"{path}")
        found = xr.concat([self._of_site(file) for file in files], DESIGN)
        index = found[DESIGN].to_numpy()
        if len(set(index.tolist())) < len(index):
            raise InputError(
                "channels with numbers of their own", f"some that come twice in {path}"
            )
        return found.sortby(DESIGN)

    def _of_site(self, file: Path) -> xr.Dataset:
        """Read one file; the folder that contains it names its site."""
        name = file.parent.name
        if name not in self.names:
            raise InputError(f"a file in a folder named as a site: {', '.join(self.names)}", name)
        i = self.names.index(name)
        read = self.files[i].read(file)
        n = read.sizes[DESIGN]
        named = read.assign({NUMBER: (DESIGN, np.full(n, float(i)))})
        return named.assign_coords({SITE: (DESIGN, np.full(n, name))})
