"""Networks for fields on a grid of cells: convolutions on patches, attention where it is coarse.

A field `(k, nx, ny)` or `(k, nx, ny, nz)` is cut into overlapping patches, a few hundred whatever
its size, then into pairs of them along each axis, among which attention connects distant ones. A
U-Net goes back up and joins each scale with its features on the way down; at the end a small
network at full resolution adds the details. Scale and shift of every normalisation come from the
conditions and the noise level; all statistics are those of one row, and all operations can be
differentiated twice.

Shapes: n designs, k channels, c spec features, w width, s tokens.
Source: Ronneberger et al., 2015, arXiv:1505.04597 (U-Net); Karras et al., 2022, arXiv:2206.00364,
sec. 5, and Hoogeboom et al., 2023, arXiv:2301.11093 (patches first, attention where it is coarse);
Wu and He, 2018, arXiv:1803.08494 (statistics of groups of channels).
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.attention import Attention
from ingenium.generators.conditioning import Conditioning
from ingenium.generators.field_grid import Grid

DETAIL = 8  # channels at full resolution
GROUP = 8  # channels that are normalised together
CONV = {2: nn.Conv2d, 3: nn.Conv3d}
UNCONV = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


class ModulatedField(nn.Module):
    """Normalisation of groups of channels of a row, then scale and shift from the embedding."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(max(1, channels // GROUP), channels, affine=False)
        self.shift = nn.Linear(width, 2 * channels)
        nn.init.zeros_(self.shift.weight)
        nn.init.zeros_(self.shift.bias)

    def forward(
        self, h: Float[Tensor, "n w *cells"], e: Float[Tensor, "n v"]
    ) -> Float[Tensor, "n w *cells"]:
        both = self.shift(e).view(len(h), -1, *[1] * (h.ndim - 2))
        scale, shift = both.chunk(2, dim=1)
        out: Tensor = self.norm(h) * (1 + scale) + shift
        return out


class Residual(nn.Module):
    """Residual block of two convolutions, with attention among cells if it has heads."""

    def __init__(self, axes: int, channels: int, width: int, *, heads: int = 0) -> None:
        super().__init__()
        self.first = ModulatedField(channels, width)
        self.second = ModulatedField(channels, width)
        self.up = CONV[axes](channels, channels, 3, padding=1)
        self.down = CONV[axes](channels, channels, 3, padding=1)
        self.third = ModulatedField(channels, width) if heads else None
        self.attention = Attention(channels, heads) if heads else None

    def forward(
        self, h: Float[Tensor, "n w *cells"], e: Float[Tensor, "n v"]
    ) -> Float[Tensor, "n w *cells"]:
        inner = self.up(functional.silu(self.first(h, e)))
        h = h + self.down(functional.silu(self.second(inner, e)))
        if self.third is not None and self.attention is not None:
            tokens = self.third(h, e).flatten(2).mT
            h = h + self.attention(tokens).mT.reshape(h.shape)
        return h


class Down(nn.Module):
    """Encoder from a field to features of patches, then of pairs of patches; returns both."""

    def __init__(self, k: int, grid: Grid, width: int, depth: int) -> None:
        super().__init__()
        self.grid = grid
        self.enter = CONV[grid.axes](k, width, *_overlapping(grid.edge))
        self.place = nn.Parameter(torch.zeros(width, *grid.fine))
        self.block = Residual(grid.axes, width, width)
        self.pair = CONV[grid.axes](width, 2 * width, 2, stride=2)
        self.blocks = _coarse_blocks(grid, width, depth)

    def forward(
        self, x: Float[Tensor, "n k *cells"], e: Float[Tensor, "n w"]
    ) -> tuple[Float[Tensor, "n w *fine"], Float[Tensor, "n v *coarse"]]:
        fine = self.block(self.enter(self.grid.pad(x)) + self.place, e)
        coarse = self.pair(fine)
        for block in self.blocks:
            coarse = block(coarse, e)
        return fine, coarse


class Up(nn.Module):
    """Decoder from features of pairs of patches to a field, joined with those of the way down."""

    def __init__(self, k: int, grid: Grid, width: int, *, joined: bool) -> None:
        super().__init__()
        axes, self.grid = grid.axes, grid
        self.unpair = UNCONV[axes](2 * width, width, 2, stride=2)
        self.place = nn.Parameter(torch.zeros(width, *grid.fine))
        self.join = CONV[axes](2 * width, width, 1) if joined else None
        self.block = Residual(axes, width, width)
        self.patches = UNCONV[axes](width, DETAIL, *_overlapping(grid.edge))
        self.own = CONV[axes](k, DETAIL, 3, padding=1) if joined else None
        self.last = ModulatedField(DETAIL, width)
        self.leave = nn.Linear(
            DETAIL, k
        )  # of each cell; as a convolution it would cost ten times as much

    def forward(
        self,
        coarse: Float[Tensor, "n v *coarse"],
        e: Float[Tensor, "n w"],
        fine: Float[Tensor, "n w *fine"] | None = None,
        x: Float[Tensor, "n k *cells"] | None = None,
    ) -> Float[Tensor, "n k *cells"]:
        h = self.unpair(coarse) + self.place
        if self.join is not None and fine is not None:
            h = self.join(torch.cat([h, fine], 1))
        h = self.grid.crop(self.patches(self.block(h, e)))
        if self.own is not None and x is not None:
            h = h + self.own(x)
        details = functional.silu(self.last(h, e)).flatten(2)
        out: Tensor = self.leave.weight @ details + self.leave.bias[:, None]
        return out.view(len(h), -1, *self.grid.cells)


class FieldTrunk(nn.Module):
    """Network from fields to fields of the same shape."""

    def __init__(
        self, shape: tuple[int, ...], width: int, depth: int, conditioning: Conditioning
    ) -> None:
        super().__init__()
        grid = Grid(shape[1:])
        self.conditioning = conditioning
        self.down = Down(shape[0], grid, width, depth)
        self.up = Up(shape[0], grid, width, joined=True)

    def forward(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *shape"]:
        """One field a row; `level` where the network has one; conditions where `conditioned`."""
        e = self.conditioning(cond, level, conditioned)
        fine, coarse = self.down(x, e)
        out: Tensor = self.up(coarse, e, fine, x)
        return out


class FieldEncoder(nn.Module):
    """Network from fields to a vector."""

    def __init__(
        self, shape: tuple[int, ...], out: int, width: int, depth: int, conditioning: Conditioning
    ) -> None:
        super().__init__()
        grid = Grid(shape[1:])
        self.conditioning = conditioning
        self.down = Down(shape[0], grid, width, depth)
        self.norm = ModulatedField(2 * width, width)
        self.leave = nn.Linear(2 * width * math.prod(grid.coarse), out)

    def forward(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n out"]:
        """One output vector a row, with the inputs of the trunk."""
        e = self.conditioning(cond, level, conditioned)
        coarse = self.down(x, e)[1]
        out: Tensor = self.leave(self.norm(coarse, e).flatten(1))
        return out


class FieldDecoder(nn.Module):
    """Network from a vector to fields."""

    def __init__(
        self,
        latent: int,
        shape: tuple[int, ...],
        width: int,
        depth: int,
        conditioning: Conditioning,
    ) -> None:
        super().__init__()
        self.grid = Grid(shape[1:])
        self.conditioning = conditioning
        self.enter = nn.Linear(latent, 2 * width * math.prod(self.grid.coarse))
        self.blocks = _coarse_blocks(self.grid, width, depth)
        self.up = Up(shape[0], self.grid, width, joined=False)

    def forward(
        self, z: Float[Tensor, "n m"], cond: Float[Tensor, "n c"]
    ) -> Float[Tensor, "n *shape"]:
        """One field a row."""
        e = self.conditioning(cond)
        coarse = self.enter(z).view(len(z), -1, *self.grid.coarse)
        for block in self.blocks:
            coarse = block(coarse, e)
        out: Tensor = self.up(coarse, e)
        return out


def _coarse_blocks(grid: Grid, width: int, depth: int) -> nn.ModuleList:
    """Blocks with attention among pairs of patches; a width below 32 has one head."""
    heads = max(1, 2 * width // 32)
    return nn.ModuleList(
        Residual(grid.axes, 2 * width, width, heads=heads) for _ in range(max(1, depth - 1))
    )


def _overlapping(edge: int) -> tuple[int, int, int]:
    """Kernel, stride and padding of patches that overlap by half; of cells, their neighbours."""
    return (2 * edge, edge, edge // 2) if edge > 1 else (3, 1, 1)
