"""Generator wrapper that selects among a trained generator's proposals by cheap rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.molecule_target import Heard, MoleculeTarget, heard_of
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.parsing import parsed
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan


@dataclass(eq=False)
class BestProposal:
    """Generator that samples several proposals for each design and selects one.

    Proposals are ordered by their distance from the request; the first that satisfies all cheap
    limits is selected, or else the one that passes most. Designs do not share proposals, so they do
    not influence each other. A conditional generator gets sampled quantities for each proposal; an
    unconditional one gets a zero.

    Shapes: n designs, c conditions, k quantities on which the generator is conditioned.
    """

    inner: TokenAutoregressive
    codec: KekuleCodec
    target: MoleculeTarget
    each: int  # proposals for a design
    heard: Heard

    @property
    def c(self) -> int:
        """Number of conditions."""
        return len(self.target.conditions)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return self.inner.shape

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the generator, conditioned on rule-based quantities of the designs."""
        if not self.heard:
            return self.inner.fit(x, self._nothing(len(x)), plan)
        mols = [parsed(text) for text in self.codec.to_texts(x)]
        found = np.array([rules.measured(tuple(self.heard), m) for m in mols])
        return self.inner.fit(x, heard_of(found, self.heard), plan)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one design for each row of `cond`."""
        every = cond.repeat_interleave(self.each, 0)
        sampled_conditions = (
            self.target.sampled_conditions(every, self.heard, rng)
            if self.heard
            else self._nothing(len(every))
        )
        x = self.inner.propose(sampled_conditions, rng, steer)
        mols = [parsed(text) for text in self.codec.to_texts(x)]
        rows = [
            i + self._best(mols[i : i + self.each], row)
            for i, row in zip(range(0, len(mols), self.each), cond, strict=True)
        ]
        return x[torch.tensor(rows, dtype=torch.int64)]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights of the generator."""
        return dict(self.inner.state_dict())

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the weights of the generator."""
        return self.inner.load_state_dict(state_dict)

    def _nothing(self, n: int) -> Float[Tensor, "n one"]:
        return torch.zeros(n, self.inner.c)

    def _best(self, mols: list[Chem.Mol | None], cond: Float[Tensor, " c"]) -> int:
        """Index of the selected proposal; the first where none is a molecule."""
        short = {i: self.target.short(m, cond) for i, m in enumerate(mols) if m is not None}
        best, most = 0, -1
        for i in sorted(short, key=lambda i: short[i]):  # expensive rules are evaluated for few
            passed = self.target.held(mols[i])
            if passed > most:
                best, most = i, passed
            if passed == len(self.target.requested):
                break
        return best
