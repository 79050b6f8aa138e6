"""Gradients of circuits a second against loops over PennyLane's Lightning and qiskit.

The circuits are layered on a line, with rotations by y, z and xx; the result is the mean of ZZ on
the first pair and its gradient by all angles. Ours runs a batch; Lightning one circuit after the
other by its adjoint method, qiskit by two shifted state vectors an angle, of which a few are timed
and the others extrapolated. Both run in an environment of their own, whose Python the variable
QUANTUM_PEERS names. Seconds are CPU seconds, and the gradients of a first circuit are compared.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import torch

from benchmarks.measuring import report, spread, timed
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.statevector import expectation
from ingenium.kits.circuits.statevector import run as states_of

PEERS = Path(__file__).parent / "quantum_peers.py"
SIZES = ((4, 4, 256, 20.0), (10, 4, 32, 1.0), (18, 2, 1, 1.0))  # qubits, layers, batch, aim
ROUNDS = 5
AGREE = 1e-10


def run() -> None:
    """Measure a row for each size."""
    torch.set_num_threads(1)
    rows: list[dict[str, Any]] = []
    for qubits, layers, batch, aim in SIZES:
        circuit = layered(qubits, layers)
        angles = first_angles(circuit, batch, torch.Generator().manual_seed(qubits))
        own, slope = _own(qubits, layers, angles)
        peers = _peers(qubits, layers, angles[0].tolist())
        distance = {k: _distance(v["slope"], slope) for k, v in peers.items()}
        if max(distance.values()) > AGREE:
            raise RuntimeError(f"the same slopes to {AGREE:g}, got {distance} apart")
        rate = batch / own["median"]
        rows.append(
            {"qubits": qubits, "layers": layers, "angles": circuit.angles, "batch": batch}
            | {"aim": aim, "slopes a second": rate, "cpu_s": own, "apart": max(distance.values())}
            | {f"{k}, slopes a second": 1 / v["seconds"] for k, v in peers.items()}
            | {f"times {k}": rate * v["seconds"] for k, v in peers.items()}
        )
    title = "Circuits with slopes a second (aim: 20 times at 4 qubits, no slower at 18)"
    report("quantum_circuits", title, rows, {"rounds": ROUNDS, "peers": _versions()})


def _own(qubits: int, layers: int, angles: torch.Tensor) -> tuple[dict[str, float], torch.Tensor]:
    circuit = layered(qubits, layers)

    def slopes() -> torch.Tensor:
        at = angles.clone().requires_grad_()
        cost = expectation(states_of(circuit, at), "ZZ", (0, 1)).sum()
        return torch.autograd.grad(cost, at)[0]

    first = slopes()[0]
    return spread(timed(slopes, ROUNDS).cpu_s), first


def _peers(qubits: int, layers: int, angles: list[float]) -> dict[str, dict[str, Any]]:
    """CPU seconds of a gradient, and the gradient, by the name of the peer."""
    requested = json.dumps({"qubits": qubits, "layers": layers, "angles": angles, "rounds": ROUNDS})
    done = subprocess.run(
        [_python(), str(PEERS)], input=requested, text=True, capture_output=True, check=True
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def _versions() -> list[str]:
    command = [_python(), "-m", "pip", "freeze"]
    listed = subprocess.run(command, text=True, capture_output=True, check=True).stdout.split()
    return [line for line in listed if line.lower().startswith(("pennylane", "qiskit="))]


def _python() -> str:
    found = os.environ.get("QUANTUM_PEERS")
    if not found:
        raise RuntimeError("QUANTUM_PEERS, a Python with pennylane-lightning and qiskit, got none")
    return found


def _distance(theirs: list[float], own: torch.Tensor) -> float:
    """Largest difference over the shifted angles."""
    return float((torch.tensor(theirs, dtype=torch.float64) - own[: len(theirs)]).abs().max())
