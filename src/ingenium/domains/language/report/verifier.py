"""Verifiers of stories: each sentence is read without its query, and recomputed twice."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.language.report.sql import SqlCheck
from ingenium.domains.language.report.story import StoryReader, distinct_pairs, reading_ease

NO_STORY = (math.nan,) * 10


@dataclass(frozen=True, eq=False)
class StoryVerifier:
    """Verifier that reads a story's sentences, fact lines and label, and recomputes all numbers.

    A text without a headline measures NaN.
    """

    reader: StoryReader
    name: str = "ingenium-recount"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("wrong", "1", "claims that the table contradicts"),
        Quantity("unread", "1", "lines that the reader does not understand as a whole"),
        Quantity("wrong_facts", "1", "faults of the fact lines in all languages"),
        Quantity("label_faults", "1", "faults of the label: absent, changed or of something else"),
        Quantity("bylines", "1", "lines that name an author"),
        Quantity("repeated", "1", "claims that are stated twice"),
        Quantity("claims", "1", "claims that were read and recomputed"),
        Quantity("words", "1", "words of the headline and the sentences"),
        Quantity("reading_ease", "1", "reading ease by Flesch, 100 being easy"),
        Quantity("distinct_pairs", "1", "share of pairs of words that occur once"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 10"]:
        """Return the counts of each story."""
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=4096)  # noqa: B019 - a problem has one, and stories come again
    def _one(self, text: str) -> tuple[float, ...]:
        found = self.reader.read(text)
        if found is None:
            return NO_STORY
        said = [line.text for line in found.lines]
        counts = (
            found.wrong,
            found.unread,
            len(found.facts),
            bool(found.label),
            len(found.bylines),
            found.repeated,
            len(found.claims),
            sum(len(x.split()) for x in said),
        )
        return (*map(float, counts), reading_ease(said), distinct_pairs(said))


@dataclass(frozen=True, eq=False)
class SqlVerifier:
    """Independent recount: the claims of every sentence as SQL, answered by DuckDB."""

    reader: StoryReader
    check: SqlCheck
    name: str = "duckdb"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("wrong", "1", "claims that the table contradicts"),
    )

    @property
    def version(self) -> str:
        """Version of DuckDB."""
        found: str = self.check.connection.execute("SELECT version()").fetchone()[0]
        return found

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 1"]:
        """Return the number of wrong claims of each story."""
        true = lru_cache(maxsize=4096)(self.check.true)
        rows = []
        for text in texts(arrays[0]):
            found = self.reader.read(text, true)
            rows.append([math.nan if found is None else float(found.wrong)])
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, 1)
