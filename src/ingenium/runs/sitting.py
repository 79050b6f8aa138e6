"""How a search went until the end of a sitting."""

from dataclasses import dataclass

from ingenium.runs.conflicts import Unmet
from ingenium.runs.rounds import Round
from ingenium.runs.search_plan import SearchPlan

LEAST = 10  # designs that are handed over where the spec does not say how many, beside the front
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
class Sitting:
    """By what plan, round by round, why it ended, and which limits nothing held together."""

    plan: SearchPlan
    why: str  # the entry of `Stop` that was reached, or `designs`
    rounds: tuple[Round, ...]
    unmet: Unmet | None

    @property
    def last(self) -> Round:
        """The state at the end."""
        return self.rounds[-1]

    @property
    def reason(self) -> str:
        """Why it ended, in words."""
        return WHY[self.why]
