"""Checks and final constraints of rows that all families share."""

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.sampling.steer import Steer


def check_cond(cond: Tensor, c: int) -> None:
    """Refuse conditions that a family was not built for.

    Raises:
        ValueError: if `cond` is not a finite matrix of `c` columns.
    """
    if cond.ndim != 2 or cond.shape[1] != c:
        raise ValueError(
            f"expected conditions of shape (n, {c}), got {tuple(cond.shape)}; "
            f"give one row of {c} numbers for each design"
        )
    if not torch.isfinite(cond).all():
        raise ValueError("expected finite conditions, got NaN or infinity; drop or fill those rows")


def check_rows(x: Tensor, cond: Tensor, shape: tuple[int, ...], c: int) -> None:
    """Refuse designs and conditions that do not fit a family or each other.

    Raises:
        ValueError: if shapes or row counts differ from `shape` and `c`, or values are not finite.
    """
    if tuple(x.shape[1:]) != shape:
        want = ", ".join(str(size) for size in shape)
        raise ValueError(
            f"expected designs of shape (n, {want}), got {tuple(x.shape)}; "
            "build the family with the shape of one design"
        )
    check_cond(cond, c)
    if len(x) != len(cond) or not len(x):
        raise ValueError(
            f"expected as many conditions as designs and at least one, got {len(cond)} and {len(x)}"
        )
    if not torch.isfinite(x).all():
        raise ValueError("expected finite designs, got NaN or infinity; drop or fill those rows")


def check_steer(steer: Steer, family: str, *, weight: bool = False, energy: bool = False) -> None:
    """Refuse the kinds of steering that a family does not support.

    Raises:
        InputError: if `steer` requests guidance that is not among the supported kinds.
    """
    if steer.weight != 1.0 and not weight:
        raise InputError(
            f"no classifier-free guidance with {family}, which has none",
            f"the weight {steer.weight:g}",
            "Leave guidance at 1, or use diffusion, flow_matching or energy.",
        )
    if steer.energy is not None and not energy:
        raise InputError(
            f"no target to steer towards with {family}, which cannot follow a gradient",
            "one",
            "Leave steer out, or use diffusion, flow_matching, energy, vae, gan or flow.",
        )


def finish(x: Float[Tensor, "n *shape"], steer: Steer) -> Float[Tensor, "n *shape"]:
    """Project proposed designs onto the hard constraints, if there are any."""
    return x if steer.project is None else steer.project(x)
