"""Gradient steps on a section end the same in any batch, and at its camber."""

import pytest
import torch

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.airfoils.verifier import of_shape


@pytest.mark.parametrize(
    "name", ["airfoils.section", pytest.param("airfoils.morphing", marks=pytest.mark.slow)]
)
def test_a_design_is_mended_alike_alone_and_among_others(name: str) -> None:
    problem = open_problem(Spec(problem=name, setup={"refine_steps": 3}))
    designs = problem.data().isel({DESIGN: slice(0, 40, 8)})
    arrays = to_arrays(designs, problem.variables)
    whole = problem.repair(arrays, designs)
    assert not all(torch.equal(a, b) for a, b in zip(whole, arrays, strict=True))
    for i in (0, 3):
        one = problem.repair(tuple(a[i : i + 1] for a in arrays), designs.isel({DESIGN: [i]}))
        for alone, among in zip(one, whole, strict=True):
            assert torch.equal(alone[0], among[i])


def test_mending_goes_to_the_camber_that_was_asked() -> None:
    problem = open_problem(Spec(problem="airfoils.section", setup={"refine_steps": 10}))
    designs = problem.data().isel({DESIGN: slice(0, 400, 100)})
    arrays = to_arrays(designs, problem.variables)
    before = of_shape(*arrays)[:, 2]
    for more in (0.0, 0.004):
        requested = before + more
        target = designs.assign_coords(camber=(DESIGN, requested.numpy()))
        after = of_shape(*problem.repair(arrays, target))[:, 2]
        assert (after - requested).abs().max() < 0.0021, more
