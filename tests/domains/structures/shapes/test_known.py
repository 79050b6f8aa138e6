"""Shapes with known measurements: bars, beams, and the half beam of the literature."""

import numpy as np
import pytest
import torch

from ingenium.domains.structures.optimise.simp import simp
from ingenium.domains.structures.shapes.box import VOLUME, open_box
from ingenium.domains.structures.shapes.minimum_compliance import MinimumCompliance
from ingenium.domains.structures.shapes.settings import Load, ShapeSettings, Support
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.kits.solids.elastic.material import Material
from ingenium.kits.solids.elastic.reference import Reference

STEEL = Material(210e9, 0.3, 7850.0, 355e6)


def _one(*values):
    return tuple(torch.tensor([v], dtype=torch.float64) for v in values)


def _measured(box, density, *numbers):
    verifier = ShapeVerifier(box)
    found = verifier.measure(density[None], *_one(*numbers))[0].tolist()
    return dict(zip((q.name for q in verifier.quantities), found, strict=True))


@pytest.mark.parametrize("cells", [(10, 4), (6, 4, 2)])
def test_a_bar_is_pulled_as_the_book_says(cells):
    """A uniform pull on sliding supports: C = F^2 L / (E A), sigma = F / A, exactly."""
    h, dim, force = 0.01, len(cells), 5000.0
    span = [n * h for n in cells]
    middle = (span[0], *(s / 2 for s in span[1:]))
    pull = Load(
        from_m=middle,
        force_n=force,
        angle_deg=(0.0, 0.0),
        spread_m=(0.0, *span[1:]),
    )
    faces = ("left", "bottom", "back")[:dim]
    supports = tuple(Support(face=f, axes=(a,)) for f, a in zip(faces, "xyz", strict=False))
    box = open_box(
        ShapeSettings(
            cells=cells,
            cell_m=h,
            thickness_m=0.02,
            material=STEEL,
            supports=supports,
            loads=(pull,),
        )
    )
    area = span[1] * (span[2] if dim == 3 else 0.02)
    found = _measured(box, torch.ones(cells, dtype=torch.float64), 0.5)
    assert found["compliance"] == pytest.approx(force**2 * span[0] / (210e9 * area), rel=1e-6)
    assert found["peak_von_mises"] == pytest.approx(force / area, rel=1e-6)
    assert found["mass"] == pytest.approx(7850 * area * span[0])
    stretch, nu = force / (area * 210e9), 0.3
    longest = np.hypot(span[0], nu * np.hypot(*[*span[1:], 0][:2])) * stretch
    assert found["max_displacement"] == pytest.approx(longest, rel=1e-6)
    assert found["volume_excess"] == pytest.approx(0.5)
    assert found["compliance_ratio"] == pytest.approx(1.0)


def test_a_slender_cantilever_bends_as_timoshenko_says():
    """Source: Timoshenko and Goodier, Theory of Elasticity, 3rd ed., 1970, section 21."""
    cells, h, force = (200, 20), 0.01, 100.0
    tip = Load(from_m=(2.0, 0.1), force_n=force, spread_m=(0.0, 0.2))
    box = open_box(
        ShapeSettings(
            cells=cells,
            cell_m=h,
            thickness_m=0.01,
            material=STEEL,
            supports=(Support(face="left"),),
            loads=(tip,),
        )
    )
    inertia, area = 0.01 * 0.2**3 / 12, 0.01 * 0.2
    shear = 210e9 / 2.6 * area * 5 / 6
    deflection = force * 2**3 / (3 * 210e9 * inertia) + force * 2 / shear
    found = _measured(box, torch.ones(cells, dtype=torch.float64), 0.5)
    assert found["compliance"] / force == pytest.approx(deflection, rel=0.005)
    half, radius = 0.1, box.settings.stress_radius_m  # over half a disc at the outer fibre
    share = 1 - 8 * radius / (3 * np.pi * half) + radius**2 / (4 * half**2)
    bending = force * 2 * half / inertia * share**0.5
    assert found["peak_von_mises"] == pytest.approx(bending, rel=0.1)  # the clamp adds to it


def test_the_half_beam_of_the_literature():
    """C = 216.81 on 60 x 20 cells at 50 % (Andreassen et al., 2011)."""
    problem = MinimumCompliance(ShapeSettings(preset="mbb"))
    numbers = dict(zip(("load_position", VOLUME), _one(0.0, 0.5), strict=True))
    optimiser = problem.optimiser
    trace = simp(optimiser.task_of(numbers), optimiser.settings(120))
    design = trace.density.view(-1, 60, 20)
    found = problem.verifier.measure(design, *numbers.values())[0]
    assert float(found[0]) == pytest.approx(216.81, rel=5e-4)


def test_wholeness_and_unheld_load():
    box = open_box(
        ShapeSettings(cells=(12, 4), loads=(Load(force_n=1.0, from_m=(0.6, 0.2)),), supports=CLAMP)
    )
    bridge = torch.zeros(12, 4, dtype=torch.float64)
    bridge[:, 3] = 1.0
    gap = bridge.clone()
    gap[6, 3] = 0.0
    whole, broken = (_measured(box, d, 0.5) for d in (bridge, gap))
    assert (whole["pieces"], whole["unheld_load"]) == (1, 0)
    assert broken["pieces"] == 2
    assert broken["unheld_load"] == pytest.approx(1.0)
    assert broken["compliance"] > 1e3 * whole["compliance"]


def test_a_piece_on_one_pin_bears_no_load():
    """A piece that touches a support and turns about it is a mechanism, and rejected."""
    pin = Support(from_m=(0.0, 0.0))
    far = Support(from_m=(0.6, 0.2))
    box = open_box(
        ShapeSettings(
            cells=(12, 4), loads=(Load(force_n=1.0, from_m=(0.4, 0.0)),), supports=(pin, far)
        )
    )
    beam = torch.zeros(12, 4, dtype=torch.float64)
    beam[:8, 0] = 1.0
    hung = _measured(box, beam, 0.5)
    assert np.isfinite(list(hung.values())).all()
    assert hung["unheld_load"] == pytest.approx(1.0)
    beam[:, 0] = beam[-1] = 1.0
    assert _measured(box, beam, 0.5)["unheld_load"] == 0


def test_a_spread_load_that_is_held_leaves_nothing_unheld():
    """Equal to the last bit, since a limit of 0 rejects rounding errors."""
    tip = Load(force_n=1.0, from_m=(2.0, 0.5), spread_m=(0.0, 1.0))
    box = open_box(ShapeSettings(cells=(40, 20), loads=(tip,), supports=CLAMP))
    for height in range(1, 20):
        shape = torch.ones(40, 20, dtype=torch.float64)
        shape[10:30, height:] = 0.0
        assert _measured(box, shape, 0.5)["unheld_load"] == 0.0


CLAMP = (Support(face="left"),)


@pytest.mark.parametrize("preset", ["mbb", "cantilever_3d"])
def test_scikit_fem_agrees_on_random_fields(preset):
    cells = (12, 6) if preset == "mbb" else (6, 4, 3)
    box = open_box(ShapeSettings(preset=preset, cells=cells))
    rng = torch.Generator().manual_seed(2)
    moduli = torch.rand(1, box.grid.n_cells, generator=rng, dtype=torch.float64) + 1e-3
    middle = {c.name: torch.tensor([(c.lower + c.upper) / 2]) for c in box.conditions}
    load = box.loading.forces({k: v.double() for k, v in middle.items()}, 1)
    ours = box.elastic.solve(moduli, load)[0].numpy()
    theirs = Reference(box.elastic).displacements_m(moduli, load)[0].numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-7 * np.abs(theirs).max())
