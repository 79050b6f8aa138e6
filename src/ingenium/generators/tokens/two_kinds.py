"""Designs of two kinds: tokens, such as a topology, and numbers that belong to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.core.errors import InputError
from ingenium.core.problem import Codec
from ingenium.generators.model import Family, HasDensity
from ingenium.generators.row_families import LEARNED as ON_NUMBERS
from ingenium.generators.rows import check_cond, check_rows
from ingenium.generators.tokens.codec import TokenCodec, TwoKinds
from ingenium.generators.tokens.families import transformer
from ingenium.generators.tokens.vocabulary import END
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

WIDTH, LAYERS = 64, 2  # of the network on the tokens, which are few


@dataclass(frozen=True)
class ExactLength:
    """Grammar of texts that all have the same number of tokens."""

    count: int

    def start(self, n: int) -> int:
        """Return the number of tokens so far, 0."""
        return 0

    def permits(
        self, state: int, rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Permit the end after the last token, and nothing else there."""
        return (ids == END) == (state == self.count)

    def follow(self, state: int, ids: Int[Tensor, " n"]) -> int:
        """Count one token more."""
        return state + 1


@dataclass(frozen=True)
class TwoKindCodec:
    """The text of the first variable as tokens, followed by the numbers of the others."""

    words: TokenCodec
    numbers: Codec  # of plain numbers

    def __post_init__(self) -> None:
        if len(self.numbers.shape) != 1:
            raise InputError(
                "plain numbers and tokens, of shape (d,)",
                self.numbers.shape,
                "Write the axes of series or fields as `own` of a Channels.",
            )

    @property
    def steps(self) -> int:
        """Columns of tokens; those of numbers follow."""
        return self.words.steps

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return (self.steps + self.numbers.shape[0],)

    @property
    def tolerance(self) -> float:
        """Tolerance of the numbers; tokens are exact."""
        return self.numbers.tolerance

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n s"]:
        """Return token numbers, then standardised numbers."""
        words, numbers = self.words.encode(arrays[:1]), self.numbers.encode(arrays[1:])
        return torch.cat([words.to(numbers), numbers], 1)

    def decode(self, x: Float[Tensor, "n s"]) -> tuple[Tensor, ...]:
        """Return the code points of the text, then the arrays of numbers."""
        words = self.words.decode(x[:, : self.steps])
        return (*words, *self.numbers.decode(x[:, self.steps :]))


class TwoKindFamily(nn.Module):
    """A family of tokens, and one of numbers conditioned on the tokens and the conditions.

    The density of a design is that of its tokens times that of its numbers given them.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        codec: TwoKinds,
        make: Callable[[tuple[int, ...], int], Family],
        write: Callable[..., Family] = transformer,
    ) -> None:
        super().__init__()
        self.shape, self.c, self.steps, self.symbols = shape, c, codec.steps, codec.words.symbols
        own = (shape[0] - self.steps,)
        self.words: Family = write((self.steps,), c, codec.words, width=WIDTH, layers=LAYERS)
        self.numbers: Family = make(own, c + self.steps * self.symbols)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Train the one and then the other under `plan`; return losses of both by name.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        ids, numbers = x[:, : self.steps], x[:, self.steps :]
        found = self.words.fit(ids, cond, _part(plan, "words", 0))
        more = self.numbers.fit(numbers, self._under(cond, ids), _part(plan, "numbers", 1))
        parts = {"words": found, "numbers": more}
        return {f"{kind} {k}": v for kind, losses in parts.items() for k, v in losses.items()}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose tokens for each row of `cond`, then numbers given them; only numbers are steered.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        ids = self.words.propose(cond, rng, Steer(weight=steer.weight))
        energy, project = steer.energy, steer.project

        def whole(numbers: Tensor) -> Tensor:
            return torch.cat([ids.to(numbers), numbers], 1)

        own = replace(
            steer,
            energy=None if energy is None else lambda y: energy(whole(y)),
            project=None if project is None else lambda y: project(whole(y))[:, self.steps :],
        )
        return whole(self.numbers.propose(self._under(cond, ids), rng, own))

    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, " n"]:
        """Log probability of the tokens plus log density of the numbers (nats).

        Raises:
            ValueError: if rows do not fit the family.
            InputError: where one of the two has no density.
        """
        check_rows(x, cond, self.shape, self.c)
        ids, numbers = x[:, : self.steps], x[:, self.steps :]
        if not (isinstance(self.words, HasDensity) and isinstance(self.numbers, HasDensity)):
            raise InputError("a family with a density", type(self.numbers).__name__)
        own = self.numbers.log_density(numbers, self._under(cond, ids))
        return self.words.log_density(ids, cond) + own

    def _under(
        self, cond: Float[Tensor, "n {self.c}"], ids: Float[Tensor, "n s"]
    ) -> Float[Tensor, "n b"]:
        """Conditions, and a column for each token at each step."""
        one = functional.one_hot(ids.to(torch.int64), self.symbols).flatten(1)
        return torch.cat([cond, one.to(cond)], 1)


def _part(plan: Plan, name: str, place: int) -> Plan:
    """Plan of the first or second half of a fit, with its own checkpoint."""
    condition, folder = plan.progress, plan.checkpoint
    return replace(
        plan,
        checkpoint=None if folder is None else folder / name,
        progress=None
        if condition is None
        else lambda i, n, loss: condition((place * n + i) // 2, n, loss),
    )


def _maker(name: str) -> Callable[[tuple[int, ...], int, TwoKinds], Family]:
    return lambda shape, c, codec: TwoKindFamily(shape, c, codec, ON_NUMBERS[name])


tokens_flow_matching = _maker("flow_matching")
tokens_flow = _maker("flow")
tokens_diffusion = _maker("diffusion")
tokens_gan = _maker("gan")
