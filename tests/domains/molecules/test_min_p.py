"""Probabilities of tokens by min-p against their definition."""

import math

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.molecules.trained.min_p import MinP
from ingenium.generators.tokens.drawing import Drawing

SURE = (0.97, 0.02, 0.01)
OPEN = (0.34, 0.33, 0.33)


def logits(*chances: tuple[float, ...]) -> torch.Tensor:
    return torch.tensor(chances, dtype=torch.float64).log()


def test_only_tokens_with_a_share_of_the_likeliest_keep_their_chance() -> None:
    sure, open_ = MinP(min_p=0.015).chances(logits(SURE, OPEN))
    assert sure[2] == 0, "0.01 is below 0.015 times 0.97"
    torch.testing.assert_close(sure[:2], torch.tensor(SURE[:2], dtype=torch.float64))
    torch.testing.assert_close(open_, torch.tensor(OPEN, dtype=torch.float64))


def test_the_share_counts_after_the_temperature() -> None:
    """Temperature 2 makes the ratio of two probabilities its root: 0.0103 becomes 0.1015."""
    ratio = math.sqrt(SURE[2] / SURE[0])
    below, above = (
        MinP(temperature=2.0, min_p=ratio * factor).chances(logits(SURE))[0, 2]
        for factor in (0.999, 1.001)
    )
    assert below > 0
    assert above == 0


def test_without_a_least_share_it_draws_as_ever() -> None:
    requested = logits(SURE, OPEN)
    plain = Drawing(temperature=0.7, top_p=0.9)
    torch.testing.assert_close(
        MinP(temperature=0.7, top_p=0.9).chances(requested),
        plain.chances(requested),
        rtol=0,
        atol=0,
    )


@pytest.mark.parametrize("min_p", [-0.1, 1.0, math.nan])
def test_a_share_that_leaves_no_token_is_refused(min_p: float) -> None:
    with pytest.raises(InputError, match="from 0 to below 1"):
        MinP(min_p=min_p)
