"""Texts that designs are chosen from: proofs that a search found, and attempts of one step."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.kernel import ProofError, check
from ingenium.domains.mathematics.metamath.steps import written
from ingenium.domains.mathematics.proof.goal import ProofGoal
from ingenium.domains.mathematics.proof.prior import RulePrior, shape
from ingenium.domains.mathematics.proof.search import FoundProof, ProofPlan, ProofSearch, Tactic
from ingenium.domains.mathematics.proof.unify import Unknowns, closed, fits, resolved, unknowns

UNPROVED = "?"


@dataclass(frozen=True)
class ProofPool:
    """Proofs of a search that our kernel accepted, and the search itself."""

    proofs: tuple[str, ...]
    found: FoundProof
    refused: tuple[str, ...]  # reasons of the kernel against what the search took for proofs


def pool(
    goal: ProofGoal, prior: RulePrior, plan: ProofPlan, tactics: Sequence[Tactic]
) -> ProofPool:
    """Search for proofs of a goal, the shortest first."""
    found = ProofSearch(goal, prior, plan, tactics).run()
    texts, refused = [], []
    for step in found.proofs:
        text = written(goal.index, goal.theorem, step)
        try:
            steps = check(goal.index.base, goal.proved_by(text), text).steps
        except ProofError as error:
            refused.append(str(error))
            continue
        texts.append((steps, len(text), text))
    return ProofPool(tuple(t for _, _, t in sorted(texts)), found, tuple(refused))


def attempts(goal: ProofGoal, prior: RulePrior, most: int) -> tuple[str, ...]:
    """Return proofs of one step by the likeliest rules, with `?` for what is no hypothesis.

    They are what retrieval alone would propose.
    """
    kind, theorem = shape(goal.conclusion), goal.theorem
    allowed = [
        (prior.cost(label, kind, theorem.before), label)
        for label in goal.index.candidates(goal.conclusion)
        if goal.index.base.assertions[label].order < theorem.before and label not in theorem.hidden
    ]
    found: dict[str, None] = {}
    for _, label in sorted(allowed):
        text = _attempt(goal, label)
        if text is not None:
            found.setdefault(text)
        if len(found) == most:
            break
    return tuple(found)


def _attempt(goal: ProofGoal, label: str) -> str | None:
    """Return the words of one step, from the leaves."""
    rule = goal.index.rule(label)
    given: dict[str, Tree] = {}
    bound: dict[int, Tree] = {}
    fresh = Unknowns()
    if not fits(rule.conclusion, goal.conclusion, given, bound, fresh):
        return None
    words: list[str] = []
    premises = iter(rule.premises)
    own = {tree: name for name, tree in goal.hypotheses}
    for h in goal.index.base.assertions[label].mandatory:
        if h.kind == "$f":
            tree = given.setdefault(h.label, h.label)
            whole = resolved(tree, bound)
            words += _leaves_first(closed(whole, dict.fromkeys(unknowns(whole), h.label)))
        else:
            premise = next(premises)
            words.append(own.get(_instance(premise, given, bound), UNPROVED))
    return " ".join([*words, label])


def _instance(pattern: Tree, given: dict[str, Tree], bound: dict[int, Tree]) -> Tree:
    if isinstance(pattern, str):
        return resolved(given.get(pattern, pattern), bound)
    return (pattern[0], *(_instance(p, given, bound) for p in pattern[1:]))


def _leaves_first(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    return [w for t in tree[1:] for w in _leaves_first(t)] + [tree[0]]
