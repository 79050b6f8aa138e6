"""Voltages and spikes of neurons under currents, with each crossing located inside its step.

In a step the equations are those of the tangent at its start, whose flow is known in closed form:
the linear part is exact, the rest of second order (exponential Rosenbrock-Euler). If the voltage
ends above the peak, the moment of the crossing is found on that flow, the neuron is reset there,
and the rest of the step starts again, as often as needed.

Shapes: n neurons, t steps, s spikes.
Source: Hochbruck, Ostermann and Schweitzer, SIAM J. Numerical Analysis 47, 2009, eq. 2.3.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium_book.checks.neuro.neurons import Neuron, Slopes, State

HALVINGS = 90  # of a step at most, where the crossing is located
CLOSE, FAR = 1e-13, 1e3  # of a step or mV: located; mV: effectively infinite
MOST_SPIKES = 100  # of a neuron in one step
MOST_STEPS = 10_000_000


@dataclass(frozen=True)
class FiringTrace:
    """Voltages at the end of each step, and all spikes, each at its moment."""

    voltage_mv: Float64[Tensor, "n t"]
    step_ms: float
    neuron: Int64[Tensor, " s"]
    time_ms: Float64[Tensor, " s"]

    def of(self, neuron: int) -> Float64[Tensor, " s"]:
        """Moments of one neuron's spikes."""
        return self.time_ms[self.neuron == neuron]


def simulate(neuron: Neuron, current: Float64[Tensor, "n t"], step_ms: float) -> FiringTrace:
    """Simulate neurons of one kind from rest, with a constant current in each step.

    Raises:
        InputError: for currents that are not finite, or a step that is not positive or too coarse.
    """
    if not current.isfinite().all():
        raise InputError("finite currents", "others", "Leave them out.")
    if not 0 < step_ms < float("inf") or current.shape[1] > MOST_STEPS:
        reported = f"{current.shape[1]} of {step_ms} ms"
        raise InputError(f"up to {MOST_STEPS} steps longer than 0 ms", reported)
    state = tuple(torch.full_like(current[:, 0], x) for x in neuron.rest)
    voltages, who, when = [], [], []
    for k in range(current.shape[1]):
        state, spikes = _step(neuron, (state[0], state[1]), current[:, k], step_ms)
        voltages.append(state[0])
        for rows, moment in spikes:
            who.append(rows)
            when.append(k * step_ms + moment)
    spiked = torch.cat(who) if who else torch.zeros(0, dtype=torch.int64)
    times = torch.cat(when) if when else current.new_zeros(0)
    order = times.argsort(stable=True)
    return FiringTrace(torch.stack(voltages, 1), step_ms, spiked[order], times[order])


def settled(
    neuron: Neuron, current: Float64[Tensor, "n t"], step_ms: float, *, within_ms: float = 1.0
) -> FiringTrace:
    """Simulate, and check that half the step moves no spike by more than `within_ms`.

    Raises:
        InputError: for a step that is too coarse, with a sufficient one.
    """
    coarse, step, times = simulate(neuron, current, step_ms), step_ms, 1
    found = coarse
    while True:
        step, times = step / 2, times * 2
        finer = simulate(neuron, current.repeat_interleave(times, 1), step)
        if _distance_ms(found, finer) <= within_ms:
            break
        if times >= 64:
            raise InputError(
                "a neuron whose spikes a finer step leaves where they are",
                f"other spikes at {step:g} ms than at {2 * step:g} ms",
                "Shorten the time, or leave out currents at the edge of spiking.",
            )
        found = finer
    if times > 2:
        raise InputError(
            f"a time step of at most {2 * step:g} ms for this neuron and current",
            f"{step_ms:g} ms, which moves its spikes",
            f"Write {2 * step:g}.",
        )
    return coarse


def _distance_ms(one: FiringTrace, other: FiringTrace) -> float:
    """Largest distance between corresponding spikes; infinite if one is missing."""
    if len(one.neuron) != len(other.neuron):
        return float("inf")
    a, b = (t.time_ms[t.neuron.argsort(stable=True)] for t in (one, other))
    same = torch.equal(one.neuron.sort().values, other.neuron.sort().values)
    return max((a - b).abs().tolist(), default=0.0) if same else float("inf")


def _step(
    neuron: Neuron, state: State, current: Float64[Tensor, " n"], step_ms: float
) -> tuple[State, list[tuple[Tensor, Tensor]]]:
    """Advance the state by a step; also return spikes with their moments."""
    v, w = flow(neuron.slopes(state, current), state, torch.full_like(current, step_ms))
    found: list[tuple[Tensor, Tensor]] = []
    rows = (~(v < neuron.peak_mv)).nonzero()[:, 0]
    begun, own = torch.zeros_like(current), state
    for _ in range(MOST_SPIKES):
        if not len(rows):
            return (v, w), found
        start = (own[0][rows], own[1][rows])
        left = step_ms - begun[rows]
        slopes = neuron.slopes(start, current[rows])
        moment = _crossing(neuron, slopes, start, left)
        at = neuron.after(flow(slopes, start, moment))
        begun = begun.index_put((rows,), begun[rows] + moment)
        found.append((rows, begun[rows]))
        own = (own[0].index_put((rows,), at[0]), own[1].index_put((rows,), at[1]))
        left = step_ms - begun[rows]
        later = flow(neuron.slopes(at, current[rows]), at, left)
        v, w = v.index_put((rows,), later[0]), w.index_put((rows,), later[1])
        rows = rows[~(later[0] < neuron.peak_mv)]
    raise InputError(
        "neurons that rest between spikes",
        f"more than {MOST_SPIKES} spikes in {step_ms:g} ms",
        f"Write a step of {step_ms / MOST_SPIKES:g} ms, or weaken the current.",
    )


def _crossing(
    neuron: Neuron, slopes: Slopes, start: State, left: Float64[Tensor, " n"]
) -> Float64[Tensor, " n"]:
    """Time when the flow first reaches the peak, by false position, halving every third time.

    Source: Dowell and Jarratt, BIT 11, 1971 (the Illinois rule).
    """
    low, high = torch.zeros_like(left), left
    below = (start[0] - neuron.peak_mv).clamp(-FAR, 0.0)
    above = (flow(slopes, start, left)[0] - neuron.peak_mv).nan_to_num(FAR, FAR).clamp(0.0, FAR)
    for i in range(HALVINGS):
        share = torch.where(above > below, below / (below - above), 0.5)
        share = torch.full_like(share, 0.5) if i % 3 == 2 else share
        middle = low + share * (high - low)
        off = (flow(slopes, start, middle)[0] - neuron.peak_mv).nan_to_num(FAR, FAR)
        under, there = off < 0, off.abs() < CLOSE
        low = torch.where(under | there, middle, low)
        high = torch.where(under & ~there, high, middle)
        below, above = (
            torch.where(under, off.clamp(-FAR, 0.0), below / 2),
            torch.where(under, above / 2, off.clamp(0.0, FAR)),
        )
        if bool((high - low < CLOSE * left).all()):
            break
    return high


def flow(slopes: Slopes, start: State, time: Float64[Tensor, " n"]) -> State:
    """State of the tangent's flow after some time (ms).

    A function of a matrix of two rows follows from its values at the two eigenvalues (Higham,
    Functions of Matrices, 2008, eq. 1.11); here it is (exp(z t) - 1) / z.
    """
    dv, dw, vv, vw, wv, ww = slopes
    middle, gap = (vv + ww) / 2, (vv - ww) / 2
    root = torch.complex(gap.square() + vw * wv, torch.zeros_like(gap)).sqrt()
    root = torch.where(root.abs() < 1e-9, torch.full_like(root, 1e-9), root)
    one, other = _integrated(middle + root, time), _integrated(middle - root, time)
    mean, turn = ((one + other) / 2).real, ((one - other) / (2 * root)).real
    v = start[0] + mean * dv + turn * (gap * dv + vw * dw)
    w = start[1] + mean * dw + turn * (wv * dv - gap * dw)
    return v, w


def _integrated(rate: Tensor, time: Tensor) -> Tensor:
    """Integral of exp(rate s) up to a time."""
    z = rate * time
    small = z.abs() < 1e-7
    safe = torch.where(small, torch.ones_like(z), z)
    return time * torch.where(small, 1 + z / 2, torch.expm1(safe) / safe)
