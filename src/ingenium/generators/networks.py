"""Networks for each kind of design, all conditioned in the same way.

A vector `(d,)` is one token and passes through a residual perceptron; a series `(d, t)` becomes a
row of overlapping patches and passes through a small transformer; fields on two or three axes of
cells have convolutions (`field_networks`). Scale and shift of every normalisation come from the
conditions and, where there is one, the noise level. Rows never influence each other, and all
operations can be differentiated twice.

Shapes: n designs, d variables or channels, t time, c spec features, s tokens, w width.
Source: Perez et al., 2018, arXiv:1709.07871 (scale and shift); Peebles and Xie, 2023,
arXiv:2212.09748 (adaptive normalisation in a transformer).
"""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.attention import Attention
from ingenium.generators.conditioning import Conditioning
from ingenium.generators.field_networks import FieldDecoder, FieldEncoder, FieldTrunk


class Modulation(nn.Module):
    """Normalisation, then scale and shift from the embedding."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.shift = nn.Linear(width, 2 * width)
        nn.init.zeros_(self.shift.weight)
        nn.init.zeros_(self.shift.bias)

    def forward(self, h: Float[Tensor, "n s w"], e: Float[Tensor, "n w"]) -> Float[Tensor, "n s w"]:
        scale, shift = self.shift(e)[:, None].chunk(2, dim=-1)
        out: Tensor = self.norm(h) * (1 + scale) + shift
        return out


class ResidualBlock(nn.Module):
    """A residual step: attention among tokens (where there are several), then a perceptron."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.first = Modulation(width) if heads else None
        self.attention = Attention(width, heads) if heads else None
        self.second = Modulation(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, h: Float[Tensor, "n s w"], e: Float[Tensor, "n w"]) -> Float[Tensor, "n s w"]:
        if self.first is not None and self.attention is not None:
            h = h + self.attention(self.first(h, e))
        out: Tensor = h + self.down(functional.silu(self.up(self.second(h, e))))
        return out


class FromVector(nn.Module):
    """Map from a vector to a number of tokens."""

    def __init__(self, d: int, tokens: int, width: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.linear = nn.Linear(d, tokens * width)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n s w"]:
        out: Tensor = self.linear(x).unflatten(-1, (self.tokens, -1))
        return out


class ToVector(nn.Module):
    """Map from all tokens together to a vector."""

    def __init__(self, tokens: int, width: int, d: int) -> None:
        super().__init__()
        self.linear = nn.Linear(tokens * width, d)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n d"]:
        out: Tensor = self.linear(h.flatten(1))
        return out


class FromSeries(nn.Module):
    """Map from a series to overlapping patches, each a token with its position."""

    def __init__(self, d: int, t: int, patch: int, width: int) -> None:
        super().__init__()
        self.short = -t % patch
        self.linear = nn.Conv1d(d, width, 2 * patch, stride=patch, padding=patch // 2)
        self.place = nn.Parameter(torch.zeros((t + self.short) // patch, width))

    def forward(self, x: Float[Tensor, "n d t"]) -> Float[Tensor, "n s w"]:
        out: Tensor = self.linear(functional.pad(x, (0, self.short))).mT + self.place
        return out


class ToSeries(nn.Module):
    """Map from tokens to overlapping patches, added up to a series."""

    def __init__(self, d: int, t: int, patch: int, width: int) -> None:
        super().__init__()
        self.t = t
        self.linear = nn.ConvTranspose1d(width, d, 2 * patch, stride=patch, padding=patch // 2)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n d t"]:
        out: Tensor = self.linear(h.mT)[..., : self.t]
        return out


class Trunk(nn.Module):
    """Network of an input layer, conditioned blocks and an output layer."""

    def __init__(
        self, enter: nn.Module, blocks: nn.ModuleList, leave: nn.Module, conditioning: Conditioning
    ) -> None:
        super().__init__()
        self.enter = enter
        self.blocks = blocks
        self.leave = leave
        self.conditioning = conditioning
        self.norm = Modulation(conditioning.null.shape[0])

    def forward(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        conditioned: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *out"]:
        """One output a row; `level` where the network has one; conditions where `conditioned`."""
        e = self.conditioning(cond, level, conditioned)
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, e)
        out: Tensor = self.leave(self.norm(h, e))
        return out


Network = Trunk | FieldTrunk | FieldEncoder | FieldDecoder


def is_field(shape: tuple[int, ...]) -> bool:
    """Return whether designs have channels on two or three axes of cells."""
    return len(shape) in (3, 4)


def trunk(
    shape: tuple[int, ...], c: int, *, width: int = 128, depth: int = 4, level: bool = True
) -> Network:
    """Build a network from designs to the same shape, zero at first; such as for denoisers."""
    if is_field(shape):
        net = FieldTrunk(shape, width, depth, Conditioning(c, width, level=level))
        for parameter in net.up.leave.parameters():
            nn.init.zeros_(parameter)
        return net
    tokens = _tokens(shape)
    leave = _leave(shape, width)
    for parameter in leave.parameters():
        nn.init.zeros_(parameter)
    return Trunk(
        _enter(shape, width),
        _blocks(tokens, width, depth),
        leave,
        Conditioning(c, width, level=level),
    )


def encoder(
    shape: tuple[int, ...],
    c: int,
    out: int,
    *,
    width: int = 128,
    depth: int = 4,
    level: bool = False,
) -> Network:
    """Build a network from designs to `out` numbers; for encoders, critics and energies."""
    if is_field(shape):
        return FieldEncoder(shape, out, width, depth, Conditioning(c, width, level=level))
    tokens = _tokens(shape)
    return Trunk(
        _enter(shape, width),
        _blocks(tokens, width, depth),
        ToVector(tokens, width, out),
        Conditioning(c, width, level=level),
    )


def decoder(
    latent: int, shape: tuple[int, ...], c: int, *, width: int = 128, depth: int = 4
) -> Network:
    """Build a network from a latent vector to designs; for decoders and adversarial generators."""
    if is_field(shape):
        return FieldDecoder(latent, shape, width, depth, Conditioning(c, width, level=False))
    tokens = _tokens(shape)
    return Trunk(
        FromVector(latent, tokens, width),
        _blocks(tokens, width, depth),
        _leave(shape, width),
        Conditioning(c, width, level=False),
    )


def retained(n: int, drop: float, rng: torch.Generator) -> Bool[Tensor, " n"]:
    """Mark rows that keep their conditions when a share `drop` is left out at random."""
    return torch.rand(n, generator=rng, device=rng.device) >= drop


def _blocks(tokens: int, width: int, depth: int) -> nn.ModuleList:
    heads = max(1, width // 32) if tokens > 1 else 0
    if heads and width % heads:
        raise InputError(f"a width that is a multiple of {heads} for series", width)
    return nn.ModuleList([ResidualBlock(width, heads=heads) for _ in range(depth)])


def _patch(t: int) -> int:
    """Even length of a patch, for at most about 24 tokens."""
    return max(2, 2 * math.ceil(t / 48))


def _tokens(shape: tuple[int, ...]) -> int:
    if len(shape) == 1:
        return 1
    if len(shape) == 2:
        return math.ceil(shape[1] / _patch(shape[1]))
    raise InputError("a shape (d,), (d, t), (k, x, y) or (k, x, y, z)", shape)


def _enter(shape: tuple[int, ...], width: int) -> nn.Module:
    if len(shape) == 1:
        return FromVector(shape[0], 1, width)
    return FromSeries(shape[0], shape[1], _patch(shape[1]), width)


def _leave(shape: tuple[int, ...], width: int) -> nn.Module:
    if len(shape) == 1:
        return ToVector(1, width, shape[0])
    return ToSeries(shape[0], shape[1], _patch(shape[1]), width)
