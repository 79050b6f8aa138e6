"""Circuits in layers: turns of every qubit, then turns of pairs."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.kits.circuits.circuit import QubitCircuit, QubitGate

COUPLINGS = ("line", "ring", "all")


def pairs_of(qubits: int, coupling: str) -> tuple[tuple[int, int], ...]:
    """Which qubits of a device are neighbours.

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
    """So many layers, each of turns of all qubits and of a turn of each pair; a line if none.

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
    """Uniform from -spread to spread, in double precision."""
    drawn = torch.rand(batch, circuit.angles, generator=rng, dtype=torch.float64)
    return spread * (2 * drawn - 1)
