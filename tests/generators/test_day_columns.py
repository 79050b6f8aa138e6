import math

import pytest
import torch
from torch import Tensor

from ingenium.generators.day_columns import DayColumns

DAYS, T = 360, 48


def season(day: Tensor) -> Tensor:
    angle = 2 * math.pi * day / 365
    return torch.stack([angle.sin(), angle.cos()], 1)


def sun(day: Tensor) -> Tensor:
    """Height of the sun over a day, at every fourth step; below zero at night."""
    hour = torch.arange(0, T, 4, dtype=torch.float64) * 24 / T
    return (2 * math.pi * (hour - 12) / 24).cos() - 0.5 * (2 * math.pi * day[:, None] / 365).cos()


def days() -> tuple[Tensor, Tensor]:
    """A load measured on a grid, hourly PV spread to half hours, a continuous load."""
    rng = torch.Generator().manual_seed(0)
    day = torch.arange(DAYS).double()
    clear = 0.2 + 0.8 * torch.rand(DAYS, 1, generator=rng, dtype=torch.float64)
    hourly = (clear * sun(day)).clamp(min=0)
    step = torch.arange(T, dtype=torch.float64) / 4
    low = step.floor().long()
    high = (low + 1).clamp(max=T // 4 - 1)
    pv = torch.lerp(hourly[:, low], hourly[:, high], step - low)
    noise = torch.randn(DAYS, 2, T, generator=rng, dtype=torch.float64)
    x = torch.stack([(noise[:, 0] * 50).round() / 50, pv, noise[:, 1].exp()], 1)
    return (x - 0.3) / 1.7, season(day)  # as a codec would shift and scale it


@pytest.fixture(name="columns", scope="module")
def learned() -> DayColumns:
    columns = DayColumns(3, T)
    columns.learn(*days())
    return columns


def test_days_come_back(columns: DayColumns) -> None:
    x, cond = days()
    z = columns.encode(x, cond)
    torch.testing.assert_close(columns.decode(z, cond), x, rtol=0, atol=2e-6)


def test_strides_gates_and_season_are_found(columns: DayColumns) -> None:
    assert columns.stride.tolist() == [1, 4, 1]
    assert columns.gated.tolist() == [False, True, False]
    assert columns.season.tolist() == [0, 1]
    assert len(columns.channel) == T + T // 4 + T


def test_nights_are_exact_and_ramps_are_lines_whatever_the_scores(columns: DayColumns) -> None:
    day = torch.tensor([3.0, 91.0, 180.0, 250.0]).double()
    z = 3 * torch.randn(4, len(columns.channel), dtype=torch.float64)
    pv = columns.decode(z, season(day))[:, 1]
    assert pv.shape == (4, T)
    dark = torch.stack([sun(day + d) for d in (-11.0, 0.0, 11.0)]).amax(0) <= 0
    assert torch.equal(pv[:, ::4][dark], columns.floor[1].expand(int(dark.sum())))
    assert (pv >= columns.floor[1]).all()
    bend = pv.diff(dim=1).diff(dim=1).reshape(4, -1)
    inner = torch.arange(T - 2) % 4 != 3
    assert bend[:, inner].abs().max() < 1e-12
    assert (pv * 1.7 + 0.3).max() <= 1.5 + 1e-9


def test_the_ratio_to_the_envelope_has_no_season_left(columns: DayColumns) -> None:
    x, cond = days()
    noon = columns.encode(x, cond)[:, (columns.channel == 1).nonzero().squeeze(1)[6]]
    winter, summer = noon[(cond[:, 1] > 0.7)], noon[cond[:, 1] < -0.7]
    assert abs(float(winter.mean() - summer.mean())) < 0.4
    raw = x[:, 1, 24]
    assert raw[cond[:, 1] < -0.7].mean() - raw[cond[:, 1] > 0.7].mean() > raw.std()


def test_what_rests_whatever_the_season_keeps_the_steps_of_its_meter() -> None:
    x, cond = days()
    rng = torch.Generator().manual_seed(1)
    worked = (torch.rand(DAYS, 1, T, generator=rng, dtype=torch.float64) * 40).round() / 40
    open_at = torch.arange(T).ge(14) & torch.arange(T).le(40)  # on four days of seven, all year
    shop = worked * open_at * (torch.arange(DAYS) % 7 > 2)[:, None, None]
    yard = worked * (torch.rand(DAYS, 1, 1, generator=rng, dtype=torch.float64) > 0.5)
    columns, whole = DayColumns(5, T), torch.cat([x, shop, yard], 1)
    columns.learn(whole, cond)
    assert columns.gated.tolist() == [False, True, False, False, False]
    z = torch.randn(50, len(columns.channel), generator=rng, dtype=torch.float64)
    made = columns.decode(z, cond[:50])[:, 3:]
    assert torch.isin(made, torch.cat([shop, yard])).all()


def test_without_a_season_nothing_is_divided() -> None:
    x, cond = days()
    columns = DayColumns(3, T)
    columns.learn(x, cond[:, :1])
    assert not columns.gated.any()
    z = columns.encode(x, cond[:, :1])
    torch.testing.assert_close(columns.decode(z, cond[:, :1]), x, rtol=0, atol=2e-6)


def test_gradients_reach_the_scores(columns: DayColumns) -> None:
    x, cond = days()
    z = columns.encode(x, cond)[180:182].requires_grad_()
    columns.decode(z, cond[180:182]).sum().backward()
    assert z.grad is not None
    assert (z.grad != 0).double().mean() > 0.7
