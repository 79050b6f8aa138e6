"""Progress of a search until the end of a session."""

from dataclasses import dataclass

from ingenium.runs.conflicts import Unmet
from ingenium.runs.rounds import Round
from ingenium.runs.search_plan import SearchPlan

LEAST = 10  # exported designs in addition to the front, where the spec states no number
WHY = {
    "calls": "the budget of engine calls is spent",
    "seconds": "the seconds are spent",
    "accepted": "enough designs meet every limit",
    "stagnation": "nothing became better for as many calls as were allowed",
    "idle": "nothing new was proposed any more",
    "cost": "the cost is spent",
    "designs": "the strategy has no more designs",
}


@dataclass(frozen=True)
class SearchSession:
    """Plan, rounds, reason of the end, and conflicting limits of a session of a search."""

    plan: SearchPlan
    why: str  # the entry of `Stop` that was reached, or `designs`
    rounds: tuple[Round, ...]
    unmet: Unmet | None

    @property
    def last(self) -> Round:
        """State at the end."""
        return self.rounds[-1]

    @property
    def reason(self) -> str:
        """Reason of the end, in words."""
        return WHY[self.why]
