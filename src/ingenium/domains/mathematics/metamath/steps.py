"""Proofs as trees of steps, and how they are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.index import Index, InferenceRule
from ingenium.domains.mathematics.metamath.kernel import Theorem

Given = dict[str, Tree]


class NoStep(ValueError):  # noqa: N818 - reads as what it is
    """A rule that does not fit its premises."""


@dataclass(frozen=True, eq=False, slots=True)
class ProofStep:
    """A formula and how it follows: from a hypothesis, or by a rule from other steps."""

    formula: Tree
    label: str
    given: tuple[Tree, ...] = ()  # in place of the rule's variables, in their order
    premises: tuple["ProofStep", ...] = ()


def matched(pattern: Tree, tree: Tree, given: Given) -> bool:
    """Extend a substitution so that a pattern becomes a tree; False if none does."""
    if isinstance(pattern, str):
        found = given.setdefault(pattern, tree)
        return found is tree or found == tree
    if not isinstance(tree, tuple) or tree[0] != pattern[0]:
        return False
    return all(matched(p, t, given) for p, t in zip(pattern[1:], tree[1:], strict=True))


def filled(pattern: Tree, given: Mapping[str, Tree]) -> Tree:
    """Return a pattern with trees in place of its variables."""
    if isinstance(pattern, str):
        return given[pattern]
    return (pattern[0], *(filled(p, given) for p in pattern[1:]))


def follow(
    index: Index, label: str, premises: Sequence[ProofStep] = (), *, goal: Tree = None
) -> ProofStep:
    """Return the step by a rule from steps, in the order of its premises.

    Raises:
        NoStep: if the rule does not exist, does not fit, or leaves a variable open.
    """
    if label not in index:
        raise NoStep(f"{label} is not in the database")
    rule = index.rule(label)
    given: Given = {}
    if goal is not None and not matched(rule.conclusion, goal, given):
        raise NoStep(f"{label} does not conclude this goal")
    if len(premises) != len(rule.premises):
        raise NoStep(f"{label} has {len(rule.premises)} premises, not {len(premises)}")
    for pattern, step in zip(rule.premises, premises, strict=True):
        if not matched(pattern, step.formula, given):
            raise NoStep(f"{label} does not fit a premise")
    return instance(rule, given, premises)


def instance(
    rule: InferenceRule, given: Mapping[str, Tree], premises: Sequence[ProofStep]
) -> ProofStep:
    """Return the step by a rule under a substitution.

    Raises:
        NoStep: if a variable is open.
    """
    if any(f not in given for f in rule.floats):
        raise NoStep(f"{rule.label} leaves a variable open")
    formula = filled(rule.conclusion, given)
    return ProofStep(formula, rule.label, tuple(given[f] for f in rule.floats), tuple(premises))


@dataclass(slots=True)
class _StepNode:
    label: str
    children: tuple[int, ...]
    uses: int = 0
    saved: int = 0  # number under which it is stored, from 1


def written(index: Index, theorem: Theorem, step: ProofStep) -> str:
    """Return a proof in the compressed format."""
    nodes: list[_StepNode] = []
    numbers: dict[tuple[Any, ...], int] = {}
    memory: dict[int, int] = {}

    def node(label: str, children: tuple[int, ...]) -> int:
        key = (label, *children)
        if key not in numbers:
            numbers[key] = len(nodes)
            nodes.append(_StepNode(label, children))
            for c in children:
                nodes[c].uses += 1
        return numbers[key]

    def of_tree(tree: Tree) -> int:
        if isinstance(tree, str):
            return node(tree, ())
        return node(tree[0], tuple(of_tree(t) for t in tree[1:]))

    todo: list[tuple[ProofStep, bool]] = [(step, False)]
    while todo:  # not recursive: proofs are deep
        here, ready = todo.pop()
        if id(here) in memory:
            continue
        if not ready:
            todo.append((here, True))
            todo += [(p, False) for p in here.premises]
            continue
        memory[id(here)] = _number(index, here, node, of_tree, memory)
    return _letters(theorem, nodes, memory[id(step)])


def _number(
    index: Index, step: ProofStep, node: Any, of_tree: Any, memory: Mapping[int, int]
) -> int:
    """Return the number of a step's node, after those of its hypotheses."""
    if step.label not in index.base.assertions:
        found: int = node(step.label, ())
        return found
    trees = iter([of_tree(t) for t in step.given])
    steps = iter([memory[id(p)] for p in step.premises])
    mandatory = index.base.assertions[step.label].mandatory
    found = node(step.label, tuple(next(trees if h.kind == "$f" else steps) for h in mandatory))
    return found


def _letters(theorem: Theorem, nodes: list[_StepNode], top: int) -> str:
    """Return labels in parentheses and the letters of a compressed proof."""
    order: list[tuple[int, bool]] = []  # node, and True where it is cited again
    seen: set[int] = set()
    todo: list[tuple[int, bool]] = [(top, False)]
    while todo:
        at, ready = todo.pop()
        if ready:
            order.append((at, False))
        elif at in seen and nodes[at].children:
            order.append((at, True))
        else:
            seen.add(at)
            todo.append((at, True))
            todo += [(c, False) for c in reversed(nodes[at].children)]
    own = {label: i for i, label in enumerate(theorem.mandatory)}
    labels: dict[str, int] = {}
    for at, _ in order:
        if nodes[at].label not in own:
            labels.setdefault(nodes[at].label, len(labels))
    again = {at for at, twice in order if twice}
    letters, count = [], 0
    for at, twice in order:
        here = nodes[at]
        if twice:
            letters.append(_word(len(own) + len(labels) + here.saved - 1))
            continue
        place = own[here.label] if here.label in own else len(own) + labels[here.label]
        letters.append(_word(place))
        if at in again:
            count += 1
            here.saved = count
            letters.append("Z")
    return f"( {' '.join(labels)} ) {''.join(letters)}".replace("(  )", "( )")


def _word(number: int) -> str:
    """Return a number, from 0, in the letters of a compressed proof."""
    word = chr(65 + number % 20)
    number //= 20
    while number:
        number -= 1
        word = chr(85 + number % 5) + word
        number //= 5
    return word
