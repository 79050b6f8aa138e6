"""Unification of rules with goals that have unknowns: integers, bound in a dictionary."""

from collections.abc import Iterator, Mapping

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.steps import Given

Bound = dict[int, Tree]


class Unknowns:
    """A source of new unknowns."""

    def __init__(self) -> None:
        self.count = 0

    def new(self) -> int:
        """Return the next unknown."""
        self.count += 1
        return self.count


def walked(term: Tree, bound: Bound) -> Tree:
    """Return what an unknown is bound to, at the root alone."""
    while isinstance(term, int) and term in bound:
        term = bound[term]
    return term


def resolved(term: Tree, bound: Bound) -> Tree:
    """Return a term with bound unknowns replaced."""
    term = walked(term, bound)
    if not isinstance(term, tuple):
        return term
    return (term[0], *(resolved(t, bound) for t in term[1:]))


def unknowns(term: Tree) -> Iterator[int]:
    """Yield the unknowns of a resolved term."""
    if isinstance(term, int):
        yield term
    elif isinstance(term, tuple):
        for t in term[1:]:
            yield from unknowns(t)


def _occurs(unknown: int, term: Tree, bound: Bound) -> bool:
    term = walked(term, bound)
    if isinstance(term, tuple):
        return any(_occurs(unknown, t, bound) for t in term[1:])
    return bool(term == unknown)


def unified(one: Tree, other: Tree, bound: Bound) -> bool:
    """Extend the bindings so that two terms become one; they are void if it returns False."""
    one, other = walked(one, bound), walked(other, bound)
    if one is other or one == other:
        return True
    if isinstance(other, int) and not isinstance(one, int):
        one, other = other, one
    if isinstance(one, int):
        if isinstance(other, tuple) and _occurs(one, other, bound):
            return False
        bound[one] = other
        return True
    if isinstance(one, str) or isinstance(other, str) or one[0] != other[0]:
        return False
    return all(unified(a, b, bound) for a, b in zip(one[1:], other[1:], strict=True))


def fits(pattern: Tree, term: Tree, given: Given, bound: Bound, fresh: Unknowns) -> bool:
    """Unify a pattern of a rule with a term; void if it returns False."""
    if isinstance(pattern, str):
        if pattern in given:
            return unified(given[pattern], term, bound)
        given[pattern] = term
        return True
    term = walked(term, bound)
    if isinstance(term, int):
        made = opened(pattern, given, fresh)
        if _occurs(term, made, bound):
            return False
        bound[term] = made
        return True
    if isinstance(term, str) or term[0] != pattern[0]:
        return False
    return all(fits(p, t, given, bound, fresh) for p, t in zip(pattern[1:], term[1:], strict=True))


def opened(pattern: Tree, given: Given, fresh: Unknowns) -> Tree:
    """Return a pattern with terms in place of its variables, new unknowns for those without."""
    if isinstance(pattern, str):
        if pattern not in given:
            given[pattern] = fresh.new()
        return given[pattern]
    return (pattern[0], *(opened(p, given, fresh) for p in pattern[1:]))


def canonical(term: Tree, names: dict[int, int]) -> Tree:
    """Return a resolved term with unknowns numbered by first appearance, as negative numbers."""
    if isinstance(term, int):
        return -names.setdefault(term, len(names) + 1)
    if isinstance(term, str):
        return term
    return (term[0], *(canonical(t, names) for t in term[1:]))


def closed(term: Tree, fill: Mapping[int, Tree]) -> Tree:
    """Return a resolved term with trees in place of unknowns."""
    if isinstance(term, int):
        return fill[term]
    if isinstance(term, str):
        return term
    return (term[0], *(closed(t, fill) for t in term[1:]))
