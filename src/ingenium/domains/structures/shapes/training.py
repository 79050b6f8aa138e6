"""Training shapes: optimised for many loads and volumes.

Shapes: n designs, e cells.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from jaxtyping import Float64
from scipy.stats import qmc
from torch import Tensor

from ingenium.core.recipe import Recipe
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.simp import Simp, compliance_of
from ingenium.domains.structures.optimise.simp import simp as optimised
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.shapes.box import VOLUME, DesignBox
from ingenium.domains.structures.shapes.loading import Numbers
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.verifier import PENALTY, VOID, block_size

STEPS = 100  # most steps of the optimiser for a training design
ALONGSIDE = 4  # calls of the solver beyond the steps, where some of them sharpen
SHARP_CELLS = 1.5  # radius of the filter while grey cells are turned solid or void
PIECE = 32  # most designs in a piece of the dataset
REPAIR = ("filter", "refine_steps", "start", "grey", "manufacture", "levels", "stress_m")


@dataclass(frozen=True, eq=False)
class Optimiser:
    """SIMP on the box, with its filter and penalty."""

    box: DesignBox

    def task_of(self, numbers: Numbers) -> OptimisationTask:
        """Return the task for one design for each row of the numbers."""
        box, volume = self.box, numbers[VOLUME]
        return OptimisationTask(
            box.elastic,
            box.loading.forces(numbers, len(volume)),
            volume,
            (box.solid.to(torch.int8) - box.void.to(torch.int8))[None],
            box.settings.material.modulus_pa,
        )

    def settings(self, steps: int) -> Simp:
        """Return the settings of the 88-line code's authors, with a number of steps."""
        radius = self.box.settings.radius_cells
        return Simp(
            steps=steps,
            exponent=PENALTY,
            least=VOID,
            radius_cells=radius,
            filter=self.box.settings.filter,
        )

    def compliance(
        self, density: Float64[Tensor, "n e"], numbers: Numbers
    ) -> Float64[Tensor, " n"]:
        """Return the work of all load cases, as summed by the optimiser (J)."""
        task_of = self.task_of(numbers)
        return compliance_of(task_of, density, self.settings(0))

    def sharpening(self, steps: int) -> Simp:
        """Return steps that turn grey cells solid or void, with a projection doubled five times."""
        return Simp(
            steps=steps,
            exponent=PENALTY,
            least=VOID,
            radius_cells=SHARP_CELLS,
            filter="density",
            projection=Projection(beta=2.0, every=max(1, steps // 5)),
            tolerance=0.0,
        )

    def solid(
        self, numbers: Numbers, steps: int, start: Tensor | None = None, sharp: int = 0
    ) -> Float64[Tensor, "n e"]:
        """Return parts after some steps from a start, or from uniform densities.

        With sharpening steps, it is the stiffer one of the parts before and after them.
        """
        task_of, volume = self.task_of(numbers), numbers[VOLUME]
        density = optimised(task_of, self.settings(steps), start).density
        first = to_solid(self.box, density, volume)
        if not sharp:
            return first
        second = optimised(task_of, self.sharpening(sharp), density).density
        second = to_solid(self.box, second, volume)
        work = [self.compliance(d, numbers).nan_to_num(torch.inf) for d in (first, second)]
        return torch.where((work[1] < work[0])[:, None], second, first)


def dataset(box: DesignBox) -> Recipe:
    """Return the recipe of optimised shapes as pieces that are computed once."""
    count = box.settings.designs
    points = requested_points(box)
    size = block_size(box, PIECE)
    optimiser = Optimiser(replace(box, settings=replace(box.settings, filter="sensitivity")))

    def make(piece: int) -> dict[str, np.ndarray]:
        rows = points[piece * size : (piece + 1) * size]
        numbers = box.numbers(tuple(torch.from_numpy(rows).unbind(1)))
        solid = optimiser.solid(numbers, STEPS, None)
        return {"solid": solid.numpy().astype(np.uint8), "asked": rows}

    own = {k: v for k, v in asdict(box.settings).items() if k not in REPAIR}
    under = [own, STEPS, size, "sensitivity filter, optimality criteria"]
    return Recipe("minimum_compliance", under, make, -(-count // size))


def requested_points(box: DesignBox) -> Float64[np.ndarray, "n c"]:
    """Return values of the conditions, spread evenly over their ranges."""
    conditions = box.conditions
    free = [i for i, c in enumerate(conditions) if c.lower < c.upper]
    out = np.tile([c.lower for c in conditions], (box.settings.designs, 1))
    sobol = qmc.Sobol(len(free), rng=np.random.default_rng(box.settings.seed))
    unit = sobol.random_base2(int(np.ceil(np.log2(len(out)))))[: len(out)]
    low = np.array([conditions[i].lower for i in free])
    high = np.array([conditions[i].upper for i in free])
    out[:, free] = low + unit * (high - low)
    return out
