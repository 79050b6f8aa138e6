"""Work of loads on a grid, with slopes that need no solve beyond the one for the displacements."""

from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.kits.solids.elastic.solver import Elastic


def work_of(
    elastic: Elastic,
    modulus_pa: Float64[Tensor, "n e"],
    load_n: Float64[Tensor, "#n l f"],
    start: Float64[Tensor, "n l f"] | None = None,
) -> tuple[Float64[Tensor, "n l"], Float64[Tensor, "n l f"]]:
    """Return the work f . u of each load case (J) and the displacements (m).

    The work is differentiable with respect to moduli and loads, as u is its own adjoint; the
    displacements, which serve as the next `start`, are not.

    Source: Bendsøe and Sigmund, Topology Optimization, 2nd ed., 2003, eq. 1.7.
    """
    return _Work.apply(elastic, modulus_pa, load_n, start)  # type: ignore[no-any-return,no-untyped-call]


class _Work(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, elastic: Elastic, modulus: Tensor, load: Tensor, start: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        u = elastic.solve(modulus.detach(), load.detach(), start)
        ctx.elastic, ctx.load_rows = elastic, len(load)
        ctx.save_for_backward(u)
        ctx.mark_non_differentiable(u)
        return (u * load).sum(-1), u

    @staticmethod
    def backward(ctx: Any, slope: Tensor, _: Tensor) -> tuple[None, Tensor, Tensor | None, None]:
        (u,) = ctx.saved_tensors
        moduli = -(slope[..., None] * ctx.elastic.energies(u)).sum(1)
        loads = None
        if ctx.needs_input_grad[2]:
            loads = 2 * slope[..., None] * u
            loads[..., ctx.elastic.fixed] = 0.0
            loads = loads.sum(0, keepdim=True) if ctx.load_rows == 1 < len(u) else loads
        return None, moduli, loads, None
