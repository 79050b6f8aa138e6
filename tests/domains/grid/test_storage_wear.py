"""The wear law alongside PyBaMM's cell: what is compared, and what is refused without it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from ingenium.core.errors import EngineError, InputError, MissingEnvironment
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.storage.cell_wear import ENVIRONMENT, WearComparison, check_installed
from ingenium.domains.grid.storage.opening import StorageSettings
from ingenium.trust.environments.environment import Environment

TIME = np.linspace(0.0, 1.0, 97)
CHARGE = np.stack([0.5 + reach * np.sin(2 * np.pi * TIME) for reach in (0.1, 0.2, 0.3, 0.4)])


def by_depth(power: float, *, failed: tuple[int, ...] = ()) -> Any:
    """Return an engine whose loss is a base and a power of the depth."""

    def ask(
        self: Environment, call: str, arrays: Mapping[str, Any], values: Any, designs: int
    ) -> dict[str, np.ndarray]:
        assert call == "age"
        assert designs == len(CHARGE) + 1
        assert values["step_s"] == 900.0
        charge = arrays["charge"]
        assert (charge[:, 0] == charge[:, -1]).all()
        rate = 1e-5 + 1e-4 * (np.ptp(charge, axis=1) + (power < 0)) ** power
        lost = rate[:, None] * np.arange(values["days"] + 1)
        lost[list(failed)] = np.nan
        volts = np.where(np.isnan(lost[:, 0]), np.nan, 3.6)
        return {"lost": lost, "min_voltage_v": volts - 0.3, "max_voltage_v": volts + 0.4}

    return ask


@pytest.mark.parametrize(("power", "ranking"), [(2.0, 1.0), (-0.5, -1.0)])
def test_the_ranking_is_that_of_both_losses(
    power: float, ranking: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "ask", by_depth(power))
    found = WearComparison.of(CHARGE, 10)
    assert found.ranking == pytest.approx(ranking)
    assert found.cycles == pytest.approx(2 * np.array([0.2, 0.4, 0.6, 0.8]) / 2, rel=0.01)
    if power > 0:
        assert found.cell == pytest.approx(1e-5 + 1e-4 * np.array([0.2, 0.4, 0.6, 0.8]) ** 2)
        assert found.cell_idle == pytest.approx(1e-5)
        assert "rank correlation is 1.00" in found.section().text
        assert "between 3.30 and 4.00 V" in found.section().text


def test_a_schedule_that_pybamm_fails_on_is_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Environment, "ask", by_depth(2.0, failed=(1,)))
    found = WearComparison.of(CHARGE, 10)
    assert len(found.law) == len(found.cell) == 3
    assert found.failed == 1
    assert "failed on 1" in found.section().text
    monkeypatch.setattr(Environment, "ask", by_depth(2.0, failed=(0, 1, 2, 3)))
    with pytest.raises(EngineError, match="none of 4"):
        WearComparison.of(CHARGE, 10)


def test_it_is_refused_without_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "made", property(lambda self: False))
    with pytest.raises(MissingEnvironment, match="doctor --install"):
        check_installed()
    with pytest.raises(MissingEnvironment, match="doctor --install"):
        open_problem(Spec(problem="grid.storage", setup={"cell_days": 10}))


def test_too_few_days_are_refused() -> None:
    with pytest.raises(InputError, match="3 to 365"):
        StorageSettings(cell_days=1)


@pytest.mark.slow
def test_pybamm_loses_more_by_deeper_cycles_and_at_a_higher_charge() -> None:
    if not ENVIRONMENT.made:
        pytest.skip("the isolated environment of PyBaMM is not installed")
    high = 0.85 + 0.1 * np.sin(2 * np.pi * TIME)
    found = WearComparison.of(np.stack([CHARGE[0], CHARGE[3], high]), 6)
    assert found.cell[1] > found.cell[0] > 0
    assert found.cell[2] > found.cell[0]
