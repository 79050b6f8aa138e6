"""Row 25.3: shapes proposed from a data set and refined, on loads that nobody learned from.

500 shapes that SIMP made on 60 x 20 cells for a cantilever whose tip load has any place and
direction, and any volume from 0.3 to 0.6; a fifth of the loads is held out, another fifth for
each seed. SIMP (sensitivity filter, optimality criteria) runs from even densities until no
density moves by more than 0.01, and its calls of the solver are counted. The mean of 16 proposals
of a Gaussian process is the start of the same SIMP, stopped at a fifth of those calls. Both are
measured with grey cells. For shapes without grey cells SIMP goes on for 70 steps of a projection
that sharpens, and we have a fifth of all those calls too, half of them to sharpen; the densest
cells in one piece count, before or after sharpening, whichever is stiffer. Beside: the same cells
without sharpening on either side (solid), nearest known shapes and even densities as starts,
calls until both are within 2 % of SIMP's last compliance, share of cells that differ from the
nearest known shape (novelty) and between proposals for one load (diversity). Budget: 5 seeds of
100 loads; quick: 1 seed, fewer cells and shapes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.domains.structures.optimise.simp import Course, simp
from ingenium.domains.structures.shapes.box import VOLUME
from ingenium.domains.structures.shapes.loading import Numbers
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance
from ingenium.domains.structures.shapes.settings import ShapeSettings
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import BESIDE
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families

FULL = ShapeSettings(preset="cantilever", designs=500)
QUICK = ShapeSettings(preset="cantilever", cells=(30, 10), designs=60)
FOLDS = 5  # a fifth is held out, another one for each seed
SHARE = 5  # of the optimiser's calls that a proposal may use: one in so many
CLOSE = 2.0  # percent of the optimiser's compliance
DRAWS = 16  # proposals whose mean is the start
SHARP = 70  # steps that sharpen the optimiser's grey cells
REST = 1000  # steps of the optimiser at most; it comes to rest before
ALTERNATIVES, OF = 4, 20  # proposals for each of some loads, for their diversity
EVEN, LEARNED, NEAREST = "even_start", "gaussian_process", "nearest_neighbours"


@dataclass(frozen=True, eq=False)
class Contest:
    """Known shapes for some loads, and the optimiser's own answer to the held-out ones.

    Shapes: n held-out loads, e cells.
    """

    problem: MinimumCompliance
    known: xr.Dataset
    held: Bool[np.ndarray, " all"]

    @cached_property
    def rows(self) -> xr.Dataset:
        """Conditions of the held-out loads."""
        own = self.known.isel({DESIGN: np.flatnonzero(self.held)})
        return xr.Dataset({c.name: own[c.name].variable for c in self.problem.conditions})

    @cached_property
    def learned(self) -> xr.Dataset:
        """What families learn from."""
        return self.known.isel({DESIGN: np.flatnonzero(~self.held)})

    @cached_property
    def numbers(self) -> Numbers:
        """Of the held-out loads."""
        return self.problem.numbers(self.rows)

    @cached_property
    def course(self) -> Course:
        """The optimiser from even densities, until it rests by its own criterion."""
        return self.optimise(None, REST)

    @property
    def calls(self) -> Int64[Tensor, " n"]:
        """Of the solver that the optimiser needs."""
        return self.course.solves

    @cached_property
    def solid_j(self) -> Float64[Tensor, " n"]:
        """Compliance of the optimiser's shapes as solid and void cells."""
        return self.as_solid(self.course.density)[1]

    def optimise(self, start: Tensor | None, steps: int, chosen: Tensor | None = None) -> Course:
        """Some steps from a start, for the chosen loads."""
        optimiser = self.problem.optimiser
        asked = optimiser.asked(self.numbers)
        asked = asked if chosen is None else asked.rows(chosen)
        return simp(asked, optimiser.settings(steps), start)

    def as_solid(
        self, density: Float64[Tensor, "n e"]
    ) -> tuple[Float64[Tensor, "n e"], Float64[Tensor, " n"]]:
        """Solid and void cells of the same volume, and their compliance (J)."""
        solid = to_solid(self.problem.box, density, self.numbers[VOLUME])
        shaped = solid.view(-1, *self.problem.box.grid.cells)
        verifier = self.problem.verifier
        measured = verifier.measure(shaped, *self.numbers.values())
        names = [q.name for q in verifier.quantities]
        return solid, measured[:, names.index("compliance")]

    def refined(self, start: Float64[Tensor, "n e"], spent: int = 0) -> Float64[Tensor, "n e"]:
        """Densities after a fifth of the calls that the optimiser needs, less what was spent."""
        steps = (self.calls // SHARE - 1 - spent).clamp(min=0)  # the last call measures
        out = torch.empty_like(start)
        for count in steps.unique():
            own = (steps == count).nonzero().squeeze(1)
            out[own] = self.optimise(start[own], int(count), own).density
        return out

    @cached_property
    def sharp_j(self) -> Float64[Tensor, " n"]:
        """Compliance of the optimiser's shapes as it would hand them over: sharpened."""
        part = self.problem.optimiser.solid(self.numbers, 0, self.course.density, SHARP)
        return self.problem.optimiser.compliance(part, self.numbers)

    def sharpened(self, start: Float64[Tensor, "n e"], spent: int = 0) -> Float64[Tensor, "n e"]:
        """Solid and void cells after a fifth of all calls, half of them to sharpen."""
        whole = self.calls + SHARP + BESIDE - 1
        steps = (whole // SHARE - BESIDE - spent).clamp(min=2)
        out = torch.empty_like(start)
        for count in steps.unique():
            own = (steps == count).nonzero().squeeze(1)
            half, numbers = int(count) // 2, {k: v[own] for k, v in self.numbers.items()}
            optimiser = self.problem.optimiser
            out[own] = optimiser.solid(numbers, int(count) - half, start[own], half)
        return out

    def sharp_gap(self, start: Float64[Tensor, "n e"], spent: int = 0) -> Float64[np.ndarray, " n"]:
        """Compliance of sharpened shapes above that of the optimiser's (%)."""
        part = self.sharpened(start, spent)
        ours = self.problem.optimiser.compliance(part, self.numbers)
        return (100 * (ours / self.sharp_j - 1)).nan_to_num(torch.inf).numpy()

    def gaps(self, density: Float64[Tensor, "n e"]) -> dict[str, Float64[np.ndarray, " n"]]:
        """Compliance above the optimiser's (%), with grey cells and as solid and void ones."""
        grey = self.problem.optimiser.compliance(density, self.numbers)
        solid = self.as_solid(density)[1]
        pairs = {"grey": (grey, self.course.compliance_j[:, -1]), "solid": (solid, self.solid_j)}
        return {
            name: (100 * (ours / theirs - 1)).nan_to_num(torch.inf).numpy()
            for name, (ours, theirs) in pairs.items()
        }


def contest(settings: ShapeSettings, fold: int, watch: Watch) -> Contest:
    """The loads of one fold held out."""
    problem = MinimumCompliance(settings)
    problem.prepare(watch)
    known = problem.data()
    return Contest(problem, known, np.arange(known.sizes[DESIGN]) % FOLDS == fold % FOLDS)


def proposals(of: Contest, name: str, seed: int, draws: int) -> Float64[Tensor, "draws n e"]:
    """Densities that a family proposes for the held-out loads."""
    problem, shape = of.problem, of.problem.codec.shape
    if name == EVEN:
        cells = of.problem.box.grid.n_cells
        return of.numbers[VOLUME][None, :, None].expand(draws, -1, cells).clone()
    cond = problem.features(of.learned)
    family = families.build(name, shape, cond.shape[1], seed=seed)
    rng = torch.Generator().manual_seed(seed)
    with one_thread():
        plan = families.plan(name, shape=shape, seed=seed)
        family.fit(problem.encode(of.learned).to(torch.float32), cond, plan)
        asked = problem.features(of.rows)
        found = [problem.codec.decode(family.propose(asked, rng))[0] for _ in range(draws)]
    return torch.stack(found).flatten(2).clamp(0.0, 1.0)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed holds out another fifth of the loads."""
    table: dict[str, list[float]] = {}
    for seed in budget.seeds:
        watch("shapes for held-out loads", seed, len(budget.seeds))
        of = contest(QUICK if budget.quick else FULL, seed, watch)
        for name in (LEARNED, NEAREST, EVEN):
            drawn = proposals(of, name, seed, DRAWS)
            found = compared(of, drawn.mean(0))
            if name == LEARNED:
                found |= beyond(of, drawn)
            for key, value in found.items():
                table.setdefault(f"{name}.{key}", []).append(value)
    means = {key: t_interval(values) for key, values in table.items()}
    ours = {k.split(".")[1]: v for k, v in means.items() if k.split(".")[0] == LEARNED}
    rivals = {k: v for k, v in means.items() if k.split(".")[0] != LEARNED}
    return from_intervals(ours, rivals, dataset_digest(of.known))


def compared(of: Contest, start: Float64[Tensor, "n e"]) -> dict[str, float]:
    """Gaps to the optimiser after a fifth of its calls, and what broke a constraint."""
    density = of.refined(start)
    found = {}
    for name, gap in (of.gaps(density) | {"sharp": of.sharp_gap(start)}).items():
        found[f"{name}_gap"] = float(np.median(gap))
        found[f"{name}_tail"] = float(min(np.quantile(gap, 0.9, method="lower"), 1e6))
        found[f"{name}_within"] = float(np.mean(gap <= CLOSE))
    solid = of.as_solid(density)[0].view(-1, *of.problem.box.grid.cells)
    measured = of.problem.verifier.measure(solid, *of.numbers.values()).numpy()
    names = [q.name for q in of.problem.quantities]
    limits = {limit.quantity: limit.at_most for limit in of.problem.limits}
    broken = [~(measured[:, names.index(q)] <= most) for q, most in limits.items()]
    return found | {"failures": float(np.any(broken, axis=0).mean())}


def beyond(of: Contest, drawn: Float64[Tensor, "draws n e"]) -> dict[str, float]:
    """Calls until the optimiser's compliance is near, novelty, and diversity for one load."""
    last = of.course.compliance_j[:, -1]
    ours = of.optimise(drawn.mean(0), REST)
    first = {"ours": until(ours.compliance_j, last), "theirs": until(of.course.compliance_j, last)}
    solid = of.as_solid(of.refined(drawn.mean(0)))[0]
    known = torch.from_numpy(of.learned["density"].to_numpy()).flatten(1)
    few = [of.as_solid(of.refined(d))[0][:OF] for d in drawn[:ALTERNATIVES]]
    pairs = [(a - b).abs().mean(1) for i, a in enumerate(few) for b in few[:i]]
    theirs = of.as_solid(of.course.density)[0]
    return {
        "speedup": float((of.calls / first["ours"]).median()),
        "speedup_to_near": float((first["theirs"] / first["ours"]).median()),
        "novelty": float(torch.cdist(solid, known, p=1).amin(1).mean() / known.shape[1]),
        "novelty_of_optimiser": float(torch.cdist(theirs, known, p=1).amin(1).mean())
        / known.shape[1],
        "diversity": float(torch.stack(pairs).mean()),
    }


def until(
    compliance_j: Float64[Tensor, "n s"], last_j: Float64[Tensor, " n"]
) -> Float64[Tensor, " n"]:
    """Calls of the solver until a course is near a compliance; infinite if it never is."""
    near = compliance_j <= (1 + CLOSE / 100) * last_j[:, None]
    first = near.to(torch.int64).argmax(1).double() + 1
    return torch.where(near.any(1), first, torch.inf)
