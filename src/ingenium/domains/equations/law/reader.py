"""Transformer that reads a table and writes laws: from a set of rows to a sequence of tokens.

The encoding of a table has no names: its columns are slots with their units, sizes, and the
exponents of the nearest product of powers. So one network reads every table.

Shapes: n laws, c numbers of a table's encoding, r rows, v slots of columns, s tokens, w numbers of
    a step, m memory of a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.domains.equations.law.dimension import PARTS, Dimension
from ingenium.domains.equations.law.language import LONGEST, PURE, WHOLE, Language
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.generators.tokens.autoregressive import by_length
from ingenium.generators.tokens.decoders import Cache, DecoderBlock, Transformer
from ingenium.generators.tokens.drawing import OPEN
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD
from ingenium.train.plan import Turn

PLACES, ROWS, BASES = 10, 40, 8  # columns, rows and bases of units that are encoded
SYMBOLS = (*(f"x{i}" for i in range(PLACES)), *WHOLE, PURE, *OPERATIONS)
STEPS = LONGEST + 1
ABOUT = BASES + 5  # numbers of a column in addition to its rows
CONDITIONS = (PLACES + 1) * (ROWS + ABOUT)
FAR, LEAST = 6.0, 1e-3  # bounds of an encoded number, in sizes; and of a logarithm


@dataclass(frozen=True)
class ReaderSettings:
    """Size of the network."""

    width: int = 96
    heads: int = 4
    layers: int = 3
    latents: int = 8  # latents that summarise all rows
    looks: int = 2  # attention layers over the rows


def condition(
    columns: Float64[Tensor, "v r"], values: Float64[Tensor, " r"], dims: Sequence[Dimension]
) -> Float[Tensor, " t"]:
    """Encode a table: scaled rows, and the unit, size and exponent of each column."""
    take = torch.linspace(0, len(values) - 1, ROWS).round().to(torch.int64)
    whole = torch.cat([columns, values[None]])
    size = whole.square().mean(1).sqrt()
    rows = (whole[:, take] / size[:, None]).clamp(-FAR, FAR)
    slopes, rest = _exponents(columns, values)
    about = torch.zeros(len(whole), ABOUT, dtype=torch.float64)
    for i, dim in enumerate(dims):
        about[i, : len(dim)] = torch.tensor(dim, dtype=torch.float64)[:BASES] / (2 * PARTS)
    about[:, BASES] = 1.0
    about[:, BASES + 1] = size.log().clamp(-30, 30) / 5
    about[:, BASES + 2] = whole.amin(1) / size
    about[:, BASES + 3] = whole.amax(1) / size
    about[:, BASES + 4] = torch.tensor([*slopes, rest]) / 3
    places = [*range(len(columns)), PLACES]  # the target is the last
    found = torch.zeros(PLACES + 1, ROWS + ABOUT, dtype=torch.float64)
    found[places] = torch.cat([rows, about.clamp(-FAR, FAR)], 1)
    return found.flatten().float()


def _exponents(columns: Tensor, values: Tensor) -> tuple[list[float], float]:
    """Return the exponents of the nearest product of powers, and the log of its residual."""
    logs = columns.abs().clamp_min(1e-12).log().numpy()
    goal = values.abs().clamp_min(1e-12).log().numpy()
    logs = logs - logs.mean(1, keepdims=True)
    goal = goal - goal.mean()
    slopes = np.linalg.lstsq(logs.T, goal, rcond=None)[0]
    rest = np.sqrt(np.square(goal - slopes @ logs).mean() / max(np.square(goal).mean(), 1e-12))
    return slopes.tolist(), float(np.log(max(rest, 1e-6)))


class RowLook(nn.Module):
    """Cross-attention of latents to rows.

    Source: Jaegle et al., ICML 2021, arXiv:2103.03206 (Perceiver).
    """

    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm, self.row_norm = (nn.LayerNorm(width, bias=False) for _ in range(2))
        self.ask = nn.Linear(width, width, bias=False)
        self.show = nn.Linear(width, 2 * width, bias=False)
        self.tell = nn.Linear(width, width, bias=False)
        self.block = DecoderBlock(width, heads, layers)

    def forward(
        self, latents: Float[Tensor, "n m w"], rows: Float[Tensor, "n r w"]
    ) -> Float[Tensor, "n m w"]:
        """Attend to the rows, then to each other."""
        q = self.ask(self.norm(latents)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        shown = self.show(self.row_norm(rows)).unflatten(-1, (2, self.heads, -1))
        k, v = shown.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v)
        latents = latents + self.tell(seen.transpose(1, 2).flatten(2))
        q, k, v = self.block.triple(latents)
        return self.block.rest(latents, functional.scaled_dot_product_attention(q, k, v))


class LawReader(nn.Module):
    """Causal transformer that writes laws after the encoding of a table.

    Source: Biggio et al., ICML 2021, arXiv:2106.06427 (from sets of points to formulas); Kamienny
        et al., NeurIPS 2022, arXiv:2204.10532.
    """

    def __init__(self, own: ReaderSettings = ReaderSettings()) -> None:
        super().__init__()
        w = own.width
        self.row = nn.Sequential(nn.Linear(4 * (PLACES + 1), w), nn.GELU(), nn.Linear(w, w))
        self.column = nn.Sequential(nn.Linear(ABOUT, w), nn.GELU(), nn.Linear(w, w))
        self.place = nn.Parameter(torch.zeros(PLACES + 1, w))
        self.latents = nn.Parameter(torch.zeros(own.latents, w))
        self.looks = nn.ModuleList(RowLook(w, own.heads, own.layers) for _ in range(own.looks))
        self.embed = nn.Embedding(OPEN + 1 + len(SYMBOLS), w)
        self.position = nn.Parameter(torch.zeros(STEPS, w))
        self.decoder = Transformer(w, own.layers, own.heads)
        self.head = nn.Linear(w, 1 + len(SYMBOLS))
        with torch.no_grad():
            for weight in (self.place, self.latents, self.embed.weight, self.position):
                weight.normal_(0, 0.02)

    def memory(self, cond: Float[Tensor, "n c"]) -> Float[Tensor, "n m w"]:
        """Return the memory of tables: latents, and the columns with their units."""
        whole = cond.unflatten(1, (PLACES + 1, ROWS + ABOUT))
        rows, about = whole[..., :ROWS].transpose(1, 2), whole[..., ROWS:]
        there = about[:, None, :, BASES].expand_as(rows)
        logs = rows.abs().clamp_min(LEAST).log() / 2 * there
        seen = self.row(torch.cat([rows, logs, rows.square() / 2, there], -1))
        latents = self.latents.expand(len(cond), -1, -1)
        for look in self.looks:
            latents = look(latents, seen)
        return torch.cat([latents, self.column(about) + self.place], 1)

    def turns(self) -> tuple[Turn, ...]:
        """Return all parameters with one loss."""
        return (Turn(tuple(self.parameters()), self.held_out_loss),)

    def anneal(self, fraction: float) -> None:
        """Do nothing."""

    def held_out_loss(
        self, x: Float[Tensor, "n s"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log density of each law, without grammar (nats)."""
        ids = x.to(torch.int64)
        length = (ids == END).int().argmax(1) + 1
        order, pieces = by_length(length)
        memory = self.memory(cond)
        parts = [self._surprise(ids[rows, : length[rows].max()], memory[rows]) for rows in pieces]
        return torch.cat(parts)[order.argsort()]

    def _surprise(
        self, ids: Int[Tensor, "n s"], memory: Float[Tensor, "n m w"]
    ) -> Float[Tensor, " n"]:
        before = functional.pad(ids[:, :-1], (1, 0), value=BEGIN)
        read = self.embed(before) + self.position[: before.shape[1]]
        known = self.decoder(torch.cat([memory, read], 1))[:, memory.shape[1] :]
        wanted = torch.where(ids == PAD, -1, ids - OPEN)
        logits = self.head(known).transpose(1, 2)
        lost = functional.cross_entropy(logits, wanted, ignore_index=-1, reduction="none")
        return lost.sum(1)

    @torch.no_grad()
    def begin(self, cond: Float[Tensor, "1 c"], n: int) -> Cache:
        """Return the cache of one table, for `n` laws."""
        memory = self.memory(cond)
        steps = memory.shape[1]
        cache: Cache = self.decoder.begin(1, steps + STEPS, memory)
        for i in range(steps):
            _, cache = self.decoder.follow(memory[:, i], cache)
        shape = (-1, n, -1, -1, -1)
        return Cache(cache.keys.expand(shape).clone(), cache.values.expand(shape).clone(), steps)

    @torch.no_grad()
    def follow(
        self, token: Int[Tensor, " n"], step: int, cache: Cache
    ) -> tuple[Float[Tensor, "n k"], Cache]:
        """Return scores of the end and of all symbols after one more token."""
        known, cache = self.decoder.follow(self.embed(token) + self.position[step], cache)
        return self.head(known), cache


def numbers(tokens: Sequence[str]) -> list[int]:
    """Encode a law in symbols as numbers, with its end."""
    return [OPEN + 1 + SYMBOLS.index(t) for t in tokens] + [END]


def symbols(language: Language) -> Int[Tensor, " k"]:
    """Index of the end's score, and of each token of a language."""
    found = [0]
    for t in language.tokens:
        symbol = f"x{language.names.index(t)}" if t in language.names else t
        found.append(1 + SYMBOLS.index(PURE if t in language.held else symbol))
    return torch.tensor(found)
