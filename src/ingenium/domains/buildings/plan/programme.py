"""The programme of a building: rooms with areas, adjacency and separation, read from a TOML file.

The file is what `ingenium draft rooms` writes. Areas that a brief does not state are those that are
usual for a room of this name.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.packages import Extra

BUILDINGS = Extra("buildings")
FEWEST, MOST = 5, 120  # rooms
SMALLEST_M2, LARGEST_M2 = 2.0, 400.0
CIRCULATION = re.compile(r"\b(?:corridor|hallway|stair|staircase|lift|shaft)\b")
# Usual areas in m2 by a word of the name, and whether such a room needs daylight: assumptions.
USUAL: tuple[tuple[str, float, bool], ...] = (
    (r"store|storage|archive|cleaner|pantry|plant|server|utility|laundry", 8.0, False),
    (r"toilet|wc|bath|shower|washroom|changing|locker", 8.0, False),
    (r"x-ray|imaging|dark", 20.0, False),
    (r"waiting|lobby|foyer|lounge|living|common", 32.0, True),
    (r"reception", 14.0, True),
    (r"consult|examination|treatment|therapy|bedroom|nursery|ward", 16.0, True),
    (r"class|seminar|workshop|gym|hall|library|laboratory", 56.0, True),
    (r"meeting|staff|dining|canteen|kitchen", 22.0, True),
    (r"office|study", 14.0, True),
)
OTHER_M2 = 16.0
DEFAULT = """
room = [
  { name = "waiting room", area_m2 = 32 }, { name = "reception", area_m2 = 14 },
  { name = "consulting room", area_m2 = 16, count = 3 }, { name = "treatment room", area_m2 = 18 },
  { name = "office", area_m2 = 12 }, { name = "staff room", area_m2 = 20 },
  { name = "store", area_m2 = 8 }, { name = "toilet", area_m2 = 8, count = 2 },
]
together = [{ rooms = ["waiting room", "reception"] }]
apart = [{ rooms = ["staff room", "waiting room"] }]
"""


@dataclass(frozen=True)
class Room:
    """One required room."""

    name: str
    area_m2: float  # net
    daylight: bool


@dataclass(frozen=True)
class Programme:
    """Required rooms, and pairs of them that share a wall or must not."""

    rooms: tuple[Room, ...]
    together: tuple[tuple[int, int], ...]
    apart: tuple[tuple[int, int], ...]
    notes: tuple[str, ...] = ()

    @property
    def area_m2(self) -> float:
        """Net area of all rooms."""
        return sum(r.area_m2 for r in self.rooms)

    @classmethod
    def of(cls, data: bytes) -> "Programme":
        """Read a programme.

        Raises:
            InputError: for a file that is no programme, a room named twice, an impossible area, or
                adjacency that no plane graph has.
        """
        try:
            found = tomllib.loads(data.decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(
                "rooms in TOML, as `ingenium draft rooms` writes them", str(error)
            ) from None
        entries = _tables(found, "room")
        names = [_name(e) for e in entries]
        twice = [n for n, times in Counter(names).items() if times > 1]
        if twice:
            raise InputError(
                "each room once",
                f'"{twice[0]}" {names.count(twice[0])} times',
                f'Write one [[room]] name = "{twice[0]}" with count = {names.count(twice[0])}.',
            )
        rooms, notes = _rooms(entries)
        places: dict[str, list[int]] = {}
        for i, room in enumerate(rooms):
            places.setdefault(re.sub(r" \d+$", "", room.name), []).append(i)
        if not FEWEST <= len(rooms) <= MOST:
            raise InputError(f"{FEWEST} to {MOST} rooms", f"{len(rooms)}")
        pairs = {k: _pairs(_tables(found, k), k, places) for k in ("together", "apart")}
        both = set(pairs["together"]) & set(pairs["apart"])
        if both:
            one, other = (rooms[i].name for i in min(both))
            raise InputError(
                "rooms that are together or apart", f"{one} and {other}, which are both"
            )
        _check_planar(rooms, pairs["together"])
        notes += [f'Rule {b.get("number")} is broken by the brief: "{b.get("words")}".'
                  for b in _tables(found, "broken")]  # fmt: skip
        return cls(rooms, pairs["together"], pairs["apart"], tuple(notes))


def _tables(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = found.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(e, dict) for e in listed):
        raise InputError(f"[[{key}]] tables", f"{listed!r}"[:60], f"Write [[{key}]].")
    return listed


def _name(entry: Mapping[str, Any]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[^\W\d_][^\";\\\n]{0,39}", name):
        raise InputError("the name of a room, of at most 40 letters", f"{name!r}"[:60])
    return name.strip().lower()


def _rooms(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[Room, ...], list[str]]:
    rooms: list[Room] = []
    assumed: list[str] = []
    for entry in entries:
        name = _name(entry)
        if CIRCULATION.search(name):
            continue  # corridors and stairs are planned for each storey
        strange = set(entry) - {"name", "area_m2", "count", "daylight"}
        if strange:
            raise InputError("name, area_m2, count and daylight of a room", f"{min(strange)}")
        area, daylight = usual(name)
        if "area_m2" in entry:
            area = _number(entry["area_m2"], f"area_m2 of {name}", SMALLEST_M2, LARGEST_M2)
        else:
            assumed.append(f"{name} {area:g} m2")
        count = int(_number(entry.get("count", 1), f"count of {name}", 1, MOST))
        daylight = bool(entry.get("daylight", daylight))
        names = [name] if count == 1 else [f"{name} {i + 1}" for i in range(count)]
        rooms += [Room(n, area, daylight) for n in names]
    notes = ["Areas that the brief does not state are usual ones: " + ", ".join(assumed) + "."]
    return tuple(rooms), notes if assumed else []


def _number(value: object, what: str, least: float | int, most: float | int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InputError(f"{what} from {least:g} to {most:g}", f"{value!r}"[:40])
    return float(value)


def usual(name: str) -> tuple[float, bool]:
    """Return the usual area of a room and whether it needs daylight."""
    hits = ((a, d) for words, a, d in USUAL if re.search(rf"\b(?:{words})", name))
    return next(hits, (OTHER_M2, True))


def _pairs(
    entries: Iterable[Mapping[str, Any]], key: str, places: Mapping[str, Sequence[int]]
) -> tuple[tuple[int, int], ...]:
    """Return pairs of rooms; of rooms with a count, one is together with it and all are apart."""
    found: set[tuple[int, int]] = set()
    for entry in entries:
        names = entry.get("rooms")
        if (
            not isinstance(names, list)
            or len(names) != 2
            or not all(isinstance(n, str) for n in names)
        ):
            raise InputError(f'two names in [[{key}]], as rooms = ["a", "b"]', f"{names!r}"[:60])
        if any(CIRCULATION.search(n) for n in names):
            continue  # each room is reached from a corridor as it is
        for name in names:
            if name not in places:
                raise InputError(
                    f"rooms of the brief in [[{key}]]",
                    f'"{name}"',
                    f'Write [[room]] name = "{name}".',
                )
        one, other = (places[n] for n in names)
        if one == other:
            raise InputError(f"two rooms in [[{key}]]", f'"{names[0]}" twice')
        both = [(a, b) for a in one for b in other] if key == "apart" else [(one[0], other[0])]
        found |= {(min(p), max(p)) for p in both}
    return tuple(sorted(found))


def _check_planar(rooms: Sequence[Room], together: Sequence[tuple[int, int]]) -> None:
    networkx = BUILDINGS.package("networkx")
    planar, witness = networkx.check_planarity(networkx.Graph(together), counterexample=True)
    if not planar:
        edges = "; ".join(f"{rooms[a].name} - {rooms[b].name}" for a, b in sorted(witness.edges))
        raise InputError(
            "adjacency that can be drawn in a plane",
            f"pairs of which one must cross another: {edges}",
            "Leave one of these [[together]] out.",
        )
