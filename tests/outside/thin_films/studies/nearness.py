"""Row thin_films.1: coatings on demand against known ones.

A mean reflectance of 0.1 over the visible band is asked for. Proposals are those of the fitted
family; beside them stand as many known coatings, drawn by chance. The distance is the mean
absolute difference of the measured from the wanted reflectance, over all designs of a seed.
"""

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
PROPOSED, KNOWN = "proposed", "known"


def run(family: str, seed: int, count: int) -> dict[str, ArrayLike]:
    """How far the designs of one seed lie from what was asked for."""
    asked = Spec(
        problem="thin_films.coating",
        conditions={"wanted": WANTED},
        generator=GeneratorChoice(family=family),
        select=Select(keep="verified"),
    )
    with TemporaryDirectory() as place:
        made = propose(asked, count, seed, Path(place) / "run")
        designs = xr.load_dataset(made.folder / "designs.nc")
    return {"distance": np.abs(designs["mean_reflectance"].to_numpy() - WANTED).mean()}


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Distances by seed, and their ratio."""
    ours, known = found(PROPOSED, "distance"), found(KNOWN, "distance")
    return {"nearer": ratio(known, ours), "distance": ours, "distance of known ones": known}


measure = Trials(
    arms={PROPOSED: "gaussian_copula", KNOWN: "bootstrap"},
    sizes=(128, 32),  # designs of a seed
    run=run,
    read=read,
)
