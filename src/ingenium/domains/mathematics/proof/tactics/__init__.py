"""Tactics: programs that close goals of one kind with proofs for the kernel."""

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.goal import ProofGoal
from ingenium.domains.mathematics.proof.search import Tactic
from ingenium.domains.mathematics.proof.tactics.equations import Equations
from ingenium.domains.mathematics.proof.tactics.functions import learn_values
from ingenium.domains.mathematics.proof.tactics.inequalities import Inequalities
from ingenium.domains.mathematics.proof.tactics.modular import (
    DIVIDES,
    MOD,
    PARITY,
    Remainders,
    learn_remainders,
    of_parity,
)
from ingenium.domains.mathematics.proof.tactics.prover import ZERO, Prover, parted


def tactics_of(goal: ProofGoal) -> tuple[Tactic, ...]:
    """Return the tactics for a goal and what it leads to."""
    return (_Numbers(goal),)


class _Numbers:
    """Equations, inequalities, remainders and memberships of numbers."""

    def __init__(self, goal: ProofGoal) -> None:
        self.goal = goal
        self.kits: dict[Tree, _Kit] = {}

    def __call__(self, tree: Tree) -> ProofStep | None:
        """Return a step that closes the goal; None if this tactic does not apply."""
        antecedent, rest = parted(tree)
        if not _is_of_numbers(rest):
            return None
        try:
            kit = self.kit(antecedent, rest)
            return kit.prover.to_goal(kit.closed(rest))
        except (NoStep, RecursionError):
            return None

    def kit(self, antecedent: Tree, rest: Tree) -> "_Kit":
        """Return the kit for an antecedent."""
        if antecedent not in self.kits:
            self.kits[antecedent] = _Kit(self, antecedent, rest)
        return self.kits[antecedent]


def _is_of_numbers(tree: Tree) -> bool:
    if not isinstance(tree, tuple):
        return False
    if tree[0] in ("wa", "w3a"):
        return all(_is_of_numbers(t) for t in tree[1:])
    if tree[0] in ("wral", "wn"):
        return _is_of_numbers(tree[1])
    if tree[0] == "wi":
        return _is_of_numbers(tree[2])
    return tree[0] in ("wceq", "wbr", "wcel", "wne")


class _Kit:
    """Tools to close goals under one antecedent."""

    def __init__(self, all_kits: _Numbers, antecedent: Tree, first: Tree) -> None:
        self.all_kits = all_kits
        self.prover = Prover(all_kits.goal, antecedent)
        learn_values(self.prover, first)
        learn_remainders(self.prover)
        self.equations = Equations(self.prover)
        self.remainders = Remainders(self.prover, self.equations)
        self.inequalities = Inequalities(self.prover, self.equations)

    def closed(self, rest: Tree) -> ProofStep:
        """Return a step under the antecedent.

        Raises:
            NoStep: if no tactic closes the goal.
        """
        p = self.prover
        if rest in p.facts:
            return p.facts[rest]
        head = rest[0]
        if head in ("wa", "w3a"):
            parts = [self.closed(t) for t in rest[1:]]
            return p.by("jca" if len(parts) == 2 else "3jca", *parts)
        if head == "wral":
            inside = self._under(("wcel", ("cv", rest[2]), rest[3]), rest[1])
            return p.by("ralrimiva", inside, goal=p.under(rest))
        if head == "wi":
            return p.by("ex", self._under(rest[1], rest[2]))
        if head == "wn" and rest[1][0] == "wbr" and rest[1][3] == DIVIDES:
            return self.remainders.leaves_a_rest(rest[1][1], rest[1][2])
        return self._atomic(rest)

    def _under(self, fact: Tree, rest: Tree) -> ProofStep:
        """Return a step under one more fact."""
        both = ("wa", self.prover.antecedent, fact)
        return self.all_kits.kit(both, rest).closed(rest)

    def _atomic(self, rest: Tree) -> ProofStep:
        p, head = self.prover, rest[0]
        if head == "wceq":
            return self._equal(rest[1], rest[2])
        if head == "wcel" and rest[2] in PARITY:
            return self._parity(rest)
        if head == "wcel":
            return p.member(rest[1], rest[2])
        if head == "wne" and rest[2] == ZERO:
            return p.nonzero(rest[1])
        if head == "wbr" and rest[3] == DIVIDES:
            return self.remainders.divides(rest[1], rest[2])
        if head == "wbr":
            return self.inequalities.related(*rest[1:])
        raise NoStep("no goal of numbers")

    def _parity(self, rest: Tree) -> ProofStep:
        """Return that a term is in the class Even or Odd."""
        said = of_parity(rest)
        both = self.closed(said[2])
        return self.prover.by("sylibr", both, self.prover.by(PARITY[rest[2]], goal=said))

    def _equal(self, one: Tree, other: Tree) -> ProofStep:
        if isinstance(one, tuple) and one[0] == "co" and one[3] == MOD:
            return self.remainders.equal(one[1], one[2], other)
        return self.equations.equal(one, other)
