"""SIMP against published compliances, finite differences and one design at a time."""

import pytest
import torch
from beams import cantilevers, half_mbb

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.domains.structures.optimise.form import Form
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, simp
from ingenium.domains.structures.optimise.task import OptimisationTask

DENSITY = Simp(radius_cells=1.5, filter="density", steps=12)
SHARP = Simp(
    radius_cells=1.5, filter="density", steps=60, projection=Projection(beta_most=8.0, every=10)
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cells", "radius", "published"), [((60, 20), 2.4, 216.81), ((150, 50), 6.0, 219.52)]
)
def test_half_beam_of_the_88_line_code(cells, radius, published):
    # Andreassen et al. 2011, section 4.1, whose multiplier is found to 1e-3 only
    trace = simp(half_mbb(*cells), Simp(steps=500, radius_cells=radius))
    assert float(trace.compliance_j[0, -1]) == pytest.approx(published, rel=5e-4)


def test_small_half_beam_reaches_the_same_by_both_methods():
    requested = half_mbb(30, 10)
    ends = [
        float(
            simp(requested, Simp(method=m, filter="density", radius_cells=1.5)).compliance_j[0, -1]
        )
        for m in ("oc", "mma")
    ]
    assert ends[0] == pytest.approx(ends[1], rel=0.01)


@pytest.mark.parametrize("settings", [DENSITY, SHARP], ids=["density", "projected"])
def test_slopes_match_finite_differences(settings):
    requested = half_mbb(12, 4)
    form = Form(requested, Cone(requested.elastic.grid, 1.5), settings.projection)
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(1, 48, dtype=torch.float64, generator=rng).requires_grad_()
    beta = torch.tensor([4.0], dtype=torch.float64)

    def compliance(y):
        return compliance_of(requested, form.part(y, beta), settings)

    (slope,) = torch.autograd.grad(compliance(x).sum(), x)
    way = torch.randn(1, 48, dtype=torch.float64, generator=rng)
    step = 1e-6
    with torch.no_grad():
        measured = (compliance(x + step * way) - compliance(x - step * way)) / (2 * step)
    torch.testing.assert_close((slope * way).sum(1), measured, rtol=1e-5, atol=0)


@pytest.mark.parametrize("method", ["oc", "mma"])
@pytest.mark.parametrize("filter_", ["sensitivity", "density"])
def test_a_batch_equals_its_designs_one_by_one(method, filter_):
    settings = Simp(steps=8, radius_cells=1.5, filter=filter_, method=method)
    requested = cantilevers(12, 6, (0.3, 0.5, 0.4), (0, 3, 6))
    together = simp(requested, settings)
    for i in range(3):
        alone = simp(requested.rows(torch.tensor([i])), settings)
        torch.testing.assert_close(together.density[i], alone.density[0], rtol=1e-7, atol=1e-9)
        torch.testing.assert_close(together.compliance_j[i], alone.compliance_j[0])


@pytest.mark.parametrize("method", ["oc", "mma"])
@pytest.mark.parametrize("settings", [Simp(steps=8, radius_cells=1.5), DENSITY, SHARP])
def test_volume_and_passive_cells_are_exact_and_void_and_solid_stay_in_bounds(method, settings):
    state = torch.zeros(1, 20, 8, dtype=torch.int8)
    state[0, 6:10, 2:5], state[0, :, 7] = -1, 1
    settings = Simp(**{**vars(settings), "method": method})
    requested = half_mbb(20, 8, (0.35, 0.5), state.flatten(1))
    trace = simp(requested, settings)
    assert (trace.compliance_j[:, -1] < trace.compliance_j[:, 0]).all()
    density = trace.density
    torch.testing.assert_close(density.mean(1), requested.volume_fraction, rtol=0, atol=1e-9)
    assert (density[:, state.flatten() == 1] == 1).all()
    assert (density[:, state.flatten() == -1] == 0).all()
    assert ((density >= 0) & (density <= 1)).all()


def test_designs_at_rest_are_not_solved_again_and_the_history_ends_with_the_part():
    requested = cantilevers(12, 6, (0.5, 0.5), (3, 6))
    settings = Simp(steps=100, radius_cells=1.5, tolerance=0.02)
    trace = simp(requested, settings)
    assert trace.solves[0] != trace.solves[1]
    assert int(trace.solves.max()) == trace.compliance_j.shape[1]
    torch.testing.assert_close(
        trace.compliance_j[:, -1], compliance_of(requested, trace.density, settings)
    )


def test_starting_where_it_ended_stays_there():
    requested = cantilevers(12, 6, (0.5,), (3,))
    settings = Simp(steps=300, radius_cells=1.5, tolerance=0.001)
    first = simp(requested, settings)
    again = simp(requested, settings, first.variables)
    assert int(again.solves) < int(first.solves) / 5
    torch.testing.assert_close(
        again.compliance_j[:, -1], first.compliance_j[:, -1], rtol=1e-3, atol=0
    )


def test_projection_leaves_little_grey():
    requested = cantilevers(20, 10, (0.5,), (5,))
    grey = [
        float((4 * d * (1 - d)).mean())
        for d in (
            simp(requested, s).density for s in (Simp(**{**vars(SHARP), "projection": None}), SHARP)
        )
    ]
    assert grey[1] < 0.5 * grey[0]


def test_compliance_falls_with_more_material():
    trace = simp(cantilevers(16, 8, (0.3, 0.5, 0.8), (4, 4, 4)), Simp(steps=20, radius_cells=1.5))
    assert (trace.compliance_j[:, -1].diff() < 0).all()
    assert (trace.compliance_j[:, -1] < trace.compliance_j[:, 0]).all()


def test_loads_on_supports_and_volumes_out_of_reach_are_refused():
    requested = half_mbb(6, 4)
    load = torch.zeros_like(requested.load_n)
    load[..., 0] = 1.0
    with pytest.raises(InputError, match="can move"):
        OptimisationTask(requested.elastic, load, requested.volume_fraction)
    solid = torch.ones(1, 24, dtype=torch.int8)
    with pytest.raises(InputError, match="leave"):
        half_mbb(6, 4, (0.5,), solid)
    with pytest.raises(InputError, match="filter"):
        Simp(projection=Projection())
