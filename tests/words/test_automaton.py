"""Automata: admitted steps always lead to an end, and others are never admitted."""

import random

import pytest

from ingenium.core.errors import InputError
from ingenium.language.automaton import Automaton


def test_the_fewest_steps_are_those_of_a_search_forwards() -> None:
    """Distances backwards from the ends are shortest paths: compared with a plain search."""
    rng = random.Random(3)
    moves = {s: {x: rng.randrange(30) for x in range(rng.randrange(4))} for s in range(30)}
    automaton = Automaton(moves, frozenset({0, 7}))
    for start in range(30):
        seen, edge, steps = {start}, {start}, 0
        while edge and not edge & automaton.ends:
            edge = {to for s in edge for to in moves[s].values()} - seen
            seen |= edge
            steps += 1
        assert automaton.steps.get(start) == (steps if edge else None)


def test_random_walks_never_end_in_a_corner() -> None:
    rng = random.Random(5)
    moves = {s: {x: rng.randrange(40) for x in range(rng.randrange(5))} for s in range(40)}
    automaton = Automaton(moves, frozenset({1}))
    starts = [s for s, steps in automaton.steps.items() if steps <= 9]
    assert len(starts) > 5
    for start in starts:
        state, left = start, 9
        while state not in automaton.ends:
            ways = automaton.open(state, left)
            assert ways
            state, left = rng.choice(list(ways.values())), left - 1


def test_a_state_without_a_way_out_is_refused() -> None:
    automaton = Automaton({0: {"a": 1}, 1: {}, 2: {"b": 3}}, frozenset({3}))
    with pytest.raises(InputError):
        automaton.open(0, 5)
    assert automaton.open(2, 1) == {"b": 3}
