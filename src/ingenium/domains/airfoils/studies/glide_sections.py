"""Row 32.14: sections of a wanted lift over drag, and their front against thickness.

Lift 0.7 at a Reynolds number of a million. Flow matching learns the UIUC sections (families held
out are left out) with their lift over drag by NeuralFoil and their thickness. 8 wishes a seed,
between the median and the 97th percentile of what is known and 9 to 16 % thick; of 16 proposals
the one that NeuralFoil puts nearest is measured by XFOIL; granted within 5 %. Against the nearest
known section, brought to the thickness, and one proposal that nothing screened. Front of lift
over drag and thickness: 192 proposals that ask for 90 to 105 % of the best known, against 192
calls of NSGA-II (the search's, from known sections), 6 points along NeuralFoil's front of each
measured by XFOIL, and of the known sections. Bounds: half of the wishes, more than the nearest
known grant, no less hypervolume than the optimiser. Budget: 5 seeds, 8 wishes, 2 x 192 cheap
calls; quick: fewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import Objective
from ingenium.core.verify import Verifier
from ingenium.domains.airfoils import xfoil
from ingenium.domains.airfoils.hard import shaped
from ingenium.domains.airfoils.judge import XfoilVerifier
from ingenium.domains.airfoils.section import WingSection
from ingenium.domains.airfoils.settings import Point, SectionSettings
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators import families
from ingenium.generators.model import Family
from ingenium.search.fronts import grown, hypervolume
from ingenium.search.trial import SearchTask, searched

FAMILY = "flow_matching"
POINT = Point("cruise", lift=0.7, reynolds=1e6)
ASKED_SHARES, THICKNESS = (0.5, 0.97), (0.09, 0.16)  # of the known lifts over drag; chords
CLOSE = 0.05  # of the wanted lift over drag; the thickness is exact
WORST = np.array([-40.0, -0.06])  # lift over drag and thickness from which the front counts
FRONT_SHARE = (0.9, 1.05)  # of the best known lift over drag that the front is asked for


@dataclass(frozen=True)
class Work:
    """Wishes of a seed, proposals for each, steps of the fit, calls for the front and its points.

    XFOIL measures three sections a wish and twice the points of the front.
    """

    wishes: int
    proposals: int
    steps: int
    calls: int
    points: int


FULL, QUICK = Work(8, 16, 800, 192, 6), Work(2, 4, 60, 32, 2)


@dataclass(frozen=True, eq=False)
class Known:
    """The known sections at the point, by NeuralFoil: what the generator learns from."""

    problem: WingSection
    own: xr.Dataset  # that may be learned from
    glide: Float[Tensor, " n"]
    thickness: Float[Tensor, " n"]

    @classmethod
    def opened(cls) -> "Known":
        """Sections whose families are not held out, and that NeuralFoil is sure of."""
        settings = SectionSettings(points=(POINT,), judge="neuralfoil", network="large")
        problem = WingSection(replace(settings, refine_steps=0))
        data = problem.data()
        own = data.isel({DESIGN: np.flatnonzero(~data["held_out"].to_numpy())})
        glide = cheap(problem, to_arrays(own, problem.variables))[:, 0]
        sound = (glide.isfinite() & (glide > -WORST[0] / 2)).numpy()
        own = own.isel({DESIGN: np.flatnonzero(sound)})
        thickness = torch.from_numpy(own["thickness"].to_numpy().copy())
        return cls(problem, own, glide[torch.from_numpy(sound)], thickness)

    def conditions(self, glide: Tensor, thickness: Tensor) -> Float[Tensor, "n 2"]:
        """In deviations of what is known."""
        columns = (
            (glide - self.glide.mean()) / self.glide.std(),
            (thickness - self.thickness.mean()) / self.thickness.std(),
        )
        return torch.stack(columns, 1).float()

    def fitted(self, steps: int, seed: int) -> Family:
        """A family that hears lift over drag and thickness."""
        shape = self.problem.codec.shape
        family = families.build(FAMILY, shape, 2, seed=seed)
        plan = replace(families.plan(FAMILY, shape=shape, seed=seed), steps=steps)
        x = self.problem.encode(self.own).to(torch.float32)
        family.fit(x, self.conditions(self.glide, self.thickness), plan)
        return family

    def proposed(
        self, family: Family, glide: Tensor, thickness: Tensor, rng: torch.Generator
    ) -> tuple[Tensor, ...]:
        """Sections of exactly the wanted thickness."""
        x = family.propose(self.conditions(glide, thickness), rng)
        return shaped(self.problem.codec.decode(x.double()), thickness, {})

    def nearest(self, glide: float, thickness: float) -> tuple[Tensor, ...]:
        """The known section nearest to a wish, brought to its thickness."""
        wish = self.conditions(torch.tensor([glide]), torch.tensor([thickness]))
        apart = (self.conditions(self.glide, self.thickness) - wish).square().sum(1)
        arrays = to_arrays(self.own.isel({DESIGN: [int(apart.argmin())]}), self.problem.variables)
        return shaped(arrays, torch.tensor([thickness], dtype=torch.float64), {})


def cheap(problem: WingSection, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n 2"]:
    """Lift over drag and thickness by NeuralFoil; NaN where it misses the lift or is unsure."""
    return _two(problem.verifier, problem, arrays)


def exact(problem: WingSection, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n 2"]:
    """The same by XFOIL."""
    return _two(XfoilVerifier(problem.settings), problem, arrays)


def _two(verifier: Verifier, problem: WingSection, arrays: tuple[Tensor, ...]) -> Tensor:
    names = [q.name for q in problem.quantities]
    with torch.no_grad():
        found = verifier.measure(*arrays)
    two = found[:, [names.index("lift_to_drag"), names.index("max_thickness")]]
    missed = ~(found[:, names.index("lift_missing")] <= 1e-3)
    return two.masked_fill(missed[:, None], torch.nan)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed fits, grants wishes and draws a front; XFOIL judges."""
    xfoil.find()
    work = QUICK if budget.quick else FULL
    watch("known sections", 0, 1)
    with one_thread():
        known = Known.opened()
    table: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("sections", i, len(budget.seeds))
        with one_thread():
            family = known.fitted(work.steps, seed)
            found = {**_granted(known, family, work, seed), **_fronts(known, family, work, seed)}
        for name, value in found.items():
            table.setdefault(name, []).append(value)
    every = {name: t_interval(values) for name, values in table.items()}
    return from_intervals(every, {}, dataset_digest(known.own))


def _granted(known: Known, family: Family, work: Work, seed: int) -> Mapping[str, float]:
    """Share of wishes that XFOIL finds granted, of ours, of one proposal, of the nearest known."""
    rng = np.random.default_rng(seed)
    low, high = np.quantile(known.glide.numpy(), ASKED_SHARES)
    made: dict[str, list[tuple[Tensor, ...]]] = {"": [], "one_proposal.": [], "nearest.": []}
    wishes = []
    for number in range(work.wishes):
        glide, thickness = float(rng.uniform(low, high)), float(rng.uniform(*THICKNESS))
        wishes.append(glide)
        many = torch.full((work.proposals,), glide), torch.full((work.proposals,), thickness)
        arrays = known.proposed(
            family, many[0].double(), many[1].double(), block_rng(seed, number, "sections")
        )
        gap = (cheap(known.problem, arrays)[:, 0] - glide).abs().nan_to_num(torch.inf)
        best = int(gap.argmin())
        made[""].append(tuple(a[best : best + 1] for a in arrays))
        made["one_proposal."].append(tuple(a[:1] for a in arrays))
        made["nearest."].append(known.nearest(glide, thickness))
    found: dict[str, float] = {}
    for name, sections in made.items():
        arrays = tuple(torch.cat(parts) for parts in zip(*sections, strict=True))
        gap = (exact(known.problem, arrays)[:, 0] / torch.tensor(wishes) - 1).abs()
        solved = gap.isfinite()
        found[f"{name}granted"] = 100 * float((gap <= CLOSE).double().mean())
        found[f"{name}apart"] = 100 * (float(gap[solved].median()) if solved.any() else 1.0)
        found[f"{name}unsolved"] = 100 * float((~solved).double().mean())
    found["over_nearest"] = found["granted"] - found["nearest.granted"]
    return found


def _fronts(known: Known, family: Family, work: Work, seed: int) -> Mapping[str, float]:
    """Area dominated by lift over drag and thickness, by XFOIL: generator, evolution, known."""
    problem, most = known.problem, float(known.glide.max())
    rng = block_rng(seed, 0, "front")
    shares = FRONT_SHARE[0] + np.ptp(FRONT_SHARE) * torch.rand(work.calls, generator=rng).double()
    thickness = THICKNESS[0] + np.ptp(THICKNESS) * torch.rand(work.calls, generator=rng).double()
    ours = known.proposed(family, most * shares, thickness, rng)
    goals = (Objective("lift_to_drag", "maximise"), Objective("max_thickness", "maximise"))
    limits = tuple(x for x in problem.limits if x.quantity == "lift_missing")
    run = searched(SearchTask(problem, goals, limits, work.calls), "evolution", seed)
    own = to_arrays(known.own, problem.variables)
    found: dict[str, float] = {}
    for name, arrays in {
        "": ours,
        "evolution.": to_arrays(run.designs, problem.variables),
        "known.": own,
    }.items():
        some = spread_front(problem, arrays, work.points)
        points = -exact(problem, some).numpy()
        points = points[np.isfinite(points).all(1)]
        found[f"{name}hypervolume"] = hypervolume(points, WORST) if len(points) else 0.0
    for rival in ("evolution", "known"):
        found[f"over_{rival}"] = 100 * (
            found["hypervolume"] / max(found[f"{rival}.hypervolume"], 1e-9) - 1
        )
    return found


def spread_front(
    problem: WingSection, arrays: tuple[Tensor, ...], count: int
) -> tuple[Tensor, ...]:
    """Sections of NeuralFoil's front, evenly along it, for XFOIL to measure."""
    points = -cheap(problem, arrays).numpy()
    sound = np.flatnonzero(np.isfinite(points).all(1) & (points < WORST).all(1))
    front = grown(np.empty((0, 2)), points[sound])
    rows = [int(sound[(points[sound] == p).all(1)][0]) for p in front]
    order = np.array(rows)[np.argsort(points[rows, 1])] if rows else np.arange(1)
    chosen = order[np.unique(np.linspace(0, len(order) - 1, count).round().astype(int))]
    return tuple(a[torch.from_numpy(chosen)] for a in arrays)
