"""Attackers who know the monitor: readings moved within what sensors allow, and training on them.

Shapes: n windows, w rows of one, k tags.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.evaluate import event_scores
from ingenium.monitor.families.detector import Detector, WindowExamples

ROUNDS, STEPS = 2, 5


@dataclass(frozen=True)
class SensorReach:
    """Reach of an attacker: some tags, moved by at most some spreads, in their physical range."""

    tags: Bool[Tensor, " k"]
    spreads: float
    low: Float[Tensor, " k"]
    high: Float[Tensor, " k"]

    @classmethod
    def of(cls, normal: Float[Tensor, "n w k"], spreads: float = 0.5) -> "SensorReach":
        """Take tags with more than two values, within the range of their readings."""
        rows = normal.flatten(0, 1)
        low, high = rows.amin(0), rows.amax(0)
        two = torch.tensor([len(rows[:, i].unique()) <= 2 for i in range(rows.shape[1])])
        return cls(~two, spreads, low, high)

    def within(
        self,
        moved: Float[Tensor, "n w k"],
        true: Float[Tensor, "n w k"],
        scale: Float[Tensor, " k"],
    ) -> Float[Tensor, "n w k"]:
        """Clip moved windows to every bound; other tags get their true readings."""
        step = self.spreads * scale
        near = torch.maximum(torch.minimum(moved, true + step), true - step)
        bounded = torch.maximum(
            torch.minimum(near, self.high.maximum(true)), self.low.minimum(true)
        )
        return torch.where(self.tags, bounded, true)


def evaded(
    detector: Detector, x: Float[Tensor, "n w k"], reach: SensorReach, *, steps: int = STEPS
) -> Float[Tensor, "n w k"]:
    """Move windows so that they score as low as the reach allows.

    Source: Madry et al., ICLR 2018, projected gradient descent by the sign.
    """
    moved, size = x.clone(), 2.5 * reach.spreads / steps
    for _ in range(steps):
        at = moved.detach().requires_grad_()
        (slope,) = torch.autograd.grad(detector(at).sum(), at)
        moved = reach.within(at.detach() - size * detector.scale * slope.sign(), x, detector.scale)
    return moved


def hardened(
    detector: Detector, examples: WindowExamples, reach: SensorReach | None = None
) -> dict[str, list[float]]:
    """Fit, move the events' windows as an attacker would, and fit on both, for some rounds."""
    curve = detector.fit(examples)
    own = reach or SensorReach.of(examples.normal)
    events = examples.events
    for _ in range(ROUNDS if detector.learns_events and len(events) else 0):
        moved = evaded(detector.eval(), examples.events, own)
        events = torch.cat([events, moved])
        curve = detector.fit(replace(examples, events=events))
    return curve


def areas(
    detector: Detector,
    normal: Float[Tensor, "n w k"],
    events: Float[Tensor, "m w k"],
    reach: SensorReach,
) -> dict[str, float]:
    """AUC of events against windows of normal operation, before and after an attack on the former.

    `beyond` is the largest part of a move that lies outside the reach, in spreads: 0.
    """
    moved = evaded(detector, events, reach)
    stored = reach.within(moved, events, detector.scale)
    label = np.concatenate([np.zeros(len(normal)), np.ones(len(events))]).astype(bool)
    with torch.no_grad():
        own, before, after = (detector(x).double().numpy() for x in (normal, events, moved))
    return {
        "spreads": reach.spreads,
        "auc": event_scores.auc(label, np.concatenate([own, before])),
        "auc_evaded": event_scores.auc(label, np.concatenate([own, after])),
        "beyond": float(((moved - stored).abs() / detector.scale).max()),
    }
