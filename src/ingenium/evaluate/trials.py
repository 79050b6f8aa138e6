"""Arms of an experiment: run on the same seeds, stored piece by piece, and summarised."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch
from ingenium.evaluate.arrays import Groups
from ingenium.evaluate.intervals import LEVEL, crossed_interval, share_of, t_interval
from ingenium.evaluate.measured import (
    Budget,
    Control,
    FitCurve,
    Interval,
    Measured,
    PieceSpread,
    Value,
)

A = TypeVar("A")  # of an arm, such as a strategy's maker
S = TypeVar("S")  # of a size, such as a number of rounds
Piece = Mapping[str, ArrayLike]  # results of one arm with one seed, by name
NOTHING = Value(Interval(math.nan, math.nan, math.nan))


@dataclass(frozen=True)
class Readings:
    """Pieces of all arms and seeds."""

    seeds: tuple[int, ...]
    pieces: Mapping[str, Sequence[Mapping[str, Any]]]  # by arm, in the order of the seeds

    def __call__(self, arm: str, name: str) -> Float64[np.ndarray, "s ..."]:
        """Return one reading of an arm, a row a seed.

        Raises:
            InputError: if its shape differs between seeds.
        """
        rows = self._rows(arm, name)
        if len({row.shape for row in rows}) > 1:
            raise InputError(
                f"the same shape of {name} for each seed of {arm}",
                f"{[row.shape for row in rows]}",
                "Write `pooled`.",
            )
        return np.stack(rows)

    def pooled(self, arm: str, name: str) -> Float64[np.ndarray, "n ..."]:
        """Return one reading of an arm, concatenated over seeds."""
        return np.concatenate([np.atleast_1d(row) for row in self._rows(arm, name)])

    def _rows(self, arm: str, name: str) -> list[np.ndarray]:
        return [np.asarray(piece[name], dtype=np.float64) for piece in self.pieces[arm]]


def _no_notes(found: Readings) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Trials(Generic[A, S]):
    """An experiment: `run` returns a piece for each arm and seed, `read` summarises all pieces.

    It is itself the measurement of a study. A stopped run resumes from its stored pieces. A plain
    row from `read`, one number a seed, becomes a mean with Student's interval.
    """

    arms: Mapping[str, A]
    sizes: tuple[S, S]  # of a full run, and of a quick look
    run: Callable[[A, int, S], Piece]
    read: Callable[[Readings], Mapping[str, ArrayLike | Value]]
    data: Callable[[S], str] = lambda size: ""  # digest of the training data
    notes: Callable[[Readings], tuple[str, ...]] = _no_notes
    control: Callable[[Readings], Control] | None = None  # the control that a refutation needs

    def __call__(self, budget: Budget, watch: Watch) -> Measured:
        """Run the pieces that are not stored, and summarise all."""
        size = self.sizes[int(budget.quick)]
        if budget.spread is not None:
            self._by_workers(budget, budget.spread, watch)
        total = len(budget.seeds) * len(self.arms)
        pieces: dict[str, list[Mapping[str, Any]]] = {name: [] for name in self.arms}
        for i, seed in enumerate(budget.seeds):
            for j, name in enumerate(self.arms):
                watch(name, i * len(self.arms) + j, total)
                make = partial(self.piece, name, seed, quick=budget.quick)
                pieces[name].append(_stored(self._path(budget, name, seed), make))
        found = Readings(budget.seeds, pieces)
        return Measured(
            {name: _value(made) for name, made in self.read(found).items()},
            self.data(size),
            self.notes(found),
            self.control(found) if self.control else None,
        )

    def piece(self, arm: str, seed: int, *, quick: bool) -> dict[str, Any]:
        """Return the results of an arm with a seed, as plain lists by name."""
        made = self.run(self.arms[arm], seed, self.sizes[int(quick)])
        return {name: np.asarray(x, dtype=np.float64).tolist() for name, x in made.items()}

    def _by_workers(self, budget: Budget, spread: PieceSpread, watch: Watch) -> None:
        """Let workers compute the pieces that are not stored, and store each as it arrives."""
        every = [(name, seed) for seed in budget.seeds for name in self.arms]
        left = [pair for pair in every if not self._path(budget, *pair).is_file()]
        for done, (i, piece) in enumerate(spread(left), 1):
            write_atomic(self._path(budget, *left[i]), json.dumps(piece))
            watch(f"{left[i][0]}, seed {left[i][1]}", done, len(left))

    def _path(self, budget: Budget, arm: str, seed: int) -> Path:
        return budget.folder / f"{list(self.arms).index(arm)}-{seed}.json"


def over_seeds(values: ArrayLike) -> Value:
    """Return the mean over seeds with Student's interval; no value where a seed has none."""
    x = np.asarray(values, dtype=np.float64)
    by_seed = tuple(x.tolist())
    if not np.isfinite(x).all():
        return Value(NOTHING.interval, by_seed)
    return Value(t_interval(x), by_seed)


def over_units(values: ArrayLike, *, groups: Groups | None = None) -> Value:
    """Mean over seeds and units (days, parts) by a bootstrap over both.

    Shapes: values (s seeds, n units), groups (n,).
    """
    x = np.asarray(values, dtype=np.float64)
    found = crossed_interval(x, np.random.default_rng(0), groups=groups)
    return Value(found, tuple(x.mean(1).tolist()))


def share(found: ArrayLike) -> Value:
    """Share of true entries, with Wilson's interval over all entries.

    Shapes: found (n,), or (s seeds, n).
    """
    x = np.asarray(found, dtype=bool)
    by_seed = tuple(x.mean(1).tolist()) if x.ndim > 1 else ()
    return Value(share_of(x.ravel().tolist()), by_seed)


def exact(value: float | int) -> Value:
    """Return a value that was counted or computed once, and therefore has no interval."""
    return Value(Interval(float(value), float(value), float(value)))


def ratio(over: ArrayLike, under: ArrayLike) -> Value:
    """Ratio of two means over the same seeds, by Student's interval of its logarithm.

    There is no value where a mean is not above 0 or there is a single seed.

    Source: the delta method; Casella and Berger, Statistical Inference, 2002, section 5.5.4.
    """
    a, b = np.asarray(over, dtype=np.float64), np.asarray(under, dtype=np.float64)
    by_seed = tuple(x / y if y else math.nan for x, y in zip(a.tolist(), b.tolist(), strict=True))
    if len(a) < 2 or a.mean() <= 0 or b.mean() <= 0:
        return Value(NOTHING.interval, by_seed)
    spread = np.std(a / a.mean() - b / b.mean(), ddof=1) / math.sqrt(len(a))
    far = math.exp(stdtrit(len(a) - 1, (1 + LEVEL) / 2) * float(spread))
    middle = float(a.mean() / b.mean())
    return Value(Interval(middle, middle / far, middle * far), by_seed)


def losses(curve: Mapping[str, Any]) -> dict[str, ArrayLike]:
    """Return the losses of a fit by step as entries of a piece, from its record or its trainer."""
    nothing = curve.get("nothing")
    return {
        "curve_step": curve["step"],
        "curve_training": curve.get("training", curve.get("turn_1", ())),
        "curve_held_out": curve["held_out"],
        "curve_nothing": math.nan if nothing is None else nothing,
    }


def curve_of(found: Readings, arm: str) -> FitCurve | None:
    """Losses of the fit of an arm with the first seed; None without any."""
    piece = found.pieces[arm][0]
    if "curve_held_out" not in piece:
        return None
    rows = {k: tuple(piece[f"curve_{k}"]) for k in ("step", "training", "held_out")}
    return FitCurve(**rows, nothing=float(piece["curve_nothing"]))


def _value(made: ArrayLike | Value) -> Value:
    return made if isinstance(made, Value) else over_seeds(made)


def _stored(path: Path, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Read a piece from its file, or compute and write it."""
    if path.is_file():
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    piece = make()
    write_atomic(path, json.dumps(piece))
    return piece
