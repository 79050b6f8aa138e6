"""Meters with gaps: their readings, and the recovered state between them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice
from ingenium.domains import open_problem
from ingenium.domains.grid.data.dataset import VARIABLES
from ingenium.domains.grid.feeder.day_meters import DayMeters
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.mixture import Mixture
from ingenium.infer.prior import Prior
from ingenium.infer.spec import load
from ingenium.infer.weights import quantiles
from ingenium.runs.loop import training

EXAMPLE = Path(__file__).parents[3] / "examples" / "grid" / "meters.toml"


@pytest.fixture(scope="module")
def problem() -> FeederDay:
    found = open_problem(load(EXAMPLE).spec)
    assert isinstance(found, FeederDay)
    return found


@pytest.mark.slow
def test_the_state_between_readings_is_found_again(problem: FeederDay) -> None:
    """A held-out day, read at every fourth step: bands of 90 % contain the rest, and are narrow."""
    known = training(problem)
    spec = load(EXAMPLE).spec
    choice = GeneratorChoice(family="gaussian_copula")
    own = resolve(spec, problem)
    made = fitted.fit(problem, known, choice, watch=silent)
    prior = Prior.of(Generator(problem, made.family, own, known), 512, 0, None)
    days = problem.data()
    held = days.isel({DESIGN: np.flatnonzero(days["held_out"].to_numpy())[20:21]})
    verifier = problem.feeder.verifier
    truth = verifier.trace(*to_arrays(held, VARIABLES)).import_kw[0]
    steps = np.arange(0, 96, 4)
    table = pd.DataFrame({"hour": steps / 4, "meter": "import", "value": truth[steps]})
    question = DayMeters.of(verifier, table).question()
    rng = torch.Generator().manual_seed(0)
    task = InferenceTask(prior, question.likelihood, question.measure, 150)
    found = Mixture(known=400).prepared(task, rng)(question.readings, rng)
    taken = verifier.trace(*found.arrays).import_kw
    low, high = quantiles(taken, found.weight, (0.05, 0.95))
    before = verifier.trace(*(a[:100] for a in prior.arrays)).import_kw
    wide = np.quantile(before, 0.95, axis=0) - np.quantile(before, 0.05, axis=0)
    between = np.setdiff1d(np.arange(96), steps)
    inside = (truth >= low) & (truth <= high)
    assert inside[between].mean() > 0.7
    assert (high - low)[steps].mean() < 0.2 * wide[steps].mean()
    assert (high - low)[between].mean() < 0.8 * wide[between].mean()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"hour": 1.1, "meter": "import", "value": 10.0}, "quarters"),
        ({"hour": 1.0, "meter": "moon", "value": 10.0}, "meter"),
        ({"hour": 0.0, "meter": "import", "value": 10.0}, "twice"),
        ({"hour": 1.0, "meter": "LV1.101 Bus 1", "value": 230.0}, "in pu"),
    ],
)
def test_readings_that_are_none_are_refused(
    problem: FeederDay, row: dict[str, object], said: str
) -> None:
    first = {"hour": 0.0, "meter": "import", "value": 10.0}
    with pytest.raises(InputError, match=said):
        DayMeters.of(problem.feeder.verifier, pd.DataFrame([first, row]))
