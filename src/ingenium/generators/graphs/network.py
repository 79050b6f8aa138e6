"""A transformer on graphs with features of edges.

Shapes: n graphs, a nodes, w numbers of a node, u numbers of an edge, h heads.
Source: Dwivedi and Bresson, 2021, arXiv:2012.09699; Vignac et al., ICLR 2023, arXiv:2209.14734.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn


@dataclass(frozen=True)
class GraphNetworkSettings:
    """Sizes of the network."""

    width: int = 96  # numbers of a node
    edge_width: int = 24
    layers: int = 4
    heads: int = 8
    walks: int = 8  # steps of the random walks that are features of nodes and edges


class GraphLayer(nn.Module):
    """Attention among nodes that is modulated by their edges, and an update of the edges."""

    def __init__(self, width: int, edge_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.edge_norm = nn.LayerNorm(edge_width)
        self.look = nn.Linear(width, 3 * width)
        self.weigh = nn.Linear(edge_width, 2 * heads)
        self.tell = nn.Linear(width, width)
        self.hear = nn.Linear(heads, edge_width)
        self.ends = nn.Linear(width, edge_width)
        self.dense = _dense(width, 2 * width)
        self.edge_dense = _dense(edge_width, 2 * edge_width)

    def forward(
        self, h: Float[Tensor, "n a w"], e: Float[Tensor, "n a a u"], there: Bool[Tensor, "n a"]
    ) -> tuple[Float[Tensor, "n a w"], Float[Tensor, "n a a u"]]:
        """Return nodes and edges after the layer."""
        known = self.norm(h)
        q, k, v = self.look(known).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        scale, shift = self.weigh(self.edge_norm(e)).movedim(-1, 1).chunk(2, 1)
        score = (q @ k.mT) / q.shape[-1] ** 0.5 * (1 + scale) + shift
        share = score.masked_fill(~there[:, None, None], -torch.inf).softmax(-1)
        h = h + self.tell((share @ v).transpose(1, 2).flatten(2))
        ends = self.ends(known)
        e = e + self.hear(score.movedim(1, -1)) + ends[:, :, None] + ends[:, None]
        return h + self.dense(h), e + self.edge_dense(e)


class GraphNetwork(nn.Module):
    """Network from noisy kinds of nodes and edges to logits of the kinds before noise.

    It is equivariant: permuted nodes give permuted logits.
    """

    def __init__(self, kinds: int, bonds: int, settings: GraphNetworkSettings) -> None:
        super().__init__()
        width, edge_width = settings.width, settings.edge_width
        self.walks = settings.walks
        self.embed = nn.Embedding(kinds, width)
        self.edge_embed = nn.Embedding(bonds, edge_width)
        self.returns = nn.Linear(self.walks, width)
        self.reaches = nn.Linear(self.walks, edge_width)
        self.layers = nn.ModuleList(
            GraphLayer(width, edge_width, settings.heads) for _ in range(settings.layers)
        )
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, kinds - 1))
        self.edge_head = nn.Sequential(nn.LayerNorm(edge_width), nn.Linear(edge_width, bonds))

    def forward(
        self,
        kinds: Int[Tensor, "n a"],
        edges: Int[Tensor, "n a a"],
        condition: Float[Tensor, "n w"],
    ) -> tuple[Float[Tensor, "n a kinds"], Float[Tensor, "n a a bonds"]]:
        """Logits of the kinds of nodes, without no node, and of edges."""
        there = kinds > 0
        walks = walked(edges > 0, self.walks, self.embed.weight.dtype)
        h = self.embed(kinds) + condition[:, None] + self.returns(walks.diagonal(0, 1, 2).mT)
        e = self.edge_embed(edges) + self.reaches(walks + walks.transpose(1, 2))
        for layer in self.layers:
            h, e = layer(h, e, there)
        return self.head(h), self.edge_head(e + e.transpose(1, 2))


def walked(
    edges: Bool[Tensor, "n a a"], steps: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "n a a steps"]:
    """Probabilities to be at each node after 1, 2, ... steps of a random walk from each.

    Source: Ma et al., ICML 2023, arXiv:2305.17589.
    """
    step = edges.to(dtype)
    step = step / step.sum(-1, keepdim=True).clamp(min=1)
    found = [step]
    for _ in range(steps - 1):
        found.append(found[-1] @ step)
    return torch.stack(found, -1)


def _dense(width: int, inner: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, inner), nn.SiLU(), nn.Linear(inner, width)
    )
