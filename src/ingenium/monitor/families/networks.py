"""Networks on windows: two reconstruct normal operation, two classify events.

Shapes: n windows, w rows of one, k tags.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.monitor.families.detector import Detector, WindowExamples
from ingenium.train.plan import Turn
from ingenium.train.trainer import train


class TrainedDetector(Detector):
    """A detector that the engine's trainer fits."""

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        x, condition = examples.normal, torch.zeros(len(examples.normal), 1)
        if self.learns_events and len(examples.events):
            x = torch.cat([x, examples.events])
            condition = torch.cat([condition, torch.ones(len(examples.events), 1)])
        self.train()
        curve = train(self, x, condition, examples.plan)
        self.eval()
        return curve

    def turns(self) -> tuple[Turn, ...]:
        """One optimiser."""
        return (Turn(tuple(self.parameters()), self.loss),)

    def anneal(self, fraction: float) -> None:
        """Do nothing: no setting changes during training."""

    def held_out_loss(
        self, x: Float[Tensor, "n w k"], condition: Float[Tensor, "n 1"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """The loss itself, for early stopping."""
        return self.loss(x, condition, rng)

    @abstractmethod
    def loss(
        self, x: Float[Tensor, "n w k"], condition: Float[Tensor, "n 1"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss of each window."""


class WindowAutoencoder(TrainedDetector):
    """Squared error of windows rebuilt from a narrow layer.

    Source: Taormina and Galelli, J. Water Resour. Plan. Manag. 144, 2018, on BATADAL.
    """

    def __init__(self, k: int, window: int, width: int = 96, few: int = 12) -> None:
        super().__init__(k, window)
        self.down = nn.Sequential(nn.Linear(self.d, width), nn.Tanh(), nn.Linear(width, few))
        self.up = nn.Sequential(
            nn.Tanh(), nn.Linear(few, width), nn.Tanh(), nn.Linear(width, self.d)
        )

    def loss(
        self, x: Float[Tensor, "n w k"], condition: Float[Tensor, "n 1"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        return self.score(x)

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        flat = x.flatten(1)
        out: Tensor = (self.up(self.down(flat)) - flat).square().mean(1)
        return out


class VariationalAutoencoder(TrainedDetector):
    """Negative evidence bound of windows, without noise when it scores.

    Source: Kingma and Welling, ICLR 2014.
    """

    price = 0.1  # of the divergence, by number of a window

    def __init__(self, k: int, window: int, width: int = 96, few: int = 12) -> None:
        super().__init__(k, window)
        self.down = nn.Sequential(nn.Linear(self.d, width), nn.Tanh(), nn.Linear(width, 2 * few))
        self.up = nn.Sequential(nn.Linear(few, width), nn.Tanh(), nn.Linear(width, self.d))

    def loss(
        self, x: Float[Tensor, "n w k"], condition: Float[Tensor, "n 1"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        mean, log_variance = self.down(x.flatten(1)).chunk(2, 1)
        noise = torch.randn(mean.shape, generator=rng)
        return self._bound(x, mean, log_variance, mean + noise * (0.5 * log_variance).exp())

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        mean, log_variance = self.down(x.flatten(1)).chunk(2, 1)
        return self._bound(x, mean, log_variance, mean)

    def _bound(
        self, x: Float[Tensor, "n w k"], mean: Tensor, log_variance: Tensor, z: Tensor
    ) -> Float[Tensor, " n"]:
        error = (self.up(z) - x.flatten(1)).square().mean(1)
        distance = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(1)
        out: Tensor = error + self.price * distance
        return out


class Classifier(TrainedDetector):
    """A classifier of event windows against normal ones; both sides weigh the same."""

    learns_events = True

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        share = len(examples.events) / max(len(examples.normal), 1)
        self.weight = min(1.0 / max(share, 1e-3), 100.0)
        return super().learn(examples)

    weight = 1.0  # of an event's window

    def loss(
        self, x: Float[Tensor, "n w k"], condition: Float[Tensor, "n 1"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        own = condition[:, 0]
        found = nn.functional.binary_cross_entropy_with_logits(self.score(x), own, reduction="none")
        return found * torch.where(own > 0.5, self.weight, 1.0)


class LSTM(Classifier):
    """The last state of a recurrent network.

    Source: Hochreiter and Schmidhuber, Neural Computation 9, 1997.
    """

    def __init__(self, k: int, window: int, width: int = 48) -> None:
        super().__init__(k, window)
        self.along = nn.LSTM(k, width, batch_first=True)
        self.head = nn.Linear(width, 1)

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        states, _ = self.along(x)
        out: Tensor = self.head(states[:, -1])[:, 0]
        return out


class WindowTransformer(Classifier):
    """An encoder over the rows of a window, read at the last one.

    Source: Vaswani et al., NeurIPS 2017.
    """

    def __init__(self, k: int, window: int, width: int = 48) -> None:
        super().__init__(k, window)
        self.enter = nn.Linear(k, width)
        self.place = nn.Parameter(0.02 * torch.randn(window, width))
        self.query = nn.ModuleList([nn.Linear(width, 3 * width) for _ in range(2)])
        self.mix = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.think = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
                for _ in range(2)
            ]
        )
        self.normal = nn.ModuleList([nn.LayerNorm(width) for _ in range(4)])
        self.head = nn.Linear(width, 1)

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        h = self.enter(x) + self.place
        for i in range(2):
            q, k, v = self.query[i](self.normal[2 * i](h)).chunk(3, -1)
            weights = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(-1)
            h = h + self.mix[i](weights @ v)
            h = h + self.think[i](self.normal[2 * i + 1](h))
        out: Tensor = self.head(h[:, -1])[:, 0]
        return out
