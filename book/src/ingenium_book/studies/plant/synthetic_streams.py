"""Row 22.4: streams made by TimeGAN, a GAN, a VAE and diffusion, beside blocks of real ones.

Calm windows of a day of C-Town's tags, made after the same windows by each family, beside points
between neighbours and quarters of real windows one after the other. Errors of autocorrelation
(lags 1 to 12, mean over tags) and of the correlation between tags, against windows of weeks that
were never learned from, with what real windows that were learned from have beside them; and the
area of a dynamic PCA that learned from made windows alone, by that of one that learned from real
ones. Every learned family has about the same processor time, some 15 s, in which none comes to its
end: a step of the GAN, with five of its critic, takes ten times one of diffusion. Tennessee Eastman
is not among what was measured.
"""

from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float, Float64
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.evaluate.event_scores import auc
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.monitor.augment import augmented
from ingenium.monitor.families.charts import PCA
from ingenium.monitor.families.detector import WindowExamples
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.training_sets import normal_windows
from ingenium.train.plan import Plan
from ingenium_book.studies.plant.watched import WatchedSize, own_weeks, scores_of

ARMS = {name: name for name in ("oversampling", "blocks", "gan", "timegan", "vae", "diffusion")}
LENGTH, LAGS, COUNT = 24, 12, 2000
AT_EQUAL_TIME = {"gan": 0.5, "vae": 4.0, "diffusion": 4.0}  # steps, by those of a phase of TimeGAN


def run(arm: str, seed: int, size: WatchedSize) -> Mapping[str, ArrayLike]:
    """Errors of made windows and their use, with the area of a monitor on real ones."""
    own = own_weeks(seed, size.weeks)
    recovery = MonitorSpec().recovery_rows(own.learned[0].step_s)
    real = normal_windows(own.learned, LENGTH, recovery, seed)[:COUNT]
    new = normal_windows(own.judging, LENGTH, recovery, seed)
    steps = round(size.steps * AT_EQUAL_TIME.get(arm, 1.0))
    made = augmented(arm, real, min(COUNT, len(real)), seed=seed, steps=steps)
    label = np.concatenate([s.label for s in own.judging])
    areas = {}
    for name, examples in (("made", made), ("real", real)):
        detector = PCA(real.shape[2], LENGTH)
        detector.fit(WindowExamples(examples, examples[:0], Plan()))
        score = np.concatenate(scores_of(detector, own.judging))
        known = np.isfinite(score)
        areas[name] = auc(label[known], score[known])
    return {
        "acf_error": float(np.abs(autocorrelation(made) - autocorrelation(new)).mean()),
        "cross_error": float(np.abs(between(made) - between(new)).mean()),
        "acf_floor": float(np.abs(autocorrelation(real) - autocorrelation(new)).mean()),
        "cross_floor": float(np.abs(between(real) - between(new)).mean()),
        "auc_made": areas["made"],
        "auc_real": areas["real"],
    }


def autocorrelation(x: Float[Tensor, "n w k"]) -> Float64[np.ndarray, "lag k"]:
    """Of each tag over the lags, around its mean of all windows."""
    centred = (x - x.mean((0, 1))).double()
    power = centred.square().mean((0, 1)).clamp(min=1e-9)
    lags = [
        (centred[:, lag:] * centred[:, :-lag]).mean((0, 1)) / power for lag in range(1, LAGS + 1)
    ]
    return torch.stack(lags).numpy()


def between(x: Float[Tensor, "n w k"]) -> Float64[np.ndarray, "k k"]:
    """Correlation of tags in the same row; 0 with one that never moves."""
    rows = x.flatten(0, 1).double()
    centred = rows - rows.mean(0)
    unit = centred / centred.square().mean(0).sqrt().clamp(min=1e-6)
    return (unit.T @ unit / len(unit)).numpy()


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Errors of TimeGAN by the plain GAN's, and all errors and uses."""
    names = ("acf_error", "cross_error")
    gains = {f"{name}_by_gan": ratio(found("timegan", name), found("gan", name)) for name in names}
    floors = {name: found("gan", name) for name in ("acf_floor", "cross_floor")}
    use = {f"use_{arm}": ratio(found(arm, "auc_made"), found(arm, "auc_real")) for arm in ARMS}
    errors = {f"{name}_{arm}": found(arm, name) for name in names for arm in ARMS}
    return gains | floors | use | errors


measure = Trials(arms=ARMS, sizes=(WatchedSize(60, 60), WatchedSize(30, 20)), run=run, read=read)
