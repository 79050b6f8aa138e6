"""Row 22.6: rows of BATADAL's attacked record told rightly, with and without augmentation.

Its attack-free year and its record with seven attacks, as the organisers labelled it afterwards,
stand for the test set, which is not given out with labels. Each attack is judged once: the record
is cut between attacks into seven parts, and in three turns some judge, others and a fifth of the
year's weeks set the bar at one false alarm a week, and a monitor learns from the rest and two
fifths of the year. So each turn learns from two or three attacks, which is what makes them rare.
The same transformer on twelve hours learns their windows as they are, with points between
neighbours, or with windows of a diffusion model that learned from them alone; a dynamic PCA, which
learns no attack, and an isolation forest stand beside. Accuracy is the share of rows told rightly,
S the competition's score, a delay that of an attack in hours, its length where it was missed.
A monitor that never rings is told as well: most rows are calm, and it has a high accuracy and no
use; and one that rings in half of all rows at random.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ingenium.evaluate.event_scores import ranking, spans
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.monitor.fitting import data_digest
from ingenium.monitor.spec import MonitorSpec
from ingenium_book.studies.plant import batadal
from ingenium_book.studies.plant.watched import WatchedWeeks, heard

ARMS = {
    "none": ("transformer", "none"),
    "oversampling": ("transformer", "oversampling"),
    "diffusion": ("transformer", "diffusion"),
    "dpca": ("dpca", "none"),
    "isolation_forest": ("isolation_forest", "none"),
}
WINDOW = 12  # hours
NAMES = ("accuracy", "s", "s_time_to_detection", "s_classification", "auc")


@dataclass(frozen=True)
class RecordSize:
    """How much a run does."""

    steps: int  # of training
    synthetic_steps: int  # of the diffusion model
    folds: int


def run(arm: tuple[str, str], seed: int, size: RecordSize) -> Mapping[str, ArrayLike]:
    """Scores of the competition over all turns, and the delay of each attack in hours."""
    family, augment = arm
    window = WINDOW if family == "transformer" else None
    spec = MonitorSpec(
        family=family, augment=augment, window=window, steps=size.steps, seed=seed, unseen=()
    )
    turns = batadal.folds()[: size.folds]
    own = [heard(spec, parts, size.synthetic_steps) for parts in turns]
    label = np.concatenate([turn.label for turn in own])
    alarm = np.concatenate([turn.rule.on(s) for turn in own for s in turn.scores])
    return dict(ranking(label, alarm)) | {
        "auc": float(np.mean([turn.auc for turn in own])),
        "losses": np.mean([turn.learned.losses for turn in own], axis=0),
        "delay": _delays(own),
        "calm": float((~label).mean()),
        "chance": ranking(label, np.random.default_rng(seed).random(len(label)) < 0.5)["s"],
    }


def _delays(own: list[WatchedWeeks]) -> np.ndarray:
    """Of each attack in the order of time, from its first row to an alarm or to its end."""
    found = {}
    for turn in own:
        for stream, score in zip(turn.judging, turn.scores, strict=True):
            for first, last in spans(stream.label):
                reported = np.append(turn.rule.on(score)[first : last + 1], True)
                found[stream.stamps[first]] = np.flatnonzero(reported)[0]
    return np.array([found[moment] for moment in sorted(found)])


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Gains of augmentation, scores of each arm, delays of each attack, and what chance gives."""
    gains = {f"{n}_gain": found("diffusion", n) - found("none", n) for n in NAMES}
    gains |= {f"{n}_over_dpca": found("diffusion", n) - found("dpca", n) for n in NAMES[:2]}
    delays = {
        f"delay_{arm}_{i + 1}": found(arm, "delay")[:, i]
        for arm in ("none", "diffusion", "dpca")
        for i in range(found(arm, "delay").shape[1])
    }
    normal = {"accuracy_of_silence": exact(float(found("none", "calm")[0]))}
    each = {f"{n}_{arm}": found(arm, n) for n in NAMES for arm in ARMS}
    losses = {
        f"loss_{when}_{arm}": found(arm, "losses")[:, i]
        for arm in ("none", "diffusion")
        for i, when in enumerate(("half", "full"))
    }
    chance = {"s_of_chance": found("none", "chance")}
    return gains | each | delays | losses | normal | chance


def record_digest(size: RecordSize) -> str:
    """Of both records."""
    return data_digest(batadal.records())


measure = Trials(
    arms=ARMS,
    sizes=(RecordSize(300, 200, batadal.FOLDS), RecordSize(20, 20, 1)),
    run=run,
    read=read,
    data=record_digest,
)
