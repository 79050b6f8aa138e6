"""Causal networks: each step of a sequence sees only the steps before it."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.scale.chain import Way


class Decoder(nn.Module):
    """Causal network on embedded tokens: over whole sequences, or one step with a memory.

    Shapes: n sequences, s steps, w numbers of a step.
    """

    @abstractmethod
    def forward(self, read: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        """Return the hidden state after each step."""

    @abstractmethod
    def begin(self, n: int, steps: int, like: Tensor) -> Any:
        """Return the empty memory of `n` sequences of at most `steps` steps."""

    @abstractmethod
    def follow(self, read: Float[Tensor, "n w"], memory: Any) -> tuple[Float[Tensor, "n w"], Any]:
        """Return the hidden state after one more step, and the updated memory."""

    @abstractmethod
    def retained(self, memory: Any, rows: Int[Tensor, " m"]) -> Any:
        """Return the memory of some of the sequences."""


@dataclass
class Cache:
    """Keys and values of the steps so far, in each layer."""

    keys: Float[Tensor, "l n h s e"]
    values: Float[Tensor, "l n h s e"]
    read: int = 0


class DecoderBlock(nn.Module):
    """Causal attention and a dense layer, both on normalised inputs with residual connections.

    Source: Vaswani et al., 2017, arXiv:1706.03762; Xiong et al., ICML 2020, arXiv:2002.04745
        (norms first); So et al., 2021, arXiv:2109.08668 (squared rectifier).
    """

    split: ClassVar[Mapping[str, Way]] = MappingProxyType(
        {"look": "heads", "tell": "rows", "up": "columns", "down": "rows"}
    )

    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width, bias=False)
        self.look = nn.Linear(width, 3 * width, bias=False)
        self.tell = nn.Linear(width, width, bias=False)
        self.second_norm = nn.LayerNorm(width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        with torch.no_grad():
            for linear in (self.look, self.up):
                linear.weight.normal_(0, 0.02)
            for linear in (self.tell, self.down):
                linear.weight.normal_(0, 0.02 / math.sqrt(2 * layers))

    def forward(self, x: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        """Return the sequence after this layer."""
        q, k, v = self.triple(x)
        return self.rest(x, functional.scaled_dot_product_attention(q, k, v, is_causal=True))

    def triple(self, x: Float[Tensor, "n s w"]) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values of each head, (n, h, s, e)."""
        q, k, v = self.look(self.norm(x)).unflatten(-1, (3, self.heads, -1)).unbind(2)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def rest(
        self, x: Float[Tensor, "n s w"], seen: Float[Tensor, "n h s e"]
    ) -> Float[Tensor, "n s w"]:
        """Add the output of the attention heads, then the dense layer."""
        x = x + self.tell(seen.transpose(1, 2).flatten(2))
        out: Tensor = x + self.down(functional.relu(self.up(self.second_norm(x))).square())
        return out


class Transformer(Decoder):
    """A causal transformer.

    Source: Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
    """

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        for i in range(layers):
            self.add_module(f"block_{i}", DecoderBlock(width, heads, layers))
        self.norm = nn.LayerNorm(width, bias=False)

    @property
    def blocks(self) -> list[DecoderBlock]:
        """Blocks in order."""
        return [m for m in self.children() if isinstance(m, DecoderBlock)]

    def forward(self, read: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        """Return the hidden state after each step."""
        x = read
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.norm(x)
        return out

    def begin(self, n: int, steps: int, like: Tensor) -> Cache:
        """Allocate memory for keys and values."""
        room = like.new_zeros(2, len(self.blocks), n, self.heads, steps, self.size)
        return Cache(room[0], room[1])

    def follow(
        self, read: Float[Tensor, "n w"], memory: Cache
    ) -> tuple[Float[Tensor, "n w"], Cache]:
        """Return the hidden state after one more step; the memory gets its keys and values."""
        x, now = read[:, None], memory.read
        for layer, block in enumerate(self.blocks):
            q, k, v = block.triple(x)
            memory.keys[layer, :, :, now : now + 1] = k
            memory.values[layer, :, :, now : now + 1] = v
            known, condition = (
                memory.keys[layer, :, :, : now + 1],
                memory.values[layer, :, :, : now + 1],
            )
            x = block.rest(x, functional.scaled_dot_product_attention(q, known, condition))
        memory.read += 1
        return self.norm(x)[:, 0], memory

    def retained(self, memory: Cache, rows: Int[Tensor, " m"]) -> Cache:
        """Return keys and values of some of the sequences."""
        return Cache(memory.keys[:, rows], memory.values[:, rows], memory.read)


class Recurrent(Decoder):
    """Layers of long short-term memory (LSTM)."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.memory = nn.LSTM(width, width, layers, batch_first=True)
        self.norm = nn.LayerNorm(width, bias=False)

    def forward(self, read: Float[Tensor, "n s w"]) -> Float[Tensor, "n s w"]:
        """Return the hidden state after each step."""
        out: Tensor = self.norm(self.memory(read)[0])
        return out

    def begin(self, n: int, steps: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return zeros for cell and output of each layer."""
        zeros = like.new_zeros(self.memory.num_layers, n, self.memory.hidden_size)
        return zeros, zeros

    def follow(
        self, read: Float[Tensor, "n w"], memory: tuple[Tensor, Tensor]
    ) -> tuple[Float[Tensor, "n w"], tuple[Tensor, Tensor]]:
        """Return the hidden state after one more step, and the updated state."""
        out, memory = self.memory(read[:, None], memory)
        return self.norm(out)[:, 0], memory

    def retained(
        self, memory: tuple[Tensor, Tensor], rows: Int[Tensor, " m"]
    ) -> tuple[Tensor, Tensor]:
        """Return the state of some of the sequences."""
        return memory[0][:, rows], memory[1][:, rows]
