"""A plant that earns more while it runs, and a person who is obeyed in every state of it."""

from collections.abc import Iterator

import numpy as np

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.plant.tennessee.problem import Tennessee
from ingenium.evaluate.intervals import t_interval
from ingenium.operate.drill import PersonActs
from ingenium.operate.plant import Policy
from ingenium.operate.rollout import rollout
from ingenium.operate.scenarios import CHECKING
from ingenium.operate.shell import PERSON, Shell
from ingenium_book.findings import Commands, Finding, Picture

PLANTS, HOURS, PARTS = 4, 60, 6  # perturbed plants, hours of each, and parts of its curve
STATES = 10_000  # in which a person acts


def whole_loop(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.1: on plants that nothing was tuned on, against expert settings and one knob."""
    problem = _opened()
    cost = {name: _curve(problem, make(0)) for name, make in problem.families.items()}
    yield from compared(cost)


def compared(cost: dict[str, np.ndarray]) -> Iterator[Finding]:
    """Compare the cost of policies by part and plant."""
    agent = cost["agent"]
    inside = all(bool(np.isfinite(own).all()) for own in cost.values())
    yield Finding("no plant leaves a limit without the shell", inside)
    if not inside:
        return
    for name, what in (("ricker", "Ricker's loops"), ("one_knob", "one-knob tuning")):
        saved = t_interval(cost[name][-1] - agent[-1])
        yield Finding(
            f"in the last {HOURS // PARTS} of {HOURS} h on {PLANTS} perturbed plants the agent "
            f"costs {saved.value:.1f} $/h less than {what} ({saved.low:.1f} to {saved.high:.1f})",
            bool(saved.low > 0),
        )
    curve = ", ".join(f"{x:.0f}" for x in agent.mean(1))
    fell = t_interval(agent[0] - agent[-1])
    yield Finding(
        f"its cost falls while it runs: {curve} $/h in parts of {HOURS // PARTS} h",
        bool(fell.low > 0),
    )


def _curve(problem: Tennessee, policy: Policy) -> np.ndarray:
    """Mean cost by part and plant; NaN for a plant that violated a limit."""
    plant = problem.held_out
    course = rollout(plant, policy, CHECKING.some(PLANTS), round(HOURS * 3600 / plant.period_s))
    found = course.worth[..., 0].reshape(PARTS, -1, PLANTS).mean(1)
    return np.where(course.outside(plant).any(0), np.nan, found)


def override(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.13: a person against any proposal, in any state, with readings that are none."""
    plant, rng = _opened().plant, np.random.default_rng(0)
    low, high = (np.array([getattr(r, e) for r in plant.readings]) for e in ("low", "high"))
    seen = rng.uniform(2 * low - high, 2 * high - low, (STATES, len(low)))
    seen[rng.uniform(size=seen.shape) < 0.02] = np.nan
    shell = Shell(plant, None)
    begun, own = shell.begin(STATES), plant.fallback(seen[:1])[0] + 0.5
    person = PersonActs(0.0, 1.0, "act", tuple(own.tolist()))
    proposed = rng.normal(0, 1e4, (STATES, len(plant.actions)))
    found = shell.decide(begun, seen, proposed, late=True, person=person)
    obeyed = (found.who == PERSON) & (found.action == own).all(1)
    yield Finding(
        f"a person is obeyed in {obeyed.sum():,} of {STATES:,} states", bool(obeyed.all())
    )
    alone = shell.decide(begun, seen, proposed, late=True)
    yield Finding(
        "without a person the same states are decided by others",
        not bool((alone.who == PERSON).any()),
    )


def _opened() -> Tennessee:
    problem = open_problem(Spec(problem="plant.tennessee"))
    assert isinstance(problem, Tennessee)
    return problem
