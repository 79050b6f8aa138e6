"""Crushing compared with plastic limit analysis, which shares neither code nor theory with it.

The limit load of a frame of rigid, perfectly plastic walls is the most that any forces in
equilibrium bear which yield nowhere: a linear programme, without time, displacement or elasticity.
A frame that bends yields near it; one whose webs are pressed along buckles below it.

Shapes: v nodes, s walls.
Source: Neal, The Plastic Methods of Structural Analysis, 1977, ch. 4 (lower bound) and 6
    (M / Mp + (N / Np)^2 = 1, here by tangents from outside).
"""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from ingenium.domains.structures.lattices.crushing import Crushing, crush
from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.known import classical
from ingenium.domains.structures.lattices.layout import Layout, frames
from ingenium.domains.structures.lattices.material import STEEL_316L
from ingenium.domains.structures.lattices.verifier import stress_pa

TANGENTS = np.linspace(-1, 1, 9)  # of the yield curve, at these shares of the normal force
EARLY = 0.05  # strain, before walls touch


def equilibrium(frame: Frame, forces: np.ndarray) -> sparse.csr_matrix:
    """Forces and moment on each node (rows 3v) of normal force and end moments (columns 3s).

    Each column is in units of the wall's own plastic `forces` (N/m, and N of the moments).
    """
    (a, b), length = frame.wall.T, frame.length_m
    along = (frame.node_m[b] - frame.node_m[a]) / length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    s, (most_n, most_m) = np.arange(len(a)), forces
    rows, columns, values = [], [], []
    for node, sign in ((a, 1.0), (b, -1.0)):
        for axis in range(2):
            shear = -sign * most_m / length * across[:, axis]
            for k, value in enumerate((sign * most_n * along[:, axis], shear, shear)):
                rows.append(3 * node + axis)
                columns.append(k * len(a) + s)
                values.append(value)
    for k, node in ((1, a), (2, b)):
        rows.append(3 * node + 2)
        columns.append(k * len(a) + s)
        values.append(-most_m)
    found = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return sparse.csr_matrix(found, (3 * len(frame.node_m), 3 * len(a)))


def limit_pa(frame: Frame, yield_pa: float) -> float:
    """Largest stress that the plates bear: nodes on them may rotate, and only be pushed."""
    walls, nodes = len(frame.wall), len(frame.node_m)
    forces = yield_pa * np.stack([frame.thickness_m, frame.thickness_m**2 / 4])
    size = forces[0].mean()
    height = frame.node_m[:, 1]
    low = np.flatnonzero(height < 1e-9)
    top = np.flatnonzero(height > frame.height_m - 1e-9)
    side, up = 3 * np.concatenate([low, top]), 3 * np.concatenate([low, top]) + 1
    way = np.concatenate([np.ones(len(low)), -np.ones(len(top))])
    held = sparse.csr_matrix(
        (
            size * np.concatenate([np.ones(len(side)), way]),
            (np.r_[side, up], np.arange(2 * len(side))),
        ),
        (3 * nodes, 2 * len(side)),
    )
    balance = sparse.hstack([equilibrium(frame, forces), held])
    one, none = sparse.eye(walls), sparse.csr_matrix((walls, walls))
    yields = [
        [2 * n * one, *((sign * one, none) if end else (none, sign * one))]
        for end in (True, False)
        for sign in (1.0, -1.0)
        for n in TANGENTS
    ]
    bounded = sparse.hstack([sparse.bmat(yields), sparse.csr_matrix((36 * walls, 2 * len(side)))])
    found = linprog(
        np.r_[np.zeros(3 * walls + len(side) + len(low)), -np.ones(len(top))],
        A_ub=bounded,
        b_ub=np.tile(np.repeat(1 + TANGENTS**2, walls), 4),
        A_eq=sparse.diags(1 / np.tile([size, size, size * frame.height_m], nodes)) @ balance,
        b_eq=np.zeros(3 * nodes),
        bounds=[(-1, 1)] * (3 * walls) + [(None, None)] * len(side) + [(0, None)] * len(side),
    )
    assert found.status == 0, found.message
    return float(-found.fun * size / frame.width_m)


def peak_over_limit(name: str, density: float) -> float:
    """The first peak of the crushed frame over its limit load."""
    layout = Layout()
    (frame,) = frames(layout, *classical(layout, density)[name])
    curves = [crush(frame, STEEL_316L, c) for c in Crushing().both()]
    stress = np.mean([stress_pa(c, layout.width_m) for c in curves], axis=0)
    return float(stress[curves[0].strain <= EARLY].max() / limit_pa(frame, STEEL_316L.yield_pa))


def test_a_pressed_wall_and_a_portal_have_their_textbook_limits() -> None:
    wall = Frame(np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([[0, 1]]), np.array([0.1]), 1.0, 1.0)
    assert limit_pa(wall, 1e6) == pytest.approx(0.1 * 1e6, rel=1e-6)
    beam = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 0.5], [1.0, 0.5], [2.0, 0.5], [1.0, 1.0]])
    walls = np.array([[0, 2], [1, 4], [2, 3], [3, 4], [3, 5]])
    portal = Frame(beam, walls, np.full(5, 0.02), 2.0, 1.0)
    most_n_m = 1e6 * 0.02**2 / 4  # hinges in the middle and at both corners: P = 8 Mp / L
    assert limit_pa(portal, 1e6) * 2.0 == pytest.approx(8 * most_n_m / 2.0, rel=0.01)


@pytest.mark.slow
def test_hexagons_yield_near_their_limit_load() -> None:
    assert peak_over_limit("hexagons", 0.08) == pytest.approx(1.0, abs=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("density", [0.08, 0.14])
def test_of_all_classical_lattices(density: float) -> None:
    """Webs buckle, thick ones later; bow-ties harden a little as they fold inwards."""
    for name in ("hexagons", "bricks", "bow-ties"):
        assert peak_over_limit(name, density) == pytest.approx(1.0, abs=0.08), name
        webbed = peak_over_limit(f"{name} with webs", density)
        assert 0.3 < webbed < 1.0, name
        assert (webbed > 0.6) == (density > 0.1), name
