"""Circuits as families of an unrelated field."""

from dataclasses import replace

import pytest
import torch

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators.offer import make, plan


@pytest.mark.parametrize("name", ["born", "mps", "qgan", "qvae"])
def test_sections_of_wings_are_drawn_by_circuits(name: str) -> None:
    problem = open_problem(Spec(problem="airfoils.section"))
    known = problem.data().isel(design=slice(0, 200))
    x, cond = problem.encode(known).float(), problem.features(known)
    family = make(problem, name, cond.shape[1])
    family.fit(x, cond, replace(plan(problem, name, steps=4, seed=0), batch=16, held_out=0.1))
    made = family.propose(cond[:8], torch.Generator().manual_seed(0))
    arrays = problem.decode(made.double(), known.isel(design=slice(0, 8)))
    assert all(torch.isfinite(a).all() for a in arrays)
    assert float(made.std(0).mean()) > 0.05
