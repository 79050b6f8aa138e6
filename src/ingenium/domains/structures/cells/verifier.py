"""Verifier of periodic cells: stiffness, strength, connectivity and thickness."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.counting import each
from ingenium.core.quantity import Quantity
from ingenium.domains.structures.cells.feature import gaps, walls
from ingenium.domains.structures.cells.periodic import Periodic
from ingenium.domains.structures.cells.properties import AXES, bulk_bounds
from ingenium.domains.structures.cells.properties import moduli as moduli_of
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.topology import connection
from ingenium.kits.solids.elastic.element import constitutive, strain

PENALTY = 3.0  # of shares between void and solid, in designs that are not yet one or the other
SHARP = 2.0  # sharpness of the soft step for such shares


@dataclass(frozen=True)
class CellVerifier:
    """Homogenisation by finite elements; cells of at least one half are solid.

    Strength is the stress along an axis at which the first solid element reaches the yield stress
    in its middle (von Mises), and `resilience_j_m3` the elastic energy stored until then, the
    smallest of the axes.

    Shapes: n designs, e cells, s strains, k quantities.
    Source: Michel, Moulinec and Suquet, Computer Methods in Applied Mechanics and Engineering
    172, 1999, 109-143, section 2 (periodic homogenisation).
    """

    settings: CellSettings
    name: str = "dissected periodic finite elements"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"

    @cached_property
    def cell(self) -> Periodic:
        """Homogenisation engine."""
        return Periodic(self.settings.cells, self.settings.material.poisson)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Measured quantities, in order."""
        axes, pairs = AXES[: self.cell.dim], _pairs(self.cell.dim)
        across = [a + b for a in axes for b in axes if a != b]
        return (
            Quantity("share", "1", "share of the cell that is solid"),
            _meshed("poisson", "1", "largest Poisson ratio along the axes"),
            *(
                _meshed(f"poisson_{p}", "1", f"Poisson ratio {p[1]} by pull on {p[0]}")
                for p in across
            ),
            _meshed("young", "Pa", "smallest Young's modulus along the axes", "MPa"),
            *(_meshed(f"young_{a}", "Pa", f"Young's modulus along {a}", "MPa") for a in axes),
            *(_meshed(f"shear_{p}", "Pa", f"shear modulus in the plane {p}", "MPa") for p in pairs),
            _meshed("bulk", "Pa", "bulk modulus", "MPa"),
            Quantity("bulk_of_bound", "1", "bulk modulus over the bound of Hashin and Shtrikman"),
            _meshed("anisotropy", "1", "universal anisotropy index, 0 for an isotropic cell"),
            *(
                _meshed(f"c{i + 1}{j + 1}", "Pa", f"stiffness {i + 1}{j + 1} (Voigt)", "MPa")
                for i, j in self._entries
            ),
            _meshed("strength", "Pa", "smallest stress along an axis at first yield", "MPa"),
            *(
                _meshed(f"strength_{a}", "Pa", f"stress along {a} at first yield", "MPa")
                for a in axes
            ),
            _meshed("resilience", "J/m**3", "smallest energy stored until first yield"),
            Quantity("connected", "1", "share of the solid in its largest piece"),
            Quantity("carried_axes", "1", "axes along which the largest piece goes on"),
            Quantity("min_wall", "mm", "thinnest wall or neck, in whole cells of the grid"),
            Quantity("min_gap", "mm", "narrowest gap, in whole cells of the grid"),
        )

    @property
    def _entries(self) -> list[tuple[int, int]]:
        s = self.cell.strains
        return [(i, j) for i in range(s) for j in range(i, s)]

    def measure(self, share: Float[Tensor, "n *cells"]) -> Float64[Tensor, "n k"]:
        """Measure the quantities of each design."""
        solid = share >= 0.5
        found = dict(self._geometry(solid))
        # One by one: the displacements of all would be large.
        parts = [self._mechanics(s) for s in each(solid.flatten(1))]
        for name in parts[0]:
            found[name] = torch.cat([p[name] for p in parts])
        return torch.stack([found[q.name] for q in self.quantities], 1)

    def modulus(self, share: Float[Tensor, "n *cells"]) -> Float64[Tensor, "n e"]:
        """Return moduli (Pa) of shares, smooth: penalised after a soft step at one half."""
        sharp = torch.tensor(SHARP / 2, dtype=torch.float64)
        step = ((SHARP * (share.flatten(1).to(torch.float64) - 0.5)).tanh() / sharp.tanh() + 1) / 2
        least = self.settings.second_modulus
        relative = least + (1 - least) * step.clamp(min=0.0) ** PENALTY
        return self.settings.material.modulus_pa * relative

    def soft(self, name: str, share: Float[Tensor, "n *cells"]) -> Float64[Tensor, " n"]:
        """Return a property of the stiffness, differentiable, also between solid and void."""
        return self.moduli(self.cell.stiffness(self.modulus(share)))[name]

    def moduli(self, c: Float64[Tensor, "n s s"]) -> dict[str, Float64[Tensor, " n"]]:
        """Return properties of a stiffness, by quantity."""
        found = dict(moduli_of(c))
        axes = [found[f"young_{a}"] for a in AXES[: self.cell.dim]]
        return found | {"young": torch.stack(axes).amin(0)}

    def _geometry(self, solid: Tensor) -> Mapping[str, Tensor]:
        _, connected, axes = connection(solid)
        pitch_mm = 1e3 * self.settings.cell_m / self.settings.cells[0]
        return {
            "share": solid.flatten(1).to(torch.float64).mean(1),
            "connected": connected,
            "carried_axes": axes,
            "min_wall": walls(solid) * pitch_mm,
            "min_gap": gaps(solid) * pitch_mm,
        }

    def _mechanics(self, solid: Float[Tensor, " e"] | Tensor) -> Mapping[str, Tensor]:
        least, material = self.settings.second_modulus, self.settings.material
        relative = least + (1 - least) * solid.to(torch.float64)
        modulus = material.modulus_pa * relative[None]
        u = self.cell.displacements(modulus)
        c = torch.einsum("ne,nest->nst", modulus, self.cell.slopes(u))
        found = self.moduli(c) | {f"c{i + 1}{j + 1}": c[:, i, j] for i, j in self._entries}
        bounds = (material.modulus_pa, material.modulus_pa * least)
        share = solid.to(torch.float64).mean()[None]
        _, most = bulk_bounds(share, bounds, material.poisson, self.cell.dim)
        found["bulk_of_bound"] = found["bulk"] / most
        peak = self._peaks(u[0], c[0], modulus[0], solid)
        for axis, name in enumerate(AXES[: self.cell.dim]):
            found[f"strength_{name}"] = material.yield_pa / peak[axis : axis + 1]
        names = AXES[: self.cell.dim]
        strength = torch.stack([found[f"strength_{a}"] for a in names])
        young = torch.stack([found[f"young_{a}"] for a in names])
        stored = (strength**2 / (2 * young)).amin(0)
        return found | {"strength": strength.amin(0), "resilience": stored}

    def _peaks(self, u: Tensor, c: Tensor, modulus: Tensor, solid: Tensor) -> Float64[Tensor, " a"]:
        """Largest stress in the solid for a unit stress along each axis."""
        dim, nu = self.cell.dim, self.settings.material.poisson
        centre = constitutive(dim, nu) @ strain(dim, 1.0, torch.full((dim,), 0.5).double())
        unit = torch.linalg.inv(c)[:, :dim]  # strains
        stress = modulus[:, None, None] * (centre @ u) @ unit
        peak = von_mises(stress.mT).masked_fill(~solid[:, None], 0.0)
        return peak.amax(0)


def _meshed(name: str, unit: str, long_name: str, shown: str = "") -> Quantity:
    """Quantity that depends on the cell size, so that limits apply beyond its uncertainty."""
    return Quantity(name, unit, long_name, beyond=True, shown=shown)


def _pairs(dim: int) -> list[str]:
    return ["xy"] if dim == 2 else ["yz", "xz", "xy"]


def von_mises(stress: Float64[Tensor, "*n s"]) -> Float64[Tensor, "*n"]:
    """Return the von Mises stress for components xx, yy, xy (plane) or xx, yy, zz, yz, xz, xy."""
    if stress.shape[-1] == 3:
        x, y, xy = stress.unbind(-1)
        return (x**2 - x * y + y**2 + 3 * xy**2).clamp(min=0.0).sqrt()
    x, y, z, *shear = stress.unbind(-1)
    normal = ((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2) / 2
    return (normal + 3 * sum(s**2 for s in shear)).clamp(min=0.0).sqrt()
