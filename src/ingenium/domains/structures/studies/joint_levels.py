"""Row 25.8: macro design and cell design at once against one after the other.

Five plane parts of 12 x 6 macro cells, volume 0.5. Each cell has lying, standing and crossing
walls, homogenised with periodic conditions. Sequence: one thickness a cell for the macro part,
then each cell's three for its strain at its density. Its walls know no printer; mended, they are
at least 2 of 24 pixels thick at the same volume. A second sequence knows that limit in both
levels. Joint: all walls at once, with the limit. Every part is drawn with all its walls and
solved again pixel by pixel: stiffness per mass is 1 / (compliance x mass); thin is the share of
solid that no printable square covers. Settings were chosen after a look at other parts with fewer
steps, in which the unprintable sequence was stiffer than all others; it is shown beside. These
parts, with other loads and supports, were held out. The bounds are those of the claim. Budget: 5
parts, 120 steps a level; quick: 1 part, 40 steps.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.structures.optimise.descent import Descent
from ingenium.domains.structures.optimise.parts import HELD_OUT
from ingenium.domains.structures.optimise.simp import Simp, compliance_of
from ingenium.domains.structures.optimise.two_level import TwoLevel
from ingenium.domains.structures.optimise.walls import Walls
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

VOLUME = 0.5
PIXELS = 24  # of a macro cell; the whole part is solved again with all of them
PRINTS = 2  # pixels of the thinnest wall that can be printed
METHODS = ("macro_then_micro", "mended", "limited_levels", "joint")


@dataclass(frozen=True)
class Work:
    """Macro cells, and steps of each level."""

    cells: tuple[int, int]
    steps: int


FULL, QUICK = Work((12, 6), 120), Work((8, 4), 40)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each part by the sequence, by the sequence made printable, and all at once."""
    work = QUICK if budget.quick else FULL
    names = [list(HELD_OUT)[seed % len(HELD_OUT)] for seed in budget.seeds]
    walls = Walls(PIXELS)
    rows: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
    for at, name in enumerate(names):
        watch("parts", at, len(names))
        for method, thickness in designs(name, work, walls).items():
            rows[method].append(judged(name, work, walls, thickness))
    stiff = {m: np.array([1 / (r["compliance_j"] * r["mass"]) for r in rows[m]]) for m in METHODS}
    thin = {m: np.array([r["thin_percent"] for r in rows[m]]) for m in METHODS}
    gains = {m: t_interval(100 * (stiff["joint"] / stiff[m] - 1)) for m in METHODS[:-1]}
    values = {
        "gain": gains["mended"],
        "gain_over_limited": gains["limited_levels"],
        "thin_fewer": t_interval(thin["macro_then_micro"] - thin["joint"]),
    }
    beside = {"gain_over_unprintable": gains["macro_then_micro"]}
    for method in METHODS:
        for key in rows[method][0]:
            beside[f"{method}.{key}"] = t_interval([row[key] for row in rows[method]])
    return from_intervals(values, beside, digest([*names, str(work)]))


def designs(name: str, work: Work, walls: Walls) -> dict[str, Tensor]:
    """Thicknesses of the walls that each method gives the cells of a part."""
    asked = replace(HELD_OUT[name](work.cells, (VOLUME,)), passive=None)
    least, settings = PRINTS / PIXELS, Descent(work.steps, 0.1)
    free, limited = TwoLevel(asked, walls), TwoLevel(asked, walls, least)
    sequence = free.micro(free.macro(settings), settings)
    knowing = limited.micro(limited.macro(settings), settings)
    return {
        "macro_then_micro": sequence,
        "mended": free.mended(sequence, least),
        "limited_levels": limited.mended(knowing, least),
        "joint": limited.joint(settings),
    }


def judged(name: str, work: Work, walls: Walls, thickness: Tensor) -> dict[str, float]:
    """The part with every wall drawn: compliance and mass of its pixels, and thin walls."""
    fine = (work.cells[0] * PIXELS, work.cells[1] * PIXELS)
    asked = replace(HELD_OUT[name](fine, (VOLUME,)), passive=None)
    coarse = replace(HELD_OUT[name](work.cells, (VOLUME,)), passive=None)
    pixels = TwoLevel(coarse, walls).drawn(thickness)
    solid = pixels.view(fine).numpy() > 0.5
    wide = ndimage.binary_opening(
        np.pad(solid, PRINTS, mode="symmetric"), np.ones((PRINTS, PRINTS), bool)
    )
    kept = wide[PRINTS:-PRINTS, PRINTS:-PRINTS]
    return {
        "compliance_j": float(compliance_of(asked, pixels, Simp(least=1e-4))),
        "mass": float(pixels.mean()),
        "thin_percent": 100 * float(1 - kept.sum() / solid.sum()),
    }
