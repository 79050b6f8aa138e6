"""Two-phase cells with the displacements that equal strains cause, and what equilibrium says.

A generator that proposes both can be told how far its displacements are from equilibrium: the
divergence of stress, as the forces that are left at the nodes.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from torch import Tensor

from ingenium.core.counting import each
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.training import drawn
from ingenium.domains.structures.cells.verifier import CellVerifier

CELLS, CONTRAST = (12, 12), 0.1
PHASES = CELLS[0] * CELLS[1]
CORNERS = tuple(product((0, 1), repeat=2))  # of an element, as its displacements are numbered
EQUAL = slice(0, 2)  # of the unit strains: both along the axes, together


@dataclass(frozen=True)
class EqualStrain:
    """A plane periodic cell whose mean strain is 1 along both axes.

    Shapes: n designs, e elements, fields of displacements (n, 2, *cells) at the nodes, over those
    of the mean strain, in sizes of an element.
    """

    verifier: CellVerifier

    def solved(self, modulus: Float64[Tensor, "n e"]) -> Float64[Tensor, "n 2 x y"]:
        """The displacements in equilibrium, whose mean is 0."""
        # One by one: the displacements of all elements under all strains would be large.
        whole = (self.verifier.cell.displacements(m[None])[0] for m in each(modulus))
        field = torch.stack([u[:, :2, EQUAL].sum(-1) for u in whole]).mT  # of the first corner
        free: Tensor = (field - field.mean(2, keepdim=True)).unflatten(2, CELLS)
        return free

    def bulk(
        self, modulus: Float64[Tensor, "n e"], field: Float64[Tensor, "n 2 x y"]
    ) -> Float64[Tensor, " n"]:
        """Mean stress over the strain of the area (Pa), by energy: least in equilibrium."""
        u = self._elements(field)
        stored = torch.einsum("neq,qr,ner->ne", u, self.verifier.cell.unit_stiffness, u)
        return (modulus * stored).mean(1) / 4

    def unbalanced(
        self, modulus: Float64[Tensor, "n e"], field: Float64[Tensor, "n 2 x y"]
    ) -> Float64[Tensor, " n"]:
        """Mean square of the forces that are left at the nodes, for moduli over the material's."""
        relative = modulus / self.verifier.settings.material.modulus_pa
        u = self._elements(field) @ self.verifier.cell.unit_stiffness
        force = (relative[..., None] * u).mT.unflatten(1, (len(CORNERS), 2)).unflatten(3, CELLS)
        left = sum(force[:, i].roll(at, (2, 3)) for i, at in enumerate(CORNERS))
        return torch.as_tensor(left).square().flatten(1).mean(1)

    def _elements(self, field: Float64[Tensor, "n 2 x y"]) -> Float64[Tensor, "n e q"]:
        """Displacements of each element's corners, with those of the mean strain."""
        corners = [field.roll((-a, -b), (2, 3)) for a, b in CORNERS]
        own = torch.stack(corners, 1).flatten(1, 2).flatten(2).mT
        return own + self.verifier.cell.affine[:, EQUAL].sum(1)


@dataclass(frozen=True, eq=False)
class Composites:
    """Drawn cells of two phases with their displacements, and bulk modulus and share as conditions.

    Shapes: n designs, d numbers of a design: phases (-1 and 1), then displacements in deviations.
    """

    strained: EqualStrain
    phases: Bool[Tensor, "n *cells"]
    field: Float64[Tensor, "n 2 *cells"]
    bulk: Float64[Tensor, " n"]  # Pa

    @classmethod
    @cache
    def made(cls, designs: int) -> "Composites":
        """The same cells each time."""
        strained = EqualStrain(CellVerifier(CellSettings(CELLS, second_modulus=CONTRAST)))
        solid, _ = drawn(Canvas(CELLS), np.random.default_rng(0), designs)
        phases = torch.from_numpy(solid)
        modulus = moduli(strained, phases)
        field = strained.solved(modulus)
        return cls(strained, phases, field, strained.bulk(modulus, field))

    @cached_property
    def x(self) -> Float[Tensor, "n d"]:
        """As families learn them."""
        phases = 2 * self.phases.flatten(1).double() - 1
        return torch.cat([phases, self.field.flatten(1) / self.field.std()], 1).float()

    @cached_property
    def share(self) -> Float64[Tensor, " n"]:
        """Of the stiff phase."""
        return self.phases.flatten(1).double().mean(1)

    @cached_property
    def tolerance(self) -> float:
        """A tenth of a standard deviation of the logarithm of the bulk modulus."""
        return 0.1 * float(self.bulk.log().std())

    @cached_property
    def conditions(self) -> Float[Tensor, "n 2"]:
        """Bulk modulus and share of each."""
        level = self.bulk.log()
        return torch.stack([(level - level.mean()) / level.std(), 4 * self.share - 2], 1).float()

    @cached_property
    def _at_rest(self) -> Float64[Tensor, ""]:
        """Mean square of the forces without any displacement: what there is to balance."""
        modulus = moduli(self.strained, self.phases)
        return self.strained.unbalanced(modulus, torch.zeros_like(self.field)).mean()

    def residual(self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
        """Divergence of stress of a proposal, squared, in parts of what there is to balance."""
        modulus, field = self._read(x)
        return self.strained.unbalanced(modulus, field) / self._at_rest

    def distance(self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
        """Squared distance of the bulk modulus by its own displacements from the one asked for."""
        level = self.bulk.log()
        found = self.strained.bulk(*self._read(x)).log()
        return ((found - level.mean()) / level.std() - cond[:, 0]).square()

    def _read(self, x: Float[Tensor, "n d"]) -> tuple[Tensor, Tensor]:
        """Moduli, penalised between the phases, and displacements of what a family proposes."""
        soft = (x[:, :PHASES].double().unflatten(1, CELLS) + 1) / 2
        field = x[:, PHASES:].double().unflatten(1, (2, *CELLS)) * self.field.std()
        return self.strained.verifier.modulus(soft), field


def moduli(strained: EqualStrain, phases: Bool[Tensor, "n *cells"]) -> Float64[Tensor, "n e"]:
    """Of cells that are one phase or the other (Pa)."""
    relative = CONTRAST + (1 - CONTRAST) * phases.flatten(1).double()
    return strained.verifier.settings.material.modulus_pa * relative


def exact_bulk(strained: EqualStrain, phases: Bool[Tensor, "n *cells"]) -> Float64[Tensor, " n"]:
    """Mean stress over the strain of the area under equal strains, by the engine (Pa)."""
    c = strained.verifier.cell.stiffness(moduli(strained, phases))
    return c[:, EQUAL, EQUAL].sum((1, 2)) / 4
