"""Best-first route search over an AND-OR tree, with a count of its expansions.

Source: Chen et al., Retro*: Learning retrosynthetic planning with neural guided A* search, ICML
    2020, arXiv:2006.15820. The value of an unexpanded molecule is 1, the least effort of any step,
    so the first route that no open one undercuts is optimal.
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product as combinations

from ingenium.domains.molecules.route.chemistry import Chemistry, Step
from ingenium.domains.molecules.route.route import Route, ordered

LEAST = 1.0  # effort of a step
RETAINED = 40  # routes of a molecule in the tree, those of least effort


@dataclass
class ExpansionMeter:
    """Counts the molecules that a search expands, each once, and stops it at a budget."""

    chemistry: Chemistry
    budget: int
    seen: set[str] = field(default_factory=set)

    @property
    def spent(self) -> int:
        """Number of expanded molecules."""
        return len(self.seen)

    def steps(self, product: str) -> tuple[Step, ...] | None:
        """Return the last steps of a molecule; None where the budget is spent."""
        if product not in self.seen:
            if len(self.seen) >= self.budget:
                return None
            self.seen.add(product)
        return self.chemistry.steps(product)


@dataclass(frozen=True)
class RouteSearch:
    """Result of a search: routes from the stock, least effort first, and its cost."""

    routes: tuple[Route, ...]
    expansions: int  # expanded molecules
    first: int | None = None  # expansions until the first route
    best: bool = False  # whether no route of less effort exists within the depth


@dataclass(eq=False)
class Molecule:
    """A molecule to be made, at one position in a route."""

    smiles: str
    parent: "ReactionNode | None" = None
    cost: float = LEAST  # of its best route, as far as known
    open: float = LEAST  # of the best one that is not finished; infinite without any
    solved: float = math.inf  # of the best finished route
    ways: "list[ReactionNode] | None" = None  # None before it was expanded
    depth: int = 0

    def above(self) -> Iterator[str]:
        """Iterate over the products on the way to the target, itself first."""
        at: Molecule | None = self
        while at is not None:
            yield at.smiles
            at = at.parent.parent if at.parent else None


@dataclass(eq=False)
class ReactionNode:
    """A step to a molecule, and the molecules that it needs, without bought ones."""

    step: Step
    parent: Molecule
    parts: list[Molecule] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """Effort of the best route over this step."""
        return self.step.effort + sum(m.cost for m in self.parts)

    @property
    def solved(self) -> float:
        """Effort of the best finished route over this step."""
        return self.step.effort + sum(m.solved for m in self.parts)

    @property
    def open(self) -> float:
        """Effort of the best unfinished route over this step."""
        cost = self.cost
        return min(
            (cost - m.cost + m.open for m in self.parts if m.cost < math.inf), default=math.inf
        )


class BestFirst:
    """Grows the tree at the best unfinished route, until the budget is spent."""

    def __init__(self, chemistry: Chemistry, target: str, *, budget: int, deepest: int) -> None:
        """Begin with the target only."""
        self.meter = ExpansionMeter(chemistry, budget)
        self.root = Molecule(target)
        self.deepest = deepest
        self.first: int | None = None

    def run(self, *, enough: bool = False, retained: int = RETAINED) -> RouteSearch:
        """Search; with `enough` only until the route of least effort is found."""
        while self.root.open < math.inf:
            if enough and self.root.solved <= self.root.open:
                break
            if not self._grow(self._next()):
                break
            if self.first is None and self.root.solved < math.inf:
                self.first = self.meter.spent
        best = self.root.solved < math.inf and self.root.solved <= self.root.open
        return RouteSearch(self.routes(retained), self.meter.spent, self.first, best)

    def _next(self) -> Molecule:
        """Molecule that the best unfinished route needs next."""
        at = self.root
        while at.ways is not None:
            way = min(at.ways, key=lambda w: w.open)
            at = min((m for m in way.parts if m.open < math.inf), key=lambda m: m.open - m.cost)
        return at

    def _grow(self, leaf: Molecule) -> bool:
        """Expand a molecule; return False where the budget is spent."""
        steps = self.meter.steps(leaf.smiles) if leaf.depth < self.deepest else ()
        if steps is None:
            return False
        above = set(leaf.above())
        leaf.ways = [self._way(leaf, s) for s in steps if not above.intersection(s.reactants)]
        at: Molecule | None = leaf
        while at is not None:
            ways = at.ways or []
            at.cost = min((w.cost for w in ways), default=math.inf)
            at.open = min((w.open for w in ways), default=math.inf)
            at.solved = min((w.solved for w in ways), default=math.inf)
            at = at.parent.parent if at.parent else None
        return True

    def _way(self, leaf: Molecule, step: Step) -> ReactionNode:
        way = ReactionNode(step, leaf)
        stock = self.meter.chemistry.stock
        needed = [r for r in dict.fromkeys(step.reactants) if r not in stock]
        way.parts = [Molecule(r, way, depth=leaf.depth + 1) for r in needed]
        return way

    def routes(self, most: int) -> tuple[Route, ...]:
        """Return finished routes in the tree, least effort first."""
        found: dict[str, Route] = {}
        for _, steps in _finished(self.root, most):
            route = ordered(self.root.smiles, steps)
            if route is not None:
                found.setdefault(route.text, route)
        return tuple(sorted(found.values(), key=lambda r: (r.effort, r.text)))


def _finished(at: Molecule, most: int) -> list[tuple[float, tuple[Step, ...]]]:
    """Routes of least effort below a molecule; of two steps to one product the first counts."""
    found: list[tuple[float, tuple[Step, ...]]] = []
    for way in at.ways or []:
        if way.solved == math.inf:
            continue
        below = [_finished(m, most) for m in way.parts]
        mixed = (
            (
                way.step.effort + sum(cost for cost, _ in chosen),
                (way.step, *(s for _, steps in chosen for s in steps)),
            )
            for chosen in combinations(*below)
        )
        found += heapq.nsmallest(most, mixed, key=lambda pair: pair[0])
    return heapq.nsmallest(most, found, key=lambda pair: pair[0])


def best_first(
    chemistry: Chemistry, target: str, *, budget: int, deepest: int, enough: bool = False
) -> RouteSearch:
    """Search routes by A* over the AND-OR tree."""
    return BestFirst(chemistry, target, budget=budget, deepest=deepest).run(enough=enough)
