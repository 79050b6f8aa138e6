"""Codec of numeric designs as outcomes of qubits: the leading bits of their ranks."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.learned_buffers import LearnedBuffers
from ingenium.generators.marginals import Marginals
from ingenium.sampling.noise import uniform

EDGE = 1e-6  # ranks stay so far from 0 and 1


class RankCells(LearnedBuffers):
    """Rank codec: some qubits for each number state its cell among equal shares of ranks.

    Where there are more numbers than qubits, the qubits go to the leading principal components, one
    each. Within a cell ranks are uniform and independent, so that circuits model the dependence of
    numbers, down to the width of a cell, and the data determine each number alone.

    Shapes: n designs, d numbers.
    Source: Zhu et al., Phys. Rev. Research 4:043092, 2022 (copulas of circuits).
    """

    rotation: Tensor  # (d, d) columns are directions
    centre: Tensor  # (d,)

    def __init__(self, qubits: int) -> None:
        super().__init__()
        self.qubits = qubits
        self.empty("rotation", "centre")
        self.marginals = Marginals()

    def learn(self, x: Float[Tensor, "n d"]) -> None:
        """Fit directions and ranks of designs."""
        wide = x.detach().to(torch.float64)
        d = wide.shape[1]
        self.centre, self.rotation = wide.mean(0), torch.eye(d, dtype=torch.float64)
        if d > self.qubits:
            _, _, across = torch.linalg.svd(wide - self.centre, full_matrices=False)
            if len(across) < d:
                raise InputError(f"at least {d} designs of {d} numbers", len(wide))
            self.rotation = across.T.contiguous()
        self.marginals.learn(((wide - self.centre) @ self.rotation).unbind(1))

    def bits(self) -> list[int]:
        """Number of qubits of each direction."""
        d = len(self.centre)
        each, more = divmod(self.qubits, d)
        return [each + (i < more) for i in range(d)]

    def outcome(self, x: Float[Tensor, "n d"]) -> Int64[Tensor, " n"]:
        """Return the cell of each design."""
        along = (x.to(torch.float64) - self.centre) @ self.rotation
        score = self.marginals.to_scores(along, torch.arange(along.shape[1]))
        rank = torch.special.ndtr(score).clamp(EDGE, 1 - EDGE)
        found, place = torch.zeros(len(x), dtype=torch.int64), 0
        for column, bits in zip(rank.unbind(1), self.bits(), strict=True):
            found += (column * 2**bits).to(torch.int64) << place
            place += bits
        return found

    def design(self, outcome: Int64[Tensor, " n"], rng: torch.Generator) -> Float[Tensor, "n d"]:
        """Sample a design in each cell."""
        columns, place = [], 0
        within = uniform(torch.empty(len(outcome), len(self.centre), dtype=torch.float64), rng)
        for share, bits in zip(within.unbind(1), self.bits(), strict=True):
            cell = outcome >> place & (2**bits - 1)
            columns.append((cell + share) / 2**bits)
            place += bits
        score = torch.special.ndtri(torch.stack(columns, 1).clamp(EDGE, 1 - EDGE))
        along = self.marginals.from_scores(score, torch.arange(len(self.centre)))
        return (along @ self.rotation.T + self.centre).to(torch.float32)
