"""Graphs as rows of whole numbers: a kind for each node, and one for each pair of nodes.

Shapes: n graphs, a nodes of the largest, p pairs of them, d = a + p numbers of a design.
"""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.errors import InputError


@runtime_checkable
class Graphs(Protocol):
    """A codec whose designs are graphs: kinds of nodes, then of pairs (0, 1), (0, 2), ..., (1, 2).

    Existing nodes come first; kind 0 is no node, or no edge.
    """

    @property
    def nodes(self) -> int:
        """Number of nodes of the largest graph."""
        ...

    @property
    def kinds(self) -> int:
        """Number of kinds of nodes, including no node."""
        ...

    @property
    def bonds(self) -> int:
        """Number of kinds of edges, including no edge."""
        ...


def pairs(nodes: int) -> Int[Tensor, "2 p"]:
    """The two nodes of each pair."""
    return torch.triu_indices(nodes, nodes, 1)


def square(edges: Int[Tensor, "n p"], nodes: int) -> Int[Tensor, "n a a"]:
    """Return edges as a symmetric matrix."""
    i, j = pairs(nodes)
    whole = edges.new_zeros(len(edges), nodes, nodes)
    whole[:, i, j] = edges
    whole[:, j, i] = edges
    return whole


def check_graphs(
    x: Float[Tensor, "n d"], graphs: Graphs
) -> tuple[Int[Tensor, "n a"], Int[Tensor, "n p"]]:
    """Check graphs and return the kinds of their nodes and edges.

    Raises:
        InputError: for other numbers, gaps between nodes, or edges where no node is.
    """
    whole = x.round().to(torch.int64)
    kinds, edges = whole[:, : graphs.nodes], whole[:, graphs.nodes :]
    i, j = pairs(graphs.nodes)
    there = kinds > 0
    fits = bool((whole == x).all()) and bool(((kinds >= 0) & (kinds < graphs.kinds)).all())
    fits = fits and bool(((edges >= 0) & (edges < graphs.bonds)).all()) and bool(there[:, 0].all())
    if not fits or bool(
        (there[:, 1:] & ~there[:, :-1]).any() or ((edges > 0) & ~(there[:, i] & there[:, j])).any()
    ):
        raise InputError(
            "graphs as numbers of kinds, nodes that are there first",
            "other numbers",
            "Make them with a codec of graphs.",
        )
    return kinds, edges
