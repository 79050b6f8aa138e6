"""The trunks: shapes, independent rows, effective conditions, two derivatives."""

import pytest
import torch
from torch import Tensor, nn

from ingenium.generators.networks import decoder, encoder, retained, trunk

SHAPES = [(5,), (3, 96), (2, 7), (1, 50), (2, 5, 7), (1, 3, 4, 5)]


def shaken(net: nn.Module) -> nn.Module:
    """Move weights away from their initial zeros."""
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.1 * torch.randn(p.shape, generator=rng))
    return net.double()


def inputs(shape: tuple[int, ...], n: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(n, *shape, generator=rng, dtype=torch.float64)
    cond = torch.randn(n, 4, generator=rng, dtype=torch.float64)
    return x, cond, torch.rand(n, generator=rng, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_do_not_meet(shape: tuple[int, ...]) -> None:
    x, cond, level = inputs(shape)
    net = shaken(trunk(shape, 4, width=32, depth=2))
    conditioned = torch.tensor([True, False] * 3)
    together = net(x, cond, level, conditioned)
    assert together.shape == x.shape
    alone = torch.cat(
        [
            net(x[i, None], cond[i, None], level[i, None], conditioned[i, None])
            for i in range(len(x))
        ]
    )
    torch.testing.assert_close(together, alone, atol=1e-12, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_input_reaches_every_output(shape: tuple[int, ...]) -> None:
    x, cond, level = inputs(shape, 1)
    net = shaken(trunk(shape, 4, width=32, depth=1))
    jacobian = torch.autograd.functional.jacobian(lambda v: net(v, cond, level), x)
    assert (jacobian.abs() > 1e-12).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_conditions_and_level_count_unless_dropped(shape: tuple[int, ...]) -> None:
    x, cond, level = inputs(shape)
    net = shaken(trunk(shape, 4, width=32, depth=1))
    none = torch.zeros(len(x), dtype=torch.bool)
    assert not torch.allclose(net(x, cond, level), net(x, cond + 1, level))
    assert not torch.allclose(net(x, cond, level), net(x, cond, level + 0.1))
    assert torch.equal(net(x, cond, level, none), net(x, cond + 1, level, none))
    assert torch.equal(net(x, cond, level, ~none), net(x, cond, level))


@pytest.mark.parametrize("shape", SHAPES)
def test_second_derivatives_agree_with_differences(shape: tuple[int, ...]) -> None:
    x, cond, _ = inputs(shape, 2)
    net = shaken(encoder(shape, 4, 1, width=32, depth=1))

    def slope(v: Tensor) -> Tensor:
        value = net(v, cond).sum()
        return torch.autograd.grad(value, v, create_graph=True)[0].square().sum()

    x.requires_grad_()
    exact = torch.autograd.grad(slope(x), x)[0]
    way = torch.randn(x.shape, generator=torch.Generator().manual_seed(3), dtype=x.dtype)
    up = slope((x + 1e-5 * way).detach().requires_grad_())
    down = slope((x - 1e-5 * way).detach().requires_grad_())
    torch.testing.assert_close((exact * way).sum(), (up - down) / 2e-5, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_encoder_and_decoder_have_the_shapes_they_say(shape: tuple[int, ...]) -> None:
    x, cond, _ = inputs(shape)
    code = encoder(shape, 4, 7, width=32, depth=1).double()(x, cond)
    assert code.shape == (6, 7)
    assert decoder(7, shape, 4, width=32, depth=1).double()(code, cond).shape == x.shape


def test_no_conditions_is_fine() -> None:
    x, _, level = inputs((5,))
    assert trunk((5,), 0).double()(x, torch.zeros(6, 0, dtype=x.dtype), level).shape == x.shape


def test_a_missing_level_or_an_unknown_shape_is_refused() -> None:
    x, cond, _ = inputs((5,))
    with pytest.raises(ValueError, match="a noise level"):
        trunk((5,), 4).double()(x, cond)
    with pytest.raises(ValueError, match="shape"):
        trunk((2, 3, 4, 5, 6), 4)


def test_the_share_of_dropped_conditions() -> None:
    conditioned = retained(20_000, 0.2, torch.Generator().manual_seed(0))
    assert abs(conditioned.double().mean().item() - 0.8) < 0.01
