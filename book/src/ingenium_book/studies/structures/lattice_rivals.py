"""What else absorbs energy at the same density: random foams, frames sized to be stiff, search.

Shapes: n designs, x columns and y rows of cells.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import Voronoi

from ingenium.domains.structures.lattices.frame import Frame
from ingenium.domains.structures.lattices.layout import STEEPEST, Layout, nodes, thicknesses
from ingenium.domains.structures.lattices.proportion import printed, proportioned
from ingenium.domains.structures.lattices.solid import body_density

ROUNDS = 40
ROUNDS_OF_FOAM = 4
SHORT = 0.15  # of the mean wall: shorter ones are drawn together to one node
Fields = tuple[np.ndarray, np.ndarray, np.ndarray]


def foam(layout: Layout, density: float, rng: np.random.Generator) -> Frame:
    """A random Voronoi foam with as many cells as the lattice, all walls of one thickness.

    Source: Silva and Gibson, Int. J. Mech. Sci. 39, 1997 (random seeds kept apart).
    """
    box = np.array([layout.width_m, layout.height_m])
    count = layout.columns * layout.rows // 2  # a hexagon spans two columns
    distance = 0.6 * np.sqrt(box.prod() / count)
    seeds: list[np.ndarray] = []
    while len(seeds) < count:
        point = rng.uniform(size=2) * box
        if all(np.linalg.norm(point - s) > distance for s in seeds):
            seeds.append(point)
        else:
            distance *= 0.999
    inside = np.array(seeds)
    mirrored = [inside]
    for axis in range(2):
        for wall in (0.0, box[axis]):
            other = inside.copy()
            other[:, axis] = 2 * wall - other[:, axis]
            mirrored.append(other)
    cells = Voronoi(np.concatenate(mirrored))
    ridge = [
        r
        for r, p in zip(cells.ridge_vertices, cells.ridge_points, strict=True)
        if -1 not in r and (p < count).all()
    ]  # walls between two cells of the box; its sides are left open
    wall = np.array(ridge)
    node, wall = _drawn_together(cells.vertices, wall, SHORT)
    length = np.linalg.norm(node[wall[:, 1]] - node[wall[:, 0]], axis=1)
    thickness = density * box.prod() / length.sum()
    for _ in range(ROUNDS_OF_FOAM):  # in which joints count once
        frame = Frame(node, wall, np.full(len(wall), thickness), *box.tolist())
        thickness *= density / body_density(frame)
    return frame


def _drawn_together(
    node: np.ndarray, wall: np.ndarray, short: float
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and walls without those that are much shorter than the mean."""
    length = np.linalg.norm(node[wall[:, 1]] - node[wall[:, 0]], axis=1)
    into = np.arange(len(node))
    for a, b in wall[length < short * length.mean()]:
        into[into == into[b]] = into[a]
    wall = into[wall]
    wall = np.unique(np.sort(wall[wall[:, 0] != wall[:, 1]], axis=1), axis=0)
    used, place = np.unique(wall, return_inverse=True)
    return node[used], place.reshape(wall.shape).astype(np.int64)


def stiffest(layout: Layout, density: float, amplitude: float, web: float) -> Fields:
    """Walls sized for the least compliance under even compression (optimality criteria).

    One thickness a cell for walls and one for webs, from a uniform start; the frame of linear
    beams under a plate that goes down evenly.

    Source: Bendsoe and Sigmund, Topology Optimization, 2nd ed., 2003, sections 1.2 and 4.1.
    """
    one = np.ones((1, *layout.cells))
    shape = amplitude * one
    wall, webs = one * layout.thinnest_m * 2, web * one * layout.thinnest_m * 2
    _, wall, webs = proportioned(layout, shape, wall, webs, np.array([density]))
    for _ in range(ROUNDS):
        energy, area = _energies(layout, shape, wall, webs)
        plan = layout.plan
        rise = [plan.alongside[k].T @ energy[k] for k in (~plan.web, plan.web)]
        price = [plan.alongside[k].T @ area[k] for k in (~plan.web, plan.web)]
        step = [np.sqrt(r / np.maximum(p, 1e-30)) for r, p in zip(rise, price, strict=True)]
        scale = np.mean(np.concatenate(step))
        grown = [np.clip(s / scale, 0.8, 1.25).reshape(one.shape) for s in step]
        _, wall, webs = proportioned(
            layout, shape, wall * grown[0], webs * grown[1], np.array([density])
        )
    return printed(layout, shape, wall, webs, np.array([density]))


def _energies(
    layout: Layout, shape: np.ndarray, wall: np.ndarray, webs: np.ndarray
) -> tuple[Float64[np.ndarray, " s"], Float64[np.ndarray, " s"]]:
    """Of each wall: strain energy a thickness at unit force on the plate, and area a thickness."""
    plan = layout.plan
    (place,), (thick,) = nodes(layout, shape), thicknesses(layout, wall, webs)
    first, last = plan.wall.T
    along = place[last] - place[first]
    length = np.linalg.norm(along, axis=1)
    turn = along / length[:, None]
    there = thick > 0
    stiff = [
        _beam(t, n, d) for t, n, d in zip(thick[there], length[there], turn[there], strict=True)
    ]
    dofs = (3 * plan.wall[there][:, :, None] + np.arange(3)).reshape(-1, 6)
    size = 3 * len(place)
    rows, columns = np.repeat(dofs, 6, 1).ravel(), np.tile(dofs, 6).ravel()
    k = coo_array((np.stack(stiff).ravel(), (rows, columns)), (size, size)).tocsr()
    top = np.isclose(place[:, 1], layout.height_m)
    held = np.zeros(size, dtype=bool)
    on_plate = np.flatnonzero(np.isclose(place[:, 1], 0) | top)
    held[3 * on_plate], held[3 * on_plate + 1] = True, True
    held |= k.diagonal() == 0
    u = np.zeros(size)
    u[3 * np.flatnonzero(top) + 1] = -1.0
    free = ~held
    u[free] = spsolve(k[free][:, free].tocsc(), -(k[free] @ u))
    own = u[dofs]
    energy = np.zeros(len(thick))
    energy[there] = np.einsum("sa,sab,sb->s", own, np.stack(stiff), own) / thick[there]
    return energy, length


def _beam(thickness: float, length: float, way: np.ndarray) -> Float64[np.ndarray, "6 6"]:
    """Stiffness of a plane Bernoulli beam of unit modulus and depth in the axes of the box."""
    axial, bend = thickness / length, thickness**3 / 12 / length
    a, b = 12 * bend / length**2, 6 * bend / length
    local = np.array(
        [
            [axial, 0, 0, -axial, 0, 0],
            [0, a, b, 0, -a, b],
            [0, b, 4 * bend, 0, -b, 2 * bend],
            [-axial, 0, 0, axial, 0, 0],
            [0, -a, -b, 0, a, -b],
            [0, b, 2 * bend, 0, -b, 4 * bend],
        ]
    )
    c, s = way
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    both = np.kron(np.eye(2), turn)
    out: np.ndarray = both.T @ local @ both
    return out


def climbed(
    layout: Layout,
    density: float,
    energy: Callable[[Fields], float],
    start: Fields,
    calls: int,
    rng: np.random.Generator,
    *,
    step: float = 0.1,
) -> tuple[Fields, float]:
    """The best lattice of a (1+1) evolution from one that is given, which is measured first.

    Source: Rechenberg's one-fifth rule, as in Beyer and Schwefel, Natural Computing 1, 2002.
    """
    wanted = np.array([density])
    best = _held(layout, list(start), wanted)
    most = energy(best)
    spread = (STEEPEST, layout.thinnest_m * 2, layout.thinnest_m * 2)
    for _ in range(calls - 1):
        moved = [b + step * s * rng.normal(size=b.shape) for b, s in zip(best, spread, strict=True)]
        new = _held(layout, moved, wanted)
        value = energy(new)
        if value > most:
            best, most, step = new, value, step * 1.5
        else:
            step *= 0.9
    return best, most


def _held(layout: Layout, fields: list[np.ndarray], density: np.ndarray) -> Fields:
    return printed(layout, fields[0], fields[1], fields[2], density)
