"""Writer and strict parser of circuits as OpenQASM 2.

Source: Cross et al., 2017, arXiv:1707.03429.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.circuits.circuit import (
    FIXED,
    MOST_QUBITS,
    ROTATIONS,
    QubitCircuit,
    QubitGate,
    check_qubits,
    width_of,
)

HEADER = ("OPENQASM 2.0", 'include "qelib1.inc"')
NAME = r"[a-z][A-Za-z0-9_]*"
MOST = 100_000  # statements of a file
ABOUT = 100.0  # rad: much larger angles leave too few digits for the rotation
# qelib1.inc has no ryy: these words define it, and are recognised by themselves.
RYY = (
    "gate ryy(theta) a,b { rx(pi/2) a; rx(pi/2) b; cx a,b; rz(theta) b; cx a,b; "
    "rx(-pi/2) a; rx(-pi/2) b; }"
)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_PI = re.compile(r"(-?)(?:(\d{1,9})\*)?pi(?:/(\d{1,9}))?")


@dataclass(frozen=True)
class AngledCircuit:
    """Circuit with its angles, as in one file.

    Shapes: p angles.
    """

    circuit: QubitCircuit
    angles: Float64[np.ndarray, " p"]


def written(program: AngledCircuit) -> str:
    """Write OpenQASM 2 with all qubits measured, each into the bit of its number."""
    circuit = program.circuit
    n = circuit.qubits
    lines = [f"{line};" for line in HEADER]
    if any(op.gate == "ryy" for op in circuit.operations):
        lines.append(RYY)
    lines += [f"qreg q[{n}];", f"creg c[{n}];"]
    for op in circuit.operations:
        angle = "" if op.angle is None else f"({float(program.angles[op.angle])!r})"
        lines.append(f"{op.gate}{angle} {','.join(f'q[{q}]' for q in op.qubits)};")
    return "\n".join([*lines, "measure q -> c;", ""])


def read(text: str) -> AngledCircuit:
    """Parse the circuit of a file.

    Raises:
        InputError: naming the statement: invalid OpenQASM 2, an unknown gate or one that the file
            defines itself, an invalid angle, other registers than one of qubits and one of bits, or
            a measurement that is not of all qubits, in order, at the end.
    """
    reading = _Reading()
    plain = re.sub(r"//[^\n]*", "", text).replace(RYY, "")
    if not plain.isascii():
        raise InputError("OpenQASM 2 in ASCII", "other letters or digits outside its comments")
    parts = [part.strip() for part in plain.split(";")]
    if len(parts) > MOST:
        raise InputError(f"at most {MOST} statements of OpenQASM 2", len(parts))
    if parts[-1]:
        raise InputError("statements that end in ;", f'"{parts[-1][:60]}"', "Is the file whole?")
    if tuple(" ".join(p.split()) for p in parts[:2]) != HEADER:
        raise InputError(
            "; ".join(HEADER) + "; at the beginning",
            f'"{"; ".join(parts[:2])[:80]}"',
            "Export it as OpenQASM 2.",
        )
    for part in parts[2:-1]:
        reading.take(part)
    return reading.done()


class _Reading:
    """Parser state: one pass over the statements of a file."""

    def __init__(self) -> None:
        self.q, self.c = ("", 0), ("", 0)
        self.operations: list[QubitGate] = []
        self.angles: list[float] = []
        self.stopped = False  # by a barrier, which is allowed only before the measurements
        self.measured: list[tuple[int, int]] = []

    def take(self, statement: str) -> None:
        """Parse one statement without its semicolon."""
        word = re.match(NAME, statement)
        kind = word.group() if word else ""
        if kind in ("qreg", "creg"):
            self._register(kind, statement)
        elif not self.q[1]:
            raise InputError("qreg before all gates", f'"{statement[:60]}"')
        elif kind == "measure":
            self._measure(statement)
        elif self.measured:
            raise InputError("measurements at the end alone", f'"{statement[:60]}" after one')
        elif kind == "barrier":
            self.stopped = True
        elif self.stopped:
            raise InputError(
                "no barrier before gates, which would force an order",
                f'"{statement[:60]}" after one',
            )
        else:
            self._gate(kind, statement)

    def _register(self, kind: str, statement: str) -> None:
        found = re.fullmatch(rf"{kind}\s+({NAME})\s*\[(\d{{1,6}})\]", statement)
        if found is None or (self.q if kind == "qreg" else self.c)[1]:
            raise InputError(f"one {kind} such as {kind} q[4]", f'"{statement[:60]}"')
        own = (found.group(1), int(found.group(2)))
        if kind == "creg":
            self.c = own
            return
        check_qubits(own[1], MOST_QUBITS)
        self.q = own

    def _measure(self, statement: str) -> None:
        name, count = self.q
        if re.fullmatch(rf"measure\s+{name}\s*->\s*{re.escape(self.c[0])}", statement):
            pairs = [(i, i) for i in range(count)]
        else:
            place = r"\s*\[(\d{1,6})\]"
            pattern = rf"measure\s+{name}{place}\s*->\s*{re.escape(self.c[0])}{place}"
            found = re.fullmatch(pattern, statement)
            if found is None:
                raise InputError("measure q -> c", f'"{statement[:60]}"')
            pairs = [(int(found.group(1)), int(found.group(2)))]
        self.measured += pairs

    def _gate(self, kind: str, statement: str) -> None:
        found = re.fullmatch(rf"({NAME})\s*(?:\(([^()]*)\))?\s+(.+)", statement, re.DOTALL)
        if found is None or (kind not in ROTATIONS and kind not in FIXED):
            names = ", ".join([*ROTATIONS, *FIXED])
            raise InputError(
                f"a gate among {names}",
                f'"{statement[:60]}"',
                "Decompose it, such as by qiskit's transpile with these basis gates.",
            )
        _, angle, operands = found.groups()
        qubits = tuple(self._qubit(part.strip()) for part in operands.split(","))
        if len(qubits) != width_of(kind) or (angle is None) != (kind in FIXED):
            raise InputError(f"{kind} as OpenQASM writes it", f'"{statement[:60]}"')
        place = None
        if angle is not None:
            place = len(self.angles)
            self.angles.append(_value(angle.strip()))
        self.operations.append(QubitGate(kind, qubits, place))

    def _qubit(self, text: str) -> int:
        found = re.fullmatch(rf"{self.q[0]}\s*\[(\d{{1,6}})\]", text)
        if found is None or int(found.group(1)) >= self.q[1]:
            raise InputError(f"a qubit from {self.q[0]}[0] to {self.q[0]}[{self.q[1] - 1}]", text)
        return int(found.group(1))

    def done(self) -> AngledCircuit:
        count = self.q[1]
        if not count:
            raise InputError("a circuit with a qreg", "none")
        if self.c[1] != count or self.measured != [(i, i) for i in range(count)]:
            raise InputError(
                f"all {count} qubits measured once, in order, each into the bit of its number",
                _reported(self.measured),
                f"End the file with: measure {self.q[0]} -> {self.c[0] or 'c'};",
            )
        circuit = QubitCircuit(count, tuple(self.operations))
        return AngledCircuit(circuit, np.array(self.angles, dtype=np.float64))


def _reported(pairs: Sequence[tuple[int, int]]) -> str:
    shown = ", ".join(f"{q} into {c}" for q, c in pairs[:6])
    return shown + (", ..." if len(pairs) > 6 else "") if pairs else "no measurement"


def _value(text: str) -> float:
    """Parse an angle: a number, or a multiple of pi."""
    if _NUMBER.fullmatch(text):
        value = float(text)
    else:
        found = _PI.fullmatch(text)
        if found is None or int(found.group(3) or 1) == 0:
            raise InputError("an angle as a number or as 3*pi/4", f'"{text[:40]}"')
        sign, times, parts = found.groups()
        value = (-1 if sign else 1) * int(times or 1) * math.pi / int(parts or 1)
    if not 0 < abs(value) <= ABOUT:
        raise InputError(
            f"an angle other than 0, of at most {ABOUT:g} rad",
            f'"{text[:40]}"',
            "Leave a gate that turns nothing out: it would be counted on a device and not here.",
        )
    return value
