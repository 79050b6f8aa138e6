"""Half cells of a shape: stress converges, its error is stated, limits are satisfied beyond it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.evidence import uncertainty
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec
from ingenium.core.verdict import weighed
from ingenium.core.verify import verify
from ingenium.domains.structures.shapes.box import open_box
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance
from ingenium.domains.structures.shapes.settings import ShapeSettings
from ingenium.domains.structures.shapes.stress_cells import points_held
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.kits.solids.elastic.reference import work_j

SETTINGS = ShapeSettings(cells=(24, 8), stress_m=0.1)
GIVEN = (0.5, -90.0, 0.5)  # place and angle of the tip load, volume


@pytest.fixture(scope="module")
def problem() -> MinimumCompliance:
    return MinimumCompliance(SETTINGS)


def frame() -> torch.Tensor:
    """A frame of two flanges on posts, with re-entrant corners."""
    shape = torch.zeros(24, 8, dtype=torch.float64)
    shape[:, :2] = shape[:, 6:] = 1.0
    for x in (0, 10, 21):
        shape[x : x + 3] = 1.0
    return shape


def reported(settings: ShapeSettings, shape: torch.Tensor) -> dict[str, float]:
    verifier = ShapeVerifier(open_box(settings))
    given = (torch.tensor([v], dtype=torch.float64) for v in GIVEN)
    found = verifier.measure(shape[None], *given)[0].tolist()
    return dict(zip((q.name for q in verifier.quantities), found, strict=True))


def finer(times: int) -> tuple[ShapeSettings, torch.Tensor]:
    shape = frame().repeat_interleave(times, 0).repeat_interleave(times, 1)
    cells = (24 * times, 8 * times)
    return replace(SETTINGS, cells=cells, cell_m=SETTINGS.cell_m / times), shape


def as_designs(problem: MinimumCompliance, shapes: torch.Tensor) -> xr.Dataset:
    given = [torch.full((len(shapes),), v, dtype=torch.float64) for v in GIVEN]
    coords = {c.name: (DESIGN, g.numpy()) for c, g in zip(problem.conditions, given, strict=True)}
    return to_dataset((shapes, *given), problem.variables, coords | problem.labels())


def test_the_stress_of_a_shape_with_corners_settles_on_finer_cells() -> None:
    peaks = [reported(*finer(times))["peak_von_mises"] for times in (2, 4, 8)]
    first, second = np.diff(peaks)  # in the middle of cells 16 and 30 Pa
    assert abs(second) < 0.75 * abs(first), peaks
    assert abs(second) < 0.06 * peaks[-1]


def test_an_arm_of_one_cell_is_stressed_as_its_section_says() -> None:
    """Two arms bear the moment of the tip load of 1 N; one of them is cut to a single cell."""
    cut = frame()
    cut[7:9, 0] = 0.0
    cell_m = SETTINGS.cell_m
    force = (24 - 8) / 6  # arm of the load over the distance of the flanges, both in cells
    assert reported(SETTINGS, cut)["peak_von_mises"] > 0.9 * force / cell_m


def test_what_is_stated_covers_scikit_fem_on_half_cells(problem: MinimumCompliance) -> None:
    settings, shape = finer(2)
    box = open_box(settings)
    numbers = box.numbers(tuple(torch.tensor([v], dtype=torch.float64) for v in GIVEN))
    load = box.loading.forces(numbers, 1)
    truth = float(work_j(box.elastic, ShapeVerifier(box).moduli(shape.flatten()[None]), load))
    designs = as_designs(problem, frame()[None])
    found = verify(designs, problem.verifier, (), variables=problem.variables, sizes=problem.sizes)
    cross = cross_check(problem, designs, found, (), 0)
    stated = uncertainty(problem, {}, cross)["compliance"]
    own = float(found["compliance"][0])
    assert abs(own - truth) > 0.01 * truth  # the grid alone is off
    assert abs(own - truth) < stated < 4 * abs(own - truth)


@pytest.mark.parametrize(("said", "verdict"), [(None, "rejected"), (False, "accepted")])
def test_a_limit_that_the_mesh_decides_does_not_hold_unless_a_spec_says_so(
    problem: MinimumCompliance, said: bool | None, verdict: str
) -> None:
    own = reported(SETTINGS, frame())["max_displacement"]
    limit = Limit("max_displacement", at_most=1.01 * own, beyond_uncertainty=said)
    limits = resolve(Spec(problem=problem.name, limits=(limit,)), problem).limits[:1]
    designs = as_designs(problem, frame()[None])
    how: Any = {"variables": problem.variables, "sizes": problem.sizes}
    found = verify(designs, problem.verifier, limits, **how)
    assert str(found["verdict"].to_numpy()[0]) == "accepted"
    cross = cross_check(problem, designs, found, limits, 0)
    judged = weighed(found, limits, uncertainty(problem, {}, cross))
    assert str(judged["verdict"].to_numpy()[0]) == verdict


def test_a_roller_is_a_point_and_a_clamped_face_is_none() -> None:
    box = open_box(ShapeSettings(preset="mbb", cells=(12, 4)))
    found = points_held(box.grid, box.elastic.fixed).view(box.grid.nodes)
    assert found.nonzero().tolist() == [[12, 0]]
    box = open_box(ShapeSettings(preset="cantilever_3d"))
    assert not bool(points_held(box.grid, box.elastic.fixed).any())


@pytest.mark.parametrize(
    "limit",
    [Limit("mass", at_most=0.0), Limit("volume", at_least=0.9), Limit("volume", at_most=0.1)],
)
def test_a_limit_that_no_design_can_hold_is_refused_at_once(
    problem: MinimumCompliance, limit: Limit
) -> None:
    with pytest.raises(InputError, match="No design could hold it"):
        resolve(Spec(problem=problem.name, limits=(limit,)), problem)
