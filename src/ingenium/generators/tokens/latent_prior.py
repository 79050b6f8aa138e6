"""Sequences from the latent numbers of a pretrained autoencoder, under another prior."""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.model import Family
from ingenium.generators.rows import check_cond, check_rows
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

ROWS = 256  # batch size of the encoder


class LatentPrior(nn.Module):
    """A family on the standardised latent numbers of sequences, with a fixed decoder.

    The autoencoder is no part of the state: the caller provides it. Only the latent numbers are
    conditional; the decoder gets no conditions.

    Shapes: n designs, m latent numbers.
    """

    centre: Tensor  # (m,)
    spread: Tensor  # (m,) of the latent numbers of the training designs

    def __init__(
        self, autoencoder: TokenVAE, inner: Callable[[tuple[int, ...], int], Family], c: int
    ) -> None:
        super().__init__()
        m = autoencoder.settings.latent
        self.shape, self.c = autoencoder.shape, c
        self.inner = inner((m,), c)
        self._writer = (autoencoder,)  # in a tuple, which hides it from the state
        self.curve: dict[str, list[float]] = {}  # of the losses of the inner family
        self.register_buffer("centre", torch.zeros(m))
        self.register_buffer("spread", torch.ones(m))

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Fit the inner family to the latent numbers of designs.

        Raises:
            ValueError: if rows or plan do not fit.
        """
        check_rows(x, cond, self.shape, self.c)
        latent = torch.cat([self._writer[0].latent_of(part) for part in x.split(ROWS)])
        self.centre.copy_(latent.mean(0))
        self.spread.copy_(latent.std(0).clamp(min=1e-6))
        self.curve = self.inner.fit((latent - self.centre) / self.spread, cond, plan)
        return self.curve

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        latent = self.inner.propose(cond, rng, replace(steer, project=None))
        untold = cond.new_zeros(len(cond), self._writer[0].c)
        return self._writer[0].write(self.centre + self.spread * latent, untold, rng)
