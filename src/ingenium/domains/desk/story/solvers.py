"""Contradictions by answer-set solving, and a second time by propagation through the text.

The rules are in `rules.lp`. The second solver reads the facts once, in order, and has no code in
common with the first but the numbers of times.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ingenium.domains.desk.story.clocks import Moment, moments
from ingenium.domains.desk.story.facts import Contradiction, Fact

RULES = Path(__file__).parent / "rules.lp"
SHOWN = ("dies", "acts", "at", "goes", "loses", "uses", "finds", "age", "shows", "learns", "season")
NUMBERS = {("age", 1)}
Inside = frozenset[tuple[str, str]]  # a place, and the one that it is part of


@cache
def _rules() -> str:
    return RULES.read_text(encoding="utf-8")


def by_clingo(facts: Sequence[Fact], inside: Inside = frozenset()) -> frozenset[Contradiction]:
    """Return all contradictions of facts, by clingo."""
    import clingo

    control = clingo.Control(["--warn=none"])
    control.add("base", [], _rules() + "".join(_program(facts, inside)))
    control.ground([("base", [])])
    found: set[Contradiction] = set()
    with control.solve(yield_=True) as handle:
        for model in handle:
            for one in model.symbols(shown=True):
                kind, first, second = one.arguments
                found.add(Contradiction(kind.name, first.number, second.number))
    return frozenset(found)


def _program(facts: Sequence[Fact], inside: Inside) -> list[str]:
    lines = [f"inside({_quoted(a)},{_quoted(b)}).\n" for a, b in sorted(inside)]
    for i, (fact, now) in enumerate(zip(facts, moments(facts), strict=True)):
        if fact.kind not in SHOWN:
            continue
        args = [a if (fact.kind, k) in NUMBERS else _quoted(a) for k, a in enumerate(fact.args)]
        lines.append(f"{fact.kind}({','.join((str(i), *args))}).\n")
        lines.append(
            f"epoch({i},{now.epoch}). season_epoch({i},{now.season_epoch}). "
            f"chapter({i},{now.chapter}). years({i},{now.years}).\n"
        )
    return lines


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def by_propagation(facts: Sequence[Fact], inside: Inside = frozenset()) -> frozenset[Contradiction]:
    """Return all contradictions of facts, by one pass over the text."""
    state = StoryState(inside)
    found: set[Contradiction] = set()
    for i, (fact, now) in enumerate(zip(facts, moments(facts), strict=True)):
        found |= state.after(i, fact, now)
    return frozenset(found)


class StoryState:
    """State at a place of the text: the dead, whereabouts, losses, ages, knowledge, season."""

    def __init__(self, inside: Inside = frozenset()) -> None:
        self.inside = inside
        self.dead: dict[str, int] = {}
        self.spots: dict[tuple[str, str], tuple[int, str, int]] = {}  # fact, place, epoch
        self.things: dict[str, tuple[int, str | None]] = {}  # fact; owner where it is lost
        self.ages: dict[str, list[tuple[int, int, Moment]]] = {}
        self.shown: dict[tuple[str, str], list[int]] = {}
        self.knows: set[tuple[str, str]] = set()
        self.season: tuple[int, str, int] | None = None

    def after(self, i: int, fact: Fact, now: Moment) -> set[Contradiction]:
        """Take in a fact, and return the contradictions with those before it."""
        react = getattr(self, f"_{fact.kind}", None)
        return set() if react is None else react(i, fact.args, now)

    def _dies(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        self.dead.setdefault(args[0], i)
        return set()

    def _acts(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        first = self.dead.get(args[0])
        return set() if first is None else {Contradiction("dead", first, i)}

    def _at(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        person, place, level = args
        before = self.spots.get((person, level))
        self.spots[person, level] = i, place, now.epoch
        if before is None or before[2] != now.epoch or before[1] in ("", place):
            return set()
        if {(before[1], place), (place, before[1])} & self.inside:
            return set()
        return {Contradiction("place", before[0], i)}

    def _goes(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        person, place, level = args
        self.spots[person, level] = i, place, now.epoch
        return set()

    def _loses(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        self.things[args[1]] = i, args[2]
        return set()

    def _finds(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        self.things[args[1]] = i, None
        return set()

    def _uses(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        at, owner = self.things.get(args[1], (0, None))
        if owner is None or (owner and args[2] and owner != args[2]):
            return set()
        return {Contradiction("lost", at, i)}

    def _age(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        years, known = int(args[1]), self.ages.setdefault(args[0], [])
        found = set()
        for at, before, then in known:
            least = max(before, before + now.years - then.years - 1)
            most = before + now.years - then.years + 1
            if years < least or (years > most and then.chapter == now.chapter):
                found.add(Contradiction("age", at, i))
        known.append((i, years, now))
        return found

    def _shows(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        self.shown.setdefault((args[0], args[1]), []).append(i)
        return set()

    def _learns(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        key = args[0], args[1]
        if key in self.knows:
            return set()
        self.knows.add(key)
        return {Contradiction("knowledge", at, i) for at in self.shown.get(key, ())}

    def _season(self, i: int, args: tuple[str, ...], now: Moment) -> set[Contradiction]:
        before, self.season = self.season, (i, args[0], now.season_epoch)
        if before is None or before[1] == args[0] or before[2] != now.season_epoch:
            return set()
        return {Contradiction("season", before[0], i)}
