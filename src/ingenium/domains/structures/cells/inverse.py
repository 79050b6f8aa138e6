"""Inverse homogenisation: iterative change of cells towards target properties."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import ceil, hypot

import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from ingenium.domains.structures.cells.feature import gaps, walls
from ingenium.domains.structures.cells.printable import printable
from ingenium.domains.structures.cells.properties import AXES
from ingenium.domains.structures.cells.solid import fullest, to_solid
from ingenium.domains.structures.cells.topology import connection
from ingenium.domains.structures.cells.verifier import PENALTY, CellVerifier
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.projection import Projection, heaviside

MET = 0.05  # tolerated deviation from the target properties
SHARP = 0.05  # weight of the neighbours of cells that the optimiser has set
TOO_THIN = 2.0  # distance of cells with a wall or gap that is too thin, or that carry nothing
NEAR = 0.02  # squared distances of Poisson ratios below which the objective is flat


@dataclass(frozen=True, eq=False)
class Wanted:
    """Target properties; the objective is the squared distance of Poisson ratios.

    Stiffness along each axis and the solid share are constraints.

    Shapes: n designs.
    """

    poisson: Float64[Tensor, " n"]
    young: Float64[Tensor, " n"]  # at least, over the material's
    share: Float64[Tensor, " n"]  # at most

    def __getitem__(self, rows: slice | Tensor) -> "Wanted":
        return Wanted(self.poisson[rows], self.young[rows], self.share[rows])


@dataclass(frozen=True, eq=False)
class Inverse:
    """Optimiser with a periodic cone filter, a projection, SIMP, and moving asymptotes.

    Shapes: n designs, e cells.
    Source: Sigmund, Int. J. Solids and Structures 31, 1994, 2313-2329 (inverse homogenisation);
    Wang, Lazarov and Sigmund, Struct. Multidisc. Optim. 43, 2011 (projection).
    """

    verifier: CellVerifier
    radius_cells: float = 1.6
    least: float = 1e-4  # modulus of the void while cells change, relative to the solid

    @cached_property
    def _filter(self) -> Float64[Tensor, "*cells"]:
        """Cone filter in the Fourier domain: weights decrease linearly to 0 at the radius."""
        cells = self.verifier.cell.cells
        weights = torch.zeros(cells, dtype=torch.float64)
        reach = ceil(self.radius_cells) - 1
        for step in product(range(-reach, reach + 1), repeat=len(cells)):
            at = tuple(s % n for s, n in zip(step, cells, strict=True))
            weights[at] += max(0.0, self.radius_cells - hypot(*step))
        waves: Tensor = torch.fft.fftn(weights / weights.sum())
        return waves.real

    def part(
        self, x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"]
    ) -> Float64[Tensor, "n e"]:
        """Convert variables to shares."""
        cells = self.verifier.cell.cells
        axes = tuple(range(1, len(cells) + 1))
        waves = torch.fft.fftn(x.view(-1, *cells), dim=axes) * self._filter
        return heaviside(torch.fft.ifftn(waves, dim=axes).real.flatten(1), beta, 0.5)

    def landscape(
        self, x: Float64[Tensor, "n e"], beta: Float64[Tensor, " n"], wanted: Wanted
    ) -> tuple[Float64[Tensor, " n"], Float64[Tensor, "n m"]]:
        """Return squared distance of Poisson ratios; constraints of share and stiffness (<= 0)."""
        verifier, share = self.verifier, self.part(x, beta)
        least = max(self.least, verifier.settings.second_modulus)
        relative = least + (1 - least) * share.clamp(min=0.0) ** PENALTY
        found = verifier.moduli(verifier.cell.stiffness(relative))
        ratios = torch.stack([v for k, v in found.items() if k.startswith("poisson_")])
        objective = (ratios - wanted.poisson).square().mean(0) + NEAR
        young = [found[f"young_{a}"] for a in AXES[: verifier.cell.dim]]
        soft = [(wanted.young / y.clamp(min=1e-12)).log() for y in young]
        return objective, torch.stack([share.mean(1) / wanted.share - 1, *soft], 1)

    def run(
        self, start: Float64[Tensor, "n e"], wanted: Wanted, settings: Descent
    ) -> Float64[Tensor, "n e"]:
        """Return shares after all steps, not yet solid or void everywhere."""
        x, beta = descend(lambda x, b: self.landscape(x, b, wanted), start, settings)
        return self.part(x, beta)

    def refine(
        self, share: Float[Tensor, "n *cells"], wanted: Wanted, steps: int
    ) -> Float64[Tensor, "n *cells"]:
        """Take some steps from designs that are nearly solid or void, one design after another.

        In a batch they would wait for each other and affect each other's rounding. The filter is
        narrow here: a wide one would thin existing bars.
        """
        sharp = Projection(beta=8.0, beta_most=16.0, every=max(1, steps // 3))
        settings = Descent(steps=steps, move=0.05, projection=sharp)
        flat = 0.25 + 0.5 * share.to(torch.float64).flatten(1).clamp(0.0, 1.0)
        narrow = replace(self, radius_cells=1.01)
        rows = [slice(i, i + 1) for i in range(len(flat))]
        changed = [narrow.run(flat[r], wanted[r], settings) for r in rows]
        return torch.cat(changed).view_as(share)

    def repaired(
        self, share: Float[Tensor, "n *cells"], wanted: Wanted, steps: int
    ) -> Bool[Tensor, "n *cells"]:
        """Return solid cells of about the target share, in one piece if the rest is void.

        Cells that miss their targets are optimised for some steps. Among the cells before and
        after, with and without widening of thin walls and gaps, the best is selected; a wall or gap
        that is too thin weighs more than any property.
        """
        make = to_solid if self.verifier.settings.porous else fullest
        best = make(share, wanted.share)
        missed = self._missed(best, wanted)
        rows = torch.arange(len(share))
        self._retain_better(best, missed, rows, printable(best, share, self._side), wanted)
        rows = torch.nonzero(missed > MET)[:, 0]
        if steps == 0 or len(rows) == 0:
            return best
        changed = self.refine(best[rows].double(), wanted[rows], steps)
        after = make(changed, wanted.share[rows], SHARP)
        for each in (after, printable(after, changed, self._side)):
            self._retain_better(best, missed, rows, each, wanted)
        return best

    @property
    def _side(self) -> int:
        return self.verifier.settings.feature_cells

    def _retain_better(
        self, best: Tensor, missed: Tensor, rows: Tensor, other: Tensor, wanted: Wanted
    ) -> None:
        """Replace, in place, the cells of some rows by others that miss less."""
        by = self._missed(other, wanted[rows])
        better = by < missed[rows]
        best[rows[better]], missed[rows[better]] = other[better], by[better]

    def _missed(self, solid: Bool[Tensor, "n *cells"], wanted: Wanted) -> Float64[Tensor, " n"]:
        """Deviation of Poisson ratio, stiffness and thinnest features from targets; 0 is none."""
        least, side = self.verifier.settings.second_modulus, self._side
        c = self.verifier.cell.stiffness(least + (1 - least) * solid.flatten(1).double())
        found = self.verifier.moduli(c)
        short = (wanted.young.clamp(min=1e-9) / found["young"]).log10().clamp(min=0.0)
        off = (found["poisson"] - wanted.poisson).abs() + 0.2 * short
        if side == 1:
            return off
        thin = [(f(solid) < side).to(torch.float64) for f in (walls, gaps)]
        loose = connection(solid)[2] < solid.ndim - 1
        return off + TOO_THIN * (thin[0] + thin[1] + loose)


def calls(steps: int) -> int:
    """Return the most homogenisations that the repair of one design takes.

    Before and after the steps it is measured without and with thin features widened.
    """
    return steps + 4 if steps else 2
