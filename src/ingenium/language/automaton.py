"""Automata of permitted next symbols, with the distance of each state to an end.

A text that is written under one never reaches a dead end: a move is open only if an end lies within
the steps that are left after it. The distances are computed beforehand, backwards from all ends.
"""

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from ingenium.core.errors import InputError

State = TypeVar("State", bound=Hashable)
Symbol = TypeVar("Symbol", bound=Hashable)


@dataclass(frozen=True)
class Automaton(Generic[State, Symbol]):
    """States, the symbols that lead from each to another, and the states that can end a text."""

    moves: Mapping[State, Mapping[Symbol, State]]
    ends: frozenset[State]

    @cached_property
    def steps(self) -> Mapping[State, int]:
        """Fewest symbols from each state to an end; states that reach none are left out."""
        before: dict[State, list[State]] = {}
        for state, ways in self.moves.items():
            for after in ways.values():
                before.setdefault(after, []).append(state)
        found = dict.fromkeys(self.ends, 0)
        queue = deque(self.ends)
        while queue:
            state = queue.popleft()
            for earlier in before.get(state, ()):
                if earlier not in found:
                    found[earlier] = found[state] + 1
                    queue.append(earlier)
        return found

    def open(self, state: State, left: int) -> dict[Symbol, State]:
        """Return symbols after which an end is within the steps that are left, with their states.

        Raises:
            InputError: for a state without any, which no open move reaches.
        """
        if self.steps.get(state, left + 1) > left:
            raise InputError("a state from which an end can be reached", repr(state))
        ways = self.moves.get(state, {})
        return {s: to for s, to in ways.items() if self.steps.get(to, left) <= left - 1}
