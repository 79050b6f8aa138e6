"""Row 26.3: a population that explores more when nothing becomes better, against one searcher.

The population of the search (`search/population.py`, eight searchers) against the same with one
searcher and the same without the trigger, from the same first designs, 32 designs a generation,
at most 768 calls (which count where the value is not reached). Values to reach: 2 of Rastrigin's
function of 4 numbers (least 0); 1.1 times the least mass of a roof truss that deflects at most 30
mm, which is known exactly; 1 times the lift over drag of the best known section under the same
limits, by NeuralFoil, without its gradient. The rise is the share of wide moves in generations
after a plateau, less that in the others. Budget: 5 seeds, 3 problems, 3 ways, at most 768 calls;
quick: 96.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.problem import Format, Problem, Projection, Watch
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.airfoils.section import WingSection
from ingenium.domains.airfoils.settings import SectionSettings
from ingenium.domains.structures.trusses.problem import RoofTruss
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.search.population import Population, PopulationSettings
from ingenium.search.space import Space
from ingenium.search.trial import SearchTask, reached, verified

FULL, QUICK = 768, 96  # designs of a search at most
DEFLECTION_M, NEAR = 0.03, 1.1  # of the roof; mass over the least that is possible
NUMBERS, RIPPLE = 4, 2.0  # of the rippled function; value to reach, of which 0 is the least
GAIN = 1.0  # lift over drag to reach, over the best known section's

WAYS: Mapping[str, PopulationSettings] = {
    "population": PopulationSettings(),
    "one": PopulationSettings(searchers=1),
    "untriggered": PopulationSettings(most=PopulationSettings().least),
}


@dataclass(frozen=True)
class Rippled:
    """Rastrigin's function: a bowl with a ripple in each number, least at 0.

    Source: Muehlenbein et al., Parallel Comput. 17:619, 1991.
    """

    name: str = "closed form"
    version: str = "1"
    tier: Literal["exact"] = "exact"
    quantities: tuple[Quantity, ...] = (Quantity("height", "1", "value of the function"),)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 1"]:
        """10 d + sum of x^2 - 10 cos(2 pi x)."""
        x = arrays[0]
        each = x.square() - 10 * (2 * torch.pi * x).cos() + 10
        return each.sum(1, keepdim=True)


class Ripples(Problem):
    """A function of many local minima whose least value is known."""

    name: ClassVar[str] = "closed_form.ripples"
    summary: ClassVar[str] = "a function of many local minima"
    Settings: ClassVar[type] = object
    default_family: ClassVar[str] = "gaussian_copula"
    licence = "CC0-1.0"

    def __init__(self, settings: object = None) -> None:
        self.variables = (Variable("x", ("axis",), "1", "numbers", -5.12, 5.12),)
        self.sizes: Mapping[str, int] = {"axis": NUMBERS}
        self.conditions = (Condition("middle", "mean of the numbers", middle=0.0),)
        self.limits = (Limit("height", at_most=1e3),)
        self.tiers = (Rippled(),)
        self.formats: Mapping[str, Format] = {}
        middle = torch.zeros(NUMBERS, dtype=torch.float64)
        self.codec = Channels(((NUMBERS,),), (), middle, torch.full_like(middle, 5.12))

    def data(self) -> xr.Dataset:
        """Points drawn evenly."""
        x = np.random.default_rng(0).uniform(-5.12, 5.12, (100, NUMBERS))
        designs = to_dataset((torch.from_numpy(x),), self.variables, {})
        held = np.arange(len(x)) % 10 == 9
        return designs.assign_coords(middle=(DESIGN, x.mean(1)), held_out=(DESIGN, held))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Inside the range."""
        return lambda arrays: (arrays[0].clamp(-5.12, 5.12),)


class Watched(Population):
    """The same, and what it explored in each generation."""

    def __init__(self, space: Space, seed: int, settings: PopulationSettings) -> None:
        super().__init__(space, seed, settings)
        self.seen: list[tuple[int, float]] = []  # generations without progress, share of wide moves

    def survive(self, told: dict[str, np.ndarray]) -> None:
        """Learn, and note."""
        super().survive(told)
        self.seen.append((self.still, self.explored))


@dataclass(frozen=True)
class Goal:
    """What is searched, the quantity that is to be small or large, and the value to reach."""

    asked: SearchTask
    quantity: str
    target: float


def goals(calls: int) -> Mapping[str, Goal]:
    """Three problems with a value to reach that no search has told."""
    ripples, roof = Ripples(), RoofTruss()
    wing = WingSection(SectionSettings(judge="neuralfoil", network="medium", refine_steps=0))
    soft = Limit("deflection_m", at_most=DEFLECTION_M, unit="m")
    up, down = Objective("lift_to_drag", "maximise"), Objective("mass_kg", "minimise")
    flying = SearchTask(wing, (up,), wing.limits, calls)
    known = verified(flying, wing.data())
    best = float(known.verdicts["lift_to_drag"].to_numpy()[known.held].max())
    return {
        "ripples": Goal(
            SearchTask(ripples, (Objective("height", "minimise"),), ripples.limits, calls),
            "height",
            RIPPLE,
        ),
        "roof": Goal(
            SearchTask(roof, (down,), (*roof.limits, soft), calls), "mass_kg", NEAR * least_kg(roof)
        ),
        "wing": Goal(flying, "lift_to_drag", GAIN * best),
    }


def least_kg(roof: RoofTruss) -> float:
    """The least mass that keeps the deflection, on the exact front."""
    front = roof.exact_front()
    return float(np.interp(-DEFLECTION_M, -front[:, 1], front[:, 0]))


def measure(budget: Budget, watch: Watch) -> Measured:
    """Every way on every problem, until the value is reached or the calls are spent."""
    calls = QUICK if budget.quick else FULL
    with one_thread():
        every = goals(calls)
    table: dict[str, list[float]] = {}
    for i, seed in enumerate(budget.seeds):
        watch("populations", i, len(budget.seeds))
        seen: list[tuple[int, float]] = []
        for name, goal in every.items():
            with one_thread():
                found, own = _on(goal, seed)
            seen += own
            for key, value in found.items():
                table.setdefault(f"{name}.{key}", []).append(value)
        for key, value in exploring(seen).items():
            table.setdefault(key, []).append(value)
    intervals = {name: t_interval(values) for name, values in table.items()}
    targets = [f"{name}: {goal.quantity} of {goal.target:.4g}" for name, goal in every.items()]
    return from_intervals(
        intervals, {}, digest(targets), (f"Values to reach: {'; '.join(targets)}.",)
    )


def _on(goal: Goal, seed: int) -> tuple[Mapping[str, float], list[tuple[int, float]]]:
    """Calls of each way, and what the population explored."""
    space, found, seen = goal.asked.task(seed).space, dict[str, float](), list[tuple[int, float]]()
    for name, settings in WAYS.items():
        strategy = Watched(space, seed, replace(settings, designs=goal.asked.batch))
        calls, done = reached(goal.asked, strategy, seed, goal.quantity, goal.target)
        found[f"{name}.calls"], found[f"{name}.reached"] = float(calls), 100.0 * done
        if name == "population":
            seen = strategy.seen
    for name in ("one", "untriggered"):
        found[f"fewer_than_{name}"] = 100 * (1 - found["population.calls"] / found[f"{name}.calls"])
    return found, seen


def exploring(seen: list[tuple[int, float]]) -> Mapping[str, float]:
    """Share of wide moves (%) while there is progress, and after a plateau; and the rise."""
    still = np.array([generations for generations, _ in seen])
    explored = 100 * np.array([share for _, share in seen])
    moving = still < PopulationSettings().patience
    before = float(explored[moving].mean())
    after = float(explored[~moving].mean()) if (~moving).any() else before
    return {"explored_moving": before, "explored_still": after, "rise": after - before}
