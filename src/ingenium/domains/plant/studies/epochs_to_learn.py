"""Row 22.3: steps of training until a monitor tells 90 % of windows rightly, by augmentation.

Weeks, split and transformer of row 22.2. Balanced accuracy (the mean of both true rates at a score
of 0) on event and calm windows of weeks that judge, every 20 steps; a run that never reaches
0.90 counts with all its steps and one check more, so that the ratio is no better than it was.
Ratios are of arms on the same seeds, below 1 where diffusion needs fewer steps.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike

from ingenium.core.seeds import one_thread
from ingenium.domains.plant.studies.watched import UNSEEN, WatchedSize, own_weeks
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.monitor.asked import MonitorSpec
from ingenium.monitor.families import table
from ingenium.monitor.lessons import calm_windows, event_windows, taught

ARMS = {name: name for name in ("none", "gan", "diffusion")}
EVERY, ENOUGH = 20, 0.9


def run(augment: str, seed: int, size: WatchedSize) -> Mapping[str, ArrayLike]:
    """The step at which the accuracy first reaches 0.90, and the best accuracy."""
    spec = MonitorSpec(
        family="transformer", augment=augment, steps=size.steps, seed=seed, unseen=UNSEEN
    )
    own = own_weeks(seed, size.weeks)
    detector = table.build("transformer", len(own.learned[0].tags), window=None, seed=seed)
    lesson = taught(own, spec, detector).lesson
    calm = calm_windows(own.judging, detector.window, round(spec.recovery_h), seed)
    events = event_windows(own.judging, detector.window)
    course: list[tuple[int, float]] = []

    def look(step: int, steps: int, loss: float) -> None:
        if step % EVERY == 0:
            with torch.no_grad():
                rights = (
                    (detector(events) > 0).double().mean(),
                    (detector(calm) <= 0).double().mean(),
                )
            course.append((step, float(sum(rights)) / 2))

    with one_thread():
        detector.fit(replace(lesson, plan=replace(lesson.plan, progress=look)))
    reached = [step for step, accuracy in course if accuracy >= ENOUGH]
    return {
        "steps": float(reached[0] if reached else size.steps + EVERY),
        "best": max(accuracy for _, accuracy in course),
    }


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Steps of diffusion by those of the other arms, and each arm's."""
    steps = {arm: found(arm, "steps") for arm in ARMS}
    ratios = {f"steps_by_{arm}": ratio(steps["diffusion"], steps[arm]) for arm in ("none", "gan")}
    best = {f"best_{arm}": found(arm, "best") for arm in ARMS}
    each = {f"steps_{arm}": np.asarray(values) for arm, values in steps.items()}
    return ratios | each | best


measure = Trials(arms=ARMS, sizes=(WatchedSize(80, 600), WatchedSize(30, 60)), run=run, read=read)
