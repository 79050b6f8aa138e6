"""What studies of alarms share: weeks of C-Town, their parts, and monitors that learn from them."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float64

from ingenium.core.seeds import one_thread
from ingenium.domains.plant.campaign import Campaign, CampaignSettings
from ingenium.evaluate import event_scores
from ingenium.monitor.alarms import AlarmRule, calibrated
from ingenium.monitor.asked import MonitorSpec
from ingenium.monitor.augment import STEPS
from ingenium.monitor.families import table
from ingenium.monitor.families.detector import Detector
from ingenium.monitor.lessons import taught
from ingenium.monitor.splitting import Parts, parts
from ingenium.monitor.stream import Stream, windows

UNSEEN = ("setpoint",)  # a kind that judges alone
# Of generators; one step of the GAN is five of its critic and one of its maker, so that both take
# about as long.
MADE_STEPS = {"gan": 100, "diffusion": 400}


@dataclass(frozen=True)
class WatchedSize:
    """How much a run does."""

    weeks: int
    steps: int  # of training


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


def fitted(spec: MonitorSpec, own: Parts, made_steps: int = STEPS) -> FittedDetector:
    """A monitor that learned from the streams that it may learn from."""
    detector = table.build(
        spec.chosen, len(own.learned[0].tags), window=spec.window, seed=spec.seed
    )
    found = taught(own, spec, detector, made_steps=made_steps)
    with one_thread():
        course = detector.fit(replace(found.lesson, plan=replace(found.lesson.plan, progress=None)))
    losses = course.get("held_out", [])
    ends = (losses[(len(losses) - 1) // 2], losses[-1]) if losses else (math.nan, math.nan)
    leak = math.nan if found.membership is None else found.membership
    return FittedDetector(detector.eval(), ends, leak)


def scored(detector: Detector, stream: Stream) -> Float64[np.ndarray, " t"]:
    """The score of each row; NaN before the first whole window."""
    found = np.full(len(stream.values), np.nan)
    rows = np.arange(detector.window - 1, len(found))
    with torch.no_grad():
        x = torch.from_numpy(windows(stream.values, rows, detector.window))
        found[rows] = detector(x).double().numpy()
    return found


def bar(detector: Detector, own: Parts, spec: MonitorSpec) -> AlarmRule:
    """At one false alarm a week on the streams that set it."""
    scores = [scored(detector, s) for s in own.setting]
    return calibrated(
        own.setting, scores, per_week=1.0, hold=round(spec.hold_h), recovery=round(spec.recovery_h)
    )


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


def watched(arm: tuple[str, str], seed: int, size: WatchedSize) -> WatchedWeeks:
    """What a family with an augmentation makes of the weeks of a seed."""
    family, augment = arm
    spec = MonitorSpec(family=family, augment=augment, steps=size.steps, seed=seed, unseen=UNSEEN)
    return heard(spec, own_weeks(seed, size.weeks), MADE_STEPS.get(augment, STEPS))


def heard(spec: MonitorSpec, own: Parts, made_steps: int = STEPS) -> WatchedWeeks:
    """What a monitor that learned from its part makes of the part that judges."""
    learned = fitted(spec, own, made_steps)
    scores = [scored(learned.detector, s) for s in own.judging]
    rule = bar(learned.detector, own, spec)
    return WatchedWeeks(spec, tuple(own.judging), scores, rule, learned)
