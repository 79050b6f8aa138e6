"""Narratives of some fifty pages with planted contradictions, for the continuity reader.

They were written before the reader, by the same author, who knew all phrasings. Each kind of
statement has two sets of them; those of `HELD` occur in the second half alone. Filler sentences
include what a careless reader takes for facts: memories, wishes, negations, speech about others.
"""

from dataclasses import dataclass
from random import Random

KINDS = ("dead", "place", "lost", "age", "knowledge", "season")
PERSONS = (
    ("Ada", "she"), ("Tobias", "he"), ("Maren", "she"), ("Piet", "he"), ("Ingrid", "she"),
    ("Ruben", "he"), ("Selma", "she"), ("Anton", "he"), ("Clara", "she"), ("Joris", "he"),
    ("Nell", "she"), ("Matthias", "he"), ("Odile", "she"), ("Gregor", "he"),
)  # fmt: skip
PLACES = (
    "lighthouse", "mill", "chapel", "harbour", "market", "inn", "school", "boathouse", "library",
    "station", "orchard", "quarry", "farm", "bakery",
)  # fmt: skip
THINGS = (
    "watch", "lantern", "compass", "violin", "key", "letter", "ring", "knife", "map", "telescope",
    "diary", "pistol",
)  # fmt: skip
TOPICS = (
    "debt", "forged will", "wreck", "affair", "poisoned well", "missing money", "treaty", "fire",
)  # fmt: skip
SEASONS = {
    "winter": ("December", "January", "February"), "spring": ("March", "April", "May"),
    "summer": ("June", "July", "August"), "autumn": ("September", "October", "November"),
}  # fmt: skip
SHOWN = {
    "dies": ("{p} died that night.", "{p} drowned off the point.", "They buried {p} on Sunday."),
    "speaks": ('"We should have known," said {p}.', '{p} said, "It is late."',
               "{p} opened the door and laughed."),
    "at": ("{p} was at the {l}.", "{p} sat in the {l}.", "{p} was waiting at the {l}."),
    "goes": ("{p} went to the {l}.", "{p} walked to the {l}.", "{p} left for the {l}."),
    "loses": ("{p} lost the {o}.", "{p} dropped the {o} into the sea.",
              "{p} threw the {o} into the fire."),
    "uses": ("{p} took the {o} out of a pocket.", "{p} held up the {o}.",
             "{p} put the {o} on the table."),
    "finds": ("{p} found the {o} again.",),
    "age": ("{p} was {n} years old.", "{p}, who was {n}, shrugged.", "{p} was {n}."),
    "learns": ("{q} told {p} about the {s}.", "{p} learned of the {s}.",
               "{p} heard about the {s} from {q}."),
    "shows": ("{p} spoke of the {s}.", "{p} mentioned the {s}.", "{p} asked {q} about the {s}."),
    "season": ("It was {m}.", "It was a cold morning in {m}.", "The {x} was mild that year."),
    "passes": ("{k} years later, everything looked smaller.", "{k} months later a ship came in."),
}  # fmt: skip
HELD = {
    "dies": ("By morning {p} was dead.", "{p} was killed in the storm."),
    "speaks": ('"Not here," {p} whispered.', "{p} shook hands with the pilot."),
    "at": ("{p} stood in the {l}.", "In the {l}, {p} lit a lamp."),
    "goes": ("{p} hurried over to the {l}.", "{p} set out for the {l}."),
    "loses": ("{p} mislaid the {o}.", "The {o} slipped from the hand of {p} and sank."),
    "uses": ("{p} looked at the {o} in the lamplight.", "{p} drew the {o}."),
    "finds": ("{p} recovered the {o}.",),
    "age": ("At {n}, {p} was tired of waiting.", "{p} had just turned {n}."),
    "learns": ("{q} confessed the {s} to {p}.", "{p} found out about the {s}."),
    "shows": ("{p} hinted at the {s}.", "{p} warned {q} of the {s}."),
    "season": ("{m} had come.", "It was the middle of {x}."),
    "passes": ("After {k} years the paint had gone.", "{k} months went by."),
}  # fmt: skip
FILLER = (
    "The road was empty and the light came low over the fields.",
    "A dog barked twice and was quiet.",
    "{p} thought of what {q} had said before the quarrel.",
    "{p} did not go to the {l}.",
    "{p} wished that {q} were at the {l}.",
    "If {p} had gone to the {l}, nothing would have changed.",
    "{p} remembered {q}, and the afternoon when they had walked to the {l}.",
    "Nobody had seen the {o} of the old captain.",
    "Somewhere a shutter knocked against its frame.",
    "The kettle took a long time, and the talk was of prices and nets.",
    "{p} nodded.",
    "{p} counted the coins once more and wrote the sum on the slate.",
    '"You never ask," said {p}.',
    "The wind fell, and the smoke stood straight above the roofs.",
    "There was a smell of tar and of bread.",
    "People said that the sea takes back what it has lent.",
    "It might have been winter in the songs that the children sang.",
    "{p} dreamed that the {l} was under water.",
    "Every plank had been mended, and every plank complained.",
    "Nothing more was said about it that day.",
)


@dataclass(frozen=True)
class PlantedPair:
    """A planted contradiction: its kind, and the sentences that cannot both be true."""

    kind: str
    first: str
    second: str


@dataclass(frozen=True)
class Narrative:
    """A text with its planted contradictions."""

    text: str
    plants: tuple[PlantedPair, ...]


def narrative(seed: int, *, frozen: bool, pages: int = 50, plants: int = 3) -> Narrative:
    """Return a narrative; those of the frozen half take phrasings of both sets."""
    return _NarrativeWriter(Random(f"{seed} {frozen}"), frozen).write(pages, plants)


class _NarrativeWriter:
    """Writes chapters whose facts agree, and plants pairs that do not."""

    def __init__(self, rng: Random, frozen: bool) -> None:
        self.rng = rng
        self.phrases = {k: SHOWN[k] + (HELD[k] if frozen else ()) for k in SHOWN}
        self.cast = [p for p, _ in rng.sample(PERSONS, 6)]
        self.places = rng.sample(PLACES, 6)
        self.things = rng.sample(THINGS, 6)
        self.topics = rng.sample(TOPICS, 6)
        self.spent: set[str] = set()  # persons, things and topics that a plant or a fact has used

    def write(self, pages: int, plants: int) -> Narrative:
        rng, chapters, planted = self.rng, [], []
        count = max(4, pages // 5)
        kinds = rng.sample(KINDS, plants)
        at = dict(zip(rng.sample(range(count), plants), kinds, strict=True))
        extra = rng.sample([c for c in range(count) if c not in at], min(3, count - plants))
        for chapter in range(count):
            kind = at.get(chapter)
            rows: list[str] = []
            if kind is not None:
                plant = self._plant(kind)
                planted.append(plant)
                rows = [plant.first, plant.second]
            elif chapter in extra:
                rows = self._agreeing(rng.choice(KINDS))
            chapters.append(self._chapter(chapter, rows, 250 * pages // count))
        return Narrative("\n\n".join(chapters) + "\n", tuple(planted))

    def _chapter(self, number: int, rows: list[str], words: int) -> str:
        """Return a chapter of filler with the rows in their order."""
        sentences = list[str]()
        while sum(len(s.split()) for s in sentences) < words:
            sentences.append(self._filled(self.rng.choice(FILLER)))
        places = sorted(self.rng.sample(range(len(sentences)), len(rows)))
        for at, row in zip(places[::-1], rows[::-1], strict=True):
            sentences.insert(at, row)
        paragraphs = [" ".join(sentences[i : i + 6]) for i in range(0, len(sentences), 6)]
        return f"## Chapter {number + 1}\n\n" + "\n\n".join(paragraphs)

    def _filled(self, form: str, **known: str) -> str:
        rng = self.rng
        alive = [p for p in self.cast if p not in self.spent] or self.cast
        p, q = rng.sample(alive, 2) if len(alive) > 1 else (alive[0], "the pilot")
        free = {"p": p, "q": q, "l": rng.choice(self.places), "o": "chest", **known}
        return form.format(**free)

    def _say(self, key: str, **known: str) -> str:
        return self._filled(self.rng.choice(self.phrases[key]), **known)

    def _one(self, listed: list[str]) -> str:
        found = self.rng.choice([x for x in listed if x not in self.spent])
        return found

    def _pair(self) -> tuple[str, str]:
        free = [p for p in self.cast if p not in self.spent]
        p, q = self.rng.sample(free, 2)
        return p, q

    def _plant(self, kind: str) -> PlantedPair:
        rng, (p, q) = self.rng, self._pair()
        if kind == "dead":
            self.spent.add(p)
            return PlantedPair(kind, self._say("dies", p=p), self._say("speaks", p=p))
        if kind == "place":
            here, there = rng.sample(self.places, 2)
            return PlantedPair(kind, self._say("at", p=p, l=here), self._say("at", p=p, l=there))
        if kind == "lost":
            o = self._one(self.things)
            self.spent.add(o)
            return PlantedPair(kind, self._say("loses", p=p, o=o), self._say("uses", p=q, o=o))
        if kind == "age":
            n = rng.randint(20, 60)
            other = n + rng.choice((-9, -4, 5, 11))
            self.spent.add(f"age {p}")
            return PlantedPair(
                kind, self._say("age", p=p, n=str(n)), self._say("age", p=p, n=str(other))
            )
        if kind == "knowledge":
            s = self._one(self.topics)
            self.spent.add(s)
            return PlantedPair(
                kind, self._say("shows", p=p, q=q, s=s), self._say("learns", p=p, q=q, s=s)
            )
        x, y = rng.choice((("winter", "summer"), ("spring", "autumn"), ("summer", "winter")))
        mine = {"x": x, "m": rng.choice(SEASONS[x])}
        other_one = {"x": y, "m": rng.choice(SEASONS[y])}
        return PlantedPair(kind, self._say("season", **mine), self._say("season", **other_one))

    def _agreeing(self, kind: str) -> list[str]:
        """Return statements that look like a plant and agree."""
        rng, (p, q) = self.rng, self._pair()
        if kind == "dead":
            self.spent.add(p)
            return [self._say("speaks", p=p), self._say("dies", p=p)]
        if kind == "place":
            here, there = rng.sample(self.places, 2)
            return [self._say("at", p=p, l=here), self._say("goes", p=p, l=there),
                    self._say("at", p=p, l=there)]  # fmt: skip
        if kind == "lost":
            o = self._one(self.things)
            self.spent.add(o)
            return [self._say("loses", p=p, o=o), self._say("finds", p=q, o=o),
                    self._say("uses", p=q, o=o)]  # fmt: skip
        if kind == "age":
            if f"age {p}" in self.spent:
                return []
            self.spent.add(f"age {p}")
            n, k = rng.randint(20, 60), rng.choice((2, 3, 5))
            word = {2: "Two", 3: "Three", 5: "Five"}[k]
            later = rng.choice([f for f in self.phrases["passes"] if "years" in f])
            said = later.format(k=word if later.startswith("{k}") else word.lower())
            return [self._say("age", p=p, n=str(n)), said, self._say("age", p=p, n=str(n + k))]
        if kind == "knowledge":
            s = self._one(self.topics)
            self.spent.add(s)
            return [self._say("learns", p=p, q=q, s=s), self._say("shows", p=p, q=q, s=s)]
        return [
            self._say("season", x="summer", m="July"),
            self._say("season", x="summer", m="June"),
        ]
