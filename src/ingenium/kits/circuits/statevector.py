"""Batched state vectors of circuits, with gradients by reversal.

Shapes: b circuits, a amplitudes, p angles.
Source: Jones and Gacon, 2020, arXiv:2009.02823 (gradients by running a circuit backwards).
"""

import math
from typing import Any

import torch
from jaxtyping import Complex, Float, Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.circuits.circuit import ROTATIONS, QubitCircuit, QubitGate
from ingenium.kits.circuits.schedule import BlockMatrix, CommutingTurns, fixed, schedule


def zero_states(circuit: QubitCircuit, batch: int) -> Complex[Tensor, "b a"]:
    """Return states with all qubits at 0."""
    states = torch.zeros(batch, circuit.outcomes, dtype=torch.complex128)
    states[:, 0] = 1.0
    return states


def basis_states(circuit: QubitCircuit) -> Complex[Tensor, "a a"]:
    """Return the basis state of each outcome, one for each row."""
    return torch.eye(circuit.outcomes, dtype=torch.complex128)


def run(
    circuit: QubitCircuit,
    angles: Float64[Tensor, "b p"],
    start: Complex[Tensor, "s a"] | None = None,
) -> Complex[Tensor, "s_or_b a"]:
    """Return the state after all gates for each row of angles; its gradient stores two states.

    One row of angles may be applied to s initial states.

    Raises:
        InputError: if the number of angles is not that of the circuit.
    """
    if angles.shape[1] != circuit.angles:
        raise InputError(f"{circuit.angles} angles of each circuit", f"{angles.shape[1]}")
    begin = zero_states(circuit, len(angles)) if start is None else start
    turned = angles.to(torch.float64)
    final: Tensor = _Reversal.apply(turned, begin, circuit)  # type: ignore[no-untyped-call]
    return final


def probabilities(
    circuit: QubitCircuit,
    angles: Float64[Tensor, "b p"],
    start: Complex[Tensor, "s a"] | None = None,
) -> Float64[Tensor, "s_or_b a"]:
    """Probability of each outcome."""
    return squared(run(circuit, angles, start))


def squared(states: Complex[Tensor, "b a"]) -> Float[Tensor, "b a"]:
    """Squared moduli of amplitudes."""
    return states.real.square() + states.imag.square()


def act(
    states: Complex[Tensor, "b a"], op: QubitGate, angle: Tensor | None
) -> Complex[Tensor, "b a"]:
    """Apply one gate to each state; `angle` holds one for each row."""
    if angle is None:
        return multiplied(states, fixed(op.gate), op.qubits)
    half = 0.5 * angle[:, None]
    pauli = paulied(states, ROTATIONS[op.gate], op.qubits)
    return torch.addcmul(half.cos() * states, -1j * half.sin(), pauli)


def paulied(
    states: Complex[Tensor, "b a"], letters: str, qubits: tuple[int, ...]
) -> Complex[Tensor, "b a"]:
    """Apply a Pauli string to each state."""
    for q, letter in zip(qubits, letters, strict=True):
        parts = states.reshape(len(states), -1, 2, 1 << q)
        if letter == "Z":
            parts = parts * parts.new_tensor([1.0, -1.0])[:, None]
        else:
            parts = parts.flip(2)
            if letter == "Y":
                parts = parts * parts.new_tensor([-1j, 1j])[:, None]
        states = parts.reshape(states.shape)
    return states


def multiplied(
    states: Complex[Tensor, "b a"], matrix: Tensor, qubits: tuple[int, ...]
) -> Complex[Tensor, "b a"]:
    """Apply a matrix on one or two qubits to each state."""
    if len(qubits) == 1:
        parts = states.reshape(len(states), -1, 2, 1 << qubits[0])
        return torch.einsum("ij,bljr->blir", matrix, parts).reshape(states.shape)
    low, high = sorted(qubits)
    ordered = matrix if qubits[0] == low else _exchanged(matrix)
    four = ordered.reshape(2, 2, 2, 2)  # high, low, then what they were
    parts = states.reshape(len(states), -1, 2, 1 << (high - low - 1), 2, 1 << low)
    return torch.einsum("hlij,bxiyjz->bxhylz", four, parts).reshape(states.shape)


def _exchanged(matrix: Tensor) -> Tensor:
    """Return the matrix of a gate with its qubits exchanged."""
    return matrix.reshape(2, 2, 2, 2).permute(1, 0, 3, 2).reshape(4, 4)


class _Reversal(torch.autograd.Function):
    """Circuit evaluation whose gradient runs the circuit backwards, with the slope of the state."""

    @staticmethod
    def forward(ctx: Any, angles: Tensor, start: Tensor, circuit: QubitCircuit) -> Tensor:
        states = start
        for step in schedule(circuit):
            if isinstance(step, BlockMatrix):
                states = step.on(states)
            elif isinstance(step, CommutingTurns):
                states = states * step.phases(angles)
            else:
                states = multiplied(states, fixed(step.gate), step.qubits)
        ctx.save_for_backward(angles, states)
        ctx.circuit = circuit
        return states

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, None]:
        angles, states = ctx.saved_tensors
        both, found = torch.stack([states, slopes[0]]), torch.zeros_like(angles)
        for step in reversed(schedule(ctx.circuit)):
            flat = both.flatten(0, 1)
            if isinstance(step, BlockMatrix):
                flat = step.on(flat, back=True)
            elif isinstance(step, CommutingTurns):
                state, slope = both
                weight = 0.5 * (slope.real * state.imag - slope.imag * state.real)
                if len(angles) < len(weight):  # one row of angles, many states
                    weight = weight.sum(0, keepdim=True)
                found.index_add_(1, step.angles, step.slopes(weight))
                flat = (both * step.phases(angles).conj()).flatten(0, 1)
            else:
                flat = multiplied(flat, fixed(step.gate).mH, step.qubits)
            both = flat.reshape(both.shape)
        return found, both[1], None


def expectation(
    states: Complex[Tensor, "b a"], letters: str, qubits: tuple[int, ...]
) -> Float[Tensor, " b"]:
    """Mean of a Pauli string in each state."""
    mean: Tensor = (states.conj() * paulied(states, letters, qubits)).sum(1).real
    return mean


def sampled(
    chance: Float64[Tensor, "b a"], shots: int, rng: torch.Generator
) -> Int64[Tensor, "b shots"]:
    """Sample outcomes of `shots` shots of each circuit.

    Raises:
        InputError: for no shots.
    """
    if shots < 1:
        raise InputError("at least one shot", shots, "Write shots = 1000.")
    at = torch.rand(len(chance), shots, generator=rng, dtype=torch.float64)
    total = chance.cumsum(1)
    return torch.searchsorted(total / total[:, -1:], at).clamp(max=chance.shape[1] - 1)


def entropy(states: Complex[Tensor, "b a"], qubits: int) -> Float[Tensor, " b"]:
    """Entanglement entropy of the first half of the qubits with the others (bits)."""
    low = qubits // 2
    shares = torch.linalg.svdvals(states.reshape(len(states), -1, 1 << low)).square()
    bits: Tensor = -(shares * shares.clamp(min=1e-300).log2()).sum(1)
    return bits


def memory_mib(qubits: int) -> float:
    """Memory of one state in double precision, in MiB."""
    return 16 * math.pow(2, qubits) / 2**20
