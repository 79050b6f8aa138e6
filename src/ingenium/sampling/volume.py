"""Fields between 0 and 1 whose volume is held exactly, with cells that are given."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.sampling.constraints import project_sum

HELD = 1e-12  # a volume that is held to this is left as it is, so that holding twice is once


def hold_volume(
    field: Float[Tensor, "n *cells"],
    volume: Float[Tensor, " n"],
    fixed: Bool[Tensor, "*cells"] | Bool[Tensor, "n *cells"] | None = None,
    value: float | Float[Tensor, "*cells"] | Float[Tensor, "n *cells"] = 1.0,
) -> Float[Tensor, "n *cells"]:
    """The nearest field of each row with a mean of `volume`, between 0 and 1, in float64.

    All cells that are not fixed move by one shift and are cut at 0 and 1: cells keep their order.
    Cells where `fixed` (a mask of one design or of each row) take `value` exactly and count.
    Gradients pass to the field and the volume as the shift depends on them.

    Source: Held, Wolfe and Crowder, Math. Programming 6, 1974, by `project_sum`.

    Raises:
        ConstraintError: a volume that the fixed cells do not allow.
        InputError: a field or volume that is not finite, or a value outside 0 and 1.
    """
    x, wanted = field.to(torch.float64), volume.to(field.device, torch.float64)
    given = torch.as_tensor(value, dtype=torch.float64).to(x)
    if not (torch.isfinite(x).all() and torch.isfinite(wanted).all()):
        raise InputError("a finite field and volume", "NaN or infinity")
    mask = torch.zeros_like(x, dtype=torch.bool)
    if fixed is not None:
        mask = mask | fixed.to(x.device)
        if bool(((given < 0) | (given > 1)).any()):
            raise InputError("values of fixed cells between 0 and 1", float(given.max()))
    held = torch.where(mask, given, 0.0).flatten(1)
    upper = torch.where(mask, given, 1.0).flatten(1)
    start = torch.minimum(torch.maximum(x.flatten(1), held), upper)
    if mask.any() and not bool((~mask).flatten(1).any(1).all()):
        raise InputError("a cell in each design that is not fixed", "none")
    share = x.new_full((held.shape[1],), 1 / held.shape[1])
    done = (start.detach() @ share - wanted).abs() <= HELD
    shifted = project_sum(x.flatten(1), held, upper, share, wanted)
    return torch.where(done[:, None], start, shifted).view_as(x)
