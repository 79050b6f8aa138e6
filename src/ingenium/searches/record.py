"""The state of a strategy on disk, which saves learning from all verdicts again."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ingenium.core.folders import replacing
from ingenium.searches.strategy import State, Strategy

# Of a file, and of a state in it that is another one's
DAMAGE = (OSError, ValueError, LookupError, BadZipFile, RuntimeError, TypeError, AttributeError)


@dataclass(frozen=True)
class StoredState:
    """File of a strategy's state; if it is absent, old or damaged the strategy learns again."""

    path: Path

    def save(self, strategy: Strategy, rounds: int) -> None:
        """Write the state of a strategy after `rounds` rounds.

        Raises:
            StorageError: if it cannot be written.
        """
        with replacing(self.path) as part, part.open("wb") as file:
            state = {f"state.{k}": v for k, v in strategy.state_dict().items()}
            np.savez(file, allow_pickle=False, rounds=np.array(rounds), **state)

    def load(self, strategy: Strategy, ended: int) -> int:
        """Load the state, unless it is of more rounds than have ended; return its number of rounds.

        A state that cannot be loaded leaves the strategy as it was.
        """
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = dict(stored)
            rounds = int(arrays.pop("rounds"))
        except DAMAGE:
            return 0
        if rounds > ended:
            return 0
        before = {k: np.array(v) for k, v in strategy.state_dict().items()}  # loading may write
        state: State = {k.removeprefix("state."): v for k, v in arrays.items()}
        try:
            strategy.load_state_dict(state)
        except DAMAGE:
            strategy.load_state_dict(before)
            return 0
        return rounds
