"""The six uses of Table 1 of chapter 22, and stored results for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SIDES = ("classical", "learned", "generative")


@dataclass(frozen=True)
class ScoreAxis:
    """One use of the chapter's table, and the place of our own number for it."""

    use: str
    metric: str
    row: str
    values: tuple[str, ...] = ()  # of the row's result, of each side; empty for none
    score: Callable[[float, float], float] = lambda own, least: own  # of a value and the least one

    def scores(self, stored: Mapping[str, Any]) -> dict[str, float]:
        """Scores by side, 1 for the best possible."""
        named = {side: name for side, name in zip(SIDES, self.values, strict=True) if name}
        own = {side: float(stored[name]["interval"]["value"]) for side, name in named.items()}
        return {side: self.score(x, min(own.values())) for side, x in own.items()}


FAMILIES = ("isolation_forest", "lstm", "diffusion")
AXES = (  # the rows of Table 1 of chapter 22
    ScoreAxis("faults", "F1", "22.7"),
    ScoreAxis("anomalies", "AUC", "22.2", tuple(f"auc_{name}" for name in FAMILIES)),
    ScoreAxis(
        "energy",
        "best CRPS by own",
        "22.5",
        ("gaussian_process crps", "", "principal_diffusion crps"),
        lambda own, least: least / own,
    ),
    ScoreAxis(
        "false alarms",
        "asked rate by own",
        "22.2",
        tuple(f"false_alarms_{name}" for name in FAMILIES),
        lambda own, least: min(1.0, 1.0 / own) if own else 1.0,
    ),
    ScoreAxis("downtime", "hours saved", "22.7"),
    ScoreAxis("attacks", "S of BATADAL", "22.6", ("s_dpca", "s_none", "s_diffusion")),
)
