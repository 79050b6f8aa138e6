"""A lattice is judged by its mesh: its walls, with their thickness there."""

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.domains.structures.lattices.crushing import Crushing
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.known import graded
from ingenium.domains.structures.lattices.layout import (
    Layout,
    frames,
    nodes,
    relative_density,
    thicknesses,
)
from ingenium.domains.structures.lattices.problem import Lattice, LatticeSettings
from ingenium.domains.structures.lattices.recovered import recovered
from ingenium.domains.structures.lattices.solid import solid
from ingenium.kits.solids.printing.files import write_stl

LAYOUT = Layout(columns=4, rows=4, width_m=0.04, height_m=0.048)
FIELDS = graded(LAYOUT, 3, np.random.default_rng(2))
MICRON = 1e-6
DEPTH_M = 0.01
BOX_M3 = LAYOUT.width_m * LAYOUT.height_m * DEPTH_M
SPUR_M = np.array([0.003, 0.003])


def one(row: int, thicker: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape, wall, web = (f[row] for f in FIELDS)
    most = LAYOUT.thickest_m
    return shape, np.clip(thicker * wall, LAYOUT.thinnest_m, most), np.clip(thicker * web, 0, most)


def body(fields):
    (frame,) = frames(LAYOUT, *(f[None] for f in fields))
    return solid(frame, 0.01)


def walls(fields) -> np.ndarray:
    shape, wall, web = (f[None] for f in fields)
    (node,), (thick,) = nodes(LAYOUT, shape), thicknesses(LAYOUT, wall, web)
    return np.concatenate([node.ravel(), thick])


@pytest.mark.parametrize("row", range(3))
def test_walls_come_back_from_the_mesh(row):
    requested = one(row)
    found = recovered(LAYOUT, requested, body(requested))
    np.testing.assert_allclose(walls(found), walls(requested), atol=10 * MICRON)


def test_it_is_the_mesh_that_counts():
    """A body of thicker walls and other amplitudes than the table yields its own values."""
    requested, real = one(0), one(0, 1.15)
    real = (real[0] + 0.02, *real[1:])
    found = recovered(LAYOUT, requested, body(real))
    np.testing.assert_allclose(walls(found), walls(real), atol=25 * MICRON)


def test_a_mesh_without_such_walls_is_refused():
    shape, wall, _ = requested = one(0)
    webs = (shape, wall, np.full_like(wall, 2 * LAYOUT.thinnest_m))
    none = (shape, wall, np.zeros_like(wall))
    with pytest.raises(InputError, match="no wall there in the mesh"):
        recovered(LAYOUT, webs, body(none))
    with pytest.raises(InputError, match="a wall there in the mesh"):
        recovered(LAYOUT, none, body(webs))
    mesh = body(requested)
    mesh.apply_translation([0.005, 0.0, 0.0])
    with pytest.raises(InputError, match="wall"):
        recovered(LAYOUT, requested, mesh)


def test_a_wall_that_no_cells_explain_is_refused():
    requested = one(0)
    (frame,) = frames(LAYOUT, *(f[None] for f in requested))
    ends = frame.node_m[frame.wall]
    frame.thickness_m[np.isclose(ends[:, 0, 0], ends[:, 1, 0])] *= 1.8  # all that exist
    with pytest.raises(InputError, match="Grade the walls"):
        recovered(LAYOUT, requested, solid(frame, 0.01))


def designs(problem):
    arrays = (*(torch.from_numpy(f[None]) for f in one(0)), torch.tensor([1000.0]).double())
    return to_dataset(arrays, problem.variables, problem.labels())


def tetrahedra_m3(file) -> float:
    """Volume of a binary STL in millimetres: signed tetrahedra from the origin."""
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    corners = np.frombuffer(file.read_bytes()[84:], record)["corners"].astype(float)
    a, b, c = np.moveaxis(corners, 1, 0)
    return float((a * np.cross(b, c)).sum() / 6) * 1e-9


def test_the_density_that_is_judged_is_that_of_the_file(tmp_path):
    """Compute by signed tetrahedra of the bytes of the STL; joints count once a wall."""
    problem = Lattice(LatticeSettings(LAYOUT, crushing=Crushing(steps=4000), depth_m=DEPTH_M))
    (path,) = problem.formats["stl"].write(designs(problem), tmp_path).values()
    back = problem.formats["stl"].read(path)
    names = [q.name for q in problem.quantities]
    arrays = to_arrays(back, problem.variables)
    (found,) = problem.exact.measure(*arrays).numpy()
    volume = tetrahedra_m3(path / "lattice.stl")
    judged = found[names.index("relative_density")]
    assert judged == pytest.approx(volume / BOX_M3, rel=1e-3)
    mass = volume * problem.exact.material.density_kg_m3
    assert found[names.index("mass")] == pytest.approx(mass, rel=1e-3)
    (of_frame,) = relative_density(LAYOUT, *(a.numpy() for a in arrays[:3]))
    assert of_frame > 1.01 * judged


def test_a_body_with_more_than_its_walls_is_refused(tmp_path):
    problem = Lattice(LatticeSettings(LAYOUT, depth_m=DEPTH_M))
    form = problem.formats["stl"]
    (path,) = form.write(designs(problem), tmp_path).values()
    (frame,) = frames(LAYOUT, *(f[None] for f in one(0)))
    tip = frame.node_m[frame.wall[0, 0]] + SPUR_M  # into a cell, where no cut of a wall looks
    spurred = Frame(
        np.concatenate([frame.node_m, tip[None]]),
        np.concatenate([frame.wall, [[frame.wall[0, 0], len(frame.node_m)]]]),
        np.append(frame.thickness_m, 0.001),
        frame.width_m,
        frame.height_m,
    )
    write_stl(solid(spurred, DEPTH_M), path / "lattice.stl")
    with pytest.raises(InputError, match="volume"):
        form.read(path)
