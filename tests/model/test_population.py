"""People together: simulated populations are recovered, and bad tables are reported."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.model.families import FAMILIES
from ingenium.model.population import DosedPerson, PopulationModel, population, read_people

BY_NAME = {f.name: f for f in FAMILIES}
TIME = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 7.0, 12.0, 24.0])
MIDDLE = np.log([1.5, 0.09, 0.5])  # uptake, elimination, first state of a dose of 1


def people(spread: float, noise: float, n: int = 10) -> tuple[DosedPerson, ...]:
    """Simulate people with one compartment by its closed form (Bateman's function)."""
    rng = np.random.default_rng(4)
    found = []
    for i in range(n):
        dose = rng.uniform(3, 6)
        p, q, first = np.exp(MIDDLE + np.array([spread, 0.0, 0.1]) * rng.standard_normal(3))
        exact = dose * first * p / (p - q) * (np.exp(-q * TIME) - np.exp(-p * TIME))
        readings = exact + noise * rng.standard_normal(len(TIME))
        found.append(DosedPerson(str(i), TIME, readings, dose))
    return tuple(found)


def test_a_simulated_population_is_found_again() -> None:
    found = population(PopulationModel(BY_NAME["one_compartment"], people(0.5, 0.05)))
    assert (np.abs(found.middle - MIDDLE) < 3 * found.error).all()
    assert found.error.max() < 0.2
    assert found.spread[0] == pytest.approx(0.5, rel=0.5)
    assert found.spread[1] < 0.05
    assert found.noise == pytest.approx(0.05, rel=0.3)
    low, middle, high, _ = found.row(0)
    assert low < middle < high


def test_people_who_do_not_differ_have_less_spread_than_they_had_alone() -> None:
    """Differences between separate fits of people are mostly noise of their readings."""
    found = population(PopulationModel(BY_NAME["one_compartment"], people(0.0, 0.15)))
    assert found.spread[0] < 0.1
    alone = found.each[:, 0].std()
    assert alone < 0.1


def test_numbers_that_no_reading_tells_are_named() -> None:
    with pytest.raises(InputError, match="hardly anything of h"):
        population(PopulationModel(BY_NAME["satiable_elimination"], people(0.1, 0.05, 4)))
    with pytest.raises(InputError, match="at least 3 people"):
        PopulationModel(BY_NAME["one_compartment"], people(0.1, 0.05, 2))
    with pytest.raises(InputError, match="a family of a dose"):
        PopulationModel(BY_NAME["logistic"], people(0.1, 0.05, 4))
    with pytest.raises(InputError, match="readings above 0"):
        PopulationModel(BY_NAME["one_compartment"], people(0.1, 0.05, 4), ratio=True)


@pytest.mark.parametrize(
    ("table", "reported"),
    [
        ("person,time [h],blood [mg]\na,0,1\na,0,2\n", "times of a from 0 that rise"),
        ("person,time [h],blood [mg],dose [mg]\na,0,1,2\na,1,2,3\n", "one dose of a"),
        ("person,time,blood [mg]\na,0,1\n", "a unit at the head"),
        ("person,time [h],blood\na,0,1\n", r"Write \"blood \[mg/L\]\""),
        ("person,time [h],blood [mg]\na,0,\n", "finite numbers"),
        ("person,time [h]\na,0\n", "columns of a person, a time, a reading"),
    ],
)
def test_tables_of_people_are_read_or_refused(tmp_path: Path, table: str, reported: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(table)
    with pytest.raises(InputError, match=reported):
        read_people(path)
    path.write_text("who,time [h],blood [mg/L],dose [mg]\na,0,1,4\na,1,2,4\nb,0,1,5\n")
    found, units = read_people(path)
    assert [p.name for p in found] == ["a", "b"]
    assert (found[0].dose, found[1].dose) == (4.0, 5.0)
    assert units == ("h", "mg/L")
