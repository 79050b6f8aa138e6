"""Mutants of systems, under which their checks have to fail.

A row names the one that its check was tried against: "answers", which exchanges the numbers that
commands print for random ones, or a function here, which takes the system out while a check runs.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from ingenium_book.claims import Claim
from ingenium_book.findings import Commands, Done

ANSWERS = "answers"


class RandomAnswers:
    """Commands whose answers hold random numbers, and true for false."""

    def __init__(self, commands: Commands) -> None:
        self.folder: Path = commands.folder
        self.ran: list[str] = []
        self._commands = commands
        self._random = random.Random(0)

    def __call__(self, *words: object) -> Done:
        """Run a command, and exchange the numbers of its answer."""
        done = self._commands(*words)
        return replace(done, answer=self._exchanged(done.answer))

    def _exchanged(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: self._exchanged(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._exchanged(v) for v in value]
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return self._random.randrange(1000)
        return self._random.uniform(-1e3, 1e3) if isinstance(value, float) else value


@contextmanager
def mutated(claim: Claim, commands: Commands) -> Iterator[Commands]:
    """Commands under the mutant of a row."""
    if claim.mutant == ANSWERS:
        yield RandomAnswers(commands)
        return
    module, _, name = claim.mutant.partition(":")
    with getattr(import_module(module), name)():
        yield commands


def no_search() -> Any:
    """Points of a population that are uniform, so that it searches nothing."""

    def offspring(self: Any, rng: np.random.Generator) -> np.ndarray:
        return rng.uniform(size=(self.size, self.space.m))

    return patch("ingenium.searches.population.Population.offspring", offspring)
