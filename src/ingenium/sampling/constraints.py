"""Hard constraints: exact Euclidean projections in physical units, row by row, in float64.

Bounds, elements fixed at zero, and sums with a fixed value are parts of one set `{x : lower <= x <=
upper, weights . x = total}`; `Together` projects onto their intersection, which alternating
projections would not reach.

Shapes: n designs, then the axes of one design (`*shape`); q elements of one sum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.core.errors import InputError

Project = Callable[[Tensor], Tensor]


class ConstraintError(InputError):
    """Constraints that no design can satisfy."""


@dataclass(frozen=True)
class Box:
    """Bounds on each element; tensors of bounds broadcast against one design or all rows."""

    lower: float | Float[Tensor, "..."] = 0.0
    upper: float | Float[Tensor, "..."] = torch.inf

    def project(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
        """Return the clamped elements."""
        return Together((self,)).project(x)


@dataclass(frozen=True)
class FixedZero:
    """Elements that are zero, such as the infeed of photovoltaics at night."""

    where: Bool[Tensor, "*shape"]

    def project(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
        """Set the elements to zero, and leave the others unchanged."""
        return Together((self,)).project(x)


@dataclass(frozen=True)
class FixedSum:
    """A weighted sum over a group of elements, such as the energy of a day.

    `total` is a number or one for each row; `weight` (positive) is a number or one for each
    element, such as the hours of a step. A sum does not bound single elements: add a `Box` for
    that.
    """

    total: float | Float[Tensor, " n"]
    group: Bool[Tensor, "*shape"]
    weight: float | Float[Tensor, "*shape"] = 1.0

    def project(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
        """Shift the elements along the weights until the sum has its total."""
        return Together((self,)).project(x)


@dataclass(frozen=True)
class Together:
    """The intersection of constraints, satisfied exactly; groups of sums must not overlap.

    Raises:
        ConstraintError: on construction where groups overlap or weights are not positive; on
            projection where a sum cannot be reached within the bounds.
    """

    parts: tuple[Box | FixedZero | FixedSum, ...]

    def __post_init__(self) -> None:
        seen: Tensor | None = None
        for part in self.sums:
            if seen is not None and bool((seen & part.group).any()):
                raise ConstraintError(
                    "sums over groups without common elements", "groups that overlap"
                )
            if bool((torch.as_tensor(part.weight) <= 0).any()):
                raise ConstraintError("positive weights of a sum", "others")
            seen = part.group if seen is None else seen | part.group

    @cached_property
    def sums(self) -> tuple[FixedSum, ...]:
        """The sums among the parts."""
        return tuple(part for part in self.parts if isinstance(part, FixedSum))

    def bounds(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "n *shape"], Float[Tensor, "n *shape"]]:
        """Lower and upper bound of each element of each row."""
        lower, upper = torch.full_like(x, -torch.inf), torch.full_like(x, torch.inf)
        for part in self.parts:
            if isinstance(part, Box):
                lower = torch.maximum(lower, torch.as_tensor(part.lower, dtype=x.dtype).to(x))
                upper = torch.minimum(upper, torch.as_tensor(part.upper, dtype=x.dtype).to(x))
            elif isinstance(part, FixedZero):
                where = part.where.to(x.device)
                lower = torch.where(where, lower.clamp_min(0.0), lower)
                upper = torch.where(where, upper.clamp_max(0.0), upper)
        if bool((lower > upper).any()):
            raise ConstraintError(
                "lower <= upper for each element", "bounds that contradict each other"
            )
        return lower, upper

    def project(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
        """Return the nearest point of the intersection to each row, in float64."""
        x = x.detach().double()
        lower, upper = self.bounds(x)
        out = torch.clamp(x, lower, upper)
        for part in self.sums:
            group = part.group
            weight = torch.as_tensor(part.weight, dtype=x.dtype).to(x).expand(x.shape[1:])[group]
            total = torch.as_tensor(part.total, dtype=x.dtype).to(x).expand(len(x))
            out[:, group] = project_sum(
                x[:, group], lower[:, group], upper[:, group], weight, total
            )
        return out


def project_sum(
    v: Float[Tensor, "n q"],
    lower: Float[Tensor, "n q"],
    upper: Float[Tensor, "n q"],
    weight: Float[Tensor, " q"],
    total: Float[Tensor, " n"],
) -> Float[Tensor, "n q"]:
    """Return the nearest point with `lower <= x <= upper` and `weight . x = total`.

    The solution is x(tau) = clamp(v - tau * weight, lower, upper) for one tau a row, and weight .
    x(tau) falls piecewise linearly. Its kinks are sorted, the piece with the total is found by
    bisection among them, and tau follows on that piece in closed form.

    Source: Held, Wolfe and Crowder, Math. Programming 6, 1974 (simplex, by sorting); Kiwiel, J.
        Optim. Theory Appl. 136, 2008 (bounds and weights, by kinks).
    """
    _check_reach(lower, upper, weight, total)
    at_upper, at_lower = (v - upper) / weight, (v - lower) / weight  # kinks in tau

    left, right = _piece(v, lower, upper, weight, total)
    free = (at_upper <= left) & (at_lower >= right)
    fixed = torch.where(at_upper >= right, upper, lower).masked_fill(free, 0.0)
    slope = (free * weight.square()).sum(dim=1, keepdim=True)
    rest = ((v * free + fixed) @ weight - total)[:, None]
    tau = torch.where(slope > 0, rest / slope.clamp_min(1e-300), left).clamp(left, right)
    tau = torch.where(torch.isfinite(tau), tau, right)
    return _polished((v - tau * weight).clamp(lower, upper), lower, upper, weight, total)


def _piece(
    v: Float[Tensor, "n q"],
    lower: Float[Tensor, "n q"],
    upper: Float[Tensor, "n q"],
    weight: Float[Tensor, " q"],
    total: Float[Tensor, " n"],
) -> tuple[Float[Tensor, "n 1"], Float[Tensor, "n 1"]]:
    """Find the two neighbouring kinks between which the sum passes the total."""
    ends = torch.full((len(v), 1), torch.inf, dtype=v.dtype, device=v.device)
    kinks = torch.cat([-ends, (v - upper) / weight, (v - lower) / weight, ends], dim=1)
    kinks = kinks.sort(dim=1).values
    low = torch.zeros_like(ends, dtype=torch.long)
    high = torch.full_like(low, kinks.shape[1] - 1)
    for _ in range(kinks.shape[1].bit_length()):
        middle = (low + high) // 2
        # At an infinite kink all elements are at one of their bounds, which may be infinite too.
        x = (v - kinks.gather(1, middle) * weight).clamp(lower, upper)
        above = x @ weight[:, None] >= total[:, None]
        low = torch.where(above, middle, low)
        high = torch.where(above, high, torch.maximum(middle, low + 1))
    return kinks.gather(1, low), kinks.gather(1, high)


def _check_reach(lower: Tensor, upper: Tensor, weight: Tensor, total: Tensor) -> None:
    """Refuse totals that are out of reach within the bounds."""
    least, most = lower @ weight, upper @ weight
    slack = 1e-12 * total.abs().clamp_min(1e-300)  # totals that were summed in another order
    beyond = ~((least - slack <= total) & (total <= most + slack))
    if bool(beyond.any()):
        i = int(beyond.nonzero()[0, 0])
        raise ConstraintError(
            f"a total between {least[i]:.6g} and {most[i]:.6g}, which is what the bounds allow",
            f"{total[i]:.6g} in row {i}",
            "Change the total or the bounds.",
        )


def _polished(x: Tensor, lower: Tensor, upper: Tensor, weight: Tensor, total: Tensor) -> Tensor:
    """Spread the rounding error of the sum over the elements away from their bounds."""
    for _ in range(3):
        inside = ((x > lower) & (x < upper)) * weight
        gap = total - x @ weight
        slope = (inside * weight).sum(dim=1)
        shift = torch.where(slope > 0, gap / slope.clamp_min(1e-300), 0.0)
        x = torch.clamp(x + shift[:, None] * inside, lower, upper)
    return x


def standardised(
    project: Project, mean: Float[Tensor, "*shape"], scale: Float[Tensor, "*shape"]
) -> Project:
    """Convert a projection in physical units to standardised designs, `x = mean + scale * z`.

    It computes in float64 and returns the type of its input. After decoding, project once more in
    physical units: the decoding itself rounds.
    """

    def projected(z: Tensor) -> Tensor:
        m, s = mean.to(z.device, torch.float64), scale.to(z.device, torch.float64)
        return ((project(m + s * z.detach().double()) - m) / s).to(z.dtype)

    return projected
