"""Design of a circuit: the angles of its layers, where an angle of 0 is no gate.

Shapes: n designs, t layers, q qubits, e pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.kits.circuits.circuit import QubitCircuit, QubitGate
from ingenium.kits.circuits.layers import layered
from ingenium.kits.circuits.qasm import AngledCircuit

TURNS, PAIR = ("ry", "rz"), "rxx"
Arrays = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Template:
    """Layered circuit: rotations of each qubit by y, then z, then of pairs by xx."""

    qubits: int
    layers: int
    pairs: tuple[tuple[int, int], ...]

    @cached_property
    def circuit(self) -> QubitCircuit:
        """Circuit with all its gates."""
        return layered(self.qubits, self.layers, self.pairs, TURNS, PAIR)

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the dimensions of a design."""
        return {
            "layer": self.layers,
            "turn": len(TURNS),
            "qubit": self.qubits,
            "pair": len(self.pairs),
        }

    def angles(
        self, turn: Float64[Tensor, "n t 2 q"], pair: Float64[Tensor, "n t e"]
    ) -> Float64[Tensor, "n p"]:
        """Flatten the angles in the order of the circuit with all its gates."""
        return torch.cat([turn.flatten(2), pair], 2).flatten(1)

    def arrays(self, angles: Float64[Tensor, "n p"]) -> Arrays:
        """Inverse of `angles`."""
        each = angles.reshape(len(angles), self.layers, -1)
        turns = len(TURNS) * self.qubits
        turn = each[:, :, :turns].reshape(len(each), self.layers, len(TURNS), self.qubits)
        return turn, each[:, :, turns:]

    @cached_property
    def of_pairs(self) -> Tensor:
        """Mask of the circuit's angles that rotate a pair."""
        wide = torch.tensor([len(op.qubits) == 2 for op in self.circuit.operations])
        return wide

    def program(self, angles: Float64[Tensor, " p"]) -> AngledCircuit:
        """Return the circuit of the gates whose angle is not 0."""
        operations: list[QubitGate] = []
        retained: list[float] = []
        for op, angle in zip(self.circuit.operations, angles.tolist(), strict=True):
            if angle != 0.0:
                operations.append(QubitGate(op.gate, op.qubits, len(retained)))
                retained.append(angle)
        circuit = QubitCircuit(self.qubits, tuple(operations))
        return AngledCircuit(circuit, np.array(retained, dtype=np.float64))

    def early(self, angles: Float64[Tensor, "n p"]) -> Float64[Tensor, "n p"]:
        """Move each gate to the earliest layer it fits, as files are read."""
        return torch.stack([self.placed(self.program(row)) for row in angles])

    def placed(self, program: AngledCircuit) -> Float64[Tensor, " p"]:
        """Return the angles of a file's circuit in these layers, each gate as early as possible.

        Raises:
            InputError: for other qubits or gates, or for more layers.
        """
        circuit = program.circuit
        if circuit.qubits != self.qubits:
            raise InputError(f"a circuit of {self.qubits} qubits", f"{circuit.qubits}")
        per = len(self.circuit.operations) // self.layers
        stage = {(op.gate, op.qubits): i for i, op in enumerate(self.circuit.operations[:per])}
        free = [0] * self.qubits  # the first place that each qubit has left
        angles = torch.zeros(self.circuit.angles, dtype=torch.float64)
        for op in circuit.operations:
            qubits = tuple(sorted(op.qubits)) if op.gate == PAIR else op.qubits
            if (op.gate, qubits) not in stage or op.angle is None:
                raise InputError(
                    f"gates {', '.join(TURNS)} and {PAIR} on the pairs {_reported(self.pairs)}",
                    f"{op.gate} on {', '.join(f'q[{q}]' for q in op.qubits)}",
                    f"Decompose it, such as by qiskit's transpile to {', '.join(TURNS)}, {PAIR}.",
                )
            at = max(free[q] for q in qubits)
            own = stage[op.gate, qubits]
            place = at - at % per + own + (per if own < at % per else 0)
            if place >= len(angles):
                raise InputError(
                    f"a circuit of at most {self.layers} layers",
                    "a deeper one",
                    "Write more layers.",
                )
            angles[place] = float(program.angles[op.angle])
            for q in qubits:
                free[q] = place + 1
        return angles


def _reported(pairs: Sequence[tuple[int, int]]) -> str:
    shown = " ".join(f"{a}-{b}" for a, b in pairs[:8])
    return shown + (" ..." if len(pairs) > 8 else "")
