"""A language model fine-tuned on the known texts by low-rank adapters of its last blocks.

Source: Hu et al., LoRA, ICLR 2022, arXiv:2106.09685.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.rows import check_rows
from ingenium.generators.tokens.codec import check_ids
from ingenium.generators.tokens.vocabulary import END
from ingenium.language.pretrained import SEPARATOR, LanguageModel, PretrainedText
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.low_rank import AdaptedModel
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train

RANK, BLOCKS = 8, 6  # of each part; of 30 blocks, the last ones that get any
PART = "part/"  # prefix of the names of parameters in a state


@runtime_checkable
class InBlocks(LanguageModel, Protocol):
    """A language model with access to its blocks, first to last."""

    @property
    def blocks(self) -> list[nn.Module]:
        """Blocks of the network."""
        ...


class _LastBlocks(nn.Module):
    """Last blocks of a language model, trained on the log probabilities of the whole model."""

    def __init__(self, family: "AdaptedText", blocks: list[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self._loss = family.surprise

    def turns(self) -> tuple[Turn, ...]:
        """Train all parameters on one loss."""
        return (Turn(tuple(self.parameters()), self.held_out_loss),)

    def anneal(self, fraction: float) -> None:
        """Do nothing."""

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Return the negative log probability of each text (nats)."""
        return self._loss(x)


class AdaptedText(PretrainedText):
    """A pretrained model with trained low-rank adapters of its last blocks, without a prompt.

    The adapters are added only while this family reads or writes.

    Shapes: n designs, s steps.
    """

    _parts: Mapping[str, Tensor] | None = None

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the adapters; conditions are ignored.

        Raises:
            ValueError: if rows do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        self._parts = None
        with self._alongside(plan.seed) as parts, torch.enable_grad():
            curve = train(parts, x, cond, plan)
            self._parts = {k: v.clone() for k, v in parts.state_dict().items()}
        return curve

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        with self._alongside(), torch.no_grad():
            return super().propose(cond, rng, steer)

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        with self._alongside(), torch.no_grad():
            return -self.surprise(x)

    def surprise(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, " n"]:
        """Return the negative log probability of the pieces of each text (nats)."""
        first = self.model.pieces(SEPARATOR)
        found = []
        for row in check_ids(x, len(self.tokens.vocabulary)).tolist():  # of other lengths
            words = row[: row.index(END) + 1]
            pieces = torch.tensor([*first, *(p for word in words for p in self._word(word))])
            logits, _ = self.model.read(pieces[None])
            reported = logits[0, len(first) - 1 : -1].log_softmax(-1)
            found.append(-reported.gather(1, pieces[len(first) :, None]).sum())
        return torch.stack(found) if found else torch.zeros(0)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the digest of the weights, and the adapters."""
        return super().state_dict() | {f"{PART}{k}": v for k, v in (self._parts or {}).items()}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        own = {k: v for k, v in state_dict.items() if k.startswith(PART)}
        self._parts = {k.removeprefix(PART): v for k, v in own.items()} or None
        return super().load_state_dict({k: v for k, v in state_dict.items() if k not in own})

    @contextmanager
    def _alongside(self, seed: int = 0) -> Iterator[AdaptedModel]:
        """Add the adapters to the weights inside the block."""
        model = self.model
        assert isinstance(model, InBlocks)
        last = _LastBlocks(self, model.blocks[-BLOCKS:])
        parts = AdaptedModel(last, RANK, torch.Generator().manual_seed(seed))
        try:
            if self._parts is not None:
                for name, parameter in parts.named_parameters():
                    parameter.data.copy_(self._parts[name])
            yield parts
        finally:
            parts.remove()
