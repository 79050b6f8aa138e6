"""A generator of sensor choices that hears how a plate moves and has learned from solved plates."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.generators.model import Model
from ingenium.generators.rows import check_cond, check_steer
from ingenium.sampling.steer import FREE, Steer
from ingenium_book.studies.structures.plates.plate import PATCHES

COUNT = PATCHES[0] * PATCHES[1]
WIDTH, LAYERS = 24, 3


def heard(rows: Float[Tensor, "n p m"]) -> Float[Tensor, "n c"]:
    """What the generator is told of plates: how loud each patch is in each mode, and in all.

    Squares, since a mode has no sign; each in parts of its largest. And what the other sensors
    leave unknown of each.
    """
    square = rows.square()
    whole = torch.eye(rows.shape[2], dtype=rows.dtype) + rows.mT @ rows
    own = (rows * torch.linalg.solve(whole, rows.mT).mT).sum(2, keepdim=True)
    loud = square.sum(2, keepdim=True)
    parts = [part / part.amax(1, keepdim=True) for part in (square, loud, own)]
    return torch.cat(parts, 2).mT.flatten(1).float()


class Proposer(Model):
    """Fills a set, one sensor after the other, each drawn in sight of those before.

    It has learned, from choices that were solved, which of the rest belong to a part of one, in
    whatever order: so it draws from sets and not from lists. A network of convolutions over the
    plate, with the mean over the plate in every layer.

    Shapes: designs (128,) of 0 and 1.
    Source: Uria, Murray and Larochelle, ICML 2014 (all orders by one network).
    """

    def __init__(self, modes: int, k: int) -> None:
        super().__init__((COUNT,), (modes + 2) * COUNT)
        self.k = k
        widths = [modes + 3, *[WIDTH] * LAYERS]
        self.near = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.far = nn.ModuleList(nn.Linear(w, WIDTH) for w in widths[:-1])
        self.end = nn.Conv2d(WIDTH, 1, 1)

    def worth(
        self, chosen: Float[Tensor, "n 128"], cond: Float[Tensor, "n {self.c}"]
    ) -> Float[Tensor, "n 128"]:
        """Logits of which sensor is next; those that are chosen have none."""
        x = torch.cat([cond.view(len(cond), -1, *PATCHES), chosen.view(-1, 1, *PATCHES)], 1)
        for near, far in zip(self.near, self.far, strict=True):
            x = nn.functional.silu(near(x) + far(x.mean((2, 3)))[:, :, None, None])
        logits: Tensor = self.end(x).flatten(1)
        return logits.masked_fill(chosen > 0, -torch.inf)

    def loss(
        self, x: Float[Tensor, "n 128"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Nats a sensor of what is left, given a random part of the set."""
        order = torch.rand(x.shape, generator=rng).masked_fill(x < 0.5, 2.0).argsort(1).argsort(1)
        known = torch.randint(self.k, (len(x), 1), generator=rng)
        part, rest = ((order < known) & (x > 0.5)).float(), (order >= known) & (x > 0.5)
        surprise = -self.worth(part, cond).log_softmax(1)
        return surprise.masked_fill(~rest, 0.0).sum(1) / rest.sum(1)

    @torch.no_grad()
    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n 128"]:
        """One choice for each row of conditions."""
        check_cond(cond, self.c)
        check_steer(steer, "proposer")
        chosen = torch.zeros(len(cond), COUNT)
        for _ in range(self.k):
            chance = self.worth(chosen, cond).softmax(1)
            chosen.scatter_(1, torch.multinomial(chance, 1, generator=rng), 1.0)
        return chosen
