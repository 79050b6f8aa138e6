"""Models of processes against simulations whose constants are known, closed forms and papers."""

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ingenium.core.errors import InputError
from ingenium.model import checks, fitting
from ingenium.model.artifact import _plain
from ingenium.model.families import (
    FAMILIES,
    LOTKA,
    PROCESSES,
    ProcessFamily,
    candidates,
    leslie,
)
from ingenium.model.fitting import FittedModel, ReadingDensity
from ingenium.model.posterior import ModelPosterior, posterior
from ingenium.model.reading import read, router
from ingenium.model.searched import RateLaw, families
from ingenium.model.series import MeasuredSeries
from ingenium.model.system import ProcessModel

HARE_LYNX = Path(__file__).parents[2] / "examples/equations/hare_lynx.csv"
BY_NAME = {f.name: f for f in FAMILIES}


def _table(folder: Path, names: str, time: np.ndarray, columns: np.ndarray) -> MeasuredSeries:
    heads = ",".join(["day [day]", *(f"{n} [mg]" for n in names.split())])
    rows = "\n".join(",".join(f"{x:.9g}" for x in row) for row in np.c_[time, columns])
    path = folder / "table.csv"
    path.write_text(f"{heads}\n{rows}\n")
    return MeasuredSeries.read(path, 0.2)


def _model(family: ProcessFamily) -> ProcessModel:
    """A model on arbitrary columns, for tests that need none."""
    n = len(family.seen)
    values = np.exp(np.random.default_rng(0).normal(0, 0.3, (20, n)))
    names = tuple(f"column{i}" for i in range(n))
    series = MeasuredSeries("day", "day", np.arange(20.0), names, ("mg",) * n, values, 4)
    return ProcessModel(family, tuple(range(n)), series)


@pytest.mark.parametrize("family", [*FAMILIES, leslie(3)], ids=lambda f: f.name)
def test_each_family_is_the_same_law_in_all_units(family: ProcessFamily) -> None:
    own = _model(family)
    assert checks.units(own).passed
    stored = checks.conserved(own)
    assert stored is None or stored.passed


def test_a_wrong_unit_and_a_false_invariant_are_told() -> None:
    own = LOTKA.__class__(**{**LOTKA.__dict__, "units": {**LOTKA.units, "b": "1/T"}})
    assert not checks.units(_model(own)).passed
    own = LOTKA.__class__(**{**LOTKA.__dict__, "conserved": "x + y"})
    found = checks.conserved(_model(own))
    assert found is not None
    assert not found.passed


@pytest.mark.parametrize("family", [*FAMILIES, leslie(3)], ids=lambda f: f.name)
def test_slopes_are_those_of_differences(family: ProcessFamily) -> None:
    density = ReadingDensity(_model(family))
    at = density.middle + 0.05 * np.random.default_rng(1).standard_normal(density.free)
    value, slope = density.potential(at)
    assert value < fitting.REFUSED / 2
    for i in range(density.free):
        step = np.zeros(density.free)
        step[i] = 1e-5
        difference = density.potential(at + step)[0] - density.potential(at - step)[0]
        assert slope[i] == pytest.approx(difference / 2e-5, rel=1e-3, abs=1e-3)


def test_logistic_growth_is_its_closed_form() -> None:
    own = _model(BY_NAME["logistic"])
    time, r, k, first = own.series.time, 0.3, 5.0, 0.4
    exact = k / (1 + (k / first - 1) * np.exp(-r * time))
    held, start = np.array([r, k]), np.array([first])
    found = own.sensitive(held, start, time)
    assert found is not None
    np.testing.assert_allclose(found[0][:, 0], exact, rtol=1e-6)
    np.testing.assert_allclose(own.independent(held, start, time)[:, 0], exact, rtol=1e-9)
    np.testing.assert_allclose(own.many(held[None], start[None], time)[0, :, 0], exact, rtol=1e-6)
    assert checks.integrators(own, held, start).passed


def test_a_leslie_matrix_grows_by_its_eigenvalue() -> None:
    """Caswell, Matrix Population Models, 2001: the dominant eigenvalue."""
    own = _model(leslie(2))
    reported = checks.rest(own, np.array([1.5, 0.5, 0.4]))
    matrix = np.array([[0, 1.5], [0.5, 0.4]])
    assert f"{max(abs(np.linalg.eigvals(matrix))):.3g}" in reported[0]


def test_published_constants_of_hares_and_lynx_are_found() -> None:
    """Carpenter, Stan case study of predator and prey, 2018: 0.545, 0.028, 0.024 and 0.803."""
    series = MeasuredSeries.read(HARE_LYNX, 0.0)
    found = fitting.fit(ProcessModel(LOTKA, (0, 1), series), 0)
    assert found is not None
    a, b, c, d = np.exp(found.numbers[:4])
    assert (a, b, c, d) == pytest.approx((0.545, 0.028, 0.024, 0.803), rel=0.06)


@pytest.mark.slow
def test_intervals_hold_what_was_simulated(tmp_path: Path) -> None:
    """A user's own table: a dose that is absorbed and eliminated, with blood readings."""
    time = np.array([0.3, 0.6, 1, 1.5, 2, 3, 4, 5, 6.5, 8, 10, 12, 14, 17, 20, 24])
    p, q, dose = 1.1, 0.21, 8.0
    exact = dose * p / (p - q) * (np.exp(-q * time) - np.exp(-p * time))
    noise = np.exp(0.08 * np.random.default_rng(5).standard_normal(len(time)))
    series = _table(tmp_path, "blood", time, (exact * noise)[:, None])
    reading = read("A dose is absorbed and eliminated.")
    assert reading.processes == ("absorption",)
    tried = candidates(reading.processes, series.units, even=False)
    fits = [fitting.fit(ProcessModel(f, o, series), 0) for f, o in tried]
    best = min((f for f in fits if f is not None), key=lambda f: f.aicc)
    assert best.model.family.name == "one_compartment"
    found = posterior(best, 120, 0)
    low, high = np.exp(np.quantile(found.numbers, [0.005, 0.995], axis=0))
    assert low[0] <= p <= high[0]
    assert low[1] <= q <= high[1]
    assert best.model.unit("p") == "1/day"
    ahead = found.trajectories(time)[:, -3:, 0]
    assert (np.abs(np.log(np.median(ahead, 0) / exact[-3:])) < 0.25).all()


def test_a_stiff_course_is_its_closed_form(tmp_path: Path) -> None:
    """Fast uptake and long times, at which even steps diverge."""
    time = np.array([0, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 72.0])
    p, q, dose = 12.0, 0.1, 8.0
    exact = dose * p / (p - q) * (np.exp(-q * time) - np.exp(-p * time))
    exact = exact + 0.01 * np.exp(-q * time)
    series = _table(tmp_path, "blood", time, exact[:, None])
    own = ProcessModel(BY_NAME["one_compartment"], (0,), series)
    assert checks.integrators(own, np.array([p, q]), np.array([0.01, dose])).passed
    numbers = np.log([p, q, 0.01, dose, 0.1])
    fitted = FittedModel(ReadingDensity(own), numbers, 0.0)
    found = ModelPosterior(fitted, numbers[None], 1.0, 100.0)
    np.testing.assert_allclose(found.trajectories(time)[0, :, 0], exact, rtol=1e-4)


@pytest.mark.slow
def test_an_epidemic_is_told_from_growth(tmp_path: Path) -> None:
    time = np.arange(0, 30, 1.5)
    done = solve_ivp(lambda t, s: [-0.0025 * s[0] * s[1], 0.0025 * s[0] * s[1] - 0.3 * s[1],
                                   0.3 * s[1]], (0, 30), [300, 3, 1], t_eval=time,
                     rtol=1e-9)  # fmt: skip
    noise = np.exp(0.05 * np.random.default_rng(2).standard_normal(done.y.shape))
    series = _table(tmp_path, "well ill over", time, (done.y * noise).T)
    tried = candidates(
        read("An infection spreads and people recover").processes, series.units, even=True
    )
    fits = [f for f in (fitting.fit(ProcessModel(g, o, series), 0) for g, o in tried) if f]
    best = min(fits, key=lambda f: f.aicc)
    assert best.model.columns == ("well", "ill", "over")
    assert np.exp(best.numbers[:2]) == pytest.approx((0.0025, 0.3), rel=0.1)


def test_laws_of_the_search_are_told_to_be_a_family() -> None:
    series = MeasuredSeries.read(HARE_LYNX, 0.2)
    laws = [
        RateLaw("hare", "c1 = 0.5  # 1/s\nc2 = -0.4  # 1/s\nrate = c1 + c2*lynx\n", 0.3, 5),
        RateLaw("lynx", "c1 = -0.8  # 1/s\nrate = (c1 + 0.8*c1*hare)*1.0\n", 0.3, 5),
    ]
    prey = ProcessModel(LOTKA, (0, 1), series)
    (searched,) = families(series, laws, 100)
    own = ProcessModel(searched, (0, 1), series)
    assert checks.units(own).passed
    assert not checks.same_form(prey, own)  # the sign of the meeting is wrong
    right = RateLaw("lynx", "c1 = -0.8  # 1/s\nc2 = 0.7  # 1/s\nrate = c1 + c2*hare\n", 0.3, 5)
    (searched,) = families(series, [laws[0], right], 100)
    assert checks.same_form(prey, ProcessModel(searched, (0, 1), series))
    assert not checks.same_form(ProcessModel(LOTKA, (1, 0), series), own)


def test_a_column_that_is_named_as_a_constant_stays_a_column() -> None:
    values = np.exp(np.random.default_rng(0).normal(0, 0.3, (20, 1)))
    series = MeasuredSeries("day", "day", np.arange(20.0), ("k0",), ("mg",), values, 4)
    (own,) = families(series, [RateLaw("k0", "rate = 0.5*k0\n", 0.3, 3)], 100)
    assert own.rates == {"x0": "x0*(k0*(x0/m0))"}


def test_rates_are_told_as_formulas_and_not_as_files() -> None:
    text = "# about\nc1 = 0.243351191999  # 1/s\nc2 = -0.1026  # 1/s\nrate = c1 + c2*lynx**2\n"
    assert _plain(text) == "0.2434 - 0.1026*lynx**2"


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("year,hare [1]\n1,2\n", "unit"),
        ("year [year],hare [1]\n" + "1,2\n" * 12, "rises"),
        ("year [year],hare [1]\n" + "\n".join(f"{i},3" for i in range(12)), "varies"),
        ("year [year],hare [1]\n" + "\n".join(f"{i},{i}" for i in range(12)), "above 0"),
        ("year [year],hare [1]\n" + "\n".join(f"{i},{i + 1}" for i in range(4)), "times"),
        ("year [year],hare [1]\n" + "\n".join(f"{i},x" for i in range(12)), "finite"),
        ("year [year],hare [1]\n" + "\n".join(f"{i},{i + 1}," for i in range(12)), "as many cells"),
        ("year [year],hare [ ]\n" + "\n".join(f"{i},{i + 1}" for i in range(12)), "unit"),
        ("year [year],rate [1]\n" + "\n".join(f"{i},{i + 1}" for i in range(12)), "rate_0"),
        ("year [year],S [1]\n" + "\n".join(f"{i},{i + 1}" for i in range(12)), "S_0"),
    ],
)
def test_bad_tables_over_time(tmp_path: Path, text: str, reported: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=reported):
        MeasuredSeries.read(path, 0.2)


def test_more_unknowns_than_readings_are_refused(tmp_path: Path) -> None:
    time = np.arange(8.0)
    series = _table(tmp_path, "blood", time, np.exp(-time / 9)[:, None])
    dose = ProcessModel(BY_NAME["one_compartment"], (0,), series)
    with pytest.raises(InputError, match="more readings than unknown"):
        fitting.fit(dose, 0)


def test_each_page_of_words_is_of_a_process_that_has_a_family() -> None:
    known = {f.process for f in (*FAMILIES, leslie(2))}
    assert set(router().bags) == set(PROCESSES) == known


@pytest.mark.parametrize(
    ("text", "processes"),
    [
        ("Otters hunt urchins in a bay.", ("predation",)),
        ("A capsule is swallowed and its drug is cleared from the plasma.", ("absorption",)),
        ("The price of copper over the years.", ()),
        ("A bracket under 600 g.", ()),
    ],
)
def test_words_name_a_process_or_none(text: str, processes: tuple[str, ...]) -> None:
    assert read(text).processes == processes


def test_what_the_words_ask_and_the_table_cannot_say() -> None:
    reading = read("Three species, one eats the others, and temperature matters.")
    assert reading.processes == ("predation",)
    reported = " ".join(reading.reported(["hare", "lynx"]))
    assert "3 kinds" in reported
    assert "temperature" in reported
    assert "no process" in " ".join(read("Something odd with wheels").reported(["hare"]))
