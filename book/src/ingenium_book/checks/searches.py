"""Rows 26.3 and 26.5: a population that widens its search, and a learner of two regimes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from ingenium_book.findings import Commands, Finding, Picture

DAY = '[fixed]\nfull_load_hours = { value = 3.7, unit = "h" }\n'
SECTION = '[setup]\njudge = "neuralfoil"\nnetwork = "medium"\nrefine_steps = 0\n'
SELECT = '[select]\nexport = "accepted"\ncount = 1000\n'  # all that satisfy the limits
CALLS, TURNS = 128, 40  # of a search by a population, and by a learner of two regimes
WAYS = ("two_regimes", "two_regimes:act", "two_regimes:seek")
FIRST = 16  # calls of the first generation, which are known designs
PATIENCE = 3  # generations without progress after which a population explores more


@dataclass(frozen=True)
class Goal:
    """A problem by name, its one objective, and the rest of its spec."""

    problem: str
    quantity: str  # None: any feasible design
    sense: str
    rest: str

    @property
    def name(self) -> str:
        """Name of its folder, and in findings."""
        return f"{self.problem.partition('.')[2]}, {self.quantity}"

    def spec(self) -> str:
        """Spec in the words of a user."""
        aim = f'{{ quantity = "{self.quantity}", sense = "{self.sense}" }}'
        aims = f"objectives = [{aim}]" if self.quantity else ""
        return f'problem = "{self.problem}"\n{aims}\n{SELECT}{self.rest}'


GOALS = (
    Goal("grid.profile_day", "peak", "minimise", DAY),
    Goal("grid.profile_day", "ramp", "minimise", DAY),
    Goal("airfoils.section", "lift_to_drag", "maximise", SECTION),
    Goal("airfoils.section", "max_lift", "maximise", SECTION),
    Goal("airfoils.morphing", "lift_to_drag", "maximise", SECTION + "every = 8\n"),
)


@dataclass(frozen=True)
class Sought:
    """A finished search: its rounds, and the value of each design in the order of the calls.

    Shapes: n designs.
    """

    rounds: Sequence[Mapping[str, Any]]
    cost: Float[np.ndarray, " n"]  # to be small; infinite where a limit is violated

    @property
    def best(self) -> Float[np.ndarray, " n"]:
        """Smallest value so far."""
        found: np.ndarray = np.minimum.accumulate(self.cost)
        return found

    def own(self, name: str) -> Float[np.ndarray, " r"]:
        """The strategy's own quantities after each round."""
        return np.array([row["own"][name] for row in self.rounds])


def _searched(
    commands: Commands, goal: Goal, strategy: str, calls: int, batch: int, *, seed: int = 0
) -> Sought:
    out = f"{goal.name}-{strategy}-{seed}".replace(" ", "")
    (commands.folder / "spec.toml").write_text(goal.spec())
    words = ("--spec", "spec.toml", "--strategy", strategy, "--budget", calls, "--batch", batch)
    commands("search", goal.problem, *words, "--seed", seed, "--out", out)
    result = commands.folder / out / "result"
    rounds = json.loads((result / "search.json").read_text())["rounds"]
    cost = np.full(rounds[-1]["calls"], np.inf)
    if goal.quantity:
        held = xr.open_dataset(result / "designs.nc")  # by the numbers of their calls
        sign = 1 if goal.sense == "minimise" else -1
        cost[held["design"].to_numpy()] = sign * held[goal.quantity].to_numpy()
    return Sought(rounds, cost)


def population(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.3: wide moves follow stagnation and end with success; calls to a score."""
    reported = _searched(commands, Goal("grid.profile_day", "", "", DAY), "population", 160, 16)
    explored = reported.own("explored")
    text = f"where nothing can become better the share of wide moves goes from {explored[0]:g}"
    wider = bool(explored[0] <= 0.1 and explored[-1] >= 0.4)
    yield Finding(f"{text} to {explored[-1]:g}", wider)
    early, calls, seen = 0, {}, []
    for goal in GOALS:
        many = _searched(commands, goal, "population", CALLS, FIRST)
        one = _searched(commands, goal, "population:one", CALLS, FIRST)
        early += _early(many)
        seen.append(many)
        score = max(many.best[-1], one.best[-1])  # that both reach
        calls[goal.name] = tuple(int((run.best <= score).argmax()) + 1 for run in (many, one))
    rises = sum(int((np.diff(run.own("explored")) > 0).sum()) for run in seen)
    text = f"{early} of {rises} rises in {len(GOALS)} searches come before {PATIENCE} generations"
    yield Finding(f"{text} without progress", not early)
    for name, (own, alone) in calls.items():
        text = f"{name}: {own} calls to a score that both reach, {alone} of a single searcher"
        yield Finding(text, min(own, alone) > FIRST)  # or known designs reach it without a search
    fewer = sum(own < alone for own, alone in calls.values())
    text = f"the population needs fewer calls on {fewer} of {len(calls)}, of one seed each"
    yield Finding(text, fewer > len(calls) / 2, gap=True)
    yield Picture(_moves(seen[0]), f"Progress and wide moves: {GOALS[0].name}")


def _early(run: Sought) -> int:
    """Count rises of the share of wide moves without stagnation before."""
    risen = np.flatnonzero(np.diff(run.own("explored")) > 0) + 1
    return sum(run.rounds[i]["own"]["still"] < PATIENCE for i in risen.tolist())


def _moves(run: Sought) -> Figure:
    figure = Figure(figsize=(5.0, 2.2), layout="constrained")
    axes = figure.subplots()
    calls = [row["calls"] for row in run.rounds]
    axes.plot(calls, [row["best"] for row in run.rounds], color="#2a7f62")
    axes.set_xlabel("calls", fontsize=8)
    axes.set_ylabel("best so far", fontsize=8, color="#2a7f62")
    other = axes.twinx()
    other.step(calls, run.own("explored"), where="post", color="#b05030")
    other.set_ylabel("share of wide moves", fontsize=8, color="#b05030")
    other.set_ylim(0, 1)
    return figure


def two_regimes(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.5: a learner that exploits or explores, against each regime alone, and its regret."""
    curves, sought = {}, {}
    for goal in (GOALS[0], GOALS[2], GOALS[4]):
        runs = {way: _searched(commands, goal, way, TURNS, 8) for way in WAYS}
        best = min(run.best[-1] for run in runs.values())
        curves[goal.name] = {way: np.cumsum(_gap(run.cost, best)) for way, run in runs.items()}
        sought[goal.name] = runs["two_regimes"].own("sought")
    for name, lost in curves.items():
        both, act, seek = (lost[way][-1] for way in WAYS)
        text = f"{name}: in {TURNS} turns both lose {both:.3g}, acting alone {act:.3g}, seeking"
        yield Finding(f"{text} alone {seek:.3g}", both < seek)
    first, last = (np.mean([shares[i] for shares in sought.values()]) for i in (1, -1))
    text = f"{100 * first:.0f} % of turns sought to know more at first, {100 * last:.0f} % in all"
    yield Finding(text, bool(last < first))
    least = [lost for lost in curves.values() if min(lost, key=lambda w: lost[w][-1]) == WAYS[0]]
    text = f"both lose least on {len(least)} of {len(curves)}, of one seed each"
    yield Finding(text, len(least) == len(curves))
    yield Picture(_regret(curves), "What was lost against the best that any of them found")


def _gap(cost: Float[np.ndarray, " n"], best: float) -> Float[np.ndarray, " n"]:
    """Distance of each turn from the best; an infeasible one counts as the worst."""
    worst = cost[np.isfinite(cost)].max()
    return np.asarray(np.where(np.isfinite(cost), cost, worst) - best)


def _regret(curves: Mapping[str, Mapping[str, np.ndarray]]) -> Figure:
    figure = Figure(figsize=(7.2, 2.2), layout="constrained")
    for axes, (name, lost) in zip(figure.subplots(1, len(curves)), curves.items(), strict=True):
        for way in WAYS:
            axes.plot(np.arange(1, len(lost[way]) + 1), lost[way], label=way)
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.set_xlabel("calls", fontsize=7)
    axes.legend(fontsize=6, frameon=False)
    return figure
