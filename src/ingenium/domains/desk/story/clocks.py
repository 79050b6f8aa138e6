"""Time of a story: which facts lie between the same breaks, and years that have passed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingenium.domains.desk.story.facts import Fact

LONG, SHORT = "-1", "-2"  # time of unknown length, and less than a day or a few


@dataclass(frozen=True)
class Moment:
    """Time of a fact: numbers of the stretches that it lies in, and years since the beginning."""

    epoch: int = 0  # between any two times that pass
    season_epoch: int = 0  # the same without days
    chapter: int = 0  # between breaks of unknown length
    years: int = 0


def moments(facts: Sequence[Fact]) -> Iterator[Moment]:
    """Yield the time of each fact."""
    now = Moment()
    for fact in facts:
        if fact.kind == "breaks":
            now = Moment(now.epoch + 1, now.season_epoch + 1, now.chapter + 1, now.years)
        elif fact.kind == "passes" and fact.args[0] == SHORT:
            now = replace(now, epoch=now.epoch + 1)
        elif fact.kind == "passes":
            known = max(int(fact.args[0]), 0)
            long = fact.args[0] == LONG
            now = Moment(now.epoch + 1, now.season_epoch + 1, now.chapter + long, now.years + known)
        yield now
