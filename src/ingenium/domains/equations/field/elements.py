"""Cross-check by scikit-fem: quadratic elements, with SciPy's steps in time.

Shapes: a field over the grid of an equation.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from scipy.integrate import solve_ivp
from scipy.linalg import eigh
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.domains.equations.field.elliptic import Darcy, Poisson
from ingenium.domains.equations.field.equation import FieldEquation, middles
from ingenium.domains.equations.field.lines import Heat, Wave
from ingenium.domains.equations.field.moving import AllenCahn, Burgers
from ingenium.domains.equations.field.spectral import resampled
from ingenium.domains.equations.field.verifier import SecondVerifier

EQUATIONS = Extra("equations")
CLOSE = 1e-7  # relative, of steps in time


def second_engine(equation: FieldEquation) -> SecondVerifier | None:
    """Return the cross-check of errors; None without scikit-fem, or for an unsupported equation."""
    if find_spec("skfem") is None:
        return None
    solve: Callable[[Tensor], Tensor]
    match equation:
        case Poisson():
            solve = lambda load: at_rest(torch.ones_like(load), load)  # noqa: E731
        case Darcy():
            solve = lambda medium: at_rest(medium, torch.ones_like(medium))  # noqa: E731
        case Burgers(diffusion=d):
            solve = lambda start: in_time(start, d, _carried)  # noqa: E731
        case AllenCahn(diffusion=d):
            solve = lambda start: in_time(start, d, _parting)  # noqa: E731
        case Heat(diffusion=d):
            solve = lambda start: in_time(start, d, _still)  # noqa: E731
        case Wave(speed=c):
            solve = lambda start: swung(start, c)  # noqa: E731
        case _:
            return None
    return SecondVerifier("scikit-fem", EQUATIONS.release_of("scikit-fem"), solve)


def at_rest(medium: Float64[Tensor, "y x"], load: Float64[Tensor, "y x"]) -> Float64[Tensor, "y x"]:
    """Solve `-div(a grad u) = f` with edges at 0, in the centres of cells; an element per cell."""
    fem, n = EQUATIONS.package("skfem"), medium.shape[-1]
    basis, probes, place = _square(n)
    shape = (basis.nelems, basis.dx.shape[1])

    def of_elements(cells: Tensor) -> np.ndarray:
        return np.broadcast_to(cells.numpy().ravel()[place][:, None], shape)

    def work(u: Any, v: Any, w: Any) -> Any:
        return w.a * (u.grad[0] * v.grad[0] + u.grad[1] * v.grad[1])

    stiffness = fem.BilinearForm(work).assemble(basis, a=of_elements(medium))
    right = fem.LinearForm(lambda v, w: w.f * v).assemble(basis, f=of_elements(load))
    u = np.asarray(fem.solve(*fem.condense(stiffness, right, D=basis.get_dofs())))
    return torch.from_numpy(np.asarray(probes @ u)).reshape(n, n)


@cache
def _square(n: int) -> tuple[Any, Any, np.ndarray]:
    """Return elements, a reader of their fields at cell centres, and the cell of each element."""
    fem, ends = EQUATIONS.package("skfem"), np.linspace(0, 1, n + 1)
    basis = fem.Basis(fem.MeshQuad.init_tensor(ends, ends), fem.ElementQuad2())
    x = middles(n).numpy()
    probes = basis.probes(np.stack([np.tile(x, n), np.repeat(x, n)]))
    column, row = np.floor(basis.mesh.p[:, basis.mesh.t].mean(1) * n).astype(int)
    return basis, probes, row * n + column


Force = Callable[[Any, np.ndarray], tuple[np.ndarray, Any]]  # what drives a field, and its slopes


def in_time(start: Float64[Tensor, " x"], diffusion: float, force: Force) -> Float64[Tensor, " x"]:
    """Return a periodic field at the time 1, by backward differences of variable order."""
    n = len(start)
    basis, joined, order = _circle(n)
    mass, stiff = _forms(n)
    drag, solver = diffusion * stiff, splu(mass)
    first = _placed(start, order)

    def slope(t: float, u: np.ndarray) -> np.ndarray:
        right, _ = force(basis, joined @ u)
        return np.asarray(solver.solve(joined.T @ right - drag @ u))

    def slopes(t: float, u: np.ndarray) -> np.ndarray:
        _, own = force(basis, joined @ u)
        return np.asarray(solver.solve((joined.T @ own @ joined - drag).toarray()))

    run = solve_ivp(slope, (0, 1), first, "BDF", jac=slopes, rtol=CLOSE, atol=CLOSE)
    if not run.success:
        return torch.full_like(start, torch.nan)
    return torch.from_numpy(run.y[order, -1][::2].copy())


@cache
def _circle(n: int) -> tuple[Any, csc_array, np.ndarray]:
    """Return elements of a circle, the map that joins its ends, and the joined numbering."""
    fem = EQUATIONS.package("skfem")
    basis = fem.Basis(fem.MeshLine(np.linspace(0, 1, n + 1)), fem.ElementLineP2(), intorder=6)
    place = np.rint(basis.doflocs[0] * 2 * n).astype(int) % (2 * n)
    numbers, own = np.unique(place, return_inverse=True)
    joined = csc_array((np.ones(basis.N), (np.arange(basis.N), own)), (basis.N, len(numbers)))
    return basis, joined, numbers


@cache
def _forms(n: int) -> tuple[csc_array, csc_array]:
    """Return mass and stiffness matrices on the circle."""
    fem = EQUATIONS.package("skfem")
    basis, joined, _ = _circle(n)
    mass = fem.BilinearForm(lambda u, v, w: u * v).assemble(basis)
    stiff = fem.BilinearForm(lambda u, v, w: u.grad[0] * v.grad[0]).assemble(basis)
    return csc_array(joined.T @ mass @ joined), csc_array(joined.T @ stiff @ joined)


def _placed(start: Float64[Tensor, " x"], order: np.ndarray) -> np.ndarray:
    """Interpolate a start at the nodes of elements, in the order of their numbers."""
    first = np.empty(2 * len(start))
    first[order] = resampled(start[None], 2 * len(start))[0].numpy()
    return first


def swung(start: Float64[Tensor, " x"], speed: float) -> Float64[Tensor, " x"]:
    """Return a string released from rest, at the time 1, by the modes of its elements."""
    _, _, order = _circle(len(start))
    mass, _ = _forms(len(start))
    squares, modes = _modes(len(start))
    first = modes.T @ (mass @ _placed(start, order))
    u = modes @ (np.cos(speed * np.sqrt(squares.clip(0))) * first)
    return torch.from_numpy(u[order][::2].copy())


@cache
def _modes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return squares of frequencies at the speed 1, and the modes."""
    mass, stiff = _forms(n)
    squares, modes = eigh(stiff.toarray(), mass.toarray())
    return squares, modes


def _still(basis: Any, u: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return no force."""
    return np.zeros(basis.N), csc_array((basis.N, basis.N))


def _carried(basis: Any, u: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return `-u u_x`, integrated by parts: half the square against slopes."""
    fem, at = EQUATIONS.package("skfem"), basis.interpolate(u)
    right = fem.LinearForm(lambda v, w: w.u**2 / 2 * v.grad[0]).assemble(basis, u=at)
    slopes = fem.BilinearForm(lambda d, v, w: w.u * d * v.grad[0]).assemble(basis, u=at)
    return right, slopes


def _parting(basis: Any, u: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return `5 (u - u^3)`."""
    fem, at = EQUATIONS.package("skfem"), basis.interpolate(u)
    right = fem.LinearForm(lambda v, w: 5 * (w.u - w.u**3) * v).assemble(basis, u=at)
    slopes = fem.BilinearForm(lambda d, v, w: 5 * (1 - 3 * w.u**2) * d * v).assemble(basis, u=at)
    return right, slopes
