"""Values of functions that are given by a rule, as equations for the other tactics."""

from collections.abc import Iterator

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import NoStep, ProofStep
from ingenium.domains.mathematics.proof.tactics.prover import CC, NN, NN0, RR, ZZ, Prover

MOST_VALUES = 12
_SETS = (NN, NN0, ZZ, RR, CC)


def learn_values(p: Prover, tree: Tree) -> None:
    """Add the values of functions in a goal and in the facts to the facts of a prover."""
    _universal(p)
    for fact in [f for f in p.facts if f[0] == "wceq" and isinstance(f[1], str)]:
        _learn_sets(p, p.facts[fact])
    found: dict[Tree, None] = {}
    for place in (tree, *p.facts):
        for term in _applications(place):
            found.setdefault(term)
    learnt = 0
    for term in found:
        if learnt >= MOST_VALUES:
            break
        for tried in (_by_mapping, _by_universal):
            try:
                _learn(p, tried(p, term))
                learnt += 1
                break
            except NoStep:
                continue


def _universal(p: Prover) -> None:
    """Turn hypotheses on each member of a class into facts with a quantifier."""
    for label, tree in p.goal.hypotheses:
        if not (isinstance(tree, tuple) and tree[0] == "wi" and isinstance(tree[1], tuple)):
            continue
        antecedent = tree[1]
        if antecedent[0] == "wa" and antecedent[1] == p.antecedent and antecedent[2][0] == "wcel":
            try:
                p.learn(p.by("ralrimiva", ProofStep(tree, label)))
            except NoStep:
                continue


def _applications(tree: Tree) -> Iterator[Tree]:
    """Yield values `( F ` A )` of variables F, inner ones first, without bound variables."""
    if not isinstance(tree, tuple) or tree[0] in ("wral", "wrex", "cmpt", "csu", "cprod", "crab"):
        return
    for child in tree[1:]:
        yield from _applications(child)
    if tree[0] == "cfv" and isinstance(tree[2], str):
        yield tree


def replaced(tree: Tree, variable: str, by: Tree) -> Tree:
    """Return a tree with a term in place of a set variable.

    Raises:
        NoStep: if a binder inside may capture it.
    """
    if tree == ("cv", variable):
        return by
    if not isinstance(tree, tuple):
        if tree == variable:
            raise NoStep("a variable that is bound inside")
        return tree
    return (tree[0], *(replaced(t, variable, by) for t in tree[1:]))


def rewritten(p: Prover, tree: Tree, old: Tree, fact: ProofStep) -> ProofStep:
    """Return `B = C`, where C is B with the right side of a fact in place of its left side.

    Raises:
        NoStep: if the left side is below what has no rule of congruence here.
    """
    if tree == old:
        return fact
    if not isinstance(tree, tuple) or not _has(tree, old):
        return p.same(tree)
    if tree[0] == "co" and not _has(tree[3], old):
        one, other = (rewritten(p, t, old, fact) for t in tree[1:3])
        return p.inside(one, other, tree[3])
    if tree[0] == "cneg":
        return p.by("negeqd", rewritten(p, tree[1], old, fact))
    if tree[0] == "cfv" and not _has(tree[2], old):
        inner = rewritten(p, tree[1], old, fact)
        goal = p.under(("wceq", tree, ("cfv", inner.formula[2][2], tree[2])))
        return p.by("fveq2d", inner, goal=goal)
    raise NoStep("no rule of congruence")


def _has(tree: Tree, part: Tree) -> bool:
    if tree == part:
        return True
    return isinstance(tree, tuple) and any(_has(t, part) for t in tree[1:])


def _where(p: Prover, variable: str, value: Tree) -> tuple[Prover, ProofStep]:
    """Return a prover under which a variable has a value, and that fact."""
    equal = ("wceq", ("cv", variable), value)
    inner = Prover(p.goal, ("wa", p.antecedent, equal))
    return inner, inner.facts[equal]


def _by_mapping(p: Prover, term: Tree) -> ProofStep:
    _, argument, function = term
    for fact, step in p.facts.items():
        if fact[0] != "wceq" or fact[1] != function or fact[2][0] != "cmpt":
            continue
        _, variable, domain, body = fact[2]
        inner, given = _where(p, variable, argument)
        same = rewritten(inner, body, ("cv", variable), given)
        value = replaced(body, variable, argument)
        return p.by("fvmptd", step, same, p.member(argument, domain), p.member(value, CC))
    raise NoStep("a function without a rule")


def _by_universal(p: Prover, term: Tree) -> ProofStep:
    _, argument, function = term
    for fact, step in p.facts.items():
        if fact[0] != "wral" or fact[1][0] != "wceq":
            continue
        _, body, variable, domain = fact
        if body[1] != ("cfv", ("cv", variable), function):
            continue
        inner, given = _where(p, variable, argument)
        sides = [rewritten(inner, t, ("cv", variable), given) for t in body[1:]]
        both = inner.by("eqeq12d", *sides)
        return p.by("mpd", step, p.by("rspcdv", p.member(argument, domain), both))
    raise NoStep("a function without a rule")


def _learn(p: Prover, step: ProofStep) -> None:
    """Add a value and the sets of numbers that it is in."""
    p.learn(step)
    _learn_sets(p, step)


def _learn_sets(p: Prover, step: ProofStep) -> None:
    value = step.formula[2][2]
    for of in _SETS:
        try:
            p.learn(p.by("eqeltrd", step, p.member(value, of)))
        except NoStep:
            continue
    p.forget_failures()
