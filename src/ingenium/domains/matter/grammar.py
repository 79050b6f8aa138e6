"""Tokens of crystals: a space group, then an element and a Wyckoff letter for each orbit.

The valid texts are listed: structure types, with elements of the setup whose charges balance. A
generator constrained by their tree can write no other, so no proposal leaves the chemical system,
the group or neutrality.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.domains.matter.charges import IONS, triples
from ingenium.domains.matter.groups import GROUPS
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import END, Vocabulary

PIECE = r"^\S+| [A-Z][a-z]?|_[a-z]"
PROPOSED = (  # types whose letters alone say which one it is
    "cubic",
    "tetragonal",
    "rhombohedral",
    "tilted in phase",
    "tilted out of phase",
    "tilted about three",
    "faces shared",
)
LETTERS = tuple(f"_{letter}" for letter in "abcdefgh")


def perovskites(elements: Sequence[str], types: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return every text of ABX3 that may be proposed, with its type and the elements A, B and X."""
    return {
        PEROVSKITES[name].text(A=a, B=b, X=x): (name, a, b, x)
        for name in types
        for a, b, x in triples(elements)
    }


@dataclass(frozen=True, eq=False)
class TextTree:
    """Prefix tree of a list of texts: the tokens that may follow a prefix."""

    nodes: tuple[Mapping[int, int], ...]  # of each: the next one, by token

    @classmethod
    def of(cls, rows: Sequence[np.ndarray]) -> "TextTree":
        """Build the tree from the tokens of the texts."""
        nodes: list[dict[int, int]] = [{}]
        for row in rows:
            at = 0
            for token in (*row.tolist(), END):
                if token not in nodes[at]:
                    nodes[at][token] = len(nodes)
                    nodes.append({})
                at = nodes[at][token]
        return cls(tuple(nodes))

    def start(self, n: int) -> Int[Tensor, " n"]:
        """Return the root for each row."""
        return torch.zeros(n, dtype=torch.int64)

    def permits(
        self, state: Int[Tensor, " n"], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Mask of tokens that continue a text of the list; every path ends in time."""
        pairs = zip(state[rows].tolist(), ids.tolist(), strict=True)
        return torch.tensor([token in self.nodes[node] for node, token in pairs], dtype=torch.bool)

    def follow(self, state: Int[Tensor, " n"], ids: Int[Tensor, " n"]) -> Int[Tensor, " n"]:
        """Advance by one token; after the end the state stays."""
        pairs = zip(state.tolist(), ids.tolist(), strict=True)
        return torch.tensor([self.nodes[node].get(token, node) for node, token in pairs])


def codec(listed: Sequence[str], longest: int, requested: Sequence[str]) -> TokenCodec:
    """Return the codec of listed texts; it writes only the requested ones."""
    words = Vocabulary((*GROUPS, *(f" {e}" for e in IONS), *LETTERS), PIECE)
    rows = words.encode(list(listed))
    steps = max(map(len, rows)) + 1
    tree = TextTree.of(words.encode(list(requested)))
    return TokenCodec(words, steps, longest, tree, "crystal")
