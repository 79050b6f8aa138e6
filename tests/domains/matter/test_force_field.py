"""A small potential of one crystal: its forces are slopes, and it learns those it could have."""

import numpy as np
import pytest
import torch

from ingenium.domains.matter import force_field
from ingenium.domains.matter.force_field import AtomBox, ForceFit, PairDensities
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.wyckoff import Wyckoff


@pytest.fixture(scope="module")
def box() -> AtomBox:
    cube = Crystal(Wyckoff.of("Pm-3m Cs_a Pb_b Br_c"), np.full(3, 6.0e-10), np.zeros(0))
    return AtomBox.of(cube, (1, 1, 1))


def test_it_learns_forces_of_its_own_kind_and_knows_what_it_has_not_seen(box: AtomBox) -> None:
    rng = torch.Generator().manual_seed(0)
    features = PairDensities(box)
    places = force_field.thrown(box, 0.1, 28, rng)
    slopes = [features.slopes(p) for p in places]
    true = torch.randn(len(slopes[0]), generator=rng, dtype=torch.float64)
    forces = [(s.T @ true).reshape(-1, 3) for s in slopes]
    fit = ForceFit.of(box, places[:25], forces[:25])
    found = torch.stack([fit.force(p) for p in places[25:]])
    off = (found - torch.stack(forces[25:])).square().mean().sqrt()
    assert off < 0.1 * torch.stack(forces).square().mean().sqrt()
    (far,) = force_field.thrown(box, 0.5, 1, rng)
    assert fit.unknown(far) > max(fit.unknown(p) for p in places)


def test_forces_are_the_same_where_all_atoms_are_shifted(box: AtomBox) -> None:
    features = PairDensities(box)
    (at,) = force_field.thrown(box, 0.2, 1, torch.Generator().manual_seed(1))
    torch.testing.assert_close(features(at), features(at + 0.37))
    assert features.slopes(at).reshape(-1, 5, 3).sum(1).abs().max() < 1e-9, "none on the whole"


def test_a_run_has_the_temperature_that_is_asked_for(box: AtomBox) -> None:
    """Springs to the atoms' own places; an atom that leaves ends it."""
    rng = torch.Generator().manual_seed(0)
    long = [k for _, k in force_field.run(box, lambda p: -0.5 * (p - box.home), 300.0, 4000, rng)]
    assert len(long) == 4000
    assert np.mean(long[500:]) == pytest.approx(300.0, rel=0.15)
    short = list(force_field.run(box, lambda p: 5.0 * (p - box.home), 300.0, 4000, rng))
    assert len(short) < 4000
