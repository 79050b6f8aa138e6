"""Marks are closed bodies of known size, arrows point as loads do, fields are the judged ones."""

import numpy as np
import pytest
import torch

from ingenium.core.scene import Mark
from ingenium.kits.solids.acting import acting, borne
from ingenium.kits.solids.elastic.critical import CriticalVolume
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.printing import marks
from ingenium.kits.solids.printing.mesh import check_closed, mesh_of, volume_m3

TAIL, TIP = np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.1, 0.5])
GRID = RegularGrid((8, 4, 4), 0.01)


def test_marks_are_closed_and_as_large_as_they_should_be() -> None:
    length = float(np.linalg.norm(TIP - TAIL))
    polygon = marks.SIDES / 2 * np.sin(2 * np.pi / marks.SIDES)  # in place of pi
    shaft, head = 0.045**2 * 0.68, (0.12**2) * 0.32 / 3
    for mark, volume in (
        (marks.pin("pin", TAIL, TIP, 0.02, "#000000"), polygon * 0.02**2 * length),
        (marks.force("f", TAIL, TIP, "#000000"), polygon * length**3 * (shaft + head)),
        (marks.plate("p", TAIL, np.add(TAIL, (1.0, 2.0, 3.0)), "#000000"), 6.0),
        (marks.moment("m", TAIL, TIP, "#000000"), None),
    ):
        check_closed(mark.vertices_m, mark.faces)
        if volume is not None:
            assert volume_m3(mark.vertices_m, mark.faces) == pytest.approx(volume)


def loaded(force_n: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """A bar fixed at x = 0 with a force at its other end, and its supports."""
    nodes = torch.from_numpy(np.indices(GRID.nodes).reshape(3, -1).T.copy())
    load = torch.zeros(1, len(nodes), 3, dtype=torch.float64)
    end = nodes[:, 0] == GRID.cells[0]
    load[0, end] = torch.tensor(force_n, dtype=torch.float64) / int(end.sum())
    return load.flatten(1), (nodes[:, 0] == 0).repeat_interleave(3)


def way(mark: Mark) -> np.ndarray:
    """Vector from tail to tip of an arrow: its first and its last corner."""
    return np.asarray(mark.vertices_m[-1] - mark.vertices_m[0])


def test_an_arrow_points_as_its_load_does_and_lies_outside() -> None:
    for force in ([0.0, 0.0, -50.0], [20.0, 0.0, 0.0], [0.0, 3.0, 4.0]):
        load, fixed = loaded(force)
        arrow, plate = acting(GRID, fixed, ("pull",), load)
        assert way(arrow) / np.linalg.norm(way(arrow)) == pytest.approx(
            np.array(force) / np.linalg.norm(force)
        )
        assert arrow.name == "load pull"
        assert plate.vertices_m[:, 0].max() <= 0, "it holds the face from outside"


def test_a_couple_is_shown_by_its_axis() -> None:
    nodes = np.indices(GRID.nodes).reshape(3, -1).T * GRID.cell_m
    _, fixed = loaded([1.0, 0.0, 0.0])
    arm = nodes - nodes[nodes[:, 0] == 0.08].mean(0)
    force = np.where((nodes[:, 0] == 0.08)[:, None], np.cross([5.0, 0.0, 0.0], arm), 0.0)
    arrow, _ = acting(GRID, fixed, ("twist",), torch.from_numpy(force).flatten()[None])
    assert way(arrow) / np.linalg.norm(way(arrow)) == pytest.approx([1.0, 0.0, 0.0])


def test_the_fields_of_a_pulled_bar_are_those_of_the_closed_form() -> None:
    """Without Poisson's ratio: stress is force over area, and displacement grows along the bar."""
    load, fixed = loaded([80.0, 0.0, 0.0])
    # consistent nodal forces of an even pull: corners a quarter, edges half of the inner nodes
    nodes = np.indices(GRID.nodes).reshape(3, -1).T
    inner = ((nodes[:, 1:] > 0) & (nodes[:, 1:] < 4)).sum(1)
    share = np.where(nodes[:, 0] == 8, 2.0**inner, 0.0)
    load[0, 0::3] = torch.from_numpy(80.0 * share / share.sum())
    elastic = Elastic(GRID, fixed, 0.0, tolerance=1e-10)
    modulus, flat = 1e9, torch.ones(GRID.n_cells, dtype=torch.float64)
    u = elastic.solve(modulus * flat[None], load[None])[0]
    volume = CriticalVolume(elastic, 3e-3)
    square, read = volume.cell_pa2(modulus, u), torch.ones(GRID.n_cells, dtype=torch.bool)
    field = volume.field_pa(square, flat, read)
    assert field == pytest.approx(80.0 / 0.04**2, rel=1e-6)
    assert field.max() == volume.largest_pa(square, flat, read)
    corners = np.array([[0.08, 0.02, 0.0], [0.04, 0.04, 0.02], [0.02, 0.0, 0.02]])
    mesh = mesh_of(corners, np.array([[0, 1, 2]]))
    stress, moved = borne(volume, field, u, ("pull",), mesh, flat > 0.5)
    assert stress.values == pytest.approx(0.05, rel=1e-6)  # MPa
    assert moved.values == pytest.approx(1e3 * 5e4 / modulus * corners[:, 0], rel=1e-6)  # mm
    read[:] = False
    grey = borne(volume, volume.field_pa(square, flat, read), u, ("pull",), mesh, flat > 0.5)
    assert [one.name for one in grey] == ["displacement (mm), load pull"]
