"""Cells as printed meshes: closed, joining, read back as they are, and solved again."""

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.crosscheck import cross_check
from ingenium.core.designs import to_dataset
from ingenium.core.errors import InputError
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.plane_families import FAMILIES
from ingenium.domains.structures.cells.printed import CellPrinter
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.solid import to_solid
from ingenium.domains.structures.cells.spatial_families import FAMILIES as SPATIAL
from ingenium.domains.structures.cells.unit_cell import UnitCell
from ingenium.kits.solids.printing.files import read_mesh
from ingenium.kits.solids.printing.surface import solid_2d

PLANE = UnitCell(CellSettings(cells=(24, 24), cell_m=0.012, height_m=0.005))
SPACE = UnitCell(CellSettings(cells=(12, 12, 12), cell_m=0.006))


def drawn(problem: UnitCell, family: str) -> xr.Dataset:
    families = FAMILIES if problem.exact.cell.dim == 2 else SPATIAL
    field = families[family](Canvas(problem.settings.cells), np.random.default_rng(4))[None]
    whole = torch.ones(1, dtype=torch.float64) * float(field.mean())
    solid = to_solid(torch.from_numpy(field).double(), whole).double()
    return to_dataset((solid,), problem.variables, problem.labels())


@pytest.mark.parametrize("form", ["stl", "3mf", "npz"])
@pytest.mark.parametrize(("problem", "family"), [(PLANE, "antitetrachiral"), (SPACE, "reentrant")])
def test_a_cell_comes_back_from_every_format(problem, family, form, tmp_path):
    designs = drawn(problem, family)
    problem.formats[form].write(designs, tmp_path)
    back = problem.formats[form].read(tmp_path)
    np.testing.assert_array_equal(back["solid"], designs["solid"])


@pytest.mark.parametrize(("problem", "family"), [(PLANE, "star"), (SPACE, "body_centred")])
def test_the_mesh_is_closed_of_the_printed_size_and_its_copies_join(problem, family, tmp_path):
    designs = drawn(problem, family)
    (path,) = problem.formats["stl"].write(designs, tmp_path).values()
    mesh, share = read_mesh(path), float(designs["solid"].mean())
    sides = np.array([3 * 12, 3 * 12, 5] if problem is PLANE else [2 * 6] * 3) / 1e3
    np.testing.assert_allclose(mesh.bounds, [[0, 0, 0], sides], atol=5e-5)
    assert mesh.volume == pytest.approx(share * sides.prod(), rel=0.06)  # corners are cut
    for axis in range(problem.exact.cell.dim):
        low, high = (
            np.unique(face_vertices(mesh, axis, at).round(7), axis=0) for at in (0, sides[axis])
        )
        np.testing.assert_allclose(low, high, atol=1e-6)


def face_vertices(mesh, axis: int, at: float) -> np.ndarray:
    near = np.abs(mesh.vertices[:, axis] - at) < 2e-5
    return np.delete(mesh.vertices[near], axis, 1)


def test_a_mesh_of_another_size_is_refused(tmp_path):
    PLANE.formats["stl"].write(drawn(PLANE, "star"), tmp_path)
    smaller = UnitCell(CellSettings(cells=(24, 24), cell_m=0.01))
    with pytest.raises(InputError, match="Set cell_m"):
        smaller.formats["stl"].read(tmp_path)


def test_the_printed_mesh_on_a_finer_grid_is_near_what_is_judged():
    """The evidence states the difference, which is tolerable where walls are resolved."""
    problem = UnitCell(CellSettings(cells=(32, 32)))
    canvas = Canvas((32, 32))
    bars = canvas.bars(np.zeros((2, 2)), np.eye(2), 8 / 32 - 1e-6)
    solid = torch.from_numpy(bars[None]).double()
    verdicts = problem.verifier.measure(solid)
    names = [q.name for q in problem.quantities]
    judged = xr.Dataset({n: ("design", verdicts[:, i].numpy()) for i, n in enumerate(names)})
    judged["verdict"] = ("design", [Verdict.ACCEPTED])
    designs = to_dataset((solid,), problem.variables, problem.labels())
    cross = cross_check(problem, designs, judged, problem.limits, 0)
    assert cross is not None
    assert cross.disagreement["grid_young"] < 1e-9 * float(judged["young"][0])
    assert 0 < cross.disagreement["young"] < 0.02 * float(judged["young"][0])
    assert cross.disagreement["poisson"] < 0.01


def test_copies_share_the_middle_that_is_read():
    printer = CellPrinter(SPACE.settings)
    share = drawn(SPACE, "reentrant")["solid"].to_numpy()[0]
    back = printer.read(printer.mesh(np.roll(share, 5, 1)))
    np.testing.assert_array_equal(back > 0.5, np.roll(share, 5, 1) > 0.5)


@pytest.mark.parametrize("form", ["stl", "3mf"])
def test_a_body_whose_outer_cells_are_others_is_refused(form, tmp_path):
    """The middle of nine, which is measured, is unchanged."""
    designs = drawn(PLANE, "star")
    share = designs["solid"].to_numpy()[0]
    tiled = np.tile(share, (3, 3))
    tiled[:24, :24] = 1.0
    settings = PLANE.settings
    body = solid_2d(tiled, settings.cell_m / 24, settings.height_m, level=0.5, fine=1, smooth_m=0.0)
    (path,) = PLANE.formats[form].write(designs, tmp_path).values()
    np.testing.assert_array_equal(PLANE.formats[form].read(path)["solid"][0], share)
    type(PLANE.formats[form]).write_mesh(body, path)
    np.testing.assert_array_equal(CellPrinter(settings).read(read_mesh(path)) > 0.5, share > 0.5)
    with pytest.raises(InputError, match="the same cell 3 times"):
        PLANE.formats[form].read(path)


def test_cells_in_space_come_from_moved_known_ones_and_plane_ones_do_not() -> None:
    """There was no comparison in space, where the family of plane cells met nearly no target."""
    assert SPACE.default_family == "residual_bootstrap"
    assert (PLANE.default_family, SPACE.steered_family) == ("principal_flow_matching",) * 2
    assert SPACE.default_family not in SPACE.budgets()
