"""World of a story: persons, places, things and secrets, from a premise and from a draft."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingenium.core.errors import InputError
from ingenium.domains.desk.story.facts import Fact
from ingenium.domains.desk.story.reader import NOT_THINGS, FactReading
from ingenium.domains.desk.story.words import LEVEL, MONTHS

WHAT = "a premise as TOML: [[person]], [[place]], [[thing]], [[secret]], and season"
ENTRIES: Mapping[str, Mapping[str, type]] = {
    "person": {"name": str, "age": int, "at": str, "alive": bool, "knows": list},
    "place": {"name": str, "inside": str, "level": str},
    "thing": {"name": str, "holder": str, "lost": bool},
    "secret": {"name": str},
}
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True)
class World:
    """Names by kind, and the facts of a premise."""

    persons: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    things: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    inside: frozenset[tuple[str, str]] = frozenset()
    facts: tuple[Fact, ...] = ()

    def names(self) -> frozenset[str]:
        """All names."""
        return frozenset((*self.persons, *self.places, *self.things, *self.secrets))

    def with_draft(self, reading: FactReading) -> "World":
        """Return a world to which the persons and other names of a draft are added."""
        persons, places = dict.fromkeys(self.persons), dict.fromkeys(self.places)
        things, secrets = dict.fromkeys(self.things), dict.fromkeys(self.secrets)
        persons |= dict.fromkeys(reading.persons)
        for fact in reading.facts:
            if fact.kind in ("at", "goes") and fact.args[1] and fact.args[2] == "site":
                places[fact.args[1]] = None
            elif fact.kind in ("uses", "loses") and not fact.args[1].endswith("s"):
                things[fact.args[1]] = None
            elif fact.kind in ("shows", "learns"):
                secrets[fact.args[1]] = None
        return World(
            tuple(persons), tuple(places), tuple(things), tuple(secrets),
            self.levels, self.inside, self.facts,
        )  # fmt: skip


DEFAULT = World(
    ("Ada", "Tobias", "Maren", "Piet"),
    ("harbour", "lighthouse", "inn", "chapel"),
    ("lantern", "compass", "letter", "watch"),
    ("debt", "wreck", "forged will"),
)


def read_premise(text: str) -> World:
    """Read a premise.

    Raises:
        InputError: for what is no such TOML, unknown entries, or facts that contradict each other.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(WHAT, f"{error}") from None
    unknown = set(table) - set(ENTRIES) - {"season"}
    if unknown:
        raise InputError(WHAT, f"the entry {sorted(unknown)[0]!r}")
    rows = {key: _rows(table.get(key, []), key) for key in ENTRIES}
    persons, places = _once(rows["person"], "person"), _once(rows["place"], "place")
    things, secrets = _once(rows["thing"], "thing"), _once(rows["secret"], "secret")
    levels: dict[str, str] = {
        p: str(row.get("level", LEVEL.get(p, "site"))) for p, row in places.items()
    }
    facts = list[Fact]()
    season = table.get("season")
    if season is not None:
        if season not in SEASONS:
            raise InputError(f"season as one of {', '.join(SEASONS)}", repr(season))
        facts.append(Fact("season", (season,)))
    for name, row in persons.items():
        facts += _person(name, row, levels, tuple(secrets))
    for name, row in things.items():
        facts += _thing(name, row, persons)
    inside = frozenset((p, str(row["inside"])) for p, row in places.items() if "inside" in row)
    for a, b in inside:
        if b not in places or (b, a) in inside or a == b:
            raise InputError("a place inside another one of the premise", f"{a} inside {b}")
    return World(
        tuple(persons), tuple(places), tuple(things), tuple(secrets), levels, inside, tuple(facts)
    )


def _rows(found: Any, key: str) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise InputError(f"[[{key}]] tables in the premise", repr(found)[:60])
    for row in found:
        for name, value in row.items():
            wanted = ENTRIES[key].get(name)
            if wanted is None or type(value) is not wanted:
                known = ", ".join(ENTRIES[key])
                raise InputError(f"{known} in [[{key}]]", f"{name} = {value!r}"[:80])
        name = row.get("name", "")
        good = name[:1].isupper() if key == "person" else name.islower()
        if not name.replace(" ", "").replace("-", "").isalpha() or not good:
            said = "a capital" if key == "person" else "small letters"
            raise InputError(f"a name of letters, with {said}, in [[{key}]]", repr(name)[:60])
        if key == "person" and (" " in name or "-" in name):
            raise InputError("one word as the name of a person", repr(name)[:60])
    return found


def _once(rows: Sequence[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row["name"]
        if name in found and found[name] != row:
            both = [f"{k} = {found[name][k]!r} and {k} = {v!r}" for k, v in row.items()
                    if k in found[name] and found[name][k] != v]  # fmt: skip
            raise InputError(
                "a premise that does not contradict itself",
                f"{key} {name} twice: {'; '.join(both) or 'with other entries'}",
                "Keep one of them.",
            )
        found[name] = row
    return found


def _person(
    name: str, row: Mapping[str, Any], levels: Mapping[str, str], secrets: tuple[str, ...]
) -> list[Fact]:
    facts = []
    if not row.get("alive", True):
        if "at" in row:
            raise InputError(
                "a premise that does not contradict itself",
                f"{name} with alive = false and at = {row['at']!r}",
                "Remove one of them.",
            )
        facts.append(Fact("dies", (name,)))
    if "age" in row:
        facts.append(Fact("age", (name, str(row["age"]))))
    if "at" in row:
        if row["at"] not in levels:
            raise InputError(f"a place of the premise for {name}", repr(row["at"]))
        facts.append(Fact("at", (name, row["at"], levels[row["at"]])))
    for secret in row.get("knows", ()):
        if secret not in secrets:
            raise InputError(f"a secret of the premise for {name}", repr(secret))
        facts.append(Fact("learns", (name, secret)))
    return facts


def _thing(name: str, row: Mapping[str, Any], persons: Mapping[str, Any]) -> list[Fact]:
    if name in NOT_THINGS or name in MONTHS or " " in name:
        raise InputError("a thing that the reader can follow, in one word", repr(name))
    holder = row.get("holder")
    if holder is not None and holder not in persons:
        raise InputError(f"a person of the premise as holder of {name}", repr(holder))
    dead = holder is not None and not persons[holder].get("alive", True)
    if holder is not None and (row.get("lost") or dead):
        why = "lost = true" if row.get("lost") else f"{holder} with alive = false"
        raise InputError(
            "a premise that does not contradict itself",
            f"{name} with holder = {holder!r}, and {why}",
        )
    return [Fact("loses", ("", name, ""))] if row.get("lost") else []
