"""Discrete diffusion of graphs: noise resamples the kinds of nodes and edges."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.generators.graphs.graph import Graphs, check_graphs, pairs, square
from ingenium.generators.graphs.network import GraphNetwork, GraphNetworkSettings
from ingenium.generators.graphs.noise import before, noised, retained, sampled
from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.generators.tokens.autoregressive import guided, half
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

EDGES = 5.0  # weight of edges against nodes in the loss
RARE = 1e-4  # share of kinds that need not be in the data
HIDDEN = 0.1  # share of rows that are trained without conditions, for guidance
USUAL = GraphNetworkSettings()
TIMES = 8  # waves that encode the time
PIECES, ENOUGH = 3, 24  # number of size classes of a batch, and least rows of a class


class GraphDiffusion(Model):
    """A transformer on graphs that predicts the kinds of nodes and edges before noise.

    Noise resamples kinds from their frequencies in the data, so that pure noise has as many nodes
    and edges as graphs of the data. A proposal takes the number of nodes of a training graph and
    goes back from noise step by step, by Bayes' rule with the predictions of the network.

    Shapes: n designs, a nodes of the largest, p pairs, w numbers of a node.
    Source: Vignac et al., DiGress, ICLR 2023, arXiv:2209.14734; Ho and Salimans, 2022,
        arXiv:2207.12598 (guidance).
    """

    sizes: Tensor  # share of the designs with 0, 1, ... nodes
    frequent: Tensor  # of kinds of nodes but that of none
    frequent_edges: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        graphs: Graphs,
        *,
        network: GraphNetworkSettings = USUAL,
        steps: int = 60,  # of a proposal
    ) -> None:
        super().__init__(shape, c)
        nodes = graphs.nodes
        if shape != (nodes + nodes * (nodes - 1) // 2,) or not isinstance(graphs, Graphs):
            raise InputError("designs that are graphs", shape, "Use a codec of graphs.")
        self.graphs, self.steps, width = graphs, steps, network.width
        self.told = nn.Sequential(nn.Linear(c, width), nn.SiLU(), nn.Linear(width, width))
        self.unknown = nn.Parameter(torch.zeros(width))
        self.clock = nn.Sequential(nn.Linear(2 * TIMES, width), nn.SiLU(), nn.Linear(width, width))
        self.network = GraphNetwork(graphs.kinds, graphs.bonds, network)
        for name, size in (
            ("sizes", nodes + 1),
            ("frequent", graphs.kinds - 1),
            ("frequent_edges", graphs.bonds),
        ):
            self.register_buffer(name, torch.full((size,), 1 / size))
        self.sizes.copy_(_shares(torch.arange(1, nodes + 1), nodes + 1))

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Count kinds and sizes, and train on all rows under `plan`.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        kinds, edges = check_graphs(x, self.graphs)
        there = kinds > 0
        self.sizes.copy_(_shares(there.sum(1), len(self.sizes)))
        for own, found in (
            (self.frequent, kinds[there] - 1),
            (self.frequent_edges, edges[self._joined(there)]),
        ):
            own.copy_((1 - RARE) * _shares(found, len(own)) + RARE / len(own))
        return super().fit(x, cond, plan)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative log likelihood of the kinds before noise: nodes plus weighted edges."""
        hide = uniform(cond.new_empty(len(cond), 1), rng) < HIDDEN
        return self._surprise(x, torch.where(hide, self.unknown, self.told(cond)), rng)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss with all conditions shown."""
        with torch.no_grad():
            return self._surprise(x, self.told(cond), rng)

    def _surprise(
        self, x: Float[Tensor, "n d"], condition: Float[Tensor, "n w"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        whole, nodes = x.to(torch.int64), self.graphs.nodes
        kinds, edges = whole[:, :nodes], square(whole[:, nodes:], nodes)
        t = uniform(condition.new_empty(len(x)), rng)
        size = (kinds > 0).sum(1)
        order = size.argsort(stable=True)
        parts = []
        for rows in order.chunk(max(1, min(PIECES, len(x) // ENOUGH))):  # saves work on no nodes
            a = int(size[rows].max())
            own = (kinds[rows, :a], edges[rows, :a, :a])
            with half(condition.device):
                parts.append(self._piece(*own, condition[rows], t[rows], rng))
        return torch.cat(parts)[order.argsort()]

    def _piece(
        self,
        kinds: Int[Tensor, "n a"],
        edges: Int[Tensor, "n a a"],
        condition: Float[Tensor, "n w"],
        t: Float[Tensor, " n"],
        rng: torch.Generator,
    ) -> Float[Tensor, " n"]:
        there, share = kinds > 0, retained(t)
        i, j = pairs(kinds.shape[1])
        both = there[:, i] & there[:, j]
        true = edges[:, i, j]
        shown = 1 + noised((kinds - 1).clamp(min=0), share, self.frequent, rng)
        shown_edges = noised(true, share, self.frequent_edges, rng).masked_fill(~both, 0)
        logits, edge_logits = self._guess(
            shown.masked_fill(~there, 0), square(shown_edges, kinds.shape[1]), condition, t
        )
        lost = _lost(logits, (kinds - 1).clamp(min=0), there)
        return lost + EDGES * _lost(edge_logits[:, i, j], true, both)

    def _guess(
        self,
        kinds: Int[Tensor, "n a"],
        edges: Int[Tensor, "n a a"],
        condition: Float[Tensor, "n w"],
        t: Float[Tensor, " n"],
    ) -> tuple[Float[Tensor, "n a kinds"], Float[Tensor, "n a a bonds"]]:
        """Logits of the kinds before noise."""
        waves = torch.pi * t[:, None] * 2 ** torch.arange(TIMES, device=t.device) / 2
        clock = self.clock(torch.cat([waves.sin(), waves.cos()], 1))
        logits, edge_logits = self.network(kinds, edges, condition + clock)
        return logits.float(), edge_logits.float()

    def _joined(self, there: Tensor) -> Tensor:
        """Mark the pairs with two existing nodes."""
        i, j = pairs(there.shape[1])
        both: Tensor = there[:, i] & there[:, j]
        return both

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, "graphs, which have no gradient", weight=True)
        n, nodes, times = len(cond), self.graphs.nodes, 1 if steer.weight == 1.0 else 2
        condition = torch.cat([self.told(cond), self.unknown.expand(n, -1)])[: times * n]
        size = sampled(self.sizes.expand(n, -1), rng)
        there = torch.arange(nodes) < size[:, None]
        both = self._joined(there)
        kinds = sampled(self.frequent.expand(n, nodes, -1), rng)
        edges = sampled(self.frequent_edges.expand(*both.shape, -1), rng)
        i, j = pairs(nodes)
        ends = torch.linspace(1, 0, self.steps + 1)
        shares = retained(ends).tolist()
        for step in range(self.steps):  # each needs the one before
            shown = (kinds + 1).masked_fill(~there, 0)
            shown_edges = square(edges.masked_fill(~both, 0), nodes)
            t = ends[step].expand(times * n)
            logits, edge_logits = self._guess(
                shown.repeat(times, 1), shown_edges.repeat(times, 1, 1), condition, t
            )
            span = (shares[step + 1], shares[step])
            first = _chances(logits, steer.weight)
            kinds = sampled(before(kinds, first, span, self.frequent), rng)
            first = _chances(edge_logits[:, i, j], steer.weight)
            edges = sampled(before(edges, first, span, self.frequent_edges), rng)
        found = [(kinds + 1).masked_fill(~there, 0), edges.masked_fill(~both, 0)]
        return finish(torch.cat(found, 1).to(cond), steer)


def _chances(logits: Float[Tensor, "m p k"], weight: float) -> Float[Tensor, "n p k"]:
    """Probabilities of the kinds at each place, with classifier-free guidance."""
    places = logits.shape[1]
    condition: Tensor = guided(logits.flatten(0, 1), weight)
    chances: Tensor = condition.unflatten(0, (-1, places)).softmax(-1)
    return chances


def _lost(
    logits: Float[Tensor, "n p k"], true: Int[Tensor, "n p"], counts: Tensor
) -> Float[Tensor, " n"]:
    """Mean negative log likelihood over the valid places of each row."""
    lost = functional.cross_entropy(logits.mT, true, reduction="none")
    mean: Tensor = (lost * counts).sum(1) / counts.sum(1).clamp(min=1)
    return mean


def _shares(ids: Tensor, size: int) -> Float[Tensor, " size"]:
    """Relative frequency of each number."""
    counts = ids.bincount(minlength=size).float()
    return counts / counts.sum()
