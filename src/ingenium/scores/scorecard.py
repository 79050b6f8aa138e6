"""All measures of one fitted family and seed, in one call."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError
from ingenium.evaluate.arrays import Groups, Standard, as_ensemble, as_groups, as_pair
from ingenium.scores import distances, diversity, field_distances, scores, utility
from ingenium.scores.privacy import copies
from ingenium.scores.two_sample import classifier_auc

Card = dict[str, float | Float64[np.ndarray, " n"]]


@dataclass(frozen=True)
class CardSettings:
    """Sample sizes of a scorecard.

    `pairs` and `pairs_seed` fix the pairs of cells of the variogram score: a comparison needs the
    same for all families. `matched` is the number of members that are compared with the real
    designs in the classifier, the diversity and the MMD, `pooled` in the distances. `period` is the
    duration of a series, in the unit of the peak-time distance.
    """

    pairs: int = 20_000
    pairs_seed: int = 0
    matched: int = 4
    pooled: int = 20
    period: float = 24.0

    def __post_init__(self) -> None:
        if min(self.pairs, self.matched, self.pooled) < 1 or self.period <= 0:
            raise InputError(
                "pairs, matched and pooled of at least 1 and a period above 0",
                f"{self.pairs}, {self.matched}, {self.pooled} and {self.period}",
            )


DEFAULT = CardSettings()
SORTED = 4_000_000  # numbers of fields that distances sort at most, or those of one member


def scorecard(
    held_out: ArrayLike,
    ensemble: ArrayLike,
    proposals: ArrayLike,
    training: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: Groups | None = None,
    settings: CardSettings = DEFAULT,
) -> Card:
    """Compute scores, distances, classifier, utility, privacy and diversity of a family and seed.

    Everything is in standard deviations of the training channels. Scores have one value a held-out
    design, the rest one number; see `metrics.METRICS`. Distances, classifier and diversity use the
    ensemble, whose conditions match the held-out designs; utility and privacy use the proposals,
    which should be as many as the training designs and under their conditions.

    Shapes: held_out (n, d), (n, d, t) or (n, k, x, y[, z]), ensemble (m, n, ...), proposals (p,
        ...), training (j, ...), groups (n,) for instance the week of each held-out day.
    """
    x, y = as_ensemble(ensemble, held_out)
    known, fresh = as_pair(training, proposals)
    as_pair(known, y)
    group = as_groups(groups, len(y))
    standard = Standard.of(known)
    x, y = standard.apply(x), standard.apply(y)
    known, fresh = standard.apply(known), standard.apply(fresh)
    card = _scores(x, y, settings)
    card |= _distances(x, y, settings)
    card |= _distinguishable(x, y, group, rng, settings)
    card |= _diversity(x, y, settings)
    card |= _utility(fresh, known, y)
    return card | _privacy(fresh, known, y)


def _scores(
    x: Float64[np.ndarray, "m n d *t"], y: Float64[np.ndarray, "n d *t"], settings: CardSettings
) -> Card:
    rng = np.random.default_rng(settings.pairs_seed)
    pairs = scores.sample_pairs(y.shape[1:], settings.pairs, rng)
    card: Card = {
        "energy_score": scores.energy_score(x, y),
        "crps": scores.crps(x, y),
        "pinball": scores.pinball(x, y),
        # Rounding must not decide whether a night's zero equals another.
        "coverage_50": scores.interval_coverage(x, y, level=0.5, tolerance=1e-9),
        "coverage_90": scores.interval_coverage(x, y, level=0.9, tolerance=1e-9),
        "width_90": scores.interval_width(x, y, level=0.9),
    }
    if len(pairs):  # a single cell has no variogram
        card["variogram_score"] = scores.variogram_score(x, y, pairs)
    return card


def _distances(
    x: Float64[np.ndarray, "m n d *t"], y: Float64[np.ndarray, "n d *t"], settings: CardSettings
) -> Card:
    members = settings.pooled
    if y.ndim > 3:
        members = min(members, max(1, SORTED // y.size))
    pooled = x[:members].reshape(-1, *y.shape[1:])
    names = ["marginal_distance"]
    if y.shape[1] > 1:
        names.append("crosscorrelation_distance")
    if y.ndim == 3 and y.shape[-1] > 1:
        names += ["profile_distance", "ramp_distance", "total_distance"]
        names += ["autocorrelation_distance", "spectrum_distance"]
    card: Card = {name: float(getattr(distances, name)(y, pooled).mean()) for name in names}
    if y.ndim == 3 and y.shape[-1] > 1:
        gap = distances.peak_time_distance(y, pooled, period=settings.period)
        card["peak_time_distance"] = float(gap.mean())
    if y.ndim > 3 and y[0, 0].size > 1:
        for name in ("volume_distance", "block_distance", "edge_distance"):
            card[name] = float(getattr(field_distances, name)(y, pooled).mean())
    return card


def _distinguishable(
    x: Float64[np.ndarray, "m n d *t"],
    y: Float64[np.ndarray, "n d *t"],
    group: np.ndarray,
    rng: np.random.Generator,
    settings: CardSettings,
) -> Card:
    members = min(settings.matched, len(x))
    pooled = x[:members].reshape(-1, *y.shape[1:])
    found = classifier_auc(y, pooled, rng, groups=(group, np.tile(group, members)))
    card: Card = {"classifier_auc": found.auc.value}
    if len(y) > 1:
        card["mmd_squared"] = distances.mmd_squared(y, pooled)
    return card


def _diversity(
    x: Float64[np.ndarray, "m n d *t"], y: Float64[np.ndarray, "n d *t"], settings: CardSettings
) -> Card:
    """Means over members, each a set of the size of the real one."""
    if len(y) < 6:
        return {}
    members = x[: settings.matched]
    k = min(5, len(y) - 1)
    found = [diversity.density_and_coverage(y, member, k=k) for member in members]
    density, coverage = np.mean(found, 0)
    return {
        "spread_ratio": float(np.mean([diversity.spread_ratio(y, member) for member in members])),
        "vendi_ratio": float(np.mean([diversity.vendi_ratio(y, member) for member in members])),
        "density": float(density),
        "coverage_ratio": float(coverage / diversity.expected_coverage(len(y), len(y), k=k)),
    }


def _privacy(
    fresh: Float64[np.ndarray, "p d *t"],
    known: Float64[np.ndarray, "j d *t"],
    y: Float64[np.ndarray, "n d *t"],
) -> Card:
    near = copies(fresh, known, y)
    return {
        "copy_ratio": near.ratio,
        "copy_close": near.close.value,
        "duplicates": float(near.duplicates),
    }


def _utility(
    fresh: Float64[np.ndarray, "p d *t"],
    known: Float64[np.ndarray, "j d *t"],
    y: Float64[np.ndarray, "n d *t"],
) -> Card:
    if y.ndim == 2:
        if y.shape[1] == 1:
            return {}
        return {"utility_variables": utility.variables_from_others(fresh, known, y).ratio}
    card: Card = {}
    if y.ndim == 3 and y.shape[-1] >= 8:
        card["utility_evening"] = utility.evening_from_morning(fresh, known, y).ratio
        card["utility_total"] = utility.evening_total(fresh, known, y).ratio
        card["utility_next"] = utility.next_block(fresh, known, y).ratio
    return card
