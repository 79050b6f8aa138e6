"""Variational autoencoder of token sequences."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.generators.tokens.autoregressive import TokenAutoregressive, by_length, half
from ingenium.generators.tokens.codec import Tokens, check_ids
from ingenium.generators.tokens.decoders import Decoder
from ingenium.generators.tokens.drawing import FREELY, Drawing
from ingenium.generators.tokens.vocabulary import END
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer

SURE = 2.0  # initial ratio of latent means to noise, or the decoder would ignore them


@dataclass(frozen=True)
class TokenVAESettings:
    """Latent numbers and the weight of their divergence."""

    latent: int = 64
    beta: float = 0.2  # final weight of the divergence; at 1 a strong decoder leaves them unused
    rise: float = 0.3  # share of the budget over which the weight rises


class TokenVAE(TokenAutoregressive):
    """Autoencoder with latent numbers of a sequence and an autoregressive decoder.

    An encoder reads the sequence to its end; latent numbers are standard normal where designs are
    proposed, whatever the conditions, which the decoder gets as well. Designs with near latent
    numbers are similar, so that one can interpolate between them (`latent_of`, `write`).

    Shapes: n designs, s steps, w numbers of a step, m latent numbers.
    Source: Bowman et al., 2016, arXiv:1511.06349; Gómez-Bombarelli et al., ACS Cent. Sci. 4:268,
        2018 (molecules).
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        tokens: Tokens,
        decoder: Decoder,
        *,
        width: int,
        settings: TokenVAESettings = TokenVAESettings(),
        drawing: Drawing = FREELY,
    ) -> None:
        super().__init__(shape, c, tokens, decoder, width=width, drawing=drawing)
        self.settings = settings
        self.priced = 1.0  # share of beta in force
        self.reader = nn.LSTM(width, width, batch_first=True)
        self.to_latent = nn.Linear(width, 2 * settings.latent)
        self.from_latent = nn.Linear(settings.latent, width)

    def anneal(self, fraction: float) -> None:
        """Raise the weight of the divergence linearly, then hold it."""
        self.priced = min(1.0, fraction / self.settings.rise)

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound without grammar, at the present weight, for each step (nats)."""
        hide = uniform(cond.new_empty(len(cond), 1), rng) < self.drawing.hidden
        condition = torch.where(hide, self.unknown, self.told(cond))
        return self._bound(x.to(torch.int64), condition, rng, self.settings.beta * self.priced)

    def held_out_loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Negative evidence bound with all conditions shown and at the final weight, for checks."""
        with torch.no_grad():
            return self._bound(x.to(torch.int64), self.told(cond), rng, self.settings.beta)

    def _bound(
        self,
        ids: Int[Tensor, "n s"],
        condition: Float[Tensor, "n w"],
        rng: torch.Generator,
        price: float,
    ) -> Float[Tensor, " n"]:
        with half(ids.device):
            mean, spread = self._posterior(ids)
        z = mean + spread * gaussian(mean, rng)
        divergence = (0.5 * (mean.square() + spread.square() - 1) - spread.log()).sum(1)
        lost = self._surprise(ids, condition + self.from_latent(z))
        return (lost + price * divergence) / self.steps

    def _posterior(
        self, ids: Int[Tensor, "n s"]
    ) -> tuple[Float[Tensor, "n m"], Float[Tensor, "n m"]]:
        """Mean and deviation of the latent numbers, by reading each sequence to its end."""
        end = (ids == END).int().argmax(1)
        order, pieces = by_length(end)
        whole = torch.cat([self._read(ids[rows], end[rows]) for rows in pieces])
        mean, raw = self.to_latent(whole[order.argsort()]).float().chunk(2, dim=1)
        return mean, 1e-3 + functional.softplus(raw - SURE)

    def _read(self, ids: Int[Tensor, "n s"], end: Int[Tensor, " n"]) -> Float[Tensor, "n w"]:
        """Hidden state at the end of each sequence."""
        read, _ = self.reader(self.embed(ids[:, : int(end.max()) + 1]))
        known: Tensor = read[torch.arange(len(ids), device=ids.device), end]
        return known

    def latent_of(self, x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n m"]:
        """Return the mean latent numbers of designs."""
        with torch.no_grad():
            return self._posterior(check_ids(x, self.tokens.symbols))[0]

    @torch.no_grad()
    def log_density(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], *, draws: int = 16
    ) -> Float[Tensor, " n"]:
        """Lower bound (in expectation) of the log probability, by importance weighting (nats).

        The samples of a row are the same at every call, whatever rows come with it.

        Source: Burda et al., 2016, arXiv:1509.00519, eq. 8.

        Raises:
            ValueError: if rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        ids, condition = check_ids(x, self.tokens.symbols), self.told(cond)
        mean, spread = self._posterior(ids)
        rng = torch.Generator().manual_seed(0)
        noise = gaussian(mean.new_empty(draws, mean.shape[1]), rng)
        weights = []
        for eps in noise:  # one at a time, or memory would grow with them
            z = mean + spread * eps
            odds = 0.5 * (eps.square() - z.square()) + spread.log()
            weights.append(self._chance(ids, condition + self.from_latent(z)) + odds.sum(1))
        return torch.stack(weights).logsumexp(0) - math.log(draws)

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` requests unsupported guidance.
        """
        check_cond(cond, self.c)
        z = gaussian(cond.new_empty(len(cond), self.settings.latent), rng)
        return self.write(z, cond, rng, steer)

    @torch.no_grad()
    def write(
        self,
        z: Float[Tensor, "n m"],
        cond: Float[Tensor, "n {self.c}"],
        rng: torch.Generator,
        steer: Steer = FREE,
    ) -> Float[Tensor, "n *shape"]:
        """Decode one design for each row of latent numbers and conditions.

        Raises:
            ValueError: if `steer` requests unsupported guidance.
        """
        check_steer(steer, "tokens, which have no gradient", weight=True)
        under = self.from_latent(z)
        return self._write(self.told(cond) + under, self.unknown + under, rng, steer)
