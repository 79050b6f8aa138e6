"""Row 25.2: many feasible shapes between light and stiff, against one-aim optimisation.

The shapes of row 25.3 to learn from; the task is one load, downwards in the middle of the free
end, at any volume from 0.3 to 0.6. 64 proposals of a Gaussian process over that range, each
repaired by 20 steps of SIMP and made solid and void. Limits: the volume asked for, one piece that
bears the load, compliance at most 3 times the solid box's. Designs count as diverse if they
differ in at least 5 % of the cells from each one counted before. All limits of all accepted
designs are checked again by scikit-fem and a count of cells. Hypervolume of volume and compliance
ratio below 0.65 and 3, against one run of SIMP (to rest, then 70 steps of a projection that
sharpens) at the volume 0.45, which is what a single aim gives, and against as many runs at
volumes over the range as our calls of the solver pay for. Budget: 5 seeds, 64 proposals; quick: 1
seed, 24, fewer cells.
"""

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.structures.optimise.simp import simp
from ingenium.domains.structures.shapes.box import VOLUME, pieces
from ingenium.domains.structures.shapes.independent import ShapeReference
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance
from ingenium.domains.structures.shapes.training import BESIDE
from ingenium.domains.structures.studies import shape_refinement
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

FAMILY, PROPOSED, QUICK_PROPOSED = "gaussian_process", 64, 24
PLACE = {"tip_position": 0.5, "tip_angle": -90.0}  # the load of the task
MOST_RATIO = 3.0  # compliance as a multiple of the solid box's, at most
APART, WANTED = 0.05, 10  # share of cells by which designs differ to count, and how many must
ONE_VOLUME = 0.45  # of the one-aim baseline
REST, SHARP = 1000, 70  # steps of the baseline, which rests before; and those that sharpen it
WORST = (0.65, MOST_RATIO)  # volume and compliance ratio from which hypervolume is counted


@dataclass(frozen=True, eq=False)
class Answer:
    """Shapes for one load, what was measured of them, and the calls that they took."""

    designs: xr.Dataset
    verdicts: xr.Dataset
    calls: int

    @property
    def accepted(self) -> Bool[np.ndarray, " n"]:
        """Those that held every limit."""
        held: np.ndarray = self.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
        return held

    @property
    def points(self) -> Float64[np.ndarray, "p 2"]:
        """Volume and compliance ratio of the accepted ones."""
        both = (self.verdicts[k].to_numpy()[self.accepted] for k in ("volume", "compliance_ratio"))
        return np.stack(list(both), 1)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed fits, proposes for volumes over the whole range, and repairs."""
    quick = budget.quick
    settings = shape_refinement.QUICK if quick else shape_refinement.FULL
    problem, count = MinimumCompliance(settings), QUICK_PROPOSED if quick else PROPOSED
    problem.prepare(watch)
    table: dict[str, list[float]] = {}
    for seed in budget.seeds:
        watch("shapes between light and stiff", seed, len(budget.seeds))
        for key, value in _scores(problem, count, seed).items():
            table.setdefault(key, []).append(value)
    every = {key: t_interval(values) for key, values in table.items()}
    return from_intervals(every, {}, dataset_digest(problem.data()))


def _scores(problem: MinimumCompliance, count: int, seed: int) -> dict[str, float]:
    ours = generated(problem, count, seed)
    sweep = swept(problem, ours.calls)
    single = swept(problem, 0)
    chosen = ours.designs.isel({DESIGN: np.flatnonzero(ours.accepted)})
    volumes = {
        k: hypervolume(a.points) for k, a in (("ours", ours), ("sweep", sweep), ("single", single))
    }
    held, apart = checked(problem, chosen)
    return {
        "distinct": float(distinct(chosen["density"].to_numpy())),
        "independent": held,
        "gain_over_single": 100 * (volumes["ours"] - volumes["single"]),
        "gain_over_sweep": 100 * (volumes["ours"] - volumes["sweep"]),
        "front": float(len(front(ours.points))),
        "accepted": float(ours.accepted.mean()),
        "disagreement": apart,
        "front_of_sweep": float(len(front(sweep.points))),
        **{f"hypervolume_{k}": v for k, v in volumes.items()},
    }


def limits(problem: MinimumCompliance) -> tuple[Limit, ...]:
    """Those of the problem, and the least stiffness."""
    return (*problem.limits, Limit("compliance_ratio", at_most=MOST_RATIO, unit="1"))


def asked(problem: MinimumCompliance, volume: Float64[np.ndarray, " n"]) -> xr.Dataset:
    """The load of the task at some volumes."""
    columns = {k: np.full(len(volume), v) for k, v in PLACE.items()} | {VOLUME: volume}
    return xr.Dataset({c.name: (DESIGN, columns[c.name]) for c in problem.conditions})


def generated(problem: MinimumCompliance, count: int, seed: int) -> Answer:
    """Proposals over the range of volumes, repaired by the problem's own few steps."""
    known = problem.data()
    own = known.isel({DESIGN: np.flatnonzero(~known["held_out"].to_numpy())})
    cond, shape = problem.features(own), problem.codec.shape
    family = families.build(FAMILY, shape, cond.shape[1], seed=seed)
    rows = asked(problem, np.linspace(*problem.settings.volume_fraction, count))
    with one_thread():
        plan = families.plan(FAMILY, shape=shape, seed=seed)
        family.fit(problem.encode(own).to(torch.float32), cond, plan)
        x = family.propose(problem.features(rows), torch.Generator().manual_seed(seed))
    arrays = problem.project({}, rows)(problem.decode(x.double(), rows))
    repaired = problem.repair(arrays, rows)
    return _verified(problem, repaired, rows, count * (problem.settings.refine_steps + BESIDE))


def swept(problem: MinimumCompliance, calls: int) -> Answer:
    """Least compliance at single volumes by SIMP, as many as the calls allow; at least one."""
    first = _optimised(problem, np.array([ONE_VOLUME]))
    count = calls // first.calls
    if count < 2:
        return first
    return _optimised(problem, np.linspace(*problem.settings.volume_fraction, count))


def _optimised(problem: MinimumCompliance, volume: Float64[np.ndarray, " n"]) -> Answer:
    rows = asked(problem, volume)
    numbers, optimiser = problem.numbers(rows), problem.optimiser
    rest = simp(optimiser.asked(numbers), optimiser.settings(REST))
    solid = optimiser.solid(numbers, 0, rest.density, SHARP)
    arrays = (solid.view(-1, *problem.box.grid.cells), *numbers.values())
    return _verified(problem, arrays, rows, int((rest.solves + SHARP + BESIDE - 1).sum()))


def _verified(
    problem: MinimumCompliance, arrays: tuple[Tensor, ...], rows: xr.Dataset, calls: int
) -> Answer:
    coords = problem.labels() | {c.name: rows[c.name] for c in problem.conditions}
    designs = to_dataset(arrays, problem.variables, coords)
    verdicts = verify(
        designs,
        problem.verifier,
        limits(problem),
        variables=problem.variables,
        sizes=problem.sizes,
    )
    return Answer(designs, verdicts, calls)


def checked(problem: MinimumCompliance, designs: xr.Dataset) -> tuple[float, float]:
    """Share of designs that hold all limits as scikit-fem and a count of cells say.

    Also the largest relative difference of the compliance to the engine's.
    """
    held, apart, reference = [], 0.0, ShapeReference(problem.box)
    for i in range(designs.sizes[DESIGN]):  # scikit-fem takes one at a time
        one = designs.isel({DESIGN: [i]})
        density, *given = to_arrays(one, problem.variables)
        ours = float(reference.measure(density, *given))
        solid = float(reference.measure(torch.ones_like(density), *given))
        engine = float(problem.verifier.measure(density, *given)[0, 0])
        apart = max(apart, abs(engine / ours - 1))
        count = pieces(problem.box.grid, density.flatten() > 0.5)[1]
        light = float(density.mean()) <= float(one[VOLUME][0]) + 1e-9
        held.append(bool(light and count == 1 and ours / solid <= MOST_RATIO))
    return float(np.mean(held)) if held else 0.0, apart


def distinct(density: Float64[np.ndarray, "n ..."]) -> int:
    """Designs that differ from all that were counted before in enough cells."""
    flat, kept = density.reshape(len(density), -1), list[np.ndarray]()
    for row in flat:
        if all(np.abs(row - other).mean() >= APART for other in kept):
            kept.append(row)
    return len(kept)


def front(points: Float64[np.ndarray, "p 2"]) -> Float64[np.ndarray, "q 2"]:
    """Points that no other one beats in both, by the first."""
    order = points[np.lexsort((points[:, 1], points[:, 0]))]
    least = np.minimum.accumulate(np.concatenate([[np.inf], order[:, 1]]))[:-1]
    best: np.ndarray = order[order[:, 1] < least]
    return best


def hypervolume(points: Float64[np.ndarray, "p 2"]) -> float:
    """Area that points dominate below `WORST`, as a share of the box from (0, 1) to there."""
    own = front(points[(points < np.array(WORST)).all(1)])
    right = np.append(own[1:, 0], WORST[0])
    area = ((right - own[:, 0]) * (WORST[1] - own[:, 1])).sum()
    return float(area / (WORST[0] * (WORST[1] - 1)))
