"""Row 25.7: parts whose every stage of the build carries itself, without overhang.

Five plane parts of 48 x 24 cells, volume 0.45, with the same filter and projection: plain, with
the printing filter of Langelaar (2017), and with that filter and a limit on the sag of partial
builds under their own weight on the plate (every 3 layers, at 0.7 of the limit). Judged on solid
and void cells, layer by layer: a stage is within the limit if no cell of it sags by more than 20
times what a solid block of the part's height shortens by; a stage that is a mechanism is not.
Overhang: solid cells that none of the three cells below carries. Limit, margin and settings were
chosen after a look at other parts, with other loads and supports, where plain ones sagged by 45
to 290 times the block; these were held out. Budget: 5 parts, 150 steps; quick: 1 part, 72 steps.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.structures.optimise.asked import Asked
from ingenium.domains.structures.optimise.binary import binary, standing
from ingenium.domains.structures.optimise.build import Build, Direction
from ingenium.domains.structures.optimise.layered import layered
from ingenium.domains.structures.optimise.overhang import unsupported
from ingenium.domains.structures.optimise.parts import HELD_OUT
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

VOLUME = 0.45
LIMIT = 20.0  # times what a solid block of the part's height shortens by under its own weight
MARGIN = 0.7  # of the limit, which the optimiser is told: it looks at some stages, not all
WAY: Direction = "+y"
METHODS = ("plain", "filtered", "layered")


@dataclass(frozen=True)
class Work:
    """Size of the parts and steps of the optimisers."""

    cells: tuple[int, int]
    every: int  # layers from stage to stage in the optimiser; the check takes all

    @property
    def steps(self) -> int:
        """Six levels of sharpness."""
        return 6 * self.every_level

    @property
    def every_level(self) -> int:
        """Steps at each sharpness."""
        return 25 if self.cells[1] >= 24 else 12


FULL, QUICK = Work((48, 24), 3), Work((32, 16), 4)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each part by the plain optimiser, with the printing filter, and with the stages too."""
    work = QUICK if budget.quick else FULL
    names = [list(HELD_OUT)[seed % len(HELD_OUT)] for seed in budget.seeds]
    rows: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
    for at, name in enumerate(names):
        watch("parts", at, len(names))
        for method, row in compare(name, work).items():
            rows[method].append(row)
    beside = {
        f"{method}.{key}": t_interval([row[key] for row in rows[method]])
        for method in METHODS
        for key in rows[method][0]
    }
    base, kept = rows["plain"], rows["layered"]
    cost = [
        100 * (k["compliance_j"] / b["compliance_j"] - 1) for k, b in zip(kept, base, strict=True)
    ]
    gain = [b["overhang_percent"] - k["overhang_percent"] for k, b in zip(kept, base, strict=True)]
    beside["layered.compliance_cost_percent"] = t_interval(cost)
    values = {
        "stages_within": beside["layered.stages_within"],
        "overhang": beside["layered.overhang_percent"],
        "overhang_saved": t_interval(gain),
        "plain_stages_within": beside["plain.stages_within"],
    }
    return from_intervals(values, beside, digest([*names, str(work)]))


def compare(name: str, work: Work) -> dict[str, dict[str, float]]:
    """What each method makes of one part."""
    asked = HELD_OUT[name](work.cells, (VOLUME,))
    build = Build(asked.elastic.grid, WAY)
    limit = torch.full((1,), LIMIT * build.layers**2 / 2, dtype=torch.float64)
    plain = Simp(
        steps=work.steps,
        radius_cells=2.5,
        filter="density",
        method="mma",
        move=0.1,
        projection=Projection(spread=0.15, beta=2.0, beta_most=64.0, every=work.every_level),
    )
    printed = replace(plain, build=WAY)
    stages = Stages(build, tops=tuple(range(work.every, build.layers + 1, work.every)))
    made = {
        "plain": simp(asked, plain).density,
        "filtered": simp(asked, printed).density,
        "layered": layered(asked, printed, stages, MARGIN * limit).density,
    }
    return {
        method: judged(asked, build, float(limit), density, carried=method != "plain")
        for method, density in made.items()
    }


def judged(
    asked: Asked, build: Build, limit_m: float, density: Tensor, *, carried: bool
) -> dict[str, float]:
    """Measures of the part of solid and void cells; `carried` takes off what nothing carries."""
    part = binary(density, asked.volume_fraction)
    part = standing(build, part) if carried else part
    _, sag = Stages(build, least=1e-9).sag(part)
    within = sag <= limit_m  # not for a stage that is a mechanism, which has no sag
    return {
        "stages_within": 100 * float(within.double().mean()),
        "overhang_percent": 100 * float(unsupported(build, part).sum() / part.sum()),
        "compliance_j": float(compliance_of(asked, part, Simp(least=1e-6))),
        "volume_percent": 100 * float(part.mean()),
    }
