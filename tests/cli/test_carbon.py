"""The carbon of a command: that of the world's mean kWh, unless another one is set."""

import sys

import pytest

from ingenium import cli
from ingenium.core import energy


@pytest.mark.parametrize("said", ["", "56 my grid, mean of 2025"])
def test_carbon_is_of_the_mean_kwh_unless_said(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(energy.CARBON, said)  # and is put back as it was
    if not said:
        monkeypatch.delenv(energy.CARBON)
    monkeypatch.setattr(sys, "argv", ["ingenium", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    grams, source = energy.carbon()
    assert cli.CARBON == energy.CARBON
    assert (grams, source) == ((56.0, "my grid, mean of 2025") if said else (436.0, cli.WORLD[4:]))
