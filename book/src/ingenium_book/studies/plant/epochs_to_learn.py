"""Row 22.3: steps of training until a monitor tells windows as rightly, by augmentation.

The runs of row 22.2: its weeks, split, transformer and augmentations. Balanced accuracy (the mean
of both true rates at a score of 0) on event and calm windows of weeks that judge, every 20 steps.
The claim is of the same accuracy in fewer steps, so two arms are compared at one that both reach:
the smaller of the best ones of a seed. Ratios are of arms on the same seeds, below 1 where
diffusion needs fewer steps. The printed 0.90 is told beside: the share of seeds in which an arm
ever reaches it.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio, share
from ingenium_book.studies.plant import oversampled_attacks
from ingenium_book.studies.plant.oversampled_attacks import SIZES, run
from ingenium_book.studies.plant.watched import EVERY

ARMS = {name: oversampled_attacks.ARMS[name] for name in ("none", "gan", "diffusion")}
ENOUGH = 0.9


def steps_to(curve: Float64[np.ndarray, "s c"], threshold: Float64[np.ndarray, " s"]) -> np.ndarray:
    """Steps of each seed until its course first reaches a bar that it does reach."""
    return np.asarray(EVERY * (1 + np.argmax(curve >= threshold[:, None], axis=1)))


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """Steps of diffusion by those of the other arms, best accuracies, and who reaches 0.90."""
    curve = {arm: found(arm, "course") for arm in ARMS}
    best = {arm: values.max(1) for arm, values in curve.items()}
    made = dict[str, ArrayLike | Value]()
    for arm in ("none", "gan"):
        threshold = np.minimum(best[arm], best["diffusion"])
        steps = [steps_to(curve[name], threshold) for name in ("diffusion", arm)]
        made[f"steps_by_{arm}"] = ratio(*steps)
        made |= {f"steps_diffusion_to_{arm}": steps[0], f"steps_{arm}": steps[1]}
    made |= {f"best_{arm}": values for arm, values in best.items()}
    return made | {f"enough_{arm}": share(values >= ENOUGH) for arm, values in best.items()}


measure = Trials(arms=ARMS, sizes=SIZES, run=run, read=read)
