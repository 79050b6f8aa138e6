"""Verifier of stories: two solvers on the facts that are read from each text."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.desk.story.continuation import (
    StoryJudge,
    UsualContinuation,
    contradictions,
    spread,
    tension,
)
from ingenium.domains.desk.story.drafts import WORDS
from ingenium.domains.desk.story.grammar import events_of, jaccard
from ingenium.domains.desk.story.tree import read_tree

FOUND = 6  # contradictions that are named


def _where(row: tuple[str, ...]) -> str:
    return f"page {row[1]}, line {row[2]}" if row[1] else "in the premise"


@dataclass(frozen=True, eq=False)
class ContinuityVerifier:
    """Verifier that reads facts from a text, or from each way through a tree, and solves them.

    A text without words, or a tree with a passage twice, measures NaN.
    """

    judge: StoryJudge
    likeliest: UsualContinuation
    name: str = "clingo"
    version: str = "5.8"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("contradictions", "1", "pairs of facts that cannot both be true"),
        Quantity("solver_disagreements", "1", "contradictions that one of two solvers finds alone"),
        Quantity(
            "broken_links", "1", "links to nothing, loops, and passages without a link to them"
        ),
        Quantity("facts", "1", "facts that were read"),
        Quantity("read_share", "1", "share of sentences on persons in which a fact was read"),
        Quantity(
            "event_distance", "1", "Jaccard distance of events from the likeliest continuation"
        ),
        Quantity("term_distance", "1", "cosine distance of terms from the likeliest continuation"),
        Quantity("coherence", "1", "share of facts on known names that nothing contradicts"),
        Quantity("tension", "1", "mean tension of facts, 0 to 4"),
        Quantity("endings", "1", "ways through the text; 1 unless it is a tree"),
        Quantity("branch_diversity", "1", "mean Jaccard distance of the events of two ways"),
        Quantity("story_words", "1", "words of the text"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 12"]:
        """Return the measurements of each text."""
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def find(self, *arrays: Tensor) -> list[str]:
        """Return the contradictions of each text, with page and line."""
        return [self._found(text) for text in texts(arrays[0])]

    def _found(self, text: str) -> str:
        rows = [row for p in self.judge.paths(text) for row in contradictions(self.judge, p)]
        said = [
            f"page {page}, line {line}: {what} ({second!r}; before, {_where(row)}: {first!r})"
            for row in dict.fromkeys(rows)
            for what, _, _, first, page, line, second in (row,)
        ]
        more = [f"and {len(said) - FOUND} more"] if len(said) > FOUND else []
        return "; ".join((*said[:FOUND], *more))

    @lru_cache(maxsize=512)  # noqa: B019 - a problem has one, and texts come again
    def _one(self, text: str) -> tuple[float, ...]:
        words = len(WORDS.findall(text))
        try:
            tree, paths = read_tree(text), self.judge.paths(text)
        except InputError:
            words = 0
        if not words:
            return (math.nan,) * len(self.quantities)
        judged = [self.judge.judge(p) for p in paths]
        sets = [events_of(j.own) for j in judged]
        wrong = {frozenset(c.told(j.facts)) for j in judged for c in j.found}
        most = max(len(j.found) for j in judged)
        other = max(len(j.found ^ j.other) for j in judged)
        mean = [
            (
                len(j.own),
                j.reading.share,
                jaccard(s, self.likeliest.events),
                self.likeliest.words_from(p),
                self.judge.coherence(j),
                tension(j.own),
            )
            for j, s, p in zip(judged, sets, paths, strict=True)
        ]
        return (
            float(max(len(wrong), most)),
            float(other),
            float(tree.broken if tree else 0),
            *(sum(column) / len(mean) for column in zip(*mean, strict=True)),
            float(len(paths)),
            spread(sets),
            float(words),
        )
