"""Trunks: networks chosen by the kind of design, all conditioned in the same way.

A vector `(d,)` is one token and passes through a residual perceptron; a series `(d, t)` becomes
a row of overlapping patches and passes through a small transformer. Scale and shift of every
normalisation come from the conditions and, where there is one, the noise level. Rows never
influence each other, and all operations can be differentiated twice.

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

FREQUENCIES = 16


class Conditioning(nn.Module):
    """Embeds conditions and noise level; a learned vector stands for conditions left out.

    Source: Ho and Salimans, 2022, arXiv:2207.12598 (conditions left out in training).
    """

    frequencies: Tensor

    def __init__(self, c: int, width: int, *, level: bool) -> None:
        super().__init__()
        self.null = nn.Parameter(torch.zeros(width))
        self.of_cond = _perceptron(c, width) if c else None
        self.of_level = _perceptron(2 * FREQUENCIES, width) if level else None
        self.register_buffer("frequencies", torch.logspace(-2, 4, FREQUENCIES, base=2.0))

    def forward(
        self,
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n w"]:
        """One vector a row; rows where `keep` is false get the learned one."""
        out = self.null.expand(len(cond), -1)
        if self.of_cond is not None:
            known = self.of_cond(cond)
            out = known if keep is None else torch.where(keep[:, None], known, out)
        if self.of_level is not None:
            if level is None:
                raise InputError("a noise level a row", None)
            angle = 2 * math.pi * level[:, None] * self.frequencies
            out = out + self.of_level(torch.cat([angle.cos(), angle.sin()], dim=-1))
        return functional.silu(out)


class Modulated(nn.Module):
    """Normalises, then scales and shifts as the embedding says."""

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


class Attention(nn.Module):
    """Plain attention among tokens, written out so that it can be differentiated twice."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        q, k, v = self.qkv(h).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(dim=-1)
        out: Tensor = self.out((weights @ v).transpose(1, 2).flatten(2))
        return out


class Block(nn.Module):
    """A residual step: attention among tokens (where there are several), then a perceptron."""

    def __init__(self, width: int, *, heads: int) -> None:
        super().__init__()
        self.first = Modulated(width) if heads else None
        self.attention = Attention(width, heads) if heads else None
        self.second = Modulated(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, h: Float[Tensor, "n s w"], e: Float[Tensor, "n w"]) -> Float[Tensor, "n s w"]:
        if self.first is not None and self.attention is not None:
            h = h + self.attention(self.first(h, e))
        out: Tensor = h + self.down(functional.silu(self.up(self.second(h, e))))
        return out


class FromVector(nn.Module):
    """A vector as a number of tokens."""

    def __init__(self, d: int, tokens: int, width: int) -> None:
        super().__init__()
        self.tokens = tokens
        self.linear = nn.Linear(d, tokens * width)

    def forward(self, x: Float[Tensor, "n d"]) -> Float[Tensor, "n s w"]:
        out: Tensor = self.linear(x).unflatten(-1, (self.tokens, -1))
        return out


class ToVector(nn.Module):
    """All tokens together as a vector."""

    def __init__(self, tokens: int, width: int, d: int) -> None:
        super().__init__()
        self.linear = nn.Linear(tokens * width, d)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n d"]:
        out: Tensor = self.linear(h.flatten(1))
        return out


class FromSeries(nn.Module):
    """A series as overlapping patches, each a token that knows its place."""

    def __init__(self, d: int, t: int, patch: int, width: int) -> None:
        super().__init__()
        self.short = -t % patch
        self.linear = nn.Conv1d(d, width, 2 * patch, stride=patch, padding=patch // 2)
        self.place = nn.Parameter(torch.zeros((t + self.short) // patch, width))

    def forward(self, x: Float[Tensor, "n d t"]) -> Float[Tensor, "n s w"]:
        out: Tensor = self.linear(functional.pad(x, (0, self.short))).mT + self.place
        return out


class ToSeries(nn.Module):
    """Tokens as overlapping patches, added up to a series."""

    def __init__(self, d: int, t: int, patch: int, width: int) -> None:
        super().__init__()
        self.t = t
        self.linear = nn.ConvTranspose1d(width, d, 2 * patch, stride=patch, padding=patch // 2)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n d t"]:
        out: Tensor = self.linear(h.mT)[..., : self.t]
        return out


class Trunk(nn.Module):
    """Designs in, conditioned blocks, designs or features out."""

    def __init__(
        self, enter: nn.Module, blocks: nn.ModuleList, leave: nn.Module, conditioning: Conditioning
    ) -> None:
        super().__init__()
        self.enter = enter
        self.blocks = blocks
        self.leave = leave
        self.conditioning = conditioning
        self.norm = Modulated(conditioning.null.shape[0])

    def forward(
        self,
        x: Float[Tensor, "n *shape"],
        cond: Float[Tensor, "n c"],
        level: Float[Tensor, " n"] | None = None,
        keep: Bool[Tensor, " n"] | None = None,
    ) -> Float[Tensor, "n *out"]:
        """Output a row; `level` where the network was built for it, `keep` drops conditions."""
        e = self.conditioning(cond, level, keep)
        h = self.enter(x)
        for block in self.blocks:
            h = block(h, e)
        out: Tensor = self.leave(self.norm(h, e))
        return out


def trunk(
    shape: tuple[int, ...], c: int, *, width: int = 128, depth: int = 4, level: bool = True
) -> Trunk:
    """From designs to the same shape, zero at first; for denoisers, velocities and the like."""
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
) -> Trunk:
    """From designs to a vector of `out` numbers; for encoders, critics and energies."""
    tokens = _tokens(shape)
    return Trunk(
        _enter(shape, width),
        _blocks(tokens, width, depth),
        ToVector(tokens, width, out),
        Conditioning(c, width, level=level),
    )


def decoder(
    latent: int, shape: tuple[int, ...], c: int, *, width: int = 128, depth: int = 4
) -> Trunk:
    """From a latent vector to designs; for decoders and adversarial generators."""
    tokens = _tokens(shape)
    return Trunk(
        FromVector(latent, tokens, width),
        _blocks(tokens, width, depth),
        _leave(shape, width),
        Conditioning(c, width, level=False),
    )


def kept(n: int, drop: float, rng: torch.Generator) -> Bool[Tensor, " n"]:
    """Which rows keep their conditions when a share `drop` is left out at random."""
    return torch.rand(n, generator=rng, device=rng.device) >= drop


def _perceptron(d: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(d, width), nn.SiLU(), nn.Linear(width, width))


def _blocks(tokens: int, width: int, depth: int) -> nn.ModuleList:
    heads = max(1, width // 32) if tokens > 1 else 0
    if heads and width % heads:
        raise InputError(f"a width that is a multiple of {heads} for series", width)
    return nn.ModuleList([Block(width, heads=heads) for _ in range(depth)])


def _patch(t: int) -> int:
    """Even length of a patch that makes about 24 tokens or fewer."""
    return max(2, 2 * math.ceil(t / 48))


def _tokens(shape: tuple[int, ...]) -> int:
    if len(shape) == 1:
        return 1
    if len(shape) == 2:
        return math.ceil(shape[1] / _patch(shape[1]))
    raise InputError("a shape (d,) for vectors or (d, t) for series", shape)


def _enter(shape: tuple[int, ...], width: int) -> nn.Module:
    if len(shape) == 1:
        return FromVector(shape[0], 1, width)
    return FromSeries(shape[0], shape[1], _patch(shape[1]), width)


def _leave(shape: tuple[int, ...], width: int) -> nn.Module:
    if len(shape) == 1:
        return ToVector(1, width, shape[0])
    return ToSeries(shape[0], shape[1], _patch(shape[1]), width)
