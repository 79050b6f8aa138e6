"""Circuits under noise, and their reproducibility on other threads: rows 23.11, 35.25.

Shapes: s seeds, a amplitudes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from torch import Tensor

from ingenium.domains.quantum.distribution.opponents import opponents
from ingenium.domains.quantum.distribution.qiskit_engine import EXTRA
from ingenium.domains.quantum.distribution.targets import gaussian_mixture
from ingenium.domains.quantum.distribution.verifier import divergence, variation
from ingenium.drawing.style import INK, SERIES, SMALL, dress, panels
from ingenium.evaluate.intervals import t_interval
from ingenium.kits.circuits.circuit import QubitCircuit
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.noise import DeviceNoise, mixed
from ingenium.kits.circuits.statevector import probabilities, run, squared
from ingenium_book.findings import Commands, Finding, Picture
from ingenium_book.studies.quantum.plateau_escapes import descended

QUBITS, SEEDS = 4, 5
STEPS = 150
DEPTHS = (1, 2, 4, 8, 16, 32)
ERRORS = (0.001, 0.005, 0.02)  # of a gate on two qubits; a turn of one has a tenth
HALF = 0.5  # fidelity below which a depth is not usable
SAME = 1e-9  # by which probabilities may differ on other threads


def noise(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.11: fidelity and samples by depth and gate error; usable depth."""
    few = layered(3, 2)
    angles = first_angles(few, 1, torch.Generator().manual_seed(0))
    device = DeviceNoise.even(3, pair=0.02, turn=0.002)
    theirs = _by_qiskit(few, angles[0].numpy(), device)
    off = float(np.abs(mixed(few, angles, device)[0].numpy() - theirs).max())
    yield Finding(f"density matrices equal those of qiskit's channels to {off:.1e}", off < 1e-10)
    figure, grid = panels(1, 2, (3.6, 2.8))
    for error, colour in zip(ERRORS, SERIES, strict=False):
        device = DeviceNoise.even(QUBITS, pair=error, turn=error / 10)
        found = np.array([_left(depth, device) for depth in DEPTHS])  # depths, both, seeds
        mean = found.mean(2)
        usable = _usable(mean[:, 0])
        last = t_interval(found[-1, 0])
        yield Finding(
            f"two-qubit fidelity {1 - error:.1%}: of {DEPTHS[-1]} layers {last.value:.2f} "
            f"({last.low:.2f} to {last.high:.2f}) is left; at least {HALF:g} up to {usable}",
            bool((np.diff(mean[:, 0]) < 0).all()),
        )
        for axes, row in zip(grid[0], mean.T, strict=True):
            axes.semilogx(DEPTHS, row, "o-", ms=3, color=colour, label=f"error {error:.1%}")
    dress(grid[0, 0], "layers", "fidelity with the exact state", grid=True)
    dress(grid[0, 1], "layers", "total variation of samples", grid=True)
    grid[0, 0].axhline(HALF, color=INK, linestyle="--", linewidth=0.8)
    for axes in grid[0]:
        axes.set_xticks(DEPTHS, [str(d) for d in DEPTHS])
        axes.minorticks_off()
        axes.set_ylim(bottom=0)
    grid[0, 1].legend(frameon=False, fontsize=SMALL)
    yield Picture(
        figure, f"What gate errors leave of {QUBITS} qubits by depth, mean of {SEEDS} circuits"
    )


def _left(depth: int, device: DeviceNoise) -> Float64[np.ndarray, "2 s"]:
    """Fidelity, and total variation of outcomes from the exact ones."""
    circuit = layered(QUBITS, depth)
    angles = first_angles(circuit, SEEDS, torch.Generator().manual_seed(depth))
    state, rho = run(circuit, angles), mixed(circuit, angles, device)
    fidelity = torch.einsum("sa,sab,sb->s", state.conj(), rho, state).real
    distance = 0.5 * (rho.diagonal(dim1=1, dim2=2).real - squared(state)).abs().sum(1)
    return torch.stack([fidelity, distance]).numpy()


def _usable(fidelity: Float64[np.ndarray, " d"]) -> str:
    """Depth at which half of the fidelity is left, interpolated between runs."""
    below = np.flatnonzero(fidelity < HALF)
    if not len(below):
        return f"more than {DEPTHS[-1]} layers"
    if below[0] == 0:
        return "less than a layer"
    rows = slice(below[0] - 1, below[0] + 1)
    return f"{np.interp(-HALF, -fidelity[rows], DEPTHS[rows]):.0f} layers"


def _by_qiskit(
    circuit: QubitCircuit, angles: np.ndarray, device: DeviceNoise
) -> Complex128[np.ndarray, "a a"]:
    """The density matrix by qiskit's gates and channels."""
    info, library = EXTRA.package("qiskit.quantum_info"), EXTRA.package("qiskit.circuit.library")
    gates: dict[str, Any] = {
        "ry": library.RYGate,
        "rz": library.RZGate,
        "rxx": library.RXXGate,
    }
    rho = info.DensityMatrix.from_label("0" * circuit.qubits)
    for op in circuit.operations:
        assert op.angle is not None
        rho = rho.evolve(gates[op.gate](angles[op.angle]), qargs=list(op.qubits))
        strength = device.strength(op)
        if strength:
            size = 2 ** len(op.qubits)
            flat = np.eye(size).reshape(-1, order="F")
            mix = (1 - strength) * np.eye(size**2) + strength / size * np.outer(flat, flat)
            rho = rho.evolve(info.SuperOp(mix), qargs=list(op.qubits))
    return np.asarray(rho.data)


def reproducible(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.25: divergence compared with models without qubits; the same on other threads."""
    target = torch.from_numpy(gaussian_mixture(6))
    circuit = layered(6, 5)
    found = {}
    for threads in (1, 2):
        with _threads(threads):
            found[threads] = _trained(circuit, target)
    distance = float((found[1] - found[2]).abs().max())
    yield Finding(
        f"chances of a trained circuit are the same on 1 and 2 threads to {distance:.0e}",
        distance < SAME,
    )
    product, network = opponents(target, circuit.angles, 0, steps=STEPS)
    own = float(divergence(found[1], target)[0])
    others = [float(divergence(o.chance[None], target)[0]) for o in (product, network)]
    yield Finding(
        f"a circuit of {circuit.angles} angles has a divergence of {own:.4f} nats (total variation "
        f"{float(variation(found[1], target)[0]):.3f}), a {product.name} of {product.parameters} "
        f"numbers {others[0]:.4f}, a {network.name} of {network.parameters} {others[1]:.4f}",
        bool(np.isfinite([own, *others]).all()),
    )


def _trained(circuit: QubitCircuit, target: Float64[Tensor, " a"]) -> Float64[Tensor, "1 a"]:
    start = first_angles(circuit, 1, torch.Generator().manual_seed(0))
    with torch.enable_grad():
        end = descended(lambda at: divergence(probabilities(circuit, at), target), start, STEPS)
    return probabilities(circuit, end)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
