"""Circuits: gates on qubits, in order, some of them rotations by an angle.

Qubit 0 is the lowest bit of an outcome, as in OpenQASM and qiskit.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from jaxtyping import Complex128

from ingenium.core.errors import InputError

MOST_QUBITS = 22  # of a state vector; 64 MiB in double precision, and as much for its gradient
MOST_MIXED = 10  # of a density matrix, which has the square of the numbers

ROTATIONS: Mapping[str, str] = MappingProxyType(
    {"rx": "X", "ry": "Y", "rz": "Z", "rxx": "XX", "ryy": "YY", "rzz": "ZZ"}
)
"""Turns exp(-i angle/2 P), by the Pauli string P on their qubits."""

_R = math.sqrt(0.5)
_I, _T = 1j, np.exp(0.25j * math.pi)
FIXED: Mapping[str, Complex128[np.ndarray, "m m"]] = MappingProxyType(
    {
        name: np.array(rows, dtype=np.complex128)
        for name, rows in {
            "id": [[1, 0], [0, 1]],
            "x": [[0, 1], [1, 0]],
            "y": [[0, -_I], [_I, 0]],
            "z": [[1, 0], [0, -1]],
            "h": [[_R, _R], [_R, -_R]],
            "s": [[1, 0], [0, _I]],
            "sdg": [[1, 0], [0, -_I]],
            "t": [[1, 0], [0, _T]],
            "tdg": [[1, 0], [0, np.conj(_T)]],
            "sx": [[(1 + _I) / 2, (1 - _I) / 2], [(1 - _I) / 2, (1 + _I) / 2]],
            # Rows and columns count both qubits, the first one as the lowest bit.
            "cx": [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]],
            "cz": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, -1]],
            "swap": [[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]],
        }.items()
    }
)
"""Matrices of the gates without an angle."""


def width_of(gate: str) -> int:
    """Return the number of qubits that a gate acts on.

    Raises:
        InputError: for an unknown gate.
    """
    if gate in ROTATIONS:
        return len(ROTATIONS[gate])
    if gate in FIXED:
        return int(math.log2(len(FIXED[gate])))
    raise InputError(
        f"a gate among {', '.join([*ROTATIONS, *FIXED])}", gate, "Write it in these gates."
    )


@dataclass(frozen=True)
class QubitGate:
    """Gate, its qubits, and its angle among those of the circuit."""

    gate: str
    qubits: tuple[int, ...]
    angle: int | None = None  # its place among the angles; None of a gate without one


@dataclass(frozen=True)
class QubitCircuit:
    """Gates in order of action.

    Raises:
        InputError: for no or too many qubits, an unknown gate, or qubits and angles that do not
            fit it.
    """

    qubits: int
    operations: tuple[QubitGate, ...]

    def __post_init__(self) -> None:
        check_qubits(self.qubits)
        for op in self.operations:
            wide = width_of(op.gate)
            inside = all(0 <= q < self.qubits for q in op.qubits)
            if len(set(op.qubits)) != len(op.qubits) or len(op.qubits) != wide or not inside:
                raise InputError(
                    f"{wide} different qubits from 0 to {self.qubits - 1} for {op.gate}", op.qubits
                )
            if (op.angle is None) != (op.gate in FIXED):
                raise InputError(
                    f"{op.gate} {'with' if op.angle is None else 'without'} an angle", op
                )

    @property
    def outcomes(self) -> int:
        """Number of outcomes when all qubits are measured."""
        return int(2**self.qubits)

    @cached_property
    def angles(self) -> int:
        """Number of angles."""
        return max((op.angle + 1 for op in self.operations if op.angle is not None), default=0)

    @cached_property
    def depth(self) -> int:
        """Number of gates on the longest path through the circuit."""
        reached = [0] * self.qubits
        for op in self.operations:
            after = 1 + max(reached[q] for q in op.qubits)
            for q in op.qubits:
                reached[q] = after
        return max(reached)

    @cached_property
    def two_qubit_gates(self) -> int:
        """Number of gates on two qubits."""
        return sum(len(op.qubits) == 2 for op in self.operations)

    @cached_property
    def idle(self) -> tuple[int, ...]:
        """Number of qubits that no gate acts on."""
        used = {q for op in self.operations for q in op.qubits}
        return tuple(q for q in range(self.qubits) if q not in used)


def check_qubits(qubits: int, most: int = MOST_QUBITS) -> None:
    """Refuse more qubits than memory allows.

    Raises:
        InputError: with the memory that the state would take.
    """
    if not 1 <= qubits <= most:
        size = 16.0 * 2.0 ** (qubits if most == MOST_QUBITS else 2 * qubits) / 2**30
        kind = "a state vector" if most == MOST_QUBITS else "a density matrix"
        raise InputError(
            f"1 to {most} qubits of {kind}",
            f"{qubits}, which take {size:.3g} GiB",
            "Use fewer qubits, or a matrix-product state (family mps).",
        )
