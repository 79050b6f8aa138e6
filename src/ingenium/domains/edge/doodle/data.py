"""Data set of sketches shipped with the package: stroke icons by class."""

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingenium.domains.edge.doodle.strokes import word_of

FILE = Path(__file__).with_name("icons.json.xz")
LICENCE = "Tabler Icons, (c) 2020-2026 Paweł Kuna, MIT licence"
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    word: (word,)
    for word in (
        *("basket", "battery", "bell", "bookmark", "calendar", "camera", "clipboard", "clock"),
        *("cloud", "database", "droplet", "eye", "file", "flag", "folder", "heart", "home"),
        *("lock", "mail", "message", "pencil", "phone", "photo", "shield", "tag", "user"),
    )
}
SURROUNDINGS: Mapping[str, tuple[str, ...]] = {
    "sky": (
        *("sun", "moon", "haze", "mist", "rainbow", "snowflake", "storm", "sunrise", "sunset"),
        *("wind", "tornado"),
    ),
    "plant": (
        *("acorn", "apple", "cactus", "carrot", "cherry", "christmas-tree", "clover", "flower"),
        *("grape", "growth", "leaf", "lemon", "mushroom", "plant", "seedling", "tree", "trees"),
        *("twig", "wheat"),
    ),
    "building": ("building", "buildings", "fence", "mosque", "tent", "tower", "window"),
    "vehicle": (
        *("bike", "bus", "camper", "car", "caravan", "helicopter", "plane", "sailboat", "scooter"),
        *("ship", "tractor", "truck"),
    ),
}
WORDS = tuple(SUBJECTS)
PLACES = tuple(SURROUNDINGS)
KINDS: Mapping[str, tuple[str, ...]] = {"subjects": WORDS, "surroundings": PLACES}
HELD_OUT = (2, 5, 8)  # of ten icons of a class, held out from generators: they train the
# classifier that judges generated sketches


@dataclass(frozen=True)
class Icon:
    """Sketch of the data set."""

    kind: str
    name: str
    text: str
    held_out: bool


@cache
def icons(kinds: tuple[str, ...]) -> tuple[Icon, ...]:
    """Return the icons of some classes, class by class."""
    rows = json.loads(lzma.decompress(FILE.read_bytes()))
    found = []
    for kind in kinds:
        own = [(name, text) for name, text in rows if word_of(text) == kind]
        found += [Icon(kind, n, t, i % 10 in HELD_OUT) for i, (n, t) in enumerate(own)]
    return tuple(found)
