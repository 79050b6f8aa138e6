"""A trained generator whose proposals go through the cheap rules first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.wish import Heard, Wish, heard_of
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.parsing import parsed
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan


@dataclass(eq=False)
class BestProposal:
    """For each design several proposals of a generator, of which one is kept.

    It is the first, in the order of how short they are of what is wanted, that holds all limits
    on what costs little; where none does, the one that passes most. Designs do not compete for
    proposals, so they do not influence each other. A generator that hears quantities is told
    them, each proposal others; one that hears none is given a zero.

    Shapes: n designs, c conditions, k quantities that the generator hears.
    """

    inner: TokenAutoregressive
    codec: KekuleCodec
    wish: Wish
    each: int  # proposals for a design
    heard: Heard

    @property
    def c(self) -> int:
        """Number of conditions."""
        return len(self.wish.conditions)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one standardised design."""
        return self.inner.shape

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the generator, which hears what rules say of the designs."""
        if not self.heard:
            return self.inner.fit(x, self._nothing(len(x)), plan)
        mols = [parsed(text) for text in self.codec.to_texts(x)]
        found = np.array([rules.measured(tuple(self.heard), m) for m in mols])
        return self.inner.fit(x, heard_of(found, self.heard), plan)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`."""
        every = cond.repeat_interleave(self.each, 0)
        told = self.wish.told(every, self.heard, rng) if self.heard else self._nothing(len(every))
        x = self.inner.propose(told, rng, steer)
        mols = [parsed(text) for text in self.codec.to_texts(x)]
        rows = [
            i + self._best(mols[i : i + self.each], row)
            for i, row in zip(range(0, len(mols), self.each), cond, strict=True)
        ]
        return x[torch.tensor(rows, dtype=torch.int64)]

    def state_dict(self) -> dict[str, Tensor]:
        """The weights of the generator."""
        return dict(self.inner.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Take the weights of the generator."""
        return self.inner.load_state_dict(state_dict)

    def _nothing(self, n: int) -> Float[Tensor, "n one"]:
        return torch.zeros(n, self.inner.c)

    def _best(self, mols: list[Chem.Mol | None], cond: Float[Tensor, " c"]) -> int:
        """The place of the one that is kept; the first where none is a molecule."""
        short = {i: self.wish.short(m, cond) for i, m in enumerate(mols) if m is not None}
        best, most = 0, -1
        for i in sorted(short, key=lambda i: short[i]):  # what costs more is asked of few
            passed = self.wish.held(mols[i])
            if passed > most:
                best, most = i, passed
            if passed == len(self.wish.asked):
                break
        return best
