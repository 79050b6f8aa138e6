"""Row 36.2: what counts as a variant, shares of an exact front."""

import numpy as np
import pytest

from ingenium.core.spec import Objective
from ingenium.domains.structures.studies import roof_variants
from ingenium.domains.structures.studies.roof_variants import GOALS, WORST, share_of
from ingenium.domains.structures.trusses.problem import RoofTruss
from ingenium.searches.trial import SearchTask


def test_the_exact_front_has_all_of_its_area_and_half_a_box_half() -> None:
    front = np.array([[2e3, 0.02], [5e3, 0.01]])
    assert share_of(front, front) == pytest.approx(100)
    corner = np.array([[0.0, 0.0]])
    assert share_of(np.array([WORST / 2]), corner) == pytest.approx(25)


def test_a_sweep_holds_few_limits_and_equal_variants_count_once() -> None:
    problem = RoofTruss()
    goals = tuple(Objective(name, "minimise") for name in GOALS)
    run = roof_variants.swept(SearchTask(problem, goals, problem.limits, 512), 0)
    assert run.held.sum() > 5
    assert run.held.mean() < 0.2
    assert 0 < roof_variants.distinct(problem, run) <= run.held.sum()
    assert roof_variants.disagreement(problem, run) < 1e-9
    twice = run.designs.isel(design=np.repeat(np.flatnonzero(run.held)[:1], 5))
    same = roof_variants.verified(SearchTask(problem, goals, problem.limits, 5), twice)
    assert roof_variants.distinct(problem, same) == 1
