"""What families that denoise have in common: proposals by a solver, with guidance."""

from abc import abstractmethod

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond
from ingenium.sampling.guidance import classifier_free, steered
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Denoiser, Solver
from ingenium.sampling.steer import FREE, Steer

ROWS_AT_ONCE = 512  # rows through the network at a time, which keeps memory small


class Denoising(Model):
    """A family that can tell the expected clean design at any noise level.

    Shapes: n designs, `*shape` axes of one design, c spec features.
    """

    solver: Solver
    levels: tuple[float, ...]  # falling noise levels of the solver, the last one 0
    drop: float  # share of rows trained without conditions

    @abstractmethod
    def denoise(
        self,
        x: Float[Tensor, "n *shape"],
        sigma: Float[Tensor, " n"],
        cond: Float[Tensor, "n {self.c}"],
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """Expected clean design, given clean + sigma * noise; `keep` drops conditions."""

    def denoiser(self, cond: Float[Tensor, "n {self.c}"], steer: Steer = FREE) -> Denoiser:
        """The denoiser of a batch under its conditions, with all guidance.

        Raises:
            InputError: guidance by conditions is asked of a model that always saw them.
        """
        if steer.weight != 1 and self.drop == 0:
            raise InputError(
                "steer.weight of 1 for a model fitted with drop = 0",
                steer.weight,
                "Fit it with drop = 0.1 to guide it by conditions.",
            )
        none = torch.zeros(len(cond), dtype=torch.bool, device=cond.device)
        plain = classifier_free(
            self._in_parts(cond, ~none), self._in_parts(cond, none), steer.weight
        )
        return steered(plain, steer)

    def _in_parts(self, cond: Tensor, keep: Tensor) -> Denoiser:
        def denoise(x: Tensor, sigma: float) -> Tensor:
            level = torch.full_like(cond[:, :1].new_empty(len(x)), sigma)
            columns = (x, level, cond, keep)
            parts = zip(*(torch.split(column, ROWS_AT_ONCE) for column in columns), strict=True)
            return torch.cat([self.denoise(*part) for part in parts])

        return denoise

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, by the solver of the settings.

        Raises:
            ValueError: if `cond` does not fit, or guidance is asked that the model never learned.
        """
        check_cond(cond, self.c)
        start = self.levels[0] * gaussian(cond.new_empty(len(cond), *self.shape), rng)
        x = self.solver.solve(self.denoiser(cond, steer), start, self.levels, rng)
        return x if steer.project is None else steer.project(x)
