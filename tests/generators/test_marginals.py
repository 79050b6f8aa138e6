import pytest
import torch
from torch import Tensor

from ingenium.generators.marginals import GRID_SHARE, KNOTS, Marginals

N = 4000


def channels() -> list[Tensor]:
    """Normal, heavy-tailed, measured on a grid, with an atom at zero, constant."""
    rng = torch.Generator().manual_seed(0)
    z = torch.randn(4, N, generator=rng, dtype=torch.float64)
    return [
        3 + 2 * z[0],
        z[1].exp(),
        (z[2] * 20).round() / 20,
        z[3].clamp(min=0),
        torch.full((N,), 0.7, dtype=torch.float64),
    ]


@pytest.fixture(name="marginals")
def learned() -> Marginals:
    marginals = Marginals()
    marginals.learn(channels())
    return marginals


EACH = torch.arange(5)


def test_values_come_back(marginals: Marginals) -> None:
    x = torch.stack(channels(), 1)
    back = marginals.from_scores(marginals.to_scores(x, EACH), EACH)
    assert torch.equal(back[:, 2], x[:, 2])
    assert torch.equal(back[:, 4], x[:, 4])
    assert torch.equal(back[x[:, 3] == 0, 3], torch.zeros(int((x[:, 3] == 0).sum())).double())
    torch.testing.assert_close(back, x, rtol=0, atol=1e-12)


def test_scores_of_normal_and_lognormal_values_are_their_standard_numbers(
    marginals: Marginals,
) -> None:
    z = torch.tensor([-1.5, -0.5, 0.0, 1.0, 1.8], dtype=torch.float64)
    x = torch.stack([3 + 2 * z, z.exp()], 1)
    scores = marginals.to_scores(x, EACH[:2])
    assert (scores - z[:, None]).abs().max() < 0.1
    back = marginals.from_scores(torch.stack([z, z], 1), EACH[:2])
    torch.testing.assert_close(back, x, rtol=0.05, atol=0.1)


def test_an_atom_has_one_score_in_the_middle_of_its_share(marginals: Marginals) -> None:
    zero = marginals.to_scores(torch.zeros(1, 1, dtype=torch.float64), EACH[3:4])
    assert float(torch.special.ndtr(zero)) == pytest.approx(0.25, abs=0.02)


def test_scores_rise_and_stay_in_the_range_seen(marginals: Marginals) -> None:
    z = torch.linspace(-9, 9, 2001, dtype=torch.float64)[:, None].expand(-1, 5)
    x = marginals.from_scores(z, EACH)
    assert (x.diff(dim=0) >= 0).all()
    for i, seen in enumerate(channels()):
        assert x[:, i].min() == seen.min()
        assert x[:, i].max() == seen.max()


def test_proposals_of_a_grid_channel_lie_on_the_grid(marginals: Marginals) -> None:
    z = torch.randn(500, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = marginals.from_scores(z, EACH[2:3])
    assert torch.isin(x, torch.unique(channels()[2])).all()


def test_gradients_pass_everywhere(marginals: Marginals) -> None:
    z = torch.tensor([[0.3, 0.3, 0.3, 0.9]], dtype=torch.float64, requires_grad=True)
    marginals.from_scores(z, EACH[:4]).sum().backward()
    assert z.grad is not None
    # Slopes of 3 + 2 z, exp z, z and max(z, 0); the tables are noisy between two points.
    wide = torch.tensor([[-0.1, 0.7]], dtype=torch.float64).T.expand(-1, 3)
    slope = marginals.from_scores(wide, EACH[:3]).diff(dim=0) / 0.8
    torch.testing.assert_close(
        slope[0], torch.tensor([2.0, 1.38, 1.0]).double(), rtol=0.1, atol=0.0
    )
    assert (z.grad > 0).all()


def test_long_tables_are_thinned_and_still_invertible(marginals: Marginals) -> None:
    assert marginals.values.shape[1] == KNOTS < N


def test_a_grid_is_kept_whole_however_fine() -> None:
    """A meter of 3,000 steps read 40,000 times: no value of it is lost or invented."""
    rng = torch.Generator().manual_seed(3)
    grid = torch.arange(3000, dtype=torch.float64) / 7
    seen = grid[torch.randint(3000, (40_000,), generator=rng)]
    assert KNOTS < len(torch.unique(seen)) < GRID_SHARE * len(seen)
    marginals = Marginals()
    marginals.learn([seen])
    z = torch.randn(2000, 1, generator=rng, dtype=torch.float64)
    one = torch.zeros(1, dtype=torch.int64)
    assert torch.isin(marginals.from_scores(z, one), seen).all()
    back = marginals.from_scores(marginals.to_scores(seen[:, None], one), one)
    assert torch.equal(back[:, 0], seen)


def test_state_comes_back(marginals: Marginals) -> None:
    other = Marginals()
    other.load_state_dict(marginals.state_dict())
    z = torch.randn(50, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.equal(other.from_scores(z, EACH), marginals.from_scores(z, EACH))
