"""Rounds of a search: the state after each, and what its screen did."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingenium.evaluate.intervals import clopper_pearson


@dataclass(frozen=True)
class ScreenAudit:
    """What a screen has done so far, and what of it was checked."""

    seen: int = 0  # new designs that it was shown, some more than once
    cut: int = 0  # that it would keep out
    audited: int = 0  # drawn by chance and measured whatever it said
    audited_cut: int = 0  # of these, kept out but for that
    held: int = 0  # audited designs that hold every limit
    lost: int = 0  # of these, kept out but for that
    wrong: int = 0  # of these, since they were taken for hopeless, which was wrong

    @property
    def rate(self) -> float | None:
        """The false-reject rate: share of designs that hold every limit which it keeps out."""
        return self.lost / self.held if self.held else None

    @property
    def interval(self) -> tuple[float, float]:
        """Of the rate, 95 %, exact; all of it where no audited design held."""
        return self._within(self.lost)

    @property
    def wrong_interval(self) -> tuple[float, float]:
        """Of the share of designs that hold every limit and are taken for hopeless."""
        return self._within(self.wrong)

    def told(self) -> dict[str, Any]:
        """As plain data, with the rates and their intervals."""
        rates: dict[str, Any] = {}
        for name, count in (("false_reject", self.lost), ("wrongly_hopeless", self.wrong)):
            low, high = self._within(count)
            rate = count / self.held if self.held else None
            rates[name] = {"rate": rate, "low": low, "high": high}
        return asdict(self) | rates

    def _within(self, count: int) -> tuple[float, float]:
        return clopper_pearson(count, self.held) if self.held else (0.0, 1.0)

    @classmethod
    def of(cls, body: Mapping[str, Any] | None) -> "ScreenAudit | None":
        """From what `asdict` gave."""
        return None if body is None else cls(**body)


@dataclass(frozen=True)
class Round:
    """The state of a search after a round; all counts are from its beginning."""

    round: int
    calls: int  # designs that were verified
    accepted: int
    rejected: int
    failed: int
    repeated: int  # proposals that had been verified before
    seconds: float
    best: float | None  # value of the first objective among accepted designs
    violation: float | None  # the least sum of violations; 0 once a design is accepted
    front: int  # accepted designs that none beats in every objective
    hypervolume: float  # that they dominate, in spreads of the first designs
    better: int  # the call after which something had become better last
    screened: int = 0  # designs that were proposed and never measured
    audit: ScreenAudit | None = None  # of the screen, if there is one
    cheap_calls: int = 0  # designs that the cheap tier measured
    cost: float | None = None  # calls, with the cheap ones at their price, if that is known
    own: Mapping[str, float] = field(default_factory=dict)  # what the strategy says of itself

    @property
    def acceptance(self) -> float:
        """Share of accepted designs among the verified."""
        return self.accepted / self.calls if self.calls else 0.0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Round":
        """From what `asdict` gave, maybe of a search before there were screens."""
        return cls(**{**body, "audit": ScreenAudit.of(body.get("audit"))})

    def with_screen(
        self, screened: int, audit: ScreenAudit | None, cheap: int, price: float | None
    ) -> "Round":
        """Return the round with what a screen left out, and what the cheap tier measured."""
        cost = None if price is None else self.calls + price * cheap
        return replace(self, screened=screened, audit=audit, cheap_calls=cheap, cost=cost)


Heard = Callable[[Round], None]


def unheard(round: Round) -> None:
    """Tell nobody."""
