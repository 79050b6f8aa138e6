"""Displacements of two-phase cells against equilibrium, energy and closed forms."""

import pytest
import torch

from ingenium_book.studies.structures.composite_fields import (
    PHASES,
    Composites,
    exact_bulk,
    moduli,
)


@pytest.fixture(scope="module")
def made() -> Composites:
    return Composites.made(26)  # two of each sampled family


def test_the_solved_displacements_balance_all_forces_and_others_do_not(made: Composites) -> None:
    modulus = moduli(made.strained, made.phases)
    assert made.strained.unbalanced(modulus, made.field).max() < 1e-24
    assert made.field.flatten(2).mean(2).abs().max() < 1e-12
    still = made.strained.unbalanced(modulus, torch.zeros_like(made.field))
    assert still.min() > 1e-4
    assert made.strained.unbalanced(modulus, made.field.roll(1, 2)).min() > 1e-6


def test_energy_gives_the_stiffness_of_the_engine_and_is_least_in_equilibrium(
    made: Composites,
) -> None:
    exact = exact_bulk(made.strained, made.phases)
    torch.testing.assert_close(made.bulk, exact, rtol=1e-10, atol=0)
    noise = torch.randn(made.field.shape, generator=torch.Generator().manual_seed(0)).double()
    modulus = moduli(made.strained, made.phases)
    assert (made.strained.bulk(modulus, made.field + 0.01 * noise) > made.bulk).all()
    one = torch.ones_like(made.phases[:1])
    material = made.strained.verifier.settings.material
    plane = material.modulus_pa / (2 * (1 - material.poisson))
    assert exact_bulk(made.strained, one).item() == pytest.approx(plane, rel=1e-12)


def test_what_a_family_learns_has_no_price_as_drawn_and_one_with_other_phases(
    made: Composites,
) -> None:
    assert made.residual(made.x, made.conditions).max() < 1e-9
    assert made.distance(made.x, made.conditions).max() < 1e-9
    other = made.x.clone()
    other[:, :PHASES] = made.x[:, :PHASES].roll(1, 0)
    other.requires_grad_()
    price = made.residual(other, made.conditions)
    assert price.median() > 0.1
    (slope,) = torch.autograd.grad(price.sum(), other)
    assert slope[:, :PHASES].abs().sum() > 0
    assert slope[:, PHASES:].abs().sum() > 0
