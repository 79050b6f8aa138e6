"""Row 22.3: steps of training until a monitor tells windows as rightly, by augmentation.

Weeks, split, transformer and augmentations of row 22.2. Balanced accuracy (the mean of both true
rates at a score of 0) on event and calm windows of weeks that judge, every 20 steps. The claim is
of the same accuracy in fewer steps, so two arms are compared at one that both reach: the smaller
of the best ones of a seed. Ratios are of arms on the same seeds, below 1 where diffusion needs
fewer steps. The printed 0.90 is told beside: the share of seeds in which an arm ever reaches it.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.seeds import one_thread
from ingenium.domains.plant.studies.watched import MADE_STEPS, UNSEEN, WatchedSize, own_weeks
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio, share
from ingenium.monitor.asked import MonitorSpec
from ingenium.monitor.augment import STEPS
from ingenium.monitor.families import table
from ingenium.monitor.lessons import calm_windows, event_windows, taught

ARMS = {name: name for name in ("none", "gan", "diffusion")}
EVERY, ENOUGH = 20, 0.9
LOOKED_AT = 1500  # windows of each side at most


def run(augment: str, seed: int, size: WatchedSize) -> Mapping[str, ArrayLike]:
    """Balanced accuracy every so many steps."""
    spec = MonitorSpec(
        family="transformer", augment=augment, steps=size.steps, seed=seed, unseen=UNSEEN
    )
    own = own_weeks(seed, size.weeks)
    detector = table.build("transformer", len(own.learned[0].tags), window=None, seed=seed)
    lesson = taught(own, spec, detector, made_steps=MADE_STEPS.get(augment, STEPS)).lesson
    calm = calm_windows(own.judging, detector.window, round(spec.recovery_h), seed)
    events = event_windows(own.judging, detector.window)
    rng = torch.Generator().manual_seed(seed)
    calm, events = (x[torch.randperm(len(x), generator=rng)[:LOOKED_AT]] for x in (calm, events))
    course: list[float] = []

    def look(step: int, steps: int, loss: float) -> None:
        if step % EVERY == 0:
            with torch.no_grad():
                told, quiet = detector(events) > 0, detector(calm) <= 0
            course.append(float(told.double().mean() + quiet.double().mean()) / 2)

    with one_thread():
        detector.fit(replace(lesson, plan=replace(lesson.plan, progress=look)))
    return {"course": course}


def steps_to(course: Float64[np.ndarray, "s c"], bar: Float64[np.ndarray, " s"]) -> np.ndarray:
    """Steps of each seed until its course first reaches a bar that it does reach."""
    return EVERY * (1 + np.argmax(course >= bar[:, None], axis=1))


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Steps of diffusion by those of the other arms, best accuracies, and who reaches 0.90."""
    course = {arm: found(arm, "course") for arm in ARMS}
    best = {arm: values.max(1) for arm, values in course.items()}
    made = dict[str, ArrayLike | Value]()
    for arm in ("none", "gan"):
        bar = np.minimum(best[arm], best["diffusion"])
        steps = [steps_to(course[name], bar) for name in ("diffusion", arm)]
        made[f"steps_by_{arm}"] = ratio(*steps)
        made |= {f"steps_diffusion_to_{arm}": steps[0], f"steps_{arm}": steps[1]}
    made |= {f"best_{arm}": values for arm, values in best.items()}
    return made | {f"enough_{arm}": share(values >= ENOUGH) for arm, values in best.items()}


measure = Trials(arms=ARMS, sizes=(WatchedSize(150, 300), WatchedSize(30, 60)), run=run, read=read)
