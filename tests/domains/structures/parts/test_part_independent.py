"""Parts by scikit-fem, against the engine and against a factorisation."""

import pytest
import torch

from ingenium.domains.structures.bracket.part import bracket_part
from ingenium.domains.structures.bracket.settings import BracketSettings
from ingenium.domains.structures.parts.independent import Independent
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.kits.solids.elastic.eigen import firmness
from ingenium.kits.solids.elastic.reference import Reference
from ingenium.kits.solids.elastic.solver import Elastic


@pytest.fixture(scope="module")
def one():
    """A bracket of few large cells, all of them grey."""
    part = bracket_part(BracketSettings(), halves=1)
    rng = torch.Generator().manual_seed(0)
    flat = 0.3 + 0.7 * torch.rand(part.grid.n_cells, generator=rng, dtype=torch.float64)
    verifier = PartVerifier(part, Elastic(part.grid, part.fixed, part.material.poisson))
    return Independent(verifier, Reference(verifier.elastic), flat)


def test_the_engine_and_scikit_fem_agree_on_what_a_part_bears(one):
    verifier = one.verifier
    names = [q.name for q in verifier.quantities]
    own = verifier.measure(one.flat.view(1, *verifier.part.grid.cells))[0].tolist()
    for name, truth in one.measured().items():
        close = 5e-3 if name == "frequency" else 1e-6  # the engine lumps its masses
        assert own[names.index(name)] == pytest.approx(truth, rel=close)


@pytest.mark.slow
def test_the_frequency_is_that_of_a_factorisation(one):
    modulus = one.verifier.modulus_pa(one.flat[None])
    density = one.verifier.part.material.density_kg_m3 * one.flat * firmness(modulus)[0]
    exact = one.reference.first_frequency_hz(modulus[0], density)
    assert one.frequency_hz() == pytest.approx(exact, rel=1e-5)
