"""Cross-check by qiskit, from OpenQASM: another parser, other matrices, other counts.

Shapes: n designs, a outcomes.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.core.quantity import Quantity
from ingenium.domains.quantum.distribution.template import Template
from ingenium.kits.circuits import qasm

EXTRA = Extra("quantum")


@dataclass(frozen=True, eq=False)
class QiskitStates:
    """State vectors and counts of qiskit."""

    template: Template
    target: Float64[Tensor, " a"]
    name: ClassVar[str] = "qiskit"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        Quantity("total_variation", "1", "total variation from the target", rounding=1e-10),
        Quantity("two_qubit_gates", "1", "gates on two qubits"),
        Quantity("depth", "1", "gates on the longest way"),
    )

    @property
    def version(self) -> str:
        """Version of the package."""
        return EXTRA.release_of("qiskit")

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n 3"]:
        """Measure all quantities of each circuit, from its text."""
        target, rows = self.target.numpy(), []
        for angles in self.template.angles(*arrays):  # a text each
            if not bool(torch.isfinite(angles).all()):
                rows.append([np.nan] * 3)
                continue
            circuit = loaded(qasm.written(self.template.program(angles)))
            chance = chances(circuit)
            rows.append(
                [
                    0.5 * np.abs(chance - target).sum(),
                    circuit.num_nonlocal_gates(),
                    circuit.depth(),
                ]
            )
        return torch.tensor(np.array(rows), dtype=torch.float64).reshape(-1, 3)


def loaded(text: str) -> Any:
    """Parse a text into a qiskit circuit without its measurements.

    Raises:
        MissingExtra: with the line that installs qiskit.
    """
    reader = EXTRA.package("qiskit.qasm2")
    found = reader.loads(text, custom_instructions=reader.LEGACY_CUSTOM_INSTRUCTIONS)
    return found.remove_final_measurements(inplace=False)


def chances(circuit: Any) -> Float64[np.ndarray, " a"]:
    """Probabilities of all outcomes, by qiskit's state vector."""
    state = EXTRA.package("qiskit.quantum_info").Statevector(circuit)
    return np.asarray(state.probabilities(), dtype=np.float64)
