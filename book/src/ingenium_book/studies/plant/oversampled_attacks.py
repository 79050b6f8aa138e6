"""Row 22.2: rare attacks oversampled before a transformer, beside classical and learned monitors.

Weeks of C-Town under SCADA by EPANET (five conditions, attacked and calm) in place of SWaT and
BATADAL; weeks are drawn anew for each seed, whole weeks judge, and so does a kind of attack that
was never learned from (changed setpoints). The same transformer learns from event windows as they
are, with points between neighbours, or with windows of a GAN or of a diffusion model that learned
from the same event windows alone, for about the same time, in which neither comes to its end; an
LSTM and an isolation forest stand beside. Area over rows; missed events, and false alarms a week,
at a bar of one that other weeks set; held-out losses after half and all steps; and whether made
windows give away which ones they were learned from (an area, 0.5 for not at all). No score is
point-adjusted. A quick look takes fewer weeks and steps.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ingenium.evaluate.trials import Readings, Trials
from ingenium.monitor.families import table
from ingenium.monitor.judging import judge
from ingenium.monitor.spec import MonitorSpec
from ingenium_book.studies.plant.watched import (
    UNSEEN,
    AccuracyCurve,
    WatchedSize,
    heard,
    own_weeks,
)

ARMS = {
    "none": ("transformer", "none"),
    "oversampling": ("transformer", "oversampling"),
    "gan": ("transformer", "gan"),
    "diffusion": ("transformer", "diffusion"),
    "lstm": ("lstm", "none"),
    "isolation_forest": ("isolation_forest", "none"),
}


CRITIC = 4  # as many times fewer steps has the GAN: with its critic's it takes a little longer


def run(arm: tuple[str, str], seed: int, size: WatchedSize) -> Mapping[str, ArrayLike]:
    """Area of one monitor, what it missed and rang falsely, and the course of a transformer."""
    family, augment = arm
    spec = MonitorSpec(family=family, augment=augment, steps=size.steps, seed=seed, unseen=UNSEEN)
    synthetic_steps = size.synthetic_steps // CRITIC if augment == "gan" else size.synthetic_steps
    weeks = own_weeks(seed, size.weeks)
    curve = None
    if family == "transformer":
        curve = AccuracyCurve.of(spec, weeks, table.FAMILIES[family].window)
    own = heard(spec, weeks, synthetic_steps, curve)
    recovery = own.spec.recovery_rows(own.judging[0].step_s)
    found = judge(own.judging, own.scores, own.rule, recovery)
    rare = [e.delay_h is None for e in found.events if e.event.kind in UNSEEN]
    return {
        "auc": own.auc,
        "missed": found.values["missed"].value,
        "false_alarms": found.values["false_alarms"].value,
        "missed_unseen": float(np.mean(rare)) if rare else float("nan"),
        "losses": own.learned.losses,
        "membership": own.learned.membership,
        "course": curve.values if curve else [],
    }


def read(found: Readings) -> Mapping[str, ArrayLike]:
    """Gains of diffusion in area; each area, missed share and false alarms; losses and leaks."""
    area = {arm: found(arm, "auc") for arm in ARMS}
    gains = {
        f"gain_over_{arm}": area["diffusion"] - area[arm] for arm in ARMS if arm != "diffusion"
    }
    areas = {f"auc_{arm}": values for arm, values in area.items()}
    rung = {
        f"{name}_{arm}": found(arm, name)
        for name in ("missed", "missed_unseen", "false_alarms")
        for arm in ARMS
    }
    losses = {
        f"loss_{when}_{arm}": found(arm, "losses")[:, i]
        for arm in ("none", "oversampling", "gan", "diffusion")
        for i, when in enumerate(("half", "full"))
    }
    leaks = {f"membership_{arm}": found(arm, "membership") for arm in ("gan", "diffusion")}
    return gains | areas | rung | losses | leaks


SIZES = (WatchedSize(100, 300, 240), WatchedSize(30, 60, 20))
measure = Trials(arms=ARMS, sizes=SIZES, run=run, read=read)
