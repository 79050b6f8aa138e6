"""Method of moving asymptotes, for batches of designs with a few constraints each."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

COST = 1000.0  # of violating a constraint, and so the highest multiplier
CLOSEST, FARTHEST = 0.01, 10.0  # asymptotes, in parts of the range of a variable
FEWEST, MOST = 1e-9, 40  # size of the last barrier; Newton steps for each one


@dataclass(frozen=True)
class Approximation:
    """Convex separable approximation of objective (first row) and constraints around a design.

    Each function is the sum over variables of p / (high - x) + q / (x - low), less `rest`.

    Shapes: n designs, d variables, r functions (1 + m constraints).
    """

    p: Float64[Tensor, "n r d"]
    q: Float64[Tensor, "n r d"]
    low: Float64[Tensor, "n d"]  # asymptotes
    high: Float64[Tensor, "n d"]
    least: Float64[Tensor, "n d"]  # bounds of this step
    most: Float64[Tensor, "n d"]
    rest: Float64[Tensor, "n m"]  # of the constraints

    def best(self, price: Float64[Tensor, "n m"]) -> Float64[Tensor, "n d"]:
        """Return the variables of least Lagrangian for given multipliers."""
        full = torch.cat([torch.ones_like(price[:, :1]), price], 1)[:, None]
        p, q = (full @ self.p).squeeze(1).sqrt(), (full @ self.q).squeeze(1).sqrt()
        return torch.clamp((p * self.low + q * self.high) / (p + q), self.least, self.most)

    def dual(
        self, price: Float64[Tensor, "n m"]
    ) -> tuple[Float64[Tensor, "n m"], Float64[Tensor, "n m m"]]:
        """Return the dual's slope (the constraint violation) and minus its curvature."""
        x = self.best(price)
        up, down = 1 / (self.high - x)[:, None], 1 / (x - self.low)[:, None]
        p, q = self.p * up, self.q * down
        broken = (p + q)[:, 1:].sum(-1) - self.rest
        p, q = p * up, q * down
        slope = (p - q)[:, 1:]
        bend = 2 * (p * up + q * down)
        curve = bend[:, 0] + (price[:, None] @ bend[:, 1:]).squeeze(1)
        inside = ((x > self.least) & (x < self.most)) / curve
        return broken, (slope * inside[:, None]) @ slope.mT


def prices(approximation: Approximation) -> Float64[Tensor, "n m"]:
    """Compute the constraints' multipliers by interior point steps on the dual (m unknowns).

    Source: Svanberg, Int. J. Numer. Meth. Eng. 24, 1987, section 5; Aage and Lazarov, Struct.
        Multidisc. Optim. 47, 2013, section 3, here with an upper bound on multipliers too.
    """
    price = torch.ones_like(approximation.rest)
    low, high = torch.ones_like(price), torch.ones_like(price) / COST  # multipliers of the bounds
    barrier = 1.0
    while barrier > FEWEST:
        for _ in range(MOST):
            broken, curvature = approximation.dual(price)
            room = COST - price
            errors = (broken + low - high, price * low - barrier, room * high - barrier)
            if bool((torch.stack(errors).abs() < 0.9 * barrier).all()):
                break
            matrix = curvature + torch.diag_embed(low / price + high / room)
            step = torch.linalg.solve(matrix, broken + barrier / price - barrier / room)
            low_step = (barrier - low * step) / price - low
            high_step = (barrier + high * step) / room - high
            change = [-step / price, step / room, -low_step / low, -high_step / high]
            length = 1 / (1.005 * torch.cat(change, 1).amax(1, keepdim=True)).clamp(min=1.0)
            price, low, high = (
                price + length * step,
                low + length * low_step,
                high + length * high_step,
            )
        barrier *= 0.1
    return price


class Mma:
    """Asymptotes of a batch of designs with variables in [0, 1], and the step they lead to.

    Shapes: n designs, d variables, m constraints.
    Source: Svanberg, Int. J. Numer. Meth. Eng. 24, 1987; MMA and GCMMA, 2007, sections 3 and 4.
    """

    def __init__(self, move: float = 0.2) -> None:
        self.move = move
        self.past: list[Tensor] = []  # the last two designs
        self.reach: Tensor | None = None  # from a variable to its asymptotes

    def retain(self, rows: Tensor) -> None:
        """Retain some of the designs."""
        self.past = [x[rows] for x in self.past]
        self.reach = None if self.reach is None else self.reach[rows]

    def step(
        self,
        x: Float64[Tensor, "n d"],
        slope: Float64[Tensor, "n d"],
        broken: Float64[Tensor, "n m"],
        slopes: Float64[Tensor, "n m d"],
    ) -> Float64[Tensor, "n d"]:
        """Return the next designs: least objective with `broken` at most 0.

        Objective and constraints should be of the order of 1.
        """
        model = self.approximate(x, torch.cat([slope[:, None], slopes], 1), broken)
        self.past = [x, *self.past[:1]]
        return model.best(prices(model))

    def approximate(
        self,
        x: Float64[Tensor, "n d"],
        slopes: Float64[Tensor, "n r d"],
        broken: Float64[Tensor, "n m"],
    ) -> Approximation:
        """Approximate objective and constraints around the designs, with moved asymptotes."""
        reach = torch.full_like(x, 0.5) if self.reach is None else self.reach
        if len(self.past) == 2:
            last, before = self.past
            turn = (x - last) * (last - before)
            factor = torch.where(turn > 0, 1.2, torch.where(turn < 0, 0.7, 1.0))
            reach = (reach * factor).clamp(CLOSEST, FARTHEST)
        self.reach = reach
        rise, fall = slopes.clamp(min=0.0), (-slopes).clamp(min=0.0)
        square = reach[:, None] ** 2
        p = square * (1.001 * rise + 0.001 * fall + 1e-5)
        q = square * (0.001 * rise + 1.001 * fall + 1e-5)
        step = (0.9 * reach).clamp(max=self.move)
        rest = ((p + q)[:, 1:] / reach[:, None]).sum(-1) - broken
        least, most = (x - step).clamp(min=0.0), (x + step).clamp(max=1.0)
        return Approximation(p, q, x - reach, x + reach, least, most, rest)
