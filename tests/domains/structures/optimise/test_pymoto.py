"""The same parts in another program, and gradients that would reveal a fault."""

import warnings
from dataclasses import replace

import numpy as np
import pymoto
import pytest
import torch
from parts import PARTS

from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, form_of, simp
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.optimise.work import work_of

PLAIN = Simp(filter="density", radius_cells=1.5)
SLOPES = (
    PLAIN,
    replace(PLAIN, projection=Projection(beta=4.0, beta_most=4.0)),
    replace(PLAIN, build="+y"),
)
WAYS, TIP = 5, 1e-5  # directions for each design; step of the central difference


def pymoto_compliance(requested, settings):
    """Compliance after as many steps of pymoto's MMA on the same cells, filter and law."""
    grid = requested.elastic.grid
    x_first = tuple(reversed(range(grid.dim)))  # its numbers run fastest along x
    node = np.arange(grid.n_nodes).reshape(grid.nodes).transpose(x_first).ravel()
    place = (node[:, None] * grid.dim + np.arange(grid.dim)).ravel()
    domain = pymoto.VoxelDomain(*grid.cells)
    held = np.flatnonzero(requested.elastic.fixed.numpy()[place])
    load = requested.load_n[0].numpy()[:, place].T.copy()
    volume = float(requested.volume_fraction[0])
    x = pymoto.Signal("x", state=np.full(grid.n_cells, volume))
    with warnings.catch_warnings(), pymoto.Network() as network:
        warnings.simplefilter("ignore")  # it warns of formats that it makes itself
        density = pymoto.DensityFilter(domain, radius=settings.radius_cells)(x)
        law = f"{settings.least} + {1 - settings.least} * inp0^{settings.exponent}"
        modulus = pymoto.MathExpression(law)(density)
        poisson, plane = requested.elastic.poisson, requested.elastic.plane
        matrix = pymoto.AssembleStiffness(domain, bc=held, poisson_ratio=poisson, plane=plane)
        force = pymoto.Signal("f", state=load)
        solve = pymoto.LinSolve(symmetric=True, positive_definite=True)
        work = pymoto.EinSum("ij,ij->")(solve(matrix(modulus), force), force)
        objective = pymoto.MathExpression(f"inp0 / {float(work.state)}")(work)
        share = pymoto.EinSum("i->")(density)
        broken = pymoto.MathExpression(f"inp0 / {volume * grid.n_cells} - 1")(share)
        mma = pymoto.MMA([x], [objective, broken], network, move=settings.move, verbosity=0)
        mma.optimize(maxiter=settings.steps, tolx=0.0, tolf=0.0)
        network.response()
    return float(work.state)


def compared(name, cells, steps):
    """Our compliance after `steps` steps, and pymoto's."""
    requested = replace(PARTS[name](cells, (0.5,)), passive=None)
    settings = replace(PLAIN, steps=steps, method="mma", tolerance=0.0)
    return float(simp(requested, settings).compliance_j[0, -1]), pymoto_compliance(
        requested, settings
    )


@pytest.mark.slow
def test_pymoto_starts_where_we_do():
    ours, theirs = compared("two_loads", (8, 4), 0)
    assert ours == pytest.approx(theirs, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "cells", "most"),
    [("two_loads", (12, 6), 20), ("half_mbb", (6, 4, 4), 40)]
    + [(n, c, 40) for n in PARTS for c in ((16, 8), (8, 4, 4))],
)
def test_pymoto_starts_and_ends_where_we_do(name, cells, most):
    for steps, close in ((0, 1e-6), (most, 0.03)):
        ours, theirs = compared(name, cells, steps)
        assert ours == pytest.approx(theirs, rel=close)


def slope_error(requested, seed):
    """Largest error of slopes along random directions, relative to central differences."""
    rng = torch.Generator().manual_seed(seed)
    size = (WAYS, requested.elastic.grid.n_cells)
    x = 0.1 + 0.8 * torch.rand(size, generator=rng, dtype=torch.float64)
    way = torch.randn(size, generator=rng, dtype=torch.float64)
    many = OptimisationTask(
        requested.elastic, requested.load_n, requested.volume_fraction.expand(WAYS)
    )
    beta, worst = torch.full((WAYS,), 4.0, dtype=torch.float64), 0.0
    for settings in SLOPES:
        form = form_of(many, settings)

        def compliance(y, form=form, settings=settings):
            return compliance_of(many, form.part(y, beta), settings)

        given = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(compliance(given).sum(), given)
        with torch.no_grad():
            ends = compliance(x + TIP * way) - compliance(x - TIP * way)
        scale = slope.norm(dim=1) * way.norm(dim=1) / way.shape[1] ** 0.5
        off = ((slope * way).sum(1) - ends / (2 * TIP)).abs() / scale
        worst = max(worst, float(off.max()))
    return worst


def test_slopes_agree_and_a_wrong_one_would_be_seen(monkeypatch):
    requested = PARTS["half_mbb"]((12, 6), (0.5,))
    assert slope_error(requested, 0) < 1e-4

    def wrong(elastic, modulus, load):
        work, u = work_of(elastic, modulus, load)
        return work.detach() * 0.99 + 0.01 * work, u

    monkeypatch.setattr("ingenium.domains.structures.optimise.simp.work_of", wrong)
    assert slope_error(requested, 0) > 0.1


def test_weights_of_loads_are_their_roots():
    requested = PARTS["two_loads"]((8, 4), (0.5,))
    density = torch.full((1, 32), 0.5, dtype=torch.float64)
    work, _ = work_of(requested.elastic, density, requested.load_n * 2**0.5)
    plain, _ = work_of(requested.elastic, density, requested.load_n)
    torch.testing.assert_close(work, 2 * plain)
