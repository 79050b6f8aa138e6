"""The same measurements by scikit-fem, which shares no code with the engine.

Shapes: n designs, l load cases, e cells, f displacements.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from scipy.sparse.linalg import splu

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import MissingExtra
from ingenium.core.problem import CrossCheck
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.shapes.box import Box
from ingenium.domains.structures.shapes.verifier import ShapeVerifier

if TYPE_CHECKING:
    from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance

SHARE = 0.05  # of the designs
QUAD = (0, 2, 3, 1)  # our nodes of a cell in the order of scikit-fem
HEX = (7, 6, 5, 3, 4, 2, 1, 0)


def cross_check(
    problem: "MinimumCompliance", designs: xr.Dataset, verdicts: xr.Dataset, seed: int
) -> CrossCheck | None:
    """Compliance and displacement of a random share of the designs, solved by scikit-fem too."""
    answered = np.flatnonzero(verdicts["verdict"].to_numpy() != Verdict.FAILED)
    count = min(len(answered), max(1, round(SHARE * len(answered))))
    if count == 0:
        return None
    chosen = np.sort(np.random.default_rng(seed).choice(answered, count, replace=False))
    rows = designs.isel({DESIGN: chosen})
    apart = 0.0
    for i, own in enumerate(chosen):  # scikit-fem takes one at a time
        found = compliance(problem, rows.isel({DESIGN: [i]}))
        apart = max(apart, abs(found - float(verdicts["compliance"][own])))
    version = _package().__version__
    return CrossCheck("scikit-fem", version, SHARE, count, {"compliance": apart})


def known_answers(
    problem: "MinimumCompliance",
) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
    """The box with all that may be solid, under the middle of each condition."""
    numbers = {c.name: np.array([(c.lower + c.upper) / 2]) for c in problem.conditions}
    solid = (~problem.box.void).double().view(1, *problem.box.grid.cells)
    arrays = (solid, *(torch.from_numpy(v) for v in numbers.values()))
    coords = {k: (DESIGN, v) for k, v in numbers.items()} | problem.labels()
    whole = to_dataset(arrays, problem.variables, coords)
    return ((whole, {"compliance": compliance(problem, whole)}, 1e-7),)


def compliance(problem: "MinimumCompliance", design: xr.Dataset) -> float:
    """Mean work of the cases on one design (J)."""
    box = problem.box
    density, *given = to_arrays(design, problem.variables)
    load = box.loading.forces(box.numbers(tuple(given)), 1)[0].numpy()
    moduli = ShapeVerifier(box).moduli(density.flatten(1))[0].numpy()
    return float((displacements(box, moduli, load) * load).sum(1).mean())


def displacements(
    box: Box, modulus_pa: Float64[np.ndarray, " e"], load_n: Float64[np.ndarray, "l f"]
) -> Float64[np.ndarray, "l f"]:
    """Solved by scikit-fem on the same cells (m)."""
    skfem, grid = _package(), box.grid
    axes = [np.arange(n) * grid.cell_m for n in grid.nodes]
    places = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(grid.dim, -1)
    plane = grid.dim == 2
    order = list(QUAD if plane else HEX)
    nodes = np.ascontiguousarray(grid.cell_nodes.numpy()[:, order].T)
    mesh = skfem.MeshQuad1(places, nodes) if plane else skfem.MeshHex1(places, nodes)
    element = skfem.ElementVector(skfem.ElementQuad1() if plane else skfem.ElementHex1())
    basis = skfem.Basis(mesh, element, intorder=2)
    matrix = _form(box).assemble(basis, modulus=modulus_pa[:, None])
    number = basis.nodal_dofs.T.ravel()  # of our displacements
    matrix = matrix.tocsr()[number][:, number].tocsc()
    free = np.flatnonzero(~box.elastic.fixed.numpy())
    out = np.zeros_like(load_n)
    out[:, free] = splu(matrix[free][:, free]).solve(load_n[:, free].T).T
    return out


def _form(box: Box) -> Any:
    """Virtual work of plane stress, or in space."""
    skfem = _package()
    helpers = importlib.import_module("skfem.helpers")
    grid, nu = box.grid, box.settings.material.poisson
    plane = grid.dim == 2
    shear = 1 / (2 * (1 + nu))
    lame = nu / (1 - nu**2) if plane else nu / ((1 + nu) * (1 - 2 * nu))
    size = grid.thickness_m if plane else 1.0

    def work(u: Any, v: Any, w: Any) -> Any:
        strain, virtual = helpers.sym_grad(u), helpers.sym_grad(v)
        volume = helpers.trace(strain) * helpers.trace(virtual)
        inner = helpers.ddot(strain, virtual)
        return size * w["modulus"] * (lame * volume + 2 * shear * inner)

    return skfem.BilinearForm(work)


def _package() -> Any:
    try:
        return importlib.import_module("skfem")
    except ModuleNotFoundError as error:
        raise MissingExtra("structures", "scikit-fem") from error
