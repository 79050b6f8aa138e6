"""CPU seconds of tests by domain, their budgets, and seconds for the cache."""

import os
from pathlib import Path

import pytest

from budgets import EACH_S, NOT_YET_S, budget_s, over, parted
from cached import ONCE, make_room
from ingenium.core.recipe import Recipe, as_array
from ingenium.domains import load, own


def test_more_than_all_processors_can_do_in_its_time_was_done_before_a_test() -> None:
    assert parted(3.0, 2.0, 2) == (3.0, 0.0)
    assert parted(25.8, 1.8, 2) == pytest.approx((3.6, 22.2))


def test_a_domain_beyond_its_budget_is_told() -> None:
    assert over({name: budget_s(name) for name in own()}) == []
    assert over({"quantum": budget_s("quantum") + 0.1, "shared": 1e6}) == [
        "quantum: 12.1 CPU s of 12"
    ]


def test_a_domain_that_is_within_its_budget_has_no_other() -> None:
    assert all(most > EACH_S * len(load(name).problems) for name, most in NOT_YET_S.items())


def test_what_is_made_for_the_cache_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))

    def make(_: int) -> dict[str, object]:
        return {"x": as_array(str(sum(range(2_000_000))))}

    spent = [ONCE.spent_s]
    for _ in range(2):
        Recipe("counted", 0, make).complete()
        spent.append(ONCE.spent_s)
    assert spent[1] > spent[0]
    assert spent[2] == spent[1]


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "older", "oldest")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "piece").write_bytes(bytes(100))
        os.utime(tmp_path / name / "piece", (1e9 - age, 1e9 - age))
    make_room(tmp_path, 200)
    assert {p.name for p in tmp_path.iterdir()} == {"new", "older"}
    make_room(tmp_path, 0)
    assert not list(tmp_path.iterdir())
