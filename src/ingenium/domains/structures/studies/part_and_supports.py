"""Row 25.6: part, supports and build direction together against one after the other.

Five plane parts of 48 x 24 cells. Sequence: least compliance at volume 0.45, made solid and void
at that volume, turned into the quickest of four directions, supported by columns. Joint: for each
direction, the least volume of part and supports that holds the compliance of the sequence's part;
the fewest densest cells that hold it; the quickest direction. Filter, projection and steps are
the same. Print time: cells of the part, 0.25 of the cells of supports, and 2 cells a layer. A
model of time, not a slicer's. Segments: up to two planes, by search, cut each part into pieces
that are printed side by side, each in its quickest direction, and bonded (2 cells of time for
each cell of a joint, 10 for each piece beyond the first); a cut is made only where it saves time
at these prices, so that what it saves of its own part is told beside and is no part. What can
fail: the joint part in pieces against the sequence's part, which the same search cut as well as
it could; and pieces against the whole where bonding turns out to take twice the time that the
search reckoned with. Joints are as stiff as the part: the compliance stays; their strength is not
looked at, and the part is not optimised again for its cuts. Settings were chosen after a look at
other parts, with other loads and supports; these were held out. The prices of joints were chosen
before anything was cut; the bounds are those of the claim. Budget: 5 parts, 4 directions, 150
steps; quick: 1 part, 60 steps.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.structures.optimise.asked import Asked
from ingenium.domains.structures.optimise.binary import binary
from ingenium.domains.structures.optimise.build import DIRECTIONS, Build
from ingenium.domains.structures.optimise.concurrent import (
    support_volume,
    trimmed,
    with_supports,
)
from ingenium.domains.structures.optimise.parts import HELD_OUT
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.segments import Price, Segmented, segmented
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.solids.elastic.grid import RegularGrid

VOLUME = 0.45
FILL = 0.25  # of a support's volume that is printed
LAYER = 2.0  # time that a layer takes besides, in cells
WAYS = DIRECTIONS[2]
CUTS = 2  # at most
PRICE = Price(FILL, LAYER)
DEAR = replace(PRICE, joint=2 * PRICE.joint, piece=2 * PRICE.piece)  # that no search knew of


@dataclass(frozen=True)
class Work:
    """Size of the parts and steps at each of five levels of sharpness."""

    cells: tuple[int, int]
    every: int


FULL, QUICK = Work((48, 24), 30), Work((32, 16), 12)


@dataclass(frozen=True)
class Printed:
    """A part in its best direction: volumes in parts of the box, time in cells of the box.

    `whole` and `cut` are the same as one piece and in pieces, each in its own direction; of the
    directions that a part was made for, the quickest in pieces.
    """

    way: int
    part: float
    support: float
    time: float
    compliance_j: float
    whole: Segmented
    cut: Segmented


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each part both ways, at the compliance of the plain one."""
    work = QUICK if budget.quick else FULL
    names = [list(HELD_OUT)[seed % len(HELD_OUT)] for seed in budget.seeds]
    pairs = []
    for at, name in enumerate(names):
        watch("parts", at, len(names))
        pairs.append(compare(name, work))
    values = {
        "support_saved": _saved([(p.support, t.support) for p, t in pairs]),
        "time_saved": _saved([(p.time, t.time) for p, t in pairs]),
        "compliance": t_interval([t.compliance_j / p.compliance_j for p, t in pairs]),
    }
    joint = [t for _, t in pairs]
    values |= {
        "cut_time_saved": _saved([(p.cut.time, t.cut.time) for p, t in pairs]),
        "dear_time_saved": _saved([(t.whole.time, replace(t.cut, price=DEAR).time) for t in joint]),
        "cut_support_saved": _saved([(t.whole.support, t.cut.support) for t in joint]),
    }
    beside = {
        "joint.cut_time_saved_percent": _saved([(t.whole.time, t.cut.time) for t in joint]),
        "part_volume_saved_percent": _saved([(p.part, t.part) for p, t in pairs]),
        "sequential.cut_time_saved_percent": _saved([(p.whole.time, p.cut.time) for p, _ in pairs]),
        "sequential.cut_support_saved_percent": _saved(
            [(p.whole.support, p.cut.support) for p, _ in pairs]
        ),
        "cut_against_sequential_time_saved_percent": _saved(
            [(p.whole.time, t.cut.time) for p, t in pairs]
        ),
        "joint.pieces": t_interval([len(t.cut.pieces) for t in joint]),
        "joint.bonded_cells": t_interval([t.cut.joint for t in joint]),
    }
    for kind, found in (("sequential", [p for p, _ in pairs]), ("joint", joint)):
        for name in ("part", "support", "time"):
            beside[f"{kind}.{name}"] = t_interval([getattr(f, name) for f in found])
    notes = tuple(
        f"{name}: sequential built {WAYS[p.way]}, joint built {WAYS[t.way]}"
        for name, (p, t) in zip(names, pairs, strict=True)
    )
    return from_intervals(values, beside, digest([*names, str(work)]), notes)


def compare(name: str, work: Work) -> tuple[Printed, Printed]:
    """The part optimised, then turned, then supported; and all of it at once."""
    many = HELD_OUT[name](work.cells, (VOLUME,) * len(WAYS))
    settings = Simp(
        steps=5 * work.every,
        radius_cells=2.5,
        filter="density",
        method="mma",
        move=0.1,
        projection=Projection(spread=0.15, beta=2.0, beta_most=32.0, every=work.every),
    )
    one = many.rows(torch.tensor([0]))
    plain = binary(simp(one, settings).density, one.volume_fraction).expand(len(WAYS), -1)
    limit = _compliance(many, plain)
    joint = trimmed(many, with_supports(many, settings, WAYS, limit), limit)
    return _quickest(many, plain), _quickest(many, joint)


def print_time(grid: RegularGrid, part: Tensor, support: Tensor) -> Tensor:
    """Of each part in its direction, in cells: what is laid down, and a pause for each layer."""
    layers = [Build(grid, way).layers for way in WAYS]
    laid = (part + FILL * support) * grid.n_cells
    return laid + LAYER * torch.tensor(layers, dtype=torch.float64)


def _quickest(many: Asked, parts: Tensor) -> Printed:
    grid = many.elastic.grid
    part, support = parts.mean(1), support_volume(grid, WAYS, parts)
    time = print_time(grid, part, support)
    way = int(time.argmin())
    compliance = float(_compliance(many, parts)[way])
    solid = [connected(one.view(grid.cells).numpy() > 0.5) for one in parts]
    cut = min((segmented(one, PRICE, cuts=CUTS) for one in solid), key=lambda found: found.time)
    whole = min((segmented(one, PRICE, cuts=0) for one in solid), key=lambda found: found.time)
    return Printed(
        way, float(part[way]), float(support[way]), float(time[way]), compliance, whole, cut
    )


def connected(solid: np.ndarray) -> np.ndarray:
    """The largest piece of solid cells; specks beside it carry nothing."""
    number, count = ndimage.label(solid)
    sizes = np.bincount(number.ravel(), minlength=count + 1)[1:]
    return np.asarray(number == 1 + int(sizes.argmax()))


def _compliance(many: Asked, parts: Tensor) -> Tensor:
    return compliance_of(many, parts, Simp(least=1e-6))


def _saved(pairs: list[tuple[float, float]]) -> Interval:
    """In percent; what was nothing before and is nothing after saves nothing."""
    before, after = np.array(pairs, dtype=np.float64).T
    unit = np.where(before > 0, before, np.where(after > 0, after, 1.0))
    return t_interval(100 * (before - after) / unit)
