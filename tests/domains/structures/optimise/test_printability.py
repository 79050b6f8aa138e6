"""Printing, supports, reach of tools and stages against pymoto, drawings and a closed form."""

import numpy as np
import pymoto
import pytest
import torch
from beams import cantilevers, half_mbb

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.access import ToolAccess
from ingenium.domains.structures.optimise.build import DIRECTIONS, Build
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.overhang import Overhang, unsupported
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, form_of, simp
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.domains.structures.optimise.supports import support
from ingenium.kits.solids.elastic.grid import RegularGrid

GRIDS = {2: RegularGrid((6, 4)), 3: RegularGrid((4, 3, 5))}
FULL_SHARP = Projection(beta=2.0, beta_most=16.0, every=12)


def drawn(*rows):
    """Densities from a drawing, upper row first."""
    lines = [[float(c == "#") for c in row] for row in reversed(rows)]
    return torch.tensor(lines, dtype=torch.float64).T.flatten()[None]


def _random(grid, n=2, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(n, grid.n_cells, dtype=torch.float64, generator=rng)


def _central(function, x, way, step=1e-6):
    return (function(x + step * way) - function(x - step * way)) / (2 * step)


@pytest.mark.parametrize("direction", ["+x", "-x", "+y", "-y"])
def test_printed_part_agrees_with_pymoto(direction):
    grid = GRIDS[2]
    x = _random(grid, 1)
    domain = pymoto.VoxelDomain(6, 4)
    order = np.arange(24).reshape(4, 6).T.ravel()  # pymoto runs x fastest
    theirs = pymoto.OverhangFilter(domain, direction=direction, nsampling=2)
    wanted = np.asarray(theirs(pymoto.Signal("x", state=x[0].numpy()[np.argsort(order)])).state)
    # pymoto takes two carriers for xi_0, Langelaar's paper three
    ours = Overhang(Build(grid, direction)).printed(x)[0].numpy()
    np.testing.assert_allclose(ours, wanted[order], atol=0.02)


@pytest.mark.parametrize("dim", [2, 3])
def test_slope_of_the_printed_part_and_support_is_exact(dim):
    grid = GRIDS[dim]
    x = _random(grid).requires_grad_()
    way = _random(grid, seed=1) - 0.5
    for direction in DIRECTIONS[dim]:
        build = Build(grid, direction)

        def made(y, build=build):
            printed = Overhang(build).printed(y)
            return (printed**3 + support(build, printed)).sum(1)

        (slope,) = torch.autograd.grad(made(x).sum(), x)
        with torch.no_grad():
            measured = _central(made, x, way)
        torch.testing.assert_close((slope * way).sum(1), measured, rtol=1e-5, atol=1e-7)


def test_table_without_supports_falls_and_its_supports_are_counted():
    table = drawn("......", "######", "..#...", "..#...")
    build = Build(GRIDS[2], "+y")
    assert torch.equal(support(build, table), drawn("......", "......", "#...##", "#...##"))
    assert torch.equal(
        unsupported(build, table).double(), drawn("......", "#...##", "......", "......")
    )
    printed = Overhang(build).printed(table)
    wanted = drawn("......", ".###..", "..#...", "..#...")
    torch.testing.assert_close(printed, wanted, rtol=0, atol=0.02)
    assert not unsupported(build, printed).any()


def test_cavities_are_filled_and_what_tools_reach_stays():
    ring = drawn(".####.", ".#..#.", ".####.", ".##...")
    filled = drawn(".####.", ".####.", ".####.", ".##...")
    assert torch.equal(ToolAccess(GRIDS[2], ("+x", "-x", "+y", "-y")).reachable(ring), filled)
    from_above = drawn(".####.", ".####.", ".####.", ".####.")
    assert torch.equal(ToolAccess(GRIDS[2], ("+y",)).reachable(ring), from_above)
    with pytest.raises(InputError, match="direction"):
        ToolAccess(GRIDS[2], ("+z",))


@pytest.mark.parametrize("direction", ["+y", "-x", "+z"])
def test_column_shortens_under_its_own_weight(direction):
    # a bar without lateral strain: w h^2 / 2E at its end, and two thirds of it on the mean
    build = Build(RegularGrid((6, 6, 6), cell_m=0.5), direction)
    stages = Stages(build, 0.0, modulus_pa=200.0, weight_n_m3=3.0)
    mean, peak = stages.sag(torch.ones(1, 216, dtype=torch.float64))
    height = 0.5 * torch.arange(1.0, 7.0, dtype=torch.float64)
    end = 3.0 * height**2 / (2 * 200.0)
    torch.testing.assert_close(mean[0, 3:], (2 / 3 * end)[3:], rtol=0.02, atol=0)
    assert ((peak[0] < end) & (peak[0] > 0.4 * end)).all()
    torch.testing.assert_close(peak[0, -1], end[-1], rtol=0.02, atol=0)


def test_slope_of_the_sag_counts_the_weight_too():
    grid = RegularGrid((5, 4))
    stages = Stages(Build(grid, "+y"), tops=(2, 4), least=1e-3)
    x = (0.3 + 0.7 * _random(grid)).requires_grad_()
    way = _random(grid, seed=1) - 0.5
    (slope,) = torch.autograd.grad(stages.sag(x)[0].sum(), x)
    with torch.no_grad():
        measured = _central(lambda y: stages.sag(y)[0].sum(1), x, way)
    torch.testing.assert_close((slope * way).sum(1), measured, rtol=1e-5, atol=0)


@pytest.mark.slow
def test_simp_prints_without_overhang_and_pays_for_it():
    requested = cantilevers(24, 12, (0.5,), (6,))
    build = Build(requested.elastic.grid, "+y")
    plain = Simp(steps=60, radius_cells=1.5, filter="density", method="mma", projection=FULL_SHARP)
    free = simp(requested, plain)
    retained = simp(requested, Simp(**{**vars(plain), "build": "+y"}))
    assert int(unsupported(build, free.density).sum()) > 5
    assert int(unsupported(build, retained.density).sum()) == 0
    assert float(retained.compliance_j[0, -1]) > float(free.compliance_j[0, -1])
    assert float(retained.density.mean()) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.slow
def test_simp_keeps_all_void_in_reach():
    requested = half_mbb(24, 12)
    settings = Simp(
        steps=60, radius_cells=1.5, filter="density", method="mma", projection=FULL_SHARP
    )
    retained = simp(requested, Simp(**{**vars(settings), "access": ("+x", "-x")})).density
    solid = (retained > 0.5).double()
    assert torch.equal(ToolAccess(requested.elastic.grid, ("+x", "-x")).reachable(solid), solid)


@pytest.mark.slow
def test_descent_finds_what_simp_finds():
    requested = cantilevers(12, 6, (0.4, 0.6), (0, 3))
    settings = Simp(steps=60, radius_cells=1.5, filter="density", method="mma", tolerance=0.0)
    form = form_of(requested, settings)

    def landscape(x, beta):
        part = form.part(x, beta)
        broken = part.mean(1) / requested.volume_fraction - 1
        return compliance_of(requested, part, settings).log(), broken[:, None]

    x, beta = descend(landscape, requested.uniform(), Descent(60, move=0.2))
    found = compliance_of(requested, form.part(x, beta), settings).detach()
    torch.testing.assert_close(
        found, simp(requested, settings).compliance_j[:, -1], rtol=1e-3, atol=0
    )
