"""The check of set-points fails on chance and on a thermostat in the system's place."""

from pathlib import Path
from typing import Any

import pytest

from ingenium_book.checks.buildings import setpoints
from ingenium_book.claims import claims
from ingenium_book.findings import Done, Finding
from ingenium_book.plan import CheckPlan
from ingenium_book.plan_run import carry_out

RIGHT = {
    "proposed": {"comfortable": 16, "energy_cost": 13.9, "need": 24.8, "hours": 70.0},
    "random": {"comfortable": 4, "energy_cost": 14.3, "need": 28.0, "hours": 60.0},
    "setback": {"comfortable": 1, "energy_cost": 14.2, "need": 29.6, "hours": 36.0},
    "constant": {"comfortable": 1, "energy_cost": 14.3, "need": 30.0, "hours": 0.0},
}
INF = float("inf")


class Silent:
    """Commands that end well and do nothing."""

    def __init__(self, folder: Path, accepted: int) -> None:
        self.folder, self.accepted = folder, accepted

    def __call__(self, *words: object) -> Done:
        return Done(0, {"summary": {"accepted": self.accepted}}, "")


@pytest.mark.parametrize(
    ("proposed", "accepted", "words"),
    [
        (RIGHT["proposed"], 16, ""),
        (RIGHT["random"], 4, "hold comfort"),  # set-points at random in its place
        (RIGHT["random"], 4, "at random costs"),
        (RIGHT["setback"], 16, "cheapest costs"),  # the thermostat in its place
        (RIGHT["setback"], 16, "heat and cold"),
        ({"comfortable": 0, "energy_cost": INF, "need": INF, "hours": INF}, 0, "hold comfort"),
    ],
)
def test_the_check_fails_on_mutants(
    proposed: dict[str, float],
    accepted: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: dict[str, Any] = RIGHT | {"proposed": proposed}
    monkeypatch.setattr(setpoints, "compared", lambda *rest: found)
    plan = claims()["29.19"].check
    assert isinstance(plan, CheckPlan)
    listed = [f for f in carry_out(plan, Silent(tmp_path, accepted)) if isinstance(f, Finding)]
    failed = [f.text for f in listed if not f.holds and not f.gap]
    assert bool(failed) == bool(words)
    assert not words or any(words in text for text in failed)
