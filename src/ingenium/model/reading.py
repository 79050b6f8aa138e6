"""Reading of words on a process: its kind, by the router of problems, and the number of kinds.

A process has a page of words on what happens and what it happens to; the router weighs the words
of a description by how few pages contain them, and detects when none is meant.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingenium.words.accounting import OPERATORS, left_over
from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.reader import RequestReader
from ingenium.words.reading import Span, checked
from ingenium.words.routing import Router
from ingenium.words.tokens import Request

PAGES = Path(__file__).with_name("processes.toml")
OTHERS = Path(__file__).with_name("mechanisms.txt")
SPECIES = ContractEntry("setup", "species", "how many kinds there are", whole=True)
CONTRACT = Contract("equations.model", "a model of a process in time", "models", (SPECIES,), ())


@cache
def router() -> Router:
    """Router among the processes."""
    pages = tomllib.loads(PAGES.read_text(encoding="utf-8"))
    own = (Contract(name, page["does"], page["among"], (), ()) for name, page in pages.items())
    return Router(tuple(own))


@cache
def other_mechanisms() -> frozenset[str]:
    """Terms of what happens in processes that no family has."""
    lines = OTHERS.read_text(encoding="utf-8").splitlines()
    return frozenset(terms(" ".join(line for line in lines if not line.startswith("#"))))


@dataclass(frozen=True)
class ProcessReading:
    """Processes that words name, the number of kinds they mention, and unread words."""

    text: str
    processes: tuple[str, ...]
    words: tuple[Span, ...]
    kinds: int | None
    unread: tuple[str, ...]

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Unread words that name something which no family has."""
        return tuple(words for words in self.unread if other_mechanisms() & {*terms(words)})

    def reported(self, names: Sequence[str]) -> tuple[str, ...]:
        """List requests of the words that a table with these columns cannot answer."""
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
        InputError: for input that is no text.
    """
    request = Request(checked(text))
    route = router().route(request)
    named = () if route.outside else (route.scores[0][0], *route.rivals)
    words = route.words if named else ()
    reading = RequestReader(CONTRACT).read(text)
    counted = [f.exact for f in reading.found if f.entry.name == "species" and f.exact]
    kinds = int(counted[0].ends[0]) if counted and counted[0].ends[0] >= 1 else None
    left = [text[a:b] for a, b in left_over(text, CONTRACT, reading.found, words)]
    unread = tuple(said for said in left if not OPERATORS.issuperset(said.lower().split()))
    return ProcessReading(text, named, words, kinds, unread)
