"""Lot of parts: read from an archive, and what each needs in each direction."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.core.given import Given, Input
from ingenium.core.reading.archives import members
from ingenium.domains.printing.builds.part import column_m3, turned
from ingenium.domains.printing.quote.flags import PartMeasures, Rules, measured
from ingenium.domains.printing.quote.planted import planted
from ingenium.kits.solids.printing.files import read_mesh
from ingenium.kits.solids.printing.mesh import Trimesh, volume_m3

PARTS = Input("parts", "file", "zip archive of the parts, a closed STL in millimetres each",
              most=256_000_000)  # fmt: skip
MOST, DEFAULT = 64, 8  # parts of a lot, and synthetic ones without a [given]
DIRECTIONS = (
    (0.0, 0.0),
    (180.0, 0.0),
    (90.0, 0.0),
    (90.0, 90.0),
    (90.0, 180.0),
    (90.0, 270.0),
)  # up
WAYS = ("+z", "-z", "+x", "+y", "-x", "-y")


@dataclass(frozen=True, eq=False)
class LotPart:
    """One part of a lot, with its name."""

    name: str
    mesh: Trimesh
    rules: Rules

    @cached_property
    def volume_m3(self) -> float:
        """Volume of metal."""
        return volume_m3(np.asarray(self.mesh.vertices), np.asarray(self.mesh.faces))

    @cached_property
    def standing(self) -> tuple[PartMeasures, ...]:
        """Flags in each direction; the wall is the same in all."""
        return tuple(measured(turned(self.mesh, *way), self.rules) for way in DIRECTIONS)

    @cached_property
    def sides_m(self) -> Float64[np.ndarray, "6 3"]:
        """Box of the part in each direction."""
        return np.stack([np.asarray(turned(self.mesh, *way).extents) for way in DIRECTIONS])

    @cached_property
    def support_m3(self) -> Float64[np.ndarray, " 6"]:
        """Columns below overhangs in each direction, down to the plate."""
        lean, azimuth = np.array(DIRECTIONS, dtype=np.float64).T
        return column_m3(self.mesh, lean, azimuth)


def lot_of(given: Given, rules: Rules) -> tuple[LotPart, ...]:
    """Return the parts of a spec in the order of their names, or a few synthetic ones.

    Raises:
        InputError: for an archive without parts, too many, or a part that is open.
    """
    if PARTS.name not in given:
        return tuple(LotPart(f"synthetic_{i:02d}", planted(i).mesh, rules) for i in range(DEFAULT))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lot.zip"
        path.write_bytes(given[PARTS.name])
        found = members(path, "a zip archive of STL files", ".stl")
        if not 1 <= len(found) <= MOST:
            raise InputError(
                f"an archive with 1 to {MOST} parts as .stl", f"{len(found)}", "Split the lot."
            )
        parts = []
        for name in sorted(found):
            stem = Path(name).stem
            if not stem.replace("_", "").replace("-", "").isalnum() or not stem.isascii():
                raise InputError("names of letters, digits, - and _", repr(name[:80]))
            own = Path(folder) / f"{stem}.stl"
            own.write_bytes(found[name])
            parts.append(LotPart(stem, read_mesh(own), rules))
    if len({p.name for p in parts}) < len(parts):
        raise InputError("a name for each part", "two of the same name")
    return tuple(parts)
