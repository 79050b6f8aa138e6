"""The problem of a request by meaning as well as by words: likeness to what contracts say.

Likeness finds the thing under another name; it never decides alone, and refuses nothing: below a
bar the nearest problems are a question.

Shapes: n sentences, d = 384 numbers of a vector.
"""

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from jaxtyping import Float

from ingenium.words.contract import Contract
from ingenium.words.likeness import SentenceMemory
from ingenium.words.routing import ProblemRoute
from ingenium.words.titles import others

TITLES = 4  # sentences of a problem that name it
ENTRIES = 40  # that are looked at
OTHER = 12  # other words in one sentence
CLAUSE = re.compile(r"[,;.]\s|\s(?:and|with)\s")
CLAUSES = 6
SCALE = 25.0  # of the score by words, to that of likeness
BOTH = 0.3  # weight of words in the bar


def cards(contract: Contract) -> list[str]:
    """Sentences about a problem, those that name it first."""
    name = contract.problem.replace(".", " ").replace("_", " ")
    listed = ", ".join(others().get(contract.problem, ())[:OTHER])
    titles = [contract.summary, f"{name}: {contract.summary}", contract.field, listed or name]
    entries = [e for e in contract.entries if e.kind in ("limit", "condition")][:ENTRIES]
    return [*titles, *(f"{e.name.replace('_', ' ')}: {e.text}" for e in entries)]


@dataclass(frozen=True, eq=False)
class DoorIndex:
    """Vectors of the cards of all problems."""

    known: tuple[Contract, ...]
    memory: SentenceMemory

    @cached_property
    def sentences(self) -> list[tuple[int, bool, str]]:
        """Number of the problem, whether it names it, and the sentence."""
        return [
            (i, k < TITLES, said)
            for i, contract in enumerate(self.known)
            for k, said in enumerate(cards(contract))
        ]

    @cached_property
    def vectors(self) -> Float[np.ndarray, "n 384"]:
        """Vector of each sentence."""
        return self.memory.vectors([said for _, _, said in self.sentences])

    def likeness(self, text: str) -> dict[str, float]:
        """Return the nearness of a request to each problem: to its title, and clause by clause."""
        clauses = [c for c in CLAUSE.split(text) if len(c.split()) > 1][:CLAUSES] or [text]
        rows = self.memory.encoder.encode([text, *clauses]) @ self.vectors.T
        owner = np.array([i for i, _, _ in self.sentences])
        title = np.array([named for _, named, _ in self.sentences])
        found = {}
        for i, contract in enumerate(self.known):
            own = owner == i
            near = rows[0, own & title].max() + rows[1:, own].max(1).mean()
            found[contract.problem] = 0.5 * float(near)
        return found

    def reranked(self, route: ProblemRoute, text: str) -> ProblemRoute:
        """A route by words, ordered by likeness as well."""
        near = self.likeness(text)
        both = {name: near[name] + score / SCALE for name, score in route.scores}
        ranked = tuple(sorted(both.items(), key=lambda row: -row[1]))
        words = dict(route.scores)
        best = max((near[n] + BOTH * words[n] / SCALE for n in both), default=0.0)
        return replace(route, scores=ranked, near=best, weak_words=route.weak)


@cache
def door_index(known: tuple[Contract, ...], memory: SentenceMemory) -> DoorIndex:
    """The index of some problems, made once."""
    return DoorIndex(known, memory)
