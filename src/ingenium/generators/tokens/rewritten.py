"""Families that learn another notation of the same designs, such as fragments or graphs."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.model import Family
from ingenium.generators.rows import check_cond, check_rows, finish
from ingenium.generators.tokens.codec import Tokens
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

FEWEST = 0.5  # share of the designs that can be written, below which nothing is learned


@runtime_checkable
class Notation(Protocol):
    """Another notation of designs; designs that it cannot express are left out.

    Shapes: n designs, m of them that can be written.
    """

    @property
    def codec(self) -> Any:
        """Codec of the notation: tokens, or graphs."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one design in the notation."""
        ...

    def written(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "m *form"], Bool[Tensor, " n"]]:
        """Convert the designs that the notation can express, and mark them."""
        ...

    def back(self, y: Float[Tensor, "n *form"]) -> Float[Tensor, "n *shape"]:
        """Convert designs back to tokens; an empty text where that is impossible."""
        ...


@runtime_checkable
class Rewritable(Protocol):
    """Interface of codecs of tokens whose designs can be written in other notations."""

    @property
    def forms(self) -> Mapping[str, Notation]:
        """Notations by name."""
        ...


class NotationFamily:
    """A family that learns designs in another notation, and proposes tokens.

    Shapes: n designs, c spec features, m latent numbers.
    """

    def __init__(self, shape: tuple[int, ...], c: int, form: Notation, inner: Family) -> None:
        self.shape: tuple[int, ...] = shape
        self.c, self.form, self.inner = c, form, inner

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Learn from the designs that the notation can express; `written` is their share.

        Raises:
            InputError: if that is less than half of them.
        """
        check_rows(x, cond, self.shape, self.c)
        y, retained = self.form.written(x)
        share = float(retained.double().mean())
        if share < FEWEST:
            raise InputError(
                f"designs of which at least {FEWEST:.0%} can be written in the form of the family",
                f"{share:.0%}",
                "Use another family.",
            )
        return {**self.inner.fit(y, cond[retained], plan), "written": [share]}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`."""
        check_cond(cond, self.c)
        y = self.inner.propose(cond, rng, Steer(weight=steer.weight, energy=steer.energy))
        return finish(self.form.back(y), steer)

    def latent_of(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n m"]:
        """Mean latent numbers of designs, all of which the notation must express.

        Raises:
            InputError: for another inner family, or designs that cannot be written.
        """
        y, retained = self.form.written(x)
        if not bool(retained.all()):
            raise InputError("designs that can all be written", "others", "Leave those out.")
        return self._vae().latent_of(y)

    def write(
        self, z: Float[Tensor, "n m"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n *shape"]:
        """Decode one design for each row of latent numbers and conditions.

        Raises:
            InputError: for another inner family.
        """
        return self.form.back(self._vae().write(z, cond, rng))

    def _vae(self) -> TokenVAE:
        if not isinstance(self.inner, TokenVAE):
            raise InputError("a family with latent numbers", type(self.inner).__name__)
        return self.inner

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights of the inner family."""
        return self.inner.state_dict()

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> object:
        """Load the weights of the inner family."""
        return self.inner.load_state_dict(state_dict)


def rewritten(
    shape: tuple[int, ...],
    c: int,
    tokens: Tokens,
    form: str,
    make: Callable[[tuple[int, ...], int, Any], Family],
) -> NotationFamily:
    """Build a family on a notation of the designs.

    Raises:
        InputError: if they have no such form.
    """
    forms = tokens.forms if isinstance(tokens, Rewritable) else {}
    if form not in forms:
        raise InputError(
            f"designs that can be written as {form}",
            f"designs with {', '.join(forms) or 'no other form'}",
            "Use another family.",
        )
    chosen = forms[form]
    return NotationFamily(shape, c, chosen, make(chosen.shape, c, chosen.codec))
