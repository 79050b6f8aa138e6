"""Events of a story, each of which is admitted only where no solver finds a contradiction.

A move is a list of facts and a sentence that states them. A walk never gets stuck: somebody who is
alive can always speak.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random

from ingenium.domains.desk.story.clocks import Moment, moments
from ingenium.domains.desk.story.facts import Fact
from ingenium.domains.desk.story.phrases import PHRASES, SPEECHES
from ingenium.domains.desk.story.solvers import StoryState
from ingenium.domains.desk.story.world import World

TENSION = {
    "go": 0.0, "wait": 0.0, "talk": 0.5, "use": 0.5, "show": 1.0, "ask": 1.5, "tell": 2.0,
    "find": 2.0, "lose": 3.0, "accuse": 3.0, "die": 4.0,
}  # fmt: skip
USUAL = {
    "go": 5.0, "wait": 4.0, "talk": 6.0, "use": 4.0, "show": 1.5, "ask": 1.0, "tell": 0.8,
    "find": 0.6, "lose": 0.3, "accuse": 0.3, "die": 0.1,
}  # fmt: skip
EVENT_KINDS = frozenset({"dies", "at", "goes", "loses", "uses", "finds", "shows", "learns"})


@dataclass(frozen=True)
class Move:
    """An event: its kind, its facts, and the words that fill its phrases."""

    kind: str
    facts: tuple[Fact, ...]
    p: str
    q: str = ""
    what: str = ""

    def sentence(self, rng: Random) -> str:
        """Return a sentence that states it."""
        form = rng.choice(PHRASES[self.kind])
        speech = rng.choice(SPEECHES)
        return form.format(p=self.p, q=self.q, w=self.what, speech=speech)


class StoryScene:
    """The state of a story while it is being continued."""

    def __init__(self, world: World, facts: Sequence[Fact]) -> None:
        self.world, self.number = world, len(facts)
        self.state, self.now = StoryState(world.inside), Moment()
        self.where: dict[str, str] = {}
        self.knows: set[tuple[str, str]] = set()
        self.lost: set[str] = set()
        self.recent: list[str] = []
        for i, (fact, now) in enumerate(zip(facts, moments(facts), strict=True)):
            self.state.after(i, fact, now)
            self.now = now
            self._note(fact)

    def copy(self) -> "StoryScene":
        """Return a scene that can be continued in another way."""
        return deepcopy(self, {id(self.world): self.world})

    @property
    def alive(self) -> list[str]:
        """Persons who can act."""
        return [p for p in self.world.persons if p not in self.state.dead]

    def _note(self, fact: Fact) -> None:
        kind, args = fact.kind, fact.args
        if kind in ("at", "goes") and args[2] == "site":
            self.where[args[0]] = args[1]
        elif kind in ("learns", "shows"):
            self.knows.add((args[0], args[1]))
        elif kind == "loses":
            self.lost.add(args[1])
        elif kind == "finds":
            self.lost.discard(args[1])
        if args and args[0] in self.world.persons:
            self.recent = [args[0], *[p for p in self.recent if p != args[0]]][:3]

    def take(self, move: Move) -> None:
        """Continue with a move."""
        for fact in move.facts:
            self.state.after(self.number, fact, self.now)
            self.number += 1
            self._note(fact)

    def blocked(self, move: Move) -> bool:
        """Return True if a move contradicts what is so."""
        state = deepcopy(self.state)
        return any(
            state.after(self.number + i, fact, self.now) for i, fact in enumerate(move.facts)
        )

    def moves(self) -> Iterator[Move]:
        """Yield all moves of the living whose conditions are met."""
        alive, world = self.alive, self.world
        for p in alive:
            here = self.where.get(p, "")
            acts = Fact("acts", (p,))
            yield Move("talk", (acts,), p)
            if here:
                yield Move("wait", (Fact("at", (p, here, "site")),), p, what=here)
            for place in world.places:
                if place != here and world.levels.get(place, "site") == "site":
                    yield Move("go", (Fact("goes", (p, place, "site")), acts), p, what=place)
            for thing in world.things:
                kind = "find" if thing in self.lost else "use"
                if kind == "find":
                    yield Move(kind, (Fact("finds", (p, thing)), acts), p, what=thing)
                else:
                    yield Move(kind, (Fact("uses", (p, thing, "")), acts), p, what=thing)
                    yield Move("lose", (Fact("loses", (p, thing, "")), acts), p, what=thing)
            yield from self._talks(p, [q for q in alive if q != p and self._near(p, q)])
            if len(alive) > 2 and not any(q for q in world.persons if q in self.state.dead):
                yield Move("die", (Fact("dies", (p,)),), p)

    def _near(self, p: str, q: str) -> bool:
        here, there = self.where.get(p, ""), self.where.get(q, "")
        return here == there or not (here and there)

    def _talks(self, p: str, others: list[str]) -> Iterator[Move]:
        acts = Fact("acts", (p,))
        for s in self.world.secrets:
            if (p, s) not in self.knows:
                continue
            shows = Fact("shows", (p, s))
            yield Move("show", (shows, acts), p, what=s)
            for q in others:
                if (q, s) not in self.knows:
                    told = shows, Fact("learns", (q, s)), acts
                    yield Move("tell", told, p, q, s)
                else:
                    yield Move("ask", (shows, acts), p, q, s)
                    yield Move("accuse", (shows, acts), p, q, s)


@dataclass(frozen=True)
class Walk:
    """Moves in their order, and the text of them."""

    moves: tuple[Move, ...]
    text: str

    @property
    def events(self) -> frozenset[tuple[str, ...]]:
        """Events as sets, which are compared."""
        return events_of([f for m in self.moves for f in m.facts])

    @property
    def tension(self) -> float:
        """Mean tension."""
        return sum(TENSION[m.kind] for m in self.moves) / max(1, len(self.moves))


def events_of(facts: Sequence[Fact]) -> frozenset[tuple[str, ...]]:
    """Return the events of facts; what only says that somebody acts is none."""
    return frozenset(f.event for f in facts if f.kind in EVENT_KINDS)


def jaccard(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Return the distance of two sets: 0 for equal ones, 1 for those with nothing in common."""
    whole = len(one | other)
    return 1 - len(one & other) / whole if whole else 0.0


def walk(
    scene: StoryScene, rng: Random, count: int, *, heat: float = 1.0, checked: bool = True
) -> Walk:
    """Return a walk of some moves; `heat` flattens what is usual, towards all moves alike.

    Without the check, moves are taken whose conditions are not met; that is a baseline.
    """
    scene, moves, sentences = scene.copy(), [], []
    for _ in range(count):
        move = _next(scene, rng, heat, checked)
        scene.take(move)
        moves.append(move)
        sentences.append(move.sentence(rng))
    paragraphs = [" ".join(sentences[i : i + 3]) for i in range(0, len(sentences), 3)]
    return Walk(tuple(moves), "\n\n".join(paragraphs) + "\n")


def _next(scene: StoryScene, rng: Random, heat: float, checked: bool) -> Move:
    listed = list(scene.moves()) if checked else list(_unchecked(scene))
    counts: dict[str, int] = {}
    for m in listed:
        counts[m.kind] = counts.get(m.kind, 0) + 1
    weights = [_weight(m, scene, counts[m.kind], heat) for m in listed]
    while True:
        move = rng.choices(listed, weights)[0]
        if not checked or not scene.blocked(move):
            return move
        weights[listed.index(move)] = 0.0


def _weight(move: Move, scene: StoryScene, alike: int, heat: float) -> float:
    known = 2.0 if move.p in scene.recent else 1.0
    return float((USUAL[move.kind] / alike * known) ** (1 / heat))


def _unchecked(scene: StoryScene) -> Iterator[Move]:
    """Yield moves of anybody, dead or alive, with anything, lost or not."""
    world = scene.world
    for p in world.persons:
        acts = Fact("acts", (p,))
        yield Move("talk", (acts,), p)
        for place in world.places:
            yield Move("wait", (Fact("at", (p, place, "site")),), p, what=place)
            yield Move("go", (Fact("goes", (p, place, "site")), acts), p, what=place)
        for thing in world.things:
            yield Move("use", (Fact("uses", (p, thing, "")), acts), p, what=thing)
            yield Move("lose", (Fact("loses", (p, thing, "")), acts), p, what=thing)
        for s in world.secrets:
            yield Move("show", (Fact("shows", (p, s)), acts), p, what=s)
            for q in world.persons:
                if q != p:
                    told = Fact("shows", (p, s)), Fact("learns", (q, s)), acts
                    yield Move("tell", told, p, q, s)
        yield Move("die", (Fact("dies", (p,)),), p)
