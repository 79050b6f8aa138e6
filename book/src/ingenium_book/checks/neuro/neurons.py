"""Models of one neuron: its equations, its threshold, and its reset.

Each has two variables, voltage and recovery, and computes their rates and the derivatives of these,
by which `membrane` integrates the linear part exactly.

Shapes: n neurons. Units: mV, ms, nA, MΩ, nF; Izhikevich's currents have none.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError

State = tuple[Tensor, Tensor]  # voltage (mV) and recovery, a number a neuron
Slopes = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]  # v', w', and dv'/dv, dv'/dw, ...


@runtime_checkable
class Neuron(Protocol):
    """Two coupled equations, a threshold and a reset."""

    @property
    def rest(self) -> tuple[float, float]:
        """Initial state."""
        ...

    @property
    def peak_mv(self) -> float:
        """Voltage at which a spike is recorded."""
        ...

    def slopes(self, state: State, current: Float64[Tensor, " n"]) -> Slopes:
        """Rates of voltage and recovery, and their four derivatives."""
        ...

    def after(self, state: State) -> State:
        """State after a spike."""
        ...


@dataclass(frozen=True)
class LIF:
    """Leaky integrate and fire.

    Source: Gerstner et al., Neuronal Dynamics, 2014, eq. 1.5 and 1.10.

    Raises:
        InputError: for a threshold that is not above the reset, or a time that is not positive.
    """

    tau_ms: float = 20.0
    resistance_mohm: float = 10.0
    rest_mv: float = -70.0
    reset_mv: float = -70.0
    threshold_mv: float = -55.0

    def __post_init__(self) -> None:
        if self.tau_ms <= 0:
            raise InputError("a membrane's time above 0 ms", self.tau_ms, "Write 20.")
        if self.threshold_mv <= max(self.reset_mv, self.rest_mv):
            reported = f"{self.threshold_mv:g} mV over {self.rest_mv:g} and {self.reset_mv:g} mV"
            raise InputError("a threshold above rest and reset", reported, "Write -55 over -70.")

    @property
    def rest(self) -> tuple[float, float]:
        """State at rest, without recovery."""
        return self.rest_mv, 0.0

    @property
    def peak_mv(self) -> float:
        """The threshold itself."""
        return self.threshold_mv

    def slopes(self, state: State, current: Float64[Tensor, " n"]) -> Slopes:
        """Linear rates, so that a step of any length is exact."""
        v, none = state[0], torch.zeros_like(state[0])
        toward = self.rest_mv + self.resistance_mohm * current
        return (toward - v) / self.tau_ms, none, none - 1 / self.tau_ms, none, none, none

    def after(self, state: State) -> State:
        """State after the reset."""
        return torch.full_like(state[0], self.reset_mv), state[1]

    def period_ms(self, current: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Time from spike to spike under a constant current; infinite where it is silent."""
        toward = self.rest_mv + self.resistance_mohm * current
        ratio = (toward - self.reset_mv) / (toward - self.threshold_mv)
        spikes = toward > self.threshold_mv
        return torch.where(spikes, self.tau_ms * ratio.clamp_min(1.0).log(), torch.inf)


@dataclass(frozen=True)
class AdEx:
    """Adaptive exponential integrate and fire.

    Source: Brette and Gerstner, J. Neurophysiology 94, 2005; patterns: Naud et al., Biological
    Cybernetics 99, 2008, table 1.
    """

    capacity_nf: float = 0.2
    leak_us: float = 0.012  # µS
    rest_mv: float = -70.0
    threshold_mv: float = -50.0
    slope_mv: float = 2.0
    couple_us: float = 0.002  # a
    tau_ms: float = 300.0  # of the adaptation
    jump_na: float = 0.06  # b
    reset_mv: float = -58.0
    peak_mv: float = 0.0

    @property
    def rest(self) -> tuple[float, float]:
        """State at rest, without adaptation."""
        return self.rest_mv, 0.0

    def slopes(self, state: State, current: Float64[Tensor, " n"]) -> Slopes:
        """Rates of voltage and adaptation (nA)."""
        v, w = state
        grown = torch.exp((v - self.threshold_mv) / self.slope_mv)
        flow = self.leak_us * (self.slope_mv * grown - (v - self.rest_mv))
        slow = torch.full_like(v, self.couple_us / self.tau_ms)
        return (
            (flow - w + current) / self.capacity_nf,
            (self.couple_us * (v - self.rest_mv) - w) / self.tau_ms,
            self.leak_us * (grown - 1) / self.capacity_nf,
            torch.full_like(v, -1 / self.capacity_nf),
            slow,
            torch.full_like(v, -1 / self.tau_ms),
        )

    def after(self, state: State) -> State:
        """State after the reset, with increased adaptation."""
        return torch.full_like(state[0], self.reset_mv), state[1] + self.jump_na


@dataclass(frozen=True)
class Izhikevich:
    """Two equations that reproduce the firing of cortical cells.

    Source: Izhikevich, IEEE Transactions on Neural Networks 14, 2003, eq. 1 to 3 and figure 2.
    """

    a: float = 0.02
    b: float = 0.2
    c_mv: float = -65.0
    d: float = 8.0
    peak_mv: float = 30.0

    @property
    def rest(self) -> tuple[float, float]:
        """Initial state of the article's own program."""
        return -65.0, -65.0 * self.b

    def slopes(self, state: State, current: Float64[Tensor, " n"]) -> Slopes:
        """Rates of voltage and recovery."""
        v, u = state
        one = torch.ones_like(v)
        fast = 0.04 * v.square() + 5 * v + 140 - u + current
        slow = self.a * (self.b * v - u)
        return fast, slow, 0.08 * v + 5, -one, self.a * self.b * one, -self.a * one

    def after(self, state: State) -> State:
        """State after the reset, with increased recovery."""
        return torch.full_like(state[0], self.c_mv), state[1] + self.d


IZHIKEVICH = {
    "tonic": Izhikevich(0.02, 0.2, -65.0, 8.0),
    "bursting": Izhikevich(0.02, 0.2, -55.0, 4.0),
    "chattering": Izhikevich(0.02, 0.2, -50.0, 2.0),
    "fast_spiking": Izhikevich(0.1, 0.2, -65.0, 2.0),
}  # regular spiking, intrinsically bursting, chattering, fast spiking, in the article's terms
ADEX = {
    "tonic": (AdEx(0.2, 0.010, -70.0, -50.0, 2.0, 0.002, 30.0, 0.0, -58.0), 0.5),
    "chattering": (AdEx(0.2, 0.010, -58.0, -50.0, 2.0, 0.002, 120.0, 0.1, -46.0), 0.21),
    "bursting": (AdEx(0.13, 0.018, -58.0, -50.0, 2.0, 0.004, 150.0, 0.12, -50.0), 0.4),
}  # with the current (nA), as in the table: tonic, regular bursting, initial burst
