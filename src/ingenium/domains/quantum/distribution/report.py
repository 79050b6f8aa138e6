"""What a researcher wants to see of circuits: drawn, sampled, and beside what has no qubits."""

from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.quantum.distribution.drawing import columns, draw
from ingenium.domains.quantum.distribution.opponents import opponents
from ingenium.domains.quantum.distribution.verifier import (
    device_chances,
    floor_of_shots,
    variation,
)
from ingenium.drawing.style import (
    INK,
    KNOWN,
    MUTED,
    OURS,
    REJECTED,
    SMALL,
    dress,
    known_points,
    panels,
    plane,
)
from ingenium.kits.circuits.qasm import AngledCircuit
from ingenium.kits.circuits.statevector import drawn, probabilities

if TYPE_CHECKING:
    from ingenium.domains.quantum.distribution.problem import Distribution

MOST_BARS = 128  # outcomes that are shown one by one


def sections(
    problem: "Distribution", designs: xr.Dataset, verdicts: xr.Dataset
) -> tuple[Section, ...]:
    """The best circuit drawn, its chances, gates against distance, and opponents."""
    quantity = "device_variation" if "device_variation" in verdicts else "total_variation"
    value = verdicts[quantity].to_numpy()
    held = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    at = int(np.nanargmin(np.where(held, value, value + 10.0)))
    angles = problem.template.angles(*to_arrays(designs.isel(design=[at]), problem.variables))
    program = problem.template.program(angles[0])
    exact = probabilities(problem.template.circuit, angles)
    rng = torch.Generator().manual_seed(problem.settings.seed)
    counts = torch.bincount(drawn(exact, problem.settings.shots, rng)[0], minlength=exact.shape[1])
    number, kept = int(designs["design"][at]), "accepted" if held[at] else "not accepted"
    return (
        Section(
            f"Circuit {number}",
            f"Of all circuits the nearest by {quantity.replace('_', ' ')} ({kept}): "
            f"{program.circuit.angles} angles (in units of pi), "
            f"{program.circuit.two_qubit_gates} two-qubit gates, depth {program.circuit.depth}.",
            _drawn(program),
        ),
        Section(
            "What it samples",
            f"Exact chances of circuit {number}, a histogram of {problem.settings.shots} shots, "
            "and the target. " + _of_shots(problem),
            _histogram(problem, program, exact[0], counts.to(torch.float64)),
        ),
        Section(
            "Gates against distance",
            "Every two-qubit gate brings a circuit nearer to the target when nothing is lost, and "
            "costs on a device.",
            _gates(problem, designs, verdicts),
        ),
        Section(
            "Without qubits",
            "The same target, learned by the slope of the same divergence, by models of about as "
            "many parameters.",
            table=_table(problem, program, verdicts, at),
        ),
    )


def _of_shots(problem: "Distribution") -> str:
    shots = problem.settings.shots
    return (
        f"A circuit that is exact would show a total variation of "
        f"{floor_of_shots(problem.target, shots):.3f} in so many shots."
    )


def _drawn(program: AngledCircuit) -> Figure:
    wide = max(columns(program.circuit), default=0) + 1
    figure, axes = plane(max(4.0, 0.36 * wide + 0.6), 0.42 * program.circuit.qubits + 0.3)
    draw(axes, program)
    return figure


def _histogram(
    problem: "Distribution",
    program: AngledCircuit,
    exact: Float64[Tensor, " a"],
    counts: Float64[Tensor, " a"],
) -> Figure:
    target = problem.target.numpy()
    order = np.arange(len(target))
    if len(target) > MOST_BARS:
        order = np.argsort(-np.maximum(target, exact.numpy()), kind="stable")[:MOST_BARS]
        order = np.sort(order)
    figure, axes = plane(8.0, 3.2)
    place = np.arange(len(order))
    axes.bar(place, target[order], 0.9, color=KNOWN, alpha=0.25, label="target")
    axes.bar(place, exact.numpy()[order], 0.45, color=OURS, label="circuit, exact")
    shots = (counts / counts.sum()).numpy()[order]
    axes.plot(place, shots, "o", ms=2.6, color=INK, label=f"{int(counts.sum())} shots")
    noise = problem.noise
    if noise is not None:
        read = device_chances(program, noise)[0].numpy()[order]
        axes.plot(place, read, "_", ms=5, mew=1.4, color=REJECTED, label=f"read on {noise.name}")
    if len(order) <= 16:
        bits = [f"{o:0{problem.template.qubits}b}" for o in order]
        axes.set_xticks(place, bits, rotation=90)
    dress(axes, "outcome (highest bit first)" if len(order) <= 16 else "outcome", "chance")
    axes.set_xlim(-1, len(order))
    axes.legend(frameon=False, fontsize=SMALL, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    return figure


def _gates(problem: "Distribution", designs: xr.Dataset, verdicts: xr.Dataset) -> Figure:
    device = "device_variation" in verdicts
    figure, grid = panels(1, 2 if device else 1, (4.0, 3.0), sharey=True)
    held = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    shown = ("total_variation", "device_variation")[: 2 if device else 1]
    titles = ("exact", "as read on the device")
    angles = problem.template.angles(*to_arrays(problem.data(), problem.variables))
    count = (angles[:, problem.template.of_pairs] != 0).sum(1)
    apart = variation(probabilities(problem.template.circuit, angles), problem.target)
    known_points(grid[0, 0], count.numpy(), apart.numpy())
    for axes, name, title in zip(grid[0], shown, titles, strict=False):
        for mask, colour, label in ((held, OURS, "accepted"), (~held, MUTED, "others")):
            if mask.any():
                x, y = verdicts["two_qubit_gates"][mask], verdicts[name][mask]
                axes.scatter(x, y, 12, colour, linewidths=0, label=label)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        dress(axes, "two-qubit gates", "total variation from the target", title=title, grid=True)
    return figure


def _table(
    problem: "Distribution", program: AngledCircuit, verdicts: xr.Dataset, at: int
) -> tuple[tuple[str, ...], ...]:
    count = program.circuit.angles
    rows = [("model", "parameters", "total variation")]
    rows.append(("this circuit", str(count), f"{float(verdicts['total_variation'][at]):.4f}"))
    if "device_variation" in verdicts:
        own = float(verdicts["device_variation"][at])
        rows.append(("this circuit on the device", str(count), f"{own:.4f}"))
    others = opponents(problem.target, count, problem.settings.seed)
    rows += [(o.name, str(o.parameters), f"{o.variation:.4f}") for o in others]
    flat = float(0.5 * (problem.target - 1 / len(problem.target)).abs().sum())
    rows.append(("all outcomes as likely", "0", f"{flat:.4f}"))
    return tuple(rows)
