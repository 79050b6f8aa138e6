"""Codec of text: code points to token numbers and back, exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.generators.tokens.vocabulary import BEGIN, END, PAD, Vocabulary


@runtime_checkable
class Grammar(Protocol):
    """Rules on the next token, so that proposals obey the language by construction.

    A state holds whatever the grammar remembers of a batch of beginnings; rows do not influence
    each other. Only tokens that a model would sample are checked, so that a check may be slow. Some
    token must be permitted in every reachable state, and the end early enough: `left` counts the
    steps that are left, this one included, of which the last can only be the end.
    """

    def start(self, n: int) -> Any:
        """Return the state of `n` empty beginnings."""
        ...

    def permits(
        self, state: Any, rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Return for some rows of the batch whether each may continue with its token."""
        ...

    def follow(self, state: Any, ids: Int[Tensor, " n"]) -> Any:
        """Return the state after one more token of each row; pads follow an end."""
        ...


@runtime_checkable
class Tokens(Protocol):
    """Interface of codecs whose designs are sequences of whole numbers, for families on tokens."""

    @property
    def symbols(self) -> int:
        """Number of tokens, including those that pad, begin and end (0, 1, 2)."""
        ...

    @property
    def grammar(self) -> Grammar | None:
        """Grammar of the sequences; None if everything is permitted."""
        ...


@runtime_checkable
class TwoKinds(Protocol):
    """Interface of codecs with tokens in the first columns of designs, then numbers."""

    @property
    def words(self) -> Tokens:
        """Codec of the tokens."""
        ...

    @property
    def steps(self) -> int:
        """Number of columns of tokens."""
        ...


Kind = Literal["numbers", "tokens", "both"]


def kind_of(codec: object) -> Kind:
    """Return the kind of standardised designs of a codec."""
    if isinstance(codec, Tokens):
        return "tokens"
    return "both" if isinstance(codec, TwoKinds) else "numbers"


@dataclass(frozen=True)
class TokenCodec:
    """One text variable as token numbers, an end, and pads up to `steps`.

    Shapes: n designs, s steps.
    """

    vocabulary: Vocabulary
    steps: int  # tokens of the longest text, and its end
    longest: int  # characters, as in the variable
    grammar: Grammar | None = None
    name: str = "text"  # of the variable, for messages
    tolerance: float = field(default=0.0, init=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return (self.steps,)

    @property
    def symbols(self) -> int:
        """Number of tokens."""
        return len(self.vocabulary)

    def encode(self, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n {self.steps}"]:
        """Return the token numbers of each text.

        Raises:
            InputError: for a text with unknown tokens, or with too many.
        """
        return self.of_texts(texts(arrays[0], name=self.name))

    def of_texts(self, listed: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """Encode texts."""
        rows = self.vocabulary.encode(listed)
        length = np.fromiter(map(len, rows), int, len(rows))
        if len(rows) and length.max() >= self.steps:
            raise InputError(
                f"{self.name} of at most {self.steps - 1} tokens",
                f"{length.max()} tokens: {listed[int(length.argmax())]!r}",
                "Leave such texts out, or build the codec with more steps.",
            )
        ids = np.full((len(rows), self.steps), PAD, np.float32)
        row = np.repeat(np.arange(len(rows)), length)
        step = np.arange(length.sum()) - np.repeat(length.cumsum() - length, length)
        if len(row):
            ids[row, step] = np.concatenate(rows)
        ids[np.arange(len(rows)), length] = END
        return torch.from_numpy(ids)

    def decode(self, x: Float[Tensor, "n {self.steps}"]) -> tuple[Tensor, ...]:
        """Return code points of the texts; a text is cut at the length of the variable."""
        return (codes([t[: self.longest] for t in self.to_texts(x)], self.longest),)

    def to_texts(self, x: Float[Tensor, "n {self.steps}"]) -> list[str]:
        """Return the texts of token numbers, each up to its end."""
        rows = x.detach().round().clamp(PAD, self.symbols - 1).to(torch.int64).tolist()
        return [self.vocabulary.decode(row) for row in rows]


def check_ids(x: Tensor, symbols: int) -> Int[Tensor, "n s"]:
    """Convert designs to whole numbers and check them: tokens, one end, then only pads.

    Raises:
        InputError: for anything else.
    """
    ids = x.round().to(torch.int64)
    whole = bool((ids == x).all()) and bool(((ids >= PAD) & (ids < symbols)).all())
    ended = (ids == END).cumsum(1) > 0
    after = torch.cat([torch.zeros_like(ended[:, :1]), ended[:, :-1]], 1)
    right = ((ids == PAD) == after).all() and ended[:, -1].all() and (ids != BEGIN).all()
    if not (whole and bool(right)):
        raise InputError(
            f"numbers of tokens below {symbols}, with one end, and pads after it",
            "other numbers",
            "Make them with a codec of tokens.",
        )
    return ids
