"""Recipe of `uiuc.npz`: the UIUC sections of aerosandbox as Kulfan numbers.

`ingenium make airfoils` rebuilds it. A section is left out where its file is no outline, its fit is
worse than `WORST_FIT` anywhere, its surfaces meet, or its thickness is unusual for a wing.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.airfoils.cst import (
    WORST_FIT,
    Surfaces,
    arrays_of,
    fitted,
    misfits,
    straightened,
)
from ingenium.domains.airfoils.files import outline_in
from ingenium.domains.airfoils.packages import folder_of

THINNEST, THICKEST = 0.03, 0.35


def made(_: int) -> Arrays:
    """Return names and numbers of the accepted sections."""
    folder = folder_of("aerosandbox") / "geometry/airfoil/airfoil_database"
    numbers = {path.stem: _numbers(path) for path in sorted(folder.glob("*.dat"))}
    retained = {name: row for name, row in numbers.items() if row is not None}
    return {"names": np.array(list(retained)), "numbers": np.stack(list(retained.values()))}


def _numbers(path: Path) -> Float[np.ndarray, " d"] | None:
    """Numbers of the section in a file; None without a section or a good fit."""
    try:
        points = straightened(outline_in(path))
    except ValueError:
        return None
    numbers = fitted(points)
    s = Surfaces.of(arrays_of(torch.from_numpy(numbers[None])))
    sound = float(np.abs(misfits(points, numbers)).max()) <= WORST_FIT and not bool(s.crossed)
    return numbers if sound and THINNEST <= float(s.thickness.max()) <= THICKEST else None


UIUC = Recipe(
    "uiuc", [WORST_FIT, THINNEST, THICKEST], made, packaged=Path(__file__).with_name("uiuc.npz")
)
