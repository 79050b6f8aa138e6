"""A small problem on fields: smooth random shapes under a band that a condition places.

It represents a domain whose designs are fields on a grid of cells, for tests of generators,
comparisons and runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem, Projection
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.sampling.constraints import project_sum

AXES = ("x", "y", "z")


def hold_volume(field: Tensor, volume: Tensor) -> Tensor:
    """The nearest fields between 0 and 1 with a mean of `volume`."""
    flat = field.double().flatten(1)
    share = flat.new_full((flat.shape[1],), 1 / flat.shape[1])
    zero, one = torch.zeros_like(flat), torch.ones_like(flat)
    return project_sum(flat, zero, one, share, volume.double()).view_as(field)


def blobs(cells: tuple[int, ...], n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Fields (n, *cells) between 0 and 1 and conditions (n, 2): place of the band, volume."""
    rng = torch.Generator().manual_seed(seed)
    axes = tuple(range(1, 1 + len(cells)))
    waves = torch.meshgrid(*(torch.fft.fftfreq(c) * c for c in cells), indexing="ij")
    damp = torch.exp(-sum((w.square() for w in waves), torch.zeros(cells)) / 18)
    noise = torch.fft.fftn(torch.randn(n, *cells, generator=rng), dim=axes)
    smooth = torch.fft.ifftn(noise * damp, dim=axes).real
    whole = [-1] + [1] * len(cells)
    smooth = smooth / smooth.flatten(1).std(1).view(whole)
    cond = 2 * torch.rand(n, 2, generator=rng) - 1
    along = torch.linspace(-1, 1, cells[1]).view(1, 1, -1, *[1] * (len(cells) - 2))
    height = smooth + 2.5 * torch.exp(-((along - cond[:, 0].view(whole)) / 0.35).square())
    soft = torch.sigmoid((height - 1) / 0.1)
    return hold_volume(soft, 0.45 + 0.15 * cond[:, 1]), cond


@dataclass(frozen=True)
class Settings:
    """Settings of the grid and the known fields."""

    cells: tuple[int, ...] = (12, 8)
    known: int = 80


@dataclass(frozen=True)
class Mean:
    """The volume of a field, and the differences of its cells from their neighbours."""

    name: str = "numpy"
    version: str = np.__version__
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("volume", "1", "mean over cells"),
        Quantity("edge", "1", "mean absolute change along x"),
    )

    def measure(self, *arrays: Tensor) -> Tensor:
        field = arrays[0]
        edge = field.diff(dim=1).abs().flatten(1).mean(1)
        return torch.stack([field.flatten(1).mean(1), edge], 1)


@dataclass(frozen=True)
class SignCodec:
    """One channel from -1 to 1."""

    cells: tuple[int, ...]
    tolerance: float = 1e-6

    @property
    def shape(self) -> tuple[int, ...]:
        return (1, *self.cells)

    def encode(self, arrays: tuple[Tensor, ...]) -> Tensor:
        return 2 * arrays[0][:, None] - 1

    def decode(self, x: Tensor) -> tuple[Tensor, ...]:
        return ((x[:, 0].to(torch.float64) + 1) / 2,)


class Arrays:
    """A NumPy file for each field."""

    name = "npy"
    endings = (".npy",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        paths = {}
        for i, index in enumerate(designs[DESIGN].to_numpy().tolist()):
            paths[index] = folder / f"{index:06d}.npy"
            np.save(paths[index], designs["density"].to_numpy()[i])
        return paths

    def read(self, path: Path) -> xr.Dataset:
        files = sorted(path.glob("*.npy")) if path.is_dir() else [path]
        fields = np.stack([np.load(file) for file in files])
        dims = (DESIGN, *AXES[: fields.ndim - 1])
        coords = {DESIGN: [int(file.stem) for file in files]}
        return xr.Dataset({"density": (dims, fields, {"units": "1"})}, coords=coords)


class Blobs(Problem):
    """Fields of a volume around a place."""

    name: ClassVar[str] = "toy.blobs"
    summary: ClassVar[str] = "Smooth random shapes of a volume"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "flow_matching"
    licence: ClassVar[str] = "CC0-1.0"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        axes = AXES[: len(settings.cells)]
        self.variables = (Variable("density", axes, "1", "share of material", 0.0, 1.0),)
        self.sizes: Mapping[str, int] = dict(zip(axes, settings.cells, strict=True))
        self.conditions = (
            Condition("place", "of the band", lower=-1.0, upper=1.0, unit="1"),
            Condition("filled", "volume asked for", lower=0.3, upper=0.6, unit="1"),
        )
        self.limits = (Limit("volume", at_most=0.61),)
        self.tiers = (Mean(),)
        self.codec = SignCodec(settings.cells)
        self.formats = {"npy": Arrays()}

    def data(self) -> xr.Dataset:
        fields, cond = blobs(self.settings.cells, self.settings.known)
        dims = (DESIGN, *self.sizes)
        return xr.Dataset(
            {"density": (dims, fields.numpy(), {"units": "1"})},
            coords={
                DESIGN: np.arange(len(fields)),
                "place": (DESIGN, cond[:, 0].double().numpy()),
                "filled": (DESIGN, 0.45 + 0.15 * cond[:, 1].double().numpy()),
                "held_out": (DESIGN, np.arange(len(fields)) % 4 == 3),
            },
        )

    def features(self, designs: xr.Dataset) -> Tensor:
        place = torch.as_tensor(designs["place"].to_numpy().copy(), dtype=torch.float32)
        filled = torch.as_tensor(designs["filled"].to_numpy().copy(), dtype=torch.float32)
        return torch.stack([place, (filled - 0.45) / 0.15], 1)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        volume = torch.as_tensor(conditions["filled"].to_numpy().copy())
        return lambda arrays: (hold_volume(arrays[0], volume),)

    def steerable(self) -> Mapping[str, Any]:
        return {"edge": lambda field: field.diff(dim=1).abs().flatten(1).mean(1)}
