"""Smooth departures from a fitted model, and words on what no family has."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from ingenium.core.verdict import Verdict
from ingenium.model import fitting
from ingenium.model.families import FAMILIES
from ingenium.model.judging import ForecastScore, judge
from ingenium.model.lack_of_fit import LEAST_P, POWER, LackOfFit, lack_of_fit
from ingenium.model.posterior import ModelPosterior
from ingenium.model.reading import read
from ingenium.model.series import MeasuredSeries
from ingenium.model.system import ProcessModel

LOGISTIC = next(f for f in FAMILIES if f.name == "logistic")
TIME, NOISE = np.linspace(0.0, 20.0, 40), 0.03
TRUE = 100 / (1 + 11.5 * np.exp(-0.5 * TIME))  # closed form: growth 0.5 a year, capacity 100


def _tested(values: np.ndarray) -> LackOfFit | None:
    series = MeasuredSeries("year", "year", TIME, ("fish",), ("1",), values[:, None], 0)
    fitted = fitting.fit(ProcessModel(LOGISTIC, (0,), series), 0)
    assert fitted is not None
    return lack_of_fit(fitted)


def _noise(seed: int) -> np.ndarray:
    return np.exp(NOISE * np.random.default_rng(seed).standard_normal(len(TIME)))


def test_a_right_model_is_rarely_flagged_and_the_departure_that_it_names_is_found() -> None:
    right = [_tested(TRUE * _noise(seed)) for seed in range(12)]
    p = np.array([found.p for found in right if found is not None])
    assert len(p) == 12
    assert (p < LEAST_P).sum() <= 1
    assert 0.15 < np.median(p) < 0.85
    named = float(np.mean([found.detectable for found in right if found is not None]))
    assert NOISE / 2 < named < 3 * NOISE
    wave = np.sqrt(2) * np.cos(3 * np.pi * TIME / TIME[-1])
    wrong = [_tested(TRUE * np.exp(1.6 * named * wave) * _noise(seed)) for seed in range(6)]
    assert sum(found is not None and found.p < LEAST_P for found in wrong) >= 6 * POWER


def test_seasons_that_the_words_do_not_mention_are_found() -> None:
    rate = lambda t, y: 0.5 * y * (1 - y / 100) * (1 + 0.8 * np.sin(2 * np.pi * t / 10))  # noqa: E731
    values = solve_ivp(rate, (0, 20), [8.0], t_eval=TIME, rtol=1e-9).y[0]
    found = _tested(values * _noise(1))
    assert found is not None
    assert found.p < LEAST_P


def test_few_readings_cannot_be_tested() -> None:
    series = MeasuredSeries("y", "year", TIME[:6], ("fish",), ("1",), TRUE[:6, None], 0)
    fitted = fitting.fit(ProcessModel(LOGISTIC, (0,), series), 0)
    assert fitted is None or lack_of_fit(fitted) is None


@pytest.mark.parametrize(
    ("text", "mechanisms"),
    [
        ("Logistic growth of fish with a fixed catch each year.", 1),
        ("Predator and prey with a refuge for the prey.", 1),
        ("An epidemic with waning immunity.", 1),
        ("Two species, one eats the other.", 0),
        ("Foxes hunt rabbits on an island.", 0),
    ],
)
def test_words_on_what_no_family_has_are_found(text: str, mechanisms: int) -> None:
    assert len(read(text).mechanisms) == mechanisms


def test_such_words_a_misfit_or_few_readings_leave_it_inconclusive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingenium.model.judging.memory_p", lambda found: 0.5)
    found = ModelPosterior.__new__(ModelPosterior)
    monkeypatch.setattr(ModelPosterior, "settled", True, raising=False)
    score = ForecastScore(9, 10, 0.1, 0.2, 0.3)
    good, bad = LackOfFit(0.4, 0.03), LackOfFit(1e-4, 0.03)
    assert judge(found, [], score, smooth=good).verdict is Verdict.ACCEPTED
    for named, smooth in (((), bad), (("a fixed catch",), good), ((), None)):
        own = judge(found, [], score, mechanisms=named, smooth=smooth)
        assert own.verdict is Verdict.INCONCLUSIVE
