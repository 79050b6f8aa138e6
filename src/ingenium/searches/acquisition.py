"""Acquisition functions of BoTorch under limits, for Bayesian optimisation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.searches.packages import package

Worth = Literal["log_ei", "ei", "ucb"]


@dataclass(frozen=True)
class Acquisition:
    """Acquisition function of the next points, from processes of margins and then of objectives.

    Until a design satisfies every limit, it is the probability of feasibility. Then it is the
    expected improvement (`ei`, or its logarithm `log_ei`, which has gradients everywhere) of the
    objective, or of the hypervolume of several; or `ucb`, an optimistic bound of the objective, for
    several objectives along a random direction.

    Shapes: n points, l limits, o objectives.
    Source: Jones et al., J. Glob. Optim. 13:455, 1998 (improvement); Srinivas et al., ICML 2010,
        arXiv:0912.3995 (`ucb`); Knowles, IEEE Trans. Evol. Comput. 10:50, 2006 (directions); Ament
        et al., NeurIPS 2023, arXiv:2310.20708 (logarithms); Daulton et al., NeurIPS 2020,
        arXiv:2006.05078 (hypervolume).
    """

    model: Any
    reported: dict[str, np.ndarray]  # data that the processes were fitted to
    worth: Worth
    bold: float
    samples: int

    @property
    def limits(self) -> int:
        """Number of outcomes before the objectives."""
        return int(self.reported["margin"].shape[1])

    def function(self) -> Any:
        """Acquisition function for BoTorch's optimiser."""
        loss = self.reported["loss"]
        held = self.reported["violation"].sum(1) == 0
        sampling = package("botorch.sampling.normal").SobolQMCNormalSampler(
            torch.Size([self.samples]), seed=int(torch.randint(2**31, ()))
        )
        broken = [_negative(i) for i in range(self.limits)]
        if self.limits and (not loss.shape[1] or not held.any()):
            feasible = package("botorch.acquisition.logei").qLogProbabilityOfFeasibility
            return feasible(self.model, broken, sampler=sampling)
        found = torch.from_numpy(-loss[held])
        if self.worth == "ucb":
            return self._bound(found, broken, sampling)
        if loss.shape[1] > 1:
            return self._hypervolume(found, broken, sampling)
        objective = package("botorch.acquisition.objective").GenericMCObjective
        name = "logei.qLogExpectedImprovement"
        if self.worth == "ei":
            name = "monte_carlo.qExpectedImprovement"
        folder, kind = name.split(".")
        return getattr(package(f"botorch.acquisition.{folder}"), kind)(
            self.model,
            found.max(),
            sampler=sampling,
            objective=objective(_column(self.limits)),
            constraints=broken or None,
        )

    def _bound(self, found: Float[Tensor, "n o"], broken: Any, sampling: Any) -> Any:
        """Optimistic bound of the objective, or of several along a random direction."""
        objectives = package("botorch.acquisition.objective")
        direction = _column(self.limits)
        if found.shape[1] > 1:
            scalar = package("botorch.utils.multi_objective.scalarization")
            weights = torch.rand(found.shape[1], dtype=found.dtype)
            along = scalar.get_chebyshev_scalarization(weights / weights.sum(), found)
            direction = _along(along, self.limits)
        objective = objectives.GenericMCObjective(direction)
        if broken:
            least = package("botorch.acquisition.utils").get_infeasible_cost(
                torch.from_numpy(self.reported["points"]), self.model, objective
            )
            objective = objectives.ConstrainedMCObjective(direction, broken, infeasible_cost=least)
        bound = package("botorch.acquisition.monte_carlo").qUpperConfidenceBound
        return bound(self.model, self.bold**2, sampler=sampling, objective=objective)

    def _hypervolume(self, found: Float[Tensor, "n o"], broken: Any, sampling: Any) -> Any:
        """Expected increase of the hypervolume over the front of accepted designs."""
        multi = "botorch.acquisition.multi_objective"
        front = found[package("botorch.utils.multi_objective.pareto").is_non_dominated(found)]
        hypervolume = package("botorch.utils.multi_objective.hypervolume")
        least = torch.from_numpy(-self.reported["loss"]).amin(0)
        worst = hypervolume.infer_reference_point(front) if len(front) > 1 else least
        boxes = package("botorch.utils.multi_objective.box_decompositions")
        outcomes = list(range(self.limits, self.limits + found.shape[1]))
        kind = package(f"{multi}.logei").qLogExpectedHypervolumeImprovement
        if self.worth == "ei":
            kind = package(f"{multi}.monte_carlo").qExpectedHypervolumeImprovement
        return kind(
            self.model,
            ref_point=worst,
            partitioning=boxes.FastNondominatedPartitioning(worst, found),
            sampler=sampling,
            objective=package(f"{multi}.objective").IdentityMCMultiOutputObjective(outcomes),
            constraints=broken or None,
        )


def _negative(column: int) -> Callable[[Tensor], Tensor]:
    """Constraint function in BoTorch's convention: values above 0 violate the limit."""
    return lambda outcomes: -outcomes[..., column]


def _column(column: int) -> Callable[..., Tensor]:
    return lambda outcomes, X=None: outcomes[..., column]  # noqa: N803 - as BoTorch names it


def _along(scalar: Callable[[Tensor], Tensor], first: int) -> Callable[..., Tensor]:
    return lambda outcomes, X=None: scalar(outcomes[..., first:])  # noqa: N803 - as above
