"""Continuations far from the likeliest one, found by quality diversity; and trees of them.

Walks through the event grammar are sorted into cells of distance and tension, and each cell stores
those of its walks whose events differ most from all stored before.
Source: Mouret and Clune, 2015, arXiv:1504.04909 (the archive).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from ingenium.domains.desk.story.continuation import UsualContinuation
from ingenium.domains.desk.story.grammar import StoryScene, Walk, jaccard, walk
from ingenium.domains.desk.story.tree import START, write_tree

SAMPLES, TRIED = 48, 360  # walks for the likeliest one, and for the archive
DISTANCES, TENSIONS = 8, 6  # cells
PER_CELL, HEATS = 8, (1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, eq=False)
class Branches:
    """Continuations of a scene by some moves each."""

    scene: StoryScene
    count: int  # moves
    seed: int = 0

    @cached_property
    def likeliest(self) -> UsualContinuation:
        """The most central of plain samples."""
        walks = [
            walk(self.scene, Random(f"{self.seed} usual {i}"), self.count) for i in range(SAMPLES)
        ]
        sets = [w.events for w in walks]
        total = [sum(jaccard(a, b) for b in sets) for a in sets]
        best = min(range(len(walks)), key=total.__getitem__)
        return UsualContinuation(walks[best].events, walks[best].text)

    @cached_property
    def archive(self) -> tuple[Walk, ...]:
        """Walks of all cells."""
        cells: dict[tuple[int, int], list[Walk]] = {}
        for i in range(TRIED):
            heat = HEATS[i % len(HEATS)]
            one = walk(self.scene, Random(f"{self.seed} far {i}"), self.count, heat=heat)
            far = jaccard(one.events, self.likeliest.events)
            cell = int(far * (DISTANCES - 1)), min(int(one.tension * 2), TENSIONS - 1)
            stored = cells.setdefault(cell, [])
            if all(jaccard(one.events, w.events) > 0.3 for w in stored):
                stored.append(one)
            if len(stored) > PER_CELL:
                stored.pop(min(range(len(stored)), key=lambda k: _novelty(stored, k)))
        return tuple(w for cell in sorted(cells) for w in cells[cell])

    def divergent(self, rng: Random) -> str:
        """Return a walk of the archive; of two, the farther one from the likeliest."""
        tried = [rng.choice(self.archive) for _ in range(2)]
        return max(tried, key=lambda w: jaccard(w.events, self.likeliest.events)).text

    def plain(self, rng: Random, heat: float = 1.0, *, checked: bool = True) -> str:
        """Return a walk by what is usual."""
        return walk(self.scene, rng, self.count, heat=heat, checked=checked).text

    def tree(self, rng: Random, title: str, depth: int, *, heat: float = 4.0) -> str:
        """Return a tree whose every inner passage has two ways on."""
        passages: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {}
        waiting: list[tuple[str, StoryScene, Walk, int]] = []
        first = walk(self.scene, rng, self.count, heat=heat)
        waiting.append((START, after(self.scene, first), first, depth))
        while waiting:
            name, scene, one, left = waiting.pop(0)
            links: list[tuple[str, str]] = []
            last: frozenset[tuple[str, ...]] = frozenset()
            for k in range(2 if left else 0):
                tried = [walk(scene, rng, self.count, heat=heat) for _ in range(4)]
                chosen = tried[0] if not k else max(tried, key=lambda w: jaccard(w.events, last))
                last = chosen.events
                target = f"{name if name != START else 'P'}{k + 1}"
                links.append((f"{chosen.moves[0].p} goes first", target))
                waiting.append((target, after(scene, chosen), chosen, left - 1))
            if len({said for said, _ in links}) < len(links):
                links = [
                    (f"{said}, {word}", to)
                    for (said, to), word in zip(links, ("now", "later"), strict=True)
                ]
            passages[name] = one.text, tuple(links)
        return write_tree(title, passages)


def after(scene: StoryScene, one: Walk) -> StoryScene:
    """Return the scene after a walk."""
    found = scene.copy()
    for move in one.moves:
        found.take(move)
    return found


def _novelty(walks: Sequence[Walk], k: int) -> float:
    return min(jaccard(walks[k].events, w.events) for i, w in enumerate(walks) if i != k)
