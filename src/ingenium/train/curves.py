"""Verdict on a fit from its whole curve: learned, overfitted after a step, or learned nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RISEN = 0.1  # of what was gained, by which the held-out loss rises when a fit overfits
NOISE = 0.02  # of the best loss, below which a rise says nothing
GAINED = 0.01  # of the loss of a model that knows nothing


@dataclass(frozen=True)
class LossCurve:
    """Losses at each check of a fit: on rows that it is trained on, and on rows held out.

    `nothing` is the loss of a model that knows nothing of a design; None where it is unknown.
    """

    steps: tuple[int, ...]
    held_out: tuple[float, ...]
    training: tuple[float, ...]
    nothing: float | None = None

    @classmethod
    def of(
        cls, curve: Mapping[str, Sequence[float]], *, nothing: float | None = None
    ) -> "LossCurve":
        """Build it from what the trainer returned."""
        steps = tuple(int(s) for s in curve["step"])
        return cls(steps, tuple(curve["held_out"]), tuple(curve["turn_1"]), nothing)

    @property
    def best_at(self) -> int:
        """Index of the check with the lowest held-out loss."""
        return min(range(len(self.held_out)), key=self.held_out.__getitem__)

    @property
    def best(self) -> float:
        """Lowest held-out loss."""
        return self.held_out[self.best_at]

    @property
    def overfitted(self) -> bool:
        """True if the held-out loss rose again after its lowest value."""
        lost, gained = self.held_out[-1] - self.best, self.held_out[0] - self.best
        return lost > max(RISEN * gained, NOISE * abs(self.best))

    @property
    def learned(self) -> bool:
        """True if the best held-out loss is below that of a model that knows nothing."""
        if self.nothing is not None:
            return self.best < self.nothing - GAINED * abs(self.nothing)
        return not (self.overfitted and self.best_at == 0)

    def at(self, budget: int) -> tuple[float, float]:
        """Return the held-out losses after half of a budget and at the end, as they were then."""
        half = [loss for s, loss in zip(self.steps, self.held_out, strict=True) if s <= budget / 2]
        return (half or self.held_out)[-1 if half else 0], self.held_out[-1]

    def verdict(self) -> str:
        """Return the verdict in words."""
        step = self.steps[self.best_at]
        first = ", its first check" if self.best_at == 0 else ""
        if not self.learned:
            least = "" if self.nothing is None else f", and {self.nothing:.3g} is knowing nothing"
            why = f"best held-out loss {self.best:.3g} at step {step}{first}{least}"
            last = f"; {self.held_out[-1]:.3g} at step {self.steps[-1]}" if self.overfitted else ""
            return f"learned nothing: {why}{last}"
        if self.overfitted:
            return (
                f"overfitted after step {step}{first}: held-out loss {self.best:.3g} there, "
                f"{self.held_out[-1]:.3g} at step {self.steps[-1]}"
            )
        gain = "" if self.nothing is None else f", {self.nothing:.3g} without learning"
        return f"learned: held-out loss {self.best:.3g} at step {step}{gain}"

    def record(self) -> dict[str, Any]:
        """Return the whole curve as plain data."""
        return {
            "step": list(self.steps), "held_out": list(self.held_out),
            "training": list(self.training), "nothing": self.nothing,
        }  # fmt: skip
