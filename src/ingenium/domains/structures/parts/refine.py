"""Optimiser of known designs and proposals: parts of least work and little support."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.domains.structures.optimise.build import Build
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.form import Form
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.supports import support
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.optimise.volume import to_volume
from ingenium.domains.structures.optimise.work import work_of


@dataclass(frozen=True)
class Refine:
    """Settings of the improvement of a batch of designs.

    Source: Bendsøe and Sigmund, Topology Optimization, 2nd ed., 2003 (SIMP).
    """

    steps: int
    sharp: tuple[float, float] = (2.0, 16.0)  # of the projection, at the first and last step
    exponent: float = 3.0
    least: float = 1e-6  # modulus of the void, relative to the metal
    radius_cells: float = 2.0
    move: float = 0.2

    @property
    def descent(self) -> Descent:
        """Steps with doubling sharpness."""
        first, last = self.sharp
        doublings = torch.tensor(last / first).log2().round().int().item()
        every = max(-(-self.steps // (int(doublings) + 1)), 1)
        return Descent(self.steps, self.move, Projection(beta=first, beta_most=last, every=every))


class RefineGoal:
    """Objective of relative work and weighted support, within the requested volume.

    Shapes: n designs, e cells.
    """

    def __init__(
        self,
        requested: OptimisationTask,
        build: Build,
        weight: Float64[Tensor, " n"],
        settings: Refine,
    ) -> None:
        """Weight support by `weight` times its volume relative to the metal."""
        self.requested, self.build, self.weight, self.settings = requested, build, weight, settings
        grid = requested.elastic.grid
        self.form = Form(requested, Cone(grid, settings.radius_cells), settings.descent.projection)
        self._displacement: Tensor | None = None  # of the last step, where the next one starts
        self._unit: Tensor | None = None

    def __call__(
        self, x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"]
    ) -> tuple[Float64[Tensor, " n"], Float64[Tensor, "n 1"]]:
        """Return the objective, and the excess of the volume over the requested one."""
        s, requested = self.settings, self.requested
        density = self.form.part(x, beta)
        modulus = requested.modulus_pa * (s.least + (1 - s.least) * density**s.exponent)
        work, self._displacement = work_of(
            requested.elastic, modulus, requested.load_n, self._displacement
        )
        total = work.sum(1)
        self._unit = total.detach() if self._unit is None else self._unit
        props = support(self.build, density).mean(1) / requested.volume_fraction
        beyond = density.mean(1) / requested.volume_fraction - 1
        return total / self._unit + self.weight * props, beyond[:, None]


def refine(
    requested: OptimisationTask,
    build: Build,
    weight: Float64[Tensor, " n"],
    settings: Refine,
    start: Float64[Tensor, "n e"],
) -> Float64[Tensor, "n e"]:
    """Return densities, of exactly the requested volume, after some steps from a start."""
    goal = RefineGoal(requested, build, weight, settings)
    beta = torch.full((len(requested),), settings.sharp[0], dtype=torch.float64)
    wanted = requested.volume_fraction
    x = requested.impose(to_volume(start, wanted, lambda y: goal.form.volume(y, beta)))
    x, beta = descend(goal, x, settings.descent)
    return goal.form.part(to_volume(x, wanted, lambda y: goal.form.volume(y, beta)), beta)
