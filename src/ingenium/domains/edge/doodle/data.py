"""The sketches that come with the package: stroke icons by class."""

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingenium.domains.edge.doodle.strokes import word_of

FILE = Path(__file__).with_name("icons.json.xz")
LICENCE = "Tabler Icons, (c) 2020-2026 Paweł Kuna, MIT licence"
_ONE_WORD = (
    "basket battery bell bookmark calendar camera clipboard clock cloud database droplet eye file "
    "flag folder heart home lock mail message pencil phone photo shield tag user"
)
SUBJECTS: Mapping[str, tuple[str, ...]] = {word: (word,) for word in _ONE_WORD.split()}
SURROUNDINGS: Mapping[str, tuple[str, ...]] = {
    "sky": tuple("sun moon haze mist rainbow snowflake storm sunrise sunset wind tornado".split()),
    "plant": tuple(
        "acorn cactus cherry christmas-tree clover flower leaf plant seedling tree trees twig "
        "growth mushroom apple carrot lemon grape wheat".split()
    ),
    "building": tuple("building buildings tower fence tent window mosque".split()),
    "vehicle": tuple(
        "car bus truck bike sailboat ship plane tractor scooter caravan camper helicopter".split()
    ),
}
WORDS = tuple(SUBJECTS)
PLACES = tuple(SURROUNDINGS)
KINDS: Mapping[str, tuple[str, ...]] = {"subjects": WORDS, "surroundings": PLACES}
HELD_OUT = (2, 5, 8)  # of ten icons of a class, those that no generator learns: they teach the
# classifier that judges what generators draw


@dataclass(frozen=True)
class Icon:
    """One sketch of the data."""

    kind: str
    name: str
    text: str
    held_out: bool


@cache
def icons(kinds: tuple[str, ...]) -> tuple[Icon, ...]:
    """Those of some classes, class by class."""
    rows = json.loads(lzma.decompress(FILE.read_bytes()))
    found = []
    for kind in kinds:
        own = [(name, text) for name, text in rows if word_of(text) == kind]
        found += [Icon(kind, n, t, i % 10 in HELD_OUT) for i, (n, t) in enumerate(own)]
    return tuple(found)
