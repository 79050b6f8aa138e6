"""Functions on the unit cube with known optima, three values each."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

BRANIN, HARTMANN, GRAMACY = 0.397887, -3.32237, 0.599788  # least values


def branin(x: Tensor) -> Tensor:
    """Branin's function; minimum 0.397887, at three points."""
    a, b = 15 * x[:, 0] - 5, 15 * x[:, 1]
    bent = b - 5.1 / (4 * math.pi**2) * a.square() + 5 / math.pi * a - 6
    value = bent.square() + 10 * (1 - 1 / (8 * math.pi)) * a.cos() + 10
    return torch.stack([value, x[:, 0], x[:, 1]], 1)


def hartmann(x: Tensor) -> Tensor:
    """Hartmann's function of six numbers; minimum -3.32237.

    Source: Dixon and Szegő, 1978, p. 97 (the numbers of Hartmann, 1972).
    """
    alpha = x.new_tensor([1.0, 1.2, 3.0, 3.2])
    a = x.new_tensor(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    p = x.new_tensor(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    distance = (a * (x[:, None] - 1e-4 * p).square()).sum(2)
    value = -(alpha * (-distance).exp()).sum(1)
    return torch.stack([value, x[:, 0], x[:, 1]], 1)


def ackley(x: Tensor) -> Tensor:
    """Ackley's function on -5 to 10 for each number; minimum 0, at a third of each side.

    Source: Ackley, A Connectionist Machine for Genetic Hillclimbing, 1987; Eriksson et al., 2019,
        arXiv:1910.01739 (the domain).
    """
    at = 15 * x - 5
    far = -20 * (-0.2 * at.square().mean(1).sqrt()).exp()
    waves = -(2 * math.pi * at).cos().mean(1).exp()
    return torch.stack([far + waves + 20 + math.e, x[:, 0], x[:, 1]], 1)


def rastrigin(x: Tensor) -> Tensor:
    """Rastrigin's function on -5.12 to 5.12, shifted; minimum 0, at 0.7 of each side.

    Source: Mühlenbein et al., Parallel Comput. 17:619, 1991.
    """
    at = 10.24 * (x - 0.7)
    value = (at.square() - 10 * (2 * math.pi * at).cos() + 10).sum(1)
    return torch.stack([value, x[:, 0], x[:, 1]], 1)


def gramacy(x: Tensor) -> Tensor:
    """The sum of two numbers, under two constraints at most 0; minimum 0.599788."""
    a, b = x[:, 0], x[:, 1]
    wave = 1.5 - a - 2 * b - 0.5 * (2 * math.pi * (a.square() - 2 * b)).sin()
    return torch.stack([a + b, wave, a.square() + b.square() - 1.5], 1)


def projected(x: Tensor) -> Tensor:
    """Square distance to the point of all 0.7, and the means of both halves of the numbers."""
    half = x.shape[1] // 2
    value = (x - 0.7).square().sum(1)
    return torch.stack([value, x[:, :half].mean(1), x[:, half:].mean(1)], 1)


def zdt2(x: Tensor) -> Tensor:
    """ZDT2; front: second = 1 - first^2, where all but the first number are 0."""
    g = 1 + 9 * x[:, 1:].mean(1)
    return torch.stack([x[:, 0], g * (1 - (x[:, 0] / g).square()), x.sum(1)], 1)


FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    f.__name__: f for f in (branin, hartmann, ackley, rastrigin, gramacy, projected, zdt2)
}
