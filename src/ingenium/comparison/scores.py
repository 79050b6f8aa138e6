"""Scores of several families and seeds, with intervals and the best marked."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import (
    LEVEL,
    Interval,
    PairedDifference,
    crossed_interval,
    crossed_means,
    paired_difference,
    t_interval,
)
from ingenium.scores.metrics import METRICS, Metric


@dataclass(frozen=True)
class FamilyMeasure:
    """One measure of one family and seed: a single value, or one for each held-out design."""

    family: str
    seed: int
    metric: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """Families compared on the same held-out designs, by seeds and measures.

    `groups` names the group (week) of each held-out design; intervals resample whole groups.
    `level` is the confidence level of all intervals, and `sample_seed` that of their bootstrap.
    """

    entries: tuple[FamilyMeasure, ...] = ()
    groups: tuple[int | str, ...] = ()
    metrics: tuple[Metric, ...] = tuple(METRICS.values())
    baselines: tuple[str, ...] = ()
    level: float = LEVEL
    sample_seed: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plain = tuple(g if isinstance(g, str) else int(g) for g in self.groups)
        object.__setattr__(self, "groups", plain)  # numpy's own numbers do not go into JSON

    def add(self, family: str, seed: int, card: Mapping[str, ArrayLike | float]) -> "Comparison":
        """Return a copy with the scorecard of one more family and seed.

        Raises:
            InputError: for an entry that exists, an unknown measure, or values that are neither one
                number nor one for each held-out design.
        """
        if any(entry.family == family and entry.seed == seed for entry in self.entries):
            raise InputError(
                "a family and seed that are not in yet",
                f"{family!r} with seed {seed}",
                "Give another seed.",
            )
        known = {metric.name for metric in self.metrics}
        if unknown := sorted(set(card) - known):
            raise InputError(
                f"measures among {sorted(known)}", f"{unknown}", "Add a Metric for each to metrics."
            )
        added = tuple(self._entry(family, seed, name, card[name]) for name in card)
        return replace(self, entries=self.entries + added)

    def _entry(
        self, family: str, seed: int, metric: str, value: ArrayLike | float
    ) -> FamilyMeasure:
        values = np.asarray(value, dtype=np.float64)
        if values.shape not in ((), (1,), (len(self.groups),)):
            raise InputError(
                f"one number of {metric}, or {len(self.groups)}, one a held-out design in groups",
                f"shape {values.shape} for {family!r}",
            )
        if values.size > 1 and not np.isfinite(values).all():
            raise InputError(f"a finite {metric} of each design", f"others for {family!r}")
        return FamilyMeasure(family, seed, metric, tuple(values.reshape(-1).tolist()))

    @cached_property
    def _table(self) -> dict[tuple[str, str], dict[int, tuple[float, ...]]]:
        """Values by seed, for each family and measure; numbers that are not finite are left out."""
        table: dict[tuple[str, str], dict[int, tuple[float, ...]]] = {}
        for entry in self.entries:
            if all(map(math.isfinite, entry.values)):
                table.setdefault((entry.family, entry.metric), {})[entry.seed] = entry.values
        return table

    @property
    def families(self) -> tuple[str, ...]:
        """Families in the order in which they were added."""
        return tuple(dict.fromkeys(entry.family for entry in self.entries))

    @property
    def measured(self) -> tuple[Metric, ...]:
        """Metrics with a value of some family."""
        present = {metric for _, metric in self._table}
        return tuple(metric for metric in self.metrics if metric.name in present)

    def values(self, family: str, metric: str) -> Float64[np.ndarray, "s n"]:
        """Return all values of a family, a row a seed in rising order.

        Raises:
            InputError: if there are none.
        """
        by_seed = self._table.get((family, metric))
        if by_seed is None:
            raise InputError(
                f"a family with finite {metric!r}, of {list(self.families)}", f"{family!r}"
            )
        return np.array([by_seed[seed] for seed in sorted(by_seed)])

    def interval(self, family: str, metric: str) -> Interval:
        """Return the mean with its interval over seeds and groups, or over seeds alone.

        Raises:
            InputError: if there are no values.
        """
        x = self.values(family, metric)
        if x.shape[1] == 1:
            return t_interval(x[:, 0], level=self.level)
        return crossed_interval(x, self._draws(), groups=self.groups, level=self.level)

    def find(self, family: str, metric: str) -> Interval | None:
        """Return the interval, or None where there are no values."""
        return self.interval(family, metric) if (family, metric) in self._table else None

    def paired(self, family: str, other: str, metric: str) -> PairedDifference:
        """Return the difference of `family` and `other`, on the seeds that both have.

        A baseline without randomness that was run once is compared with every seed.

        Raises:
            InputError: if they share no seed.
        """
        a, b = self._shared(family, other, metric)
        return paired_difference(a, b, self._draws(), groups=self._weeks(a), level=self.level)

    def best(self, metric: Metric) -> str:
        """Return the family with the best mean.

        Raises:
            InputError: if no family has values.
        """
        having = [family for family in self.families if (family, metric.name) in self._table]
        if not having:
            raise InputError(f"a family with finite {metric.name!r}", "none")
        return min(having, key=lambda f: metric.loss(float(self.values(f, metric.name).mean())))

    def tied(self, metric: Metric) -> tuple[str, ...]:
        """Return the families that are not distinguishable from the best, which is among them.

        The interval of their paired difference of losses includes 0.
        """
        best = self.best(metric)
        others = (f for f in self.families if (f, metric.name) in self._table)
        return tuple(f for f in others if f == best or self._ties(f, best, metric))

    def _ties(self, family: str, best: str, metric: Metric) -> bool:
        a, b = self._shared(family, best, metric.name)
        loss = np.vectorize(metric.loss)
        if a.shape[1] == 1:
            if len(a) == 1:
                return bool(a[0, 0] == b[0, 0])
            return t_interval(loss(a[:, 0]) - loss(b[:, 0]), level=self.level).low <= 0
        weeks = self._weeks(a)
        means = [crossed_means(x, self._draws(), groups=weeks) for x in (a, b)]
        worse = loss(means[0]) - loss(means[1])
        return bool(np.quantile(worse, (1 - self.level) / 2) <= 0)

    def _shared(self, family: str, other: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
        a, b = self.values(family, metric), self.values(other, metric)
        seeds = [set(self._table[name, metric]) for name in (family, other)]
        if seeds[0] == seeds[1]:
            return a, b
        if min(len(a), len(b)) == 1:
            size = (max(len(a), len(b)), a.shape[1])
            return np.broadcast_to(a, size), np.broadcast_to(b, size)
        both = sorted(seeds[0] & seeds[1])
        if not both:
            raise InputError(
                f"a seed of {metric!r} that {family!r} and {other!r} share",
                f"{sorted(seeds[0])} and {sorted(seeds[1])}",
                "Run both with the same seeds.",
            )
        rows = [self._table[name, metric] for name in (family, other)]
        return np.array([rows[0][s] for s in both]), np.array([rows[1][s] for s in both])

    def _weeks(self, x: np.ndarray) -> tuple[int | str, ...] | None:
        return self.groups if x.shape[1] == len(self.groups) else None

    def _draws(self) -> np.random.Generator:
        """Generator of the same bootstrap samples for every family, for paired differences."""
        return np.random.default_rng(self.sample_seed)

    def frame(self) -> pd.DataFrame:
        """Return a tidy table of means over held-out designs: a row a family, seed and measure."""
        rows = [(e.family, e.seed, e.metric, float(np.mean(e.values))) for e in self.entries]
        return pd.DataFrame(rows, columns=["family", "seed", "metric", "value"])

    def summary(self) -> pd.DataFrame:
        """Return one row a family and measure: mean, interval, seeds, best, tied with the best."""
        rows = []
        for metric in self.measured:
            best, tied = self.best(metric), self.tied(metric)
            for family in self.families:
                if (found := self.find(family, metric.name)) is None:
                    continue
                seeds = len(self._table[family, metric.name])
                flags = (seeds, family == best, family in tied)
                rows.append((metric.name, family, found.value, found.low, found.high, *flags))
        columns = ["metric", "family", "value", "low", "high", "seeds", "best", "tied"]
        return pd.DataFrame(rows, columns=columns)

    def to_json(self) -> str:
        """Return everything as JSON; numbers that are not finite are null."""
        content = {
            "groups": list(self.groups),
            "metrics": [_plain(asdict(metric)) for metric in self.metrics],
            "baselines": list(self.baselines),
            "level": self.level,
            "draw_seed": self.sample_seed,
            "notes": self.notes,
            "entries": [_plain(asdict(entry)) for entry in self.entries],
        }
        return json.dumps(content, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Comparison":
        """Parse the output of `to_json`.

        Raises:
            InputError: if the text is not JSON of a comparison.
        """
        try:
            content = json.loads(text)
            return cls(
                entries=tuple(_entry(row) for row in content["entries"]),
                groups=tuple(content["groups"]),
                metrics=tuple(_metric(row) for row in content["metrics"]),
                baselines=tuple(content["baselines"]),
                level=float(content["level"]),
                sample_seed=int(content["draw_seed"]),
                notes=dict(content["notes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "JSON written by Comparison.to_json", repr(error), "Run the comparison again."
            ) from error


def _plain(row: dict[str, object]) -> dict[str, object]:
    def number(x: object) -> object:
        return None if isinstance(x, float) and not math.isfinite(x) else x

    return {
        key: [number(item) for item in value] if isinstance(value, tuple) else number(value)
        for key, value in row.items()
    }


def _entry(row: Mapping[str, object]) -> FamilyMeasure:
    family, seed, metric, values = (row[key] for key in ("family", "seed", "metric", "values"))
    if not isinstance(values, Sequence) or not isinstance(seed, int):
        raise InputError("an entry with a whole seed and a list of values", row)
    numbers = tuple(math.nan if v is None else float(v) for v in values)
    return FamilyMeasure(str(family), seed, str(metric), numbers)


def _metric(row: Mapping[str, Any]) -> Metric:
    aim = row["aim"]
    return Metric(
        name=str(row["name"]),
        label=str(row["label"]),
        direction=row["direction"],
        target=row["target"],
        aim=None if aim is None else (float(aim[0]), float(aim[1])),
    )
