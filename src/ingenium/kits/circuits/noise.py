"""Circuits under noise: density matrices, or averages over random errors.

After each gate its qubits are depolarised to match the gate's measured error; readings of 0 and 1
are confused. Decoherence of idle qubits is not modelled.

Shapes: b circuits, a amplitudes, p angles, q qubits of a line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.circuits.circuit import (
    FIXED,
    MOST_MIXED,
    ROTATIONS,
    QubitCircuit,
    QubitGate,
    check_qubits,
)
from ingenium.kits.circuits.statevector import (
    act,
    multiplied,
    paulied,
    squared,
    zero_states,
)

FREE = frozenset({"rz", "z", "s", "sdg", "t", "tdg", "id"})  # changes of frame: no pulse, no error
PAULIS = ("I", "X", "Y", "Z")


@dataclass(frozen=True)
class DeviceNoise:
    """Errors of a line of qubits on a device.

    An error is 1 less a pulse's average fidelity. A rotation of one qubit takes two pulses (sx),
    and one of a pair two gates of the pair (cz), as on a device; gates between qubits that are no
    neighbours count as the worst pair.
    """

    name: str
    turn_error: tuple[float, ...]  # of a pulse on each qubit
    pair_error: tuple[float, ...]  # of a pulse on each pair of neighbours
    zero_as_one: tuple[float, ...]  # readings
    one_as_zero: tuple[float, ...]

    def __post_init__(self) -> None:
        n = len(self.turn_error)
        sizes = (len(self.pair_error), len(self.zero_as_one), len(self.one_as_zero))
        each = (*self.turn_error, *self.pair_error, *self.zero_as_one, *self.one_as_zero)
        if sizes != (max(n - 1, 0), n, n) or not all(0 <= e <= 0.5 for e in each):
            raise InputError(f"errors from 0 to 0.5 of {n} qubits in a line", self)

    @classmethod
    def even(cls, qubits: int, *, pair: float, turn: float = 0.0) -> "DeviceNoise":
        """Return equal errors everywhere, with perfect readings."""
        zeros = (0.0,) * qubits
        name = f"gate error {pair:g}"
        return cls(name, (turn,) * qubits, (pair,) * (qubits - 1), zeros, zeros)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "DeviceNoise":
        """Build from the plain data of a calibration."""
        lists = ("turn_error", "pair_error", "zero_as_one", "one_as_zero")
        return cls(record["device"], *(tuple(map(float, record[k])) for k in lists))

    def strength(self, op: QubitGate) -> float:
        """Depolarising strength of a gate: the share replaced by the mixed state."""
        if op.gate in FREE:
            return 0.0
        if len(op.qubits) == 1:
            once = 2.0 * self.turn_error[op.qubits[0]]
        else:
            low, high = sorted(op.qubits)
            near = high == low + 1
            once = 4.0 / 3.0 * (self.pair_error[low] if near else max(self.pair_error))
        return once if op.gate in FIXED else 1.0 - (1.0 - once) ** 2

    def misread(self, chance: Float64[Tensor, "b a"]) -> Float64[Tensor, "b a"]:
        """Apply readout errors to the probabilities of outcomes."""
        out = chance
        for q, (up, down) in enumerate(zip(self.zero_as_one, self.one_as_zero, strict=True)):
            if out.shape[1] >> q > 1:
                parts = out.reshape(len(out), -1, 2, 1 << q)
                zero, one = parts[:, :, :1], parts[:, :, 1:]
                both = [zero * (1 - up) + one * down, zero * up + one * (1 - down)]
                out = torch.cat(both, 2).reshape(chance.shape)
        return out

    def check(self, circuit: QubitCircuit) -> None:
        """Refuse circuits of more qubits than the line has.

        Raises:
            InputError: with both numbers.
        """
        if circuit.qubits > len(self.turn_error):
            raise InputError(
                f"at most {len(self.turn_error)} qubits of {self.name}", circuit.qubits
            )


def mixed(
    circuit: QubitCircuit, angles: Float64[Tensor, "b p"], noise: DeviceNoise
) -> Complex128[Tensor, "b a a"]:
    """Return density matrices after all gates.

    Raises:
        InputError: for more qubits than memory allows, or than the device has.
    """
    check_qubits(circuit.qubits, MOST_MIXED)
    noise.check(circuit)
    n = circuit.qubits
    rho = torch.zeros(len(angles), 4**n, dtype=torch.complex128)
    rho[:, 0] = 1.0
    for op in circuit.operations:
        angle = None if op.angle is None else angles[:, op.angle]
        rho = _both_sides(rho, op, angle, n)
        if (strength := noise.strength(op)) > 0:
            rho = torch.lerp(rho, _forgotten(rho, op.qubits, n), strength)
    return rho.reshape(len(angles), 2**n, 2**n)


def noisy_probabilities(
    circuit: QubitCircuit, angles: Float64[Tensor, "b p"], noise: DeviceNoise
) -> Float64[Tensor, "b a"]:
    """Exact probabilities of readings."""
    rho = mixed(circuit, angles, noise)
    return noise.misread(rho.diagonal(dim1=1, dim2=2).real.clamp(min=0))


def trajectories(
    circuit: QubitCircuit,
    angles: Float64[Tensor, " p"],
    noise: DeviceNoise,
    rng: torch.Generator,
    *,
    count: int,
) -> Float64[Tensor, " a"]:
    """Mean probabilities of readings, over `count` runs with random Pauli errors.

    Source: Dalibard, Castin and Molmer, Phys. Rev. Lett. 68:580, 1992.
    """
    noise.check(circuit)
    each = angles.expand(count, -1)
    states = zero_states(circuit, count)
    for op in circuit.operations:
        states = act(states, op, None if op.angle is None else each[:, op.angle])
        strength = noise.strength(op)
        # A random string of all, the identity included, mixes the qubits fully.
        hit = torch.rand(count, generator=rng, dtype=torch.float64) < strength
        kinds = torch.randint(0, 4, (count, len(op.qubits)), generator=rng)
        for q, kind in zip(op.qubits, kinds.T, strict=True):
            for letter in (1, 2, 3):
                rows = (hit & (kind == letter)).nonzero()[:, 0]
                if len(rows):
                    states = states.index_copy(0, rows, paulied(states[rows], PAULIS[letter], (q,)))
    return noise.misread(squared(states).mean(0, keepdim=True))[0]


def _both_sides(
    rho: Complex128[Tensor, "b s"], op: QubitGate, angle: Tensor | None, n: int
) -> Complex128[Tensor, "b s"]:
    """Apply a gate from the left, and its inverse from the right: rows are qubits n to 2 n."""
    left = QubitGate(op.gate, tuple(q + n for q in op.qubits), op.angle)
    turned = act(rho, left, angle)
    if angle is None:
        matrix = torch.from_numpy(FIXED[op.gate]).conj().resolve_conj()
        return multiplied(turned, matrix, op.qubits)
    odd = ROTATIONS[op.gate].count("Y") % 2
    return act(turned, op, angle if odd else -angle)


def _forgotten(
    rho: Complex128[Tensor, "b s"], qubits: tuple[int, ...], n: int
) -> Complex128[Tensor, "b s"]:
    """Replace some qubits by fully mixed ones."""
    for q in qubits:
        parts = rho.reshape(len(rho), -1, 2, 1 << (n - 1), 2, 1 << q)
        half = 0.5 * (parts[:, :, 0, :, 0] + parts[:, :, 1, :, 1])
        out = torch.zeros_like(parts)
        out[:, :, 0, :, 0] = half
        out[:, :, 1, :, 1] = half
        rho = out.reshape(rho.shape)
    return rho
