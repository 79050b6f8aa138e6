import torch
from torch import Tensor

from ingenium.generators import kernel_mean
from ingenium.generators.kernel_mean import KernelMean, MeanSettings

NOISE = 0.1


def rows(n: int, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """A smooth mean of the first condition only; the second is uninformative."""
    rng = torch.Generator().manual_seed(seed)
    cond = torch.rand(n, 2, generator=rng, dtype=torch.float64) * 4
    truth = torch.stack([cond[:, 0].sin(), 1 + cond[:, 0].cos(), 0 * cond[:, 0]], 1)
    return truth + NOISE * torch.randn(n, 3, generator=rng, dtype=torch.float64), cond, truth


def test_the_mean_is_found_and_useless_conditions_are_ignored() -> None:
    z, cond, _ = rows(200)
    mean = KernelMean()
    mean.learn(z, cond, MeanSettings())
    _, fresh, truth = rows(500, seed=1)
    assert (mean.mean(fresh) - truth).square().mean().sqrt() < 0.5 * NOISE
    assert mean.relevance[1] < 0.5 * mean.relevance[0]


def test_residuals_spread_as_errors_of_fresh_predictions() -> None:
    z, cond, _ = rows(60)
    mean = KernelMean()
    mean.learn(z, cond, MeanSettings())
    fresh, requested, _ = rows(2000, seed=1)
    ratio = mean.residual.std() / (fresh - mean.mean(requested)).std()
    assert 0.9 < ratio < 1.1


def test_noise_keeps_its_mean() -> None:
    _, cond, _ = rows(100)
    noise = torch.randn(100, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    mean = KernelMean()
    mean.learn(noise, cond, MeanSettings(gain=0.1))
    torch.testing.assert_close(mean.mean(cond), noise.mean(0).expand(100, -1), rtol=0, atol=1e-9)


def test_left_out_runs_equal_refits() -> None:
    z, cond, _ = rows(20)
    kernel = kernel_mean._kernel(cond, cond)
    _, weight, left = kernel_mean._left_out(kernel, z, 7, (0.5,))
    torch.testing.assert_close(weight, torch.linalg.solve(kernel + 0.5 * torch.eye(20), z))
    for out in torch.arange(20).split(7):
        retained = torch.tensor([i for i in range(20) if i not in out.tolist()])
        again = torch.linalg.solve(
            kernel[retained][:, retained] + 0.5 * torch.eye(len(retained)), z[retained]
        )
        torch.testing.assert_close(left[out], z[out] - kernel[out][:, retained] @ again)
