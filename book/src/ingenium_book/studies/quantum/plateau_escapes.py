"""Row 23.14: ways out of plateaus beside plain training, at equal evaluations of circuits.

They are layer-wise training, a circuit of the problem, small first angles and random directions.

The target is bars and stripes, of 2 x 4 pixels on 8 qubits without noise, and of 2 x 2 pixels on 4
qubits with the noise of ibm_torino (training and final reading) and without. Plain training turns
all angles of a circuit in layers (line; turns by y, z and xx) from uniform random ones by Adam on
the exact slope of the divergence; a step counts two evaluations an angle, as shifts take.
Layer-wise training turns the newest layer alone for half of the evaluations, then all. The circuit
of the problem couples pixels that are neighbours in the picture, with about as many angles. Small
first angles are normal, of a deviation of 0.1. SPSA takes two evaluations a step. All have the
evaluations of 100 plain steps, at a rate of 0.1 that falls to 0 as a cosine.

Ten seeds are run as one batch, so that each has a piece an arm. An autoregressive network and a
matrix product of about as many parameters learn the same target by 300 steps. Quick: 10 steps.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional

from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.domains.quantum.devices import noise_of
from ingenium.domains.quantum.distribution.opponents import opponents
from ingenium.domains.quantum.distribution.targets import bars_and_stripes
from ingenium.domains.quantum.distribution.verifier import divergence, variation
from ingenium.evaluate.measured import Budget, Measured, Value
from ingenium.evaluate.trials import over_seeds
from ingenium.kits.circuits.circuit import QubitCircuit
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.noise import DeviceNoise, noisy_probabilities
from ingenium.kits.circuits.statevector import probabilities
from ingenium_book.checks.quantum.gradients import spsa

RATE, SMALL = 0.1, 0.1
GAIN = 0.05  # of SPSA
STEPS, QUICK = 100, 10  # of plain training
MAIN = ("layer-wise", "8 qubits")
WITHOUT, RIVALS, RIVAL_STEPS = "without qubits", ("matrix product", "network"), 3
NOTES = (
    "Divergences are exact: no shots were drawn in training, so that SPSA has no noise but that of "
    "its directions.",
    "Models without qubits take three steps for each plain one, which is fewer evaluations.",
)
ARMS = ("plain", "layer-wise", "the problem's circuit", "small first angles", "SPSA")


@dataclass(frozen=True)
class PixelTask:
    """A target, circuits for it, and the device that they are trained on."""

    rows: int
    columns: int
    layers: int
    noise: DeviceNoise | None

    @property
    def qubits(self) -> int:
        """One a pixel."""
        return self.rows * self.columns

    @cached_property
    def target(self) -> Float64[Tensor, " a"]:
        """Bars and stripes."""
        return torch.from_numpy(bars_and_stripes(self.rows, self.columns))

    def circuit(self, layers: int) -> QubitCircuit:
        """Coupled in a line."""
        return layered(self.qubits, layers)

    @property
    def pictured(self) -> QubitCircuit:
        """Coupled as the pixels are, with about as many angles as the other."""
        across = [(q, q + 1) for q in range(self.qubits) if (q + 1) % self.columns]
        down = [(q, q + self.columns) for q in range(self.qubits - self.columns)]
        each = 2 * self.qubits + len(across) + len(down)
        layers = round(self.circuit(self.layers).angles / each)
        return layered(self.qubits, layers, across + down)

    def chances(self, circuit: QubitCircuit, angles: Float64[Tensor, "n p"]) -> Tensor:
        """Of what is read."""
        if self.noise is None:
            return probabilities(circuit, angles)
        return noisy_probabilities(circuit, angles, self.noise)

    def lost(self, circuit: QubitCircuit, angles: Float64[Tensor, "n p"]) -> Tensor:
        """Divergence of the target from what is read."""
        return divergence(self.chances(circuit, angles), self.target)


def descended(
    lost: Callable[[Tensor], Tensor],
    angles: Float64[Tensor, "n p"],
    steps: int,
    columns: slice = slice(None),
) -> Float64[Tensor, "n p"]:
    """Some columns of the angles after so many steps of Adam."""
    at = angles.clone().requires_grad_()
    optimiser = torch.optim.Adam([at], lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(steps, 1))
    mask = torch.zeros_like(angles)
    mask[:, columns] = 1.0
    for _ in range(steps):
        (slope,) = torch.autograd.grad(lost(at).sum(), at)
        at.grad = slope * mask
        optimiser.step()
        schedule.step()
    return at.detach()


def trained(
    task: PixelTask, arm: str, seeds: Sequence[int], steps: int
) -> tuple[QubitCircuit, Float64[Tensor, "n p"]]:
    """The circuits of an arm, one a seed, after the evaluations of so many plain steps."""
    circuit = task.pictured if arm == "the problem's circuit" else task.circuit(task.layers)
    budget = 2 * task.circuit(task.layers).angles * steps
    lost = partial(task.lost, circuit)
    if arm == "layer-wise":
        return circuit, layer_wise(task, seeds, budget)
    start = _starts(circuit, seeds)
    if arm == "small first angles":
        start = SMALL / math.pi * start
    if arm == "SPSA":
        rng = torch.Generator().manual_seed(len(seeds))
        return circuit, spsa(lost, start, rng, steps=budget // 2, first=GAIN)[0]
    return circuit, descended(lost, start, budget // (2 * circuit.angles))


def _starts(circuit: QubitCircuit, seeds: Sequence[int]) -> Float64[Tensor, "n p"]:
    """Uniform angles, each row of a seed of its own."""
    return torch.cat([first_angles(circuit, 1, torch.Generator().manual_seed(s)) for s in seeds])


def layer_wise(task: PixelTask, seeds: Sequence[int], budget: int) -> Float64[Tensor, "n p"]:
    """Layers that are added one by one, at angles of 0, and turned alone; then all are turned.

    Source: Skolik et al., Quantum Machine Intelligence 3:5, 2021, arXiv:2006.14904.
    """
    angles, each = _starts(task.circuit(1), seeds), task.circuit(1).angles
    for count in range(1, task.layers + 1):
        angles = functional.pad(angles, (0, each * count - angles.shape[1]))
        own = slice(each * (count - 1), each * count)
        lost = partial(task.lost, task.circuit(count))
        angles = descended(lost, angles, budget // (4 * task.layers * each), own)
    whole = task.circuit(task.layers)
    return descended(partial(task.lost, whole), angles, budget // (4 * whole.angles))


Piece = dict[str, dict[str, list[float]]]
TASKS: Mapping[str, PixelTask] = {
    "8 qubits": PixelTask(2, 4, 6, None),
    "4 qubits": PixelTask(2, 2, 4, None),
    "4 qubits with noise": PixelTask(2, 2, 4, noise_of("heavyhex")),
}


def ended(task: PixelTask, arm: str, seeds: Sequence[int], steps: int) -> Piece:
    """What is left of each seed at the end, by the names of models."""
    with one_thread(), torch.enable_grad():
        if arm in ARMS:
            circuit, angles = trained(task, arm, seeds, steps)
            chances = {arm: task.chances(circuit, angles)}
        else:
            count = task.circuit(task.layers).angles
            rivals = [opponents(task.target, count, s, steps=RIVAL_STEPS * steps) for s in seeds]
            pairs = zip(RIVALS, zip(*rivals, strict=True), strict=True)
            chances = {name: torch.stack([o.chance for o in each]) for name, each in pairs}
    return {
        name: {
            "divergence": divergence(chance, task.target).tolist(),
            "variation": variation(chance, task.target).tolist(),
        }
        for name, chance in chances.items()
    }


def measure(budget: Budget, watch: Watch) -> Measured:
    """All arms on all tasks; each is kept as soon as it is done."""
    table: dict[str, Value] = {}
    steps = QUICK if budget.quick else STEPS
    requested = [(t, a) for t in TASKS for a in (*ARMS, WITHOUT) if a in ARMS or not TASKS[t].noise]
    for i, (task, arm) in enumerate(requested):
        watch(f"{arm}, {task}", i, len(requested))
        path = budget.folder / f"{i}-{len(budget.seeds)}.json"
        if not path.is_file():
            write_atomic(path, json.dumps(ended(TASKS[task], arm, budget.seeds, steps)))
        for name, found in json.loads(path.read_text(encoding="utf-8")).items():
            table |= {f"{name}, {task}: {k}": over_seeds(v) for k, v in found.items()}
    return Measured(table | _gains(table), notes=NOTES)


def _gains(table: Mapping[str, Value]) -> dict[str, Value]:
    """What each way gains on plain training, seed by seed (nats)."""
    found = {}
    for name in TASKS:
        plain = np.array(table[f"plain, {name}: divergence"].by_seed)
        for arm in ARMS[1:]:
            own = np.array(table[f"{arm}, {name}: divergence"].by_seed)
            key = "gain" if (arm, name) == MAIN else f"gain of {arm}, {name}"
            found[key] = over_seeds(plain - own)
    return found
