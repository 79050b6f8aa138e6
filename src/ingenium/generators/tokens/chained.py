"""A transformer on tokens as a chain of parts for training over ranks."""

from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.tokens.autoregressive import (
    TokenAutoregressive,
    by_length,
    half,
    lengths,
)
from ingenium.generators.tokens.decoders import Transformer
from ingenium.generators.tokens.drawing import OPEN
from ingenium.generators.tokens.vocabulary import BEGIN, PAD
from ingenium.sampling.noise import uniform
from ingenium.scale.chain import Chain
from ingenium.scale.model_size import ModelSize

# Bytes in full precision that a layer stores for each number of its width: of every rank its input,
# what follows its two norms, and their input between; of split matrices queries, keys, values, what
# was seen, and twice the dense layer of four widths. Going back, three times these four widths and
# the gradient of the input are open.
KEPT_WHOLE, KEPT_SPLIT, KEPT_NORM, KEPT_SYMBOL, KEPT_OPEN = 16, 48, 8, 12, 52


class TokenEntry(nn.Module):
    """Input part of the chain: embedded symbols, positions and conditions."""

    def __init__(self, family: TokenAutoregressive) -> None:
        super().__init__()
        self.embed, self.told = family.embed, family.told
        self.unknown, self.position = family.unknown, family.position

    def forward(
        self, ids: Int[Tensor, "n s"], cond: Float[Tensor, "n c"], hide: Bool[Tensor, "n 1"]
    ) -> Float[Tensor, "n read w"]:
        """Return the input of the first layer, up to the end of the longest row."""
        ids = ids[:, : lengths(ids).max()]
        condition = torch.where(hide, self.unknown, self.told(cond))
        before = functional.pad(ids[:, :-1], (1, 0), value=BEGIN)
        read: Tensor = self.embed(before) + condition[:, None] + self.position[: ids.shape[1]]
        return read


class TokenHead(nn.Module):
    """Output part of the chain: logits of symbols."""

    def __init__(self, family: TokenAutoregressive, norm: nn.Module) -> None:
        super().__init__()
        self.norm, self.head = norm, family.head

    def forward(self, x: Float[Tensor, "n s w"]) -> Float[Tensor, "n s v"]:
        """Return the logits."""
        out: Tensor = self.head(self.norm(x))
        return out


def chained(family: TokenAutoregressive) -> Chain:
    """Split a family into parts that share its parameters; the loss is that of the family."""
    decoder = family.decoder
    if not isinstance(decoder, Transformer) or family.dropout:
        raise InputError(
            "a transformer without dropout to divide over ranks",
            f"{type(decoder).__name__} with dropout {family.dropout:g}",
            'Write family = "autoregressive" under [generator].',
        )
    steps = family.steps

    def inputs(
        x: Tensor, cond: Tensor, rng: torch.Generator | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        hide = torch.zeros(len(cond), 1, dtype=torch.bool)
        if rng is not None:
            hide = uniform(cond.new_empty(len(cond), 1), rng) < family.drawing.hidden
        return x.to(torch.int64), cond, hide

    def loss(logits: Float[Tensor, "n read v"], x: Float[Tensor, "n s"]) -> Tensor:
        ids = x.to(torch.int64)[:, : logits.shape[1]]
        counts = (ids != PAD) & (torch.arange(ids.shape[1]) < steps - 1)
        wanted = torch.where(counts, ids - OPEN, -1).flatten()
        lost = functional.cross_entropy(
            logits.flatten(0, 1).float(), wanted, ignore_index=-1, reduction="sum"
        )
        return lost / (steps * len(x))

    parts = (TokenEntry(family), *decoder.blocks, TokenHead(family, decoder.norm))
    return Chain(
        parts,
        inputs,
        loss,
        _size(family, decoder),
        partial(half, torch.device("cpu")),
        steps=lambda x: lengths(x.to(torch.int64)),
        cut=lambda steps: by_length(steps)[1],
    )


def _size(family: TokenAutoregressive, decoder: Transformer) -> ModelSize:
    width = family.embed.embedding_dim
    head = family.tokens.symbols - OPEN
    condition = sum(p.numel() for p in family.told.parameters()) + (1 + OPEN) * width
    return ModelSize(
        width=width,
        layers=len(decoder.blocks),
        heads=decoder.heads,
        context=family.steps,
        vocabulary=head,
        half=False,
        tied=False,
        biased=False,
        stored_whole=KEPT_WHOLE,
        stored_split=KEPT_SPLIT,
        stored_entry=KEPT_NORM,
        stored_head=KEPT_SYMBOL,
        stored_open=KEPT_OPEN,
        gradients_stay=False,
        entry_more=condition,
        head_more=head,
        averages=2,
    )
