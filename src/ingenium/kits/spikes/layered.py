"""Layers of leaky neurons in time steps, as on chips; batched over networks.

A constant drive gives the currents of the first layer. A spike reaches the next layer one step
later and raises its voltages by its weights; in a step a voltage first decays by its exact share,
then adds the input, then is compared with the threshold. The last layer does not spike: its
voltages after the last step are the output.

Shapes: n designs, m inputs, h neurons, o outputs, t steps, *p networks (none of a single one).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.spikes.surrogate import Firing

COARSEST = 1.0  # of a membrane's time: a longer step forgets the past
SILENT, BUSY = 1e-3, 0.95  # spikes of a neuron and step: outside, no information


@dataclass(frozen=True)
class Rhythm:
    """Number and length of time steps, and the membranes' time constant.

    Raises:
        InputError: for no step, or one too long for the membrane, with the step to use.
    """

    steps: int = 16
    step_ms: float = 1.0
    tau_ms: float = 8.0

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= 10_000:
            raise InputError("1 to 10,000 steps", self.steps, "Write 16.")
        if not (self.tau_ms > 0 and 0 < self.step_ms <= COARSEST * self.tau_ms):
            raise InputError(
                f"a time step of at most {COARSEST * self.tau_ms:g} ms, the membrane's time",
                f"{self.step_ms:g} ms",
                f"Write {self.tau_ms / 8:g}.",
            )

    @property
    def retained(self) -> float:
        """Share of a voltage that remains after a step."""
        return math.exp(-self.step_ms / self.tau_ms)

    @property
    def level(self) -> float:
        """Voltage after the last step under an input of 1 in each."""
        return (1 - self.retained**self.steps) / (1 - self.retained)


def fired(
    arriving: Float[Tensor, "t *n h"], rhythm: Rhythm, sharpness: float = 5.0
) -> Float[Tensor, "t *n h"]:
    """Simulate spikes of neurons with a threshold of 1 and a reset to 0, from their inputs."""
    spikes: Tensor = Firing.apply(arriving, rhythm.retained, sharpness)[0]  # type: ignore[no-untyped-call]
    return spikes


def later(spikes: Float[Tensor, "t *n h"]) -> Float[Tensor, "t *n h"]:
    """Delay spikes by a step."""
    return torch.cat([torch.zeros_like(spikes[:1]), spikes[:-1]])


def gathered(spikes: Float[Tensor, "t *n h"], rhythm: Rhythm) -> Float[Tensor, "*n h"]:
    """Voltage after the last step, from an input of 1 at each spike."""
    age = torch.arange(len(spikes) - 1, -1, -1, dtype=spikes.dtype)
    left = rhythm.retained**age
    found: Tensor = torch.tensordot(left, later(spikes), dims=1)
    return found


@dataclass(frozen=True)
class LayeredRun:
    """Spikes of each spiking layer, and output voltages."""

    spikes: tuple[Tensor, ...]  # (t, *p, n, h) each
    read: Tensor  # (*p, n, o)


@dataclass(frozen=True, eq=False)
class LayeredNetwork:
    """Weights of one network, or of many of one size: (*p, out, in) and (*p, out) a layer.

    Raises:
        InputError: for layers that do not fit one another.
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]  # of the first layer a current as the drive's; else lifts each step
    rhythm: Rhythm

    def __post_init__(self) -> None:
        if len(self.weights) < 2 or len(self.weights) != len(self.biases):
            raise InputError("a layer that spikes and one that is read", len(self.weights))
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if w.shape[:-1] != b.shape or (i and w.shape[-1] != self.weights[i - 1].shape[-2]):
                raise InputError(f"layer {i} that fits the one before", tuple(w.shape))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of inputs, of neurons in each layer, and of outputs."""
        return (self.weights[0].shape[-1], *(w.shape[-2] for w in self.weights))

    def run(self, drive: Float[Tensor, "*p n m"]) -> LayeredRun:
        """Run every network on its drives; a network without an axis of its own is shared."""
        rhythm, spikes = self.rhythm, []
        share = 1 - rhythm.retained
        current = _through(drive, self.weights[0]) + self.biases[0][..., None, :]
        arriving = (share * current).expand(rhythm.steps, *current.shape)
        for w, b in zip(self.weights[1:], self.biases[1:], strict=True):
            spikes.append(fired(arriving, rhythm))
            if w is not self.weights[-1]:
                arriving = _through(later(spikes[-1]), w) + b[..., None, :]
        read = _through(gathered(spikes[-1], rhythm), self.weights[-1])
        return LayeredRun(tuple(spikes), read + rhythm.level * self.biases[-1][..., None, :])


def _through(x: Tensor, w: Tensor) -> Tensor:
    return x @ w.mT


def heard(spikes: Sequence[Tensor]) -> None:
    """Refuse networks whose spikes carry no information.

    Raises:
        InputError: for a layer that is silent or saturated, by the share of steps with a spike.
    """
    for i, own in enumerate(spikes):
        share = float(own.mean())
        if share < SILENT:
            raise InputError(
                f"a layer {i + 1} that spikes",
                f"one that is silent: {share:.1e} spikes a neuron and step",
                "Raise the drive or the weights, or lower the threshold.",
            )
        if share > BUSY:
            raise InputError(
                f"a layer {i + 1} whose spikes differ",
                f"one that is saturated: {share:.2f} spikes a neuron and step",
                "Lower the drive or the weights, or raise the threshold.",
            )
