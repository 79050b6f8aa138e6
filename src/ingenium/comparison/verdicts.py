"""What a contest said of the tools for a problem, as it ships beside the problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from ingenium.core.provenance import package_of

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

CONTESTS = "contests.json"  # in the folder of a domain, of those of its problems that had one
LOOK_UP, OPTIMISER, RANDOM = "nearest_known", "optimiser", "random"
INSIDE, EDGE, BEYOND = "inside", "edge", "beyond"
WHERE = {INSIDE: "inside the data", EDGE: "at its edge", BEYOND: "beyond it"}


@dataclass(frozen=True)
class ContestVerdict:
    """Who met how many wishes by something new, and whom the contest cannot tell from the best."""

    problem: str
    calls: int  # of the engine for each wish
    shares: Mapping[str, Mapping[str, float]]  # of the wishes of a zone, by arm
    level: Mapping[str, tuple[str, ...]]  # arms level with the best of a zone
    proposers: tuple[str, ...]  # arms level with the best of these, all zones
    known: Mapping[str, float]  # share of the wishes of a zone that known designs meet
    setup: str = ""  # of the problem, as it calls it; empty for the usual one

    def ahead(self, family: str) -> dict[str, str]:
        """The best arm of each zone in which all ways to use a family are behind it."""
        own = {z: [a for a in arms if base(a) == family] for z, arms in self.level.items()}
        return {z: self._best(z) for z, arms in self.level.items() if arms and not own[z]}

    def told(self, family: str) -> str:
        """What to know of it for who proposes by a family, and which tool is better where."""
        behind = self.ahead(family)
        said = "; ".join(self._zone(z, family) for z in self.shares)
        contest = f"Benchmark on held-out targets ({self.calls} engine calls each)"
        text = f"{contest}, share met by new designs: {said}."
        tools = dict.fromkeys(base(arm) for arm in behind.values())
        return " ".join([text, *(self._advice(t, behind) for t in tools)])

    def _zone(self, zone: str, family: str) -> str:
        shares = self.shares[zone]
        own = [a for a in shares if base(a) == family]
        best = self._best(zone)
        if not shares[best]:
            known = (
                f", but {100 * self.known[zone]:.0f} % by known designs" if self.known[zone] else ""
            )
            return f"{WHERE[zone]} 0 % by every tool{known}"
        ours = max(own, key=lambda a: shares[a], default=None)
        named = [a for a in dict.fromkeys((ours, best)) if a is not None]
        if ours is not None and shares[ours] == shares[best]:
            named = [ours]
        return f"{WHERE[zone]} " + ", ".join(f"{100 * shares[a]:.0f} % by {a}" for a in named)

    def _best(self, zone: str) -> str:
        return max(self.shares[zone], key=lambda arm: self.shares[zone][arm])

    def _advice(self, tool: str, behind: Mapping[str, str]) -> str:
        won = {zone: arm for zone, arm in behind.items() if base(arm) == tool}
        zones = " and ".join(WHERE[z] for z in won)
        if tool == OPTIMISER:
            return f"Better {zones}: ingenium search {self.problem}{self._strategy(won)}."
        steps = next(iter(won.values())).partition(",")[0].partition(":")[2]
        more = f" and steps = {steps}" if steps else ""
        return f'Better {zones}: family = "{tool}"{more} under [generator].'

    def _strategy(self, won: Mapping[str, str]) -> str:
        """What names the strategy that won most zones, where several were tried."""
        tried = {a for arms in self.shares.values() for a in arms if base(a) == OPTIMISER}
        if len(tried) == 1:
            return ""
        arm = max(won.values(), key=list(won.values()).count)
        return f" --strategy {arm.partition('(')[2].rstrip(')')}"


_KEPT = TypeAdapter(tuple[ContestVerdict, ...])


def base(arm: str) -> str:
    """The family of an arm, or look-up, chance or the optimiser."""
    return arm.partition(",")[0].partition(":")[0].partition(" ")[0]


def is_search(name: str) -> bool:
    """Whether a contestant is a search: of the problem's strategy, or by another's name."""
    return name.partition(":")[0] == OPTIMISER


def verdict_on(problem: "Problem | type[Problem]") -> ContestVerdict | None:
    """That of the contest on a problem and its setup; None where none came with it."""
    beside = verdicts_beside(problem)
    setup = "" if isinstance(problem, type) else problem.comparison().setup
    return next((v for v in beside if v.setup == setup), None)


def verdicts_beside(problem: "Problem | type[Problem]") -> tuple[ContestVerdict, ...]:
    """Those on all setups of a problem; none where no file that can be read came with it."""
    file = getattr(import_module(package_of(problem.__module__)), "__file__", None)
    if file is None:  # typed into a shell
        return ()
    try:
        found = _KEPT.validate_json((Path(file).parent / CONTESTS).read_bytes())
    except (OSError, ValueError):
        return ()
    return tuple(v for v in found if v.problem == problem.name)


def as_json(verdicts: tuple[ContestVerdict, ...]) -> str:
    """Verdicts as a file holds them."""
    return _KEPT.dump_json(verdicts, indent=1).decode() + "\n"
