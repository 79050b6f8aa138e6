"""Tokens are sampled by their probabilities; those of refused ones go to the others."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.drawing import OPEN, Drawing, fall, sampled


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def shares(drawing: Drawing) -> Tensor:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(20000, 4)
    point = torch.rand(20000, generator=rng(), dtype=torch.float64)
    return (sampled(logits, point, drawing) - OPEN).bincount(minlength=4) / 20000


def test_the_likeliest_tokens_are_drawn_in_their_shares() -> None:
    plain = torch.tensor([0.5, 0.3, 0.15, 0.05])
    torch.testing.assert_close(shares(Drawing()), plain, atol=0.01, rtol=0)
    cut = torch.tensor([0.625, 0.375, 0, 0])
    torch.testing.assert_close(shares(Drawing(top_p=0.8)), cut, atol=0.01, rtol=0)
    cold = plain.square() / plain.square().sum()
    torch.testing.assert_close(shares(Drawing(temperature=0.5)), cold, atol=0.01, rtol=0)


def test_refused_tokens_leave_their_chance_to_the_others() -> None:
    n = 20000
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log().expand(n, 4)
    point = torch.rand(n, generator=rng(), dtype=torch.float64)

    def even(rows: Tensor, ids: Tensor) -> Tensor:
        return (ids - OPEN) % 2 == 1

    found = (sampled(logits, point, Drawing(), even) - OPEN).bincount(minlength=4) / n
    torch.testing.assert_close(found, torch.tensor([0, 6, 0, 1]) / 7, atol=0.01, rtol=0)
    low = (sampled(logits, point, Drawing(top_p=0.4), even) - OPEN).bincount(minlength=4) / n
    torch.testing.assert_close(low, torch.tensor([0, 6, 0, 1]) / 7, atol=0.01, rtol=0)
    with pytest.raises(InputError, match="some token everywhere"):
        sampled(logits, point, Drawing(), lambda rows, ids: torch.zeros(len(ids), dtype=torch.bool))


def test_many_refusals_leave_the_same_chances_as_few() -> None:
    """Beyond some refusals all tokens are requested together."""
    n, symbols = 3000, 60
    logits = torch.zeros(n, symbols)
    point = torch.rand(n, generator=rng(), dtype=torch.float64)
    requested = []

    def rare(rows: Tensor, ids: Tensor) -> Tensor:
        requested.append(len(ids))
        return (ids - OPEN == 7) | (ids - OPEN == 50)

    found = (sampled(logits, point, Drawing(), rare) - OPEN).bincount(minlength=symbols) / n
    assert found[7] + found[50] == 1
    assert float(found[7]) == pytest.approx(0.5, abs=0.04)
    assert len(requested) < symbols / 2


def test_no_token_without_a_chance_is_met() -> None:
    chance = torch.tensor([[0.0, 0.5, 0.0, 0.5, 0.0]]).double().expand(4, 5)
    column, inside = fall(chance, torch.tensor([0.0, 0.25, 0.5, 1 - 2**-53], dtype=torch.float64))
    assert column.tolist() == [1, 1, 3, 3]
    torch.testing.assert_close(inside, torch.tensor([0.0, 0.5, 0.0, 1.0]).double())


def test_a_drawing_that_makes_no_sense_is_refused() -> None:
    for bad in ({"temperature": 0.0}, {"top_p": 1.5}, {"hidden": 1.0}):
        with pytest.raises(InputError, match="top_p"):
            replace(Drawing(), **bad)
