"""Best-first search for proofs, backwards from the goal, over rules and substitutions.

A state has open goals, the first of which is worked on. Its rules come one at a time in the order
of their cost, so that a state with many rules costs no more than one with few. What is proved once
is remembered for all states, and what fails again and again becomes expensive.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.index import Index, connectives, leaves
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep, filled, instance
from ingenium.domains.mathematics.proof.goal import ProofGoal
from ingenium.domains.mathematics.proof.prior import RulePrior, shape
from ingenium.domains.mathematics.proof.unify import (
    Bound,
    Unknowns,
    canonical,
    closed,
    fits,
    resolved,
    unified,
    unknowns,
)

Tactic = Callable[[Tree], ProofStep | None]
MOST_GOALS, MOST_SIZE = 24, 400
MOST_VAGUE = 60  # rules that are tried for a goal whose root is unknown


@dataclass(frozen=True)
class ProofPlan:
    """Budget and behaviour of a search."""

    expansions: int = 4000
    feedback: bool = True  # failures become costs
    proofs: int = 1  # to find before it ends
    goal_cost: float = 0.8
    size_cost: float = 0.04
    unknown_cost: float = 0.5
    failure_cost: float = 0.35


@dataclass(frozen=True, slots=True)
class _Move:
    """Step that closed a goal: a rule with terms for its variables, or a ready step."""

    goal: int
    label: str
    given: tuple[Tree, ...]
    premises: tuple[int, ...]
    ready: ProofStep | None
    before: "_Move | None"


@dataclass(slots=True)
class _SearchState:
    goals: tuple[tuple[int, Tree, bool], ...]  # number, term, True for "it is proved now"
    bound: Bound
    moves: _Move | None
    cost: float
    options: list[tuple[float, Any]] = field(default_factory=list)
    at: int = 0


@dataclass
class Failure:
    """A step that was tried and why it failed."""

    goal: Tree
    rule: str
    why: str


@dataclass
class FoundProof:
    """Result of a search."""

    proofs: list[ProofStep]
    expansions: int
    failures: list[Failure]
    tries: Counter[Tree]
    lemmas: Mapping[Tree, ProofStep]  # goals that were closed on the way


class ProofSearch:
    """One search for proofs of a goal."""

    def __init__(
        self, goal: ProofGoal, prior: RulePrior, plan: ProofPlan, tactics: Sequence[Tactic] = ()
    ) -> None:
        self.goal, self.prior, self.plan, self.tactics = goal, prior, plan, tactics
        self.index: Index = goal.index
        self.fresh = Unknowns()
        self.heap: list[tuple[float, int, _SearchState]] = []
        self.count = 0
        self.lemmas: dict[Tree, ProofStep] = {}
        self.seen: dict[Any, float] = {}
        self.tries: Counter[Tree] = Counter()
        self.failures: list[Failure] = []
        self.refuted: set[tuple[str, Tree]] = set()
        self._options: dict[Tree, list[tuple[float, Any]]] = {}
        self._tried: dict[Tree, ProofStep | None] = {}
        fixed = {h.label for h in goal.theorem.floats}
        self._spare = [h for h in goal.index.base.floats.values() if h.label not in fixed]

    def run(self, stop: Callable[[], bool] = lambda: False) -> FoundProof:
        """Search until enough proofs are found or the budget is spent."""
        start = _SearchState(((0, self.goal.conclusion, False),), {}, None, 0.0)
        proofs: dict[Any, ProofStep] = {}
        self._open(start)
        spent = 0
        while self.heap and spent < self.plan.expansions and not stop():
            _, _, state = heapq.heappop(self.heap)
            spent += 1
            _, option = state.options[state.at]
            state.at += 1
            if state.at < len(state.options):
                self._push(state)
            child = self._child(state, option)
            if child is None:
                continue
            child = self._settled(child)
            if not child.goals:
                step = self._step(child)
                if step is not None:
                    shorter = without_detours(step)
                    proofs.setdefault(_digest(shorter), shorter)
                if len(proofs) >= self.plan.proofs:
                    break
                continue
            self._open(child)
        return FoundProof(list(proofs.values()), spent, self.failures, self.tries, self.lemmas)

    def _open(self, state: _SearchState) -> None:
        """Find the rules for the first goal of a state, and queue it."""
        names: dict[int, int] = {}
        terms = tuple(
            canonical(resolved(t, state.bound), names) for _, t, done in state.goals if not done
        )
        if len(terms) > MOST_GOALS or sum(map(connectives, terms)) > MOST_SIZE:
            return
        if self.seen.get(terms, math.inf) <= state.cost:
            return
        self.seen[terms] = state.cost
        first = terms[0]
        options = self._options.get(first)
        if options is None:
            options = self._options_of(first)
            self._options[first] = options
        self.tries[first] += 1
        if not options:
            self._note(first, "", "no rule fits")
            return
        state.options = options
        self._push(state)

    def _push(self, state: _SearchState) -> None:
        self.count += 1
        plan = self.plan
        left = 0.0
        for _, term, done in state.goals:
            if not done:
                left += plan.goal_cost + plan.size_cost * min(connectives(term), 40)
        cost = state.cost + state.options[state.at][0] + left
        heapq.heappush(self.heap, (cost, self.count, state))

    def _options_of(self, goal: Tree) -> list[tuple[float, Any]]:
        """Return what may close a goal: hypotheses, tactics, lemmas, then rules by their cost."""
        found: list[tuple[float, Any]] = [(0.0, h) for h in self.goal.hypotheses]
        vague = isinstance(goal, int)
        step = None if any(True for _ in unknowns(goal)) else self._by_tactics(goal)
        if step is not None:
            found = [(0.0, step)]
            if goal != self.goal.conclusion:  # of which more proofs are of interest
                return found
        theorem = self.goal.theorem
        kind = shape(goal)
        rules = []
        for label in self.index.candidates(goal):
            a = self.index.base.assertions[label]
            if a.order < theorem.before and label not in theorem.hidden:
                rules.append((self.prior.cost(label, kind, theorem.before), label))
        rules.sort()
        return found + (rules[:MOST_VAGUE] if vague else rules)

    def _by_tactics(self, goal: Tree) -> ProofStep | None:
        if goal not in self._tried:
            self._tried[goal] = next((s for t in self.tactics if (s := t(goal)) is not None), None)
        return self._tried[goal]

    def _child(self, state: _SearchState, option: Any) -> _SearchState | None:
        """Return the state after an option; None if it fails."""
        number, term, _ = state.goals[0]
        bound = dict(state.bound)
        if isinstance(option, ProofStep):
            move = _Move(number, "", (), (), option, state.moves)
            return _SearchState(state.goals[1:], bound, move, state.cost)
        if isinstance(option, tuple):
            label, tree = option
            if not unified(tree, term, bound):
                return None
            step = ProofStep(tree, label)
            return _SearchState(
                state.goals[1:], bound, _Move(number, "", (), (), step, state.moves), state.cost
            )
        return self._by_rule(state, option, bound)

    def _by_rule(self, state: _SearchState, label: str, bound: Bound) -> _SearchState | None:
        number, term, _ = state.goals[0]
        rule = self.index.rule(label)
        given: dict[str, Tree] = {}
        if not fits(rule.conclusion, term, given, bound, self.fresh):
            return None
        for f in rule.floats:
            if f not in given:
                given[f] = self.fresh.new()
        if not self._disjoint(label, given, bound):
            self._note(resolved(term, bound), label, "disjoint variables")
            return None
        numbers, goals = [], []
        for premise in rule.premises:
            self.fresh.count += 1
            numbers.append(self.fresh.count)
            goals.append((self.fresh.count, resolved(filled(premise, given), bound), False))
        move = _Move(
            number, label, tuple(given[f] for f in rule.floats), tuple(numbers), None, state.moves
        )
        step_cost = state.options[state.at - 1][0]
        more = 0.0
        if self.plan.feedback:
            more = sum(self.plan.failure_cost * math.log1p(self._failed(g[1])) for g in goals)
        more += self.plan.unknown_cost * len({u for g in goals for u in unknowns(g[1])})
        goals.sort(key=lambda g: (sum(1 for _ in unknowns(g[1])), -connectives(g[1])))
        done = (number, term, True)
        return _SearchState(
            (*goals, done, *state.goals[1:]), bound, move, state.cost + step_cost + more
        )

    def _failed(self, goal: Tree) -> int:
        return 0 if goal in self.lemmas else self.tries[canonical(goal, {})]

    def _disjoint(self, label: str, given: Mapping[str, Tree], bound: Bound) -> bool:
        """Check the disjoint variables of a rule, as far as they are known."""
        a = self.index.base.assertions[label]
        if not a.mandatory_disjoint:
            return True
        used = {h.symbols[1]: leaves(resolved(given[h.label], bound)) for h in a.floats}
        own = {h.label: h.symbols[1] for h in self.goal.theorem.floats}
        for one, other in a.mandatory_disjoint:
            for x in used[one]:
                for y in used[other]:
                    pair = tuple(sorted((own.get(x, x), own.get(y, y))))
                    if x == y or (x in own and y in own and pair not in self.goal.theorem.disjoint):
                        return False
        return True

    def _settled(self, state: _SearchState) -> _SearchState:
        """Pass the marks of goals that are proved now, and remember their proofs."""
        goals = list(state.goals)
        while goals and goals[0][2]:
            number, term, _ = goals.pop(0)
            whole = resolved(term, state.bound)
            if whole not in self.lemmas and not any(True for _ in unknowns(whole)):
                step = self._proof(state, number)
                if step is not None:
                    self.lemmas[whole] = step
                    self._options[canonical(whole, {})] = [(0.0, step)]
        state.goals = tuple(goals)
        return state

    def _step(self, state: _SearchState) -> ProofStep | None:
        return self._proof(state, 0)

    def _proof(self, state: _SearchState, number: int) -> ProofStep | None:
        """Return the proof of a goal, with spare variables for what is still unknown."""
        moves: dict[int, _Move] = {}
        here = state.moves
        while here is not None:
            moves.setdefault(here.goal, here)
            here = here.before
        fill = self._fill(state, moves, number)

        def built(at: int) -> ProofStep:
            move = moves[at]
            if move.ready is not None:
                return move.ready
            rule = self.index.rule(move.label)
            trees = [closed(resolved(t, state.bound), fill) for t in move.given]
            given = dict(zip(rule.floats, trees, strict=True))
            if not self._disjoint(move.label, given, {}):
                raise NoStep("disjoint variables")
            return instance(rule, given, [built(p) for p in move.premises])

        try:
            return built(number)
        except (NoStep, KeyError, RecursionError):
            return None

    def _fill(
        self, state: _SearchState, moves: Mapping[int, _Move], number: int
    ) -> Mapping[int, Tree]:
        """Choose a variable for each unknown that no step determined."""
        types = {h.label: h.symbols[0] for h in self.goal.index.base.floats.values()}
        kinds: dict[int, str] = {}
        todo = [number]
        while todo:
            move = moves[todo.pop()]
            todo += move.premises
            if move.ready is None:
                for f, t in zip(self.index.rule(move.label).floats, move.given, strict=True):
                    _kinds(self.index, resolved(t, state.bound), types[f], kinds)
        spare = iter(self._spare)
        fill: dict[int, Tree] = {}
        for unknown, kind in sorted(kinds.items()):
            fill[unknown] = next((h.label for h in spare if h.symbols[0] == kind), None)
        return fill

    def _note(self, goal: Tree, rule: str, why: str) -> None:
        if len(self.failures) < 2000:
            self.failures.append(Failure(goal, rule, why))


def _kinds(index: Index, term: Tree, kind: str, found: dict[int, str]) -> None:
    if isinstance(term, int):
        found[term] = kind
    elif isinstance(term, tuple):
        for t, inner in zip(term[1:], index.grammar.productions[term[0]].types, strict=True):
            _kinds(index, t, inner, found)


def without_detours(step: ProofStep) -> ProofStep:
    """Return a proof in which each formula is proved once, in its shortest way."""
    sizes: dict[int, int] = {}
    order: list[ProofStep] = []
    todo: list[tuple[ProofStep, bool]] = [(step, False)]
    while todo:
        here, ready = todo.pop()
        if ready and id(here) not in sizes:
            sizes[id(here)] = 1 + sum(sizes[id(p)] for p in here.premises)
            order.append(here)
        elif id(here) not in sizes:
            todo += [(here, True), *((p, False) for p in here.premises)]
    best: dict[Tree, ProofStep] = {}
    for s in sorted(order, key=lambda s: sizes[id(s)]):
        if s.formula not in best:
            premises = tuple(best[p.formula] for p in s.premises)
            best[s.formula] = ProofStep(s.formula, s.label, s.given, premises)
    return best[step.formula]


def _digest(step: ProofStep) -> Any:
    """Return what distinguishes proofs: labels and terms in their order."""
    found, todo = [], [step]
    while todo:
        here = todo.pop()
        found.append((here.label, here.given))
        todo += here.premises
    return hash(tuple(found))
