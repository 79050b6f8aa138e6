"""The state of a strategy on disk, so that it need not be told again of all that was measured."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ingenium.core.folders import replacing
from ingenium.searches.strategy import State, Strategy

# Of a file, and of a state in it that is another one's
DAMAGE = (OSError, ValueError, LookupError, BadZipFile, RuntimeError, TypeError, AttributeError)


@dataclass(frozen=True)
class KeptState:
    """A file that may be absent, old or damaged: then the strategy is told again."""

    path: Path

    def keep(self, strategy: Strategy, rounds: int) -> None:
        """Write what a strategy knows after so many rounds.

        Raises:
            StorageError: if it cannot be written.
        """
        with replacing(self.path) as part, part.open("wb") as file:
            state = {f"state.{k}": v for k, v in strategy.state_dict().items()}
            np.savez(file, allow_pickle=False, rounds=np.array(rounds), **state)

    def load(self, strategy: Strategy, ended: int) -> int:
        """Load it, unless it knows of more than the rounds that have ended; gives of how many.

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
