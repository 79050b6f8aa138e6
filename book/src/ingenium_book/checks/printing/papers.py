"""Measured pools as features and targets, and splits by paper.

Shapes: n tracks, f features.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from ingenium.domains.printing.alloys import ALLOYS
from ingenium.domains.printing.calibration import enthalpies
from ingenium.domains.printing.measured import (
    FOLDER,
    MODES,
    POOLS,
    PoolComparison,
    of_lasers,
    predicted,
    tracks,
)
from ingenium_book.owned import owned

OWNER = "github.com/BaratiLab/MeltpoolNet"
ABSORPTIVITY = 0.4  # one number for all tracks, so that no paper's own pools enter its features
FOLDS, TREES, LEAF, UNMOLTEN = 9, 80, 3, 0.15


@dataclass(frozen=True)
class PoolTable:
    """Tracks with measured sizes, features with and without physics, and their papers."""

    table: pd.DataFrame
    plain: Float64[np.ndarray, "n f"]
    physics: Float64[np.ndarray, "n g"]
    width: Float64[np.ndarray, " n"]  # predicted, by the cheap tier
    depth: Float64[np.ndarray, " n"]

    @property
    def paper(self) -> np.ndarray:
        """Paper of each track."""
        found: np.ndarray = self.table["paper"].to_numpy(dtype=str)
        return found

    def real(self, size: str) -> Float64[np.ndarray, " n"]:
        """Logarithm of a measured size, `width` or `depth`; NaN where it is absent."""
        return np.asarray(np.log(self.table[f"{size}_m"].to_numpy(dtype=np.float64)))


@cache
def pools() -> PoolTable:
    """Return all measured pools of laser powder beds, of known alloys."""
    folder = owned(FOLDER, (POOLS, MODES), OWNER)[0].parent
    table = of_lasers(tracks(folder))
    seen = table["width_m"].notna() | table["depth_m"].notna()
    return featured(table[seen].reset_index(drop=True))


@cache
def modes() -> PoolTable:
    """Return all tracks with a measured mode, of known alloys."""
    folder = owned(FOLDER, (POOLS, MODES), OWNER)[0].parent
    table = of_lasers(tracks(folder, MODES))
    return featured(table[table["mode"].notna()].reset_index(drop=True))


@cache
def comparison() -> PoolComparison:
    """Return the predictions of all measured pools at all absorptivities."""
    return PoolComparison.of(pools().table)


def featured(table: pd.DataFrame) -> PoolTable:
    """Add features to tracks."""
    eta = np.full(len(table), ABSORPTIVITY)
    pool = predicted(table, eta)
    of_alloy = np.array([_thermal(a) for a in table["alloy"]])
    laser = np.log(table[["power_w", "speed_m_s", "beam_m"]].to_numpy(dtype=np.float64))
    layer = table["layer_m"].fillna(0.0).to_numpy()[:, None] * 1e6
    plain = np.concatenate([laser, layer, of_alloy], 1)
    sizes = np.stack([pool.width_m, pool.depth_m, pool.length_m], 1)
    beam = table["beam_m"].to_numpy(dtype=np.float64)[:, None]
    known = np.log(np.maximum(sizes, UNMOLTEN * beam))  # of a pool that is not predicted to melt
    enthalpy = np.log(enthalpies(table, eta))[:, None]
    share = layer * 1e-6 / np.maximum(sizes[:, 1:2], 1e-7)
    slim = known[:, 2:] - known[:, :1]
    physics = np.concatenate([known, enthalpy, slim, np.minimum(share, 1e2)], 1)
    return PoolTable(table, plain, physics, np.exp(known[:, 0]), np.exp(known[:, 1]))


def _thermal(alloy: str) -> tuple[float, ...]:
    one = ALLOYS[alloy]
    return (
        np.log(one.density_kg_m3 * one.solid_j_kg_k),
        np.log(one.conductivity_w_m_k),
        one.melting_k / 1e3,
    )


def folds(paper: np.ndarray, seed: int, count: int = FOLDS) -> Iterator[Int64[np.ndarray, " m"]]:
    """Yield the rows of some papers after those of others, each paper once."""
    names = np.random.default_rng(seed).permutation(np.unique(paper))
    for k in range(min(count, len(names))):
        yield np.flatnonzero(np.isin(paper, names[k::count]))


def forest(
    x: Float64[np.ndarray, "n f"],
    y: Float64[np.ndarray, " n"],
    paper: np.ndarray,
    at: Float64[np.ndarray, "m f"],
) -> Float64[np.ndarray, " m"]:
    """Predict by a random forest in which each paper has one weight."""
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(TREES, min_samples_leaf=LEAF, max_features=0.6, random_state=0)
    found: np.ndarray = model.fit(x, y, sample_weight=paper_weights(paper)).predict(at)
    return found


def nearest(
    x: Float64[np.ndarray, "n f"],
    y: Float64[np.ndarray, " n"],
    at: Float64[np.ndarray, "m f"],
) -> Float64[np.ndarray, " m"]:
    """Predict by the nearest known track, in standard deviations of the features."""
    spread = np.maximum(x.std(0), 1e-9)
    gaps = ((at[:, None] - x[None]) / spread) ** 2
    return np.asarray(y[gaps.sum(2).argmin(1)])


def paper_weights(paper: np.ndarray) -> Float64[np.ndarray, " n"]:
    """Return weights with which each paper counts as one."""
    _, which, count = np.unique(paper, return_inverse=True, return_counts=True)
    return 1.0 / count[which]


def by_paper(values: Float64[np.ndarray, " n"], paper: np.ndarray) -> Float64[np.ndarray, " p"]:
    """Return the mean of values in each paper."""
    return np.array([values[paper == p].mean() for p in np.unique(paper)])
