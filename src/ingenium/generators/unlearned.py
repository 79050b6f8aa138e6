"""Base of families that learn nothing from designs."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.rows import check_rows
from ingenium.train.plan import Plan


class Unlearned:
    """A family that is complete when it is built; `fit` only checks the designs."""

    shape: tuple[int, ...]
    c: int

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Check the rows and return no losses.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        return {}

    def state_dict(self) -> dict[str, Tensor]:
        """Return a placeholder, since there are no weights."""
        return {"none": torch.zeros(1)}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Ignore the placeholder."""
        return self
