"""Families of load a day ahead at several places: each tuned alike, and one held against the rest.

At each place a family has its settings tried once and the best one kept; it is fitted again with
the days that it was tuned on, and scored on those held out. What has no chance in its fit is fitted
and drawn from once, whatever the seed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from numpy.typing import ArrayLike

from ingenium.core.digest import digest
from ingenium.core.seeds import block_rng
from ingenium.evaluate.measured import Control, Value
from ingenium.evaluate.trials import Readings, curve_of, losses
from ingenium_book.studies.grid import day_ahead
from ingenium_book.studies.grid.day_ahead import (
    CHECK,
    LEARN,
    AheadDays,
    AheadFit,
    AheadSetting,
    AheadWork,
)

GAINED = ("crps", "energy_score", "pinball")


def nothing_more(made: AheadFit) -> Mapping[str, float]:
    """What is measured of a family besides its scores."""
    return {}


@dataclass(frozen=True)
class AheadArm:
    """A family at a place, with a share of the steps of its plan."""

    place: str
    family: str
    steps: float = 1.0


@dataclass(frozen=True, eq=False)
class AheadComparison:
    """Families by name, the first of them against all others; the last two are look-up and chance.

    The first place holds all families, and the first one with half of its steps; others those
    `alongside`. Names of what is found elsewhere begin with the name of the place.
    """

    places: Mapping[str, Callable[[], AheadDays]]
    families: Mapping[str, tuple[AheadSetting, ...]]
    learned: tuple[str, ...]  # families that a seed changes
    alongside: tuple[str, ...]
    also: Callable[[AheadFit], Mapping[str, float]] = nothing_more

    @property
    def first(self) -> str:
        """The family that the claim is about."""
        return next(iter(self.families))

    @property
    def half(self) -> str:
        """Its arm with half of its steps."""
        return f"{self.first}, half of its steps"

    @property
    def arms(self) -> dict[str, AheadArm]:
        """All arms by name."""
        home, *others = self.places
        return {
            **{name: AheadArm(home, name) for name in self.families},
            self.half: AheadArm(home, self.first, 0.5),
            **{f"{at} {name}": AheadArm(at, name) for at in others for name in self.alongside},
        }

    def run(self, arm: AheadArm, seed: int, size: AheadWork) -> Mapping[str, ArrayLike]:
        """Scores on each held-out day, the setting that was kept, and where training ended."""
        if arm.family not in self.learned:
            return _once(self, arm, size)
        return self.piece(arm, seed, size)

    def piece(self, arm: AheadArm, seed: int, size: AheadWork) -> Mapping[str, ArrayLike]:
        """The same with just this seed."""
        days, tried = self.places[arm.place](), self.families[arm.family]
        retained = day_ahead.tuned(tried, days, size)
        rows = days.rows(LEARN, CHECK)
        made = day_ahead.fit(tried[retained], days, rows, seed, size.steps * arm.steps)
        rng = block_rng(seed, 0, f"study {arm.family}")
        own = {"kept": retained, **(losses(made.curve) if made.curve.get("held_out") else {})}
        return day_ahead.score(made, size.members, rng) | own | dict(self.also(made))

    def values(self, found: Readings) -> dict[str, Value]:
        """`MEASURE gain over RIVAL (%)` of the first family, and all scores, by place."""
        made: dict[str, Value] = {}
        home = next(iter(self.places))
        for name, arm in self.arms.items():
            days = self.places[arm.place]()
            made |= day_ahead.all_scores(found, name, days)
            before = "" if arm.place == home else f"{arm.place} "
            if name != before + self.first:
                for k in GAINED:
                    condition = f"{before}{k} gain over {name.removeprefix(before)} (%)"
                    made[condition] = day_ahead.gain(found, before + self.first, name, k, days)
        return made

    def control(self, found: Readings) -> Control:
        """The first family against look-up and chance at home, and its losses by step."""
        days = next(iter(self.places.values()))()
        lookup, chance = (
            day_ahead.gain(found, self.first, rival, "crps", days).interval
            for rival in list(self.families)[-2:]
        )
        return Control(lookup, chance, curve_of(found, self.first))

    def notes(self, found: Readings) -> tuple[str, ...]:
        """Which setting of each family was kept."""
        return tuple(
            f"{name}: {self.families[arm.family][int(found(name, 'kept')[0])].text}"
            for name, arm in self.arms.items()
            if len(self.families[arm.family]) > 1
        )

    def data(self, size: AheadWork) -> str:
        """Digest of all places."""
        return digest([days().digest for days in self.places.values()])


@cache
def _once(comparison: AheadComparison, arm: AheadArm, size: AheadWork) -> Mapping[str, ArrayLike]:
    return comparison.piece(arm, 0, size)
