"""Row 23.13: how the slope of a local cost falls with qubits in random deep circuits.

Circuits of 2 to 14 qubits on a line and four times as many layers as qubits, each of turns by y
and z of all qubits and of turns by xx of neighbours, have uniform angles. The cost is the mean of
ZZ on the middle pair. Its slope on the angles of the middle layer that turn this pair is exact;
its mean square over 40 draws a seed and these angles is the variance, as the mean is 0 by
symmetry. The slope of its log2 against qubits is fitted by least squares; a circuit whose halves
are random in full (2-designs) has a variance of N^2 / (2 (N^2 - 1) (N + 1)) with N = 2^n, drawn
beside.

Beside it on the same cost: circuits of half as many layers, and of two, deep ones with small
normal angles, and random models without qubits, a matrix product (bond 4) and an autoregressive
network (8 hidden units), on the parameters of the middle pair. Budget: 40 draws of each width and
seed; quick: 10, to 8 qubits.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.quantum.distribution.opponents import Nade
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.mps import MatrixProduct, MatrixProductSettings
from ingenium.kits.circuits.statevector import expectation, run

AMPLITUDES = 1 << 16  # of circuits that are run together
DEEP = 4  # layers for each qubit
BOND, HIDDEN = 4, 8
Squares = Float64[np.ndarray, " draws"]  # of slopes, a mean over angles of each draw


@dataclass(frozen=True)
class PlateauSize:
    """Widths and draws."""

    qubits: tuple[int, ...]
    draws: int


def uniform(layers: Callable[[int], int]) -> "Arm":
    """Uniform angles in so many layers, by qubits."""

    def squares(n: int, draws: int, rng: torch.Generator) -> Squares:
        return _slopes(n, layers(n), first_angles(layered(n, layers(n)), draws, rng))

    return squares


def small(n: int, draws: int, rng: torch.Generator) -> Squares:
    """Deep, with normal angles of variance 1 / (8 (layers + 2)).

    Source: Zhang et al., NeurIPS 2022, arXiv:2203.09376, theorem 4.1 (of a cost on two qubits).
    """
    layers = DEEP * n
    normal = torch.randn(draws, layered(n, layers).angles, generator=rng, dtype=torch.float64)
    return _slopes(n, layers, math.sqrt(1 / (8 * (layers + 2))) * normal)


def product(n: int, draws: int, rng: torch.Generator) -> Squares:
    """Random matrix products."""
    found = []
    for _ in range(draws):  # a model each
        model = MatrixProduct((1,), 1, MatrixProductSettings(n, BOND))
        sizes = [a * b * c for a, b, c in model.sizes]
        middle = slice(sum(sizes[: n // 2 - 1]), sum(sizes[: n // 2 + 1]))
        nothing = torch.zeros(2**n, 1)
        cost = _mean(n, model.log_chance(torch.arange(2**n), nothing))
        (slope,) = torch.autograd.grad(cost, model.turned)
        found.append(float(slope[middle].square().mean()))
    return np.array(found)


def network(n: int, draws: int, rng: torch.Generator) -> Squares:
    """Random autoregressive networks."""
    found = []
    for _ in range(draws):  # a model each
        model = Nade(n, HIDDEN)
        cost = _mean(n, model.log_chance(torch.arange(2**n)))
        even, tell = torch.autograd.grad(cost, [model.even, model.tell])
        middle = slice(n // 2 - 1, n // 2 + 1)
        found.append(float(torch.cat([even[middle], tell[middle].flatten()]).square().mean()))
    return np.array(found)


def _slopes(n: int, layers: int, angles: Float64[Tensor, "draws p"]) -> Squares:
    """Only the second half of the circuit is run backwards."""
    before, after = layered(n, layers // 2), layered(n, layers - layers // 2)
    pair = (n // 2 - 1, n // 2)
    own = [op.angle for op in layered(n, 1).operations if set(op.qubits) <= set(pair)]
    found = []
    for some in angles.split(max(1, AMPLITUDES >> n)):
        start = run(before, some[:, : before.angles])
        at = some[:, before.angles :].clone().requires_grad_()
        cost = expectation(run(after, at, start), "ZZ", pair)
        (slope,) = torch.autograd.grad(cost.sum(), at)
        found.append(slope[:, own].square().mean(1))
    return torch.cat(found).numpy()


def _mean(n: int, log_chance: Float64[Tensor, " a"]) -> Tensor:
    """Of ZZ on the middle pair."""
    at = torch.arange(2**n)
    odd = (at >> (n // 2 - 1) ^ at >> n // 2) & 1
    return (log_chance.to(torch.float64).exp() * (1.0 - 2.0 * odd)).sum()


Arm = Callable[[int, int, torch.Generator], Squares]
ARMS: Mapping[str, Arm] = {
    "deep circuits": uniform(lambda n: DEEP * n),
    "half as deep": uniform(lambda n: DEEP * n // 2),
    "two layers": uniform(lambda n: 2),
    "deep circuits from small angles": small,
    "matrix products": product,
    "networks": network,
}


def variance_of_designs(n: int) -> float:
    """Of a slope where both halves of a circuit are random in full.

    Source: McClean et al., Nature Communications 9:4812, 2018, eq. 4 to 6, with Pauli strings for
        cost and generator.
    """
    size = 2.0**n
    return size**2 / (2 * (size**2 - 1) * (size + 1))


def run_arm(arm: Arm, seed: int, size: PlateauSize) -> dict[str, ArrayLike]:
    """log2 of the variance at each width."""
    rng = torch.Generator().manual_seed(seed)
    with one_thread(), torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        values = [arm(n, size.draws, rng).mean() for n in size.qubits]
    return {"qubits": size.qubits, "log2": np.log2(values)}


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Slopes of all arms, and how far the widest deep circuits are from 2-designs."""
    table: dict[str, ArrayLike | Value] = {}
    for arm in found.pieces:
        qubits = found(arm, "qubits")[0]
        rows = found(arm, "log2")
        fitted = [np.polyfit(qubits, row, 1)[0] for row in rows]
        table["slope" if arm == "deep circuits" else f"{arm}: slope"] = np.array(fitted)
        for n, column in zip(qubits.astype(int), rows.T, strict=True):
            table[f"{arm}, {n} qubits: log2 of the variance"] = column
    rows, qubits = found("deep circuits", "log2"), found("deep circuits", "qubits")[0]
    designs = np.log2([variance_of_designs(int(n)) for n in qubits])
    table["2-designs: slope"] = exact(float(np.polyfit(qubits, designs, 1)[0]))
    table["apart from 2-designs"] = np.abs(rows - designs).max(1)
    return table


def notes(found: Readings) -> tuple[str, ...]:
    """What the numbers are."""
    return (
        "Slopes are exact, as no shots were drawn: a device needs about 1 / variance shots to see "
        "them.",
        "Models without qubits have other parameters, so that their level says nothing; how it "
        "changes with width does.",
    )


measure = Trials(
    arms=ARMS,
    sizes=(PlateauSize((2, 4, 6, 8, 10, 12, 14), 40), PlateauSize((2, 4, 6, 8), 10)),
    run=run_arm,
    read=read,
    notes=notes,
)
