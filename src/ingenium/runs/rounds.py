"""Rounds of a search: the state after each, and the statistics of its screen."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingenium.evaluate.intervals import clopper_pearson


@dataclass(frozen=True)
class ScreenAudit:
    """Counts of the designs that a screen rejected, and of the audited ones."""

    seen: int = 0  # new designs that it saw, some more than once
    cut: int = 0  # designs that it would reject
    audited: int = 0  # sampled at random and measured despite the screen
    audited_cut: int = 0  # of these, rejected by the screen
    satisfied: int = 0  # audited designs that satisfy every limit
    lost: int = 0  # of these, rejected by the screen
    wrong: int = 0  # of these, wrongly predicted to be infeasible

    @property
    def rate(self) -> float | None:
        """False-reject rate: share of feasible designs that the screen rejects."""
        return self.lost / self.satisfied if self.satisfied else None

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95 % interval of the rate; [0, 1] where no audited design is feasible."""
        return self._within(self.lost)

    @property
    def wrong_interval(self) -> tuple[float, float]:
        """Exact 95 % interval of the share of feasible designs predicted to be infeasible."""
        return self._within(self.wrong)

    def reported(self) -> dict[str, Any]:
        """Return plain data with the rates and their intervals."""
        rates: dict[str, Any] = {}
        for name, count in (("false_reject", self.lost), ("wrongly_hopeless", self.wrong)):
            low, high = self._within(count)
            rate = count / self.satisfied if self.satisfied else None
            rates[name] = {"rate": rate, "low": low, "high": high}
        return asdict(self) | rates

    def _within(self, count: int) -> tuple[float, float]:
        return clopper_pearson(count, self.satisfied) if self.satisfied else (0.0, 1.0)

    @classmethod
    def of(cls, body: Mapping[str, Any] | None) -> "ScreenAudit | None":
        """Build it from the output of `asdict`."""
        return None if body is None else cls(**body)


@dataclass(frozen=True)
class Round:
    """State of a search after a round; all counts are from its beginning."""

    round: int
    calls: int  # designs that were verified
    accepted: int
    rejected: int
    failed: int
    repeated: int  # proposals that had been verified before
    seconds: float
    best: float | None  # value of the first objective among accepted designs
    violation: float | None  # the least sum of violations; 0 once a design is accepted
    front: int  # accepted designs that are not dominated
    hypervolume: float  # that they dominate, in spreads of the first designs
    better: int  # the call after which something had become better last
    screened: int = 0  # designs that were proposed and never measured
    audit: ScreenAudit | None = None  # of the screen, if there is one
    cheap_calls: int = 0  # designs that the cheap tier measured
    cost: float | None = None  # calls, cheap ones weighted by their cost ratio, if known
    own: Mapping[str, float] = field(default_factory=dict)  # numbers that the strategy reports

    @property
    def acceptance(self) -> float:
        """Share of accepted designs among the verified."""
        return self.accepted / self.calls if self.calls else 0.0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Round":
        """Build it from the output of `asdict`, also of a search before there were screens."""
        return cls(**{**body, "audit": ScreenAudit.of(body.get("audit"))})

    def with_screen(
        self, screened: int, audit: ScreenAudit | None, cheap: int, cost_ratio: float | None
    ) -> "Round":
        """Return the round with the counts of the screen and of the cheap tier."""
        cost = None if cost_ratio is None else self.calls + cost_ratio * cheap
        return replace(self, screened=screened, audit=audit, cheap_calls=cheap, cost=cost)


Heard = Callable[[Round], None]


def unheard(round: Round) -> None:
    """Ignore the round."""
