"""What families share that learn nothing of designs."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_rows
from ingenium.train.plan import Plan


class Unlearned:
    """A family that says all it knows when it is made; the designs that it is given are checked."""

    shape: tuple[int, ...]
    c: int

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Nothing is learned.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        return {}

    def state_dict(self) -> dict[str, Tensor]:
        """Of nothing."""
        return {"none": torch.zeros(1)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Nothing."""
        return self
