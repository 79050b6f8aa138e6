"""The suite of emulators on any family: fit to a known law, propose, and report faults.

The law is a set of short series with heavy tails, a red spectrum and a level that follows two
conditions; families are called through their contract alone, so the suite also runs on those of
third parties.

Shapes: n designs, d channels, t steps, c features of conditions.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.generators.model import Family
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan
from ingenium_book.checks.physics.emulators import Emulated

SHAPE: tuple[int, ...] = (2, 12)
CONDITIONS = 2
LEARNED, HELD = 600, 600  # designs
DEGREES, REDNESS = 8.0, 0.8  # of Student's law, and memory of a step
BEYOND = (1.6, -1.2)  # conditions, where those of training lie within 1


Change = Callable[["DrawnLaw", Tensor, Tensor, torch.Generator], Tensor]  # a planted fault


class KnownSeries:
    """Series of red noise with Student's distribution around a level."""

    def conditions(self, n: int, rng: torch.Generator) -> Float[Tensor, "n c"]:
        """Sample conditions uniformly within 1."""
        return 2 * torch.rand(n, CONDITIONS, generator=rng) - 1

    def beyond(self, n: int) -> Float[Tensor, "n c"]:
        """One condition outside training."""
        return torch.tensor(BEYOND).expand(n, -1)

    def sample(self, cond: Float[Tensor, "n c"], rng: torch.Generator) -> Float[Tensor, "n d t"]:
        """Sample a design for each row."""
        n, (d, t) = len(cond), SHAPE
        noise = torch.randn(n, d, t, generator=rng)
        steps = [noise[..., 0]]
        for i in range(1, t):  # each step from the last
            steps.append(REDNESS * steps[-1] + math.sqrt(1 - REDNESS**2) * noise[..., i])
        size = torch.randn(n, int(DEGREES), generator=rng).square().mean(1).sqrt()
        level = cond[:, :1, None] + 0.5 * cond[:, 1:, None] * torch.linspace(-1, 1, t)
        return 0.7 * torch.stack(steps, -1) / size[:, None, None] + level


class DrawnLaw(torch.nn.Module):
    """The law as a family: it learns nothing, and samples the law or its `changed` version."""

    shape, c = SHAPE, CONDITIONS

    def __init__(self, changed: Change | None = None) -> None:
        super().__init__()
        self.law, self.changed, self.shown = KnownSeries(), changed, torch.zeros(0)

    def fit(
        self, x: Float[Tensor, "n d t"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Store the shown designs."""
        self.shown = x
        return {}

    def propose(
        self, cond: Float[Tensor, "n c"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n d t"]:
        """Sample a design for each row."""
        x = self.law.sample(cond, rng)
        return x if self.changed is None else self.changed(self, x, cond, rng)


def emulated(family: Family, plan: Plan, *, seed: int = 0) -> Emulated:
    """Fit the family to the law, and collect its proposals with fresh samples of the law."""
    law, rng = KnownSeries(), torch.Generator().manual_seed(seed)
    cond, held = law.conditions(LEARNED, rng), law.conditions(HELD, rng)
    beyond = law.beyond(HELD)
    training = law.sample(cond, rng)
    family.fit(training, cond, plan)
    sets = (
        law.sample(held, rng),
        family.propose(held, rng),
        training,
        law.sample(beyond, rng),
        family.propose(beyond, rng),
    )
    return Emulated(*(x.double().numpy() for x in sets))


def _thin(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    return x.clamp(x.mean() - 1.6 * x.std(), x.mean() + 1.6 * x.std())


def _smooth(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    return (x + x.roll(1, -1) + x.roll(-1, -1)) / 3


def _few(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    return x[torch.arange(len(x)) % 12] + 0.01 * torch.randn(x.shape, generator=rng)


def _known(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    chosen = torch.randint(0, len(own.shown), (len(x),), generator=rng)
    return own.shown[chosen] + 0.05 * torch.randn(x.shape, generator=rng)


def _stays(own: DrawnLaw, x: Tensor, cond: Tensor, rng: torch.Generator) -> Tensor:
    return own.law.sample(cond.clamp(-1, 1), rng)


FAULTS: Mapping[str, tuple[Change, str]] = MappingProxyType(
    {  # planted, with the measure that must catch each
        "no value beyond 1.6 deviations": (_thin, "tails"),
        "each step the mean with its neighbours": (_smooth, "spectrum (dB)"),
        "twelve designs again and again": (_few, "different ones"),
        "designs of the training, hardly changed": (_known, "nearness to training"),
        "staying at the border of what was learned": (_stays, "shift"),
    }
)
