"""Row 25.5: orientation, feature size, access and prescribed geometry, measured on meshes.

Five parts in space (20 x 6 x 10 cells, volume 0.4), without limits, and with printing filter
(build direction), eroded part for compliance (feature size), reach of tools from three sides, and
prescribed pads and a slot, all at once. Each part becomes a surface of its volume, an STL, is
read again and cut into voxels. Violations: surface that hangs flatter than 40 degrees; how far
the thinnest wall falls short of 1.5 cells; cells at the surface that no tool reaches; prescribed
cells that are not as prescribed. All in percent, before less after. The compliance is that of the
voxels of the read part. Settings and the rule of build directions (pads on the plate) were chosen
after a look at other parts, with other loads and supports; these were held out. Bounds: each kind
of violation shrinks. Budget: 5 parts, 125 steps; quick: 1 part, 30 steps.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.structures.optimise.asked import Asked
from ingenium.domains.structures.optimise.build import Direction
from ingenium.domains.structures.optimise.parts import HELD_OUT
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.solids.printing import checks
from ingenium.kits.solids.printing.files import read_mesh, write_stl
from ingenium.kits.solids.printing.surface import surface
from ingenium.kits.solids.printing.voxels import voxels

VOLUME = 0.4
CELL_M = 0.002
SLOT = (slice(8, 12), slice(None), slice(4, 7))  # nothing may be there, on the full grid
PAD = 2  # cells around each loaded node that must be there
SIDES: tuple[Direction, ...] = ("+x", "+y", "-y")  # from which tools come
WAYS = {"+x": (1, 0, 0), "+y": (0, 1, 0), "-y": (0, -1, 0), "+z": (0, 0, 1), "-z": (0, 0, -1)}
ANGLE_DEG = 40.0  # a little below the 45 degrees of the filter, as the surface is faired
WALL = 1.5  # cells
FROM_THE_TOP = ("high_cantilever", "corbel", "beam")  # so that their pads lie on the plate
MEASURES = ("overhang", "thin", "hidden", "misplaced")


@dataclass(frozen=True)
class Work:
    """Size of the parts and steps at each of five levels of sharpness."""

    cells: tuple[int, int, int]
    every: int


FULL, QUICK = Work((20, 6, 10), 25), Work((20, 4, 10), 6)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each part without and with the four limits, as a file that is read again."""
    work = QUICK if budget.quick else FULL
    names = [list(HELD_OUT)[seed % len(HELD_OUT)] for seed in budget.seeds]
    before: list[dict[str, float]] = []
    after: list[dict[str, float]] = []
    for at, name in enumerate(names):
        watch("parts", at, len(names))
        free, held = compare(name, work)
        before.append(free)
        after.append(held)
    values = {
        f"{key}_fewer": t_interval([b[key] - a[key] for b, a in zip(before, after, strict=True)])
        for key in MEASURES
    }
    values["misplaced"] = t_interval([a["misplaced"] for a in after])
    cost = [a["compliance_j"] / b["compliance_j"] - 1 for b, a in zip(before, after, strict=True)]
    beside = {"compliance_cost_percent": t_interval(100 * np.array(cost))}
    for kind, rows in (("before", before), ("after", after)):
        beside |= {f"{kind}.{key}": t_interval([r[key] for r in rows]) for key in rows[0]}
    return from_intervals(values, beside, digest([*names, str(work)]))


def compare(name: str, work: Work) -> tuple[dict[str, float], dict[str, float]]:
    """Measures of a part that knows no limits, and of one that holds all four."""
    asked = HELD_OUT[name](work.cells, (VOLUME,))
    prescribed = replace(asked, passive=prescription(asked))
    way: Direction = "-z" if name in FROM_THE_TOP else "+z"
    free = Simp(
        steps=5 * work.every,
        radius_cells=1.5,
        filter="density",
        method="mma",
        move=0.1,
        projection=Projection(beta=2.0, beta_most=32.0, every=work.every),
    )
    robust = Projection(beta=2.0, beta_most=32.0, every=work.every, spread=0.2)
    held = replace(free, radius_cells=2.5, projection=robust, build=way, access=SIDES)
    return (
        judged(prescribed, simp(asked, free).density, way),
        judged(prescribed, simp(prescribed, held).density, way),
    )


def prescription(asked: Asked) -> Tensor:
    """Solid pads at the loads and an open slot, one value for each cell."""
    grid = asked.elastic.grid
    loaded = asked.load_n.abs().sum((0, 1)).view(-1, grid.dim).sum(1) > 0
    state = torch.zeros(grid.cells, dtype=torch.int8)
    state[SLOT] = -1
    for node in loaded.nonzero().squeeze(1):  # a few of them
        place = np.unravel_index(int(node), grid.nodes)
        around = tuple(slice(max(0, int(p) - PAD), int(p) + PAD) for p in place)
        state[around] = 1
    return state.flatten()[None]


def judged(asked: Asked, density: Tensor, way: Direction) -> dict[str, float]:
    """Violations (%) of a part's mesh, written, read and cut into voxels again.

    The compliance is that of the voxels, so that it is the file's too.
    """
    cells = asked.elastic.grid.cells
    shape = (cells[0], cells[1], cells[2])
    field = density[0].view(shape).numpy().clip(0.0, 1.0)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "part.stl"
        write_stl(surface(field, CELL_M, fine=2), path)
        mesh = read_mesh(path)
    share = voxels(mesh, shape, CELL_M, fine=4)
    double = (2 * shape[0], 2 * shape[1], 2 * shape[2])
    fine = voxels(mesh, double, CELL_M / 2, fine=2)[None] > 0.5
    wall = float(checks.min_feature_m(fine, 0.5).wall_m[0])
    state = asked.state[0].view(shape).numpy()
    wrong = ((state == 1) & (share < 0.5)) | ((state == -1) & (share > 0.5))
    read = torch.from_numpy(share).flatten()[None]
    return {
        "overhang": 100 * checks.overhang(mesh, WAYS[way], ANGLE_DEG).share,
        "thin": 100 * max(0.0, 1 - wall / WALL),
        "hidden": 100 * (1 - float(checks.accessible(fine, 0.5, [WAYS[s] for s in SIDES])[0])),
        "misplaced": 100 * float(wrong.sum() / max(1, int((state != 0).sum()))),
        "compliance_j": float(compliance_of(asked, read, Simp(exponent=1.0, least=1e-6))),
        "volume": 100 * float(share.mean()),
    }
