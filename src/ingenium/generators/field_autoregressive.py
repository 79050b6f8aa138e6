"""Autoregressive mixtures on fields: the density of each patch given those before it."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ingenium.generators.autoregressive import (
    Autoregressive,
    AutoregressiveSettings,
    mixture_log_density,
    unwhiten,
)
from ingenium.generators.model import Model
from ingenium.generators.patches import Patches
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer


class FieldAutoregressive(Model):
    """The recurrence of `Autoregressive` over patches, which also reads preceding neighbours.

    A patch of 4 cells an axis is one step, all its numbers together. A step reads the state of the
    recurrence, and the preceding patch along each axis. The density is exact; numbers of patches
    that lie outside the field are fixed at their mean and not counted.

    It is meant for up to some hundred patches: a proposal takes as many sequential steps.

    Shapes: p numbers of a patch, t patches, s steps.
    Source: as `Autoregressive`; van den Oord et al., 2016, arXiv:1601.06759 (raster order).
    """

    inside: Tensor  # (t, p)

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        settings: AutoregressiveSettings,
    ) -> None:
        super().__init__(shape, c)
        self.patches = Patches(shape)
        p, t = self.patches.p, self.patches.t
        self.steps = Autoregressive((p, t), c, settings)
        self.behind = [self.patches.before(axis) for axis in range(len(self.patches.grid) - 1)]
        self.alongside = nn.Linear(len(self.behind) * p, settings.width, bias=False)
        self.register_buffer("inside", self.patches.inside, persistent=False)
        self.left_out = float((~self.inside).sum())

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log density for each number of a design (nats)."""
        return -self.log_density(x, cond) / math.prod(self.shape)

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Exact logarithm of the conditional density (nats).

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        return self.by_patch(x, cond).sum(1) + 0.5 * math.log(2 * math.pi) * self.left_out

    def by_patch(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n t"]:
        """Log density of each patch given those before it, without the correction at the border."""
        inner, steps = self.steps, self.patches.cut(x)
        border = inner.first.expand(len(x), 1, -1)
        condition = inner.start(cond)
        read = inner.embed(torch.cat([border, steps[:, :-1]], 1), condition, inner.position)
        around = torch.cat([steps, torch.zeros_like(border)], 1)  # -1 is the border
        read = read + self.alongside(torch.cat([around[:, before] for before in self.behind], -1))
        hidden, _ = inner.memory(read, condition[None])
        parts = self.parts(hidden, condition, inner.position, self.inside)
        return mixture_log_density(steps, *parts)

    def parts(
        self,
        hidden: Float[Tensor, "n s w"],
        condition: Float[Tensor, "n w"],
        position: Float[Tensor, "s w"],
        inside: Bool[Tensor, "s p"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Parts of the recurrence, with numbers outside the field fixed at 0 and uncorrelated."""
        weight, mean, deviation, u, v = self.steps.parts(hidden, condition, position)
        each, link = inside[:, None], inside[..., None]
        return weight, mean * each, deviation.where(each, 1.0), u * link, v * link

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, patch by patch.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "autoregressive")
        inner, n = self.steps, len(cond)
        condition = inner.start(cond)
        state, before = condition[None].contiguous(), inner.first.expand(n, inner.p)
        steps = [torch.zeros_like(before)] * (self.patches.t + 1)  # the last is the border
        row = torch.arange(n, device=cond.device)
        for i, place in enumerate(inner.position[:, None]):  # each step needs those before
            around = torch.cat([steps[behind[i]] for behind in self.behind], -1)
            read = inner.embed(before[:, None], condition, place) + self.alongside(around)[:, None]
            hidden, state = inner.memory(read, state)
            inside = self.inside[i : i + 1]
            found = self.parts(hidden, condition, place, inside)
            weight, mean, deviation, u, v = (q[:, 0] for q in found)
            point = uniform(cond.new_empty(n, 1), rng)
            chosen = (point > weight.exp().cumsum(-1)).sum(-1).clamp(max=inner.k - 1)
            eps = gaussian(cond.new_empty(n, inner.p), rng) * deviation[row, chosen] * inside
            before = steps[i] = mean[row, chosen] + unwhiten(eps, u, v)
        return finish(self.patches.join(torch.stack(steps[:-1], 1)), steer)


def autoregressive_of_fields(shape: tuple[int, ...], c: int) -> FieldAutoregressive:
    """Build the family for fields."""
    return FieldAutoregressive(shape, c, AutoregressiveSettings(width=128))
