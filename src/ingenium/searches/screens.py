"""Table of screens: names at the command line and their constructors."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from ingenium.core.errors import InputError, choose
from ingenium.generators.tokens.codec import kind_of
from ingenium.runs.search_plan import REQUESTED, ScreenPlan
from ingenium.searches.learned import LearnedScreen
from ingenium.searches.operators import GridRows
from ingenium.searches.screening import AsRequested, Screen, Screening
from ingenium.searches.strategies import Task
from ingenium.searches.surrogates import Fit, ensemble, process
from ingenium.searches.tiers import CheapScreen, cheap_tier, check_reported


def _cheap(plan: ScreenPlan, task: Task) -> Screen:
    otherwise = "--strategy portfolio" if plan.by == REQUESTED else "--screen ensemble"
    tier = cheap_tier(task.problem, plan.cheap, otherwise=otherwise)
    check_reported(tier, task.spec)
    return CheapScreen(task.problem, task.spec, tier, plan.miscoverage)


def _learned(name: str, fit: Fit, plan: ScreenPlan, task: Task) -> Screen:
    if kind_of(task.problem.codec) != "numbers":
        raise InputError(
            "a problem whose designs are numbers, for a screen that learns",
            f"{task.problem.name}, whose designs hold texts",
            "Write --screen cheap.",
        )
    return LearnedScreen(task.space, fit, name, plan.miscoverage, task.seed)


def _operator(plan: ScreenPlan, task: Task) -> Screen:
    rows = GridRows(task.problem, task.spec)
    return LearnedScreen(rows, rows.fit, "Fourier operators", plan.miscoverage, task.seed)


LEARNED: Mapping[str, Callable[[ScreenPlan, Task], Screen]] = MappingProxyType(
    {
        "ensemble": partial(_learned, "ensemble of networks", ensemble),
        "operator": _operator,
        "process": partial(_learned, "Gaussian processes", process),
    }
)
MAKERS: Mapping[str, Callable[[ScreenPlan, Task], Screen]] = MappingProxyType(
    {REQUESTED: _cheap, "cheap": _cheap, **LEARNED}
)
NAMES = tuple(MAKERS)


def make(plan: ScreenPlan, task: Task) -> Screening:
    """Build the screen of a plan.

    Raises:
        InputError: for an unknown name, or a problem for which there is no such screen.
    """
    screen = MAKERS[choose(plan.by, NAMES, "screen")](plan, task)
    kind = AsRequested if plan.by == REQUESTED else Screening
    return kind(plan, screen, task.seed)
