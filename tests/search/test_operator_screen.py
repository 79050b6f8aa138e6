"""A learned operator as a screen of fields: its fit, and that it accepts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import known_fronts
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec, parse
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.runs.loop import training
from ingenium.runs.search_plan import ScreenPlan
from ingenium.runs.store import Store
from ingenium.searches import learned, operators, screens
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make
from ingenium.searches.surrogates import EnsembleSettings

FIELDS = {
    "problem": "equations.field",
    "setup": {"equation": "poisson", "points": 16, "known": 12},
    "limits": [{"quantity": "error", "at_most": 0.3}],
    "objectives": [{"quantity": "error", "sense": "minimise"}],
}
PLAN = ScreenPlan("operator", pass_fraction=0.5, audit=0.2)


@pytest.fixture(scope="module")
def fields() -> tuple[Problem, Spec]:
    requested = parse(FIELDS, Spec, "fields")
    problem = open_problem(requested)
    return problem, resolve(requested, problem)


@pytest.fixture
def search(fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    monkeypatch.setattr(learned, "FIRST", 8)
    problem, spec = fields
    task = Task(problem, spec, training(problem), 0, silent)
    screening = screens.make(PLAN, task)
    with Store(tmp_path / "s.sqlite") as store:
        store.sit({})
        own = make("random", task).strategy
        yield Search(problem, spec, own, store, seed=0, batch=8, screening=screening)


@dataclass
class Praise:
    """A model that predicts the best values for all designs."""

    limits: int
    outcomes: int

    def expected(self, x, miscoverage):
        best = np.concatenate([np.full(self.limits, 1e6), np.full(self.outcomes, -1e6)])
        every = np.tile(best, (len(x), 1))
        return every, every


def test_an_operator_that_praises_all_accepts_none(search: Search) -> None:
    spec = search.spec
    search.screening.screen.fit = lambda x, y, seed: Praise(len(spec.limits), len(spec.objectives))
    search.run(Stop(calls=24))
    assert search.screening.screen._fitted is not None, "it was asked"
    last = search.history[-1]
    assert last.screened > 0
    assert last.accepted + last.rejected + last.failed == last.calls == 24
    designs = search.designs(range(24))
    again = verify(
        designs, search.problem.verifier, spec.limits,
        variables=search.problem.variables, sizes=search.problem.sizes,
    )  # fmt: skip
    found = search.verdicts()["verdict"].to_numpy()
    np.testing.assert_array_equal(found, again["verdict"].to_numpy())
    assert (found == Verdict.ACCEPTED).sum() == last.accepted < 24, "it praised all of them"


def test_an_operator_learns_of_fields_what_few_numbers_do_not_hold(
    fields, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "HOW", EnsembleSettings(members=2, width=6, steps=60, rate=0.02))
    rows = operators.GridRows(*fields)
    rng = np.random.default_rng(0)
    size, phase = rng.uniform(0.2, 2, 90), rng.uniform(0, 2 * np.pi, 90)
    wave = np.sin(4 * np.pi * np.arange(16) / 16 + phase[:, None])
    x = np.zeros((90, 2, 16, 16)) + 0.1 * rng.standard_normal((90, 2, 16, 16))
    x[:, 0] += size[:, None, None] * wave[:, None]
    flat, y = x.reshape(len(x), -1), np.stack([size**2, -size], 1)
    mean, most = rows.fit(flat[:60], y[:60], 0).expected(flat[60:], 0.2)
    close = [np.corrcoef(mean[:, k], y[60:, k])[0, 1] for k in (0, 1)]
    assert min(close) > 0.9, "wherever the wave stands"
    assert (most >= y[60:]).mean() > 0.6


def test_rows_hold_the_field_and_no_more_points_than_are_seen(fields) -> None:
    problem, spec = fields
    rows = operators.GridRows(problem, spec)
    known = training(problem)
    assert rows.shape == (2, 16, 16)
    assert rows.points(known).shape == (known.sizes[DESIGN], 2 * 16 * 16)


def test_designs_that_are_no_fields_are_refused() -> None:
    problem = known_fronts.Front(known_fronts.Settings())
    spec = resolve(known_fronts.spec(objectives=known_fronts.LEAST_SQUARE), problem)
    with pytest.raises(InputError, match="--screen ensemble"):
        operators.GridRows(problem, spec)
