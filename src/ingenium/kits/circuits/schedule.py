"""Schedule of a circuit: commuting rotations are applied together, in their diagonal basis.

Neighbouring rotations about one letter, such as ry of every qubit or rxx of every pair, commute. In
the basis of that letter their product is a phase of each amplitude, and the change between the
bases of two letters is the same matrix for each qubit, so that blocks of qubits change basis by one
matrix product. Slopes on all angles of such a group are one product as well.

Shapes: b circuits, a amplitudes, p angles, k rotations of a group, l and h the lower and higher
half of the qubits as outcomes, m amplitudes of a block.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, reduce

import numpy as np
import torch
from jaxtyping import Complex, Float64, Int64
from torch import Tensor

from ingenium.kits.circuits.circuit import FIXED, ROTATIONS, QubitCircuit, QubitGate

BLOCK = 5  # qubits that change their basis by one matrix
CACHED = 256  # circuits whose schedules are cached
_R = math.sqrt(0.5)
# Columns are the eigenstates of a letter, with sign 1, then -1.
BASES = {
    "X": np.array([[_R, _R], [_R, -_R]], dtype=np.complex128),
    "Y": np.array([[_R, _R], [1j * _R, -1j * _R]], dtype=np.complex128),
    "Z": np.eye(2, dtype=np.complex128),
}


@dataclass(frozen=True, eq=False)
class BlockMatrix:
    """Matrix on neighbouring qubits."""

    matrix: Complex[Tensor, "m m"]
    first: int  # the lowest of its qubits

    def on(self, states: Complex[Tensor, "b a"], *, back: bool = False) -> Complex[Tensor, "b a"]:
        """Multiply each state by the matrix, or by its adjoint."""
        own = self.matrix.mH if back else self.matrix
        if self.first == 0:
            return (states.reshape(-1, len(own)) @ own.T).reshape(states.shape)
        parts = states.reshape(-1, len(own), 1 << self.first)
        return torch.matmul(own, parts).reshape(states.shape)


@dataclass(frozen=True, eq=False)
class CommutingTurns:
    """Rotations about one letter, in its basis: signs of each string are products of two halves."""

    angles: Int64[Tensor, " k"]  # which of the circuit's
    low: Float64[Tensor, "k l"]
    high: Float64[Tensor, "k h"]

    def phases(self, angles: Float64[Tensor, "b p"]) -> Complex[Tensor, "b a"]:
        """Phase factors of all amplitudes."""
        turned = -0.5 * angles[:, self.angles]
        both = torch.matmul(self.high.T, turned[:, :, None] * self.low)
        return torch.complex(both.cos(), both.sin()).reshape(len(angles), -1)

    def slopes(self, weight: Float64[Tensor, "b a"]) -> Float64[Tensor, "b k"]:
        """Sums of the weights of amplitudes under the signs of each string."""
        parts = weight.reshape(len(weight), self.high.shape[1], self.low.shape[1])
        return (torch.matmul(self.high, parts) * self.low).sum(2)


Step = BlockMatrix | CommutingTurns | QubitGate


@lru_cache(maxsize=CACHED)
def schedule(circuit: QubitCircuit) -> tuple[Step, ...]:
    """Return the steps of a circuit, which begins and ends in the basis of outcomes."""
    basis = ["Z"] * circuit.qubits
    found: list[Step] = []
    for group in _groups(circuit.operations):
        letter = _letter(group[0])
        found += _changes(basis, {q for op in group for q in op.qubits}, letter or "Z")
        found += [_turns(group, circuit.qubits)] if letter else group
    return (*found, *_changes(basis, set(range(circuit.qubits)), "Z"))


def _letter(op: QubitGate) -> str:
    return ROTATIONS[op.gate][0] if op.gate in ROTATIONS else ""


def _groups(operations: Sequence[QubitGate]) -> Iterator[list[QubitGate]]:
    """Group neighbouring rotations about one letter; other gates are alone."""
    group: list[QubitGate] = []
    for op in operations:
        if group and (not _letter(op) or _letter(op) != _letter(group[0])):
            yield group
            group = []
        group.append(op)
    if group:
        yield group


def _changes(basis: list[str], qubits: set[int], letter: str) -> list[Step]:
    """Return the steps that change some qubits to the basis of a letter; updates `basis`."""
    found: list[Step] = []
    for first in range(0, len(basis), BLOCK):
        own = range(first, min(first + BLOCK, len(basis)))
        ways = tuple((basis[q], letter if q in qubits else basis[q]) for q in own)
        if any(a != b for a, b in ways):
            found.append(BlockMatrix(_block(ways), first))
    for q in qubits:
        basis[q] = letter
    return found


@lru_cache(maxsize=CACHED)
def _block(ways: tuple[tuple[str, str], ...]) -> Complex[Tensor, "m m"]:
    """Matrix of a block of qubits, the lowest of which is the lowest bit."""
    each = [BASES[into].conj().T @ BASES[out] for out, into in reversed(ways)]
    return torch.from_numpy(reduce(np.kron, each))


def _turns(group: Sequence[QubitGate], qubits: int) -> CommutingTurns:
    below = qubits // 2
    strings = [op.qubits for op in group]
    return CommutingTurns(
        torch.tensor([op.angle for op in group]),
        _signs([[q for q in s if q < below] for s in strings], below),
        _signs([[q - below for q in s if q >= below] for s in strings], qubits - below),
    )


def _signs(strings: Sequence[Sequence[int]], qubits: int) -> Float64[Tensor, "k _"]:
    """Sign of each string on each outcome: -1 for an odd count of ones on its qubits."""
    at = torch.arange(1 << qubits)
    rows = [sum((at >> q & 1 for q in s), torch.zeros_like(at)) for s in strings]
    return 1.0 - 2.0 * (torch.stack(rows) % 2).to(torch.float64)


@cache
def fixed(gate: str) -> Complex[Tensor, "m m"]:
    """Matrix of a gate without an angle, or of one letter."""
    return torch.from_numpy(FIXED[gate])
