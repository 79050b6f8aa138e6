"""The peers of `quantum_circuits`, run in an environment of their own: JSON in, JSON out."""

import json
import os
import statistics
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pennylane as qml
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

SHIFTED = 6  # angles of qiskit that are timed where there are many qubits


def lightning(qubits: int, layers: int, angles: list[float], rounds: int) -> dict:
    device = qml.device("lightning.qubit", wires=qubits)

    @qml.qnode(device, diff_method="adjoint")
    def cost(at):
        place = 0
        for _ in range(layers):
            for gate in (qml.RY, qml.RZ):
                for q in range(qubits):
                    gate(at[place], wires=q)
                    place += 1
            for q in range(qubits - 1):
                qml.IsingXX(at[place], wires=[q, q + 1])
                place += 1
        return qml.expval(qml.PauliZ(0) @ qml.PauliZ(1))

    slope = qml.grad(cost)
    at = qml.numpy.array(angles, requires_grad=True)
    found = slope(at)
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        slope(at)
        spent.append(time.process_time() - started)
    return {"seconds": statistics.median(spent), "slope": np.asarray(found).tolist()}


def qiskit(qubits: int, layers: int, angles: list[float], rounds: int) -> dict:
    read = SparsePauliOp("I" * (qubits - 2) + "ZZ")

    def cost(at: np.ndarray) -> float:
        circuit, place = QuantumCircuit(qubits), 0
        for _ in range(layers):
            for gate in (circuit.ry, circuit.rz):
                for q in range(qubits):
                    gate(at[place], q)
                    place += 1
            for q in range(qubits - 1):
                circuit.rxx(at[place], q, q + 1)
                place += 1
        return float(Statevector(circuit).expectation_value(read).real)

    at, found = np.array(angles), []
    few = range(len(at)) if qubits < 14 else range(SHIFTED)
    started = time.process_time()
    for k in few:
        shift = np.zeros(len(at))
        shift[k] = np.pi / 2
        found.append(0.5 * (cost(at + shift) - cost(at - shift)))
    spent = time.process_time() - started
    return {"seconds": spent * len(at) / len(few), "slope": found}


if __name__ == "__main__":
    requested = json.load(sys.stdin)
    print(json.dumps({"lightning": lightning(**requested), "qiskit": qiskit(**requested)}))
