"""Route: the steps that make a target, as data and as one line of text.

The text is `reaction|A.B>>P; reaction|...`, from the target on: the first step makes the target,
each other one makes a reactant of a step before it. Reactants that no step makes are the leaves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ingenium.domains.molecules.route.chemistry import Chemistry, Step
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.kits.chemistry.parsing import canonical, parsed

BETWEEN, AFTER_NAME, DOT, ARROW = "; ", "|", ".", ">>"


@dataclass(frozen=True)
class Route:
    """Steps to a target, each after the step that needs its product; may be empty."""

    target: str
    steps: tuple[Step, ...] = ()

    @cached_property
    def made(self) -> Mapping[str, Step]:
        """Step that makes each product."""
        return {step.product: step for step in self.steps}

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Molecules that are needed and not made, each once."""
        needed = dict.fromkeys([self.target, *(r for s in self.steps for r in s.reactants)])
        return tuple(m for m in needed if m not in self.made)

    def missing(self, stock: BlockStock) -> tuple[str, ...]:
        """Return the leaves that cannot be bought."""
        return tuple(m for m in self.leaves if m not in stock)

    @cached_property
    def depth(self) -> int:
        """Number of steps of the longest branch from a leaf to the target."""
        return self._depth(self.target)

    def _depth(self, product: str) -> int:
        step = self.made.get(product)
        return 0 if step is None else 1 + max(self._depth(r) for r in step.reactants)

    @property
    def effort(self) -> float:
        """Cost that the search minimises, summed over the steps."""
        return sum(step.effort for step in self.steps)

    @property
    def text(self) -> str:
        """Route as one line."""
        return BETWEEN.join(map(str, self.steps))


def read(text: str, target: str) -> Route | None:
    """Parse a line of text with canonical molecules; None if it is no route to the target.

    It does not check that the reactions work.
    """
    if not text:
        return Route(target)
    steps = [_step(part) for part in text.split(BETWEEN)]
    return ordered(target, [s for s in steps if s]) if all(steps) else None


def ordered(target: str, steps: Iterable[Step]) -> Route | None:
    """Order steps to a route; None if they are disconnected or cyclic."""
    left = {step.product: step for step in steps}
    listed: list[Step] = []
    held = _walk(target, left, listed, ()) and not left
    return Route(target, tuple(listed)) if held else None


def _walk(product: str, left: dict[str, Step], listed: list[Step], above: tuple[str, ...]) -> bool:
    """Move the steps below a product from `left` to `listed`, the first needed first."""
    if product in above:
        return False
    step = left.pop(product, None)
    if step is None:
        done = next((s for s in listed if s.product == product), None)
        return done is None or not _reaches(done, set(above), listed)
    listed.append(step)
    return all(_walk(r, left, listed, (*above, product)) for r in step.reactants)


def _reaches(step: Step, above: set[str], listed: list[Step]) -> bool:
    """Return whether a listed step needs a product above it."""
    made = {s.product: s for s in listed}
    todo = [step]
    while todo:
        for reactant in todo.pop().reactants:
            if reactant in above:
                return True
            if reactant in made:
                todo.append(made[reactant])
    return False


def _step(text: str) -> Step | None:
    """One step of the text, its molecules in canonical form."""
    name, bar, equation = text.partition(AFTER_NAME)
    left, arrow, right = equation.partition(ARROW)
    if not (name and bar and arrow):
        return None
    mols = [parsed(s) for s in (*left.split(DOT), right)]
    if any(m is None for m in mols):
        return None
    *reactants, product = map(canonical, mols)
    return Step(name, tuple(reactants), product)


@dataclass(frozen=True)
class RouteBeginning:
    """A partial route: its steps, and the molecules still to be made, next one first.

    All policies use this walk: any step for the next molecule leads to a route.
    """

    target: str
    steps: tuple[Step, ...] = ()
    open: tuple[tuple[str, int], ...] = ()  # each with the steps between it and the target

    @classmethod
    def of(cls, target: str) -> "RouteBeginning":
        """Begin without steps."""
        return cls(target, (), ((target, 0),))

    @property
    def route(self) -> Route:
        """Route of the steps so far."""
        return Route(self.target, self.steps)

    def after(self, step: Step, stock: BlockStock) -> "RouteBeginning":
        """Return the partial route with one more step, for the next molecule."""
        ((_, depth), *rest) = self.open
        held = {s.product for s in self.steps} | {m for m, _ in rest}
        needed = (r for r in dict.fromkeys(step.reactants) if r not in stock and r not in held)
        new = tuple((r, depth + 1) for r in needed)
        return RouteBeginning(self.target, (*self.steps, step), (*new, *rest))

    def ways(self, steps: Iterable[Step], deepest: int) -> list[Step]:
        """Select acyclic steps to the next molecule, if it is not too deep."""
        if self.open[0][1] >= deepest:
            return []
        made = {s.product for s in self.steps}
        return [s for s in steps if not made.intersection(s.reactants)]


def walked(chemistry: Chemistry, target: str, choices: Iterable[int], deepest: int) -> Route:
    """Return the route of a row of choices, each an index among the steps of the next molecule."""
    at = RouteBeginning.of(target)
    for choice in choices:
        ways = at.ways(chemistry.steps(at.open[0][0]), deepest) if at.open else []
        if not ways:
            break
        at = at.after(ways[choice % len(ways)], chemistry.stock)
    return at.route


def chosen(chemistry: Chemistry, route: Route, deepest: int) -> list[int] | None:
    """Return the choices that lead to a route; None for one that this walk cannot reach."""
    at, choices = RouteBeginning.of(route.target), list[int]()
    while at.open and (molecule := at.open[0][0]) in route.made:
        step = route.made[molecule]
        ways = at.ways(chemistry.steps(molecule), deepest)
        if step not in ways:
            return None
        choices.append(ways.index(step))
        at = at.after(step, chemistry.stock)
    return choices if len(choices) == len(route.steps) else None
