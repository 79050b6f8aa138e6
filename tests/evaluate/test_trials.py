"""Trials store what is finished, read it once, and give the right intervals."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.evaluate.measured import Budget
from ingenium.evaluate.trials import (
    Readings,
    Trials,
    exact,
    over_seeds,
    over_units,
    ratio,
    share,
)


class Counted:
    """An arm's run that counts, and stops at a given call."""

    def __init__(self, stop: tuple[float, int] | None = None) -> None:
        self.ran: list[tuple[float, int, int]] = []
        self.stop = stop

    def __call__(self, arm: float, seed: int, size: int) -> dict[str, object]:
        if (arm, seed) == self.stop:
            raise KeyboardInterrupt
        self.ran.append((arm, seed, size))
        return {"rows": np.full(size, arm + seed), "one": arm, "gone": math.nan}


def trials(run: Counted) -> Trials[float, int]:
    return Trials(
        arms={"high": 10.0, "low": 0.0},
        sizes=(3, 2),
        run=run,
        read=lambda found: (
            {"gain": found("high", "one") - found("low", "one")}
            | {"mean": found("high", "rows").mean(1), "gone": found("low", "gone")}
        ),
        data=lambda size: f"of {size}",
        notes=lambda found: (f"seeds {found.seeds}",),
    )


def test_each_arm_runs_each_seed_once_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    stopped = Counted(stop=(0.0, 1))
    budget = Budget((0, 1, 2), False, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        trials(stopped)(budget, silent)
    assert stopped.ran == [(10.0, 0, 3), (0.0, 0, 3), (10.0, 1, 3)]
    again = Counted()
    found = trials(again)(budget, silent)
    assert again.ran == [(0.0, 1, 3), (10.0, 2, 3), (0.0, 2, 3)]
    whole = trials(Counted())(Budget((0, 1, 2), False, tmp_path / "other"), silent)
    assert found.values["mean"] == whole.values["mean"]
    assert found.values["mean"].by_seed == (10.0, 11.0, 12.0)
    assert (found.data, found.notes) == ("of 3", ("seeds (0, 1, 2)",))
    assert math.isnan(found.values["gone"].interval.value)


def test_more_seeds_take_up_those_before(tmp_path: Path) -> None:
    run = Counted()
    trials(run)(Budget((0, 1), True, tmp_path), silent)
    trials(run)(Budget((0, 1, 2, 3), True, tmp_path), silent)
    assert [seed for _, seed, _ in run.ran] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {size for *_, size in run.ran} == {2}


def test_what_is_told_goes_arm_by_arm(tmp_path: Path) -> None:
    reported: list[tuple[str, int, int]] = []
    trials(Counted())(Budget((5, 6), True, tmp_path), lambda *x: reported.append(x))
    assert reported == [("high", 0, 4), ("low", 1, 4), ("high", 2, 4), ("low", 3, 4)]


def test_readings_of_unlike_length_are_pooled() -> None:
    found = Readings((0, 1), {"a": [{"x": [1.0, 2.0]}, {"x": [3.0]}]})
    assert found.pooled("a", "x").tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(InputError, match="pooled"):
        found("a", "x")


def test_intervals_hold_what_they_should() -> None:
    assert over_seeds([1.0, 2.0, 3.0]).interval.value == 2.0
    assert over_seeds([1.0, 2.0, 3.0]).interval.low == pytest.approx(
        2 - 4.3027 / math.sqrt(3), 1e-4
    )
    assert not over_seeds([1.0, math.nan]).interval.known
    assert exact(14).interval.exact
    counted = share([[True, True], [True, False]])
    assert counted.interval.value == 0.75
    assert counted.by_seed == (1.0, 0.5)
    assert 0.3 < counted.interval.low < 0.75 < counted.interval.high < 1.0
    units = over_units(np.arange(40.0).reshape(2, 20))
    assert units.interval.value == 19.5
    assert units.by_seed == (9.5, 29.5)
    json.dumps(units.by_seed)


def test_a_ratio_of_means_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        level = rng.normal(1.0, 0.1, 8)  # common to both, so that pairing counts
        found = ratio(6 * level * rng.normal(1, 0.05, 8), 2 * level * rng.normal(1, 0.05, 8))
        held += found.interval.holds(3.0)
    assert 0.92 < held / 400 < 0.98
    assert not ratio([1.0, 2.0], [0.0, 0.0]).interval.known
    assert not ratio([1.0], [1.0]).interval.known


def test_pieces_of_workers_are_kept_as_they_come_and_read_as_own(tmp_path: Path) -> None:
    run = Counted()
    experiment, requested = trials(run), list[tuple[str, int]]()

    def spread(tasks: Sequence[tuple[str, int]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
        requested.extend(tasks)
        for i in reversed(range(len(tasks))):  # as they happen to come
            yield i, experiment.piece(*tasks[i], quick=True)

    experiment(Budget((0,), True, tmp_path), silent)
    found = experiment(Budget((0, 1), True, tmp_path, spread), silent)
    assert requested == [("high", 1), ("low", 1)]
    whole = trials(Counted())(Budget((0, 1), True, tmp_path / "other"), silent)
    assert found.values["mean"] == whole.values["mean"]
    assert len(run.ran) == 4
