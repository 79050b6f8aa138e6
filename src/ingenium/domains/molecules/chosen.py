"""A trained generator whose proposals go through the cheap rules before anything dear is asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.chemistry.parsing import parsed
from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

NONE = 1e9  # shortfall of text that is no molecule


@dataclass(eq=False)
class Chosen:
    """For each design several proposals of a generator without conditions, of which one is kept.

    It is the one that is least short of what is asked by rules that cost microseconds. Designs
    do not compete for proposals, so they do not influence each other.
    """

    inner: TokenAutoregressive
    codec: KekuleCodec
    short: Callable[[Chem.Mol, Float[Tensor, " c"]], float]  # of a molecule under conditions
    c: int
    each: int  # proposals for a design

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one standardised design."""
        return self.inner.shape

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the generator, which sees no conditions."""
        return self.inner.fit(x, cond.new_zeros(len(cond), self.inner.c), plan)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`."""
        x = self.inner.propose(cond.new_zeros(len(cond) * self.each, self.inner.c), rng, steer)
        told = cond.repeat_interleave(self.each, 0)
        short = torch.tensor(
            [self._short(text, row) for text, row in zip(self.codec.to_texts(x), told, strict=True)]
        ).reshape(len(cond), self.each)
        best = short.argmin(1) + self.each * torch.arange(len(cond))
        return x[best]

    def state_dict(self) -> dict[str, Tensor]:
        """The weights of the generator."""
        return dict(self.inner.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Take the weights of the generator."""
        return self.inner.load_state_dict(state_dict)

    def _short(self, text: str, cond: Float[Tensor, " c"]) -> float:
        mol = parsed(text)
        return NONE if mol is None else self.short(mol, cond)
