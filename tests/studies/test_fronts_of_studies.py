"""Rows 36.2 and 32.14: what counts as a variant, shares of an exact front, sections for XFOIL."""

import numpy as np
import pytest
import torch

from ingenium.core.spec import Objective
from ingenium.domains.airfoils.naca import naca_2412
from ingenium.domains.airfoils.section import WingSection
from ingenium.domains.airfoils.settings import SectionSettings
from ingenium.domains.airfoils.studies import glide_sections
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier
from ingenium.domains.structures.studies import roof_variants
from ingenium.domains.structures.studies.roof_variants import GOALS, WORST, share_of
from ingenium.domains.structures.trusses.problem import RoofTruss
from ingenium.search.trial import SearchTask


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


def test_sections_of_the_front_are_those_that_nothing_betters() -> None:
    settings = SectionSettings(
        points=(glide_sections.POINT,), judge="neuralfoil", network="medium", refine_steps=0
    )
    problem = WingSection.__new__(WingSection)  # without the known sections, which take seconds

    problem.tiers = (NeuralFoilVerifier(settings),)
    thin = naca_2412()
    thick = tuple(torch.cat([a, b]) for a, b in zip(thin, thin, strict=True))
    thick = glide_sections.shaped(thick, torch.tensor([0.12, 0.16], dtype=torch.float64), {})
    found = glide_sections.cheap(problem, thick)
    assert found[:, 1].tolist() == pytest.approx([0.12, 0.16], rel=1e-6)
    assert float(found[0, 0]) > float(found[1, 0])  # thicker drags more
    some = glide_sections.spread_front(problem, thick, 2)
    assert len(some[0]) == 2
    assert len(glide_sections.spread_front(problem, tuple(a[[0, 0]] for a in thick), 2)[0]) == 1
