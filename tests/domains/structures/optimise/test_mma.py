"""The subproblem of MMA against pymoto's, and a problem with a known optimum."""

import numpy as np
import pytest
import torch
from pymoto.common.mma import MMA

from ingenium.domains.structures.optimise.mma import Mma, prices


def _problem(m, d=40, seed=0):
    rng = torch.Generator().manual_seed(seed)

    def uniform(*shape):
        return torch.rand(*shape, dtype=torch.float64, generator=rng)

    x = 0.1 + 0.8 * uniform(3, d)
    slopes = torch.cat([-uniform(3, 1, d), (uniform(3, m, d) - 0.3) / d * 4], 1)
    return x, slopes, 0.2 * (uniform(3, m) - 0.5)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_subproblem_agrees_with_pymoto(m):
    x, slopes, broken = _problem(m)
    model = Mma(move=0.2).approximate(x, slopes, broken)
    ours = model.best(prices(model))
    for i in range(3):
        theirs = MMA.subsolv(
            1e-9,
            *(v[i].numpy() for v in (model.low, model.high, model.least, model.most)),
            model.p[i].numpy(),
            model.q[i].numpy(),
            1.0,
            np.zeros(m),
            model.rest[i].numpy(),
            np.full(m, 1000.0),
            np.ones(m),
        )[0]
        np.testing.assert_allclose(ours[i].numpy(), theirs, atol=2e-5)


def test_cantilever_of_svanberg():
    # Svanberg 1987, section 8: five hollow squares; optimum weight 1.340 at the sizes below
    best = torch.tensor([[6.016, 5.309, 4.494, 3.502, 2.153]], dtype=torch.float64)
    factor = torch.tensor([61.0, 37, 19, 7, 1], dtype=torch.float64)
    x, mma = torch.full((1, 5), 5.0, dtype=torch.float64), Mma(move=0.2)
    for _ in range(60):
        bend = (factor / x**3).sum(1, keepdim=True) - 1
        slopes = (-3 * factor / x**4)[:, None] * 10
        x = 10 * mma.step(x / 10, torch.full_like(x, 0.624), bend, slopes)
    torch.testing.assert_close(x, best, rtol=2e-3, atol=0)
    assert 0.0624 * float(x.sum()) == pytest.approx(1.340, abs=1e-3)
