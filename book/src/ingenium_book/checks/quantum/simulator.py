"""Checks that the simulator of circuits exists and is right: rows 23.1 and 23.2."""

import time
from collections.abc import Iterator

import numpy as np
import torch
from matplotlib.figure import Figure

from ingenium.domains.quantum.distribution.qiskit_engine import EXTRA, loaded
from ingenium.drawing.style import KNOWN, OURS, dress, panels
from ingenium.kits.circuits import qasm
from ingenium.kits.circuits.circuit import FIXED, ROTATIONS, QubitCircuit, QubitGate, width_of
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.statevector import expectation, memory_mib, run, sampled, squared
from ingenium_book.checks.quantum.gradients import parameter_shift
from ingenium_book.findings import Commands, Finding, Picture

CIRCUITS, GATES = 200, 30
SIZES = range(4, 21, 4)
SHOTS = (100, 1000, 10_000)


def random_circuit(
    rng: np.random.Generator, qubits: int, count: int
) -> tuple[QubitCircuit, np.ndarray]:
    """Gates of all kinds on random qubits, with random angles."""
    operations: list[QubitGate] = []
    angles = 0
    while len(operations) < count:
        gate = str(rng.choice([*ROTATIONS, *FIXED]))
        if width_of(gate) <= qubits:
            at = tuple(int(q) for q in rng.permutation(qubits)[: width_of(gate)])
            operations.append(QubitGate(gate, at, angles if gate in ROTATIONS else None))
            angles += gate in ROTATIONS
    return QubitCircuit(qubits, tuple(operations)), rng.uniform(-np.pi, np.pi, angles)


def simulator(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.1: states and expectations compared with qiskit's; time and memory by qubits."""
    info = EXTRA.package("qiskit.quantum_info")
    rng, distance, off = np.random.default_rng(0), 0.0, 0.0
    for i in range(CIRCUITS):
        qubits = 2 + i % 9
        circuit, angles = random_circuit(rng, qubits, GATES)
        program = qasm.read(qasm.written(qasm.AngledCircuit(circuit, angles)))
        state = run(program.circuit, torch.from_numpy(program.angles)[None])
        truth = info.Statevector(loaded(qasm.written(program)))
        own = state[0].numpy()
        distance = max(distance, float(np.abs(own * np.vdot(own, truth.data) - truth.data).max()))
        label = "I" * (qubits - 2) + "XZ"  # qiskit writes the highest qubit first
        theirs = truth.expectation_value(info.Pauli(label)).real
        off = max(off, abs(float(expectation(state, "ZX", (0, 1))) - theirs))
    yield Finding(
        f"{CIRCUITS} random circuits of 2 to 10 qubits, read from their files, have the states of "
        f"qiskit to {distance:.1e}",
        distance < 1e-10,
    )
    yield Finding(f"and its expectations to {off:.1e}", off < 1e-10)
    seconds = [_seconds(n) for n in SIZES]
    yield Finding(
        f"20 qubits take {seconds[-1]:.2f} s for two layers and {memory_mib(20):.0f} MiB a state",
        seconds[-1] < 60,
    )
    yield Picture(_curve(seconds), "Two layers of one circuit, by qubits, and memory of a state")


def _seconds(qubits: int) -> float:
    circuit = layered(qubits, 2)
    angles = first_angles(circuit, 1, torch.Generator().manual_seed(0))
    started = time.perf_counter()
    run(circuit, angles)
    return time.perf_counter() - started


def _curve(seconds: list[float]) -> Figure:
    figure, grid = panels(1, 2, (3.4, 2.6))
    grid[0, 0].semilogy(SIZES, seconds, "o-", ms=3, color=OURS)
    dress(grid[0, 0], "qubits", "time (s)", grid=True)
    grid[0, 1].semilogy(SIZES, [memory_mib(n) for n in SIZES], "o-", ms=3, color=KNOWN)
    dress(grid[0, 1], "qubits", "memory of a state (MiB)", grid=True)
    return figure


def gradients(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.2: shifted angles against reverse differentiation; calls; and the error of shots."""
    circuit = layered(4, 3)
    angles = first_angles(circuit, 1, torch.Generator().manual_seed(1))[0]
    calls = 0

    def cost(rows: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += len(rows)
        return expectation(run(circuit, rows), "ZZ", (0, 3))

    shifted = parameter_shift(cost, angles)
    at = angles.clone().requires_grad_()
    (slope,) = torch.autograd.grad(expectation(run(circuit, at[None]), "ZZ", (0, 3)).sum(), at)
    distance = float((shifted - slope).abs().max())
    yield Finding(f"shifted angles give the slope by reversal to {distance:.1e}", distance < 1e-8)
    yield Finding(
        f"{calls} evaluations for {len(angles)} angles: two each, as generators with two "
        "eigenvalues allow",
        calls == 2 * len(angles),
    )
    errors = [_error(circuit, angles, slope, shots) for shots in SHOTS]
    fall = float(np.polyfit(np.log(SHOTS), np.log(errors), 1)[0])
    yield Finding(f"the error falls as shots to the power {fall:.2f}", abs(fall + 0.5) < 0.1)
    figure, grid = panels(1, 1, (3.8, 2.8))
    grid[0, 0].loglog(SHOTS, errors, "o-", ms=3, color=OURS)
    dress(grid[0, 0], "shots of each evaluation", "error of a slope", grid=True)
    yield Picture(figure, "Root mean square error of the slopes by shifted angles")


def _error(circuit: QubitCircuit, angles: torch.Tensor, slope: torch.Tensor, shots: int) -> float:
    """Root mean square error of slopes whose expectations are means of shots."""
    rng = torch.Generator().manual_seed(shots)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        outcome = sampled(squared(run(circuit, rows)), shots, rng)
        odd = (outcome & 1) ^ (outcome >> 3 & 1)
        return 1 - 2 * odd.to(torch.float64).mean(1)

    found = torch.stack([parameter_shift(cost, angles) - slope for _ in range(8)])
    return float(found.square().mean().sqrt())
