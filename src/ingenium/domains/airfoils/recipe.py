"""Makes `uiuc.npz`: the UIUC sections of aerosandbox as Kulfan numbers.

Run `python -m ingenium.domains.airfoils.recipe`. A section is left out where its file is no
outline, its fit is worse than `WORST_FIT` anywhere, its surfaces meet, or it is thinner or
thicker than what wings are made of.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from ingenium.domains.airfoils.cst import (
    WORST_FIT,
    Surfaces,
    arrays_of,
    fitted,
    misfit,
    straightened,
)
from ingenium.domains.airfoils.files import outline_in
from ingenium.domains.airfoils.packages import folder_of

THINNEST, THICKEST = 0.03, 0.35
OUT = Path(__file__).with_name("uiuc.npz")


def made(folder: Path) -> tuple[list[str], Float[np.ndarray, "n d"], dict[str, int]]:
    """Names and numbers of the sections of a folder, and how many were left out and why."""
    names, rows = [], []
    left = {"unreadable": 0, "badly fitted": 0, "crossed": 0, "too thin or thick": 0}
    for path in sorted(folder.glob("*.dat")):
        try:
            points = straightened(outline_in(path))
        except ValueError:
            left["unreadable"] += 1
            continue
        numbers = fitted(points)
        s = Surfaces.of(arrays_of(torch.from_numpy(numbers[None])))
        thickness = float(s.thickness.max())
        if misfit(points, numbers) > WORST_FIT:
            left["badly fitted"] += 1
        elif bool(s.crossed):
            left["crossed"] += 1
        elif not THINNEST <= thickness <= THICKEST:
            left["too thin or thick"] += 1
        else:
            names.append(path.stem)
            rows.append(numbers)
    return names, np.stack(rows), left


def main() -> None:
    """Write the file and say what became of each section."""
    names, numbers, left = made(folder_of("aerosandbox") / "geometry/airfoil/airfoil_database")
    np.savez_compressed(OUT, names=np.array(names), numbers=numbers)
    print(f"{len(names)} sections; left out: {left}; {OUT.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
