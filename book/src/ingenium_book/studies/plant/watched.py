"""What studies of alarms share: weeks of C-Town, their parts, and monitors that learn from them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.plant.campaign import Campaign, CampaignSettings
from ingenium.evaluate import event_scores
from ingenium.monitor.alarms import AlarmRule
from ingenium.monitor.augment import STEPS
from ingenium.monitor.families import table
from ingenium.monitor.families.detector import Detector
from ingenium.monitor.fitting import threshold
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.splitting import Parts, parts
from ingenium.monitor.stream import Stream, scored
from ingenium.monitor.training_sets import event_windows, normal_windows, taught

UNSEEN = ("setpoint",)  # a kind that judges alone
EVERY, LOOKED_AT = 20, 750  # steps between two looks, and windows of each side


@dataclass(frozen=True)
class WatchedSize:
    """How much a run does."""

    weeks: int
    steps: int  # of training
    synthetic_steps: int = STEPS  # of a generator of windows


@lru_cache(maxsize=1)
def own_weeks(seed: int, count: int) -> Parts:
    """Weeks of a seed by what they are for; half of those that learn and judge are calm or so."""
    plant = Campaign(CampaignSettings(known=count, seed=seed))
    spec = MonitorSpec(unseen=UNSEEN, seed=seed)
    return parts(plant.streams(plant.data()), spec)


@dataclass(frozen=True, eq=False)
class FittedDetector:
    """A detector that learned, and what its lesson and its course say of it."""

    detector: Detector
    losses: tuple[float, float]  # held-out ones, after half and all of its steps
    membership: float  # area by which windows that made ones came from are told; none made: NaN


@dataclass(frozen=True, eq=False)
class AccuracyCurve:
    """Mean of a classifier's both true rates, on windows that judge, every so many steps."""

    normal: Float[Tensor, "n w k"]
    events: Float[Tensor, "m w k"]
    values: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, spec: MonitorSpec, own: Parts, window: int) -> "AccuracyCurve":
        """Some windows of the part that judges."""
        recovery = spec.recovery_rows(own.judging[0].step_s)
        rng = torch.Generator().manual_seed(spec.seed)
        normal, events = (
            x[torch.randperm(len(x), generator=rng)[:LOOKED_AT]]
            for x in (
                normal_windows(own.judging, window, recovery, spec.seed),
                event_windows(own.judging, window),
            )
        )
        return cls(normal, events)

    def look(self, detector: Detector, step: int) -> None:
        """Add one value, where it is time."""
        if step % EVERY == 0:
            with torch.no_grad():
                reported, quiet = detector(self.events) > 0, detector(self.normal) <= 0
            self.values.append(float(reported.double().mean() + quiet.double().mean()) / 2)


def fitted(
    spec: MonitorSpec, own: Parts, synthetic_steps: int = STEPS, curve: AccuracyCurve | None = None
) -> FittedDetector:
    """A monitor that learned from the streams that it may learn from."""
    detector = table.build(
        spec.chosen, len(own.learned[0].tags), window=spec.window, seed=spec.seed
    )
    found = taught(own, spec, detector, synthetic_steps=synthetic_steps)
    plan = replace(found.examples.plan, progress=None)
    if curve is not None:
        plan = replace(plan, progress=lambda step, n, loss: curve.look(detector, step))
    with one_thread():
        losses = detector.fit(replace(found.examples, plan=plan)).get("held_out", [])
    ends = (losses[(len(losses) - 1) // 2], losses[-1]) if losses else (math.nan, math.nan)
    leak = math.nan if found.membership is None else found.membership
    return FittedDetector(detector.eval(), ends, leak)


def scores_of(detector: Detector, streams: Sequence[Stream]) -> list[Float64[np.ndarray, " t"]]:
    """The score of each row of each stream; NaN before the first whole window."""

    def score(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(detector(torch.from_numpy(x)).double())

    return [scored(stream, detector.window, score) for stream in streams]


@dataclass(frozen=True)
class WatchedWeeks:
    """Weeks that judge, with the scores of a monitor that learned from others, and its bar."""

    spec: MonitorSpec
    judging: tuple[Stream, ...]
    scores: list[Float64[np.ndarray, " t"]]
    rule: AlarmRule
    learned: FittedDetector

    @property
    def label(self) -> np.ndarray:
        """Of all rows, one week after the other."""
        return np.concatenate([s.label for s in self.judging])

    @property
    def auc(self) -> float:
        """Area over all rows with a score."""
        every = np.concatenate(self.scores)
        known = np.isfinite(every)
        return event_scores.auc(self.label[known], every[known])


def heard(
    spec: MonitorSpec, own: Parts, synthetic_steps: int = STEPS, curve: AccuracyCurve | None = None
) -> WatchedWeeks:
    """What a monitor that learned from its part makes of the part that judges."""
    learned = fitted(spec, own, synthetic_steps, curve)
    scores = scores_of(learned.detector, own.judging)
    rule = threshold(own.setting, scores_of(learned.detector, own.setting), spec)
    return WatchedWeeks(spec, tuple(own.judging), scores, rule, learned)
