"""Alternative route searches at the same budget: Monte Carlo tree search, greedy and random.

Source: Segler, Preuss and Waller, Nature 555:604, 2018, and Genheden et al., J. Cheminform. 12:70,
    2020 (AiZynthFinder: Monte Carlo tree search, its reward and its exploration constant).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingenium.domains.molecules.route.chemistry import Chemistry, Step
from ingenium.domains.molecules.route.route import Route, RouteBeginning
from ingenium.domains.molecules.route.search import ExpansionMeter, RouteSearch

Prior = Mapping[str, float]  # frequency of each reaction
ALIKE: Prior = {}
EXPLORE = 1.4
SHARE_BOUGHT = 0.95  # weight of bought leaves in the reward; the rest rewards few steps
IDLE = 100  # rollouts without a new molecule or route, after which the search gives up
MOST = 200  # routes of one search


@dataclass(eq=False)
class Node:
    """A partial route, with the rewards observed below it."""

    at: RouteBeginning
    prior: float = 1.0
    visits: int = 0
    reward: float = 0.0
    children: "list[Node] | None" = None

    def worth(self, visits: int) -> float:
        """Return the mean reward, plus a bonus for likely and seldom visited nodes."""
        mean = self.reward / self.visits if self.visits else 0.5
        return mean + EXPLORE * self.prior * math.sqrt(visits) / (1 + self.visits)


@dataclass
class RouteLog:
    """Finished routes in the order of discovery."""

    meter: ExpansionMeter
    routes: dict[str, Route] = field(default_factory=dict)
    first: int | None = None

    def note(self, at: RouteBeginning) -> None:
        """Record a partial route if it is finished."""
        if at.open:
            return
        if self.first is None:
            self.first = self.meter.spent
        self.routes.setdefault(at.route.text, at.route)

    def found(self) -> RouteSearch:
        """Return all routes, least effort first."""
        routes = sorted(self.routes.values(), key=lambda r: (r.effort, r.text))
        return RouteSearch(tuple(routes), self.meter.spent, self.first)


class TreeSearch:
    """Monte Carlo tree search over partial routes."""

    def __init__(
        self,
        chemistry: Chemistry,
        target: str,
        rng: np.random.Generator,
        *,
        budget: int,
        deepest: int,
        prior: Prior = ALIKE,
    ) -> None:
        """Begin with the target only."""
        self.prior = prior
        self.meter, self.deepest, self.rng = ExpansionMeter(chemistry, budget), deepest, rng
        self.stock = chemistry.stock
        self.root = Node(RouteBeginning.of(target))
        self.log = RouteLog(self.meter)

    def run(self, *, enough: bool = False) -> RouteSearch:
        """Search until the budget is spent or nothing is new; with `enough`, to a first route."""
        idle = 0
        while (
            idle < IDLE
            and len(self.log.routes) < MOST
            and not (enough and self.log.first is not None)
        ):
            before = self.meter.spent, len(self.log.routes)
            path = self._down()
            if path is None:
                break
            reward = self._reward(self._rollout(path[-1].at))
            for node in path:
                node.visits += 1
                node.reward += reward
            idle = 0 if (self.meter.spent, len(self.log.routes)) != before else idle + 1
        return self.log.found()

    def _down(self) -> list[Node] | None:
        """Path to a node that was not visited, or has no children."""
        path = [self.root]
        while path[-1].visits and path[-1].at.open:
            node = path[-1]
            if node.children is None:
                steps = self.meter.steps(node.at.open[0][0])
                if steps is None:
                    return None
                ways = node.at.ways(steps, self.deepest)
                shares = likely(ways, self.prior)
                after = [node.at.after(way, self.stock) for way in ways]
                node.children = [Node(a, p) for a, p in zip(after, shares, strict=True)]
            if not node.children:
                break
            path.append(max(node.children, key=lambda c: c.worth(node.visits)))
        return path

    def _rollout(self, at: RouteBeginning) -> RouteBeginning:
        """Sample likely steps to the end of a route or of the budget."""
        while at.open:
            steps = self.meter.steps(at.open[0][0])
            ways = at.ways(steps, self.deepest) if steps else []
            if not ways:
                break
            at = at.after(
                ways[int(self.rng.choice(len(ways), p=likely(ways, self.prior)))], self.stock
            )
        self.log.note(at)
        return at

    def _reward(self, at: RouteBeginning) -> float:
        leaves = at.route.leaves
        bought = sum(m in self.stock for m in leaves) / len(leaves)
        return SHARE_BOUGHT * bought + (1 - SHARE_BOUGHT) / (1 + len(at.steps))


def likely(ways: Sequence[Step], prior: Prior = ALIKE) -> np.ndarray:
    """Return the policy's probability of each step; steps are ordered by promise."""
    rank = np.arange(1, len(ways) + 1)
    weights = np.array([1.0 + prior.get(way.reaction, 0.0) for way in ways]) ** 0.5 / rank
    shares: np.ndarray = weights / weights.sum() if len(ways) else weights
    return shares


def tree_search(
    chemistry: Chemistry,
    target: str,
    rng: np.random.Generator,
    *,
    budget: int,
    deepest: int,
    prior: Prior = ALIKE,
) -> RouteSearch:
    """Search routes by Monte Carlo tree search."""
    search = TreeSearch(chemistry, target, rng, budget=budget, deepest=deepest, prior=prior)
    return search.run()


def greedy(chemistry: Chemistry, target: str, *, budget: int, deepest: int) -> RouteSearch:
    """Take the most promising step each time, without backtracking."""
    log = RouteLog(ExpansionMeter(chemistry, budget))
    _walk(log, RouteBeginning.of(target), deepest, lambda n: 0)
    return log.found()


def by_chance(
    chemistry: Chemistry, target: str, rng: np.random.Generator, *, budget: int, deepest: int
) -> RouteSearch:
    """Take random steps, repeatedly until the budget is spent."""
    log, idle = RouteLog(ExpansionMeter(chemistry, budget)), 0
    while idle < IDLE and len(log.routes) < MOST:
        before = log.meter.spent, len(log.routes)
        _walk(log, RouteBeginning.of(target), deepest, lambda n: int(rng.integers(n)))
        idle = 0 if (log.meter.spent, len(log.routes)) != before else idle + 1
    return log.found()


def _walk(
    log: RouteLog, at: RouteBeginning, deepest: int, choose: Callable[[int], int]
) -> RouteBeginning:
    """One route by a selection among the steps of each molecule."""
    while at.open:
        steps = log.meter.steps(at.open[0][0])
        ways = at.ways(steps, deepest) if steps else []
        if not ways:
            break
        at = at.after(ways[choose(len(ways))], log.meter.chemistry.stock)
    log.note(at)
    return at
