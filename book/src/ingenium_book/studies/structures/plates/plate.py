"""Modes of thin orthotropic plates by scikit-fem's conforming elements, as piezo patches hear them.

Lengths are in plate lengths, rigidities in that along the plate, masses in that of the plate:
frequencies then are multiples of sqrt(rigidity / (mass per area)) / length^2.

Shapes: m modes, p patches, f degrees of freedom.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import eigsh

from ingenium.core.errors import InputError
from ingenium.kits.solids.elastic.reference import skfem

Edge = Literal["clamped", "supported", "free"]
EDGES: tuple[Edge, ...] = ("clamped", "supported", "free")
SIDES = ("left", "right", "bottom", "top")
PATCHES = (16, 8)  # along the plate and across: they tile it, one on each element


@dataclass(frozen=True)
class Plate:
    """A rectangular plate of one layer, held at its edges, with masses fixed to it."""

    edges: tuple[Edge, Edge, Edge, Edge]  # left, right, bottom, top
    width: float = 1.0
    across: float = 1.0  # rigidity across the plate
    poisson: float = 0.3  # coupling over the geometric mean of both rigidities
    twist: float = 0.35  # rigidity against twist over that mean; (1 - poisson) / 2 if isotropic
    masses: tuple[tuple[float, float, float], ...] = ()  # place along and across (0 to 1), mass

    def __post_init__(self) -> None:
        if "clamped" not in self.edges and self.edges.count("supported") < 2:
            raise InputError(
                "edges that hold the plate", self.edges, 'Write "clamped" for one of them.'
            )
        if min(self.width, self.across, self.twist) <= 0 or not 0 <= self.poisson < 1:
            raise InputError(
                "width and rigidities above 0, coupling from 0 to below 1",
                f"{self.width:g}, {self.across:g}, {self.twist:g}, {self.poisson:g}",
                "Leave them out for an isotropic square.",
            )


@dataclass(frozen=True, eq=False)
class Modes:
    """The lowest modes, with unit modal mass."""

    frequency: Float64[np.ndarray, " m"]
    heard: Float64[np.ndarray, "p m"]  # mean curvature under each patch: what a patch's charge is


def modes(plate: Plate, count: int = 12, *, finer: int = 1) -> Modes:
    """The lowest modes of a plate; `finer` elements along each patch.

    Source: Bogner, Fox and Schmit, AFFDL-TR-66-80, 1966 (the element); Lee and Moon, J. Appl.
        Mech. 57:434, 1990 (a patch's charge is the integral of curvature under it).

    Raises:
        MissingExtra: if scikit-fem is not installed.
    """
    parts = _parts(finer)
    r, mean = plate.width, np.sqrt(plate.across)
    stiffness = (
        parts["along"]
        + plate.across / r**4 * parts["across"]
        + plate.poisson * mean / r**2 * parts["coupling"]
        + 4 * plate.twist * mean / r**2 * parts["twist"]
    )
    mass = parts["mass"] + _fixed_masses(plate, finer)
    free = _free(plate.edges, finer)
    k, m = (csc_array(csc_array(a)[free][:, free]) for a in (stiffness, mass))
    start = np.random.default_rng(0).standard_normal(len(free))
    square, shape = eigsh(k, count, m, sigma=0.0, v0=start)
    order = np.argsort(square)
    moved = np.zeros((stiffness.shape[0], count))
    moved[free] = shape[:, order]
    heard = (parts["curved_along"] + parts["curved_across"] / r**2) @ moved
    return Modes(np.sqrt(square[order]), heard)


@cache
def _basis(finer: int) -> Any:
    fem = skfem()
    lines = [np.linspace(0, 1, finer * n + 1) for n in PATCHES]
    return fem.Basis(fem.MeshQuad.init_tensor(*lines), fem.ElementQuadBFS(), intorder=6)


@cache
def _parts(finer: int) -> Mapping[str, csc_array]:
    """Matrices on the unit square, from which those of any plate are sums."""
    fem, basis = skfem(), _basis(finer)

    def form(i: tuple[int, int], j: tuple[int, int]) -> csc_array:
        def work(u: Any, v: Any, w: Any) -> Any:
            return (u.hess[i] * v.hess[j] + u.hess[j] * v.hess[i]) / 2

        return csc_array(fem.BilinearForm(work).assemble(basis))

    along, across, twist = (0, 0), (1, 1), (0, 1)
    return {
        "along": form(along, along),
        "across": form(across, across),
        "coupling": 2 * form(along, across),
        "twist": form(twist, twist),
        "mass": csc_array(fem.BilinearForm(lambda u, v, w: u * v).assemble(basis)),
        "curved_along": _mean_curvature(along, finer),
        "curved_across": _mean_curvature(across, finer),
    }


def _mean_curvature(axes: tuple[int, int], finer: int) -> csc_array:
    """Mean of a second derivative under each patch, by the numbers of a field."""
    fem, basis = skfem(), _basis(finer)
    middle = basis.mesh.p[:, basis.mesh.t].mean(1)
    along, across = (np.floor(middle[i] * PATCHES[i]).astype(int) for i in (0, 1))
    patch = along * PATCHES[1] + across
    rows = [
        fem.LinearForm(lambda v, w: w.own * v.hess[axes]).assemble(
            basis, own=np.repeat((patch == i)[:, None].astype(float), basis.dx.shape[1], axis=1)
        )
        for i in range(PATCHES[0] * PATCHES[1])
    ]
    return csc_array(np.stack(rows) * len(rows))


def _fixed_masses(plate: Plate, finer: int) -> csc_array:
    """Masses at the nodes next to their places."""
    basis = _basis(finer)
    diagonal = np.zeros(basis.N)
    for along, across, mass in plate.masses:
        distance = np.square(basis.mesh.p - np.array([[along], [across]])).sum(0)
        diagonal[basis.nodal_dofs[0, distance.argmin()]] += mass
    return csc_array(diags_array(diagonal))


def _free(edges: tuple[Edge, Edge, Edge, Edge], finer: int) -> np.ndarray:
    """Degrees of freedom that the edges leave: deflection, both slopes, and the mixed derivative.

    An edge that is supported holds the deflection and the slope along itself.
    """
    basis = _basis(finer)
    held: list[np.ndarray] = []
    for side, edge in enumerate(edges):
        axis, end = divmod(side, 2)
        own = basis.nodal_dofs[:, np.abs(basis.mesh.p[axis] - end) < 1e-9]
        retained = {"clamped": [0, 1, 2, 3], "supported": [0, 2 - axis], "free": []}[edge]
        held += [own[i] for i in retained]
    free: np.ndarray = np.setdiff1d(np.arange(basis.N), np.concatenate(held))
    return free


def drawn(rng: np.random.Generator) -> Plate:
    """A random plate, clamped on the left, as laminates are: with up to four masses."""
    edges: list[Edge] = ["clamped"]
    edges += [EDGES[i] for i in rng.integers(3, size=3)]
    count = int(rng.integers(5))
    masses = [(*rng.uniform(0.1, 1.0, 2).tolist(), rng.uniform(0, 0.3)) for _ in range(count)]
    return Plate(
        edges=(edges[0], edges[1], edges[2], edges[3]),
        width=float(rng.uniform(0.4, 1.0)),
        across=float(np.exp(rng.uniform(np.log(0.3), np.log(3.0)))),
        twist=float(rng.uniform(0.2, 0.6)),
        masses=tuple(masses),
    )
