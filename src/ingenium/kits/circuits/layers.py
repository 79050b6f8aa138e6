"""Layered circuits: rotations of every qubit, then rotations of pairs."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.kits.circuits.circuit import QubitCircuit, QubitGate

COUPLINGS = ("line", "ring", "all")


def pairs_of(qubits: int, coupling: str) -> tuple[tuple[int, int], ...]:
    """Return the pairs of coupled qubits of a device.

    Raises:
        InputError: for an unknown coupling.
    """
    choose(coupling, COUPLINGS, "coupling")
    line = tuple((q, q + 1) for q in range(qubits - 1))
    if coupling == "all":
        return tuple((a, b) for a in range(qubits) for b in range(a + 1, qubits))
    return (*line, (0, qubits - 1)) if coupling == "ring" and qubits > 2 else line


def layered(
    qubits: int,
    layers: int,
    pairs: Sequence[tuple[int, int]] | None = None,
    turns: Sequence[str] = ("ry", "rz"),
    pair_turn: str = "rxx",
) -> QubitCircuit:
    """Build layers of rotations of all qubits and of each pair; pairs of a line by default.

    Source: Benedetti et al., npj Quantum Information 5:45, 2019 (data-driven circuit learning).
    """
    if layers < 1:
        raise InputError("at least one layer", layers)
    own = pairs_of(qubits, "line") if pairs is None else pairs
    operations: list[QubitGate] = []
    for _ in range(layers):
        for turn in turns:
            for q in range(qubits):
                operations.append(QubitGate(turn, (q,), len(operations)))
        for pair in own:
            operations.append(QubitGate(pair_turn, tuple(pair), len(operations)))
    return QubitCircuit(qubits, tuple(operations))


def first_angles(
    circuit: QubitCircuit, batch: int, rng: torch.Generator, *, spread: float = math.pi
) -> Float64[Tensor, "b p"]:
    """Sample angles uniformly from -spread to spread, in double precision."""
    sampled = torch.rand(batch, circuit.angles, generator=rng, dtype=torch.float64)
    return spread * (2 * sampled - 1)
