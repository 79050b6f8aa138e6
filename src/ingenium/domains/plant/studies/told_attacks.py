"""Row 22.6: accuracy on rows of attacked weeks with and without augmentation, by BATADAL's scores.

Weeks, split and bar of row 22.2 in place of BATADAL's test set: a transformer with event windows as
they are and with those of a diffusion model. Accuracy is the share of rows told rightly under
alarms at one false alarm a week, the score S that of the competition (time to detection and both
true rates), over the weeks that judge one after the other.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.domains.plant.studies.watched import WatchedSize, watched
from ingenium.evaluate.event_scores import ranking
from ingenium.evaluate.trials import Readings, Trials

ARMS = {
    "none": ("transformer", "none"),
    "diffusion": ("transformer", "diffusion"),
    "dpca": ("dpca", "none"),
}


def run(arm: tuple[str, str], seed: int, size: WatchedSize) -> Mapping[str, ArrayLike]:
    """Scores of the competition."""
    own = watched(arm, seed, size)
    return dict(ranking(own.label, np.concatenate([own.rule.on(s) for s in own.scores])))


def read(found: Readings) -> Mapping[str, ArrayLike]:
    """Gains of augmentation, and scores of each arm."""
    names = ("accuracy", "s", "s_time_to_detection", "s_classification")
    gains = {f"{n}_gain": found("diffusion", n) - found("none", n) for n in names}
    return gains | {f"{n}_{arm}": found(arm, n) for n in names for arm in ARMS}


measure = Trials(arms=ARMS, sizes=(WatchedSize(100, 400), WatchedSize(30, 60)), run=run, read=read)
