"""Verifier of circuits: exact distribution against the target, gate counts, device noise.

Shapes: n designs, a outcomes, k quantities.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from scipy.stats import binom
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.quantum.distribution.template import Template
from ingenium.kits.circuits.noise import DeviceNoise, noisy_probabilities
from ingenium.kits.circuits.outcomes import log
from ingenium.kits.circuits.qasm import AngledCircuit
from ingenium.kits.circuits.statevector import entropy, run, squared

GATES = ("two_qubit_gates", "parameters", "depth", "idle_qubits")


@dataclass(frozen=True, eq=False)
class CircuitVerifier:
    """Exact probabilities of all outcomes by a state vector, and counts of gates."""

    template: Template
    target: Float64[Tensor, " a"]
    shots: int
    noise: DeviceNoise | None
    name: ClassVar[str] = "ingenium state vector"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities, with those on a device where one is named."""
        device = (
            Quantity(
                "device_variation", "1", "total variation from the target, read on the device"
            ),
            Quantity("device_fidelity", "1", "overlap of read with exact chances (Bhattacharyya)"),
        )
        return (
            Quantity("total_variation", "1", "total variation from the target", rounding=1e-10),
            Quantity("divergence", "1", "Kullback-Leibler, of the target (nats)", rounding=1e-9),
            Quantity("shots_variation", "1", f"mean total variation of {self.shots} shots"),
            Quantity("entanglement", "1", "entropy of half the qubits (bits)", rounding=1e-9),
            Quantity("two_qubit_gates", "1", "gates on two qubits"),
            Quantity("parameters", "1", "angles"),
            Quantity("depth", "1", "gates on the longest way"),
            Quantity("idle_qubits", "1", "qubits without a gate"),
            *(device if self.noise else ()),
        )

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each circuit; NaN for one whose angles are not finite."""
        angles = self.template.angles(*arrays)
        alive = torch.isfinite(angles).all(1)
        safe = torch.where(alive[:, None], angles, 0.0)
        states = run(self.template.circuit, safe)
        chance = squared(states)
        programs = [self.template.program(row) for row in safe]  # circuits of their own
        columns = [
            variation(chance, self.target),
            divergence(chance, self.target),
            shots_variation(chance, self.target, self.shots),
            entropy(states, self.template.qubits),
            *torch.tensor([gates(p) for p in programs], dtype=torch.float64).T,
        ]
        if self.noise is not None:
            read = torch.cat([device_chances(p, self.noise) for p in programs])
            columns += [variation(read, self.target), (read * chance).sqrt().sum(1)]
        return torch.where(alive[:, None], torch.stack(columns, 1), torch.nan)


def gates(program: AngledCircuit) -> tuple[float, ...]:
    """Return the counts of `GATES`."""
    c = program.circuit
    return (float(c.two_qubit_gates), float(c.angles), float(c.depth), float(len(c.idle)))


def device_chances(program: AngledCircuit, noise: DeviceNoise) -> Float64[Tensor, "1 a"]:
    """Probabilities of the outcomes read on a device, by the density matrix."""
    angles = torch.from_numpy(program.angles)[None]
    return noisy_probabilities(program.circuit, angles, noise)


def variation(
    chance: Float64[Tensor, "n a"], target: Float64[Tensor, " a"]
) -> Float64[Tensor, " n"]:
    """Total variation distance: half the sum of absolute differences."""
    return 0.5 * (chance - target).abs().sum(1)


def divergence(
    chance: Float64[Tensor, "n a"], target: Float64[Tensor, " a"]
) -> Float64[Tensor, " n"]:
    """Kullback-Leibler divergence of the target from a circuit (nats)."""
    on = target > 0
    return (target[on] * (target[on].log() - log(chance[:, on]))).sum(1)


def shots_variation(
    chance: Float64[Tensor, "n a"], target: Float64[Tensor, " a"], shots: int
) -> Float64[Tensor, " n"]:
    """Mean total variation from the target of a histogram of `shots` shots, in closed form.

    The count of an outcome is binomial, so its mean distance from a number t has a closed form:
    E|X - t| = t (2 F(t; N) - 1) + N p (1 - 2 F(t - 1; N - 1)) with F the distribution function.
    """
    p, t = chance.numpy().clip(0, 1), shots * target.numpy()
    below, fewer = binom.cdf(np.floor(t), shots, p), binom.cdf(np.floor(t) - 1, shots - 1, p)
    distance = t * (2 * below - 1) + shots * p * (1 - 2 * fewer)
    return torch.from_numpy(distance.sum(1) / (2 * shots))


def floor_of_shots(target: Float64[Tensor, " a"], shots: int) -> float:
    """Mean total variation of an exact circuit due to shots alone."""
    found = float(shots_variation(target[None], target, shots)[0])
    return found if math.isfinite(found) else math.nan
