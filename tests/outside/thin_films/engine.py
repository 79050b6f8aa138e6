"""Light that a stack of layers sends back, at normal incidence."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ingenium.core.quantity import Quantity

AIR = 1.0


def reflectance(
    thickness_m: Tensor, indices: tuple[float, ...], substrate: float, wavelength_m: Tensor
) -> Tensor:
    """Share of the light that comes back: a row for each stack, a column for each wavelength.

    Layers are counted from the air; `indices` are theirs, without absorption.

    Source: Macleod, Thin-Film Optical Filters, 4th ed., 2010, eq. 2.110 and 2.112.
    """
    phase = 2 * torch.pi * thickness_m[:, :, None] / wavelength_m  # over the index
    field = torch.ones_like(phase[:, 0]).to(torch.complex128)
    flux = substrate * field
    for layer in reversed(range(len(indices))):  # each acts on what lies below it
        index = indices[layer]
        cos, sin = (index * phase[:, layer]).cos(), (index * phase[:, layer]).sin()
        field, flux = cos * field + 1j * sin / index * flux, 1j * index * sin * field + cos * flux
    amplitude = (AIR * field - flux) / (AIR * field + flux)
    return amplitude.real.square() + amplitude.imag.square()


@dataclass(frozen=True)
class TransferMatrix:
    """Reflectance at one wavelength and over a band, and the whole thickness of a stack."""

    indices: tuple[float, ...]
    substrate: float
    centre_m: float
    band_m: Tensor
    name: str = "transfer-matrix"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("reflectance", "1", "share of the light that comes back, at the centre"),
        Quantity("mean_reflectance", "1", "the same, mean over the band"),
        Quantity("stack_m", "m", "thickness of all layers", shown="nm"),
    )

    def over_band(self, thickness_m: Tensor) -> Tensor:
        """Reflectance at each wavelength of the band."""
        return reflectance(thickness_m, self.indices, self.substrate, self.band_m)

    def measure(self, *arrays: Tensor) -> Tensor:
        (thickness,) = arrays
        centre = torch.tensor([self.centre_m], dtype=torch.float64)
        at_centre = reflectance(thickness, self.indices, self.substrate, centre)[:, 0]
        found = [at_centre, self.over_band(thickness).mean(1), thickness.sum(1)]
        return torch.stack(found, 1)
