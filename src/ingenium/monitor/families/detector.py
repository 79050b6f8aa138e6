"""The contract of detectors of windows, and how tags are standardised.

Shapes: n windows, w rows of one, k tags, d numbers of one.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.train.plan import Plan

FAR = 20.0  # spreads, beyond which a tag counts no more


@dataclass(frozen=True, eq=False)
class WindowExamples:
    """Windows of a training set."""

    normal: Float[Tensor, "n w k"]
    events: Float[Tensor, "m w k"]  # that end in an event; classifiers alone use them
    plan: Plan


class Detector(nn.Module, ABC):
    """A scorer of windows: the less they resemble normal operation, the higher."""

    learns_events = False

    def __init__(self, k: int, window: int) -> None:
        super().__init__()
        self.k, self.window = k, window
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(k))
        self.register_buffer("scale", torch.ones(k))

    @property
    def d(self) -> int:
        """Numbers of a window."""
        return self.k * self.window

    def fit(self, examples: WindowExamples) -> dict[str, list[float]]:
        """Learn scales of the tags, then the rest.

        A tag that never moves gets a scale of 1 % of its size, so that it counts once it moves.
        """
        rows = examples.normal.flatten(0, 1)
        self.mean = rows.mean(0)
        spread = rows.std(0)
        self.scale = torch.where(spread > 1e-6, spread, self.mean.abs().clamp(min=1.0) * 0.01)
        return self.learn(
            WindowExamples(
                self._standard(examples.normal), self._standard(examples.events), examples.plan
            )
        )

    def forward(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        """The score of each window."""
        return self.score(self._standard(x))

    def _standard(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, "n w k"]:
        return ((x - self.mean) / self.scale).clamp(-FAR, FAR)

    @abstractmethod
    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        """Learn from standardised windows; return losses by step, if any."""

    @abstractmethod
    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        """Score standardised windows, by operations that ONNX has."""

    def shares(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, "n k"]:
        """Distance of each tag of the last row from its mean, in spreads: where to look first."""
        return self._standard(x)[:, -1].abs()


class Buffered(Detector):
    """A detector whose learned arrays are buffers of shapes that are known after `learn`."""

    def store(self, **arrays: Tensor) -> None:
        """Register arrays as buffers under names."""
        for name, array in arrays.items():
            self.register_buffer(name, array.to(torch.float32).contiguous())

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *rest: object
    ) -> None:
        for key, value in state_dict.items():
            name = key.removeprefix(prefix)
            if "." not in name and name not in ("mean", "scale"):
                self.register_buffer(name, torch.empty_like(value))
        super()._load_from_state_dict(state_dict, prefix, *rest)
