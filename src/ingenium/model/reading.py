"""What words say of a process, by the reader of requests that serves all specs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingenium.model.families import PROCESSES
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.reader import RequestReader
from ingenium.words.reading import Span, checked

ENTRIES = (
    ContractEntry("condition", "process", "what happens", choices=tuple(PROCESSES), numeric=False),
    ContractEntry("setup", "species", "how many kinds there are", whole=True),
)
CONTRACT = Contract("equations.model", "a model of a process in time", "models", ENTRIES, ())


@dataclass(frozen=True)
class ProcessReading:
    """Processes that words name, how many kinds they speak of, and what nothing was made of."""

    text: str
    processes: tuple[str, ...]
    words: tuple[Span, ...]
    kinds: int | None
    unread: tuple[str, ...]

    def told(self, names: Sequence[str]) -> tuple[str, ...]:
        """What the words ask and a table with these columns cannot say."""
        found = []
        if not self.processes:
            found.append("The words name no process, so all families with such columns were tried.")
        if self.kinds is not None and self.kinds != len(names):
            found.append(
                f"The words speak of {self.kinds} kinds and the table has {len(names)} "
                f"({', '.join(names)}): of the others it says nothing."
            )
        found += [f'Nothing in the table speaks of "{words}".' for words in self.unread]
        return tuple(found)


def read(text: str) -> ProcessReading:
    """Read a description.

    Raises:
        InputError: for what is no text.
    """
    reading = RequestReader(CONTRACT).read(checked(text))
    named = [f for f in reading.found if f.entry.name == "process"]
    counted = [f.exact for f in reading.found if f.entry.name == "species" and f.exact]
    kinds = int(counted[0].ends[0]) if counted and counted[0].ends[0] >= 1 else None
    return ProcessReading(
        text,
        tuple(dict.fromkeys(n for f in named for n in f.names)),
        tuple(s for f in named for s in f.words),
        kinds,
        tuple(text[a:b] for a, b in reading.unread),
    )
