"""Autoregressive mixtures whose memory is attention: a small causal transformer."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.autoregressive import Autoregressive, AutoregressiveSettings
from ingenium.sampling.steer import FREE, Steer


@dataclass(frozen=True)
class CausalSettings:
    """Network and mixture."""

    width: int = 64
    depth: int = 2
    heads: int = 4
    k: int = 6  # components of the mixture of a step
    rank: int = 4  # of the link between the channels of a step
    temperature: float = 1.0  # of proposals; lower ones keep to what is most likely

    @property
    def mixture(self) -> AutoregressiveSettings:
        """What a step is drawn from."""
        return AutoregressiveSettings(width=self.width, k=self.k, rank=self.rank)


class CausalTransformer(Autoregressive):
    """The mixtures of `Autoregressive`, with attention to all steps before instead of recurrence.

    The conditions are the first token, and every step is one. Its density is exact, and at a
    temperature of 1 it is that of the proposals.

    Source: Vaswani et al., 2017, arXiv:1706.03762; Radford et al., 2019 (decoder alone,
        normalised before each layer).
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: CausalSettings = CausalSettings()
    ) -> None:
        if settings.temperature <= 0:
            raise InputError("a temperature above 0", settings.temperature, "Write 1, or 0.1.")
        super().__init__(shape, c, settings.mixture)
        self.add_module("memory", CausalMemory(settings))
        self.requested, self.temperature = settings.temperature, 1.0

    def parts(
        self,
        hidden: Float[Tensor, "n s w"],
        condition: Float[Tensor, "n w"],
        position: Float[Tensor, "s w"],
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Those of the recurrence; while designs are proposed, at their temperature."""
        weight, mean, deviation, u, v = super().parts(hidden, condition, position)
        cooled = (weight / self.temperature).log_softmax(-1)
        return cooled, mean, deviation * self.temperature, u, v

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`, step by step.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` asks for guidance.
        """
        self.temperature = self.requested
        try:
            return super().propose(cond, rng, steer)
        finally:
            self.temperature = 1.0


class CausalMemory(nn.Module):
    """Layers of causal attention with the interface of a recurrence; its state is what it read.

    Shapes: n designs, s steps now, b tokens before, w width.
    """

    def __init__(self, settings: CausalSettings) -> None:
        super().__init__()
        if settings.width % settings.heads or settings.depth < 1:
            raise InputError(
                "a width that the heads share evenly, and at least one layer",
                f"width {settings.width}, {settings.heads} heads, {settings.depth} layers",
                "Write width = 64, heads = 4 and depth = 2.",
            )
        self.layers = nn.ModuleList(CausalLayer(settings) for _ in range(settings.depth))

    def forward(
        self, read: Float[Tensor, "n s w"], before: Float[Tensor, "b n w"]
    ) -> tuple[Float[Tensor, "n s w"], Float[Tensor, "a n w"]]:
        """What is known after each step, and all tokens up to the last."""
        tokens = torch.cat([before.transpose(0, 1), read], 1)
        h = tokens
        for layer in self.layers:
            h = layer(h)
        return h[:, -read.shape[1] :], tokens.transpose(0, 1)


class CausalLayer(nn.Module):
    """Attention to the tokens before, then a perceptron, each beside the identity."""

    def __init__(self, settings: CausalSettings) -> None:
        super().__init__()
        width = settings.width
        self.heads = settings.heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, h: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        q, k, v = self.qkv(self.first(h)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        h = h + self.out(seen.transpose(1, 2).flatten(2))
        inner = functional.gelu(self.up(self.second(h)))
        out: Tensor = h + self.down(inner)
        return out
