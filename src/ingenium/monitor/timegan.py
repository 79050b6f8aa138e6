"""TimeGAN: windows generated in a learned latent space whose steps in time are learned as well.

Shapes: n windows, k tags, w rows of a window, h latent numbers of a row.
"""

from dataclasses import replace
from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.sampling.noise import uniform
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train

CALLED_WELL = 0.15  # loss below which the critic waits, as in the authors' code


class _Along(nn.Module):
    """A recurrent network with numbers out at each row, in 0 to 1 unless they are logits."""

    def __init__(self, into: int, width: int, out: int, *, logits: bool = False) -> None:
        super().__init__()
        self.along, self.head = nn.GRU(into, width, batch_first=True), nn.Linear(width, out)
        self.logits = logits

    def forward(self, x: Float[Tensor, "n w a"]) -> Float[Tensor, "n w b"]:
        out: Tensor = self.head(self.along(x)[0])
        return out if self.logits else out.sigmoid()


class TimeGAN(nn.Module):
    """Embedding, recovery, generator, supervisor and critic, in three phases of equal length.

    The embedding learns to be recovered; then the supervisor learns the next latent row from those
    before; then generator and embedding learn together against the critic, which sees latent rows.
    Each recurrent network has one layer, as the windows are short.

    Source: Yoon, Jarrett and van der Schaar, NeurIPS 2019, eqs. 7 to 11; weights of losses and the
        critic's waiting from the authors' code, github.com/jsyoon0823/TimeGAN.
    """

    low: Tensor  # (k, 1)
    range: Tensor  # (k, 1)

    def __init__(self, shape: tuple[int, int], width: int = 24) -> None:
        super().__init__()
        self.k, self.w = shape
        self.width = width
        self.embed = _Along(self.k, width, width)
        self.recover = _Along(width, width, self.k)
        self.make = _Along(width, width, width)
        self.supervise = _Along(width, width, width)
        self.critic = _Along(width, width, 1, logits=True)
        self.register_buffer("low", torch.zeros(self.k, 1))
        self.register_buffer("range", torch.ones(self.k, 1))
        self.phase = 0

    def fit(self, x: Float[Tensor, "n {self.k} {self.w}"], plan: Plan) -> dict[str, list[float]]:
        """Train all three phases, each for the steps of the plan; return the losses of the last."""
        self.low = x.amin((0, 2))[:, None]
        self.range = (x.amax((0, 2))[:, None] - self.low).clamp(min=1e-3)
        rows = ((x - self.low) / self.range).transpose(1, 2).contiguous()
        curve = dict[str, list[float]]()
        for self.phase in range(3):
            last_weights = replace(plan, held_out=0.0)
            curve = train(self, rows, torch.zeros(len(x), 1), last_weights)
        return curve

    @torch.no_grad()
    def propose(self, count: int, rng: torch.Generator) -> Float[Tensor, "n k w"]:
        """Generate `count` windows from fresh noise."""
        found: Tensor = self.recover(self.supervise(self.make(self._noise(count, rng))))
        return found.transpose(1, 2) * self.range + self.low

    def turns(self) -> tuple[Turn, ...]:
        """Optimisers: one for each of the first two phases; three in the last, two steps to one."""
        embedding = (*self.embed.parameters(), *self.recover.parameters())
        if self.phase == 0:
            return (Turn(embedding, self._recovery),)
        if self.phase == 1:
            return (Turn(tuple(self.supervise.parameters()), self._next_row),)
        making = tuple(chain(self.make.parameters(), self.supervise.parameters()))
        return (
            Turn(making, self._making, 2),
            Turn(embedding, self._embedding, 2),
            Turn(tuple(self.critic.parameters()), self._criticism),
        )

    def anneal(self, fraction: float) -> None:
        """Do nothing: no setting changes within a phase."""

    def held_out_loss(
        self, x: Tensor, condition: Tensor, rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Error of recovered windows."""
        return self._recovery(x, condition, rng)

    def _noise(self, count: int, rng: torch.Generator) -> Float[Tensor, "n w h"]:
        return uniform(torch.empty(count, self.w, self.width), rng)

    def _recovery(self, x: Tensor, condition: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Eq. 7."""
        return _root(self.recover(self.embed(x)) - x, 10.0)

    def _next_row(self, x: Tensor, condition: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Eq. 9."""
        h = self.embed(x)
        loss: Tensor = (h[:, 1:] - self.supervise(h)[:, :-1]).square().mean((1, 2))
        return loss

    def _embedding(self, x: Tensor, condition: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Eq. 10."""
        return self._recovery(x, condition, rng) + 0.1 * self._next_row(x, condition, rng)

    def _making(self, x: Tensor, condition: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Eq. 11, with the distance of the first two moments of the windows."""
        raw = self.make(self._noise(len(x), rng))
        stepped = self.supervise(raw)
        fooled = _reported(self.critic(stepped), 1.0) + _reported(self.critic(raw), 1.0)
        made = self.recover(stepped)
        spread = (made.var(0) + 1e-6).sqrt() - (x.var(0) + 1e-6).sqrt()
        moments = spread.abs().mean() + (made.mean(0) - x.mean(0)).abs().mean()
        h = self.embed(x).detach()
        loss: Tensor = fooled + _root(h[:, 1:] - self.supervise(h)[:, :-1], 100.0) + 100.0 * moments
        return loss

    def _criticism(self, x: Tensor, condition: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Eq. 8; zero while the critic separates nearly all."""
        with torch.no_grad():
            raw = self.make(self._noise(len(x), rng))
            stepped, h = self.supervise(raw), self.embed(x)
        made = _reported(self.critic(stepped), 0.0) + _reported(self.critic(raw), 0.0)
        loss = _reported(self.critic(h), 1.0) + made
        return loss * float(loss.mean() > CALLED_WELL)


def _root(gap: Tensor, weight: float) -> Float[Tensor, " n"]:
    """Root of the mean square over all windows, repeated for each of them."""
    return weight * (gap.square().mean() + 1e-12).sqrt().expand(len(gap))


def _reported(logits: Float[Tensor, "n w 1"], as_true: float) -> Float[Tensor, " n"]:
    target = torch.full_like(logits, as_true)
    loss = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return loss.mean((1, 2))
