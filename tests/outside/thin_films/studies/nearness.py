"""Row thin_films.1: coatings on demand against coatings that nobody asked for.

A mean reflectance of 0.1 over the visible band is wanted. The bootstrap of known coatings is asked
for it, and is asked for nothing. The distance is the mean absolute difference of the measured from
the wanted reflectance, over all designs of a seed. The bound is what a customer would notice.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ingenium import propose
from ingenium.core.spec import GeneratorChoice, Select, Spec
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio

WANTED = 0.1
ASKED, CHANCE = "asked", "chance"


def run(conditions: Mapping[str, float], seed: int, count: int) -> dict[str, ArrayLike]:
    """How far the designs of one seed lie from what was asked for."""
    asked = Spec(
        problem="thin_films.coating",
        conditions=conditions,
        generator=GeneratorChoice(family="bootstrap"),
        select=Select(keep="verified"),
    )
    with TemporaryDirectory() as place:
        made = propose(asked, count, seed, Path(place) / "run")
        designs = xr.load_dataset(made.folder / "designs.nc")
    return {"distance": np.abs(designs["mean_reflectance"].to_numpy() - WANTED).mean()}


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Distances by seed, and their ratio."""
    asked, chance = found(ASKED, "distance"), found(CHANCE, "distance")
    return {"nearer": ratio(chance, asked), "distance": asked, "distance by chance": chance}


measure = Trials(
    arms={ASKED: {"wanted": WANTED}, CHANCE: {}},
    sizes=(128, 32),  # designs of a seed
    run=run,
    read=read,
)
