"""Standardised channels and components against their definition, and back."""

import math

import pytest
import torch
from torch import Tensor

from ingenium.core.codecs import Channels, SideBySide, Whitened
from ingenium.core.errors import InputError
from ingenium.core.problem import Codec


def sampled(*shape: int, seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=rng, dtype=torch.float64)


def comes_back(codec: Codec, arrays: tuple[Tensor, ...]) -> Tensor:
    x = codec.encode(arrays)
    assert tuple(x.shape[1:]) == codec.shape
    for back, array in zip(codec.decode(x), arrays, strict=True):
        assert back.dtype == torch.float64
        torch.testing.assert_close(back, array, rtol=1e-9, atol=codec.tolerance)
    return x


def test_series_have_a_mean_of_0_and_a_spread_of_1_in_each_channel() -> None:
    still = torch.full((9, 2, 5), 7.0, dtype=torch.float64)
    arrays = (3 * sampled(9, 4, 5) - 1, sampled(9, 5, seed=1), still)
    codec = Channels.of(arrays, along=1)
    x = comes_back(codec, arrays)
    assert codec.shape == (7, 5)
    torch.testing.assert_close(x.mean((0, 2)), torch.zeros(7, dtype=torch.float64))
    ones = torch.ones(5, dtype=torch.float64)
    torch.testing.assert_close(x[:, :5].std((0, 2)), ones)
    assert bool((x[:, 5:] == 0).all())  # constant columns keep their scale


def test_logarithms_are_standardised_as_such() -> None:
    arrays = (10 ** sampled(50), sampled(50, 2, seed=1))
    codec = Channels.of(arrays, logs=(0,))
    x = comes_back(codec, arrays)
    log = arrays[0].log()
    torch.testing.assert_close(x[:, 0], (log - log.mean()) / log.std())
    assert bool((codec.decode(torch.full((1, 3), -1e3))[0] >= 0).all())


def test_bounds_are_at_minus_1_and_1_and_nothing_is_cut_off() -> None:
    codec = Channels.between(((0.0, 1.0), (-10.0, 30.0), (1e-4, 1e-2)), (4, 3), logs=(2,))
    ends = [(0.0, -10.0, 1e-4), (1.0, 30.0, 1e-2), (0.5, 10.0, 1e-3), (2.0, 70.0, 1.0)]
    arrays = tuple(
        torch.tensor(column, dtype=torch.float64)[:, None, None].expand(-1, 4, 3)
        for column in zip(*ends, strict=True)
    )
    x = comes_back(codec, arrays)
    expected = torch.tensor([[-1.0] * 3, [1.0] * 3, [0.0] * 3, [3.0] * 3], dtype=torch.float64)
    torch.testing.assert_close(x[:, :, 0, 0], expected)


def test_arrays_with_axes_of_their_own_become_that_many_numbers() -> None:
    codec = Channels.between(((0.0, 2.0), (1.0, 5.0)), own=((), (2, 3)))
    arrays = (2 * sampled(8), 1 + 4 * sampled(8, 2, 3, seed=1))
    x = comes_back(codec, arrays)
    assert codec.shape == (7,)
    torch.testing.assert_close(x[:, 1:], (arrays[1].flatten(1) - 1) / 2 - 1)


@pytest.mark.parametrize("bounds", [((1.0, 0.0),), (), ((0.0, math.nan),)])
def test_bounds_out_of_order_are_refused(bounds: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InputError, match="lower bound"):
        Channels.between(bounds, (4, 3))


def test_components_are_without_correlation() -> None:
    first = sampled(300)
    arrays = (torch.stack([first, first + 0.01 * sampled(300, seed=1)], 1), sampled(300, seed=2))
    x = comes_back(Whitened.of(arrays), arrays)
    torch.testing.assert_close(x.T.cov(), torch.eye(3, dtype=torch.float64))
    torch.testing.assert_close(x.mean(0), torch.zeros(3, dtype=torch.float64))


def test_codecs_side_by_side_take_their_own_arrays() -> None:
    arrays = (sampled(40, 2), sampled(40, seed=1), sampled(40, 3, seed=2))
    first, last = Whitened.of(arrays[:2]), Channels.of(arrays[2:])
    x = comes_back(SideBySide((first, last)), arrays)
    assert torch.equal(x, torch.cat([first.encode(arrays[:2]), last.encode(arrays[2:])], 1))


def test_decoding_passes_gradients() -> None:
    codec = Channels.between(((0.0, 1.0), (1e-4, 1e-2)), logs=(1,))
    x = torch.zeros(3, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.stack(codec.decode(x)).sum(), x)
    expected = torch.tensor([0.5, 1e-3 * math.log(10)], dtype=torch.float64)
    torch.testing.assert_close(slope, expected.expand(3, 2))
