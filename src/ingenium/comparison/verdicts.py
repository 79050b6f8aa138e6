"""Summary of a head-to-head comparison of tools, stored with the problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from ingenium.core.provenance import package_of

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

COMPARISONS = "head_to_head.json"  # in the folder of a domain, for problems with a comparison
LOOK_UP, OPTIMISER, RANDOM = "nearest_known", "optimiser", "random"
INSIDE, EDGE, BEYOND = "inside", "edge", "beyond"
WHERE = {INSIDE: "inside the data", EDGE: "at its edge", BEYOND: "beyond it"}


@dataclass(frozen=True)
class HeadToHeadVerdict:
    """Shares of targets that each arm met by new designs, and the arms that tie with the best."""

    problem: str
    calls: int  # of the engine for each target
    shares: Mapping[str, Mapping[str, float]]  # of the targets of a zone, by arm
    level: Mapping[str, tuple[str, ...]]  # arms that tie with the best of a zone
    proposers: tuple[str, ...]  # baseline and families that tie with the best of these, all zones
    known: Mapping[str, float]  # share of the targets of a zone that known designs meet
    setup: str = ""  # of the problem, as it calls it; empty for the usual one

    def ahead(self, family: str) -> dict[str, str]:
        """Return the best arm of each zone in which it beats all ways to use a family."""
        own = {z: [a for a in arms if base(a) == family] for z, arms in self.level.items()}
        return {z: self._best(z) for z, arms in self.level.items() if arms and not own[z]}

    def reported(self, family: str) -> str:
        """Return advice for users of a family: its results, and the better tool of each zone."""
        behind = self.ahead(family)
        said = "; ".join(self._zone(z, family) for z in self.shares)
        comparison = f"Benchmark on held-out targets ({self.calls} engine calls each)"
        text = f"{comparison}, share met by new designs: {said}."
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
        """Option that names the strategy with the most zones won, if several were tried."""
        tried = {a for arms in self.shares.values() for a in arms if base(a) == OPTIMISER}
        if len(tried) == 1:
            return ""
        arm = max(won.values(), key=list(won.values()).count)
        return f" --strategy {arm.partition('(')[2].rstrip(')')}"


_STORED = TypeAdapter(tuple[HeadToHeadVerdict, ...])


def base(arm: str) -> str:
    """Return the family of an arm, or nearest neighbours, random choice or the optimiser."""
    return arm.partition(",")[0].partition(":")[0].partition(" ")[0]


def is_search(name: str) -> bool:
    """Return whether a contestant is a search, by the problem's strategy or another."""
    return name.partition(":")[0] == OPTIMISER


def verdict_on(problem: "Problem | type[Problem]") -> HeadToHeadVerdict | None:
    """Return the summary for a problem and its setup; None where there is none."""
    alongside = comparisons_of(problem)
    setup = "" if isinstance(problem, type) else problem.comparison().setup
    return next((v for v in alongside if v.setup == setup), None)


def comparisons_of(problem: "Problem | type[Problem]") -> tuple[HeadToHeadVerdict, ...]:
    """Return the summaries for all setups of a problem; empty without a readable file."""
    file = getattr(import_module(package_of(problem.__module__)), "__file__", None)
    if file is None:  # typed into a shell
        return ()
    try:
        found = _STORED.validate_json((Path(file).parent / COMPARISONS).read_bytes())
    except (OSError, ValueError):
        return ()
    return tuple(v for v in found if v.problem == problem.name)


def as_json(verdicts: tuple[HeadToHeadVerdict, ...]) -> str:
    """Return summaries as JSON, the content of their file."""
    return _STORED.dump_json(verdicts, indent=1).decode() + "\n"
